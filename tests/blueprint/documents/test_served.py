"""A document that is served as it is: sign in, make rows, find them, with all that it has around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from devkit.config import Settings
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from tests.blueprint.documents.writing import answer, document, takes, written
from tests.conftest import EMAIL, PASSWORD

TEXT = {"type": "string"}
SCHEMAS = {
    "Item": {
        "type": "object",
        "required": ["id", "title", "grade"],
        "properties": {"id": {"type": "integer"}, "title": TEXT, "grade": {"type": "string", "enum": ["a", "b"]}},
    },
    "NewItem": {"type": "object", "required": ["title"], "properties": {"title": TEXT}},
    "Page": {
        "type": "object",
        "required": ["object", "count", "next", "previous", "results"],
        "properties": {
            "object": {"const": "list"},
            "count": {"type": "integer"},
            "next": {"type": ["string", "null"], "format": "uri"},
            "previous": {"type": ["string", "null"], "format": "uri"},
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
        },
    },
    "Wrapped": {
        "type": "object",
        "required": ["item", "status"],
        "properties": {"item": {"$ref": "#/components/schemas/Item"}, "status": {"const": "ok"}},
    },
    "Token": {
        "type": "object",
        "required": ["access_token", "plan"],
        "properties": {"access_token": TEXT, "token_type": TEXT, "plan": {"const": "free"}},
    },
    "User": {"type": "object", "required": ["id", "email"], "properties": {"id": {"type": "integer"}, "email": TEXT}},
    "Credentials": {
        "type": "object",
        "required": ["username", "password"],
        "properties": {"username": TEXT, "password": TEXT},
    },
    "Variable": {
        "type": "object",
        "required": ["name", "value", "size"],
        "properties": {"name": TEXT, "value": TEXT, "size": {"type": "integer", "minimum": 1}},
    },
    "Refused": {"type": "object", "required": ["reason", "message"], "properties": {"reason": TEXT, "message": TEXT}},
    "Done": {"type": "object", "required": ["deleted"], "properties": {"deleted": {"const": True}}},
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


_FORM = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _ref("Credentials")}}}
_NEW = takes({"type": "object", "required": ["item"], "properties": {"item": _ref("NewItem")}})
_ASKED = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("offset", "limit")]
DOCUMENT = document(
    {
        "/token": {
            "post": {
                "requestBody": _FORM,
                "responses": answer(_ref("Token")) | answer(_ref("Refused"), "401"),
                "security": [],
            }
        },
        "/me": {"get": {"responses": answer(_ref("User"))}},
        "/items/": {
            "get": {"parameters": _ASKED, "responses": answer(_ref("Page"))},
            "post": {"requestBody": _NEW, "responses": answer(_ref("Wrapped"), "201")},
        },
        "/items/{id}/": {
            "get": {"responses": answer(_ref("Wrapped"))},
            "delete": {"responses": answer(_ref("Done"))},
            "patch": {
                "requestBody": {"content": {"application/json": {"schema": _ref("NewItem")}}},
                "responses": answer(_ref("Wrapped")),
            },
        },
        "/variables": {
            "get": {
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": answer(
                    {
                        "type": "object",
                        "properties": {
                            "variables": {"type": "array", "items": _ref("Variable")},
                            "links": {"type": "object", "properties": {"next": {"type": "string", "format": "uri"}}},
                        },
                    }
                ),
            }
        },
        "/variables/{name}": {
            "get": {"responses": answer(_ref("Variable"))},
            "put": {
                "requestBody": takes(
                    {"type": "object", "required": ["value"], "properties": {"value": TEXT, "key": TEXT}}
                ),
                "responses": answer(_ref("Variable")),
            },
        },
    },
    servers=[{"url": "https://shop.example.com/api"}],
    security=[{"oauth": []}],
    components={
        "schemas": SCHEMAS,
        "securitySchemes": {
            "oauth": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/api/token", "scopes": {}}}}
        },
    },
)

Call = Callable[..., Awaitable[tuple[int, Any]]]


@pytest_asyncio.fixture
async def call(tmp_path: Path, template: Template) -> AsyncIterator[Call]:
    path = written(tmp_path, DOCUMENT)
    settings = Settings(
        port=0, memory=True, state_dir=tmp_path, scenario_dir=tmp_path / "scenarios", contract=(str(path),)
    )
    async with (
        running(settings, template, await asyncio.to_thread(backend_for, settings)) as (_, ready),
        aiohttp.ClientSession(ready.url) as http,
    ):

        async def calling(method: str, path: str, **options: Any) -> tuple[int, Any]:
            async with http.request(method, path, **options) as response:
                return response.status, await response.json(content_type=None)

        status, told = await calling("POST", "/api/token", data={"username": EMAIL, "password": PASSWORD})
        assert (status, told["plan"], told["token_type"]) == (200, "free", "bearer")
        http.headers["Authorization"] = f"Bearer {told['access_token']}"
        yield calling


async def test_a_login_by_form_gives_a_token_where_the_document_has_it_and_it_is_good(call: Call) -> None:
    status, me = await call("GET", "/api/me")

    assert (status, me) == (200, {"id": me["id"], "email": EMAIL})
    assert isinstance(me["id"], int)


async def test_a_login_is_refused_in_the_shape_that_the_document_has_for_it(call: Call) -> None:
    status, told = await call("POST", "/api/token", data={"username": EMAIL, "password": "wrong"})

    assert (status, sorted(told)) == (401, ["message", "reason"])
    assert told["message"]


async def test_a_row_that_is_made_below_a_member_is_found_by_get_and_gone_when_it_is_deleted(call: Call) -> None:
    status, made = await call("POST", "/api/items/", json={"item": {"title": "Tea"}})
    row = made["item"]
    found = await call("GET", f"/api/items/{row['id']}/")
    deleted = await call("DELETE", f"/api/items/{row['id']}/")
    after, _ = await call("GET", f"/api/items/{row['id']}/")

    assert (status, made["status"], row["title"]) == (201, "ok", "Tea")
    assert found == (200, made)
    assert deleted == (200, {"deleted": True})
    assert after == 404


async def test_a_body_without_the_member_is_refused(call: Call) -> None:
    status, _ = await call("POST", "/api/items/", json={"title": "Tea"})

    assert status == 400


async def test_a_page_tells_its_neighbours_addresses_and_what_else_must_be_there(call: Call) -> None:
    for number in range(5):
        await call("POST", "/api/items/", json={"item": {"title": f"Tea {number}"}})

    _, first = await call("GET", "/api/items/?limit=2")
    following = first["next"]
    _, second = await call("GET", following)
    _, back = await call("GET", second["previous"])

    assert (first["object"], first["previous"], len(first["results"])) == ("list", None, 2)
    assert following.startswith("http://")
    assert first["count"] >= 5
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    assert back["results"] == first["results"]


async def test_a_put_makes_the_row_where_nothing_else_makes_one(call: Call) -> None:
    """As GitHub's secrets and DigitalOcean's members are made."""
    made = await call("PUT", "/api/variables/COLOUR", json={"value": "red", "key": "in no answer"})
    changed = await call("PUT", "/api/variables/COLOUR", json={"value": "blue"})
    _, listed = await call("GET", "/api/variables")

    assert made == (200, {"name": "COLOUR", "value": "red", "size": made[1]["size"]})
    assert changed == (200, {**made[1], "value": "blue"})
    assert [row for row in listed["variables"] if row["name"] == "COLOUR"] == [changed[1]]


async def test_an_address_that_may_not_be_null_is_left_out_where_there_is_none(call: Call) -> None:
    _, first = await call("GET", "/api/variables?page=1")
    _, last = await call("GET", "/api/variables?page=2")

    assert first["links"]["next"].endswith("page=2")
    assert "next" not in last.get("links", {})


async def test_a_body_that_need_not_be_there_changes_nothing(call: Call) -> None:
    """OAS 3.1.1, "Request Body Object": it is not required unless the document says so."""
    _, made = await call("POST", "/api/items/", json={"item": {"title": "Tea"}})

    assert await call("PATCH", f"/api/items/{made['item']['id']}/") == (200, made)
