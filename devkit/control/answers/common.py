"""What answers of several areas have in common."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# On Python 3.11 pydantic reads no other TypedDict than this one.
from typing_extensions import TypedDict


class Failure(TypedDict):
    """A control call that was not done: a code, a sentence, and one for each bad parameter by its name."""

    error: str
    message: str
    details: NotRequired[dict[str, str]]


class Said(TypedDict):
    """What was done, in a sentence."""

    message: str


class Deleted(TypedDict):
    """What was done, in a sentence, and to how many."""

    message: str
    deleted: int


class Named(TypedDict):
    """The names of what was switched."""

    names: list[str]


class Owner(TypedDict):
    """A user, in short."""

    id: str
    email: str


class Proxy(TypedDict):
    """A proxy that calls come through: the dev server's that it is like (empty: none that is known), and what it is
    known by.
    """

    name: str
    title: str
    sign: str


class Strike(TypedDict):
    """A fault that struck: `rule` is `scenario/rule`; `number` counts the rule's strikes; `draw` is what probability
    drew.
    """

    rule: str
    kind: str
    number: int
    draw: float | None


Told = TypedDict(
    "Told",
    {
        "name": str,
        "in": Literal["path", "query", "body"],
        "type": str,
        "required": bool,
        "default": Any,
        "summary": str,
    },
)
"""A parameter of a control operation; `type` is a word of this listing's own, such as `duration`."""


class Listed(TypedDict):
    """A control operation."""

    id: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    websocket: bool
    parameters: list[Told]


class Listing(TypedDict):
    """All control operations."""

    data: list[Listed]
