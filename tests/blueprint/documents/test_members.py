"""Rows that are not what is answered as it is: their members below `attributes` or `metadata`, or no id among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devkit.sandbox import Template
from tests.blueprint.documents.writing import answer, document, takes
from tests.blueprint.serving import served

TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": properties}


def _asked(*names: str, kind: str = "string") -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": kind}} for name in names]


_TITLED = _object("title", title=TEXT, body=TEXT, created_at={**TIME, "readOnly": True})
_NAMED = {"type": {"const": "articles"}}
_ARTICLE = _object("type", "id", "attributes", **_NAMED, id=TEXT, attributes=_TITLED, links=_object(self=TEXT))
_ONE = _object("data", data=_ARTICLE)
JSON_API = document(
    {
        "/articles": {
            "get": {
                "parameters": [
                    *_asked("filter[title]", "sort"),
                    *_asked("page[number]", "page[size]", kind="integer"),
                ],
                "responses": answer(_object("data", data={"type": "array", "items": _ARTICLE})),
            },
            "post": {
                "requestBody": takes(_object("data", data=_object("type", "attributes", **_NAMED, attributes=_TITLED))),
                "responses": answer(_ONE, "201"),
            },
        },
        "/articles/{id}": {
            "get": {"responses": answer(_ONE)},
            "patch": {
                "requestBody": takes(
                    _object("data", data=_object(**_NAMED, id=TEXT, attributes=_object(title=TEXT, body=TEXT)))
                ),
                "responses": answer(_ONE),
            },
            "delete": {"responses": {"204": {"description": "Gone"}}},
        },
    }
)


async def test_members_of_json_api_are_below_attributes_both_ways(tmp_path: Path, template: Template) -> None:
    """JSON:API 1.1: sections 7.2 ("Resource Objects"), 9.1 ("Creating Resources"), 9.2 ("Updating Resources")."""
    async with served(tmp_path / "openapi.json", json.dumps(JSON_API), template) as api:

        def sent(**attributes: str) -> dict[str, Any]:
            return {"data": {"type": "articles", "attributes": attributes}}

        status, made = await api.call("POST", "/articles", sent(title="Tea", body="Hot"))
        row = made["data"]
        assert (status, row["type"]) == (201, "articles")
        assert {**row["attributes"], "created_at": ""} == {"title": "Tea", "body": "Hot", "created_at": ""}
        assert await api.call("GET", f"/articles/{row['id']}") == (200, made)
        status, changed = await api.call("PATCH", f"/articles/{row['id']}", sent(title="Milk"))
        assert changed["data"]["attributes"] == {**row["attributes"], "title": "Milk"}
        await api.call("POST", "/articles", sent(title="Bread"))
        _, listed = await api.call("GET", "/articles?filter[title]=Milk")
        assert listed["data"] == [changed["data"]]
        _, listed = await api.call("GET", "/articles?sort=title&page[size]=100")
        titles = [one["attributes"]["title"] for one in listed["data"]]
        assert titles == sorted(titles, key=str.lower)
        assert {"Milk", "Bread"} < set(titles)
        assert (await api.call("POST", "/articles", sent(body="No title")))[0] == 400
        assert (await api.call("DELETE", f"/articles/{row['id']}"))[0] == 204
        assert (await api.call("GET", f"/articles/{row['id']}"))[0] == 404


_META = _object(
    name=TEXT, namespace=TEXT, labels={"type": "object", "additionalProperties": TEXT}, creationTimestamp=TIME
)
_POD = _object(apiVersion=TEXT, kind=TEXT, metadata=_META, spec=_object(nodeName=TEXT))
_BODY = takes(_POD)
KUBERNETES = document(
    {
        "/api/v1/namespaces/{namespace}/pods": {
            "get": {"responses": answer(_object("items", items={"type": "array", "items": _POD}, metadata=_object()))},
            "post": {"requestBody": _BODY, "responses": answer(_POD, "201")},
        },
        "/api/v1/namespaces/{namespace}/pods/{name}": {
            "get": {"responses": answer(_POD)},
            "put": {"requestBody": _BODY, "responses": answer(_POD)},
        },
    }
)


async def test_rows_are_called_by_what_is_below_metadata(tmp_path: Path, template: Template) -> None:
    """Kubernetes API conventions, "Metadata": an object is called by `metadata.name`, in its namespace."""
    pods = "/api/v1/namespaces/default/pods"
    async with served(tmp_path / "openapi.json", json.dumps(KUBERNETES), template) as api:
        pod = {"kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"nodeName": "one"}}
        status, made = await api.call("POST", pods, pod)
        assert (status, made["metadata"]["name"], made["metadata"]["namespace"]) == (201, "web", "default")
        assert await api.call("GET", f"{pods}/web") == (200, made)
        assert (await api.call("POST", pods, pod))[0] == 409
        changed = {**made, "spec": {"nodeName": "two"}}
        assert await api.call("PUT", f"{pods}/web", changed) == (200, changed)
        _, listed = await api.call("GET", pods)
        assert [one for one in listed["items"] if one["metadata"]["name"] == "web"] == [changed]
        assert (await api.call("GET", "/api/v1/namespaces/other/pods/web"))[0] == 404


_SECRET = {**TEXT, "writeOnly": True}
_CREATOR = _object("name", name=TEXT, password=_SECRET, keys={"type": "array", "items": _object(id=TEXT, key=_SECRET)})
_PLANET = _object("id", "name", id={"type": "integer"}, name=TEXT, creator={"$ref": "#/components/schemas/Creator"})
_VISIT = _object("id", "date", "pet", id={"type": "integer"}, date=TEXT, pet={"type": "integer"})
WITHIN = document(
    {
        "/planets": {
            "get": {"responses": answer({"type": "array", "items": _PLANET})},
            "post": {
                "requestBody": takes(_object("name", **_PLANET["properties"])),
                "responses": answer(_PLANET, "201"),
            },
        },
        "/planets/{id}": {"get": {"responses": answer(_PLANET)}},
        "/visits": {
            "get": {"responses": answer({"type": "array", "items": _VISIT})},
            "post": {"requestBody": takes(_object("date", "pet", **_VISIT["properties"])), "responses": answer(_VISIT)},
        },
        "/visits/{id}": {"put": {"requestBody": takes(_object("date", date=TEXT)), "responses": answer(_VISIT)}},
    },
    components={"schemas": {"Creator": _CREATOR}},
)


@pytest.mark.parametrize("contract", ["openapi.json", "backend.yaml"])
async def test_what_only_comes_in_is_stored_and_in_no_answer_however_deep_it_is(
    tmp_path: Path, template: Template, contract: str
) -> None:
    """OpenAPI 3.1, "Schema Object", `writeOnly`; as in Scalar's Galaxy."""
    creator = "{fields: {name: string!, password: string write-only, keys: {type: array, items: "
    creator += "{type: object, properties: {id: {type: string}, key: {type: string, writeOnly: true}}}}}}"
    own = f"contract: sky\nresources: {{planets: {{seed: 2, fields: {{name: string!, creator: {creator}}}}}}}\n"
    text = own if contract == "backend.yaml" else json.dumps(WITHIN)
    async with served(tmp_path / contract, text, template) as api:
        creator = {"name": "Marc", "password": "x", "keys": [{"id": "1", "key": "y"}]}
        shown = {"name": "Marc", "keys": [{"id": "1"}]}
        _, made = await api.call("POST", "/planets", {"name": "Mars", "creator": creator})
        assert made["creator"] == shown
        assert (await api.call("GET", f"/planets/{made['id']}"))[1]["creator"] == shown
        _, listed = await api.call("GET", "/planets")
        assert "password" not in json.dumps(listed)
        assert 'key"' not in json.dumps(listed)
        if contract == "backend.yaml":
            async with api.http.ws_connect("/ws") as socket:
                await socket.receive_json()
                await socket.send_json({"type": "subscribe", "topics": ["planets"]})
                await socket.receive_json()
                await api.call("PATCH", f"/planets/{made['id']}", {"name": "Red"})
                assert (await socket.receive_json())["planet"]["creator"] == shown
            changed = await api.call("PATCH", f"/planets/{made['id']}", {"creator": {"name": "Ada"}})
            assert changed[1]["creator"] == {**shown, "name": "Ada"}


async def test_a_replacement_leaves_what_it_cannot_say(tmp_path: Path, template: Template) -> None:
    """As Spring Petclinic's visits, whose pet only a creation names."""
    async with served(tmp_path / "openapi.json", json.dumps(WITHIN), template) as api:
        _, made = await api.call("POST", "/visits", {"date": "2026-01-01", "pet": 7})
        changed = await api.call("PUT", f"/visits/{made['id']}", {"date": "2026-02-02"})
        assert changed == (200, {**made, "date": "2026-02-02"})
        assert (await api.call("POST", "/visits", {"date": "2026-01-01"}))[0] == 400


_SINK = _object("url", url=TEXT)
UNSEEN = document(
    {
        "/sinks": {
            "get": {"responses": answer({"type": "array", "items": _SINK})},
            "post": {"requestBody": takes(_SINK), "responses": answer(_SINK, "201")},
        },
        "/sinks/{sink_uuid}": {
            "get": {"responses": answer(_SINK)},
            "delete": {"responses": {"204": {"description": "Gone"}}},
        },
        "/flags": {"get": {"responses": answer({"type": "array", "items": _SINK})}},
        "/flags/{flag}": {
            "get": {"responses": answer(_SINK)},
            "put": {"requestBody": takes(_SINK), "responses": answer(_SINK)},
        },
        "/reports": {"get": {"responses": answer({"type": "array", "items": _SINK})}},
        "/reports/{report}": {"get": {"responses": answer(_SINK)}},
    }
)


async def test_rows_whose_answers_tell_no_id_are_called_as_their_path_says(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "openapi.json", json.dumps(UNSEEN), template) as api:
        async with api.http.post("/sinks", json={"url": "x"}) as response:
            assert (response.status, await response.json()) == (201, {"url": "x"})
            where = response.headers["Location"]
        assert await api.call("GET", where) == (200, {"url": "x"})
        _, listed = await api.call("GET", "/sinks")
        assert listed[0] == {"url": "x"}
        assert (await api.call("DELETE", where))[0] == 204
        assert (await api.call("GET", where))[0] == 404

        assert await api.call("PUT", "/flags/dark", {"url": "y"}) == (200, {"url": "y"})
        assert await api.call("GET", "/flags/dark") == (200, {"url": "y"})
        # Of what nobody makes, nobody knows what it is called: the document's answer is all that there is.
        assert (await api.call("GET", "/reports/any"))[0] == 200
