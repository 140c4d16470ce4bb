"""Everything at once for a while: chaos beside calm, sandboxes that come and go, files that are rewritten.

Nothing of it stays, and who asked for no failure met none.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import psutil
import pytest

from devkit.config import Settings
from devkit.control.hosting import Wish
from devkit.effects import Randomness
from devkit.sandbox import Sandbox, Template
from devkit.server.hosting.app import App, running
from tests.conftest import EMAIL

T = TypeVar("T")

pytestmark = pytest.mark.slow

ROUND = 7.0
"""Seconds of each of the two rounds; the first one fills what is kept for good."""
PATIENCE = 5.0
MEGABYTE = 1 << 20
TASKS = "/api/tasks"
TOGGLED = ("hanging-api", "slow-api", "websocket-silent", "websocket-out-of-order", "stale-reads", "upload-stalls")
MINE = "name: mine\ntitle: Edited all the time\nrules:\n  - {{id: one, fault: {{type: http.abort, status: {}}}}}\n"
EDITS = (MINE.format(418), MINE.format(503), MINE.format("yes"), "name: [", MINE.format(418))


@dataclass
class Round:
    """What happened until `ends`."""

    app: App
    url: str
    ends: float
    calm: int = 0
    edited: Counter[int] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    sandboxes: weakref.WeakSet[Sandbox] = field(default_factory=weakref.WeakSet)

    @property
    def over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.ends

    @contextlib.asynccontextmanager
    async def sandbox(self, *scenarios: str) -> AsyncIterator[Sandbox]:
        hosted = await self.app.sandboxes.create(Wish(scenarios=scenarios))
        self.sandboxes.add(hosted.sandbox)
        try:
            yield hosted.sandbox
        finally:
            for entry in hosted.sandbox.journal:
                self.struck.update(fault.kind for fault in getattr(entry, "faults", ()))
            await self.app.sandboxes.remove(hosted.sandbox.id)

    @contextlib.asynccontextmanager
    async def client(self, sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
        minted = await sandbox.mint_token(EMAIL, lifetime=3600)
        assert minted is not None
        headers = {"X-Devkit-Sandbox": sandbox.id, "Authorization": f"Bearer {minted.token}"}
        async with aiohttp.ClientSession(self.url, headers=headers) as http:
            yield http


class Chance(Randomness):
    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]


async def chaotic(run: Round, number: int) -> None:
    """Sandboxes with all that fails, used by impatient clients and removed under them."""
    chance = Chance(number)
    while not run.over:
        async with run.sandbox("chaos") as sandbox:
            clients = [asyncio.create_task(impatient(run, sandbox, chance.integer(0, 1_000_000))) for _ in range(3)]
            for _ in range(4):
                await asyncio.sleep(0.3)
                name = chance.choice(TOGGLED)
                await sandbox.engine.use(run.app.library.get(name), chance.choice((None, 200)))
                if chance.fraction() < 0.5:
                    await sandbox.engine.off(name)
            if chance.fraction() < 0.5:
                await run.app.sandboxes.remove(sandbox.id)
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)


async def impatient(run: Round, sandbox: Sandbox, seed: int) -> None:
    """Calls anything, and gives up now and then."""
    chance = Chance(seed)
    async with run.client(sandbox) as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError, TimeoutError, ValueError, TypeError):
                async with asyncio.timeout(chance.choice((0.05, 0.5, 2.0))):
                    await anything(http, chance)
            await asyncio.sleep(0)


async def anything(http: aiohttp.ClientSession, chance: Chance) -> None:
    match chance.integer(0, 4):
        case 0:
            async with http.get(TASKS, headers={"Origin": "http://localhost:3000"}) as response:
                await response.json()
        case 1:
            async with http.post(TASKS, json={"title": "Chaos"}) as response:
                await response.read()
        case 2:
            form = aiohttp.FormData()
            form.add_field("file", b"x" * chance.integer(1, 200_000), filename="a.bin")
            async with http.post("/api/uploads", data=form) as response:
                await response.read()
        case 3:
            async with http.ws_connect("/ws") as socket:
                await socket.send_json({"type": "subscribe", "topics": ["tasks", "uploads"]})
                for _ in range(4):
                    await socket.receive(0.2)
        case 4:
            async with http.get("/api/auth/me", headers={"X-Devkit-Scenario": chance.choice(TOGGLED)}) as response:
                await response.read()


async def calm(run: Round) -> None:
    """A sandbox without a failure: each answer is right, and so is each event."""
    while not run.over:
        async with run.sandbox() as sandbox, run.client(sandbox) as http, http.ws_connect("/ws") as socket:
            await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
            assert [(await socket.receive_json(timeout=PATIENCE))["type"] for _ in range(2)] == [
                "connection",
                "subscription",
            ]
            for number in range(40):
                made = await right(http, "POST", 201, json={"title": f"Task {number}"})
                assert (await socket.receive_json(timeout=PATIENCE))["task"] == made
                page = await right(http, "GET", 200)
                assert (page["total"], page["data"][0]) == (58 + number, made)
                run.calm += 2


async def right(http: aiohttp.ClientSession, method: str, status: int, **options: Any) -> Any:
    async with asyncio.timeout(PATIENCE), http.request(method, TASKS, **options) as response:
        assert response.status == status
        assert "X-Devkit-Fault" not in response.headers
        return await response.json()


async def editor(run: Round, path: Path) -> None:
    """Rewrites a scenario that is on, broken at times: the last good version stays on."""
    async with run.sandbox("mine") as sandbox, run.client(sandbox) as http:
        while not run.over:
            for text in EDITS:
                await asyncio.to_thread(path.write_text, text)
                for _ in range(4):
                    async with http.get(TASKS) as response:
                        run.edited[response.status] += 1
                    await asyncio.sleep(0.05)


@contextlib.contextmanager
def private_temp_folder(folder: Path) -> Iterator[Path]:
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield folder
    finally:
        tempfile.tempdir = before


@dataclass(frozen=True)
class Held:
    """What the process holds."""

    tasks: int
    descriptors: int
    threads: int
    memory: int

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        process = psutil.Process()
        # The pool of the loop keeps its threads, up to a fixed number.
        threads = [thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")]
        return cls(len(asyncio.all_tasks()), process.num_fds(), len(threads), process.memory_info().rss)


async def one_round(app: App, url: str, path: Path) -> Round:
    run = Round(app, url, asyncio.get_running_loop().time() + ROUND)
    async with asyncio.timeout(ROUND + 20), asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(chaotic(run, number))
        for _ in range(2):
            group.create_task(calm(run))
        group.create_task(editor(run, path))
    return run


async def test_nothing_stays_of_a_long_mixed_run(
    tmp_path: Path, template: Template, caplog: pytest.LogCaptureFixture
) -> None:
    own, temporary = tmp_path / "scenarios", tmp_path / "tmp"
    own.mkdir()
    temporary.mkdir()
    (own / "mine.yaml").write_text(EDITS[0])
    settings = Settings(port=0, memory=True, state_dir=tmp_path / ".devkit", scenario_dir=own)
    with private_temp_folder(temporary):
        async with running(settings, template) as (app, ready):
            held, rounds = [], []
            for _ in range(2):
                rounds.append(await one_round(app, ready.url, own / "mine.yaml"))
                await settled(app)
                held.append(Held.now())
        assert list(temporary.iterdir()) == []

    for run in rounds:
        assert run.calm > 100
        assert {"delay.uniform", "http.abort", "conn.reset"} <= run.struck.keys()
        assert run.edited.keys() == {418, 503}
        assert list(run.sandboxes) == []
    # Two or three of these in a round: not in each, but in both together.
    assert {"body.malformed", "ws.msg_drop"} <= set().union(*(run.struck for run in rounds))
    first, second = held
    assert (second.tasks, second.threads) == (first.tasks, first.threads)
    assert second.descriptors <= first.descriptors
    assert second.memory - first.memory < 30 * MEGABYTE
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def settled(app: App) -> None:
    """Wait until the server has noticed that everybody has left."""
    assert len(app.sandboxes) == 1
    quiet, tasks = 0, -1
    while quiet < 10:
        await asyncio.sleep(0.05)
        quiet = quiet + 1 if len(asyncio.all_tasks()) == tasks else 0
        tasks = len(asyncio.all_tasks())
