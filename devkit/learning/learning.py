"""All that a recording tells of a backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import cached_property

from devkit.learning.facts import Facts, facts_of
from devkit.learning.operations import Learned as LearnedOperation
from devkit.learning.operations import Learner
from devkit.learning.people import People, Person
from devkit.learning.values import Values
from devkit.recording.base import Recorded
from devkit.records import dataclass
from devkit.schemas.base import Json

_PAGES = ("text/html", "text/css", "text/javascript", "application/javascript", "image/", "font/", "video/", "audio/")
"""What a frontend is made of, which a server may have beside its operations."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One that was recorded, the operation that it called, and who did; None for nobody that is known."""

    facts: Facts
    operation: LearnedOperation
    caller: Person | None
    at: float

    @property
    def values(self) -> dict[str, str]:
        """The path's parameters."""
        return values_in(self.operation.path, self.facts.path)


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """`left` are those that no operation was made of, by why, with how many there were."""

    name: str
    base: str
    operations: tuple[LearnedOperation, ...]
    exchanges: tuple[Exchange, ...]
    people: People
    left: Mapping[str, int] = field(default_factory=dict)

    def of(self, operation: LearnedOperation) -> list[Exchange]:
        """The exchanges of an operation, in their order."""
        return self._by_operation.get(id(operation), [])

    @cached_property
    def _by_operation(self) -> Mapping[int, list[Exchange]]:
        found: dict[int, list[Exchange]] = {}
        for one in self.exchanges:
            found.setdefault(id(one.operation), []).append(one)
        return found


def learn(exchanges: Iterable[Recorded], name: str = "learned") -> Learned:
    """What a recording tells. One origin is learned of: that to which most was sent."""
    left: Counter[str] = Counter()
    everything = sorted(exchanges, key=lambda one: one.at)
    origins = Counter(one.origin for one in everything)
    origin = origins.most_common(1)[0][0] if origins else ""
    told: list[tuple[Recorded, Facts]] = []
    for one in everything:
        why = _left_out(one, origin)
        if why:
            left[why] += 1
        else:
            told.append((one, facts_of(one)))
    learner = _learned(name, [facts for _, facts in told])
    people, found = People(), list[Exchange]()
    for one, facts in told:
        operation = learner.find(facts.method, facts.target)
        if operation is None:
            left[f"what answered {facts.status} and nothing else" if facts.status >= 400 else "other methods"] += 1
            continue
        caller = people.caller(facts)
        people.see(facts, operation.path)
        found.append(Exchange(facts, operation, caller, one.at))
    operations = tuple(learner)
    return Learned(
        name=name,
        base=_base([one.path for one in operations]),
        operations=operations,
        exchanges=tuple(found),
        people=people,
        left=left,
    )


def _learned(name: str, told: Sequence[Facts]) -> Learner:
    first = Learner(name)
    for facts in told:
        first.see(facts)
    learner = Learner(name, before=first)
    for facts in told:
        if facts.succeeded:
            learner.see(facts)
    for facts in told:
        if not facts.succeeded:
            learner.see(facts, sure=True)
    return learner


def _left_out(one: Recorded, origin: str) -> str:
    """Why nothing is learned of an exchange; empty where something is."""
    if one.origin != origin:
        return f"sent to {one.origin}"
    if one.status == 101:
        return "WebSockets"
    if not one.status:
        return "failed before an answer came"
    if one.method.upper() in {"OPTIONS", "HEAD"}:
        return f"{one.method.upper()} requests, which are answered as for every path"
    kind = next((value for name, value in one.answer_fields if name.lower() == "content-type"), "").lower()
    if one.method.upper() == "GET" and kind.startswith(_PAGES):
        return "pages, scripts, styles and pictures"
    return ""


def _base(paths: Sequence[str]) -> str:
    """What all paths begin with, where that is what an API's usually do: `/api`, `/api/v1`, `/v1`."""
    if len(paths) < 2:
        return ""
    shared = paths[0].split("/")[1:-1]
    for path in paths[1:]:
        segments = path.split("/")[1:-1]
        common = 0
        while common < min(len(shared), len(segments)) and shared[common] == segments[common]:
            common += 1
        shared = shared[:common]
    kept: list[str] = []
    for segment in shared:
        if segment not in {"api", "rest"} and not (segment[:1] == "v" and segment[1:].isdigit()):
            break
        kept.append(segment)
    return "".join(f"/{segment}" for segment in kept)


def values_in(template: str, path: str) -> dict[str, str]:
    """The values of a template's parameters in a path, as they stand there."""
    pairs = zip(template.split("/"), path.split("/"), strict=False)
    return {name[1:-1]: value for name, value in pairs if name.startswith("{")}


def seen(values: Iterable[Json]) -> Values:
    """What comes of several values."""
    found = Values()
    for value in values:
        found.see(value)
    return found
