"""Where blocks are run: a folder in which a demo runs, and all that somebody who reads along would have."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devkit.records import dataclass
from tests.conftest import EMAIL, PASSWORD
from tests.docs.blocks import ROOT
from tests.process import Process, environment, serving

BACKEND, PAGE = "localhost:8000", "localhost:5173"
"""The addresses that the pages print: what is run has the real ones in their place, and is otherwise as printed."""
LONGEST = 240
"""Seconds that a block may take on a machine that others load; most take one or two."""

_STAYS = {".devkit", ".venv", "node_modules", "package.json", "data", "scenarios", "server.log", "server.err"}


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it said on both streams."""

    status: int
    output: str


class Place:
    def __init__(self, folder: Path, server: Process) -> None:
        self.folder, self.server = folder, server
        self.page: str = server.ready["page"]

    def localised(self, text: str) -> str:
        """The text with this place's addresses."""
        return text.replace(BACKEND, f"localhost:{self.server.port}").replace(PAGE, self.page.removeprefix("http://"))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the backend answers, read as JSON. Raises HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - http, and our own
            self.server.url + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")

    def prepare(self, files: Mapping[str, str]) -> None:
        """As it was in the beginning, with these files besides. The journal has a call: somebody has signed in."""
        for path in self.folder.iterdir():
            if path.name not in _STAYS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, text in files.items():
            (self.folder / name).write_text(self.localised(text), encoding="utf-8")
        shutil.copy(ROOT / "README.md", self.folder)
        self.call("POST", "/_devkit/api/reset")
        self.call("POST", "/api/auth/login", {"email": EMAIL, "password": PASSWORD})

    async def run(self, *command: str) -> Outcome:
        """Run a command in the folder, as in a terminal of its own."""
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.folder,
            env=environment(self.folder) | self._variables(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(LONGEST):
                output, _ = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return Outcome(process.returncode or 0, output.decode())

    async def shell(self, text: str) -> Outcome:
        """Run a block in one session of bash, which ends at the first command that fails."""
        return await self.run("bash", "-euo", "pipefail", "-c", self.localised(text))

    def _variables(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / ".venv" / "bin"), os.environ["PATH"]])
        # Plugins and options of the tests' own environment are nothing that a recipe names.
        return {"PATH": path, "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "NO_COLOR": "1", "CI": "1"}


@contextmanager
def made(folder: Path) -> Iterator[Place]:
    """A place in an empty folder."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (folder / "scenarios").mkdir()
    devkit = programs / "devkit"
    devkit.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/docs/typed.py" "$@"\n')
    devkit.chmod(0o755)
    with serving(folder, "--frontend-port", "0", "--memory", command="demo") as server:
        yield Place(folder, server)
