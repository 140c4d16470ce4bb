"""From a blueprint to what is served: the contract of a user's own, and the one dialect that it is spoken in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from devkit.blueprint.base import Blueprint, Planned, SessionPlan
from devkit.blueprint.crud import NOT_IDEMPOTENT, row_schema
from devkit.contract.auth import own_of
from devkit.contract.base import Contract, EventKind
from devkit.contract.entities import Page, User
from devkit.contract.keeping import (
    ByAnswer,
    ByEvents,
    ByFunction,
    ByRecording,
    ByResource,
    ByService,
    ByTransition,
    ByUpstream,
)
from devkit.contract.operations import NOTHING, Access, Need, Operation
from devkit.contract.resources import Changed, Record, Resource
from devkit.contract.shapes import Outcome, status_of, usual
from devkit.dialects.backend import Backend
from devkit.dialects.base import Answer, Dialect, ErrorStyle, Row
from devkit.dialects.event_streams import EventStream
from devkit.dialects.everywhere import HEALTH, VERIFY_LINK
from devkit.dialects.frames import OPEN_EVENT_SOCKET
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext
from devkit.dialects.yours.answers import ManyRows, NoRow, OneRow
from devkit.dialects.yours.binding import media_of, own_errors, rebound, success_of, with_own
from devkit.dialects.yours.fitted import Fits, Fitted
from devkit.dialects.yours.problem import problem
from devkit.dialects.yours.promised import Promised
from devkit.records import dataclass
from devkit.registry import Registry

_ACCOUNTS = "auth"
"""The area of our operations that accounts need."""

_NEEDS: Mapping[str, Need] = {
    "list": NOTHING,
    "get": Need.ITEM,
    "create": Need.CREATE | Need.IDEMPOTENCY,
    "replace": Need.WRITE | Need.ITEM,
    "update": Need.WRITE | Need.ITEM,
    "delete": Need.DELETE | Need.ITEM,
}
"""What an operation on rows has, by what it does."""

_READS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})


def backend_of(blueprint: Blueprint, shipped: Backend) -> Backend:
    """What serves a blueprint. `shipped` is where our own operations, and their spellings, are found."""
    plan = blueprint.accounts
    like = shipped.dialects.find(plan.like if plan else "agreed")
    ours = shipped.contract
    bound = [planned for planned in blueprint.operations if isinstance(planned.keeping, ByService)]
    taken = {planned.keeping.operation for planned in bound if isinstance(planned.keeping, ByService)}
    base = blueprint.base.rstrip("/")
    # What a user has at an address of ours is theirs.
    addresses = {_address(planned.method, base + planned.path) for planned in blueprint.operations}
    # Who names those of another backend has named them all.
    beside = like.rows if plan and not (blueprint.alone and bound) else ()
    accounts = [
        row
        for row in _first_of_each(beside, ours)
        if row.operation not in taken and _address(row.method, base + row.path) not in addresses
    ]
    shown = taken | {row.operation for row in accounts}
    rooted = [
        row
        for row in (HEALTH, *([VERIFY_LINK] if plan else []))
        if row.operation not in shown and _address(row.method, row.path) not in addresses and not blueprint.alone
    ]
    operations = [ours.operations[name] for name in dict.fromkeys(row.operation for row in (*accounts, *rooted))]
    operations += [_bound(planned, ours) for planned in bound]
    operations += [_operation(planned, blueprint) for planned in blueprint.operations if planned not in bound]
    contract = Contract(
        name=blueprint.name,
        operations=Registry("operation", operations, key=lambda operation: operation.id),
        events=Registry("event", [*_events(blueprint, ours)], key=lambda kind: kind.name),
        topics=tuple(dict.fromkeys(_topics(blueprint))),
        resources=blueprint.resources,
        components=blueprint.components,
    )
    style = _errors(blueprint, shipped)
    fits = Fits(blueprint.components)
    rows = [rebound(planned, (like, *shipped.dialects), blueprint, style) for planned in bound]
    rows += [
        *(with_own(row, row.operation, plan) for row in accounts),
        *rooted,
        *(_row(planned, blueprint, fits, style) for planned in blueprint.operations if planned not in bound),
    ]
    rows = [_keeping_accounts(row, contract) for row in rows]
    dialect = replace(
        like,
        name=blueprint.name,
        contract=contract,
        title=blueprint.title or blueprint.name,
        summary=blueprint.summary or "a contract of your own",
        about=blueprint.summary,
        prefixes=(base,),
        areas=(),
        rows=tuple(_carried(row, plan, contract, like) for row in rows),
        spelling=RowSpelling(like.spelling, blueprint),
        errors=style,
        usual=True,
        turns_back=True,
        **_socket(blueprint, contract, addresses),
        **_session(plan, like),
    )
    return Backend(contract, Registry("dialect", [dialect], key=lambda one: one.name), blueprint.files)


def _keeping_accounts(row: Row, contract: Contract) -> Row:
    """Rows of others may keep an account from being deleted."""
    return replace(row, spares=()) if contract.operations[row.operation].keeper == "accounts.delete" else row


def _address(method: str, path: str) -> tuple[str, str]:
    """Where an operation is, whatever the parameters in it are called."""
    return method, re.sub(r"\{[^{}]*\}", "{}", path)


def _first_of_each(rows: Iterable[Row], ours: Contract) -> list[Row]:
    """The rows for accounts: of several that spell one operation, the first."""
    found: dict[str, Row] = {}
    for row in rows:
        if ours.operations[row.operation].area == _ACCOUNTS and not row.rooted:
            found.setdefault(row.operation, row)
    return [*found.values()]


def _socket(blueprint: Blueprint, contract: Contract, addresses: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Where events are heard: nowhere where there are none, or what is there is the user's."""
    path = blueprint.base.rstrip("/") + blueprint.socket if blueprint.socket else "/ws"
    told = contract.topics != ("notifications",) if blueprint.alone else contract.topics
    if not told or any(path == other for _, other in addresses):
        return {"socket_path": None}
    if blueprint.accounts:
        return {"socket_path": path}
    return {"socket_path": path, "socket_protocol": OPEN_EVENT_SOCKET, "open_topics": contract.topics}


def _session(plan: SessionPlan | None, like: Dialect) -> dict[str, Any]:
    if plan is None:
        return {"access_cookies": ()}
    cookies = (plan.cookie,) if plan.cookie else ()
    return {
        "access_cookies": cookies,
        "token_header": "" if plan.header.lower() == "x-api-key" else plan.header,
        "access_lifetime": plan.lifetime,
        "refresh_lifetime": plan.refresh_lifetime,
        "bearer_from": like.bearer_from,
    }


def _events(blueprint: Blueprint, ours: Contract) -> Iterator[EventKind]:
    for resource in blueprint.resources.values():
        told = resource.events
        for name, what in ((told.created, "created"), (told.updated, "changed"), (told.deleted, "deleted")):
            if name:
                topic = told.topic or resource.name
                summary = f"One of {resource.name} was {what}"
                yield EventKind(name, summary, Changed, (topic,), row_schema(resource), resource.singular)
    if blueprint.accounts:
        yield ours.events["notification"]


def _topics(blueprint: Blueprint) -> Iterator[str]:
    for resource in blueprint.resources.values():
        if resource.events.created or resource.events.updated or resource.events.deleted:
            yield resource.events.topic or resource.name
    if blueprint.accounts:
        yield "notifications"


def _bound(planned: Planned, ours: Contract) -> Operation:
    """An operation of ours under the user's name."""
    keeping = planned.keeping
    assert isinstance(keeping, ByService)  # noqa: S101 - for the type checker: those alone are bound
    operation = ours.operations.find(keeping.operation)
    return replace(operation, id=planned.id, summary=planned.summary or operation.summary)


def _operation(planned: Planned, blueprint: Blueprint) -> Operation:
    keeping, has = planned.keeping, planned.has
    result: Any = Record
    match keeping:
        case ByResource():
            has |= _NEEDS[keeping.verb] | Need.RESOURCE
            result = Page[Record] if keeping.verb == "list" else Record
        case ByTransition():
            has |= Need.WRITE | Need.ITEM | Need.RESOURCE | Need.IDEMPOTENCY
        case ByEvents():
            keeping, has = replace(keeping, topics=tuple(dict.fromkeys(_topics(blueprint)))), has | Need.STREAM
        case ByAnswer() | ByFunction() | ByService():
            has |= NOTHING if planned.method in _READS else Need.WRITE
            if planned.method in NOT_IDEMPOTENT and not (isinstance(keeping, ByAnswer) and keeping.why):
                has |= Need.IDEMPOTENCY
        case ByUpstream() | ByRecording():
            pass
    if planned.emits:
        has |= Need.EVENT
    return Operation(
        id=planned.id,
        summary=planned.summary or planned.id,
        description=planned.description,
        keeper=keeping,
        result=result,
        access=(Access.SIGNED_IN if planned.role else planned.access) if blueprint.accounts else Access.PUBLIC,
        role=planned.role if blueprint.accounts else "",
        media=media_of(planned.shape),
        errors=(*_possible(keeping, has), *(("forbidden",) if planned.role and blueprint.accounts else ())),
        emits=planned.emits,
        has=has,
        shape=planned.shape,
        outcomes=planned.outcomes,
    )


def _possible(keeping: object, has: Need) -> tuple[str, ...]:
    found: list[str] = []
    if isinstance(keeping, ByTransition):
        found += ["not_found", "conflict"]
    if isinstance(keeping, ByResource):
        found += ["not_found"] if keeping.item or keeping.parent else []
        found += ["conflict"] if keeping.verb not in {"list", "get"} else []
    return (*found, "idempotency_key_reused") if Need.IDEMPOTENCY in has else tuple(found)


def _row(planned: Planned, blueprint: Blueprint, fits: Fits, style: ErrorStyle) -> Row:
    answer = _answer(planned, blueprint, fits)
    return Row(
        operation=planned.id,
        method=planned.method,
        path=planned.path,
        answer=answer,
        errors=own_errors(planned, blueprint, style),
    )


def _answer(planned: Planned, blueprint: Blueprint, fits: Fits) -> Answer:
    keeping, outcome = planned.keeping, success_of(planned.outcomes)
    if isinstance(keeping, ByResource | ByTransition):
        resource, rows = blueprint.resources[keeping.resource], _rows(planned, blueprint, outcome)
        return rows if outcome is None else Fitted(rows=rows, resource=resource, outcome=outcome, fits=fits)
    if isinstance(keeping, ByEvents):
        return EventStream(outcome=usual(planned.outcomes))
    outcome = usual(planned.outcomes, keeping.status if isinstance(keeping, ByAnswer) else "")
    return Promised(status=status_of(outcome), outcome=outcome, components=blueprint.components)


def _rows(planned: Planned, blueprint: Blueprint, outcome: Outcome | None) -> OneRow | ManyRows | NoRow:
    keeping = planned.keeping
    status = status_of(outcome) if outcome else 200
    common: dict[str, Any] = {"status": status, "outcome": outcome, "components": blueprint.components}
    assert isinstance(keeping, ByResource | ByTransition)  # noqa: S101 - for the type checker: whoever calls has looked
    resource = blueprint.resources[keeping.resource]
    if isinstance(keeping, ByTransition):
        return OneRow(resource=resource, wraps=keeping.wraps, **common)
    common |= {"wraps": keeping.wraps, "around": keeping.around, "shows": keeping.shows}
    common["members"] = keeping.members
    match keeping.verb:
        case "list":
            return ManyRows(resource=resource, pages=keeping.pages or resource.pages, **common)
        case "delete":
            return NoRow(resource=resource, **common)
        case "create":
            return OneRow(resource=resource, location=_item_path(resource, blueprint), **common)
        case _:
            return OneRow(resource=resource, **common)


def _item_path(resource: Resource, blueprint: Blueprint) -> str:
    """The path where a row of it can be read; empty where nowhere."""
    for planned in blueprint.operations:
        keeping = planned.keeping
        if isinstance(keeping, ByResource) and keeping.verb == "get" and keeping.resource == resource.name:
            return planned.path
    return ""


def _errors(blueprint: Blueprint, shipped: Backend) -> ErrorStyle:
    plan = blueprint.errors
    if plan.like == "problem":
        return problem(plan.statuses)
    if plan.like == "template":
        from devkit.dialects.yours.templates import templated

        return templated(plan.template, plan.statuses)
    style = shipped.dialects.find(plan.like).errors
    return replace(style, statuses={**style.statuses, **plan.statuses}) if plan.statuses else style


class RowSpelling(Spelling):
    """Rows as they are stored; what our services give, as the dialect has it that accounts are like."""

    def __init__(self, like: Spelling, blueprint: Blueprint) -> None:
        super().__init__(like.name_of, like.views.values())
        self.envelope = blueprint.envelope
        if blueprint.accounts and (own := blueprint.accounts.fields):
            view = self._view(User)
            computed = {name: Computed(_own(name, schema.get("default")), schema) for name, schema in own.items()}
            fields = tuple(name for name in view.fields if name not in own)
            self.views[User] = View(User, (*fields, *own), {**view.computed, **computed})

    def write(self, entity: Any, context: WireContext) -> dict[str, Json]:
        if type(entity) is Record:
            return dict(entity.values)
        return super().write(entity, context)

    def respelling(self, entity: type) -> Any:
        """Rows are sent as they are stored."""
        return _as_stored if entity is Record else super().respelling(entity)


def _own(name: str, usual: Json) -> Callable[[User, WireContext], Json]:
    """What reads a field of one's own of an account."""
    return lambda user, _: own_of(user).get(name, usual)


def _as_stored(text: str) -> str:
    return text


@dataclass(frozen=True, kw_only=True, eq=False)
class _Carried:
    """An answer that hands out tokens: in the user's cookie, in the body, or both."""

    answer: Answer
    transport: Literal["cookie", "bearer", "both"]
    cookie: str
    before: tuple[str, ...]

    @property
    def status(self) -> int:
        return self.answer.status

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        reply = self.answer.reply(result, replace(context, transport=self.transport), spelling)
        if self.cookie:
            reply.cookies = [
                replace(one, name=self.cookie) if one.name in self.before else one for one in reply.cookies
            ]
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return self.answer.body_schema(spelling, components)

    def media_type(self) -> str:
        return self.answer.media_type()

    def headers(self) -> Mapping[str, str]:
        return self.answer.headers()


def _carried(row: Row, plan: SessionPlan | None, contract: Contract, like: Dialect) -> Row:
    if plan is None or not (row.cookies or Need.TOKENS in contract.needs[row.operation]):
        return row
    transport: Literal["cookie", "bearer", "both"]
    transport = "bearer" if not plan.cookie else "both" if plan.bearer else "cookie"
    answer = _Carried(answer=row.answer, transport=transport, cookie=plan.cookie, before=like.access_cookies)
    return replace(row, answer=answer)
