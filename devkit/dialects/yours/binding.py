"""Operations of the user's that are ours under another name, and what an operation's words say of its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from devkit.blueprint.base import Blueprint, Planned, SessionPlan
from devkit.contract.keeping import ByService
from devkit.contract.operations import Media
from devkit.contract.shapes import Outcome, Shape, status_of
from devkit.dialects.base import Dialect, ErrorStyle, Row
from devkit.dialects.yours.accounts import Given
from devkit.dialects.yours.errors import promised


def rebound(planned: Planned, dialects: Sequence[Dialect], blueprint: Blueprint, style: ErrorStyle) -> Row:
    """The row of the first of these dialects that has one."""
    keeping = planned.keeping
    assert isinstance(keeping, ByService)  # noqa: S101 - as above
    row = next(row for dialect in dialects for row in dialect.rows if row.operation == keeping.operation)
    names, outcome = {**row.names, **keeping.names}, success_of(planned.outcomes)
    # Errors are the user's, or the document's, whoever else spells the operation.
    errors = own_errors(planned, blueprint, style)
    at: dict[str, Any] = {"method": planned.method, "path": planned.path, "rooted": False, "errors": errors}
    row = replace(row, operation=planned.id, names=names, within=keeping.takes, **at)
    if keeping.operation == "auth.login" and "mail" not in str(keeping.names.get("email", "email")).lower():
        row = replace(row, gives={**row.gives, "by_username": True})  # what is not called an address may be a name
    if "access_token" in keeping.gives.values() and keeping.operation == "auth.register":
        row = replace(row, gives={**row.gives, "sign_in": True})
    if keeping.operation == "auth.login" and _signs_in_at_once(blueprint):
        row = replace(row, gives={**row.gives, "unverified": True})
    if keeping.operation == "auth.update_profile":
        row = replace(row, takes=(*row.takes, *keeping.names))
    row = with_own(row, keeping.operation, blueprint.accounts)
    if outcome is None:
        return row
    # A document says itself what must be told, and how.
    return replace(
        row,
        answer=Given(
            status=status_of(outcome),
            keeping=keeping,
            outcome=outcome,
            components=blueprint.components,
            like=row.answer,
            own=blueprint.accounts.defaults if blueprint.accounts else {},
        ),
        requires=tuple(name for name in row.requires if name in keeping.names),
        hides=tuple(name for name in row.hides if name not in keeping.names),
        media=media_of(planned.shape),
    )


def with_own(row: Row, operation: str, plan: SessionPlan | None) -> Row:
    """The row, which is told what accounts have besides, where it is about that."""
    if plan is None or not plan.fields or operation not in _OF_PEOPLE:
        return row
    needed = {"required": [*plan.required]} if operation == "auth.register" and plan.required else {}
    return replace(row, own={"type": "object", "properties": dict(plan.fields), **needed})


_OF_PEOPLE = frozenset({"auth.register", "auth.update_profile"})


def _signs_in_at_once(blueprint: Blueprint) -> bool:
    """Whether who registers is handed a token, before their address is verified."""
    made = [one.keeping for one in blueprint.operations if isinstance(one.keeping, ByService)]
    return any(one.operation == "auth.register" and "access_token" in one.gives.values() for one in made)


def own_errors(planned: Planned, blueprint: Blueprint, style: ErrorStyle) -> ErrorStyle | None:
    """How an operation tells its errors, where it says so itself."""
    if len(planned.outcomes) < 2:
        return None
    told = promised(style, planned.outcomes, blueprint.components)
    if not blueprint.errors.examples:
        return told
    from devkit.dialects.yours.shown_errors import shown

    return shown(told, planned.outcomes, planned.shape.body, planned.path)


def media_of(shape: Shape) -> Media:
    names = [*shape.body.media] if shape.body else []
    if not names:
        return Media.NONE
    if any("json" in name or "*" in name for name in names):
        return Media.JSON
    return {"application/x-www-form-urlencoded": Media.FORM, "multipart/form-data": Media.MULTIPART}.get(
        names[0], Media.JSON
    )


def success_of(outcomes: Iterable[Outcome]) -> Outcome | None:
    """What is promised where all goes well: the first of 2XX, else whatever has no status of its own."""
    found = [one for one in outcomes if one.status.startswith("2")]
    return found[0] if found else next((one for one in outcomes if one.status == "default"), None)
