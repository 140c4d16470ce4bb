"""Operations of a backend, learned from what passes: names for them, what each has, and how its lists look. What was
learned once stays: an operation's id and its path never change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.paging import ListShape, list_of, pages_of
from devkit.blueprint.documents.paths import parameters_in
from devkit.contract.keeping import ByUpstream
from devkit.contract.operations import NOTHING, Need
from devkit.contract.resources import Pages
from devkit.contract.shapes import Parameter, Shape, is_json
from devkit.learning.facts import Facts, called_in
from devkit.learning.needs import hands_out, needs_told
from devkit.learning.paths import Evidence, Paths
from devkit.learning.values import Values, schema_of
from devkit.records import dataclass

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"})
"""What is learned: HEAD and OPTIONS are answered as for every path."""
_NOT_THERE = frozenset({404, 405, 410, 501})
_ENOUGH = 5
"""After so many successes that told nothing new, an operation's answers need not be read any more."""
_KNOWN = 5_000
"""Values of one collection by which things are called."""
_NAME = re.compile(r"[A-Za-z][\w-]*")
_OF_ROWS = Need.LIST | Need.ITEM | Need.CREATE | Need.WRITE | Need.DELETE
_ON_ONE: Mapping[str, str] = {"GET": "get", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


@dataclass(slots=True, eq=False)
class Learned:
    """One operation. `query` are the values of each parameter, `anonymous` says that it succeeded for nobody."""

    id: str
    method: str
    path: str
    crud: str
    has: Need = NOTHING
    pages: Pages | None = None
    query: dict[str, Values] = field(default_factory=dict)
    settled: int = 0
    anonymous: bool = False
    credentials: bool = False

    def planned(self) -> Planned:
        return Planned(
            id=self.id,
            method=self.method,
            path=self.path,
            keeping=ByUpstream(pages=self.pages),
            shape=Shape(parameters=tuple(self._parameters())),
            has=self.needs,
            summary=f"{self.method} {self.path}",
            reason="learned from what passed",
        )

    @property
    def needs(self) -> Need:
        found = self.has
        if found & _OF_ROWS and not found & (Need.ACCOUNT | Need.TOKENS | Need.UPLOAD | Need.DOWNLOAD | Need.STREAM):
            found |= Need.RESOURCE
        if self.credentials:
            found |= Need.CREDENTIALS if self.anonymous else Need.CREDENTIALS | Need.SESSION
        return found

    def _parameters(self) -> Iterator[Parameter]:
        for name in parameters_in(self.path):
            yield Parameter(name=name, place="path", required=True, schema={"type": "string"}, style="simple")
        for name, values in self.query.items():
            yield Parameter(name=name, place="query", schema=values.schema(), style="form", explode=True)


class Learner:
    """Grows with each exchange."""

    def __init__(self, name: str = "learned", before: Learner | None = None) -> None:
        """`before` is one that saw all of it: what it knows of paths, names are given by from the first on."""
        self._name = name
        self._paths = before.settled() if before else Paths()
        self._operations: dict[tuple[str, str], Learned] = {}
        self._ids: set[str] = set()
        self._known: dict[str, dict[str, str]] = before.known if before else {}
        self._cookies: set[str] = set()

    @property
    def known(self) -> dict[str, dict[str, str]]:
        """What things are called by, at each collection's path, with the members that say it."""
        return self._known

    def settled(self) -> Paths:
        """The paths, with no id among the words."""
        self._paths.settle()
        return self._paths

    @property
    def cookies(self) -> set[str]:
        """Names of cookies that signing in sets: one set, which grows."""
        return self._cookies

    def __iter__(self) -> Iterator[Learned]:
        return iter(self._operations.values())

    def find(self, method: str, target: str) -> Learned | None:
        """The operation that a request calls, with what is known by now."""
        return self._operations.get((method, self._paths.find(target.partition("?")[0], method)))

    def wants(self, method: str, target: str) -> bool:
        """Whether an exchange may tell something new, so that its bodies are worth reading."""
        found = self.find(method, target)
        return found is None or found.settled < _ENOUGH or any(name not in found.query for name in _asked(target))

    def see(self, facts: Facts, *, sure: bool = False) -> bool:
        """Learn from an exchange; whether something new was learned. It is `sure` that there is something where a
        request is refused.
        """
        if facts.method not in _METHODS or facts.status < 200 or facts.status >= 500:
            return False
        path, known = facts.path, self.find(facts.method, facts.target)
        if facts.status in _NOT_THERE or not path.startswith("/"):
            return False
        template = (
            known.path
            if known and facts.succeeded is False
            else self._paths.see(path, self._evidence(facts, sure=sure))
        )
        if not template:
            return False
        found = self._operations.get((facts.method, template))
        is_new = found is None
        shape = _list_shape(facts, template)
        if found is None:
            named = self._named(facts, template, shape)
            if not (facts.succeeded or sure or named.crud):
                return False  # what it does may be told by its first success
            self._ids.add(named.id)
            found = self._operations[facts.method, template] = named
        news = self._update(found, facts, shape)
        self._remember(facts, template)
        if facts.succeeded:
            found.settled = 0 if news else found.settled + 1
        return is_new or news

    def blueprint(self) -> Blueprint:
        """What is known by now, all of it kept by the real backend."""
        return Blueprint(
            name=self._name,
            title="What was learned of the real backend",
            summary="operations as they were seen",
            operations=tuple(one.planned() for one in self),
            alone=True,
        )

    def _evidence(self, facts: Facts, *, sure: bool) -> Evidence:
        return Evidence(
            method=facts.method,
            signature=facts.signature if facts.succeeded else None,
            answered=dict(called_in(facts.answer)) if facts.succeeded else {},
            known=self._known,
            sure=sure or facts.succeeded,
            file=facts.method == "GET" and not is_json(facts.answer_type),
        )

    def _named(self, facts: Facts, path: str, shape: ListShape | None) -> Learned:
        crud = self._crud(facts, path, shape)
        literals = [segment for segment in path.split("/") if segment and not segment.startswith("{")]
        readable = f"{facts.method} {path}"
        names = [".".join((*literals[-depth:], crud)) for depth in range(1, len(literals) + 1)]
        plain = [name for name in names if crud and all(_NAME.fullmatch(part) for part in name.split("."))]
        found = next((name for name in plain if name not in self._ids), readable)
        return Learned(id=found, method=facts.method, path=path, crud=crud)

    def _crud(self, facts: Facts, path: str, shape: ListShape | None) -> str:
        """What is done to rows; empty where that cannot be told."""
        if hands_out(facts):
            return ""
        bare = path.rstrip("/")
        if bare.endswith("}"):
            above = bare.rpartition("/")[0]
            return "" if not above or above.endswith("}") else _ON_ONE.get(facts.method, "")
        if facts.method == "GET":
            return "list" if shape is not None else ""
        if facts.method != "POST":
            return ""
        end = path[len(bare) :]
        collection = ("GET", path) in self._operations and self._operations["GET", path].crud == "list"
        items = any(
            (method, f"{bare}/{{{name}}}{end}") in self._operations
            for method in _ON_ONE
            for name in ("id", "slug", "uuid", "key")
        )
        made = facts.status == 201 or (facts.status == 200 and any(called_in(facts.answer)))
        return "create" if made and (facts.status == 201 or collection or items) else ""

    def _update(self, one: Learned, facts: Facts, shape: ListShape | None) -> bool:
        before = (one.needs, one.pages, len(one.query))
        credentials = bool(facts.value("authorization")) or self._has_session(facts)
        one.credentials |= credentials
        if not facts.succeeded:
            return before != (one.needs, one.pages, len(one.query))
        one.anonymous |= not credentials
        if hands_out(facts):
            self._cookies.update(_cookies_set(facts))
        one.has |= needs_told(facts, one.path, listed=shape is not None and facts.method != "POST", crud=one.crud)
        for name, value in facts.query:
            one.query.setdefault(name, Values()).see(int(value) if re.fullmatch(r"\d{1,15}", value) else value)
        if shape is not None and facts.method in {"GET", "QUERY"}:
            asked = [Parameter(name=name, place="query", schema=each.schema()) for name, each in one.query.items()]
            one.pages = _united(one.pages, pages_of(_LOOK, shape, asked)[0])
        return before != (one.needs, one.pages, len(one.query))

    def _has_session(self, facts: Facts) -> bool:
        names = {part.partition("=")[0].strip() for part in facts.value("cookie").split(";")}
        return not self._cookies.isdisjoint(names)

    def _remember(self, facts: Facts, template: str) -> None:
        """What things of a collection are called by."""
        if not facts.succeeded or facts.answer is None:
            return
        bare = template.rstrip("/")
        collection = bare.rpartition("/")[0] if bare.endswith("}") else bare
        known = self._known.setdefault(collection, {})
        for value, member in called_in(facts.answer, here=True):
            if len(known) >= _KNOWN:
                return
            known.setdefault(value, member)


_LOOK = Look({})


def _list_shape(facts: Facts, template: str) -> ListShape | None:
    """The list that an answer is; None where it is none."""
    if facts.answer is None or not 200 <= facts.status < 300 or template.rstrip("/").endswith("}"):
        return None
    return list_of(_LOOK, schema_of(facts.answer), template.rstrip("/").rpartition("/")[2])


def _united(before: Pages | None, now: Pages) -> Pages:
    """What is told of pages, with what was told by other answers: what is null in one may be a text in another."""
    if before is None or before.items != now.items:
        return now
    return replace(
        now,
        total=now.total or before.total,
        next=now.next or before.next,
        previous=now.previous or before.previous,
        more=now.more or before.more,
        addresses=now.addresses or before.addresses,
        echo={**before.echo, **now.echo},
    )


def _asked(target: str) -> list[str]:
    query = target.partition("?")[2]
    return [part.partition("=")[0] for part in query.split("&") if part and "%" not in part.partition("=")[0]]


def _cookies_set(facts: Facts) -> Iterator[str]:
    for name, value in facts.answer_fields:
        if name.lower() == "set-cookie":
            yield value.partition("=")[0].strip()
