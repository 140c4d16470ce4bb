"""What differs between two recordings of the same thing: ids and instants that a client makes anew each time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from devkit.recording.base import Recorded
from devkit.recording.har.bodies import field
from devkit.recording.replay.canonical import Path, Route

_VOLATILE = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{16,}"
    r"|(?:[a-z]{1,10}[_-])?(?=[\w-]*\d)[\w-]{12,}"
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?|\d{6,}(?:\.\d+)?|0?\.\d{6,}"
)
"""An id or an instant: what nobody types. A quantity of 2 that became 3 is something else that was done."""
_MOST = 200_000


def volatile_between(one: Iterable[Recorded], other: Iterable[Recorded], route: Route) -> dict[str, frozenset[Path]]:
    """By operation (`POST /orders`), the paths of members of its request's body, and `("?", name)` of its query, that
    differ between two recordings though the same was done, in its order.
    """
    before = [*_requests(one, route)]
    found: dict[str, set[Path]] = {}
    places: dict[str, list[Any]] = {}
    for operation, said in before:
        places.setdefault(operation, []).append(said)
    for operation, said in _requests(other, route):
        waiting = places.get(operation)
        if not waiting:
            continue
        # That which is most alike, so that one call more or less moves nothing.
        differing = [_differing(earlier, said) for earlier in waiting[:4]]
        best = min((paths for paths in differing if paths is not None), key=len, default=None)
        if best is None:
            continue
        waiting.pop(differing.index(best))
        found.setdefault(operation, set()).update(best)
    return {operation: frozenset(paths) for operation, paths in found.items() if paths}


def _requests(exchanges: Iterable[Recorded], route: Route) -> Iterator[tuple[str, dict[Path, Any]]]:
    for exchange in exchanges:
        template = route(exchange.method, exchange.target) or exchange.path
        said: dict[Path, Any] = {}
        for part in exchange.query.split("&"):
            name, _, value = part.partition("=")
            if name:
                said["?", name] = value
        body = exchange.request_body
        if body is not None and body.size < _MOST and "json" in field(exchange.request_fields, "content-type"):
            try:
                said |= dict(leaves(orjson.loads(body.read()), ()))
            except orjson.JSONDecodeError:
                said[()] = body.digest
        if said:
            yield f"{exchange.method} {template}", said


def leaves(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    """The values in a value that hold no other, by their paths; of a list the last one."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*at, name))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, (*at, "[]"))
    else:
        yield at, value


def _differing(one: dict[Path, Any], other: dict[Path, Any]) -> set[Path] | None:
    """Where two requests differ; None where not only by what is volatile."""
    if one.keys() != other.keys():
        return None
    found = {path for path in one if one[path] != other[path]}
    return found if all(is_volatile(one[path]) and is_volatile(other[path]) for path in found) else None


def is_volatile(value: object) -> bool:
    """Whether a value looks like an id or an instant."""
    return isinstance(value, str | int | float) and _VOLATILE.fullmatch(str(value)) is not None
