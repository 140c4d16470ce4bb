"""`server.json` in the state folder: how commands find the server that runs for a project."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Protocol

from devkit.config import Settings
from devkit.effects import Clock, isoformat
from devkit.errors import StorageError
from devkit.records import dataclass

FILE_NAME = "server.json"


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


def announce(settings: Settings, running: Announced, *, token: str | None = None) -> None:
    """Write the file, at once and readable by the user alone. Raises StorageError."""
    found = {
        "pid": os.getpid(),
        "url": running.url,
        "started_at": isoformat(Clock().now()),
        "database": running.database,
        "token": token,
    }
    path = settings.state_dir / FILE_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=FILE_NAME)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(found, file)
        Path(name).replace(path)
    except OSError as error:
        raise StorageError(
            f"The state folder {path.parent} cannot be written: {error.strerror or error}.",
            remedy="Give yourself write permission on it, or set DEVKIT_STATE_DIR to another folder.",
        ) from None


def withdraw(settings: Settings) -> None:
    """Remove the file, unless another server has written its own by now."""
    path = settings.state_dir / FILE_NAME
    found = _read(path)
    if found is not None and found.pid == os.getpid():
        _remove(path)


def find(state_dir: Path) -> Found | None:
    """The server that runs for this state folder. The file of one that died is removed."""
    path = state_dir / FILE_NAME
    found = _read(path)
    if found is None or not _alive(found.pid):
        _remove(path)
        return None
    return found


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


def _alive(pid: int) -> bool:
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
