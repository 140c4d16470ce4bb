from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from devkit.faults.registry import fault_of
from tests.conftest import Client
from tests.faults.conftest import Break
from tests.faults.raw import call

TASKS = "/api/tasks"


async def healed(client: Client, path: str = TASKS) -> Any:
    await client.sandbox.engine.off("broken")
    answer = await client.send("GET", path)
    assert answer.status == 200
    return answer.json


@pytest.mark.parametrize("mode", ["truncated", "trailing", "single_quotes", "nan"])
async def test_malformed_json_comes_whole_and_cannot_be_parsed(signed_in: Client, breaks: Break, mode: str) -> None:
    await breaks("body.malformed", mode=mode)
    for path in (TASKS, "/api/auth/me", "/api/tasks/nowhere"):
        received = await call(signed_in, "GET", path, silence=0.05)
        assert len(received.body) == received.promised
        assert b"application/json" in received.head

        def refuse(constant: str) -> None:
            raise ValueError(constant)

        with pytest.raises(ValueError, match=r".+"):
            json.loads(received.body, parse_constant=refuse)
    assert await healed(signed_in)


async def test_an_empty_body_still_calls_itself_json(signed_in: Client, breaks: Break) -> None:
    await breaks("body.empty")
    received = await call(signed_in, "GET", TASKS)
    assert (received.body, received.promised) == (b"", 0)
    assert received.head.startswith(b"HTTP/1.1 200")
    assert b"application/json" in received.head
    assert await healed(signed_in)


async def test_the_content_type_is_another(signed_in: Client, breaks: Break) -> None:
    await breaks("body.content_type", value="text/html")
    async with signed_in.http.get(TASKS) as response:
        with pytest.raises(aiohttp.ContentTypeError):
            await response.json()
        assert json.loads(await response.read())["page"] == 1
    await signed_in.sandbox.engine.off("broken")
    assert "application/json" in (await signed_in.send("GET", TASKS)).headers["Content-Type"]


async def test_an_empty_list_looks_as_if_nothing_was_stored(signed_in: Client, breaks: Break) -> None:
    await breaks("array.empty")
    answer = await signed_in.send("GET", TASKS)
    assert (answer.json["data"], answer.json["total"], answer.headers["X-Total-Count"]) == ([], 0, "0")
    assert (await signed_in.send("GET", "/api/auth/me")).json["user"]["email"] == "test@example.com"
    assert (await healed(signed_in))["total"] == 57


async def test_a_huge_list_has_ids_of_its_own(signed_in: Client, breaks: Break) -> None:
    await breaks("array.huge", count=5_000)
    page = (await signed_in.send("GET", TASKS)).json
    assert (len(page["data"]), page["total"]) == (5_000, 5_000)
    assert len({task["id"] for task in page["data"]}) == 5_000
    assert (await signed_in.send("GET", f"{TASKS}?page=99")).json["data"] == []
    assert len((await healed(signed_in))["data"]) == 20


async def test_rows_share_their_ids_in_twos(signed_in: Client, breaks: Break) -> None:
    await breaks("array.duplicate_ids")
    tasks = (await signed_in.send("GET", TASKS)).json["data"]
    assert len(tasks) == 20
    assert len({task["id"] for task in tasks}) == 10
    assert tasks[0]["id"] == tasks[1]["id"]
    assert tasks[0]["title"] != tasks[1]["title"]
    assert len({task["id"] for task in (await healed(signed_in))["data"]}) == 20


@pytest.mark.parametrize(
    ("shape", "rows"),
    [
        ("bare", lambda body: body),
        ("data", lambda body: body["data"]["data"]),
        ("result", lambda body: body["result"]["data"]),
        ("items", lambda body: body["items"]),
        ("results", lambda body: body["results"]),
    ],
)
async def test_the_envelope_changes(signed_in: Client, breaks: Break, shape: str, rows: Any) -> None:
    await breaks("envelope.change", shape=shape)
    assert len(rows((await signed_in.send("GET", TASKS)).json)) == 20
    missing = await signed_in.send("GET", f"{TASKS}/nowhere")
    assert (missing.status, missing.json["error"]) == (404, "not_found")
    user = (await signed_in.send("GET", "/api/auth/me")).json
    assert "test@example.com" in json.dumps(user)
    assert ("email" in user) is (shape == "bare")
    assert len((await healed(signed_in))["data"]) == 20


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ("string", lambda body: ("not_found", body)),
        ("nested", lambda body: (body["error"]["code"], body["error"]["message"])),
        ("list", lambda body: (body["errors"][0]["code"], body["errors"][0]["message"])),
        ("detail", lambda body: ("not_found", body["detail"])),
        ("problem", lambda body: (body["code"], body["title"])),
    ],
)
async def test_errors_have_another_shape(signed_in: Client, breaks: Break, shape: str, read: Any) -> None:
    expected = (await signed_in.send("GET", f"{TASKS}/nowhere")).json
    await breaks("error.shape", shape=shape)
    answer = await signed_in.send("GET", f"{TASKS}/nowhere")
    assert answer.status == 404
    code, message = read(answer.json)
    assert code == expected["error"]
    assert message == expected["message"]
    assert ("problem+json" in answer.headers["Content-Type"]) is (shape == "problem")
    assert (await signed_in.send("GET", TASKS)).json["total"] == 57
    await healed(signed_in)
    assert (await signed_in.send("GET", f"{TASKS}/nowhere")).json.keys() == expected.keys()


async def test_an_error_may_say_nothing_at_all(signed_in: Client, breaks: Break) -> None:
    await breaks("error.shape", shape="empty")
    answer = await signed_in.send("GET", f"{TASKS}/nowhere")
    assert (answer.status, answer.json) == (404, {})


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("snake", "created_at"),
        ("camel", "createdAt"),
        ("pascal", "CreatedAt"),
        ("kebab", "created-at"),
        ("upper", "CREATED_AT"),
    ],
)
async def test_keys_are_spelled_otherwise(signed_in: Client, breaks: Break, style: str, name: str) -> None:
    await breaks("key_case", style=style)
    page = (await signed_in.send("GET", TASKS)).json
    rows = next(value for value in page.values() if isinstance(value, list))
    assert name in rows[0]
    assert "createdAt" in (await healed(signed_in))["data"][0]


async def test_the_backend_says_another_version(signed_in: Client, breaks: Break) -> None:
    await breaks("version.skew", value="99.0.0")
    for path in ("/api/config", "/api/health", "/health"):
        assert (await signed_in.send("GET", path)).json["version"] == "99.0.0"
    assert (await healed(signed_in, "/api/config"))["version"] != "99.0.0"


async def test_a_feature_flag_is_turned(signed_in: Client, breaks: Break) -> None:
    before = (await signed_in.send("GET", "/api/config")).json["features"]
    await breaks("config.flag", name="brand-new", value={"rollout": 5})
    assert (await signed_in.send("GET", "/api/config")).json["features"] == before | {"brand-new": {"rollout": 5}}
    assert (await healed(signed_in, "/api/config"))["features"] == before


@pytest.mark.parametrize(("state", "status"), [("degraded", 200), ("down", 503)])
async def test_the_backend_is_not_well(signed_in: Client, breaks: Break, state: str, status: int) -> None:
    await breaks("health", state=state)
    answer = await signed_in.send("GET", "/api/health")
    assert (answer.status, answer.json["status"]) == (status, state)
    assert (await signed_in.send("GET", TASKS)).status == 200
    assert (await healed(signed_in, "/api/health"))["status"] == "healthy"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("body.malformed", {"mode": "truncated"}),
        ("body.empty", {}),
        ("body.content_type", {"value": "text/html"}),
        ("field.drop", {"path": "title"}),
    ],
)
async def test_a_browsers_cache_does_not_keep_what_was_broken(
    signed_in: Client, breaks: Break, kind: str, parameters: dict[str, Any]
) -> None:
    task = (await signed_in.send("GET", TASKS)).json["data"][0]
    tag = (await signed_in.send("GET", f"{TASKS}/{task['id']}")).headers["ETag"]
    await breaks(kind, **parameters)
    # Who has the good one is sent the broken one nevertheless, and no version to come back with.
    answer = await signed_in.send("GET", f"{TASKS}/{task['id']}", headers={"If-None-Match": tag})
    assert answer.status == 200
    assert "ETag" not in answer.headers
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", f"{TASKS}/{task['id']}")).headers["ETag"] == tag


@pytest.mark.parametrize(
    "written",
    [
        {"type": "body.malformed", "mode": "broken"},
        {"type": "body.content_type", "value": "text/html\r\nSet-Cookie: a=b"},
        {"type": "array.huge", "count": 10_000_000},
        {"type": "config.flag", "name": "chat"},
        {"type": "health", "state": "ill"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fault_of(written)
