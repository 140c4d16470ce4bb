"""`kill -9` at random moments of a real server under a mixed writing load, round after round.

    python -m tests.reliability.kill_rounds --rounds 1000 --seed 21

Each round starts `devkit serve` on the same database, sees that what is there is what was acknowledged (see `ledger`),
lets a load write (see `writers`), and kills it. Some servers are killed while they start, and so is some `devkit seed`.
The seed number decides what is written and when it is killed, but no two machines get equally far by then. What is
wrong is printed with its round, and the folder is kept. A thousand rounds take half an hour; Ctrl-C ends them early.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.chance import Chance
from tests.conftest import EMAIL
from tests.process import Process, serving, started
from tests.reliability.ledger import Difference, Key, Ledger, Value
from tests.reliability.telling import Progress, verdict
from tests.reliability.writers import BACKEND, MARK, REGISTERED, ROWS, Load, Refused

_LONGEST = 0.8
"""Seconds of load in a round, at most."""

_START = 0.5
"""Seconds within which a start is killed, where one is."""

_INTEGRITY_EVERY = 25
_PAGE = 1000

_GROWN = "user0"
"""How the addresses begin of users that `devkit seed` made."""

_MAY_SAY = "WARNING devkit: The server was killed while it "
"""How a line of a start begins that may be there."""

_OUTCOMES = {"finished now": "finished it", "is undone": "undid it", "saved the snapshot": "kept the new snapshot"}
"""What such a line tells, and how it is called here."""


@dataclass
class Found:
    """What a server holds."""

    things: dict[Key, Value]
    tasks: dict[str, str]
    uploads: set[str]
    snapshots: set[str]
    wrong: list[str] = field(default_factory=list)


@dataclass
class Figures:
    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    left: int = 0
    wrong: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    contents: int = 0
    integrity: int = 0


class Rounds:
    """A database and what happens to it."""

    def __init__(self, folder: Path, seed: int, progress: Progress, keep: Path) -> None:
        self._folder, self._seed, self._progress, self._keep = folder, seed, progress, keep
        self._database = folder / "d.db"
        contract = folder / "backend.yaml"
        contract.write_text(BACKEND, encoding="utf-8")
        self._arguments = ("--db", str(self._database), "--log-level", "warning")
        for name in ("agreed", "promptcraft", str(contract)):
            self._arguments += ("--contract", name)
        self._ledger: Ledger | None = None
        self.figures = Figures()

    async def play(self, number: int) -> None:
        """One round."""
        chance = Chance(self._seed, f"kill {number}")
        if chance.happens(0.15):
            self._kill_a_start(chance.seconds(_START))
        if self._ledger is not None and chance.happens(0.1):
            self._grow(chance)
        with serving(self._folder, *self._arguments) as process:
            found = await self._look(process, number)
            if self._ledger is None:
                self._ledger = Ledger(found.things)
            self._judge(number, self._ledger.look(found.things, found.snapshots), found.wrong)
            load = Load(process.url, process.ready["api_key"], self._ledger, found.tasks, found.uploads)
            await self._load(number, process, load, chance)
        self.figures.rounds += 1
        self.figures.acknowledged = self._ledger.acknowledged

    async def end(self, number: int) -> None:
        """What the last kill left, and that a server ends well on it."""
        assert self._ledger is not None
        with serving(self._folder, *self._arguments) as process:
            found = await self._look(process, number)
            self._judge(number, self._ledger.look(found.things, found.snapshots), found.wrong)
            if (status := process.stop()) != 0:
                self._tell(number, f"SIGTERM ended it with {status}")
        self._check_integrity(number)

    async def _load(self, number: int, process: Process, load: Load, chance: Chance) -> None:
        assert self._ledger is not None
        ledger, seconds, aimed = self._ledger, chance.seconds(_LONGEST), chance.happens(0.5)

        async def kill() -> None:
            await asyncio.sleep(seconds)
            if aimed:
                # In the middle of a reset, a restore or a save, as soon as there is one.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        while not ledger.is_changing:
                            await asyncio.sleep(0.001)
                await asyncio.sleep(seconds * 0.05)
            self.figures.kills["in a change" if ledger.is_changing else "under load"] += 1
            process.kill()

        try:
            await load.run(chance, until=kill)
        except Refused as error:
            self._tell(number, str(error))
        ledger.killed()
        self._told(number, process.output)

    def _kill_a_start(self, seconds: float) -> None:
        with started(self._folder, "serve", "--port", "0", "--json", *self._arguments) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
        self.figures.kills["while starting"] += 1

    def _grow(self, chance: Chance) -> None:
        """`devkit seed`, half of the time killed."""
        assert self._ledger is not None
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            query = "SELECT count(*) FROM users WHERE email LIKE ? || '%'"
            (grown,) = connection.execute(query, (_GROWN,)).fetchone()
        users, tasks = chance.between(1, 5), chance.between(0, 200)
        keys = [("user", f"user{grown + number:06}@example.com") for number in range(1, users + 1)]
        for key in keys:
            self._ledger.begin(key, tasks)
        told = ("seed", "--users", str(users), "--tasks-per-user", str(tasks), "--db", str(self._database))
        with started(self._folder, *told) as process:
            if chance.happens(0.5):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2 + chance.seconds(_START))
                process.kill()
                self.figures.kills["of devkit seed"] += 1
            if process.wait() == 0:
                for key in keys:
                    self._ledger.done(key)
        self._ledger.killed()

    # What is there

    async def _look(self, process: Process, number: int) -> Found:
        async with aiohttp.ClientSession(process.url, headers={"X-API-Key": process.ready["api_key"]}) as http:
            found = await self._things(http)
            health = await _json(http, "/api/v1/core/health/")
            if health["status"] not in {"healthy", "up", "ok"}:
                found.wrong.append(f"health says {health}")
        ids = {name for kind, name in found.things if kind == "upload"}
        there = {path.name for path in self._database.with_name("d.db.uploads").iterdir()}
        found.wrong += [f"a stray file: {name}" for name in sorted(there - ids)]
        found.wrong += [f"a row without a file: {name}" for name in sorted(ids - there)]
        found.wrong += self._strays()
        if number % _INTEGRITY_EVERY == 0:
            self._check_integrity(number)
        self._told(number, process.output)
        return found

    async def _things(self, http: aiohttp.ClientSession) -> Found:
        things: dict[Key, Value] = {}
        tasks: dict[str, str] = {}
        wrong: list[str] = []
        grown: Counter[str] = Counter()
        rows = await _all(http, "/_devkit/api/tasks")
        for row in rows:
            if row["user"].startswith(_GROWN):
                grown[row["user"]] += 1
                continue
            name = row["title"] if row["title"].startswith(MARK) else row["id"]
            if things.setdefault(("task", name), (row["description"], row["completed"])) is None:
                wrong.append(f"two tasks are called {name}")
            if row["user"] == EMAIL:
                tasks[row["title"]] = row["id"]
        mine = sum(1 for row in rows if row["user"] == EMAIL)
        if (total := (await _json(http, "/api/tasks?limit=1"))["total"]) != mine:
            wrong.append(f"the user's list has {total} tasks, and there are {mine}")
        for row in await _all(http, ROWS, size=100):
            name = row["title"] if row["title"].startswith(MARK) else row["id"]
            if things.setdefault(("row", name), row["text"]) is None:
                wrong.append(f"two rows are called {name}")
        for row in await _all(http, "/_devkit/api/uploads"):
            things["upload", row["id"]] = row["sha256"]
            async with http.get(f"/api/uploads/{row['id']}/content") as answer:
                content = await answer.read()
            self.figures.contents += 1
            if answer.status != 200 or hashlib.sha256(content).hexdigest() != row["sha256"]:
                wrong.append(f"the content of the upload {row['id']} is not what it was: {answer.status}")
        for row in await _all(http, "/_devkit/api/users"):
            if row["email"].startswith((_GROWN, REGISTERED)):
                things["user", row["email"]] = grown[row["email"]]
        profile = await _json(http, "/api/auth/me")
        things["profile", EMAIL] = profile["user"]["firstName"]
        uploads = {name for kind, name in things if kind == "upload"}
        snapshots = {row["name"] for row in (await _json(http, "/_devkit/api/snapshots"))["data"]}
        return Found(things, tasks, uploads, snapshots, wrong)

    def _strays(self) -> list[str]:
        """Files of a snapshot's that no row of it tells of, and beginnings of snapshots."""
        wrong = []
        folder = self._folder / ".devkit" / "snapshots"
        for saved in folder.iterdir() if folder.is_dir() else ():
            if saved.name.startswith("."):
                wrong.append(f"a stray folder: {saved}")
                continue
            with contextlib.closing(sqlite3.connect(f"file:{saved / 'data.db'}?mode=ro", uri=True)) as connection:
                ids = {row[0] for row in connection.execute("SELECT id FROM uploads")}
            if ids != {path.name for path in (saved / "uploads").iterdir()}:
                wrong.append(f"rows and files of the snapshot {saved.name} are not the same")
        known = {"d.db", "d.db-wal", "d.db-shm", "d.db.lock", "d.db.uploads", ".devkit", "server.log", "server.err"}
        known |= {"data", "backend.yaml"}
        wrong += [f"a stray file: {path}" for path in self._folder.iterdir() if path.name not in known]
        return wrong

    def _check_integrity(self, number: int) -> None:
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            for pragma in ("integrity_check", "foreign_key_check"):
                rows = connection.execute(f"PRAGMA {pragma}").fetchall()
                if rows not in ([("ok",)], []):
                    self._tell(number, f"PRAGMA {pragma}: {rows[:3]}")
        self.figures.integrity += 1

    # What is said of it

    def _told(self, number: int, output: str) -> None:
        for line in output.splitlines()[1:]:
            if line.startswith(_MAY_SAY):
                self.figures.told[next(word for word in _OUTCOMES if word in line)] += 1
            elif "Traceback" in line or line.startswith(("ERROR", "WARNING")):
                self._tell(number, f"the terminal says: {line}")

    def _judge(self, number: int, differences: list[Difference], wrong: list[str]) -> None:
        for difference in differences:
            setattr(self.figures, difference.kind, getattr(self.figures, difference.kind) + 1)
        for told in (*map(str, differences), *wrong):
            self._tell(number, told)

    def _tell(self, number: int, told: str) -> None:
        self.figures.wrong += 1
        self._progress.line(f"round {number}: {told}")
        kept = self._keep / f"round-{number}"
        if not kept.exists():
            shutil.copytree(self._folder, kept)


async def _json(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        return await answer.json()


async def _all(http: aiohttp.ClientSession, path: str, size: int = _PAGE) -> list[dict[str, Any]]:
    """All pages."""
    rows: list[dict[str, Any]] = []
    while True:
        page = await _json(http, f"{path}?limit={size}&offset={len(rows)}")
        rows += page["data"]
        if not page["data"] or len(rows) >= page["total"]:
            return rows


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability.kill_rounds", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument(
        "--keep", type=Path, default=Path("kill-rounds"), help="where folders go of rounds that went wrong"
    )
    told = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="devkit-kills-") as folder:
        with Progress(f"kill rounds, seed {told.seed}", told.rounds) as progress:
            figures = asyncio.run(play(Path(folder), told.rounds, told.seed, progress, told.keep))
    sys.stdout.write(shown(figures, time.monotonic() - begun))
    return 1 if figures.wrong else 0


async def play(folder: Path, count: int, seed: int, progress: Progress, keep: Path) -> Figures:
    """So many rounds on one database, in a folder that is made if need be."""
    folder.mkdir(exist_ok=True)
    rounds = Rounds(folder, seed, progress, keep)
    figures = rounds.figures
    # Ctrl-C ends it early: what was found until then counts.
    with contextlib.suppress(asyncio.CancelledError):
        for number in range(1, count + 1):
            await rounds.play(number)
            progress.at(number, f"{figures.acknowledged:,} acknowledged, {figures.lost} lost, {figures.left} left over")
        await rounds.end(count + 1)
    return figures


def shown(figures: Figures, seconds: float) -> str:
    """What was found, for the terminal."""
    kills = {name: f"{count:,}" for name, count in figures.kills.most_common()}
    good = not figures.wrong
    return verdict(
        "nothing was lost, nothing was left over" if good else f"{figures.wrong:,} things are wrong; see above",
        good=good,
        figures={
            "rounds": f"{figures.rounds:,} in {seconds / 60:.1f} minutes",
            **{f"killed {name}": count for name, count in kills.items()},
            "acknowledged writes": f"{figures.acknowledged:,}",
            "lost": f"{figures.lost:,}",
            "left over": f"{figures.left:,}",
            "contents of uploads read back": f"{figures.contents:,}",
            "integrity checks": f"{figures.integrity:,}",
            **{f"next start {name}": f"{figures.told[word]:,}" for word, name in _OUTCOMES.items()},
        },
    )


if __name__ == "__main__":
    raise SystemExit(main())
