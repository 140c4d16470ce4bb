"""Scenarios, faults and barriers."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict


class Mistake(TypedDict):
    """What is wrong with a file, and where: lines and columns from 1, the line as it stands there."""

    file: str
    line: int | None
    column: int | None
    source: str | None
    message: str
    remedy: str | None


class Problem(Mistake):
    """The same, with further mistakes."""

    others: list[Mistake]


class ScenarioRow(TypedDict):
    """A scenario. `source` is `shipped`, its file, `removed` or `unsaved`; `expects` counts what it expects. One whose
    file is broken has an `error`, and keeps its last good version.
    """

    name: str
    title: str
    description: str
    tags: list[str]
    expects: int
    source: str
    active: bool
    warnings: list[str]
    error: NotRequired[str]
    problem: NotRequired[Problem]


class ScenarioList(TypedDict):
    """By name."""

    data: list[ScenarioRow]
    total: int


class Scenario(ScenarioRow):
    """A scenario with its file's keys, and the rules of those that it extends."""

    rules: list[dict[str, Any]]
    expect: list[dict[str, Any]]
    extends: NotRequired[list[str]]
    departs_from: NotRequired[str]


class RuleCount(TypedDict):
    """How often a rule matched and struck."""

    id: str
    fault: str
    matched: int
    struck: int


class Activation(TypedDict):
    """A scenario that is on; `warnings` tell what of it can strike nothing here, or arrives otherwise. `error` is that
    of a broken file, whose last good version is on.
    """

    name: str
    title: str
    since: str
    until: str | None
    state: str
    rules: list[RuleCount]
    warnings: list[str]
    error: NotRequired[str]


class Checked(TypedDict):
    """A draft as YAML and as JSON (null where it is no YAML), and what is wrong with it (null for nothing)."""

    text: str
    scenario: Any
    warnings: list[str]
    problem: Problem | None


class Saved(TypedDict):
    """The file that a scenario was written to; `hides_shipped`: one of that name comes along with devkit."""

    name: str
    file: str
    hides_shipped: bool
    warnings: list[str]


class Source(TypedDict):
    """A scenario's file as it is now."""

    name: str
    file: str
    shipped: bool
    text: str
    problem: Problem | None


class Fault(TypedDict):
    """A kind of fault. `schema` is the JSON Schema of its parameters, `needs` what an operation must have (one of each
    list) to be struck, `operations` those that do.
    """

    kind: str
    story: str
    acts_on: list[str]
    needs: list[list[str]]
    operations: list[str]
    events: list[str]
    bends: str | None
    terminal: bool
    example: dict[str, Any]
    schema: dict[str, Any]


class FaultList(TypedDict):
    """Every kind."""

    data: list[Fault]
    total: int


class Barrier(TypedDict):
    """A barrier, and how many calls wait at it."""

    name: str
    waiting: int


class BarrierList(TypedDict):
    """Those that something waits at."""

    data: list[Barrier]
    total: int


class Released(TypedDict):
    """How many calls a barrier let go."""

    name: str
    released: int
