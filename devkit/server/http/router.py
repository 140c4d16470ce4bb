"""Which route of which dialect a request means."""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from urllib.parse import unquote

from devkit.contract.errors import DomainError
from devkit.dialects.backend import fallback, sockets
from devkit.dialects.base import Dialect, Route
from devkit.records import dataclass

_PARAMETER = re.compile(r"{[^{}]+}")
_LIKENESS = 0.7
_COMPARED = 40
"""Addresses that an unknown one is compared with in full: those that have most letters in common with it."""
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(slots=True)
class _Node:
    """A place in the tree of path segments; static segments win over those with parameters in them, and these over
    parameters.

    `patterns` are segments such as `{base}...{head}`, by how they are written. `rivals` are the routes that are meant
    instead of the usual one where the body has their field.
    """

    static: dict[str, _Node] = field(default_factory=dict)
    patterns: dict[str, tuple[re.Pattern[str], _Node]] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    rivals: dict[str, dict[str, Route]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """`rivals`: routes of other dialects at this address, by the field that tells their bodies."""

    route: Route
    parameters: dict[str, str]
    rivals: Mapping[str, Route]


_NONE: Mapping[str, Route] = {}


class Router:
    """The routes of all dialects served, in one tree."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self.dialects = tuple(dialects)
        self.routes = tuple(route for dialect in self.dialects for route in dialect.routes())
        self._turns_back = any(dialect.turns_back for dialect in self.dialects)
        self._root = _Node()
        for route in self.routes:
            self._add(route)
        self._known = [(f"{route.method} {route.path}", route.operation.id) for route in self.routes]
        self._known += [(f"GET {path}", "WebSocket") for path in sockets(self.dialects)]
        self._deepest = max((route.path.count("/") for route in self.routes), default=0)
        # What is longer has too little in common with any of them.
        self._longest = max((len(address) for address, _ in self._known), default=0) * (2 - _LIKENESS) / _LIKENESS
        self._fallback = fallback(self.dialects)
        areas = {area: dialect for dialect in self.dialects for area in dialect.areas or dialect.prefixes}
        self._areas = [(_below(area), areas[area]) for area in sorted(areas, key=len, reverse=True)]

    def match(self, method: str, raw_path: str) -> Match:
        """The route for a path that is still percent-encoded.

        Raises DomainError `not_found`, or `method_not_allowed` (with `allow`) where other methods would match.
        """
        found = self._find(raw_path)
        if found is None:
            raise DomainError("not_found", "There is nothing at this address")
        node, values = found
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise DomainError("method_not_allowed", allow=allowed(node.routes))
        return Match(route, dict(zip(route.path_fields, values, strict=True)), node.rivals.get(method, _NONE))

    def methods(self, raw_path: str) -> tuple[str, ...]:
        """The methods that a path answers to; empty where there is nothing."""
        found = self._find(raw_path)
        return allowed(found[0].routes) if found else ()

    def beside(self, route: Route) -> frozenset[str]:
        """The fixed segments that stand where the last one of the route's path does: no parameter has such a value."""
        node = self._root
        for segment in route.path.split("/")[1:-1]:
            node = self._child(node, segment)
        # Nor, where there are patterns, does anybody know beforehand which.
        return frozenset(node.static)

    def dialect_of(self, path: str) -> Dialect:
        """Whose error shape an address gets."""
        for below, dialect in self._areas:
            if below.match(path):
                return dialect
        return self._fallback

    def voice_of(self, raw_path: str, cookies: Collection[str] = ()) -> Route | None:
        """A route in whose shape an address that no route answers is answered: the nearest in the tree of paths, where
        all that are as near are of one dialect (or of the one whose cookies came) and have one shape; else None.
        """
        node = self._root
        for segment in map(unquote, raw_path.split("/")[1:]):
            if segment not in node.static:
                break
            node = node.static[segment]
        near = list(_routes_below(node)) if node is not self._root else []
        if len({route.dialect.name for route in near}) > 1:
            near = [route for route in near if not set(cookies).isdisjoint(route.dialect.access_cookies)]
        one = near and all(
            route.dialect is near[0].dialect and route.errors.schema == near[0].errors.schema for route in near
        )
        return near[0] if one else None

    def slashed(self, raw_path: str) -> str | None:
        """The address with a slash at its end, where a dialect means that one and answers to GET there."""
        if raw_path.endswith("/"):
            return None
        found = self._find(f"{raw_path}/")
        route = found[0].routes.get("GET") if found else None
        return f"{raw_path}/" if route and route.dialect.slashes else None

    def nearest(self, method: str, path: str) -> tuple[str, ...]:
        """What was perhaps meant, best first: `GET /api/tasks (tasks.list)`."""
        wanted = f"{method} {path}"
        if len(wanted) > self._longest:
            return ()
        matcher = difflib.SequenceMatcher(None, "", wanted)
        at_most = []
        for index, (address, _) in enumerate(self._known):
            matcher.set_seq1(address)
            if matcher.real_quick_ratio() >= _LIKENESS and (bound := matcher.quick_ratio()) >= _LIKENESS:
                at_most.append((-bound, index))
        scored = []
        for _, index in heapq.nsmallest(_COMPARED, at_most):
            matcher.set_seq1(self._known[index][0])
            scored.append((-matcher.ratio(), index))
        likely = [self._known[index] for score, index in sorted(scored)[:3] if score <= -_LIKENESS]
        return tuple(f"{address} ({what})" for address, what in likely)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            node = self._child(node, segment)
        usual = node.routes.get(route.method)
        if usual is None:
            node.routes[route.method] = route
        elif route.row.told_by:
            node.rivals.setdefault(route.method, {})[route.row.told_by] = route
        elif usual.row.told_by:
            node.routes[route.method] = route
            node.rivals.setdefault(route.method, {})[usual.row.told_by] = usual
        elif usual.row.operation != route.row.operation:
            # An operation that dialects have at one address is served once, as the first one's.
            raise ValueError(f"two routes for {route.method} {route.path}")

    def _child(self, node: _Node, segment: str) -> _Node:
        """What stands below a place for a segment of a template; made where it is not there yet."""
        if "{" not in segment:
            return node.static.setdefault(segment, _Node())
        if _PARAMETER.fullmatch(segment):
            node.parameter = node.parameter or _Node()
            return node.parameter
        shape = _PARAMETER.sub("{}", segment)
        if shape not in node.patterns:
            fixed = map(re.escape, _PARAMETER.split(segment))
            node.patterns[shape] = re.compile("(.+?)".join(fixed)), _Node()
        return node.patterns[shape][1]

    def _find(self, raw_path: str) -> tuple[_Node, list[str]] | None:
        """The place that a path means, and the values of its parameters."""
        if raw_path.count("/") > self._deepest:
            return None
        return self._walk(self._root, [unquote(segment) for segment in raw_path.split("/")[1:]], 0, [])

    def _walk(self, node: _Node, segments: list[str], depth: int, values: list[str]) -> tuple[_Node, list[str]] | None:
        if depth == len(segments):
            return (node, values) if node.routes else None
        segment = segments[depth]
        child = node.static.get(segment)
        found = self._walk(child, segments, depth + 1, values) if child is not None else None
        if found is not None or not segment:
            return found
        for pattern, place in node.patterns.values():
            told = pattern.fullmatch(segment)
            if told is not None and (found := self._walk(place, segments, depth + 1, [*values, *told.groups()])):
                return found
        if node.parameter is None or (child is not None and not self._turns_back):
            # Of ours `/api/v1/…` is no user of that id, even where there is nothing.
            return None
        found = self._walk(node.parameter, segments, depth + 1, [*values, segment])
        if found is None or child is None or all(route.dialect.turns_back for route in found[0].routes.values()):
            return found
        return None


def _routes_below(node: _Node) -> Iterator[Route]:
    """Those at a place in the tree and everywhere below it, the nearest first."""
    yield from node.routes.values()
    for routes in node.rivals.values():
        yield from routes.values()
    patterned = [place for _, place in node.patterns.values()]
    for child in (*node.static.values(), *patterned, *([node.parameter] if node.parameter else [])):
        yield from _routes_below(child)


def _below(area: str) -> re.Pattern[str]:
    """Matches the paths at and below an area."""
    pattern = re.escape(area.rstrip("/")).replace(re.escape("{user_id}"), _UUID)
    return re.compile(rf"{pattern}(/|$)")


def allowed(routes: dict[str, Route]) -> tuple[str, ...]:
    """The methods of a path, as `Allow` names them."""
    methods = [*routes, "OPTIONS"]
    return tuple(sorted([*methods, "HEAD"] if "GET" in routes else methods))
