"""Who keeps an operation's promise, where that is no service of ours for an operation of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from devkit.contract.resources import Pages, Verb
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Where the columns of a row are, in answers and bodies: in the member `below` (JSON:API's `attributes`, the
    `metadata` of Kubernetes), but for those `beside` it.
    """

    below: str
    beside: tuple[str, ...]

    def spread(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """A row as it is sent, from its columns."""
        found = {name: value for name, value in values.items() if name in self.beside}
        return {**found, self.below: {name: value for name, value in values.items() if name not in found}}

    def gathered(self, row: Mapping[str, Json]) -> dict[str, Json]:
        """The columns, from a row as it was sent."""
        inside = row.get(self.below)
        return {name: value for name, value in row.items() if name != self.below} | (
            dict(inside) if isinstance(inside, Mapping) else {}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ByResource:
    """Kept by rows: what is done to which resource. `parent` is the column that the path's parameter, or the header, of
    that name decides; `item` the parameter that holds the row's id. `wraps` is the path of the member that a row stands
    below in the answer, and `takes` of the one in the body; empty for none. `members` says where its columns are in it,
    where they are not all its own. `around` is what else is in the answer:
    an object of this schema is made, and what is known stands in it; that is nothing where the answer `shows` no row.
    A replacement that `makes` rows makes one, called as the path says, where there is none. `places` are, for this
    resource and those it refers to whose rows are kept apart, the path's parameters that say where. A list may have
    those rows alone that the caller has `marked` so.
    """

    resource: str
    verb: Verb
    item: str = ""
    parent: Mapping[str, str] = field(default_factory=dict)
    wraps: str = ""
    takes: str = ""
    members: Members | None = None
    around: Schema = field(default_factory=dict)
    shows: bool = True
    makes: bool = False
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    marked: str = ""
    pages: Pages | None = None
    """Where other than the resource's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTransition:
    """A row is changed, where it is as `when` says (a list of values: one of these); else that is an error. `parent`,
    `places` and `wraps` are as for other rows. With a `mark` the caller marks it, or takes that back where `unmarks`.
    """

    resource: str
    item: str
    set: Mapping[str, Json]
    wraps: str = ""
    when: Mapping[str, Json] = field(default_factory=dict)
    otherwise: str = "conflict"
    mark: str = ""
    unmarks: bool = False
    parent: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


OWN = "user.own."
"""What goes before the name of a field that a contract of somebody's own has for accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByService:
    """Kept by a service of ours, as the operation of that id is; `names` are how its fields are called here, and
    `takes` is the member of the body that they are in; empty for the body itself.

    `gives` are the paths of members in the answer, with what of the result stands there: `access_token`,
    `refresh_token`, `token_type`, `expires_in`, `expires_at`, `message`, of the user `user.email` and other fields, and
    `user.own.bio` and the like. Where it is empty, the answer is that of the dialect that accounts are like. `around`
    is as that of rows.
    """

    operation: str
    names: Mapping[str, str] = field(default_factory=dict)
    takes: str = ""
    gives: Mapping[str, str] = field(default_factory=dict)
    around: Schema = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByAnswer:
    """Always answered from its outcomes: an example, else a value made from the schema. `why` says, as the end of a
    sentence, why nothing better keeps it; empty where the user chose it. `status` is the usual answer's. `otherwise` is
    an error, by its name, where the request names none of several answers; empty for the first of them.
    """

    status: str = ""
    why: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFunction:
    """A function in a Python file of the user's."""

    file: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEvents:
    """Answered with events, as they come: those of these topics that the caller may hear."""

    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUpstream:
    """Kept by the real backend. `pages` says how its lists come in pages, where it answers with one."""

    pages: Pages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRecording:
    """Kept by what was recorded: a HAR file, or a folder with one. `pages` as for the real backend."""

    recording: Path
    pages: Pages | None = None


Keeping = ByResource | ByTransition | ByService | ByAnswer | ByFunction | ByEvents | ByUpstream | ByRecording


def kept_by(keeper: str | Keeping) -> str:
    """In a few words, what keeps an operation: `tasks.list` is a service of ours."""
    match keeper:
        case str():
            found = keeper
        case ByResource():
            found = f"rows of {keeper.resource}"
        case ByTransition():
            found = f"a step of {keeper.resource}"
        case ByService():
            found = keeper.operation
        case ByFunction():
            found = f"{keeper.file.name}: {keeper.name}"
        case ByEvents():
            found = "the events"
        case ByUpstream():
            found = "the real backend"
        case ByRecording():
            found = f"the recording {keeper.recording.name}"
        case ByAnswer():
            found = "its schema" if keeper.why else "its answer"
    return found
