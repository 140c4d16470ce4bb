"""Every shipped scenario played to the demo in a real browser: it passes each drill with its virtues, and fails each by
the expectation that is about the virtue which is missing.
"""

from __future__ import annotations

import pytest
import pytest_asyncio

from devkit.drill.report import Report
from devkit.shipped import folder
from devkit.storage.template import Template
from tests.chromium import Chromium
from tests.demo.drilling import as_it_should_be, drill_all
from tests.demo.plays import PLAYS, Play

pytestmark = [pytest.mark.browser, pytest.mark.slow]

each_play = pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.scenario)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def good(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory, template: Template) -> dict[str, Report]:
    """All of them at once: most of the time of each is waiting."""
    async with chromium.lent() as browser:
        return await drill_all(tmp_path_factory.mktemp("good"), template, browser, PLAYS, naively=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def naive(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory, template: Template) -> dict[str, Report]:
    async with chromium.lent() as browser:
        return await drill_all(tmp_path_factory.mktemp("naive"), template, browser, PLAYS, naively=True)


def told(report: Report) -> list[tuple[str, str, str]]:
    return [(one.id, one.verdict, one.reason) for one in report.expectations]


def test_there_is_a_play_for_every_shipped_scenario() -> None:
    assert {play.scenario for play in PLAYS} == {path.stem for path in folder("scenarios").glob("*.yaml")}


@each_play
def test_the_demo_passes(good: dict[str, Report], play: Play) -> None:
    assert as_it_should_be(play, good[play.scenario], naively=False), told(good[play.scenario])


@each_play
def test_without_the_virtue_it_fails_for_that_reason(naive: dict[str, Report], play: Play) -> None:
    assert as_it_should_be(play, naive[play.scenario], naively=True), told(naive[play.scenario])
