"""`replay.yaml`: what a person says of how a recording is replayed. It is read strictly, and never written to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from devkit import yamlfile
from devkit.errors import did_you_mean
from devkit.recording.journal import SETTINGS

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
    move_instants: bool = Field(default=True, alias="move-instants")

    def matched(self, method: str, template: str) -> Match:
        return self.match.get(f"{method} {template}", _ALL)


_ALL = Match()


def settings_beside(recording: Path, operations: list[str] | None = None) -> ReplaySettings:
    """What `replay.yaml` says in that folder, or beside that file. `operations` are those that can be named there, such
    as `GET /orders/{id}`. Raises FileError, all that is wrong.
    """
    path = (recording if recording.is_dir() else recording.parent) / SETTINGS
    if not path.is_file():
        return ReplaySettings()
    try:
        document = yamlfile.read(path)
    except yamlfile.EmptyFile:
        return ReplaySettings()
    found = document.parse(ReplaySettings)
    for name in found.match:
        if operations is not None and name not in operations:
            some = ", ".join(operations[:8])
            raise document.error(
                ("match", name),
                f"nothing like {name!r} was recorded.{did_you_mean(name, operations)}",
                remedy=f"Operations are called such as {some}." if some else None,
            )
    return found
