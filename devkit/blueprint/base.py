"""A blueprint: all that is known of a user's backend, whatever it was read from. `devkit.dialects.yours.backend` makes
the contract and the dialect of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

from devkit.contract.keeping import Keeping
from devkit.contract.operations import NOTHING, Access, Need
from devkit.contract.resources import Resource
from devkit.contract.shapes import Outcome, Shape
from devkit.records import dataclass
from devkit.schemas.base import Components, Json, Schema

ERROR_WORDS = ("code", "message", "status", "fields", "errors", "request_id", "timestamp")
"""What may stand in a template of errors, in braces: `fields` is an object of messages by field, `errors` a list of
`{field, message}`. A word with other text around it becomes text.
"""

EVENT_WORDS = ("id", "event", "topic", "timestamp", "resource", "data")
"""What may stand in the envelope of events, in the same way: `id` rises with each, `data` is the row, and `resource`
what one is called.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One operation of the user's. `path` has `{parameters}` and begins behind the base. `reason` says, as a sentence,
    why it is kept as it is (`devkit contract show`). `role` is one that the caller must have. `has` are needs that it
    meets and that nothing else here tells.
    """

    id: str
    method: str
    path: str
    keeping: Keeping
    shape: Shape = field(default_factory=Shape)
    outcomes: tuple[Outcome, ...] = ()
    access: Access = Access.PUBLIC
    role: str = ""
    summary: str = ""
    description: str = ""
    area: str = ""
    emits: tuple[str, ...] = ()
    has: Need = NOTHING
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """Where a session travels, and how sign-in looks. `cookie` and `header` name where the access token comes; empty
    for nowhere; `bearer` is an Authorization header. `like` is the shipped dialect whose rows for accounts are served
    below the base, unless operations of the user's are bound to them. `fields` are what accounts have besides, a schema
    for each, and `required` those that must be given at registration.
    """

    like: str = "agreed"
    cookie: str = ""
    bearer: bool = True
    header: str = ""
    lifetime: int = 3600
    refresh_lifetime: int = 30 * 86_400
    fields: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @property
    def defaults(self) -> Mapping[str, Json]:
        """What the fields are where nobody said anything."""
        return {name: schema.get("default") for name, schema in self.fields.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPlan:
    """How errors look: a shape that devkit knows, or a `template` of the user's in which `{code}`, `{message}`,
    `{status}`, `{fields}`, `{request_id}`, `{timestamp}` stand for these; `statuses` by the error's name. With
    `examples` an operation's own examples of an error are sent, the one that is about the same fields.
    """

    like: Literal["problem", "agreed", "webplus", "promptcraft", "taskapp", "template"] = "problem"
    template: Json = None
    statuses: Mapping[str, int] = field(default_factory=dict)
    examples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKindPlan:
    """An event of the user's; `schema` is the payload's."""

    name: str
    schema: Schema
    topics: tuple[str, ...]
    summary: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Blueprint:
    """`files` are all that it was read from, and that a change of it shows in. `warnings` are sentences about what is
    odd and no mistake. `accounts` is None where nobody signs in. `envelope` is a template of what is
    told of a row, an object; None where events look as ours do. `socket` is the path, behind the base, at which they
    are heard; where it is empty, that is `/ws`, whatever the base. With `alone` nothing of ours is served beside it:
    the rest is another backend's.
    """

    name: str
    title: str = ""
    summary: str = ""
    base: str = ""
    resources: Mapping[str, Resource] = field(default_factory=dict)
    operations: tuple[Planned, ...] = ()
    components: Components = field(default_factory=dict)
    accounts: SessionPlan | None = None
    errors: ErrorPlan = field(default_factory=ErrorPlan)
    events: tuple[EventKindPlan, ...] = ()
    envelope: Json = None
    socket: str = ""
    alone: bool = False
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
