"""`seed.dates`: what distances in seed files count from, by the clock of the sandbox that is filled."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devkit import shipped
from devkit.config import Settings
from devkit.effects import DAY, HOUR, MINUTE, Instant, isoformat, machine_now, parse_instant
from devkit.errors import FileError
from devkit.server.hosting.app import running
from devkit.storage import seeding
from devkit.storage.seeded import EPOCH, epoch_at
from devkit.storage.seedfiles import load
from devkit.storage.template import Template
from tests.conftest import Client

NOON = parse_instant("2031-03-05T12:00:00Z")
MIDNIGHT = NOON - 12 * HOUR
USERS = "users:\n  - {email: ann@example.com, password: Password1!, first_name: Ann, created_at: -2w}\n"
TASK = "owners:\n  - email: ann@example.com\n    tasks:\n      - {title: A, due_date: +1d, created_at: -1d"
COLUMNS = (
    ("users", "created_at"),
    ("tasks", "created_at"),
    ("tasks", "updated_at"),
    ("tasks", "due_date"),
    ("uploads", "created_at"),
    ("api_keys", "created_at"),
    ("models", "updated_at"),
    ("conversations", "created_at"),
    ("conversations", "updated_at"),
    ("messages", "created_at"),
)


def plain(password: str, salt: bytes) -> str:
    """Quick, unlike Argon2."""
    return f"{password}/{salt.hex()}"


def relative(folder: Path | None = None) -> Template:
    return Template(folder or shipped.folder("seed"), 1, plain, dates="relative")


def moments(content: bytes) -> dict[tuple[str, str], list[Instant | None]]:
    """All that the seed dates, by table and column."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        found: dict[tuple[str, str], list[Instant | None]] = {}
        for table, column in COLUMNS:
            rows = connection.execute(f"SELECT {column} FROM {table} ORDER BY {column}")  # noqa: S608
            found[table, column] = [value for (value,) in rows]
        return found


def test_everything_lies_around_the_day_on_which_it_is_made() -> None:
    found = moments(relative().content(NOON))
    past = [value for place, values in found.items() if place[1] != "due_date" for value in values if value is not None]
    assert max(past) <= MIDNIGHT, "nothing was done before its time"
    assert min(past) >= MIDNIGHT - 20 * 7 * DAY
    dues = [value for value in found["tasks", "due_date"] if value is not None]
    assert any(MIDNIGHT - 7 * DAY < due < MIDNIGHT for due in dues), "overdue by days"
    assert any(MIDNIGHT + DAY < due < MIDNIGHT + 7 * DAY for due in dues), "due in a few days"
    assert min(dues) > MIDNIGHT - 9 * 7 * DAY


def test_all_distances_are_moved_and_no_time_that_is_written_out() -> None:
    fixed = moments(seeding.template(load(shipped.folder("seed")), 1, plain))
    moved = moments(relative().content(NOON))
    assert {place: len(values) for place, values in moved.items()} == {key: len(rows) for key, rows in fixed.items()}
    for place in COLUMNS:
        if place[0] != "tasks":
            assert moved[place] == [value + MIDNIGHT - EPOCH for value in fixed[place] if value is not None]
    far = {value for value in fixed["tasks", "due_date"] if value and value > EPOCH + 365 * DAY}
    assert len(far) > 5
    assert far <= set(moved["tasks", "due_date"])


def test_a_day_has_one_state_and_the_next_another() -> None:
    template = relative()
    assert template.content(MIDNIGHT) == relative().content(MIDNIGHT + DAY - 1)
    assert template.content(MIDNIGHT + DAY) != template.content(NOON)
    assert template.content(NOON) is template.content(NOON + HOUR), "made once"


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z"])
def test_dates_can_be_told_however_far_the_clock_is_turned(now: str, tmp_path: Path) -> None:
    (tmp_path / "users.yaml").write_text(USERS)
    (tmp_path / "tasks.yaml").write_text(f"{TASK}}}\n      - {{title: B, due_date: +52000w, created_at: -52000w}}\n")
    found = moments(relative(tmp_path).content(parse_instant(now)))
    assert all(isoformat(value) for values in found.values() for value in values if value is not None)


def test_a_distance_of_more_than_a_thousand_years_is_told(tmp_path: Path) -> None:
    (tmp_path / "users.yaml").write_text(USERS.replace("-2w", "-99999w"))
    with pytest.raises(FileError, match="no more than 1000 years"):
        load(tmp_path)


def test_a_time_that_a_distance_has_overtaken_is_no_mistake_and_nothing_is_changed_before_it_is_made(
    tmp_path: Path,
) -> None:
    (tmp_path / "users.yaml").write_text(USERS)
    (tmp_path / "tasks.yaml").write_text(f'{TASK}, updated_at: "2026-01-20T00:00:00Z"}}\n')
    made, changed = (moments(relative(tmp_path).content(NOON))["tasks", name] for name in ("created_at", "updated_at"))
    assert made == changed == [MIDNIGHT - DAY]
    (tmp_path / "tasks.yaml").write_text(f"{TASK.replace('-1d', '2026-03-01T00:00:00Z')}, updated_at: -1d}}\n")
    assert moments(relative(tmp_path).content(NOON))["tasks", "updated_at"] == [MIDNIGHT - DAY]
    with pytest.raises(FileError, match="updated_at lies before created_at"):
        load(tmp_path)


def test_what_is_grown_lies_around_the_same_day_as_what_was_seeded(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    for dates in ("relative", "fixed"):  # the second time, there is a database already
        settings = Settings(seed_dir=Path("nowhere"), seed_dates=dates)
        seeding.grow_file(path, settings, users=3, tasks_per_user=40, progress=lambda *_: None, hasher=plain)
    today = epoch_at("relative", machine_now())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        grown = "SELECT u.created_at, max(t.created_at) FROM users u JOIN tasks t ON t.owner = u.number"
        rows = connection.execute(f"{grown} WHERE u.email LIKE 'user0%' GROUP BY u.number").fetchall()
    assert len(rows) == 6
    for joined, latest in rows:
        assert today - 150 * DAY < joined < today - 2 * DAY < latest < today


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Client]:
    own = {
        "port": 0,
        "state_dir": folder / ".devkit",
        "seed_dir": folder / "seed",
        "seed_dates": "relative",
        **settings,
    }
    async with running(Settings(**own)) as (app, ready), Client(app, ready) as client:
        yield client


async def first_task(client: Client, **headers: str) -> Instant:
    """When the newest task of the test user was made."""
    await client.sign_in()
    answer = await client.send("GET", "/api/tasks", headers=headers)
    return parse_instant(answer.json["data"][0]["createdAt"])


async def test_a_reset_and_a_sandbox_count_from_what_their_clock_says(tmp_path: Path) -> None:
    async with serving(tmp_path, memory=True) as client:
        today = epoch_at("relative", machine_now())
        main = client.sandbox
        made = await first_task(client)
        assert made - today in {-90 * MINUTE, DAY - 90 * MINUTE}
        # The clock is put back by a reset, and the dates are those of the day that it says then.
        main.clock.advance(40 * DAY)
        await client.send("POST", "/_devkit/api/reset")
        assert await first_task(client) - today in {-90 * MINUTE, DAY - 90 * MINUTE}
        wish = {"id": "w1", "time": isoformat(NOON), "frozen": True}
        assert (await client.send("POST", "/_devkit/api/sandboxes", json=wish)).status == 201
        other = client.app.sandboxes.find("w1")
        assert other is not None
        before = await other.sandbox.database.content()
        assert max(moments(before)["tasks", "created_at"]) == MIDNIGHT - 90 * MINUTE
        other.sandbox.clock.advance(3 * DAY)
        await other.sandbox.reset()
        assert moments(await other.sandbox.database.content()) == moments(before)


async def test_another_setting_makes_a_database_stale_and_another_day_does_not(tmp_path: Path) -> None:
    for dates, stale in (("fixed", False), ("relative", True), ("fixed", False)):
        async with serving(tmp_path, seed_dates=dates) as client:
            assert client.ready.seed_is_stale is stale
    async with serving(tmp_path) as client:
        await client.send("POST", "/_devkit/api/reset")
        assert not client.sandbox.seed_is_stale
        client.sandbox.clock.advance(3 * DAY)
        assert not client.sandbox.seed_is_stale
    async with serving(tmp_path) as client:
        assert not client.ready.seed_is_stale
