"""Shipped scenarios, played to a frontend with and without the virtue that each is about."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.drill.conftest import Act, Play, shipped
from tests.drill.frontend import GOOD, Frontend, Virtues


async def looks(frontend: Frontend) -> None:
    await frontend.tasks()


async def opens(frontend: Frontend) -> None:
    """A page that fetches much at once."""
    await asyncio.gather(frontend.tasks(), frontend.read("/api/auth/me"), frontend.read("/api/tasks?page=2"))


async def works(frontend: Frontend) -> None:
    """A user who looks at the list a few times; the last time much is fetched at once."""
    for _ in range(2):
        await frontend.tasks()
    await opens(frontend)


async def goes_thrice(frontend: Frontend) -> None:
    for _ in range(3):
        await frontend.tasks()


async def is_put_out(frontend: Frontend) -> None:
    for _ in range(4):
        await frontend.tasks()
    await frontend.sign_in()
    await frontend.tasks()


async def creates(frontend: Frontend) -> None:
    await frontend.tasks()
    await frontend.write("Buy milk")
    await frontend.tasks()


async def creates_and_looks_elsewhere(frontend: Frontend) -> None:
    await creates(frontend)
    await frontend.read("/api/auth/me")


async def listens(frontend: Frontend) -> None:
    frontend.listen()
    await asyncio.sleep(6.8 if frontend.virtues.grows else 4)


async def listens_and_creates(frontend: Frontend) -> None:
    frontend.listen()
    await asyncio.wait_for(frontend.subscribed.wait(), 5)
    for number in range(4):
        await frontend.write(f"Task {number}")
    if not frontend.virtues.same_key:
        frontend.hang_up()
    await asyncio.sleep(0.4)


async def signs_in_anew(frontend: Frontend) -> None:
    """The session is over: the user signs in, sooner or later."""
    for _ in range(3):
        await frontend.tasks()
    await frontend.sign_in()
    await frontend.tasks()


async def many(frontend: Frontend) -> None:
    """More calls than the limit lets pass."""
    for _ in range(11):
        await frontend.tasks()


async def keeps_asking(frontend: Frontend) -> None:
    for _ in range(2 if frontend.virtues.grows else 14):
        await frontend.read("/api/uploads")
        await frontend.tasks()


@dataclass(frozen=True)
class Drilled:
    """A scenario, what the user does, what a naive frontend lacks, and which expectations it fails by."""

    name: str
    act: Act
    vices: dict[str, Any]
    fails: set[str]
    virtues: Virtues = field(default=GOOD)


DRILLED = [
    Drilled("expired-token", works, {"refreshes_once": False}, {"refreshes-once"}),
    Drilled("concurrent-refresh", opens, {"refreshes_once": False},
            {"one-refresh", "one-at-a-time", "repeats-the-calls"}),
    Drilled("expired-everything", signs_in_anew, {"gives_up": False}, {"tries-once"}),
    Drilled("token-revoked", signs_in_anew, {"gives_up": False}, {"no-refresh-loop"}),
    Drilled("refresh-loop", is_put_out, {"gives_up": False}, {"gives-up"}),
    Drilled("outage-and-recovery", works, {"honours_retry_after": False}, {"honours-retry-after"}),
    Drilled("truncated-json", looks, {"tries": 1}, {"tries-again"}),
    Drilled("connection-reset", goes_thrice, {"tries": 1}, {"tries-again"}),
    Drilled("html-instead-of-json", looks, {"tries": 1}, {"tries-again"}, Virtues(pause=0.15)),
    Drilled("hanging-api", works, {"gives_up_waiting": 60}, {"tries-again"}, Virtues(pause=0.15)),
    Drilled("server-errors", creates_and_looks_elsewhere, {"tries": 8, "pause": 0.01, "keys": False},
            {"few-retries", "waits", "no-repeated-writes"}, Virtues(tries=2, pause=0.15)),
    Drilled("lost-answer", creates, {"keys": False, "rewrites_body": True}, {"repeats-safely", "names-its-call"}),
    Drilled("rate-limited", many, {"honours_retry_after": False}, {"few-refused", "honours-retry-after"}),
    Drilled("websocket-flaps", listens, {"resubscribes": False, "grows": False, "reconnect_pause": 0.0},
            {"reconnects", "backs-off"}),
    Drilled("websocket-out-of-order", listens_and_creates, {"same_key": False}, {"stays-connected"}),
    Drilled("schema-drift", keeps_asking, {"grows": False}, {"no-storm"}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("drilled", DRILLED, ids=lambda drilled: drilled.name)
async def test_a_good_frontend_passes(play: Play, drilled: Drilled) -> None:
    scenario = await asyncio.to_thread(shipped, drilled.name)
    result = await play(scenario, drilled.act, drilled.virtues)
    assert result.verdict == "passed", [(one.id, one.verdict, one.reason) for one in result.expectations]


@pytest.mark.slow
@pytest.mark.parametrize("drilled", DRILLED, ids=lambda drilled: drilled.name)
async def test_a_naive_one_fails_for_that_reason(play: Play, drilled: Drilled) -> None:
    scenario = await asyncio.to_thread(shipped, drilled.name)

    async def acts(frontend: Frontend) -> None:
        try:
            async with asyncio.timeout(5):
                await drilled.act(frontend)
        except TimeoutError:
            assert drilled.name == "hanging-api"

    result = await play(scenario, acts, replace(drilled.virtues, **drilled.vices))
    assert {one.id for one in result.expectations if one.verdict == "failed"} == drilled.fails, [
        (one.id, one.verdict, one.reason) for one in result.expectations
    ]
    assert all(one.evidence for one in result.expectations if one.verdict == "failed")
