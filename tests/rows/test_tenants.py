"""Rows of one tenant are no other's: a header, or what is before all paths, says whose they are (issue 16)."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.contract.keeping import ByResource, ByTransition
from devkit.contract.resources import Column, Reference
from devkit.contract.shapes import Told
from tests.rows.shop import ID, columns, notes, text
from tests.rows.test_rows import fails

PARENT = {"X-Tenant": "tenant"}


def kinds() -> Any:
    tenant = Column(name="tenant", schema={"type": "string"}, server=True)
    return notes(columns=columns(ID, text("title", required=True), tenant))


@pytest.mark.parametrize("place", ["headers", "path"])
async def test_a_tenant_sees_and_makes_rows_of_their_own_alone(shop: Any, place: str) -> None:
    kept = shop(kinds())
    parent = PARENT if place == "headers" else {"org": "tenant"}

    def told(whose: str, row_id: str = "", **more: Any) -> Told:
        said = {"x-tenant": whose} if place == "headers" else {"org": whose}
        path = {"id": row_id} | (said if place == "path" else {})
        return Told(path=path, headers=said if place == "headers" else {}, **more)

    def by(verb: Any) -> ByResource:
        return ByResource(resource="notes", verb=verb, item="id", parent=parent)

    made = await kept.call(by("create"), told("acme", body={"title": "Theirs", "tenant": "globex"}))
    assert made.values["tenant"] == "acme"
    assert (await kept.call(by("list"), told("acme"))).total == 1
    assert (await kept.call(by("list"), told("globex"))).total == 0
    assert (await kept.call(by("get"), told("acme", made.id))).id == made.id
    for verb in ("get", "update", "delete"):
        await fails("not_found", kept.call(by(verb), told("globex", made.id, body={"title": "Mine"})))
    changed = await kept.call(by("update"), told("acme", made.id, body={"title": "New", "tenant": "globex"}))
    assert (changed.values["title"], changed.values["tenant"]) == ("New", "acme")


async def test_a_step_is_taken_by_rows_of_the_tenant_alone(shop: Any) -> None:
    kept = shop(kinds())
    create = ByResource(resource="notes", verb="create", parent=PARENT)
    made = await kept.call(create, Told(headers={"x-tenant": "acme"}, body={"title": "Old"}))
    step = ByTransition(resource="notes", item="id", set={"title": "Done"}, parent=PARENT)
    await fails("not_found", kept.call(step, Told(path={"id": made.id}, headers={"x-tenant": "globex"})))
    done = await kept.call(step, Told(path={"id": made.id}, headers={"x-tenant": "acme"}))
    assert done.values["title"] == "Done"


async def test_what_one_tenant_has_is_neither_another_s_nor_in_their_way(shop: Any) -> None:
    tenant = Column(name="tenant", schema={"type": "string"}, server=True)
    code = text("code", unique=True)
    beside = text("beside", reference=Reference(resource="notes"))
    kept = shop(notes(columns=columns(ID, text("title"), code, beside, tenant)))
    create = ByResource(resource="notes", verb="create", parent=PARENT)

    async def made(whose: str, **body: Any) -> Any:
        return await kept.call(create, Told(headers={"x-tenant": whose}, body=body))

    first = await made("acme", code="A1")
    await made("globex", code="A1")
    await fails("conflict", made("acme", code="A1"))
    await fails("validation_error", made("globex", beside=first.id))
    assert (await made("acme", beside=first.id)).values["beside"] == first.id
