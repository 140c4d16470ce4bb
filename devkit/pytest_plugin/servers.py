"""The servers of a suite: found or started by whichever worker needs one first, kept until the last worker ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from devkit import __version__
from devkit.control.client import parted
from devkit.effects import fresh_secret
from devkit.errors import OperatorError, ServerRefused
from devkit.pytest_plugin.handle import Devkit
from devkit.pytest_plugin.holding import PATIENCE, Hold, alone
from devkit.pytest_plugin.marks import running
from devkit.pytest_plugin.server import Server, last_lines
from devkit.pytest_plugin.serving import FILE, LOG

if TYPE_CHECKING:
    from devkit.pytest_plugin.marks import Wanted

TTL = "1h"
"""Until a sandbox removes itself whose test was killed."""


class DevkitWarning(pytest.PytestWarning):
    """Something about the server that the tests run against."""


class Servers:
    """Those of this worker's suite. The folder is the suite's: other workers find them there."""

    def __init__(self, folder: Path, root: Path, named: str | None) -> None:
        """`root` is where devkit.yaml is looked for; `named` the address of a server that is to be used."""
        self._folder, self._root, self._named = folder, root, named
        self._kept: dict[str, Server] = {}
        self._failed: dict[str, str] = {}

    @classmethod
    def of(cls, config: pytest.Config, base: Path) -> Servers:
        """`base` is the folder of this worker's temporary files."""
        # Workers have a folder each, in that of their suite.
        folder = base.parent if hasattr(config, "workerinput") else base
        return cls(folder, config.rootpath, running(config))

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._kept.values():
            server.close()

    def usual(self) -> Server:
        """The server of tests that ask for none of their own."""
        return self._server({})

    @contextlib.contextmanager
    def sandbox(self, item: pytest.Item, wanted: Wanted) -> Iterator[Devkit]:
        """A sandbox as the test wants it, for as long as the block lasts."""
        server = self._server(wanted.flags)
        made = (
            _made(server, item, wanted.wish) if server.died is False else pytest.fail(server.obituary(), pytrace=False)
        )
        try:
            yield made
        finally:
            made.close()

    def _server(self, flags: Mapping[str, Any]) -> Server:
        key = hashlib.sha256(json.dumps(flags, sort_keys=True).encode()).hexdigest()[:12]
        if key not in self._kept and key not in self._failed:
            try:
                started = not (self._named and not flags)
                self._kept[key] = self._of_suite(key, flags) if started else reached(str(self._named))
            except OperatorError as error:
                self._failed[key] = f"{error.message} {error.remedy or ''}".strip()
        if key in self._failed:
            pytest.fail(self._failed[key], pytrace=False)
        return self._kept[key]

    def _of_suite(self, key: str, flags: Mapping[str, Any]) -> Server:
        """Raises OperatorError where it does not start, or did and died."""
        folder = self._folder / f"devkit-{key}"
        folder.mkdir(exist_ok=True)
        file, log = folder / FILE, folder / LOG
        with alone(folder / "lock"):
            told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
            if told is None:
                told = _started(folder, self._root, dict(flags))
            try:
                hold = Hold(told["hold"])
            except OSError:
                if file.exists():
                    raise ServerRefused(Server(told["url"], log=log).obituary()) from None
                told = _started(folder, self._root, dict(flags))
                hold = Hold(told["hold"])
        return _checked(Server(told["url"], log=log, hold=hold))


def _started(folder: Path, root: Path, flags: dict[str, Any]) -> dict[str, Any]:
    """Where a new server is, once it is there. Raises ServerRefused where it is not."""
    log = folder / LOG
    words = json.dumps({"folder": str(folder), "flags": flags})
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            # Not what lies in the folder: a module of the suite's may have any name.
            [sys.executable, "-P", "-m", "devkit.pytest_plugin.serving", words],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            # A Ctrl-C is for pytest, whose teardown needs the server once more.
            start_new_session=True,
        )
    patience = threading.Timer(PATIENCE, process.kill)
    patience.start()
    try:
        assert process.stdout is not None  # noqa: S101 - for its type
        with process.stdout as pipe:
            line = pipe.readline()
    finally:
        patience.cancel()
    if not line:
        code = process.wait()
        raise ServerRefused(f"The devkit server of this suite did not start (exit code {code}):\n{last_lines(log)}")
    # It outlives this worker where others hold it: nobody waits for it.
    process.returncode = 0
    told: dict[str, Any] = json.loads(line)
    return told


def reached(named: str) -> Server:
    """A server that runs already, at that address. Raises OperatorError."""
    url, _ = parted(named)
    host = urlsplit(url).hostname or ""
    if host.endswith(".localhost"):
        url = url.replace(host, "localhost", 1)
    return _checked(Server(url, token=os.environ.get("DEVKIT_TOKEN")))


def sandbox_given() -> str | None:
    """The sandbox that `devkit drill … -- pytest` is about: tests are to use that one."""
    return os.environ.get("DEVKIT_SANDBOX") or parted(os.environ.get("DEVKIT_URL", ""))[1]


def _checked(server: Server) -> Server:
    """The server, which answers, and is none that is too old. Raises OperatorError."""
    version = str(server.control().get("/status").get("version", "0"))
    if _number(version) < _number(__version__):
        warnings.warn(
            f"The devkit server at {server.url} is {version}, older than this plugin ({__version__}): it does not know "
            "what is new.",
            DevkitWarning,
            stacklevel=2,
        )
    return server


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _made(server: Server, item: pytest.Item, wish: Mapping[str, Any]) -> Devkit:
    given = sandbox_given() if running(item.config) else None
    try:
        if given is not None:
            described = server.control().get(f"/sandboxes/{given}")
        else:
            described = _created(server, item.nodeid, wish)
        with contextlib.ExitStack() as undone:
            made = Devkit(server, described, owned=given is None)
            undone.callback(made.close)
            made.check()
            undone.pop_all()
            return made
    except OperatorError as error:
        told = error.message if not server.lost(error) else server.obituary(error.message)
    pytest.fail(told, pytrace=False)


def _created(server: Server, test: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    """A sandbox whose id is the test's, so that the same calls get the same ids in each run (`Randomness`)."""
    wanted = name_of(test)
    control = server.control()
    body = {"ttl": TTL, **wish}
    try:
        found: dict[str, Any] = control.post("/sandboxes", {**body, "id": wanted})
    except ServerRefused as error:
        # Another run of the same test, at the same server.
        if "already" not in error.message:
            raise
        found = control.post("/sandboxes", {**body, "id": f"{wanted[:31]}-{fresh_secret(4).hex()}"})
    return found


def name_of(test: str) -> str:
    """`test-a-task-1a2b3c4d` for `tests/test_it.py::test_a_task[x]`: a host name of at most 40 characters."""
    name = re.sub(r"[^a-z0-9]+", "-", test.rpartition("::")[2].partition("[")[0].lower()).strip("-")
    return f"{name[:31].rstrip('-') or 'test'}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
