"""`devkit verify`, run for the panel: a process of its own, so that the server goes on answering meanwhile (it may be
the one that is asked), and what is measured is measured from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import orjson

from devkit.config import Settings
from devkit.records import dataclass

REPORTS: Mapping[str, str] = {"html": "text/html", "junit": "application/xml", "sarif": "application/json"}
"""What the process writes beside what it tells, with its media type."""

_LONGEST_LINE = 32 * 1024 * 1024
_CANCELLED = "It was cancelled before it had asked anything."
_PATIENCE = 10.0
"""Seconds that it has for taking away what it made in the backend, once it is to end."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What is asked and what was told of it. `about` is shown as it is; `ids` are the checks in their order, `checks`
    their verdicts as they came; `report` is there once it has ended, and `trouble` where nothing could be verified.
    """

    about: Mapping[str, Any]
    ids: list[str] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    report: dict[str, Any] | None = None
    trouble: str = ""
    running: bool = True
    files: dict[str, bytes] = field(default_factory=dict)

    def whole(self) -> dict[str, Any]:
        """As `devkit verify --json` writes it."""
        place = {name: number for number, name in enumerate(self.ids)}
        rows = sorted(self.checks, key=lambda check: place.get(check["id"], len(place)))
        return {**(self.report or {}), "checks": rows}


class VerifyRoom:
    """One run at a time; the last one is kept."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.run: Run | None = None
        self.process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self.run is not None and self.run.running

    def start(self, words: Sequence[str], users: Sequence[str], about: Mapping[str, Any], document: bytes = b"") -> Run:
        """Begin. `words` are the command's, `users` (`email:password`) go by stdin, where nobody else of the machine
        reads them; a `document` is written to a file, which is the last of the words.
        """
        self.run = run = Run(about=about)
        self._task = asyncio.create_task(self._play(run, words, users, document), name="devkit-verify")
        return run

    async def cancel(self) -> None:
        """End it as Ctrl-C would: with a report of what it has."""
        task, process = self._task, self.process
        if task is None or task.done():
            return
        if process is None or process.returncode is not None:
            task.cancel()
        else:
            with contextlib.suppress(ProcessLookupError):
                # Where there is no such signal, it ends at once.
                process.terminate() if sys.platform == "win32" else process.send_signal(signal.SIGINT)
        _, late = await asyncio.wait({task}, timeout=_PATIENCE)
        if late:
            task.cancel()
            await asyncio.wait({task})

    async def close(self) -> None:
        """The server stops, and with it what it began."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _play(self, run: Run, words: Sequence[str], users: Sequence[str], document: bytes) -> None:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="devkit-verify-"))
        try:
            await self._told(run, [*words, *await asyncio.to_thread(_prepared, folder, document)], users)
            run.files = await asyncio.to_thread(_read, folder)
        finally:
            run.running, process = False, self.process
            if run.report is None:
                run.trouble = run.trouble or _CANCELLED
            if process is not None and process.returncode is None:
                process.kill()
                await asyncio.shield(process.wait())
            self.process = None
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def _told(self, run: Run, words: Sequence[str], users: Sequence[str]) -> None:
        command = [sys.executable, "-P", "-m", "devkit", "verify", "--json", "--lines", *words]
        if users:
            command += ["--user", "-"]
        self.process = process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=_LONGEST_LINE
        )
        assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018 - all three are pipes
        process.stdin.write("\n".join(users).encode())
        process.stdin.close()
        complaints = asyncio.create_task(process.stderr.read())
        try:
            async for line in process.stdout:
                _take(run, orjson.loads(line))
            await process.wait()
            if run.report is None:
                run.trouble = _trouble(await complaints, process.returncode)
        finally:
            complaints.cancel()
            await asyncio.wait({complaints})


def _take(run: Run, told: dict[str, Any]) -> None:
    event = told.pop("event", "")
    if event == "started":
        run.ids = told["checks"]
    elif event == "check":
        run.checks.append(told)
    elif event == "report":
        run.report = told


def _trouble(complaints: bytes, code: int | None) -> str:
    """The last sentence on stderr, with what to do about it."""
    for line in reversed(complaints.splitlines()):
        with contextlib.suppress(orjson.JSONDecodeError):
            told = orjson.loads(line)
            if isinstance(told, dict) and told.get("event") == "error":
                return " ".join(filter(None, (told["message"], told.get("remedy"))))
    return _CANCELLED if code in {130, -2} else f"It ended with {code}."


def _prepared(folder: Path, document: bytes) -> list[str]:
    words = [word for kind in REPORTS for word in (f"--{kind}", str(folder / f"report.{kind}"))]
    if document:
        file = folder / "openapi.json"
        file.write_bytes(document)
        words += ["--contract", str(file)]
    return words


def _read(folder: Path) -> dict[str, bytes]:
    found = {kind: folder / f"report.{kind}" for kind in REPORTS}
    return {kind: file.read_bytes() for kind, file in found.items() if file.exists()}
