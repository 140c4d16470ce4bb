"""What the server puts into rows, whose they are, and how a document's own errors and addresses look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devkit.sandbox import Template
from tests.blueprint.file.reading import complaint
from tests.blueprint.serving import Served, served
from tests.conftest import EMAIL, PASSWORD

NOTES = """
contract: notes
accounts: {like: agreed, session: {bearer: true}}
resources:
  notes:
    access: {list: public, get: public}
    fields: {title: string!, tags: "list of string = []", author: object, email: string}
    fills: {author: {name: "{user.username}", kind: author}, email: "{user.email}"}
    only_by: author
    list: {filter: {tag: tags, by: author.name}}
"""


async def token(on: Served, email: str = EMAIL) -> dict[str, str]:
    status, told = await on.call("POST", "/auth/login", {"email": email, "password": PASSWORD})
    assert status == 200
    return {"Authorization": f"Token {told['token']}"}  # as Django REST framework and RealWorld have it


async def test_a_row_has_what_the_server_knows_of_who_made_it_and_is_theirs_to_change(
    tmp_path: Path, template: Template
) -> None:
    async with served(tmp_path / "backend.yaml", NOTES, template) as notes:
        mine, others = await token(notes), await token(notes, "admin@example.com")
        sent = {"title": "One", "tags": ["a", "b"], "email": "somebody@example.com", "author": {}}
        _, made = await notes.call("POST", "/notes", sent, headers=mine)
        assert (made["author"], made["email"]) == ({"name": "test", "kind": "author"}, EMAIL)
        await notes.call("POST", "/notes", {"title": "Two"}, headers=others)

        at = f"/notes/{made['id']}"
        assert (await notes.call("GET", at, headers=others))[0] == 200
        assert (await notes.call("PATCH", at, {"title": "Mine"}, headers=others))[0] == 403
        assert (await notes.call("DELETE", at, headers=others))[0] == 403
        status, after = await notes.call("PATCH", at, {"title": "Still", "email": "x@y.test"}, headers=mine)
        assert (status, after["title"], after["email"]) == (200, "Still", EMAIL)
        for _ in range(3):  # the fast lane answers too, once an address is known
            for query, titles in (("tag=b", ["Still"]), ("by=admin", ["Two"]), ("by=nobody", []), ("tag=c", [])):
                _, listed = await notes.call("GET", f"/notes?{query}")
                assert [row["title"] for row in listed["data"]] == titles
        assert (await notes.call("DELETE", at, headers=mine))[0] == 204


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("fills: {titel: x}", "title"),
        ("fills: {title: x}, only_by: owner", "only_by: owner is none of the fields in `fills`"),
        ('fills: {title: "{user.email}"}', "nobody signs in here"),
        ("list: {filter: {by: autor.name}}", "author"),
        ("references: {title: others}", "notes are the file's own, whose fields say what they refer to"),
    ],
)
def test_mistakes_in_what_the_server_fills_are_told(tmp_path: Path, words: str, told: str) -> None:
    text = f"resources: {{notes: {{fields: {{title: string!, author: object}}, {words}}}}}"

    assert told in complaint(text, tmp_path)


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": {
            "get": {
                "operationId": "list",
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {
                        "description": "Things",
                        "content": {"application/json": {"schema": {
                            "type": "object",
                            "required": ["results", "thingsCount", "next", "previous"],
                            "properties": {
                                "thingsCount": {"type": "integer"},
                                "next": {"type": ["string", "null"], "format": "uri"},
                                "previous": {
                                    "type": ["string", "null"], "format": "uri", "examples": ["http://x/things"]
                                },
                                "things": {
                                    "type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/Thing"}
                                },
                            },
                        }}},
                    }
                },
            },
            "post": {
                "operationId": "create",
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object",
                    "required": ["name", "size"],
                    "properties": {"name": {"type": "string"}, "size": {"enum": ["s", "l"]}},
                }}}},
                "responses": {
                    "201": {"description": "It", "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "422": {"description": "No", "content": {"application/json": {"schema": {}, "examples": {
                        "one": {"value": {"errors": {"name": ["is required"]}}},
                        "two": {"value": {"errors": {"size": ["is required"]}}},
                        "three": {"value": {"errors": {"size": ["is no choice"]}}},
                    }}}},
                },
            },
        },
        "/things/{id}": {
            "get": {
                "operationId": "get",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"description": "It", "content": {"application/json": {
                        "schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "404": {"description": "No", "content": {"application/json": {
                        "schema": {}, "example": {"message": "No thing {path.id} here"}}}},
                },
            },
            "put": {
                "operationId": "change",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "properties": {"name": {"type": "string"}, "size": {"enum": ["s", "l"]}},
                }}}},
                "responses": {"200": {"description": "It", "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Thing"}}}}},
            },
        },
        "/tips/{kind}": {
            "get": {
                "operationId": "tip",
                "responses": {"200": {"description": "One", "content": {"application/json": {"schema": {}}}}},
            }
        },
    },
    "components": {"schemas": {"Thing": {
        "type": "object",
        "required": ["id", "name", "size"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "size": {"enum": ["s", "l"]}},
    }}},
}  # fmt: skip


async def test_a_document_is_kept_as_its_examples_show(tmp_path: Path, template: Template) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    text = """
contract: things
openapi: openapi.json
errors: {examples: true}
resources: {things: {seed: [{id: 1, name: a, size: s}, {id: 2, name: b, size: l}, {id: 3, name: c, size: s}]}}
operations: {tip: {answers: {cold: {wear: coat}, warm: {wear: hat}}, else: not_found}}
"""
    async with served(tmp_path / "backend.yaml", text, template) as things:
        for sent, problem in (
            ({"size": "s"}, {"name": ["is required"]}),
            ({"name": "d"}, {"size": ["is required"]}),
            ({"name": "d", "size": "xl"}, {"size": ["is no choice"]}),
        ):
            assert await things.call("POST", "/things", sent) == (422, {"errors": problem})
        for _ in range(3):  # the fast lane answers too, once an address is known
            assert await things.call("GET", "/things/77") == (404, {"message": "No thing 77 here"})
        _, second = await things.call("GET", "/things?page=2")
        assert (len(second["things"]), second["thingsCount"], second["next"]) == (1, 3, None)
        assert second["previous"] == f"{things.url}/things"
        assert await things.call("PUT", "/things/1", {"name": "z"}) == (200, {"id": 1, "name": "z", "size": "s"})
        assert await things.call("GET", "/tips/warm") == (200, {"wear": "hat"})
        assert (await things.call("GET", "/tips/other"))[0] == 404
