"""No drill passes a client that is as good as not there: each shipped scenario, played to five of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from devkit.control.hosting import Wish
from devkit.drill.report import Report, report
from devkit.scenario.model import Scenario
from tests.conftest import Client
from tests.drill.conftest import SHIPPED, shipped
from tests.drill.dead import DEAD, Page, everything

AT_ONCE = 3

pytestmark = pytest.mark.slow


async def test_without_a_failure_they_can_do_everything(client: Client) -> None:
    """Else they would not be dead by the failure."""
    async with Page(client.url, "main", patience=10) as page:
        for step in everything(page):
            await step()


@pytest.mark.parametrize("dead", DEAD, ids=lambda dead: dead.__name__)
async def test_no_shipped_scenario_passes_it(client: Client, dead: Callable[[Page], Awaitable[None]]) -> None:
    drills = await client.app.control.drills.open()
    turns = asyncio.Semaphore(AT_ONCE)

    async def drilled(scenario: Scenario) -> Report:
        async with turns:
            sandbox = (await client.app.sandboxes.create(Wish(id=scenario.name))).sandbox
            drill = await drills.start(sandbox, scenario, early=False)
            async with Page(client.url, scenario.name) as page:
                await dead(page)
            await drill.finish()
            return report(drill)

    scenarios = await asyncio.to_thread(lambda: [shipped(path.stem) for path in SHIPPED])
    found = await asyncio.gather(*map(drilled, scenarios))

    assert {
        one.scenario.name: [judged.reason for judged in one.expectations] for one in found if one.verdict == "passed"
    } == {}
    assert all(judged.reason for one in found for judged in one.expectations)
