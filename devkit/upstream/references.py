"""Fields of an answer that name addresses, as the client can follow them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from devkit.upstream.mapping import Mapping

_LINK = re.compile(r"(\s*<)([^>]*)(>.*)", re.DOTALL)
_REFRESH = re.compile(r"(\s*[\d.]+\s*[;,]?\s*(?:url\s*=\s*)?)([\"']?)(.*)", re.IGNORECASE | re.DOTALL)
"""HTML, "shared declarative refresh steps"."""


def parts(value: str, separator: str) -> Iterator[str]:
    """What stands between separators that are neither in a quoted string (RFC 9110, section 5.6.4) nor in `<…>`."""
    start, within, escaped = 0, "", False
    for place, letter in enumerate(value):
        if escaped:
            escaped = False
        elif within:
            escaped = letter == "\\" and within == '"'
            within = "" if letter == within else within
        elif letter in {'"', "<"}:
            within = '"' if letter == '"' else ">"
        elif letter == separator:
            yield value[start:place]
            start = place + 1
    yield value[start:]


def _reference(value: str, mapping: Mapping) -> str:
    return mapping.reference(value)


def _link(value: str, mapping: Mapping) -> str:
    """Each link's target (RFC 8288, section 3)."""

    def one(link: str) -> str:
        match = _LINK.fullmatch(link)
        return link if match is None else f"{match[1]}{mapping.reference(match[2])}{match[3]}"

    return ",".join(map(one, parts(value, ",")))


def _refresh(value: str, mapping: Mapping) -> str:
    match = _REFRESH.fullmatch(value)
    if match is None:
        return value
    start, quote, rest = match.groups()
    reference, mark, more = rest.partition(quote) if quote else (rest, "", "")
    return f"{start}{quote}{mapping.reference(reference)}{mark}{more}"


def _origin(value: str, mapping: Mapping) -> str:
    return mapping.origin if value == mapping.upstream.origin else value


def _sources(value: str, mapping: Mapping) -> str:
    """A policy, whose sources may name upstream's own origin."""
    origin = re.escape(mapping.upstream.origin)
    return re.sub(rf"(?<![\w.-]){origin}(?=[\s;,/]|$)", lambda _: mapping.origin, value)


MAPPED: dict[bytes, Callable[[str, Mapping], str]] = {
    b"location": _reference,
    b"content-location": _reference,
    b"sourcemap": _reference,
    b"link": _link,
    b"refresh": _refresh,
    b"access-control-allow-origin": _origin,
    b"timing-allow-origin": _origin,
    b"content-security-policy": _sources,
    b"content-security-policy-report-only": _sources,
}
"""By name, in lower case."""
