"""`servers/` in the state folder: how commands find the servers that run for a project."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from devkit import statefolder
from devkit.config import Settings
from devkit.effects import Clock, isoformat
from devkit.errors import SettingError, StorageError
from devkit.records import dataclass

FOLDER = "servers"
"""One file for each server, named after its process."""

START = "Start one with `devkit serve`, or name a running one with --url or DEVKIT_URL."
"""What to do where none is found."""

TOKEN_LENGTH = 32
"""Characters of a control token, at least."""


class Announced(Protocol):
    """What a running server tells about itself."""

    @property
    def url(self) -> str: ...
    @property
    def database(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A server that runs. `started_at` is ISO 8601; `token` opens the control API where it asks for one."""

    pid: int
    url: str
    started_at: str
    database: str
    token: str | None = None


def given_token(environ: Mapping[str, str]) -> str | None:
    """The control token that all servers of a fleet, and whoever steers them, are given. Raises SettingError."""
    token = environ.get("DEVKIT_TOKEN")
    if token is not None and len(token) < TOKEN_LENGTH:
        raise SettingError(
            f"DEVKIT_TOKEN has {len(token)} characters, and {TOKEN_LENGTH} at least are needed.",
            remedy="Draw one: openssl rand -hex 24",
        )
    return token


def announce(settings: Settings, running: Announced, *, token: str | None = None) -> None:
    """Write this server's file, at once and readable by the user alone. Raises StorageError."""
    found = {
        "pid": os.getpid(),
        "url": running.url,
        "started_at": isoformat(Clock().now()),
        "database": running.database,
        "token": token,
    }
    path = _path(settings.state_dir)
    try:
        statefolder.made(settings.state_dir)
        path.parent.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(found, file)
        Path(name).replace(path)
    except OSError as error:
        raise StorageError(
            f"The state folder {settings.state_dir} cannot be written: {error.strerror or error}.",
            remedy="Free some room."
            if error.errno == errno.ENOSPC
            else "Give yourself write permission on it, or set DEVKIT_STATE_DIR to another folder.",
        ) from None


def withdraw(settings: Settings) -> None:
    """Remove this server's file."""
    _remove(_path(settings.state_dir))


def find(state_dir: Path) -> list[Found]:
    """The servers that run for this state folder, the oldest first. Files of those that died are removed."""
    found = []
    for path in sorted((state_dir / FOLDER).glob("*.json")):
        server = _read(path)
        if server is None or not is_alive(server.pid):
            _remove(path)
        else:
            found.append(server)
    return sorted(found, key=lambda server: server.started_at)


def _path(state_dir: Path) -> Path:
    return state_dir / FOLDER / f"{os.getpid()}.json"


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _read(path: Path) -> Found | None:
    try:
        data = json.loads(path.read_bytes())
        token = data.get("token")
        return Found(
            pid=int(data["pid"]),
            url=str(data["url"]),
            started_at=str(data["started_at"]),
            database=str(data["database"]),
            token=None if token is None else str(token),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        # os.kill would end the process there, whatever the signal.
        import psutil

        return psutil.pid_exists(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
