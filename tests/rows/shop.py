"""A shop's rows on a real database, without a server: customers, orders, what is on them, and everybody's tags."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from devkit.contract.base import Contract, EventKind
from devkit.contract.entities import Principal, User
from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Changed, Column, Events, Listing, OnDelete, Reference, Resource
from devkit.contract.shapes import Told
from devkit.domain.base import Caller, Resources
from devkit.domain.rows.keeping import Rows
from devkit.effects import Clock, Randomness, parse_instant
from devkit.realtime.hub import Hub
from devkit.registry import Registry
from devkit.storage import users
from devkit.storage.database import Database

NOW = "2026-03-01T12:00:00.000Z"
PEOPLE = tuple(
    User(f"user-{number}", f"{number}@example.com", "", "", True, "user", 0, number=number) for number in (1, 2)
)
ANNA, BERT = (Caller(user=Principal(user, "session")) for user in PEOPLE)
NOBODY = Caller()


def columns(*found: Column) -> dict[str, Column]:
    return {column.name: column for column in found}


def text(name: str, **more: Any) -> Column:
    schema = {"type": "string"} | more.pop("schema", {})
    return Column(name=name, schema=schema, **more)


ID = Column(name="id", schema={"type": "string"}, server=True, unique=True)


def notes(**more: Any) -> Resource:
    """Rows of a plain kind, everybody's unless `more` says otherwise."""
    facts: dict[str, Any] = {
        "name": "notes",
        "singular": "note",
        "columns": columns(
            ID,
            text("title", required=True),
            Column(name="size", schema={"type": "integer", "minimum": 0, "default": 1}),
            Column(name="about", schema={"type": ["object", "null"]}),
            text("secret", hidden=True),
            Column(name="made", schema={"type": "string", "format": "date-time"}, server=True),
            Column(name="changed", schema={"type": "string", "format": "date-time"}, server=True),
            Column(name="revision", schema={"type": "integer"}, server=True),
        ),
        "created_at": "made",
        "updated_at": "changed",
        "version": "revision",
        "events": Events(created="note_created", updated="note_updated", deleted="note_deleted", topic="notes"),
    }
    return Resource(**facts | more)


MOMENT = {"type": "string", "format": "date-time"}
WHOLE = {"type": "integer"}


def customers(**more: Any) -> Resource:
    facts: dict[str, Any] = {
        "name": "customers",
        "singular": "customer",
        "columns": columns(
            ID,
            text("name", required=True),
            text("email", unique=True),
            text("parent", schema={"type": ["string", "null"]}, reference=Reference(resource="customers")),
        ),
        "listing": Listing(search=("name", "email")),
        "events": Events(updated="customer_updated", deleted="customer_deleted", topic="customers"),
    }
    return Resource(**facts | more)


def orders(on_delete: OnDelete = "restrict", **more: Any) -> Resource:
    facts: dict[str, Any] = {
        "name": "orders",
        "singular": "order",
        "columns": columns(
            ID,
            text(
                "customer",
                schema={"type": ["string", "null"]},
                reference=Reference(resource="customers", on_delete=on_delete),
            ),
            Column(name="total", schema={"type": "number"}),
            Column(name="paid", schema={"type": "boolean", "default": False}),
            Column(name="placed", schema=MOMENT),
            Column(name="tags", schema={"type": "array", "items": {"type": "string"}}),
            text("status", schema={"default": "open"}),
        ),
        "listing": Listing(
            filters={"customer": "customer", "total": "total", "paid": "paid", "placed": "placed", "tag": "tags"}
            | {"status": "status"},
            sorts=("placed", "total", "status"),
        ),
        "events": Events(updated="order_updated", deleted="order_deleted", topic="orders"),
    }
    return Resource(**facts | more)


def contract(*kinds: Resource, components: Mapping[str, Any] | None = None, events: Any = None) -> Contract:
    nothing: Registry[Any] = Registry("operation", [], key=lambda one: one.id)
    return Contract(
        name="shop",
        operations=nothing,
        events=nothing if events is None else events,
        resources={kind.name: kind for kind in kinds},
        components=components or {},
    )


class Shop:
    """Rows of these kinds on a database, and what is heard of them."""

    def __init__(self, database: Database, *kinds: Resource, components: Mapping[str, Any] | None = None) -> None:
        self.database, self.clock = database, Clock()
        self.clock.freeze(parse_instant(NOW))
        self.kinds = {kind.name: kind for kind in kinds}
        names = [
            (name, kind.events.topic)
            for kind in kinds
            for name in (kind.events.created, kind.events.updated, kind.events.deleted)
            if name
        ]
        promised = Registry(
            "event", [EventKind(name, "", Changed, (topic,)) for name, topic in names], key=lambda e: e.name
        )
        self.hub = Hub(self.clock, promised)
        self.heard = {user.id: self._listen(user.id, [topic for _, topic in names]) for user in PEOPLE}
        resources: Any = Resources(
            database=database,
            clock=self.clock,
            randomness=Randomness(1),
            events=self.hub,
            **dict.fromkeys(("secret", "uploads", "limits", "pace", "frontend_url", "base_url", "origins", "post")),
        )
        self.rows = Rows(resources, contract(*kinds, components=components, events=promised))

    def _listen(self, user_id: str, topics: list[str]) -> Any:
        subscriber = self.hub.connect(user_id, user_id=user_id, session_id=None)
        self.hub.subscribe(subscriber, topics)
        return subscriber

    async def call(self, by: ByResource | ByTransition, told: Told, caller: Caller = ANNA) -> Any:
        """What the keeper gives; and it must be what is given ready to send, where that is."""
        reads = isinstance(by, ByResource) and by.verb in ("list", "get")
        ready = self.rows.at_once(by)(caller, told) if reads else None
        found = await self.rows.keeper(by)(caller, told)
        if ready is not None and hasattr(found, "items"):
            shown = [self.kinds[by.resource].shown(record.values) for record in found.items]
            assert json.loads(f"[{ready.text}]") == shown
            assert (ready.total, ready.page, ready.limit) == (found.total, found.page, found.limit)
        elif ready is not None:
            assert json.loads(ready.text) == self.kinds[by.resource].shown(found.values)
            assert (ready.id, ready.tag) == (found.id, found.tag)
        return found

    async def list(self, kind: str, caller: Caller = ANNA, **query: Any) -> Any:
        return await self.call(ByResource(resource=kind, verb="list"), Told(query=query), caller)

    async def create(self, kind: str, caller: Caller = ANNA, *, key: str = "", **body: Any) -> Any:
        headers = {"idempotency-key": key} if key else {}
        return await self.call(ByResource(resource=kind, verb="create"), Told(body=body, headers=headers), caller)

    async def get(self, kind: str, row_id: Any, caller: Caller = ANNA, **headers: str) -> Any:
        return await self._one("get", kind, row_id, caller, None, headers)

    async def replace(self, kind: str, row_id: Any, caller: Caller = ANNA, *, headers: Any = None, **body: Any) -> Any:
        return await self._one("replace", kind, row_id, caller, body, headers or {})

    async def update(
        self, kind: str, row_id: Any, caller: Caller = ANNA, *, body: Any, headers: Any = None, media: str = ""
    ) -> Any:
        return await self._one("update", kind, row_id, caller, body, headers or {}, media)

    async def delete(self, kind: str, row_id: Any, caller: Caller = ANNA, **headers: str) -> Any:
        return await self._one("delete", kind, row_id, caller, None, headers)

    async def _one(
        self, verb: Any, kind: str, row_id: Any, caller: Caller, body: Any, headers: Any, media: str = ""
    ) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        told = Told(path={"id": row_id}, body=body, headers=headers, media_type=media)
        return await self.call(ByResource(resource=kind, verb=verb, item="id"), told, caller)

    async def told(self, caller: Caller = ANNA) -> list[tuple[str, Any]]:
        """The events that reached a user since they were asked for last."""
        found = []
        subscriber = self.heard[caller.user_id]
        while len(subscriber):
            delivery = await anext(subscriber)
            found.append((delivery.event.type, dict(delivery.event.payload.values)))
        return found


def fill(connection: sqlite3.Connection) -> None:
    for user in PEOPLE:
        users.insert(connection, user, "hash")
