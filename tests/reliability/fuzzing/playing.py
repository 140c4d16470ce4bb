"""Sends inputs to a server, many at a time, and looks at everything that must hold meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.process import Process
from tests.reliability.fuzzing.inputs import API_KEY, Input, made
from tests.reliability.fuzzing.reading import Unreadable, answers, wrong_with, wrong_with_frames
from tests.reliability.telling import Progress

_BATCH, _AT_ONCE = 250, 24

_QUIET, _SILENT = 0.06, 0.5
"""Seconds without a further byte, and without any, after which an input that needs no answer is left."""

_LONGEST_STEP = 0.05
"""Seconds of processor time (issue 14, point 22) that devkit may take by itself. What Python's collector takes, and
what is loaded when it is first needed, is told apart.
"""

_LONGEST_WAIT = 60
"""Seconds for which others may wait, on a machine that is at work elsewhere too."""

_GROWTH, _SETTLED = 1.15, 20_000
"""How much more memory may be taken at the end than after so many inputs, when journals are full."""

_BAD_WORDS = ("Traceback", "ERROR", "never retrieved", "never awaited", "Exception")


@dataclass
class Figures:
    inputs: int = 0
    answers: int = 0
    frames: int = 0
    closed: int = 0
    open: int = 0
    wrong: int = 0
    families: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    resident: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def others(self) -> str:
        waits = sorted(self.waits) or [0.0]
        middle, nearly_all = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        return f"{middle * 1000:.0f} ms (half), {nearly_all * 1000:.0f} ms (99 %), {waits[-1] * 1000:.0f} ms (all)"

    def longest(self) -> str:
        told = (f"{max(times) * 1000:.0f} ms of {kind} ({len(times):,})" for kind, times in self.steps.items())
        return ", ".join(sorted(told)) or "none of 20 ms or more"

    def memory(self) -> str:
        told = f"{self.resident[-1]:.0f} MB at the end, {max(self.resident):.0f} MB at most"
        early = self.resident[_SETTLED // _BATCH :]
        return f"{early[0]:.0f} MB after {_SETTLED:,} inputs, {told}" if early else told


class Player:
    def __init__(self, process: Process, steps: Path, seed: int, progress: Progress, *, patience: float) -> None:
        self._process, self._steps, self._seed, self._progress = process, steps, seed, progress
        self._patience = patience
        self._read = 0
        self._steps_read = 0
        self._journal = 0
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._server = psutil.Process(process.pid)
        self.figures = Figures()

    async def play(self, first: int, count: int) -> None:
        """Send inputs `first` and so on, in batches."""
        bystander = asyncio.create_task(self._stand_by())
        self._measure()
        for start in range(first, first + count, _BATCH):
            batch = {number: made(self._seed, number) for number in range(start, min(start + _BATCH, first + count))}
            await asyncio.gather(*(self._play(number, one) for number, one in batch.items()))
            await asyncio.sleep(0.05)
            wrong = [*self.look([*batch.values()]), *await self._look_into_journal(batch.values())]
            if wrong:
                await self._narrow_down(batch, wrong)
            self._measure()
            if bystander.done():
                self.tell(None, f"others are not served any more: {bystander.exception()!r}")
                return
            figures = self.figures
            figures.inputs += len(batch)
            progress = f"{figures.answers:,} answers, {figures.wrong} wrong, {figures.resident[-1]:.0f} MB"
            self._progress.at(start + len(batch) - first, progress)
        bystander.cancel()
        await asyncio.wait({bystander})
        await self._end()

    async def _play(self, number: int, one: Input) -> None:
        async with self._at_once:
            wrong, _ = await self.send(one)
            self.figures.families[one.family] += 1
            for told in wrong:
                self.tell(number, told)

    async def send(self, one: Input) -> tuple[list[str], bytes]:
        """What is wrong with what comes back, and that."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._process.port)
        data, ended = b"", False
        try:
            try:
                for piece in one.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
            except ConnectionError:
                pass  # what it said before that is still to be read
            begun = self._spent()
            while not ended and not self._has_all(one, data):
                try:
                    wait = 1.0 if one.methods else _QUIET if data else _SILENT
                    piece = await asyncio.wait_for(reader.read(1 << 16), wait)
                except TimeoutError:
                    if one.methods and self._spent() - begun < self._patience:
                        continue
                    break
                except ConnectionError:
                    piece = b""
                data, ended = data + piece, not piece
        finally:
            writer.transport.abort()
        return self._judge(one, data, ended=ended), data

    def _spent(self) -> float:
        """Seconds of processor time that the server had so far: how long it may take must not depend on who else is
        at work.
        """
        return float(sum(self._server.cpu_times()[:2]))

    def _has_all(self, one: Input, data: bytes) -> bool:
        if not one.methods:
            return False
        try:
            found, _ = answers(data, one.methods, ended=False)
        except Unreadable:
            return True
        return len(found) >= len(one.methods) or any(answer.status == 101 for answer in found)

    def _judge(self, one: Input, data: bytes, *, ended: bool) -> list[str]:
        figures = self.figures
        try:
            found, rest = answers(data, one.methods, ended=ended)
        except Unreadable as error:
            return [f"a strict reader cannot read the answer: {error}"]
        figures.answers += len(found)
        figures.statuses.update(answer.status for answer in found)
        wrong = [told for answer in found if (told := wrong_with(answer))]
        if found and found[-1].status == 101:
            figures.frames += len(rest)
            if told := wrong_with_frames(rest):
                wrong.append(told)
        elif len(found) < len(one.methods) and not (found and found[-1].ends):
            state = "and the connection ended" if ended else f"in {self._patience:.0f} s of the server's time"
            wrong.append(f"{len(found)} of {len(one.methods)} requests were answered {state}: {rest[:100]!r}")
        elif not found:
            figures.closed += ended
            figures.open += not ended
        return wrong

    # What must hold besides

    def look(self, sent: Sequence[Input]) -> list[str]:
        """What the terminal has shown since the last look, and must not; and steps that were too long."""
        output = self._process.log.with_suffix(".err").read_bytes()
        entries = self._process.log.read_bytes()
        new, self._read = output[self._read :].decode(errors="replace"), len(output)
        wrong = [f"the terminal says: {new[:4000]}"] if any(word in new for word in _BAD_WORDS) else []
        shown = output + entries[-8_000_000:]
        wrong += [
            f"a credential was shown: {secret}" for one in sent for secret in one.secrets if secret.encode() in shown
        ]
        lines = self._steps.read_text().splitlines()
        for line in lines[self._steps_read :]:
            step = json.loads(line)
            kind = _kind(step)
            self.figures.steps.setdefault(kind, []).append(step["seconds"])
            if step["seconds"] > _LONGEST_STEP and kind == "devkit itself":
                wrong.append(f"a step of the loop took {step['seconds'] * 1000:.0f} ms: {step['step']}")
        self._steps_read = len(lines)
        return wrong

    async def _look_into_journal(self, sent: Sequence[Input] | object) -> list[str]:
        """Whether the journal shows a credential, in its entries or, of some, in the details."""
        secrets = [secret for one in sent for secret in one.secrets]  # type: ignore[attr-defined]
        wrong = []
        async with aiohttp.ClientSession(self._process.url) as http:
            async with http.get(f"/_devkit/api/journal?limit=1000&after={self._journal}") as answer:
                text = await answer.text()
            page = json.loads(text)
            self._journal = page["newest"]
            for entry in page["data"][::10]:
                async with http.get(f"/_devkit/api/journal/{entry['number']}") as answer:
                    text += await answer.text()
        wrong += [f"the journal shows a credential: {secret}" for secret in secrets if secret in text]
        return wrong

    async def _narrow_down(self, batch: dict[int, Input], wrong: list[str]) -> None:
        """Which of a batch it was: each once more, by itself."""
        found = False
        for number, one in batch.items():
            if any(secret in told for told in wrong for secret in one.secrets):
                found = True
                self.tell(number, next(told for told in wrong if any(secret in told for secret in one.secrets)))
                continue
            await self.send(one)
            await asyncio.sleep(0.01)
            for told in self.look([one]):
                found = True
                self.tell(number, told)
        if not found:
            first, last = min(batch), max(batch)
            for told in wrong:
                self.tell(None, f"inputs {first} to {last} together, none of them alone: {told}")

    async def _stand_by(self) -> None:
        """Somebody else, who must be answered meanwhile: on a connection that stays, and on a new one each time."""
        headers = {"X-API-Key": API_KEY.decode()}
        patience = aiohttp.ClientTimeout(_LONGEST_WAIT)
        async with aiohttp.ClientSession(self._process.url, headers=headers, timeout=patience) as http:
            for number in range(1_000_000_000):
                begun = time.monotonic()
                own = {} if number % 2 else {"Connection": "close"}
                async with http.get("/api/tasks?limit=1", headers=own) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise AssertionError(f"a good request was answered with {answer.status}")
                self.figures.waits.append(time.monotonic() - begun)
                await asyncio.sleep(0.05)

    def _measure(self) -> None:
        self.figures.resident.append(self._server.memory_info().rss / 1e6)
        self.figures.descriptors.append(self._server.num_fds())

    async def _end(self) -> None:
        """What was sent is let go of; and memory has not grown without bound."""
        figures = self.figures
        try:
            async with asyncio.timeout(60):
                while left := [one for one in self._server.net_connections() if one.status != psutil.CONN_LISTEN]:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            self.tell(None, f"connections stay that their clients have left: {left[:3]}")
        self._measure()
        early = figures.resident[_SETTLED // _BATCH :]
        if early and figures.resident[-1] > early[0] * _GROWTH:
            self.tell(None, f"memory grew from {early[0]:.0f} MB to {figures.resident[-1]:.0f} MB")

    def tell(self, number: int | None, told: str) -> None:
        """Something is wrong."""
        self.figures.wrong += 1
        where = f"input {number}" if number is not None else "not one input"
        again = (
            f"\n    python -m tests.reliability.fuzz --seed {self._seed} --only {number}" if number is not None else ""
        )
        self._progress.line(f"{where}: {told}{again}")


def _kind(step: dict[str, Any]) -> str:
    """What took most of a long step."""
    if step["collector"] > step["seconds"] / 2:
        return "the collector"
    return "a library that is loaded once" if "importlib._bootstrap" in step["step"] else "devkit itself"
