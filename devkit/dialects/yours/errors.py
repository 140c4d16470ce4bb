"""Errors as a user's document promises them: what is known of one is told by the members that are called so, and the
rest is made from the schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Outcome, is_json
from devkit.dialects.base import ErrorContext, ErrorStyle, NameOf
from devkit.dialects.spelling import Json
from devkit.dialects.yours.around import made_around
from devkit.dialects.yours.problem import pointer_to
from devkit.effects import isoformat
from devkit.records import dataclass
from devkit.schemas.base import Components, Schema

if TYPE_CHECKING:
    from devkit.schemas.checking import Checker

_WORDS: Mapping[str, Sequence[str]] = {
    "message": ("message",),
    "msg": ("message",),
    "detail": ("message",),
    "description": ("message",),
    "errordescription": ("message",),
    "errormessage": ("message",),
    "reason": ("message", "code"),
    "error": ("code", "message"),
    "title": ("title",),
    "code": ("code", "status"),
    "errorcode": ("code", "status"),
    "type": ("code",),
    "status": ("status", "text"),
    "statuscode": ("status", "text"),
    "requestid": ("request",),
    "timestamp": ("at",),
    "instance": ("instance",),
}
"""What a member that is called so may tell of an error, the likeliest first."""
_ABOUT_FIELD: Mapping[str, Sequence[str]] = {
    "field": ("field",),
    "property": ("field",),
    "param": ("field",),
    "parameter": ("field",),
    "name": ("field",),
    "path": ("field",),
    "pointer": ("pointer",),
    "source": ("field",),
    "message": ("problem",),
    "msg": ("problem",),
    "detail": ("problem",),
    "description": ("problem",),
    "title": ("problem",),
}
"""The same, of an item of a list: it is about one field."""


def promised(style: ErrorStyle, outcomes: Sequence[Outcome], components: Components) -> ErrorStyle:
    """The style, but for statuses for which an outcome says how their JSON looks. Where that of a bad input is promised
    to be 422, it is.
    """
    shapes = {one.status: shape for one in outcomes if (shape := _shape_of(one, components)) is not None}
    if not shapes:
        return style

    known, statuses = {one.status for one in outcomes}, dict(style.statuses)
    if "422" in known and "400" not in known:
        statuses |= dict.fromkeys(("validation_error", "invalid_json"), 422)
    style = replace(style, statuses=statuses)

    def body(error: DomainError, context: ErrorContext, name_of: NameOf) -> Json:
        status = style.status_of(error)
        shape = _meant(shapes, status)
        told = shape.told(error, status, context, name_of) if shape else None
        return style.body(error, context, name_of) if told is None else told

    kinds = {status: shape.media_type for status, shape in shapes.items()}
    return replace(style, body=body, media_of=lambda status: _meant(kinds, status) or style.media_type)


T = TypeVar("T")


def _meant(by_status: Mapping[str, T], status: int) -> T | None:
    """A code goes before a range, and that before the default (OpenAPI 3.1, "Responses Object")."""
    names = (str(status), f"{status // 100}XX", "default")
    return next((by_status[name] for name in names if name in by_status), None)


def _shape_of(outcome: Outcome, components: Components) -> _Shape | None:
    if outcome.status[:1] not in {"4", "5", "d"} or outcome.body is None:
        return None
    media = ((name, schema) for name, schema in outcome.body.media.items() if is_json(name) and schema)
    return next((_Shape(name, schema, components) for name, schema in media), None)


# Compared by identity: schemas have no hash.
@dataclass(frozen=True, eq=False)
class _Shape:
    """How the errors of one status look."""

    media_type: str
    schema: Schema
    components: Components

    def told(self, error: DomainError, status: int, context: ErrorContext, name_of: NameOf) -> Json:
        """The error in that shape; None where nothing can be."""
        if not self._made:
            return None
        whole = deepcopy(self._made)
        self._tell(whole, whole, _WORDS, _known(error, status, context), error, name_of)
        return whole

    @cached_property
    def _made(self) -> dict[str, Json]:
        return made_around(self.schema, self.components)

    @cached_property
    def _checker(self) -> Checker:
        from devkit.schemas.checking import Checker

        return Checker(self.components, "writeOnly")

    def _tell(
        self,
        whole: dict[str, Json],
        part: dict[str, Json],
        words: Mapping[str, Sequence[str]],
        known: Mapping[str, Json],
        error: DomainError,
        name_of: NameOf,
    ) -> None:
        """Put what is known into a part of the whole, wherever the whole still fits its schema then."""
        for name, before in [*part.items()]:
            if isinstance(before, dict):
                self._tell(whole, before, words, known, error, name_of)
            elif isinstance(before, list) and words is _WORDS and all(isinstance(one, dict) for one in before):
                self._list(whole, part, name, error, name_of)
            for what in words.get(_plain(name), ()) if not isinstance(before, dict | list) else ():
                part[name] = known[what]
                if self._checker.fits(self.schema, whole):
                    break
                part[name] = before

    def _list(
        self, whole: dict[str, Json], part: dict[str, Json], name: str, error: DomainError, name_of: NameOf
    ) -> None:
        """A list of what is wrong with each field."""
        before: list[dict[str, Json]] = part[name]
        items: list[dict[str, Json]] = []
        part[name] = items
        for field, problem in error.fields.items() if before else ():
            item = deepcopy(before[0])
            items.append(item)
            spelled = name_of(field)
            known: dict[str, Json] = {"field": spelled, "problem": problem, "pointer": pointer_to(spelled)}
            if isinstance(item.get("loc"), list):
                # As FastAPI tells it: where it was, and then the way to it.
                item["loc"] = ["body", *spelled.split(".")]
                item |= {"type": error.reasons.get(field, "value_error")} if "type" in item else {}
            self._tell(whole, item, _ABOUT_FIELD, known, error, name_of)
            for made in [made for made, value in item.items() if value == before[0][made]]:
                # What was made up, and need not be there, would tell somebody who looks for a mistake something wrong.
                kept = item.pop(made)
                if not self._checker.fits(self.schema, whole):
                    item[made] = kept
        if not self._checker.fits(self.schema, whole):
            part[name] = before


def _known(error: DomainError, status: int, context: ErrorContext) -> Mapping[str, Json]:
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = f"Error {status}"
    return {
        "message": error.message,
        "code": error.code,
        "title": title,
        "status": status,
        "text": str(status),
        "request": context.request_id,
        "at": isoformat(context.at),
        "instance": f"urn:uuid:{context.request_id}",
    }


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
