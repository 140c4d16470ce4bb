"""What arrives behind dev servers is known of every kind, each of its cases, and at each of its moments."""

from __future__ import annotations

import pytest

from devkit.faults.base import Fault, Moment
from devkit.faults.devservers import FATAL, in_words, measured, outcomes
from devkit.faults.registry import FAULTS, fault_of

KINDS = list(FAULTS)
ELSEWHERE = frozenset(
    {"jwks.rotate", "csrf.fail", "oauth.error", "oauth.callback", "oauth.idp", "cors.header_missing", "http.vanish"}
    | {"delay.ramp", "ref.dangling", "page.duplicate", "page.limit_ignored", "idempotency.ignored", "read.stale"}
    | {"page.cursor_drift", "upload.keeps_partial"}
)
"""Kinds that need other calls before they strike. They act before there are bytes, with which proxies have to do."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_it_was_measured_for_every_kind(kind: type[Fault]) -> None:
    """A new one: `python -m tests.devservers.measure NAME`."""
    found = measured().kinds[kind.kind]
    met = {moment.value for moment in kind.moments() - {Moment.MAIL, Moment.SANDBOX}}
    if met and kind.kind not in ELSEWHERE:
        assert set(found) == set(kind.cases or {""})
    for moments in found.values():
        assert set(moments) <= met
        assert all(set(told) == set(measured().servers) for told in moments.values())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.cases], ids=lambda kind: kind.kind)
def test_parameters_know_which_case_they_are(kind: type[Fault]) -> None:
    for case, parameters in kind.cases.items():
        assert fault_of({"type": kind.kind, **parameters}).case == case


def test_every_outcome_has_words() -> None:
    for kind in measured().kinds.values():
        for told in (told for moments in kind.values() for told in moments.values()):
            assert [in_words(outcome) for outcome in told.values()]


def test_what_ends_a_dev_server_does_so_on_the_way_of_a_request() -> None:
    """Only there does the server look before it strikes."""
    fatal = {
        moment
        for kind in measured().kinds.values()
        for moments in kind.values()
        for moment, told in moments.items()
        if FATAL in told.values()
    }
    assert fatal == {"request"}


def test_a_fault_is_looked_up_with_its_own_parameters() -> None:
    short = fault_of({"type": "conn.content_length", "delta": -3})
    long = fault_of({"type": "conn.content_length", "delta": 3})
    assert outcomes(short, "vite") == {"request": FATAL}
    assert outcomes(long, "vite") == {"request": "stalls"}
    assert outcomes(short, "some other") == {}
