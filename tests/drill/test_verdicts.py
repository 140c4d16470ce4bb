"""What arithmetic decides: windows, order, clocks, and when there is nothing to judge."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from devkit.contract.shipped import CONTRACT
from devkit.drill.calls import growth
from devkit.drill.evidence import Evidence, OpenBefore
from devkit.drill.verdicts import Verdict, judged, overall
from devkit.faults.hit import Fingerprint
from devkit.journal import Message, Passed, RequestEntry, SocketEntry
from devkit.scenario.model import Scenario
from tests.drill.conftest import scenario_of

LIST = {"operation": "tasks.list"}
ABORTS = {"match": LIST, "fault": {"type": "http.abort", "status": 503}}
STOOD_STILL = 1_700_000_000_000
"""The sandbox's clock in all of these: it is frozen, and verdicts must not mind."""
MACHINE = 1_800_000_000_000
"""The machine's, when an answer was sent."""


class Made:
    """Evidence as it would be seen: `call(started, ended, status)` in seconds."""

    def __init__(self, scenario: Scenario, *, goes_on: bool = True, **options: Any) -> None:
        """`goes_on`: the frontend is there until the end, and does something else that goes well."""
        self.evidence = Evidence(scenario, CONTRACT, **options)
        self._number = 0
        self._goes_on = goes_on

    def call(
        self,
        started: float,
        ended: float | None = None,
        status: int = 200,
        *,
        operation: str | None = "tasks.list",
        struck: str | None = None,
        kind: str = "http.abort",
        method: str = "GET",
        path: str = "/api/tasks",
        body: bytes | None = None,
        sent: dict[str, str] | None = None,
        answered: dict[str, str] | None = None,
    ) -> int:
        self._number += 1
        ended = started + 0.01 if ended is None else ended
        entry = RequestEntry(
            number=self._number,
            at=STOOD_STILL,
            sandbox="main",
            request_id="r",
            method=method,
            path=path,
            dialect="agreed",
            operation=operation,
            status=status,
            duration=ended - started,
            faults=(Fingerprint(f"tried/{struck}", kind, 1, None),) if struck else (),
        )
        request, response = Message.of(sent or {}, body), Message(answered or {})
        self.evidence.add(entry, ended, Passed(STOOD_STILL, MACHINE, request, response))
        return self._number

    def socket(
        self,
        at: float,
        direction: str,
        connection: str = "c1",
        *,
        struck: str | None = None,
        topics: frozenset[str] | None = None,
        **more: Any,
    ) -> int:
        self._number += 1
        entry = SocketEntry(
            number=self._number,
            at=STOOD_STILL,
            sandbox="main",
            connection_id=connection,
            direction=direction,
            user=more.pop("user", "a@example.com"),
            faults=(Fingerprint(f"tried/{struck}", "ws.half_open", 1, None),) if struck else (),
            **more,
        )
        self.evidence.add(entry, at, topics=topics)
        return self._number

    def verdict(self, now: float = 60.0, *, over: bool = True, number: int = 0) -> Verdict:
        if self._goes_on and self.evidence.strikes:
            self._goes_on = False
            before, self._number = self._number, 9_000
            self.call(now, operation="health.check", path="/api/health")
            self._number = before
        return judged(self.evidence, now, over=over)[number]


def made(*expect: dict[str, Any], rules: list[dict[str, Any]] | None = None, **options: Any) -> Made:
    return Made(scenario_of([ABORTS] if rules is None else rules, *expect), **options)


# How many, and when


def test_within_counts_from_what_it_comes_after() -> None:
    found = made({"calls": {"match": LIST, "after": "rule-1", "at_most": 1, "within": "10s"}})
    struck = found.call(5, status=503, struck="rule-1")
    found.call(14.9)
    found.call(15.2)
    found.call(15.3)
    verdict = found.verdict()
    assert (verdict.outcome, verdict.window) == ("passed", (5.0, 15.0))
    found.call(14.99)
    assert (found.verdict().outcome, found.verdict().evidence) == ("failed", (2, 5))
    assert struck not in found.verdict().evidence


def test_within_means_any_stretch_where_it_comes_after_nothing() -> None:
    found = made({"calls": {"match": LIST, "at_most": 2, "within": "1s"}})
    for at in (0, 0.9, 2.0, 2.9, 40.0, 40.5, 40.99):
        found.call(at, status=503, struck="rule-1")
    verdict = found.verdict()
    assert (verdict.outcome, verdict.evidence) == ("failed", (5, 6, 7))


def test_a_stretch_at_the_limit_passes() -> None:
    found = made({"calls": {"match": LIST, "at_most": 2, "within": "1s"}})
    for at in (0, 0.6, 1.2, 1.8, 2.4):
        found.call(at, status=503, struck="rule-1")
    assert found.verdict().outcome == "passed"


def test_calls_that_began_before_the_strike_do_not_count() -> None:
    found = made({"calls": {"match": LIST, "after": "rule-1", "at_least": 1, "status": 200}})
    found.call(1.0, 9.0)
    found.call(2.0, 2.1, 503, struck="rule-1")
    assert found.verdict().outcome == "failed"
    found.call(2.05, 2.2)
    assert found.verdict().outcome == "passed"


def test_the_first_strike_counts_although_its_answer_came_late() -> None:
    """Strikes are told at the end of a call; a frontend that reacts to another call's failure is not too early."""
    rules = [{"match": {"operation": "tasks.*"}, "fault": {"type": "token.expired", "token": "access"}}]
    found = made({"calls": {"match": {"operation": "auth.refresh"}, "after": "rule-1", "count": 1}}, rules=rules)
    found.call(1.05, 1.06, operation="auth.refresh", method="POST")
    found.call(1.0, 3.0, 401, struck="rule-1")
    assert found.verdict().outcome == "passed"


def test_preflights_count_only_where_they_are_meant() -> None:
    rules = [{"fault": {"type": "cors.origin", "mode": "missing"}}]
    expect = ({"calls": {"at_most": 1, "within": "10s"}}, {"calls": {"match": {"method": "OPTIONS"}, "at_most": 1}})
    found = made(*expect, rules=rules)
    found.call(1, struck="rule-1", kind="cors.origin")
    found.call(2, status=204, operation=None, method="OPTIONS")
    found.call(3, status=204, operation=None, method="OPTIONS")
    found.call(20, sent={"Sec-Fetch-Site": "same-site"}, struck="rule-1", kind="cors.origin")
    assert [found.verdict(number=number).outcome for number in (0, 1)] == ["passed", "failed"]


def test_an_answer_that_broke_on_its_way_has_no_status() -> None:
    rules = [{"match": LIST, "fault": {"type": "conn.reset", "at": "body"}}]
    found = made({"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}}, rules=rules)
    found.call(1, struck="rule-1", kind="conn.reset")
    found.call(2, struck="rule-1", kind="conn.reset")
    assert found.verdict().outcome == "failed"
    found.call(3)
    assert found.verdict().outcome == "passed"


def test_what_the_end_let_go_was_answered_by_nobody() -> None:
    rules = [{"match": LIST, "fault": {"type": "hang"}}]
    found = made({"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}}, rules=rules)
    found.call(1, 1.5, 499, struck="rule-1", kind="hang")
    found.evidence.ended = 10
    found.call(2, 10.1, struck="rule-1", kind="hang")
    found.call(10.5)  # began when it was over
    assert found.verdict().outcome == "failed"


# Gaps


def test_a_gap_is_measured_on_the_machines_clock_and_from_the_end_of_the_failed_call() -> None:
    found = made({"calls": {"match": LIST, "min_gap": "2s"}})
    found.call(0, 3, 503, struck="rule-1")
    found.call(5.01)
    assert found.verdict().outcome == "passed"
    found.call(6, 9, 503, struck="rule-1")
    found.call(10.9)
    assert (found.verdict().outcome, found.verdict().evidence) == ("failed", (3, 4))


def test_retry_after_as_a_date_is_compared_with_the_clients_clock() -> None:
    """RFC 9110, section 10.2.3: a date; axios-retry, ky and urllib3 compare it with their own clock, the machine's."""
    found = made({"calls": {"match": LIST, "min_gap": "retry_after"}})
    date = formatdate(MACHINE / 1000 + 3, usegmt=True)
    found.call(0, 0.01, 503, struck="rule-1", answered={"Retry-After": date})
    found.call(2.5)
    assert "asked for 3 s" in found.verdict().reason


def test_who_reads_the_answers_own_date_waits_long_enough_too() -> None:
    found = made({"calls": {"match": LIST, "min_gap": "retry_after"}})
    date = formatdate(MACHINE / 1000 + 30, usegmt=True)
    answered = {"Retry-After": date, "Date": formatdate(MACHINE / 1000 + 28, usegmt=True)}
    found.call(0, 0.01, 503, struck="rule-1", answered=answered)
    found.call(2.5)
    assert found.verdict().outcome == "passed"


@pytest.mark.parametrize("unreadable", ["soon", "1.5"])
def test_a_retry_after_that_nobody_can_read_asks_for_nothing(unreadable: str) -> None:
    """RFC 9110, section 10.2.3: a date, or `1*DIGIT` seconds."""
    found = made({"calls": {"match": LIST, "min_gap": "retry_after"}})
    found.call(0, 0.01, 503, struck="rule-1", answered={"Retry-After": unreadable})
    found.call(0.1)
    assert found.verdict().outcome == "inconclusive"
    assert "No call of tasks.list failed with a Retry-After and was repeated" in found.verdict().reason


def test_calls_that_fail_together_may_each_be_repeated_for_itself() -> None:
    found = made({"calls": {"match": LIST, "min_gap": "1s"}})
    found.call(0, 0.1, 503, struck="rule-1")
    found.call(0, 0.6, 503, struck="rule-1")
    found.call(1.1)
    found.call(1.6)
    assert found.verdict().outcome == "passed"


def test_another_call_on_its_way_is_no_repeat() -> None:
    found = made({"calls": {"match": LIST, "min_gap": "1s"}})
    found.call(0, 0.1, 503, struck="rule-1")
    found.call(0.11, path="/api/tasks?page=2")
    found.call(1.2)
    assert found.verdict().outcome == "passed"


def test_chance_in_the_pauses_does_not_count_as_shrinking() -> None:
    found = made({"calls": {"match": LIST, "min_growth": 1.3}})
    at = 0.0
    for gap in (1.0, 0.9, 3.1, 2.9, 9.0):
        found.call(at, at + 0.01, 503, struck="rule-1")
        at += 0.01 + gap
    found.call(at)
    assert found.verdict().outcome == "passed"


def test_one_pause_alone_cannot_grow() -> None:
    found = made({"calls": {"match": LIST, "min_growth": 1.3}})
    found.call(0, status=503, struck="rule-1")
    found.call(1)
    assert found.verdict().outcome == "inconclusive"


# The same, or not


def test_the_same_key_makes_a_repeated_write_one_write() -> None:
    found = made({"calls": {"match": LIST, "same_body": False}})
    for _ in range(2):
        found.call(0, status=503, method="POST", body=b"{}", sent={"Idempotency-Key": "k"}, struck="rule-1")
    assert found.verdict().outcome == "passed"
    found.call(1, method="POST", body=b"{}", sent={"Idempotency-Key": "l"})
    assert found.verdict().outcome == "failed"


def test_the_same_write_much_later_is_another() -> None:
    found = made({"calls": {"match": LIST, "same_body": False, "within": "5s"}})
    found.call(0, status=503, method="POST", body=b"{}", struck="rule-1")
    found.call(5.1, method="POST", body=b"{}")
    assert found.verdict().outcome == "passed"


def test_bodies_of_files_are_not_known() -> None:
    found = made({"calls": {"match": LIST, "same_body": False}})
    found.call(0, method="POST", sent={"Content-Length": "12"}, struck="rule-1")
    assert "not kept" in found.verdict().reason


# WebSockets


def test_a_socket_that_fell_silent_is_lost_although_it_never_closed() -> None:
    rules = [{"fault": {"type": "ws.half_open"}}]
    expect = {"socket": {"reconnects": 1, "resubscribes": True, "within": "90s"}}
    before = OpenBefore(connection_id="c1", user="a@example.com", topics=frozenset({"tasks"}))
    found = made(expect, rules=rules, open_before=(before,))
    assert found.verdict().outcome == "inconclusive"
    found.socket(0.1, "struck", struck="rule-1")
    assert found.verdict().outcome == "failed"
    found.socket(30, "open", "c2")
    assert "did not subscribe again to tasks" in found.verdict().reason
    found.socket(30.1, "out", "c2", topics=frozenset({"tasks", "uploads"}))
    verdict = found.verdict(31, over=False)
    assert (verdict.outcome, verdict.final) == ("passed", True)


def test_what_a_lost_socket_did_not_come_to_the_next_one_owes() -> None:
    rules = [{"fault": {"type": "ws.drop"}}]
    found = made({"socket": {"resubscribes": True}}, rules=rules)
    found.socket(0, "open", struck="rule-1")
    found.socket(0.1, "out", topics=frozenset({"tasks"}))
    found.socket(1, "close", code=1006)
    found.socket(2, "open", "c2")
    found.socket(2.1, "close", "c2", code=1006)
    found.socket(3, "open", "c3")
    assert found.verdict().outcome == "failed"
    found.socket(3.1, "out", "c3", topics=frozenset({"tasks"}))
    assert found.verdict().outcome == "passed"


def test_what_was_given_up_before_the_loss_is_not_owed() -> None:
    rules = [{"fault": {"type": "ws.drop"}}]
    found = made({"socket": {"resubscribes": True}}, rules=rules)
    found.socket(0, "open", struck="rule-1")
    found.socket(0.1, "out", topics=frozenset({"tasks", "uploads"}))
    found.socket(0.2, "out", topics=frozenset({"tasks"}))
    found.socket(1, "close", code=1006)
    found.socket(2, "open", "c2")
    found.evidence.topics = {"c2": frozenset({"tasks"})}
    assert found.verdict().outcome == "passed"


def test_a_page_that_is_left_does_not_lose_its_socket() -> None:
    rules = [{"match": {"event": "task_*"}, "fault": {"type": "ws.msg_duplicate"}}]
    found = made({"socket": {"reconnects": 0}}, rules=rules)
    found.socket(0, "open")
    found.socket(0.5, "out", struck="rule-1", frame="{}")
    found.socket(1, "close", code=1001)
    found.socket(1.5, "open", "c2")
    assert found.verdict().outcome == "passed"


def test_a_second_page_and_another_user_are_no_reconnects() -> None:
    rules = [{"match": {"event": "task_*"}, "fault": {"type": "ws.msg_duplicate"}}]
    found = made({"socket": {"reconnects": 0}}, rules=rules)
    found.socket(0, "open")
    found.socket(0.1, "out", struck="rule-1", frame="{}")
    found.socket(1, "open", "c2")
    found.socket(2, "close", "c2", code=1000)
    found.socket(3, "open", "c3", user="b@example.com")
    assert found.verdict().outcome == "passed"


def test_refused_attempts_are_attempts() -> None:
    rules = [{"fault": {"type": "ws.reconnect_refuse", "for": "5s"}}]
    found = made({"socket": {"min_gap": "1s"}}, rules=rules)
    found.socket(0, "open", struck="rule-1")
    found.socket(1, "close", code=1006)
    found.socket(2.5, "refused", "c2", code=503)
    found.socket(2.6, "refused", "c3", code=503)
    assert (found.verdict().outcome, found.verdict().evidence) == ("failed", (3, 4))


def test_where_nobody_signs_in_sockets_are_lost_all_the_same() -> None:
    rules = [{"fault": {"type": "ws.drop"}}]
    found = made({"socket": {"resubscribes": True}}, rules=rules)
    found.socket(0, "open", struck="rule-1", user=None)
    found.socket(0.1, "out", user=None, topics=frozenset({"orders"}))
    found.socket(1, "close", user=None, code=1006)
    # One that was sent away heard nothing.
    found.socket(1.5, "open", "c2", user=None)
    found.socket(1.5, "close", "c2", user=None, code=4401)
    assert found.verdict().outcome == "inconclusive"
    found.socket(2, "open", "c3", user=None)
    found.socket(2.1, "out", "c3", user=None, topics=frozenset())
    assert found.verdict().outcome == "failed"
    found.socket(2.2, "out", "c3", user=None, topics=frozenset({"orders"}))
    assert found.verdict().outcome == "passed"


# What a page sees


def test_a_revalidated_answer_is_a_200_to_the_page() -> None:
    """Chromium asks by ETag, is told 304, and gives the page a 200 out of its cache (RFC 9110, section 15.4.5)."""
    found = made({"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}})
    found.call(0, status=503, struck="rule-1")
    found.call(1, status=304)
    assert found.verdict().outcome == "failed"
    found.call(2, status=304, sent={"If-None-Match": '"a"'})
    assert found.verdict().outcome == "passed"


BROWSER = {"Origin": "http://localhost:5173", "Host": "localhost:8000", "Sec-Fetch-Site": "same-site"}
CORS = [{"fault": {"type": "cors.origin", "mode": "missing"}}]


@pytest.mark.parametrize(
    ("answered", "outcome"),
    [
        (
            {"Access-Control-Allow-Origin": "http://localhost:5173", "Access-Control-Allow-Credentials": "true"},
            "passed",
        ),
        ({"Access-Control-Allow-Origin": "http://localhost:5173"}, "failed"),
        ({"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}, "failed"),
        (
            {"Access-Control-Allow-Origin": "http://localhost:5174", "Access-Control-Allow-Credentials": "true"},
            "failed",
        ),
        ({}, "failed"),
    ],
)
def test_an_answer_that_the_browser_withholds_is_none(answered: dict[str, str], outcome: str) -> None:
    """The Fetch standard, "CORS check"; a cookie tells that the call was made with credentials."""
    found = made({"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}}, rules=CORS)
    found.call(0, sent=BROWSER, struck="rule-1", kind="cors.origin")
    found.call(1, sent=BROWSER | {"Cookie": "a=b"}, answered=answered)
    assert found.verdict().outcome == outcome


def test_a_preflight_that_no_call_follows_stands_for_the_call() -> None:
    found = made({"calls": {"min_gap": "1s"}}, {"calls": {"at_most": 1, "within": "5s"}}, rules=CORS)
    asked = BROWSER | {"Access-Control-Request-Method": "POST"}
    for at in (0.0, 0.1):
        found.call(at, status=204, operation=None, method="OPTIONS", sent=asked, struck="rule-1", kind="cors.origin")
    verdicts = [found.verdict(number=number) for number in range(2)]
    assert [(one.outcome, one.evidence) for one in verdicts] == [("failed", (1, 2)), ("failed", (1, 2))]


def test_a_preflight_that_its_call_follows_is_only_a_preflight() -> None:
    found = made({"calls": {"at_most": 1, "within": "5s"}}, rules=CORS)
    asked = BROWSER | {"Access-Control-Request-Method": "POST"}
    found.call(0.0, status=204, operation=None, method="OPTIONS", sent=asked, struck="rule-1", kind="cors.origin")
    found.call(0.1, method="POST", sent=BROWSER)
    assert found.verdict().outcome == "passed"


# Whether it was put to the test


def test_whoever_does_nothing_after_the_failure_has_shown_nothing() -> None:
    expect = {"calls": {"match": LIST, "after": "rule-1", "count": 0}}, {"calls": {"match": LIST, "at_most": 3}}
    found = made(*expect, goes_on=False)
    found.call(0, status=503, struck="rule-1")
    assert [found.verdict(number=number).outcome for number in range(2)] == ["inconclusive"] * 2
    assert "whether it holds back or is gone" in found.verdict().reason
    found.call(1, status=401, operation="auth.me")
    assert found.verdict().outcome == "inconclusive"
    found.call(2, operation="auth.me")
    assert [found.verdict(number=number).outcome for number in range(2)] == ["passed"] * 2


def test_what_only_browsers_judge_is_no_test_of_other_clients() -> None:
    """requests, httpx and Node keep a cookie that a browser refuses, and know no CORS."""
    rules = [{"fault": {"type": "cookie.samesite", "value": "None"}}]
    found = made({"calls": {"match": LIST, "at_most": 3}}, rules=rules)
    found.call(0, struck="rule-1", kind="cookie.samesite")
    assert "only a browser judges" in found.verdict().reason
    found.call(1, struck="rule-1", kind="cookie.samesite", sent={"Sec-Fetch-Site": "same-site"})
    assert found.verdict().outcome == "passed"


def test_what_was_to_be_given_is_named_where_it_is_missing() -> None:
    given = {"match": LIST, "status": 401, "at_least": 2, "at_once": True}
    refresh = {"match": {"operation": "auth.refresh"}, "after": "rule-1", "count": 1, "given": given}
    found = made({"calls": refresh})
    found.call(0, 0.2, 401, struck="rule-1")
    found.call(0.3, 0.5, 401)
    found.call(0.6, operation="auth.refresh", method="POST")
    assert found.verdict().outcome == "inconclusive"
    assert "It takes 2 calls of tasks.list answered 401 that are under way at once" in found.verdict().reason
    found.call(0.1, 0.4, 401)
    assert found.verdict().outcome == "passed"


def test_what_came_too_often_is_a_failure_whatever_was_to_be_given() -> None:
    refresh = {"match": {"operation": "auth.refresh"}, "count": 1, "given": {"match": LIST, "at_least": 9}}
    found = made({"calls": refresh})
    found.call(0, status=401, struck="rule-1")
    found.call(1, operation="auth.refresh")
    found.call(2, operation="auth.refresh")
    assert found.verdict().outcome == "failed"


def test_the_next_load_is_no_repeat() -> None:
    """axios and ofetch hand out a body that is cut as text: what comes is the user's next look, much later."""
    found = made({"calls": {"match": LIST, "status": 200, "repeats": "rule-1", "within": "3s"}})
    found.call(0, struck="rule-1", kind="conn.truncate")
    found.call(0.5, path="/api/tasks?page=2")
    found.call(8)
    assert (found.verdict().outcome, found.verdict().evidence) == ("failed", (1,))


def test_each_failure_is_to_be_repeated_until_it_goes_well() -> None:
    found = made({"calls": {"match": LIST, "status": 200, "repeats": "rule-1", "within": "3s"}})
    found.call(0, struck="rule-1", kind="conn.truncate")
    found.call(1, struck="rule-1", kind="conn.truncate")
    found.call(2)
    assert found.verdict().outcome == "passed"


def test_alike_calls_count_once_where_distinct_ones_are_asked_for() -> None:
    found = made({"calls": {"match": LIST, "status": 200, "distinct": True, "at_least": 2}})
    found.call(0, struck="rule-1", kind="field.null")
    found.call(1)
    assert found.verdict().outcome == "failed"
    found.call(2, path="/api/tasks?page=2")
    assert found.verdict().outcome == "passed"


# Pauses that grow


@pytest.mark.parametrize("gaps", [(4.9, 6.37, 8.28, 10.0, 10.0), (4.99, 6.49, 8.43, 10.01, 10.0), (1.0, 2.0, 4.0, 4.0)])
def test_pauses_at_a_cap_do_not_count_as_no_growth(gaps: tuple[float, ...]) -> None:
    """reconnecting-websocket 4.4 and partysocket 1.1 begin at 1 to 5 s, by chance, grow by 1.3 and stop at 10 s."""
    assert growth(gaps) >= 1.2


@pytest.mark.parametrize("gaps", [(1.0, 1.0, 1.0), (1.0, 1.03, 0.99, 1.02), (4.0, 2.0, 1.0)])
def test_pauses_that_stay_as_they_are_do_not_grow(gaps: tuple[float, ...]) -> None:
    assert growth(gaps) < 1.05


def test_whoever_has_no_session_stops_knocking() -> None:
    """reconnecting-websocket and partysocket connect again after 4401, without end."""
    rules = [{"fault": {"type": "token.revoked"}}]
    found = made({"socket": {"at_most": 2, "within": "30s"}}, rules=rules)
    found.call(0, status=401, struck="rule-1", kind="token.revoked")
    assert found.verdict().outcome == "passed"
    found.socket(0, "open")
    found.socket(1, "close", code=4401)
    for at in (2, 3):
        found.socket(at, "open", f"c{at}", user=None)
        found.socket(at + 0.1, "close", f"c{at}", code=4401, user=None)
    assert found.verdict().outcome == "passed"
    found.socket(9, "open", "c9", user=None)
    assert (found.verdict().outcome, len(found.verdict().evidence)) == ("failed", 3)


def test_a_socket_that_was_closed_for_good_did_not_stay() -> None:
    rules = [{"match": {"event": "task_*"}, "fault": {"type": "ws.msg_duplicate"}}]
    found = made({"socket": {"reconnects": 0}}, rules=rules, goes_on=False)
    found.socket(0, "open")
    found.socket(0.5, "out", struck="rule-1", frame="{}")
    found.call(0.6)
    found.socket(1, "close", code=1000)
    assert "whether somebody is there" in found.verdict().reason


# Nothing to judge


def test_what_never_struck_shows_nothing() -> None:
    found = made(
        {"calls": {"match": LIST, "status": 200, "at_least": 1}},
        {"calls": {"match": LIST, "after": "rule-1", "count": 0}},
        {"calls": {"match": {"operation": "auth.login"}, "count": 0}},
        {"calls": {"match": LIST, "at_most": 3}},
    )
    found.call(1)
    verdicts = [found.verdict(number=number) for number in range(4)]
    assert [verdict.outcome for verdict in verdicts] == ["inconclusive"] * 4
    assert "no rule of the scenario struck" in verdicts[0].reason
    assert "never struck" in verdicts[1].reason


def test_a_frontend_that_did_not_do_what_is_judged_is_not_judged() -> None:
    found = made(
        {"calls": {"match": {"operation": "tasks.create"}, "at_most": 1}},
        {"calls": {"match": {"operation": "auth.refresh"}, "max_concurrent": 1}},
        {"calls": {"match": LIST, "min_gap": "1s"}},
        {"socket": {"reconnects": 0}},
        {"calls": {"match": {"operation": "tasks.create"}, "same_body": False}},
    )
    found.call(1, status=503, struck="rule-1")
    assert [found.verdict(number=number).outcome for number in range(5)] == ["inconclusive"] * 5


def test_what_failed_stays_failed_and_the_rest_says_less_when_the_record_was_full() -> None:
    expect = (
        {"calls": {"match": LIST, "at_most": 1}},
        {"calls": {"match": LIST, "at_most": 5}},
        {"calls": {"match": LIST, "at_least": 1}},
        {"calls": {"match": {"operation": "tasks.create"}, "at_least": 1}},
    )
    found = made(*expect, capacity=3, goes_on=False)
    found.call(0, status=503, struck="rule-1")
    for at in range(1, 5):
        found.call(at)
    assert found.evidence.missed == 2
    outcomes = [found.verdict(number=number).outcome for number in range(4)]
    assert outcomes == ["failed", "inconclusive", "passed", "inconclusive"]
    assert "2 entries came when the drill's record was full" in found.verdict(number=1).reason


def test_a_drill_passes_only_by_all_its_verdicts() -> None:
    assert overall(["passed", "passed"]) == "passed"
    assert overall(["passed", "inconclusive"]) == "inconclusive"
    assert overall(["failed", "inconclusive"]) == "failed"
    assert overall([]) == "inconclusive"


# What may still change


def test_a_verdict_is_final_when_nothing_can_change_it() -> None:
    found = made(
        {"calls": {"match": LIST, "status": 200, "after": "rule-1", "at_least": 1}},
        {"calls": {"match": LIST, "after": "rule-1", "at_most": 1, "within": "10s"}},
        {"calls": {"match": {"operation": "auth.login"}, "after": "rule-1", "count": 0}},
        {"calls": {"match": LIST, "status": 503, "at_most": 0}},
    )
    found.call(0, status=503, struck="rule-1")
    found.call(1)

    def finals(now: float) -> list[bool]:
        return [found.verdict(now, over=False, number=number).final for number in range(4)]

    assert finals(2) == [True, False, False, True]
    assert finals(10.1) == [True, True, False, True]
    assert [found.verdict(11, number=number).final for number in range(4)] == [True] * 4


def test_the_same_evidence_gives_the_same_verdicts() -> None:
    def once() -> list[Verdict]:
        found = made({"calls": {"match": LIST, "min_gap": "1s"}}, {"calls": {"match": LIST, "at_most": 2}})
        for at in (0, 0.2, 0.3):
            found.call(at, status=503, struck="rule-1")
        return judged(found.evidence, 5.0, over=True)

    assert once() == once()
