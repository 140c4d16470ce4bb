"""What of a dialect a kind of fault acts on, and why not where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devkit.dialects.agreed import AGREED
from devkit.dialects.base import Dialect
from devkit.dialects.frames import EVENT_SOCKET, OPEN_EVENT_SOCKET
from devkit.dialects.sockets import SocketProtocol
from devkit.faults.base import Moment
from devkit.faults.registry import FAULTS
from devkit.scenario.reach import reach

QUIET = SocketProtocol(name="quiet", title="Quiet", summary="Pings and pongs", says=EVENT_SOCKET.says[3:4], hears=())


def without(*areas: str, **changes: object) -> Dialect:
    """A dialect that speaks nothing of those areas."""
    rows = tuple(row for row in AGREED.rows if row.operation.partition(".")[0] not in areas)
    return replace(AGREED, rows=rows, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "dialect", "why"),
    [
        ("ws.drop", without(socket_path=None), "it has no WebSocket"),
        ("ws.msg_drop", without(socket_path=None), "it has no WebSocket"),
        ("ws.msg_drop", without(socket_protocol=QUIET), "its WebSocket tells no events"),
        ("ws.auth_expired", without(socket_protocol=OPEN_EVENT_SOCKET), "its WebSocket asks for no session"),
        ("upload.progress", without("uploads"), "none of its calls causes `upload_progress`"),
        ("upload.stall", without("uploads"), "none of its calls takes files"),
        ("cookie.not_set", without("auth"), "none of its calls is about signing in, staying so or signing out"),
        ("etag", without("tasks", "uploads"), "nothing it answers has `ETag`"),
    ],
)
def test_what_is_missing_is_said(kind: str, dialect: Dialect, why: str) -> None:
    assert [found.why_not for found in reach(FAULTS[kind], dialect)] == [why]


def test_a_kind_is_led_to_by_the_calls_that_it_acts_on() -> None:
    [found] = reach(FAULTS["cookie.not_set"], AGREED)
    assert [route.operation.id for route in found.routes] == ["auth.login", "auth.refresh", "auth.logout"]


def test_events_are_led_to_by_the_calls_that_cause_them() -> None:
    [found] = reach(FAULTS["upload.progress"], AGREED)
    assert (found.moment, [route.operation.id for route in found.routes]) == (Moment.FRAME, ["uploads.create"])


def test_what_a_socket_says_by_itself_needs_no_call() -> None:
    [found] = reach(FAULTS["ws.no_pong"], without(socket_protocol=QUIET))
    assert found
    assert found.routes == ()


def test_every_kind_has_something_to_act_on_in_the_agreed_dialect_or_says_what_it_misses() -> None:
    for kind in FAULTS:
        for found in reach(kind, AGREED):
            assert bool(found) is (found.why_not is None)
            assert found or not found.routes
