"""Checks of what comes before any fault of ours could strike fail at a server that is wrong in it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest

from devkit.dialects.shipped import DIALECTS
from devkit.verify.case import World
from devkit.verify.catalogue import CHECKS
from devkit.verify.running import Plan, ask
from devkit.verify.target import Target
from devkit.verify.wire import Door, Pool
from tests.verify.lax import Answering, answer, lets_in, nothing, serving

STREAM = b'data: {"content": "a"}\n\nno field of any stream\n\ndata: [DONE]\n\n'


@dataclass(frozen=True)
class Lax:
    """How it answers, and a part of the sentence that the check fails with."""

    says: str
    answering: Answering
    dialect: str = "agreed"


LAX = {
    "sockets.session": Lax("who is not signed in comes in", lets_in),
    "sockets.bad-token": Lax("comes in", lets_in),
    "sockets.origin": Lax("opens the user's socket", lets_in),
    "sockets.version": Lax("is answered with 101", lets_in),
    "sockets.no-key": Lax("is answered with 101", lets_in),
    "sockets.no-upgrade": Lax("is answered with 500", lambda _: answer(500)),
    "streams.lines": Lax(
        "neither a field nor a comment", lambda _: answer(200, STREAM, Content_Type="text/event-stream"), "webplus"
    ),
    "streams.compressed": Lax(
        "in one piece",
        lambda _: answer(200, gzip.compress(STREAM), Content_Type="text/event-stream", Content_Encoding="gzip"),
        "webplus",
    ),
    "http.options": Lax("is answered with 500", lambda asked: answer(500 if asked.method == "OPTIONS" else 200)),
    "http.unknown-method": Lax("is answered with 200", lambda _: answer(200)),
    "http.long-address": Lax("is answered with 500", lambda _: answer(500)),
    "http.close": Lax("says keep-alive", lambda _: answer(200, Connection="keep-alive")),
    "http.expect": Lax("is not answered", nothing),
}


@pytest.mark.parametrize("name", LAX)
async def test_a_check_fails_at_a_server_that_is_wrong_in_it(name: str) -> None:
    lax = LAX[name]
    dialect = next(one for one in DIALECTS if one.name == lax.dialect)
    async with serving(lax.answering) as url:
        target = Target(Door.of(url), dialect)
        world = World(target, Pool(target.door))
        world.session, world.habits.token = world.visitor(lambda _: None), ""
        result = await ask(world, CHECKS[name], Plan(checks=[CHECKS[name]]))
        await world.pool.close()
    assert (result.verdict, lax.says in result.reason) == ("failed", True), (result.verdict, result.reason)
