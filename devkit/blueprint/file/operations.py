"""Operations that are no plain resource: a step that a row takes, an answer that is always the same, a function of the
user's, a service of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.crud import (
    IDEMPOTENCY_KEY,
    JSON,
    NOT_IDEMPOTENT,
    Way,
    component_name,
    operations_of,
    row_schema,
)
from devkit.blueprint.documents.paths import places_in
from devkit.blueprint.file import answers, functions
from devkit.blueprint.file.context import Reading
from devkit.blueprint.file.fields import noted, object_of
from devkit.blueprint.file.model import METHODS, OperationWords
from devkit.blueprint.file.resources import Draft
from devkit.blueprint.file.ways import WORDS
from devkit.contract.keeping import ByAnswer, ByEvents, ByFunction, ByResource, ByService, ByTransition
from devkit.contract.operations import Access
from devkit.contract.resources import Resource
from devkit.contract.shapes import Body, Outcome, Parameter, Shape
from devkit.records import dataclass
from devkit.schemas.base import REF
from devkit.yamlfile import KeyPath

_KEEPERS = ("set", "mark", "unmark", "marked", "answer", "answers", "schema", "function", "service")
_WHAT = (
    "Say who keeps it: `set:` (a row's step), `answer:` (always the same), `schema:` (made from that), `function:` "
    "(yours, in Python) or `service:` (one of devkit's own)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """One operation as it stands in the file. `given` is it before it was looked at."""

    name: str
    where: KeyPath
    words: OperationWords
    given: Mapping[str, Any]
    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{([^{}]*)\}", self.path)


def others(
    reading: Reading, drafts: Mapping[str, Draft], resources: Mapping[str, Resource], document: Blueprint | None
) -> Iterator[tuple[Planned, KeyPath]]:
    """Each operation of the file that is no resource's, and where it stands. One of the `document` is where that has
    it.
    """
    known = {one.id: (one.method, one.path) for one in document.operations} if document else {}
    theirs = document.resources if document else {}
    mine = {name: draft for name, draft in drafts.items() if name not in theirs}
    for written in _all(reading, known):
        if (operation := _planned(reading, written, mine, resources)) is not None:
            yield operation, written.where


def listened(reading: Reading) -> Iterator[tuple[Planned, KeyPath]]:
    """Where events are heard as server-sent ones, if the file says so."""
    path = reading.head.events.sse if reading.head.events else None
    if path is None:
        return
    texts: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    parameters = (
        Parameter(name="topics", place="query", schema=texts, explode=True, style="form", summary="Left out: all"),
        Parameter(name="lastEventId", place="query", schema={"type": "string"}, summary="For clients without headers"),
        Parameter(
            name="Last-Event-ID",
            place="header",
            schema={"type": "string"},
            summary="The last event that the client has: what it missed since comes first",
        ),
    )
    yield (
        Planned(
            id=f"events.{reading.head.contract}",
            method="GET",
            path=path,
            keeping=ByEvents(),
            shape=Shape(parameters=parameters),
            outcomes=(
                Outcome(
                    status="200",
                    summary="Server-sent events: the `data` of each is what the WebSocket says",
                    body=Body(media={"text/event-stream": {"type": "string"}}),
                ),
            ),
            access=Access.SIGNED_IN if reading.has_accounts else Access.PUBLIC,
            summary="Hear events as they happen",
            area=reading.head.contract,
            reason="the file says that events are heard there",
        ),
        ("events", "sse"),
    )


def _all(reading: Reading, known: Mapping[str, tuple[str, str]]) -> Iterator[_Written]:
    accounts = reading.raw.get("accounts")
    bound = accounts.get("operations") if isinstance(accounts, dict) else None
    for where, given in ((("operations",), reading.raw.get("operations")), (("accounts", "operations"), bound)):
        if given is not None and not isinstance(given, dict):
            reading.wrong(where, f"{where[-1]}: must be a mapping, with keys and values")
            continue
        for name, value in (given or {}).items():
            if (written := _written(reading, name, value, (*where, name), known)) is not None:
                yield written


def _written(
    reading: Reading, name: str, value: Any, where: KeyPath, known: Mapping[str, tuple[str, str]]
) -> _Written | None:
    # A document calls its operations as it likes.
    if name not in known and not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", name):
        reading.wrong(where, f"{name!r} is no name for an operation", "Letters, digits, `_`, `.` and `-`.")
    given = {"service": value} if isinstance(value, str) else value
    words = reading.parse(OperationWords, given, where)
    if words is None:
        return None
    addresses = [(method, path) for method in METHODS if (path := getattr(words, method))]
    if not addresses and name in known:
        addresses = [known[name]]
    keepers = {"answer" if key == "answers" else key for key in _KEEPERS if key in given}
    if {"answer", "schema"} <= keepers:
        keepers.discard("schema")
    if not addresses and reading.head.openapi is not None:
        reading.unknown(where, "operation of the document", name, known)
    elif len(addresses) != 1:
        both = " and ".join(method for method, _ in addresses)
        reading.wrong(
            where,
            f"{name} has two addresses, by {both}" if addresses else f"{name} has no address",
            "Write its method and path, such as `POST: /orders/{id}/ship`.",
        )
    if not keepers:
        reading.wrong(where, f"nothing keeps {name}", _WHAT)
    elif len(keepers) > 1:
        told = " and ".join(f"`{key}`" for key in _KEEPERS if key in keepers)
        reading.wrong(where, f"{name} is kept in two ways: {told}", "Leave out one of them.")
    if len(addresses) != 1 or len(keepers) != 1:
        return None
    [(method, path)] = addresses
    return _Written(name=name, where=where, words=words, given=given, method=method, path=path)


def _planned(
    reading: Reading, written: _Written, drafts: Mapping[str, Draft], resources: Mapping[str, Resource]
) -> Planned | None:
    words = written.words
    usual = Access.SIGNED_IN if reading.has_accounts else Access.PUBLIC
    access = WORDS[words.access] if words.access else usual
    if not reading.has_accounts and (words.requires or access is not Access.PUBLIC):
        key = "requires" if words.requires else "access"
        reading.wrong((*written.where, key), f"{key}: nobody signs in here", "Add `accounts: true` to the file.")
    told = {
        name
        for resource in resources.values()
        for name in (resource.events.created, resource.events.updated, resource.events.deleted)
    }
    for number, name in enumerate(words.emits):
        if name not in told:
            reading.unknown((*written.where, "emits", number), "event", name, told - {""})
    common: dict[str, Any] = {
        "id": written.name,
        "method": written.method,
        "path": written.path,
        "access": access,
        "role": words.requires or "",
        "summary": words.summary or written.name,
        "emits": tuple(words.emits),
        "area": reading.head.contract,
    }
    if words.set_ is not None or words.mark or words.unmark:
        return _transition(reading, written, drafts, resources, common)
    if words.marked:
        return _marked(reading, written, resources, common)
    if words.function is not None:
        return _function(reading, written, common)
    if words.service is not None:
        return _service(reading, written, common)
    status = str(words.status or 200)
    return Planned(
        **common,
        keeping=ByAnswer(status=status, otherwise=words.else_ if words.answers and "else" in written.given else ""),
        shape=_shape(reading, written),
        outcomes=(answers.outcome(reading, words, written.where, status),),
        reason="the file says what it answers",
    )


def _transition(
    reading: Reading,
    written: _Written,
    drafts: Mapping[str, Draft],
    resources: Mapping[str, Resource],
    common: dict[str, Any],
) -> Planned | None:
    words, where = written.words, written.where
    key = "mark" if words.mark else "unmark" if words.unmark else "set"
    if words.on is None:
        reading.wrong((*where, key), f"{written.name}: it is not said on which rows", "Add `on:` and a resource.")
        return None
    if words.on not in resources:
        known = reading.raw.get("resources") or {}
        if words.on not in known:
            reading.unknown((*where, "on"), "resource", words.on, known)
        return None
    resource = resources[words.on]
    if not written.parameters:
        path = drafts[words.on].path if words.on in drafts else f"/{words.on}"
        example = f"{path}/{{{resource.ids.name}}}/…"
        reading.wrong((*where, written.method), "the path says not which row is changed", f"Such as `{example}`.")
        return None
    item = resource.ids.name if resource.ids.name in written.parameters else written.parameters[-1]
    # Of a document's resource there is no component that has all of it and nothing else.
    draft = drafts.get(words.on)
    row = {"$ref": f"{REF}{component_name(resource)}"} if draft is not None else row_schema(resource)
    columns = {
        key: _values(reading, getattr(words, attribute) or {}, (*where, key), draft, resource)
        for key, attribute in (("set", "set_"), ("when", "when"))
    }
    parent = {name: reading.spelled(name) for name in written.parameters if name != item}
    parent = {name: column for name, column in parent.items() if column in resource.columns}
    referred = {column.reference.resource for column in resource.columns.values() if column.reference}
    apart = [each for each in resources.values() if each.apart and (each is resource or each.name in referred)]
    places = {each.name: places_in(written.path, each.apart) for each in apart}
    if resource.apart and not places[resource.name]:
        reading.wrong(
            (*where, written.method),
            f"the path says not where: {resource.name} are kept apart at each {resource.apart[-1]}",
            "Let it begin as the document's paths of them do.",
        )
        return None
    shape, tenant = _shape(reading, written), reading.head.tenant
    if tenant and tenant.header and draft is not None and draft.words.tenant:
        parent[tenant.header] = reading.spelled(tenant.field)
        header = Parameter(name=tenant.header, place="header", schema={"type": "string"}, required=True)
        shape = Shape(parameters=(*shape.parameters, header), body=shape.body)
    mark = words.mark or words.unmark or ""
    if mark and mark not in resource.marks:
        reading.unknown((*where, key), f"mark of {resource.name}", mark, resource.marks)
    if mark and common["access"] is not Access.SIGNED_IN:
        reading.wrong((*where, "access"), "access: who marks something must be signed in", "Leave it out.")
    keeping = ByTransition(
        resource=resource.name,
        item=item,
        mark=mark,
        unmarks=bool(words.unmark),
        set=columns["set"],
        when=columns["when"],
        otherwise=words.else_,
        parent=parent,
        places={name: names for name, names in places.items() if names},
    )
    events = tuple(filter(None, [resource.events.updated]))
    outcome = Outcome(status="200", summary=f"The {resource.singular}", body=Body(media={JSON: row}))
    more = {"area": resource.name, "emits": tuple(dict.fromkeys((*events, *words.emits)))}
    return Planned(
        **{**common, **more},
        keeping=keeping,
        shape=shape,
        outcomes=(outcome,),
        reason=f"the file says what it {'marks' if mark else 'sets'} in `{resource.name}`",
    )


def _marked(
    reading: Reading, written: _Written, resources: Mapping[str, Resource], common: dict[str, Any]
) -> Planned | None:
    """The list of what the caller has marked."""
    words, where = written.words, written.where
    if words.on is None or words.on not in resources:
        reading.unknown((*where, "on"), "resource", words.on or "", resources)
        return None
    resource = resources[words.on]
    if words.marked not in resource.marks:
        reading.unknown((*where, "marked"), f"mark of {resource.name}", words.marked or "", resource.marks)
    if written.method != "GET" or common["access"] is not Access.SIGNED_IN:
        reading.wrong(where, f"{written.name}: it lists what the caller has marked, and is a GET for who is signed in")
    way = Way(
        path=written.path,
        area=resource.name,
        parents={},
        access={"list": Access.SIGNED_IN},
        roles={"list": common["role"]},
        reason=f"the file says that it lists what the caller has marked in `{resource.name}`",
    )
    [found] = operations_of(resource, way, ["list"])
    assert isinstance(found.keeping, ByResource)  # noqa: S101 - for the type checker
    keeping = replace(found.keeping, marked=words.marked or "")
    return replace(found, id=written.name, keeping=keeping, summary=words.summary or found.summary)


def _values(
    reading: Reading, given: Mapping[str, Any], where: KeyPath, draft: Draft | None, resource: Resource
) -> dict[str, Any]:
    found = {}
    for name, value in given.items():
        column = reading.spelled(name)
        if column not in resource.columns:
            reading.unknown((*where, name), "field", name, draft.noted if draft is not None else resource.columns)
        else:
            found[column] = value
    return found


def _function(reading: Reading, written: _Written, common: dict[str, Any]) -> Planned | None:
    words = written.words
    found = functions.found(reading, words.function or "", written.name, (*written.where, "function"))
    if found is None:
        return None
    status = str(words.status or 200)
    schema = words.schema_ if words.schema_ is not None else {}
    outcome = Outcome(status=status, body=Body(media={words.media or JSON: schema}))
    return Planned(
        **common,
        keeping=ByFunction(file=found[0], name=found[1]),
        shape=_shape(reading, written),
        outcomes=(outcome,),
        reason=f"`{found[1]}` in {found[0].name} answers it",
    )


def _service(reading: Reading, written: _Written, common: dict[str, Any]) -> Planned | None:
    words, where = written.words, written.where
    name = words.service or ""
    if name not in reading.ours.operations:
        # In the short form there is no key of that name, and the place is the operation's.
        reading.unknown((*where, "service"), "operation of devkit's", name, reading.ours.operations.names())
        return None
    operation = reading.ours.operations[name]
    if words.emits:
        told = ", ".join(f"`{event}`" for event in operation.emits) or "nothing"
        reading.wrong((*where, "emits"), f"emits: {name} is devkit's own, which tells {told}", "Leave it out.")
    for field in words.names:
        if field not in operation.input.model_fields:
            reading.unknown((*where, "names", field), f"field of {name}", field, operation.input.model_fields)
    access = WORDS[words.access] if words.access else operation.access
    more = {"access": access, "summary": words.summary or operation.summary, "emits": operation.emits}
    return Planned(
        **{**common, **more},
        keeping=ByService(operation=name, names=words.names),
        reason=f"the file says that it is devkit's own {name}",
    )


def _shape(reading: Reading, written: _Written) -> Shape:
    words, where = written.words, written.where
    parameters = [
        Parameter(name=name, place="path", schema={"type": "string"}, required=True) for name in written.parameters
    ]
    if words.set_ is not None or words.mark or words.unmark or written.method in NOT_IDEMPOTENT:
        parameters.append(IDEMPOTENCY_KEY)
    for name, given in words.query.items():
        if (found := noted(reading, given, (*where, "query", name))) is not None:
            schema = found.complete({"type": "string"} if found.reference else None)
            parameters.append(
                Parameter(name=reading.spelled(name), place="query", schema=schema, required=found.required)
            )
    body = None
    if words.body is not None:
        body = Body(media={JSON: object_of(reading, words.body, (*where, "body"))})
    return Shape(parameters=tuple(parameters), body=body)
