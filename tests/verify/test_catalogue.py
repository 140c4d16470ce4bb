"""Every check passes against our own server, and fails where that is broken in what it asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devkit.dialects.shipped import DIALECTS
from devkit.verify.case import Arrange, World
from devkit.verify.catalogue import CHECKS
from devkit.verify.entering import signed_in
from devkit.verify.report import Report, evidence_lines
from devkit.verify.running import Plan, ask, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client
from tests.faults.conftest import scenario
from tests.verify.conftest import USERS
from tests.verify.proofs import PROOFS
from tests.verify.test_lax import LAX

pytestmark = pytest.mark.asyncio(loop_scope="module")

SKIPPED_EVERYWHERE: dict[str, str] = {
    "streams.resume": "no dialect of ours tells events as a stream; a contract of one's own may: test_resume.py"
}
"""Checks that none of our dialects has anything for, with the reason: they are proved elsewhere."""

LIMITED = scenario({"fault": {"type": "ratelimit", "limit": 0, "window": "10s"}}, name="limited")

PLAN = Plan(checks=list(CHECKS), users=USERS)


def arranger(client: Client) -> Arrange:
    """What arranges states of our own server."""

    async def arrange(state: str, known: dict[str, Any]) -> dict[str, Any]:
        if state == "time-passed":
            client.sandbox.clock.advance(int(known["seconds"] * 1000))
        elif state == "-time-passed":
            client.sandbox.clock.reset()
        elif state == "rate-limited":
            await client.sandbox.engine.use(LIMITED)
        elif state == "-rate-limited":
            await client.sandbox.engine.off("limited")
        return {}

    return arrange


def _told(report: Report) -> str:
    wrong = [one for one in report.results if one.verdict in {"failed", "inconclusive"}]
    return "\n".join(
        line for one in wrong for line in (f"{one.verdict} {one.check.id}: {one.reason}", *evidence_lines(report, one))
    )


async def test_our_own_server_is_as_each_dialect_says(ours: Client) -> None:
    passed: set[str] = set()
    for dialect in DIALECTS:
        report = await run(Target(Door.of(ours.url), dialect), replace(PLAN, arrange=arranger(ours)))
        assert report.verdict == "passed", _told(report)
        passed |= {one.check.id for one in report.results if one.verdict == "passed"}
    assert set(CHECKS.names()) - passed == set(SKIPPED_EVERYWHERE)


async def test_each_check_is_proved_able_to_fail() -> None:
    assert set(CHECKS.names()) - set(SKIPPED_EVERYWHERE) - set(LAX) == set(PROOFS)


@pytest.mark.parametrize("name", PROOFS)
async def test_a_check_fails_where_our_server_is_broken(name: str, ours: Client, worlds: dict[str, World]) -> None:
    proof, world = PROOFS[name], worlds[PROOFS[name].dialect]
    engine = ours.sandbox.engine
    await engine.use(proof.scenario())
    try:
        if proof.anew or proof.users:
            world = World(world.target, world.pool)
            await signed_in(world, USERS[:1] * 2 if proof.users else USERS, read_only=False)
        world.arrange = arranger(ours)
        result = await ask(world, CHECKS[name], PLAN)
    finally:
        await engine.off_all()
    assert (result.verdict, proof.says in result.reason) == ("failed", True), (result.verdict, result.reason)
