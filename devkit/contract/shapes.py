"""What a call of an operation may be told and is answered, where JSON Schema says so and no class of ours: operations
of a contract of somebody's own. The words are OpenAPI's (3.1, "Parameter Object", "Request Body Object").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from devkit.records import dataclass
from devkit.schemas.base import Json, Schema

Place = Literal["path", "query", "header", "cookie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value beside the body. `style` and `explode` say how a list or an object is written in it; one with a
    `media_type` is written in that (`content` in OpenAPI).
    """

    name: str
    place: Place
    schema: Schema = field(default_factory=dict)
    required: bool = False
    style: str = ""
    explode: bool = False
    media_type: str = ""
    summary: str = ""
    deprecated: bool = False
    example: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one member of a form is written: in a `style`, as in a query, else, where there is none, in a media type."""

    style: str = ""
    explode: bool = False
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a request's body, or an answer's, may be: schemas by media type, the usual one first (`*/*` and
    `application/*` are ranges), and examples by media type and name. `encoding` is by media type and member, of forms.
    """

    media: Mapping[str, Schema]
    required: bool = True
    examples: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    encoding: Mapping[str, Mapping[str, Encoding]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """All that a call may be told."""

    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one was told: parameters by name, checked, defaults included; headers' names in small letters. What is
    `readOnly` is not in the body. Conditions and the idempotency key are there whether the shape names them or not.
    `instead` is what a fault wants, whatever was said: a `page` (from 1), a `limit`, a `cursor` (empty for the first
    page), no `idempotency_key` (None).
    """

    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    cookies: Mapping[str, Json] = field(default_factory=dict)
    body: Json = None
    media_type: str = ""
    instead: Mapping[str, Any] = field(default_factory=dict)

    @property
    def if_match(self) -> str | None:
        return self.headers.get("if-match")

    @property
    def if_none_match(self) -> str | None:
        return self.headers.get("if-none-match")

    @property
    def idempotency_key(self) -> str | None:
        return None if "idempotency_key" in self.instead else self.headers.get("idempotency-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One answer that is promised: `status` is a code, or `default`, or a range such as `4XX`."""

    status: str
    summary: str = ""
    body: Body | None = None
    headers: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer that no resource gives, as it is to be sent. `body` is a JSON value, or a text or bytes where the
    `media_type` is no JSON; an empty media type is no body at all.
    """

    status: int
    body: Json = None
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def is_json(media_type: str) -> bool:
    """Whether what is called so is JSON (RFC 8259; RFC 6839, section 3.1)."""
    name = media_type.partition(";")[0].strip().lower()
    return name.endswith(("/json", "+json"))


NOTHING = Outcome(status="200")
"""What is promised where nothing is."""


def promised(outcomes: Sequence[Outcome], code: str) -> Outcome | None:
    """What is promised for a status: by itself, by its range, or with all others (OpenAPI 3.1, "Responses Object")."""
    for status in (code, f"{code[:1]}XX", f"{code[:1]}xx", "default"):
        for outcome in outcomes:
            if outcome.status == status:
                return outcome
    return None


def usual(outcomes: Sequence[Outcome], chosen: str = "") -> Outcome:
    """What is promised where all goes well: as it was `chosen`, else the lowest of success, of redirects, of what has
    no status of its own (`default`), of errors.
    """
    found = promised(outcomes, chosen) if chosen else None
    if found is not None:
        return found
    order = {"2": 0, "3": 1, "d": 2, "4": 3, "5": 4}
    ranked = [one for one in outcomes if one.status[:1].lower() in order]
    return min(ranked, key=lambda one: (order[one.status[:1].lower()], one.status.lower()), default=NOTHING)


def status_of(outcome: Outcome) -> int:
    """Its status; the first of a range (`2XX`)."""
    text = outcome.status
    if text.isdigit():
        return int(text)
    return int(text[0]) * 100 if text[:1].isdigit() else 200
