"""When a rule strikes: counters, windows, states, draws, and how scenarios go together."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.contract.shipped import CONTRACT
from devkit.effects import Clock
from devkit.faults.base import Moment
from devkit.faults.hit import Subject
from devkit.scenario.engine import Engine
from devkit.scenario.model import Scenario


class Levers:
    def __init__(self) -> None:
        self.clock = Clock()
        self.clock.freeze(0)


@pytest.fixture
def levers() -> Levers:
    return Levers()


@pytest.fixture
def engine(levers: Levers) -> Engine:
    return Engine("main", 1, levers, CONTRACT)  # type: ignore[arg-type]


def scenario(*rules: dict[str, Any], name: str = "sample") -> Scenario:
    fault = {"type": "http.abort", "status": 503}
    numbered = [{"id": f"r{number}", "fault": fault} | rule for number, rule in enumerate(rules)]
    return Scenario.model_validate({"name": name, "title": "A sample", "rules": numbered})


def call(engine: Engine, operation: str = "tasks.list", **more: Any) -> bool:
    return bool(engine.strike(Moment.REQUEST, Subject(operation=operation, **more)))


async def strikes(engine: Engine, count: int, **when: Any) -> list[int]:
    await engine.use(scenario({"when": when}))
    return [number for number in range(count) if call(engine)]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
        ({"skip": 2}, [2, 3, 4, 5, 6, 7]),
        ({"times": 3}, [0, 1, 2]),
        ({"every": 3}, [2, 5]),
        ({"skip": 2, "every": 2, "times": 2}, [3, 5]),
        ({"probability": 0.0}, []),
        ({"probability": 1.0}, [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
async def test_counters(engine: Engine, when: dict[str, Any], expected: list[int]) -> None:
    assert await strikes(engine, 8, **when) == expected


async def test_probability_repeats_and_is_about_right(engine: Engine, levers: Levers) -> None:
    first = await strikes(engine, 2000, probability=0.3)
    assert first == await strikes(engine, 2000, probability=0.3)
    assert 500 < len(first) < 700
    other = Engine("other", 1, levers, CONTRACT)  # type: ignore[arg-type]
    assert first != await strikes(other, 2000, probability=0.3)


async def test_a_window_is_on_the_sandboxs_clock(engine: Engine, levers: Levers) -> None:
    await engine.use(scenario({"when": {"after": "5s", "for": "10s"}}))
    felt = []
    for second in range(0, 20, 5):
        levers.clock.set(second * 1000)
        felt.append(call(engine))
    assert felt == [False, True, True, False]


async def test_states_lead_from_one_rule_to_the_next(engine: Engine) -> None:
    down = {"id": "down", "when": {"state": "start", "skip": 1}, "then": {"state": "down"}}
    up = {"id": "up", "when": {"state": "down", "times": 1}, "then": {"state": "recovered"}}
    await engine.use(scenario(down, up))
    assert [call(engine) for _ in range(5)] == [False, True, True, False, False]
    assert engine.active()[0].state == "recovered"


async def test_counters_can_be_kept_apart_by_user_or_path(engine: Engine) -> None:
    await engine.use(scenario({"when": {"times": 1, "count_by": "user"}}))
    assert [call(engine, user=user) for user in ("a", "b", "a", "b")] == [True, True, False, False]
    await engine.use(scenario({"when": {"times": 1, "count_by": "path"}}))
    assert [call(engine, path=path) for path in ("/1", "/2", "/1")] == [True, True, False]


@pytest.mark.parametrize(
    ("match", "subject", "holds"),
    [
        ({"operation": "tasks.*"}, {"operation": "tasks.list"}, True),
        ({"operation": "tasks.*"}, {"operation": "auth.me"}, False),
        ({"dialect": "agreed"}, {"dialect": "agreed"}, True),
        ({"method": "GET"}, {"method": "POST"}, False),
        ({"path": "/api/**"}, {"path": "/api/tasks/1"}, True),
        ({"path": "/api/**"}, {"path": "/api/x", "operation": None}, True),
        ({}, {"path": "/api/x", "operation": None}, False),
        ({"user": "test@*"}, {"user": "test@example.com"}, True),
        ({"user": "test@*"}, {"user": None}, False),
        ({"headers": {"X-Client-Version": "1.*"}}, {"headers": {"x-client-version": "1.2"}}, True),
        ({"headers": {"X-Client-Version": "1.*"}}, {"headers": {}}, False),
        ({"query": {"page": "2"}}, {"query": {"page": "2"}}, True),
        ({"query": {"page": "2"}}, {"query": {"page": "3"}}, False),
        ({"body": {"title": "boom*"}}, {"body": {"title": "Boom!"}}, True),
        ({"body": {"a.b": 1}}, {"body": {"a": {"b": 1}}}, True),
        ({"body": {"a.b": 1}}, {"body": {"a": 1}}, False),
    ],
)
async def test_every_line_of_match_must_hold(
    engine: Engine, match: dict[str, Any], subject: dict[str, Any], holds: bool
) -> None:
    await engine.use(scenario({"match": match}))
    assert call(engine, **({"operation": "tasks.list"} | subject)) is holds


async def test_shaping_faults_add_up_and_the_first_terminal_one_wins(engine: Engine) -> None:
    delay = {"fault": {"type": "delay.fixed", "delay": "1ms"}}
    await engine.use(scenario(delay, {"fault": {"type": "http.abort", "status": 500}}, delay, {}))
    await engine.use(scenario({"fault": {"type": "hang"}}, delay, name="second"))
    found = engine.strike(Moment.REQUEST, Subject(operation="tasks.list"))
    assert [strike.hit.name for strike in found] == ["sample/r0", "sample/r1", "sample/r2", "second/r1"]


async def test_a_scenario_switched_on_twice_begins_anew(engine: Engine) -> None:
    await engine.use(scenario({"when": {"times": 1}}))
    assert [call(engine), call(engine)] == [True, False]
    await engine.use(scenario({"when": {"times": 1}}))
    assert [call(engine), call(engine)] == [True, False]
    assert len(engine.active()) == 1


async def test_a_toggle_takes_itself_back(engine: Engine, levers: Levers) -> None:
    activation = await engine.use(scenario({}), ttl=60_000)
    assert call(engine)
    levers.clock.advance(60_000)
    assert not call(engine)
    assert engine.idle
    await engine.close()
    assert activation.released.is_set()


async def test_an_edited_scenario_goes_on_with_its_counters(engine: Engine) -> None:
    await engine.use(scenario({"when": {"times": 2}}, {"id": "b", "when": {"times": 1}}))
    assert call(engine)
    await engine.replace(scenario({"when": {"times": 2}}, {"id": "b", "when": {"times": 5}}))
    assert [state.strikes for state in engine.active()[0].rules] == [1, 0]
    await engine.replace(scenario({}, name="not-on"))
    assert [activation.scenario.name for activation in engine.active()] == ["sample"]


async def test_a_borrowed_scenario_counts_by_itself_and_is_not_on(engine: Engine) -> None:
    borrowed = scenario({"when": {"times": 1}})
    subject = Subject(operation="tasks.list")
    assert [bool(engine.strike(Moment.REQUEST, subject, [borrowed])) for _ in range(2)] == [True, False]
    assert engine.idle
    assert not call(engine)


async def test_a_hit_draws_the_same_chance_each_time(engine: Engine) -> None:
    drawn = []
    for _ in range(2):
        await engine.use(scenario({}))
        found = [engine.strike(Moment.REQUEST, Subject(operation="tasks.list"))[0] for _ in range(3)]
        drawn.append([strike.hit.chance.fraction() for strike in found])
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 3


async def test_preflights_are_counted_apart_from_the_calls_behind_them(engine: Engine) -> None:
    await engine.use(scenario({"fault": {"type": "cors.origin", "mode": "missing"}, "when": {"times": 1}}))
    subject = Subject(operation="tasks.list")
    struck = [bool(engine.strike(moment, subject)) for moment in (Moment.PREFLIGHT, Moment.REQUEST) * 2]
    assert struck == [True, True, False, False]
