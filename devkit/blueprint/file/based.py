"""A file that stands on an OpenAPI document: operations and resources are the document's, and the file says what it
does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from devkit.blueprint.base import Blueprint, Planned, SessionPlan
from devkit.blueprint.documents.accounts import fitting
from devkit.blueprint.documents.answers import answer_of
from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.wrapping import wrapping
from devkit.blueprint.file.context import Reading, file_beside
from devkit.blueprint.file.resources import Draft, events_of, filled_of, listing_of, marked_of
from devkit.blueprint.file.ways import access_of
from devkit.blueprint.naming import singular
from devkit.contract.keeping import ByAnswer, ByResource, ByService, ByTransition
from devkit.contract.resources import Reference, Resource
from devkit.contract.shapes import Outcome
from devkit.schemas.base import Components
from devkit.yamlfile import KeyPath

_SAID = (
    *("summary", "owner", "access", "requires", "seed", "list", "events", "fills", "only_by", "marks", "references"),
    "unique",
)
"""What may be said of a resource that the document has."""


def document_of(reading: Reading) -> Blueprint | None:
    """What the document comes to that `openapi` names; None where none is named, or it cannot be read."""
    name, where = reading.head.openapi, ("openapi",)
    path = file_beside(reading, where, name) if name is not None else None
    if path is None:
        return None
    from devkit.blueprint.documents.loading import load

    with reading.mistakes:
        found = load(path)
        reading.files[-1:] = found.files
        reading.warnings += found.warnings
        return found
    return None


def resource_over(reading: Reading, draft: Draft, resource: Resource, others: Mapping[str, Resource]) -> Resource:
    """The document's resource, as the file has it; `others` are all of the document's."""
    given = reading.raw["resources"][draft.name] or {}
    for key in given:
        if key not in _SAID:
            reading.wrong(
                (*draft.where, key),
                f"{key}: {draft.name} are the document's, which says that",
                f"Of a resource of the document the file may say {', '.join(f'`{one}`' for one in _SAID)}.",
            )
    words = draft.words
    changed = replace(resource, owned=words.owner == "user", summary=words.summary or resource.summary)
    changed = marked_of(reading, draft, filled_of(reading, draft, _referring(reading, draft, changed, others)))
    if "events" in given or not (resource.events.created or resource.events.updated or resource.events.deleted):
        changed = replace(changed, events=events_of(reading, draft))
    return replace(changed, listing=listing_of(reading, draft, changed)) if "list" in given else changed


def _referring(reading: Reading, draft: Draft, resource: Resource, others: Mapping[str, Resource]) -> Resource:
    """The resource, with the references, and what is unique, that the document does not tell."""
    columns = dict(resource.columns)
    for name, target in draft.words.references.items():
        where = (*draft.where, "references", name)
        column = columns.get(reading.spelled(name))
        if column is None:
            reading.unknown(where, "field", name, resource.columns)
        elif target not in others:
            reading.unknown(where, "resource of the document", target, others)
        else:
            kinds = column.schema.get("type", ())
            may_be_empty = "null" in kinds if isinstance(kinds, list) else False
            reference = Reference(resource=target, on_delete="clear" if may_be_empty else "restrict")
            columns[column.name] = replace(column, reference=reference)
    for place, name in enumerate(draft.words.unique):
        known = columns.get(reading.spelled(name))
        if known is None:
            reading.unknown((*draft.where, "unique", place), "field", name, resource.columns)
        else:
            columns[known.name] = replace(known, unique=True)
    return replace(resource, columns=columns)


def joined(
    reading: Reading,
    document: Blueprint,
    own: Sequence[tuple[Planned, KeyPath]],
    drafts: dict[str, Draft],
    session: SessionPlan | None,
) -> Iterator[tuple[Planned, KeyPath]]:
    """All operations: the document's, as the file binds them, then those that the file adds. `session` is how the file
    says that sessions travel.
    """
    bound = {one.id: (one, where) for one, where in own}
    plan = session or document.accounts or SessionPlan()
    for operation in document.operations:
        mine = bound.pop(operation.id, None)
        if mine is not None:
            yield _bound(reading, operation, *mine, document.components, plan), mine[1]
            continue
        keeping = operation.keeping
        draft = drafts.get(keeping.resource) if isinstance(keeping, ByResource) else None
        if draft is not None and isinstance(keeping, ByResource):
            said = draft.words.access.keys() | draft.words.requires.keys() | ({"*"} if draft.words.owner else set())
            if keeping.verb in said or "*" in said:
                access = access_of(reading, draft)[keeping.verb]
                role = draft.words.requires.get(keeping.verb, operation.role)
                operation = replace(operation, access=access, role=role)  # noqa: PLW2901
        yield operation, ("openapi",)
    yield from bound.values()


def _outcomes(operation: Planned, mine: Planned) -> tuple[Outcome, ...]:
    """What the file answers, and the document's errors."""
    return (*mine.outcomes, *(one for one in operation.outcomes if one.status[:1] in {"4", "5", "d"}))


def _wraps(operation: Planned, keeping: ByTransition, components: Components) -> str:
    """The member of an answer that the row is in."""
    schema = answer_of(operation)
    return wrapping(Look(components), schema, singular(keeping.resource), None) if schema is not None else ""


def _bound(
    reading: Reading, operation: Planned, mine: Planned, where: KeyPath, components: Components, plan: SessionPlan
) -> Planned:
    """The document's operation, kept as the file says."""
    words: Any = reading.raw
    for step in where:
        words = words[step]
    given = words if isinstance(words, dict) else {}
    if any(key.isupper() for key in given) and (mine.method, mine.path) != (operation.method, operation.path):
        reading.wrong(
            where,
            f"{operation.id} is {operation.method} {operation.path} in the document",
            "Leave the address out, or give the operation another name.",
        )
    is_answer, keeping = isinstance(mine.keeping, ByAnswer), mine.keeping
    if isinstance(keeping, ByService) and not keeping.names:
        keeping = fitting(operation, components, keeping.operation, plan) or keeping
    if isinstance(keeping, ByTransition):
        keeping = replace(keeping, wraps=_wraps(operation, keeping, components))
    return replace(
        operation,
        keeping=keeping,
        reason=mine.reason,
        access=mine.access if "access" in given else operation.access,
        role=mine.role or operation.role,
        summary=given.get("summary") or operation.summary or mine.summary,
        emits=mine.emits or operation.emits,
        outcomes=_outcomes(operation, mine) if is_answer else operation.outcomes or mine.outcomes,
    )
