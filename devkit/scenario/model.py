"""A scenario file as typed data (`../shared`'s scenario format: title, rules, expectations)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from devkit.contract.fields import rejected
from devkit.contract.needs import NEEDS
from devkit.errors import did_you_mean
from devkit.faults.base import Fault
from devkit.faults.parameters import Duration
from devkit.faults.registry import fault_of

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _need(word: str) -> str:
    if word not in NEEDS:
        raise rejected(f"there is no need {word!r}.{did_you_mean(word, NEEDS)}")
    return word


class Match(_Strict):
    """Every line given must hold; what is left out matches all that the fault can act on. Texts are globs, but for
    `needs`: what an operation has to have, all of them at once.
    """

    operation: Annotated[list[str], Field(min_length=1)] | None = None
    needs: Annotated[list[Annotated[str, AfterValidator(_need)]], Field(min_length=1)] | None = None
    dialect: list[str] | None = None
    method: list[str] | None = None
    path: list[str] | None = None
    user: list[str] | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: dict[str, Any] = {}
    event: list[str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        listed = {"operation", "needs", "dialect", "method", "path", "user", "event"}
        return {key: _listed(item) if key in listed else item for key, item in value.items()}


class When(_Strict):
    """Which of the moments that match it fires at; `after` and `for` are a window on the sandbox's clock."""

    skip: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None
    every: Annotated[int, Field(ge=1)] = 1
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    after: Duration = 0
    for_: Annotated[Duration | None, Field(alias="for")] = None
    state: Name | None = None
    count_by: Literal["sandbox", "user", "path"] = "sandbox"


class Then(_Strict):
    """What follows when it has fired: a named state of the scenario."""

    state: Name


class Rule(_Strict):
    """What it matches, when it fires, which fault it injects. `after_commit` lets the work happen first."""

    id: Name
    match: Match = Match()
    when: When = When()
    fault: SerializeAsAny[Fault]
    phase: Literal["before", "after_commit"] = "before"
    then: Then | None = None

    @model_validator(mode="before")
    @classmethod
    def _typed_fault(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("fault"), dict):
            return {**value, "fault": fault_of(value["fault"])}
        return value


class Given(_Strict):
    """What must have been seen, behind what the expectation comes `after`, before there is anything to judge."""

    match: Match = Match()
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    at_least: Annotated[int, Field(ge=1)] = 1
    at_once: bool = False
    """Whether so many must have been under way at one moment."""


class ExpectedCalls(_Strict):
    """How often a good frontend calls what `match` names, and how it spaces its calls."""

    match: Match = Match()
    given: Given | None = None
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None
    distinct: bool = False
    within: Duration | None = None
    after: Name | None = None
    repeats: Name | None = None
    min_gap: Duration | Literal["retry_after"] | None = None
    min_growth: Annotated[float, Field(ge=1)] | None = None
    same_body: bool | None = None
    same_header: Text | None = None
    max_concurrent: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _something(self) -> ExpectedCalls:
        _expects(self, "count", "at_least", "at_most", *_RELATIONS)
        if self.count is not None and (self.at_least is not None or self.at_most is not None):
            raise rejected("`count` says it all: it stands for `at_least` and `at_most`")
        if self.distinct and self.count is None and self.at_least is None and self.at_most is None:
            raise rejected("`distinct` goes with `count`, `at_least` or `at_most`")
        return self


_RELATIONS = ("repeats", "min_gap", "min_growth", "same_body", "same_header", "max_concurrent")


class ExpectedSocket(_Strict):
    """What a good frontend does with its WebSocket."""

    reconnects: Annotated[int, Field(ge=0)] | bool | None = None
    at_most: Annotated[int, Field(ge=0)] | None = None
    resubscribes: bool | None = None
    within: Duration | None = None
    min_gap: Duration | None = None
    min_growth: Annotated[float, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _something(self) -> ExpectedSocket:
        _expects(self, "reconnects", "at_most", "resubscribes", "min_gap", "min_growth")
        return self


def _expects(given: BaseModel, *checks: str) -> None:
    """Raises ValueError where none of the checks is there: what expects nothing can never fail."""
    if all(getattr(given, check) is None for check in checks):
        raise rejected(f"expects nothing: add one of {', '.join(f'`{check}`' for check in checks)}")


class Expectation(_Strict):
    """One thing that a good frontend does about it."""

    id: Name
    title: Text
    calls: ExpectedCalls | None = None
    socket: ExpectedSocket | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Expectation:
        if (self.calls is None) == (self.socket is None):
            raise rejected("expects either `calls` or `socket`")
        return self


class Scenario(_Strict):
    """A file in `scenarios/`; its name is the file's. One that `departs_from` a contract may be served as one."""

    name: Name
    title: Text
    description: str = ""
    departs_from: str = ""
    tags: list[Name] = []
    extends: list[Name] = []
    rules: list[Rule] = []
    expect: list[Expectation] = []
