"""Each check has a frontend that passes, and one that violates exactly that check and fails for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.conftest import Client
from tests.drill.conftest import Act, Play, of, scenario_of, told
from tests.drill.frontend import GOOD, Frontend, Virtues

LIST, CREATE = {"operation": "tasks.list"}, {"operation": "tasks.create"}


def aborts(operation: str, *, times: int | None = None, status: int = 503, **more: Any) -> dict[str, Any]:
    when = {"when": {"times": times}} if times else {}
    return {"match": {"operation": operation}, "fault": {"type": "http.abort", "status": status, **more}, **when}


EXPIRES = {
    "match": {"operation": ["tasks.*", "auth.me"]},
    "when": {"times": 1},
    "fault": {"type": "token.expired", "token": "access"},
}
FLAPS = {"fault": {"type": "ws.flap", "interval": "60ms", "count": 3}}


async def three_at_once(frontend: Frontend) -> None:
    await asyncio.gather(frontend.tasks(), frontend.read("/api/auth/me"), frontend.read("/api/tasks?page=2"))


async def one_list(frontend: Frontend) -> None:
    await frontend.tasks()


async def one_write(frontend: Frontend) -> None:
    await frontend.write("Buy milk")


async def listens(frontend: Frontend) -> None:
    """Long enough for three reconnects with growing pauses."""
    frontend.listen()
    await asyncio.sleep(1.6)


async def no_storm(frontend: Frontend) -> None:
    for _ in range(3 if frontend.virtues.grows else 6):
        await frontend.read("/api/tasks")


@dataclass(frozen=True)
class Case:
    """A check (`expects`), a frontend that passes it with all its virtues, and how it fails with `vices`."""

    id: str
    rules: list[dict[str, Any]]
    expects: dict[str, Any]
    act: Act
    vices: dict[str, Any]
    reason: str
    evidence: list[str]
    virtues: Virtues = GOOD


CASES = [
    Case(
        "count: one refresh for calls that fail together",
        [EXPIRES],
        {"calls": {"match": {"operation": "auth.refresh"}, "after": "rule-1", "count": 1, "within": "10s"}},
        three_at_once,
        {"refreshes_once": False},
        "3 calls of auth.refresh within 10 s after `rule-1` struck, exactly 1 expected",
        ["auth.refresh 200"] * 3,
    ),
    Case(
        "count: not none either",
        [EXPIRES],
        {"calls": {"match": {"operation": "auth.refresh"}, "after": "rule-1", "count": 1, "within": "10s"}},
        one_list,
        {"refreshes": False},
        "no call of auth.refresh",
        ["tasks.list 401"],
    ),
    Case(
        "at_least, status and after: the call that failed succeeds",
        [aborts("tasks.list", times=1)],
        {"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}},
        one_list,
        {"tries": 1},
        "no call of tasks.list answered 200 after `rule-1` struck, at least 1 expected",
        ["tasks.list 503"],
    ),
    Case(
        "at_most and within: no storm",
        [{"match": LIST, "fault": {"type": "field.null", "path": "title"}}],
        {"calls": {"match": LIST, "at_most": 4, "within": "10s"}},
        no_storm,
        {"grows": False},
        "6 calls of tasks.list within 10 s, at most 4 expected",
        ["tasks.list 200"] * 6,
    ),
    Case(
        "min_gap: it waits between two tries",
        [aborts("tasks.list", times=2)],
        {"calls": {"match": LIST, "min_gap": "400ms"}},
        one_list,
        {"pause": 0.0},
        "at least 400 ms",
        ["tasks.list 503", "tasks.list 503", "tasks.list 200"],
        Virtues(pause=0.42),
    ),
    Case(
        "min_gap: it honours Retry-After",
        [aborts("tasks.list", times=1, retry_after=1)],
        {"calls": {"match": LIST, "after": "rule-1", "min_gap": "retry_after"}},
        one_list,
        {"honours_retry_after": False},
        "Retry-After asked for 1 s",
        ["tasks.list 503", "tasks.list 200"],
    ),
    Case(
        "min_growth: the pauses grow",
        [aborts("tasks.list", times=4)],
        {"calls": {"match": LIST, "min_growth": 1.3}},
        one_list,
        {"grows": False, "pause": 0.3},
        "at least 1.3 expected",
        ["tasks.list 503"] * 4 + ["tasks.list 200"],
        Virtues(pause=0.15),
    ),
    Case(
        "same_body: true: the repeated call is the same call",
        [aborts("tasks.create", times=1)],
        {"calls": {"match": CREATE, "after": "rule-1", "same_body": True}},
        one_write,
        {"rewrites_body": True},
        "the body of #3 is not that of #2",
        ["tasks.create 503", "tasks.create 201"],
    ),
    Case(
        "same_body: false: no repeated POST without a key",
        [aborts("tasks.create", times=1)],
        {"calls": {"match": CREATE, "same_body": False, "within": "10s"}},
        one_write,
        {"keys": False},
        "#3 repeats #2 with the same body",
        ["tasks.create 503", "tasks.create 201"],
    ),
    Case(
        "same_body: false: a new key for each try is no key",
        [aborts("tasks.create", times=1)],
        {"calls": {"match": CREATE, "after": "rule-1", "same_body": False}},
        one_write,
        {"same_key": False},
        "#3 repeats #2 with the same body",
        ["tasks.create 503", "tasks.create 201"],
    ),
    Case(
        "same_header: the repeat says which call it repeats",
        [aborts("tasks.create", times=1)],
        {"calls": {"match": CREATE, "after": "rule-1", "same_header": "Idempotency-Key"}},
        one_write,
        {"same_key": False},
        "the Idempotency-Key of #3 is not that of #2",
        ["tasks.create 503", "tasks.create 201"],
    ),
    Case(
        "same_header: it has to be there",
        [aborts("tasks.create", times=1)],
        {"calls": {"match": CREATE, "after": "rule-1", "same_header": "Idempotency-Key"}},
        one_write,
        {"keys": False},
        "#2 has no Idempotency-Key",
        ["tasks.create 503"],
    ),
    Case(
        "max_concurrent: one refresh at a time",
        [EXPIRES, {"match": {"operation": "auth.refresh"}, "fault": {"type": "delay.fixed", "delay": "150ms"}}],
        {"calls": {"match": {"operation": "auth.refresh"}, "max_concurrent": 1}},
        three_at_once,
        {"refreshes_once": False},
        "of auth.refresh were under way at once, at most 1 expected",
        ["auth.refresh 200"] * 2,
    ),
    Case(
        "socket reconnects: it comes back",
        [FLAPS],
        {"socket": {"reconnects": 3, "within": "60s"}},
        listens,
        {"reconnects": False},
        "no reconnect within 60 s of the first loss, at least 3 expected",
        ["socket close"],
    ),
    Case(
        "socket resubscribes: it asks again for what it listened to",
        [FLAPS],
        {"socket": {"resubscribes": True}},
        listens,
        {"resubscribes": False},
        "the new WebSocket did not subscribe again to tasks",
        ["socket open"],
    ),
    Case(
        "socket min_gap: it waits before it comes back",
        [FLAPS],
        {"socket": {"min_gap": "400ms"}},
        listens,
        {"reconnect_pause": 0.0},
        "at least 400 ms expected",
        ["socket close", "socket open"] * 3,
        Virtues(reconnect_pause=0.42),
    ),
    Case(
        "socket min_growth: it waits longer each time",
        [FLAPS],
        {"socket": {"min_growth": 1.3}},
        listens,
        {"grows": False, "reconnect_pause": 0.3},
        "at least 1.3 expected",
        ["socket close", "socket open"] * 3,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_a_good_frontend_passes(play: Play, case: Case) -> None:
    result = await play(scenario_of(case.rules, case.expects), case.act, case.virtues)
    judged = of(result)
    assert (judged.verdict, judged.final) == ("passed", True), judged.reason
    assert judged.evidence
    assert result.verdict == "passed"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_one_without_that_virtue_fails_and_the_journal_shows_it(play: Play, case: Case) -> None:
    result = await play(scenario_of(case.rules, case.expects), case.act, replace(case.virtues, **case.vices))
    judged = of(result)
    assert judged.verdict == "failed", judged.reason
    assert case.reason.lower() in judged.reason.lower()
    shown = told(result, judged)
    # A storm that comes by itself shows as many entries as there were.
    assert shown[: len(case.evidence)] == case.evidence
    assert result.verdict == "failed"


async def test_the_user_is_not_sent_back_to_the_login(play: Play) -> None:
    expects = {"calls": {"match": {"operation": "auth.login"}, "after": "rule-1", "count": 0}}

    async def signs_in_again(frontend: Frontend) -> None:
        await frontend.tasks()
        await frontend.sign_in()

    good = await play(scenario_of([EXPIRES], expects), one_list)
    assert (of(good).verdict, told(good, of(good))) == ("passed", ["tasks.list 401"])
    bad = await play(scenario_of([EXPIRES], expects), signs_in_again, Virtues(refreshes=False))
    assert (of(bad).verdict, told(bad, of(bad))) == ("failed", ["auth.login 200"])


async def test_it_does_not_give_up_a_connection_that_is_only_slow(play: Play) -> None:
    rule = {"match": {"event": "task_*"}, "fault": {"type": "ws.msg_duplicate"}}
    scenario = scenario_of([rule], {"socket": {"reconnects": 0}})

    async def listens(frontend: Frontend) -> None:
        frontend.listen()
        await asyncio.wait_for(frontend.subscribed.wait(), 5)
        await frontend.write("Heard twice")
        await asyncio.sleep(0.2)
        await frontend.tasks()

    async def gives_up(frontend: Frontend) -> None:
        await listens(frontend)
        frontend.hang_up()
        await asyncio.sleep(0.4)

    assert (await play(scenario, listens)).verdict == "passed"
    bad = await play(scenario, gives_up)
    assert of(bad).verdict == "failed"
    assert told(bad, of(bad)) == ["socket close", "socket open"]


async def test_a_frozen_clock_does_not_hide_how_long_a_frontend_waits(client: Client, play: Play) -> None:
    client.sandbox.clock.freeze()
    scenario = scenario_of([aborts("tasks.list", times=2)], {"calls": {"match": LIST, "min_gap": "600ms"}})
    assert (await play(scenario, one_list, Virtues(pause=0.65))).verdict == "passed"
    assert (await play(scenario, one_list, Virtues(pause=0.0, grows=False))).verdict == "failed"
    client.sandbox.clock.advance(3_600_000)
    assert (await play(scenario, one_list, Virtues(pause=0.0, grows=False))).verdict == "failed"


async def test_order_the_repeat_must_come_after_the_refresh(play: Play) -> None:
    scenario = scenario_of(
        [EXPIRES],
        {"id": "refreshes", "calls": {"match": {"operation": "auth.refresh"}, "after": "rule-1", "at_least": 1}},
        {"id": "repeats", "calls": {"match": LIST, "status": 200, "after": "refreshes", "at_least": 1}},
    )
    good = await play(scenario, one_list)
    assert [one.verdict for one in good.expectations] == ["passed", "passed"]
    bad = await play(scenario, one_list, Virtues(repeats_after_refresh=False, tries=1))
    assert [one.verdict for one in bad.expectations] == ["passed", "failed"]
    assert told(bad, of(bad, "repeats")) == ["auth.refresh 200"]
    never = await play(scenario, one_list, Virtues(refreshes=False))
    assert [one.verdict for one in never.expectations] == ["failed", "inconclusive"]
    assert "did not come" in of(never, "repeats").reason


async def test_bodies_are_compared_although_the_fault_strikes_before_they_are_read(play: Play) -> None:
    """Long ones too, of which the journal keeps only the beginning."""
    scenario = scenario_of([aborts("tasks.create", times=1)], {"calls": {"match": CREATE, "same_body": True}})

    async def writes(frontend: Frontend) -> None:
        await frontend._authorized("POST", "/api/tasks", {"title": "a", "description": "x" * 9_000})
        await frontend._authorized("POST", "/api/tasks", {"title": "a", "description": "x" * 8_999 + "y"})

    assert of(await play(scenario, writes)).verdict == "failed"
