"""Faults are tested from the client's side: switch one on, and look at what arrives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devkit.scenario.model import Scenario
from tests.conftest import Client

Break = Callable[..., Awaitable[None]]


def scenario(*rules: dict[str, Any], name: str = "broken") -> Scenario:
    """A scenario of these rules; `id`s are given where they are missing."""
    # A server reads scenarios, and with them time zones, in a thread; here that happens in its loop.
    ZoneInfo("Europe/Berlin")
    numbered = [{"id": f"rule-{number}"} | rule for number, rule in enumerate(rules, 1)]
    return Scenario.model_validate({"name": name, "title": "For a test", "rules": numbered})


@pytest.fixture
def breaks(signed_in: Client) -> Break:
    """Switch one fault on: `await breaks("http.abort", status=503, match={"operation": "tasks.*"})`."""

    async def breaks(
        kind: str,
        *,
        match: Any = None,
        when: Any = None,
        phase: str = "before",
        ttl: int | None = None,
        named: str = "broken",
        **parameters: Any,
    ) -> None:
        rule: dict[str, Any] = {"fault": {"type": kind, **parameters}, "phase": phase}
        if match:
            rule["match"] = match
        if when:
            rule["when"] = when
        await signed_in.sandbox.engine.use(scenario(rule, name=named), ttl)

    return breaks
