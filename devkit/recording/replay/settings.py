"""What a person may say of how a recording is replayed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

OnMiss = Literal["fail", "mock", "proxy", "record"]
_Name = Annotated[str, StringConstraints(pattern=r"^[^\s\[\]{}]+(\[\][^\s\[\]{}]*)*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Match(_Strict):
    """How an operation is matched: whether its body counts, and which parameters of its query do not."""

    body: bool = True
    query: bool | list[str] = True
    """False: none counts; a list: only these do."""


class ReplaySettings(_Strict):
    """All that may be said. `volatile` are names of members, anywhere; or `query.NAME`, or `body.PATH`."""

    volatile: list[_Name] = Field(default_factory=list)
    match: dict[str, Match] = Field(default_factory=dict)
    on_miss: OnMiss = Field(default="fail", alias="on-miss")
    time_as_delay: bool = Field(default=False, alias="time-as-delay")
    sign_in: Literal["real", "recorded"] = Field(default="real", alias="sign-in")
    move_instants: bool = Field(default=True, alias="move-instants")

    def matched(self, method: str, template: str) -> Match:
        return self.match.get(f"{method} {template}", _ALL)


_ALL = Match()
