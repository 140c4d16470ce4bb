"""Scenario files, read strictly: what is wrong is told with file, line, column, its text and the nearest name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path
from typing import Any

from devkit import yamlfile
from devkit.contract.catalogue import OPERATIONS
from devkit.contract.events import EVENTS
from devkit.dialects.table import DIALECTS
from devkit.errors import did_you_mean
from devkit.faults.base import Fault, Moment
from devkit.faults.registry import FAULTS
from devkit.records import dataclass
from devkit.scenario.engine import START
from devkit.scenario.matching import any_glob
from devkit.scenario.model import Match, Rule, Scenario
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
    warnings: list[str] = field(default_factory=list)

    def warn(self, where: KeyPath, sentence: str) -> None:
        self.warnings.append(f"{self.document.path}:{self.document.line(where)}: {sentence}")


def load(path: Path) -> LoadedScenario:
    """Read one file. Raises FileError."""
    return understand(yamlfile.read(path))


def understand(document: Document) -> LoadedScenario:
    """What a document says, if it is a valid scenario. Raises FileError."""
    reading = _Reading(document)
    scenario = document.parse(Scenario, _with_faults(document))
    if scenario.name != document.path.stem:
        raise document.error(
            ("name",),
            f"the scenario is named {scenario.name!r}, its file {document.path.name!r}",
            remedy="Give both the same name.",
        )
    _no_twins(document, "rules", "rule", scenario.rules)
    _no_twins(document, "expect", "expectation", scenario.expect)
    for number, rule in enumerate(scenario.rules):
        _check_rule(reading, rule, ("rules", number))
    _check_states(reading, scenario)
    _check_expectations(reading, scenario)
    return LoadedScenario(scenario, document, tuple(reading.warnings))


def _with_faults(document: Document) -> Any:
    """The file's value with each rule's fault as a typed object: so that what is wrong inside is told where it is."""
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("rules"), list):
        return value
    rules = [
        {**rule, "fault": _fault(document, rule["fault"], ("rules", number, "fault"))}
        if isinstance(rule, dict) and isinstance(rule.get("fault"), dict)
        else rule
        for number, rule in enumerate(value["rules"])
    ]
    return {**value, "rules": rules}


def _fault(document: Document, written: dict[str, Any], where: KeyPath) -> Fault:
    kind = written.get("type")
    if kind is None:
        raise document.error(where, "the fault has no `type`", remedy="Write `type: family.kind`; see `devkit faults`.")
    if not isinstance(kind, str) or kind not in FAULTS:
        raise document.error(
            (*where, "type"),
            f"there is no fault of type {kind!r}.{did_you_mean(str(kind), FAULTS.names())}",
            remedy="`devkit faults` lists them.",
        )
    parameters = {key: value for key, value in written.items() if key != "type"}
    return document.parse(FAULTS[kind], parameters, at=where)


def _no_twins(document: Document, key: str, what: str, items: Iterable[Any]) -> None:
    seen: set[str] = set()
    for number, item in enumerate(items):
        if item.id in seen:
            raise document.error((key, number, "id"), f"two {what}s have the id {item.id!r}")
        seen.add(item.id)


def _check_rule(reading: _Reading, rule: Rule, where: KeyPath) -> None:
    kind = type(rule.fault)
    _check_match(reading.document, rule.match, (*where, "match"))
    moments = kind.moments()
    place = (*where, "match")
    if rule.match.event is not None and Moment.FRAME not in moments:
        reading.warn((*place, "event"), f"this can never hold: {kind.kind} does not act on events")
    elif rule.match.event is not None and not _meet(rule.match.event, kind.events, EVENTS.names()):
        reading.warn((*place, "event"), f"this can never hold: {kind.kind} does not act on these events")
    if rule.match.operation is None:
        return
    if not moments & {Moment.REQUEST, Moment.PREFLIGHT}:
        reading.warn((*place, "operation"), f"this can never hold: {kind.kind} does not act on calls")
    elif not _meet(rule.match.operation, kind.operations, OPERATIONS.names()):
        reading.warn((*place, "operation"), f"this can never hold: {kind.kind} does not act on these operations")


def _check_match(document: Document, match: Match, where: KeyPath) -> None:
    _known(document, match.operation, OPERATIONS.names(), "operation", where)
    _known(document, match.event, EVENTS.names(), "event", where)
    _known(document, match.dialect, DIALECTS.names(), "dialect", where)


def _known(document: Document, patterns: list[str] | None, names: list[str], what: str, where: KeyPath) -> None:
    for number, pattern in enumerate(patterns or ()):
        if not any(any_glob([pattern], name) for name in names):
            raise document.error(
                (*where, what, number), f"there is no {what} {pattern!r}.{did_you_mean(pattern, names)}"
            )


def _meet(wanted: Iterable[str], possible: Iterable[str], names: list[str]) -> bool:
    return any(any_glob(wanted, name) and any_glob(possible, name) for name in names)


def _check_states(reading: _Reading, scenario: Scenario) -> None:
    reached = {START, *(rule.then.state for rule in scenario.rules if rule.then)}
    asked = {rule.when.state for rule in scenario.rules}
    for number, rule in enumerate(scenario.rules):
        if rule.when.state is not None and rule.when.state not in reached:
            raise reading.document.error(
                ("rules", number, "when", "state"),
                f"no rule leads to the state {rule.when.state!r}.{did_you_mean(rule.when.state, reached)}",
            )
        if rule.then is not None and rule.then.state not in asked | {START}:
            reading.warn(("rules", number, "then", "state"), f"no rule asks for the state {rule.then.state!r}")


def _check_expectations(reading: _Reading, scenario: Scenario) -> None:
    known = {expectation.id for expectation in scenario.expect} | {rule.id for rule in scenario.rules}
    for number, expectation in enumerate(scenario.expect):
        calls = expectation.calls
        if calls is None:
            continue
        where: KeyPath = ("expect", number, "calls")
        _check_match(reading.document, calls.match, (*where, "match"))
        if calls.after is not None and (calls.after not in known or calls.after == expectation.id):
            raise reading.document.error(
                (*where, "after"),
                f"there is no expectation or rule {calls.after!r} to come after."
                f"{did_you_mean(calls.after, known - {expectation.id})}",
            )
    _no_circles(reading.document, scenario)


def _no_circles(document: Document, scenario: Scenario) -> None:
    """An expectation that came after itself could never be judged."""
    rules = {rule.id for rule in scenario.rules}
    after = {one.id: one.calls.after for one in scenario.expect if one.calls and one.calls.after not in rules}
    for number, expectation in enumerate(scenario.expect):
        place, seen = after.get(expectation.id), {expectation.id}
        while place is not None and place not in seen:
            seen.add(place)
            place = after.get(place)
        if place == expectation.id:
            raise document.error(("expect", number, "calls", "after"), f"{expectation.id!r} would come after itself")
