"""Scenario files, read strictly: all that is wrong is told, with file, line, column, its text and the nearest name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

from devkit import yamlfile
from devkit.dialects.backend import Backend
from devkit.errors import Mistakes, did_you_mean
from devkit.faults.base import Fault, Moment
from devkit.faults.registry import FAULTS
from devkit.records import dataclass
from devkit.scenario.activation import START
from devkit.scenario.matching import any_glob, idle
from devkit.scenario.model import Rule, Scenario
from devkit.yamlfile import Document, KeyPath


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A file that is valid; `warnings` are sentences about what can never happen."""

    scenario: Scenario
    document: Document
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    document: Document
    backend: Backend
    shipped: bool
    warnings: list[str] = field(default_factory=list)

    def warn(self, where: KeyPath, sentence: str) -> None:
        self.warnings.append(f"{self.document.path}:{self.document.line(where)}: {sentence}")


def load(path: Path, backend: Backend, *, shipped: bool = False) -> LoadedScenario:
    """Read one file. Raises FileError."""
    return understand(yamlfile.read(path), backend, shipped=shipped)


def understand(document: Document, backend: Backend, *, shipped: bool = False) -> LoadedScenario:
    """What a document says, if it is a valid scenario of that backend. A `shipped` one is for any: what it names need
    not be there. Raises FileError with all that is wrong.
    """
    mistakes, reading = Mistakes(), _Reading(document, backend, shipped=shipped)
    value = _with_faults(reading, mistakes)
    _check_names(reading, value, mistakes)
    with mistakes:
        scenario = document.parse(Scenario, value)
        _check_whole(reading, scenario, mistakes)
        for number, rule in enumerate(scenario.rules):
            _look_at(reading, rule, ("rules", number))
    mistakes.settle()
    return LoadedScenario(scenario, document, tuple(reading.warnings))


class _Unread(Fault):
    """Stands where a file's fault cannot be read: what is wrong with it is told already, and so is the rest."""

    kind = "unread"


def _with_faults(reading: _Reading, mistakes: Mistakes) -> Any:
    """The file's value with each rule's fault as a typed object: so that what is wrong inside is told where it is."""
    value = reading.document.value
    if not isinstance(value, dict) or not isinstance(value.get("rules"), list):
        return value
    rules = [
        {**rule, "fault": _fault(reading, rule["fault"], ("rules", number, "fault"), mistakes)}
        if isinstance(rule, dict) and isinstance(rule.get("fault"), dict)
        else rule
        for number, rule in enumerate(value["rules"])
    ]
    return {**value, "rules": rules}


def _fault(reading: _Reading, written: dict[str, Any], where: KeyPath, mistakes: Mistakes) -> Fault:
    document = reading.document
    with mistakes:
        kind = written.get("type")
        if kind is None:
            raise document.error(
                where, "the fault has no `type`", remedy="Write `type: family.kind`; see `devkit faults`."
            )
        if not isinstance(kind, str) or kind not in FAULTS:
            raise document.error(
                (*where, "type"),
                f"there is no fault of type {kind!r}.{did_you_mean(str(kind), FAULTS.names())}",
                remedy="`devkit faults` lists them.",
            )
        parameters = {key: value for key, value in written.items() if key != "type"}
        fault = document.parse(FAULTS[kind], parameters, at=where)
        for name, problem in fault.misnamed(reading.backend.contract):
            mistakes.add(document.error((*where, name), problem))
        return fault
    return _Unread()


def _check_names(reading: _Reading, value: Any, mistakes: Mistakes) -> None:
    """Whether what a file names is there, as far as it can be read, however much else is wrong with it."""
    document = reading.document
    if not isinstance(value, dict):
        return
    if isinstance(value.get("name"), str) and value["name"] != document.path.stem:
        mistakes.add(
            document.error(
                ("name",),
                f"the scenario is named {value['name']!r}, its file {document.path.name!r}",
                remedy="Give both the same name.",
            )
        )
    for key, what in (("rules", "rule"), ("expect", "expectation")):
        seen: set[str] = set()
        for number, item in _dicts(value.get(key)):
            name = item.get("id")
            if isinstance(name, str) and name in seen:
                mistakes.add(document.error((key, number, "id"), f"two {what}s have the id {name!r}"))
            elif isinstance(name, str):
                seen.add(name)
            calls = item.get("calls")
            _check_match(reading, item.get("match"), (key, number, "match"), mistakes)
            if isinstance(calls, dict):
                _check_match(reading, calls.get("match"), (key, number, "calls", "match"), mistakes)
                if isinstance(given := calls.get("given"), dict):
                    _check_match(reading, given.get("match"), (key, number, "calls", "given", "match"), mistakes)


def _dicts(items: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Those of a list that are mappings, with their place in it."""
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield number, item


def _check_match(reading: _Reading, match: Any, where: KeyPath, mistakes: Mistakes) -> None:
    if not isinstance(match, dict) or reading.shipped:
        return
    contract = reading.backend.contract
    for known in (contract.operations, contract.events, reading.backend.dialects):
        names = known.names()
        for number, pattern in _texts(match.get(known.what)):
            if not any(any_glob([pattern], name) for name in names):
                place, problem = (*where, known.what, number), f"there is no {known.what} {pattern!r}"
                if reading.backend.is_open and known is not reading.backend.dialects:
                    reading.warn(place, f"{problem} so far; the real backend may have it")
                else:
                    mistakes.add(reading.document.error(place, f"{problem}.{did_you_mean(pattern, names)}"))


def _texts(given: Any) -> Iterator[tuple[int, str]]:
    """Those of a list that are texts, with their place in it; one text alone may stand without a list around it."""
    for number, item in enumerate(given if isinstance(given, list) else [given]):
        if isinstance(item, str):
            yield number, item


def _look_at(reading: _Reading, rule: Rule, where: KeyPath) -> None:
    """Warn of what can never hold."""
    kind, contract = type(rule.fault), reading.backend.contract
    place = (*where, "match")
    if rule.match.event is not None and Moment.FRAME not in kind.moments():
        reading.warn((*place, "event"), f"this can never hold: {kind.kind} does not act on events")
    if reading.backend.is_open:
        # What it has is not all known.
        return
    if rule.match.event is not None and not _meet(rule.match.event, kind.events, contract.events.names()):
        reading.warn((*place, "event"), f"this can never hold: {kind.kind} does not act on these events")
    if trouble := idle(rule, contract):
        named = next((key for key in ("operation", "needs") if getattr(rule.match, key) is not None), None)
        reading.warn((*place, named) if named else (*where, "fault"), f"this can never hold: {trouble}")


def _meet(wanted: Iterable[str], possible: Iterable[str], names: list[str]) -> bool:
    return any(any_glob(wanted, name) and any_glob(possible, name) for name in names)


def _check_whole(reading: _Reading, scenario: Scenario, mistakes: Mistakes) -> None:
    """What only all rules and expectations together tell."""
    _check_states(reading, scenario, mistakes)
    _check_order(reading.document, scenario, mistakes)
    _no_circles(reading.document, scenario, mistakes)


def _check_states(reading: _Reading, scenario: Scenario, mistakes: Mistakes) -> None:
    reached = {START, *(rule.then.state for rule in scenario.rules if rule.then)}
    asked = {rule.when.state for rule in scenario.rules}
    for number, rule in enumerate(scenario.rules):
        if rule.when.state is not None and rule.when.state not in reached:
            mistakes.add(
                reading.document.error(
                    ("rules", number, "when", "state"),
                    f"no rule leads to the state {rule.when.state!r}.{did_you_mean(rule.when.state, reached)}",
                )
            )
        if rule.then is not None and rule.then.state not in asked | {START}:
            reading.warn(("rules", number, "then", "state"), f"no rule asks for the state {rule.then.state!r}")


def _check_order(document: Document, scenario: Scenario, mistakes: Mistakes) -> None:
    known = {expectation.id for expectation in scenario.expect} | {rule.id for rule in scenario.rules}
    for number, expectation in enumerate(scenario.expect):
        calls = expectation.calls
        after = calls.after if calls else None
        if after is not None and (after not in known or after == expectation.id):
            mistakes.add(
                document.error(
                    ("expect", number, "calls", "after"),
                    f"there is no expectation or rule {after!r} to come after."
                    f"{did_you_mean(after, known - {expectation.id})}",
                )
            )
        rules = {rule.id for rule in scenario.rules}
        if calls is not None and calls.repeats is not None and calls.repeats not in rules:
            mistakes.add(
                document.error(
                    ("expect", number, "calls", "repeats"),
                    f"there is no rule {calls.repeats!r}.{did_you_mean(calls.repeats, rules)}",
                )
            )


def _no_circles(document: Document, scenario: Scenario, mistakes: Mistakes) -> None:
    """An expectation that came after itself could never be judged."""
    rules = {rule.id for rule in scenario.rules}
    after = {one.id: one.calls.after for one in scenario.expect if one.calls and one.calls.after not in rules}
    for number, expectation in enumerate(scenario.expect):
        place, seen = after.get(expectation.id), {expectation.id}
        while place is not None and place not in seen:
            seen.add(place)
            place = after.get(place)
        if place == expectation.id and after[expectation.id] != expectation.id:
            where: KeyPath = ("expect", number, "calls", "after")
            mistakes.add(document.error(where, f"{expectation.id!r} would come after itself"))
