"""The calls of a drill as the page saw them: what its browser did by itself is none of its doing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from devkit.drill.evidence import Call

FOLLOWS = 1.0
"""Seconds in which a browser sends the call whose preflight it was content with: it does so at once."""


def joined(calls: Sequence[Call]) -> list[Call]:
    """The calls, where those that a client's own HTTP layer sent again are one with what they repeat: it began with the
    first, and ended as the last did.
    """
    first: dict[int, int] = {}
    found: dict[int, Call] = {}
    for call in sorted(calls, key=lambda call: call.number):
        origin = first.get(call.entry.repeats or 0)
        if origin is None:
            found[call.number] = call
            first[call.number] = call.number
            continue
        first[call.number] = origin
        found[origin] = dataclasses.replace(
            found[origin],
            ended=call.ended,
            status=call.status,
            retry_after=call.retry_after,
            rules=found[origin].rules | call.rules,
        )
    return list(found.values())


def as_the_page_saw_them(calls: Sequence[Call], now: float, *, over: bool) -> list[Call]:
    """The calls, where each preflight that a rule struck and that no call followed stands for the call that the browser
    did not send: to the page it failed. Until `FOLLOWS` is over, nobody knows.
    """
    found: list[Call] = []
    asked: dict[tuple[str, str], tuple[int, Call]] = {}
    for call in sorted(joined(calls), key=lambda call: (call.started, call.number)):
        if call.is_preflight and call.rules:
            if now - call.ended > FOLLOWS or over or (call.stands_for, call.entry.path) in asked:
                asked[call.stands_for, call.entry.path] = len(found), call
                found.append(dataclasses.replace(call, status=None, fits=call.fits | call.would_fit))
            else:
                found.append(call)
            continue
        place, preflight = asked.get((call.entry.method, call.entry.path), (0, None))
        if preflight is not None and call.started - preflight.ended <= FOLLOWS:
            found[place] = preflight
            del asked[call.entry.method, call.entry.path]
        found.append(call)
    return found
