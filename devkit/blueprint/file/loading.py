"""A `backend.yaml` becomes a blueprint: `load` raises FileError with all that is wrong, or everything is sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devkit import yamlfile
from devkit.blueprint import crud
from devkit.blueprint.base import Blueprint, ErrorPlan, EventKindPlan, Planned, SessionPlan
from devkit.blueprint.file import checks, ways
from devkit.blueprint.file.based import document_of, joined, resource_over
from devkit.blueprint.file.context import Reading, told
from devkit.blueprint.file.fields import noted
from devkit.blueprint.file.judging import judge
from devkit.blueprint.file.operations import listened, others
from devkit.blueprint.file.resources import Draft, drafts, ids_of, resource_of
from devkit.blueprint.file.seeds import seeded
from devkit.contract.base import Contract
from devkit.contract.resources import Ids, Resource
from devkit.errors import FileError
from devkit.schemas.base import REF
from devkit.schemas.checking import Checker
from devkit.yamlfile import Document, KeyPath


def load(path: Path, ours: Contract) -> Blueprint:
    """The file's blueprint. `ours` is the contract whose services it may bind operations to. Raises FileError."""
    try:
        document = yamlfile.read(path)
    except FileError as error:
        raise told(error) from None
    return understand(document, ours)


def understand(document: Document, ours: Contract) -> Blueprint:
    """What a document that was read says. Raises FileError with all that is wrong."""
    reading = Reading(document, ours)
    base, session = document_of(reading), _session(reading)
    theirs = base.resources if base else {}
    found = {draft.name: draft for draft in drafts(reading, theirs)}
    added = {name: draft for name, draft in found.items() if name not in theirs}
    ids = {name: one.ids for name, one in theirs.items()}
    ids |= {name: ids_of(reading, draft) for name, draft in added.items()}
    resources = {**theirs, **{name: _resource(reading, draft, ids, theirs) for name, draft in found.items()}}
    mine = {name: resources[name] for name in added}
    components = {
        **(base.components if base else {}),
        **{crud.component_name(one): crud.row_schema(one) for one in mine.values()},
    }
    planned: list[tuple[Planned, KeyPath]] = []
    for draft in added.values():
        planned += [(one, draft.where) for one in ways.planned(reading, draft, resources, added)]
    planned += others(reading, found, resources, base)
    planned += listened(reading)
    if base is not None:
        planned = [*joined(reading, base, planned, found, session)]
    checks.circles(reading, found)
    checks.addresses(reading, planned)
    checks.strangers(reading, planned)
    checks.socket(reading, planned, base.base if base and "base" not in reading.raw else reading.head.base)
    checks.members(reading, reading.head.pages, ("pages",))
    for draft in added.values():
        checks.members(reading, draft.words.pages, (*draft.where, "pages"))
    checks.templates(reading)
    checks.told_once(reading, [resources[name] for name in found])
    _components(reading, mine, base)
    checker = Checker(components)
    judge(reading, added, resources, planned, checker)
    resources |= seeded(reading, found, resources, checker)
    head = reading.head
    blueprint = Blueprint(
        name=head.contract,
        title=head.title or (base.title if base else ""),
        summary=head.summary or (base.summary if base else ""),
        base=base.base if base and "base" not in reading.raw else head.base,
        resources=resources,
        operations=tuple(operation for operation, _ in planned),
        components=components,
        accounts=base.accounts if base and "accounts" not in reading.raw else session,
        errors=base.errors if base and "errors" not in reading.raw else _errors(reading),
        events=tuple(event for name in found for event in _events(resources[name])),
        envelope=head.events.envelope if head.events else None,
        socket=(head.events.path or "") if head.events else "",
        files=(document.path, *reading.files),
        warnings=tuple(reading.warnings),
    )
    reading.mistakes.settle()
    return blueprint


def _resource(reading: Reading, draft: Draft, ids: Mapping[str, Ids], theirs: Mapping[str, Resource]) -> Resource:
    if draft.name in theirs:
        return resource_over(reading, draft, theirs[draft.name], theirs)
    return resource_of(reading, draft, ids)


def _components(reading: Reading, resources: Mapping[str, Resource], document: Blueprint | None) -> None:
    seen = dict.fromkeys(document.components if document else (), "a schema of the document")
    for resource in resources.values():
        other = seen.setdefault(crud.component_name(resource), f"one of {resource.name!r}")
        if other != f"one of {resource.name!r}":
            reading.wrong(
                ("resources", resource.name),
                f"one of them is called {resource.singular!r}, as {other} is",
                "Say with `singular:` what one is called.",
            )


def _session(reading: Reading) -> SessionPlan | None:
    accounts = reading.head.accounts
    if accounts is None:
        return None
    session, required = accounts.session, _own(reading, accounts.fields)
    elsewhere = session.cookie is not None or session.header is not None
    bearer = session.bearer if session.bearer is not None else not elsewhere
    if not bearer and not elsewhere:
        reading.wrong(("accounts", "session"), "session: it travels nowhere", "Name a cookie or a header for it.")
    return SessionPlan(
        like=accounts.like,
        cookie=session.cookie or "",
        bearer=bearer,
        header=session.header or "",
        lifetime=accounts.lifetime,
        refresh_lifetime=accounts.refresh_lifetime,
        fields=reading.own,
        required=required,
    )


def _own(reading: Reading, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Take in what accounts have besides; what of it must be given at registration."""
    required = []
    for name, written in given.items():
        where, spelled = ("accounts", "fields", name), reading.spelled(name)
        found = noted(reading, written, where)
        if spelled in _OF_ACCOUNTS:
            reading.wrong(where, f"{spelled!r} is what every account has", "Leave it out.")
        elif found is not None and (found.reference or found.unique or found.server or found.hidden):
            told = f"{name}: accounts have plain fields: no references, nothing unique, read-only or write-only"
            reading.wrong(where, told)
        elif found is not None:
            reading.own[spelled] = found.complete()
            required += [spelled] if found.required else []
    return tuple(required)


_OF_ACCOUNTS = frozenset({"id", "email", "username", "password", "first_name", "last_name", "name", "role", "token"})


def _errors(reading: Reading) -> ErrorPlan:
    words = reading.head.errors
    if words.template is None:
        return ErrorPlan(like=words.like or "problem", statuses=words.statuses, examples=words.examples)
    if words.like is not None:
        reading.wrong(("errors", "template"), "errors: `like` and `template` are two shapes", "Leave out one of them.")
    return ErrorPlan(like="template", template=words.template, statuses=words.statuses, examples=words.examples)


def _events(resource: Resource) -> list[EventKindPlan]:
    row = {"$ref": f"{REF}{crud.component_name(resource)}"}
    payload = {"type": "object", "properties": {resource.singular: row}, "required": [resource.singular]}
    topics = (resource.events.topic,) if resource.events.topic else ()
    told: dict[str, list[str]] = {}
    for verb in ("created", "updated", "deleted"):
        if name := getattr(resource.events, verb):
            told.setdefault(name, []).append(verb)
    return [
        EventKindPlan(
            name=name, schema=payload, topics=topics, summary=f"A row of {resource.name} was {' or '.join(verbs)}"
        )
        for name, verbs in told.items()
    ]
