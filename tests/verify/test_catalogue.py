"""Every check passes against our own server, and fails where that is broken in what it asks."""

from __future__ import annotations

import pytest

from devkit.dialects.shipped import DIALECTS
from devkit.verify.case import World
from devkit.verify.catalogue import CHECKS
from devkit.verify.report import Report, evidence_lines
from devkit.verify.running import Plan, ask, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import Client
from tests.verify.proofs import PROOFS

pytestmark = pytest.mark.asyncio(loop_scope="module")

SKIPPED_EVERYWHERE: dict[str, str] = {}
"""Checks that none of our dialects has anything for, with the reason: they are proved elsewhere."""

PLAN = Plan(checks=list(CHECKS))


def _told(report: Report) -> str:
    wrong = [one for one in report.results if one.verdict in {"failed", "inconclusive"}]
    return "\n".join(
        line for one in wrong for line in (f"{one.verdict} {one.check.id}: {one.reason}", *evidence_lines(report, one))
    )


async def test_our_own_server_is_as_each_dialect_says(ours: Client) -> None:
    passed: set[str] = set()
    for dialect in DIALECTS:
        report = await run(Target(Door.of(ours.url), dialect), PLAN)
        assert report.verdict == "passed", _told(report)
        passed |= {one.check.id for one in report.results if one.verdict == "passed"}
    assert set(CHECKS.names()) - passed == set(SKIPPED_EVERYWHERE)


async def test_each_check_is_proved_able_to_fail() -> None:
    assert set(CHECKS.names()) - set(SKIPPED_EVERYWHERE) == set(PROOFS)


@pytest.mark.parametrize("name", PROOFS)
async def test_a_check_fails_where_our_server_is_broken(name: str, ours: Client, worlds: dict[str, World]) -> None:
    proof = PROOFS[name]
    engine = ours.sandbox.engine
    await engine.use(proof.scenario())
    try:
        result = await ask(worlds[proof.dialect], CHECKS[name], PLAN)
    finally:
        await engine.off_all()
    assert (result.verdict, proof.says in result.reason) == ("failed", True), (result.verdict, result.reason)
