"""Drills are tested from a frontend's side, over real sockets; what only arithmetic decides, on made-up evidence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from devkit.dialects.shipped import BACKEND
from devkit.drill.report import Judged, Report, report
from devkit.scenario.loading import load
from devkit.scenario.model import Scenario
from tests.conftest import Client
from tests.drill.frontend import GOOD, Frontend, Virtues

Act = Callable[[Frontend], Awaitable[Any]]
Play = Callable[..., Awaitable[Report]]
SHIPPED = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))


def scenario_of(rules: list[dict[str, Any]], *expect: dict[str, Any]) -> Scenario:
    """A scenario of these rules and expectations; what they are called is given where it is missing."""
    return Scenario.model_validate(
        {
            "name": "tried",
            "title": "For a test",
            "rules": [{"id": f"rule-{number}", **rule} for number, rule in enumerate(rules, 1)],
            "expect": [
                {"id": f"expectation-{number}", "title": "It does well", **one} for number, one in enumerate(expect, 1)
            ],
        }
    )


def shipped(name: str) -> Scenario:
    return next(load(path, BACKEND).scenario for path in SHIPPED if path.stem == name)


def of(result: Report, id_: str = "expectation-1") -> Judged:
    """What became of one expectation."""
    return next(one for one in result.expectations if one.id == id_)


def told(result: Report, judged: Judged) -> list[str]:
    """The entries that show a verdict: `tasks.list 503`."""
    return [f"{line.what} {line.direction or line.status}" for line in result.entries if line.number in judged.evidence]


@pytest.fixture
def play(client: Client) -> Play:
    """Drill a frontend: `await play(scenario, act, virtues)`, signed in before unless `signs_in=False`."""

    async def play(
        scenario: Scenario, act: Act, virtues: Virtues = GOOD, *, signs_in: bool = True, **options: Any
    ) -> Report:
        drills = await client.app.control.drills.open()
        async with Frontend(client.url, virtues=virtues) as frontend:
            if signs_in:
                await frontend.sign_in()
            drill = await drills.start(client.sandbox, scenario, **{"early": False, **options})
            await act(frontend)
            await drill.finish()
        return report(drill)

    return play
