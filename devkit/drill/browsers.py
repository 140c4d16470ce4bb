"""What a browser makes of answers before a page sees any of them: only it knows CORS, and it tells the page nothing of
what it refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from devkit.drill.evidence import Call

Headers = Mapping[str, str]

FOLLOWS = 1.0
"""Seconds in which a browser sends the call whose preflight it was content with: it does so at once."""


def is_browser(headers: Headers) -> bool:
    """Whether a browser sent it: by `Sec-Fetch-Site`, which no page can set (Fetch Metadata, section 2.3) and which
    browsers leave out on plain http to other machines; there by `Origin` and the name they all begin with.
    """
    if "Sec-Fetch-Site" in headers:
        return True
    return "Origin" in headers and headers.get("User-Agent", "").startswith("Mozilla/5.0")


def may_read(request: Headers, response: Headers) -> bool:
    """Whether the page is given the answer (the Fetch standard, "CORS check"). Cookies tell that a call was made with
    credentials, which are checked more strictly. Where there are none yet it is taken as made with them, unless it
    brings a token of its own.
    """
    origin = request.get("Origin")
    if origin is None or not _crosses(request, origin) or request.get("Sec-Fetch-Mode", "cors") != "cors":
        return True
    # Two lines are one list, and a list of origins is no origin.
    allowed = ", ".join(value for name, value in response.items() if name.lower() == "access-control-allow-origin")
    if "Cookie" not in request and "Authorization" in request:
        return allowed in {origin, "*"}
    return allowed == origin and response.get("Access-Control-Allow-Credentials") == "true"


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


def _crosses(request: Headers, origin: str) -> bool:
    site = request.get("Sec-Fetch-Site")
    return site != "same-origin" if site is not None else urlsplit(origin).netloc != request.get("Host", "")
