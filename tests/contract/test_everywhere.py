"""What holds everywhere: request ids, errors, methods, time, compression, limits, versions (CONTRACT.md)."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any

import aiohttp
import pytest

from devkit.contract.operations import Access
from devkit.dialects.agreed import AGREED
from devkit.dialects.base import Route
from devkit.journal import RequestEntry
from tests.conftest import Client, StartServer
from tests.contract.wire import INSTANT, NOBODYS_ID, UUID, is_error

ROUTES = [route for route in AGREED.routes() if not route.row.rooted]


def concrete(route: Route) -> str:
    return re.sub(r"{\w+}", NOBODYS_ID, route.path)


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


# Request ids and process time


@pytest.mark.parametrize("sane", ["abc", "A-z_0.9", "x" * 128])
async def test_a_sane_request_id_is_echoed_in_header_body_and_journal(client: Client, sane: str) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    good = await client.send("GET", "/api/health", headers={"X-Request-ID": sane})
    bad = await client.send("GET", "/api/tasks", headers={"X-Request-ID": sane})
    assert good.headers["X-Request-ID"] == bad.headers["X-Request-ID"] == bad.json["request_id"] == sane
    assert [entry.request_id for entry in heard if isinstance(entry, RequestEntry)] == [sane, sane]


@pytest.mark.parametrize("insane", ["", "x" * 129, "a b", "a/b", "<script>", "ü"])
async def test_any_other_request_id_is_replaced(client: Client, insane: str) -> None:
    answer = await client.send("GET", "/api/tasks", headers={"X-Request-ID": insane})
    assert UUID.fullmatch(answer.headers["X-Request-ID"])
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


async def test_no_two_requests_share_an_id_of_ours(client: Client) -> None:
    answers = [await client.send("GET", "/health") for _ in range(20)]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 20


async def test_every_answer_says_how_long_it_took(signed_in: Client) -> None:
    for method, path in [("GET", "/health"), ("GET", "/nowhere"), ("GET", "/api/tasks"), ("OPTIONS", "/api/tasks"),
                         ("POST", "/api/auth/logout")]:  # fmt: skip
        answer = await signed_in.send(method, path)
        assert 0 <= float(answer.headers["X-Process-Time"]) < 5


# Errors


async def test_an_unknown_path_is_a_404_in_json_that_names_what_was_perhaps_meant(client: Client) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    answer = await client.send("GET", "/api/task")
    assert is_error(answer, 404, "not_found")
    assert "near it: GET /api/tasks (tasks.list)" in answer.json["message"]
    assert "GET /api/tasks (tasks.list)" in heard[-1].nearest
    for path in ("/api", "/api/", "/api/tasks/", "/nowhere", "/api/v1/nowhere", "/api/tasks/x/y/z", "/API/tasks"):
        assert is_error(await client.send("GET", path), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/ws?token=secret", {}, 426, "upgrade_required"),
        ("/health", {"X-Devkit-Sandbox": "nobodys"}, 404, "not_found"),
        ("/health", {"Host": "evil.example"}, 403, "forbidden"),
    ],
)
async def test_a_request_that_reaches_no_dialect_does_not_vanish(
    client: Client, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    answer = await client.send("GET", path, headers=headers)
    assert is_error(answer, status, code)
    [entry] = heard
    assert (entry.status, entry.error, entry.request_id) == (status, code, answer.headers["X-Request-ID"])
    assert "secret" not in entry.path


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/tasks", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("POST", "/api/tasks/x", {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        ("GET", "/api/auth/login", {"POST", "OPTIONS"}),
        ("PUT", "/health", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/api/tasks", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
async def test_a_wrong_method_is_a_405_that_allows_the_right_ones(
    client: Client, method: str, path: str, allow: set[str]
) -> None:
    answer = await client.send(method, path)
    assert is_error(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allow


@pytest.mark.parametrize("route", ROUTES, ids=named)
async def test_options_names_the_methods_of_every_route(client: Client, route: Route) -> None:
    answer = await client.send("OPTIONS", concrete(route))
    assert (answer.status, answer.body) == (204, b"")
    assert {route.method, "OPTIONS"} <= set(answer.headers["Allow"].split(", "))


async def test_options_of_nothing_is_a_404(client: Client) -> None:
    assert is_error(await client.send("OPTIONS", "/nowhere"), 404, "not_found")


async def test_a_crash_is_a_500_whose_cause_only_the_log_tells(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("a secret of the server's")

    monkeypatch.setitem(client.sandbox.keepers._kept, "config.get", crash)
    answer = await client.send("GET", "/api/config", headers={"X-Request-ID": "find-me"})
    assert is_error(answer, 500, "internal_error")
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "find-me" in record.getMessage()
    assert "a secret of the server's" in (record.exc_text or "")


@pytest.mark.parametrize("route", [route for route in ROUTES if route.sends_body], ids=named)
async def test_every_route_with_a_body_refuses_other_media_types(signed_in: Client, route: Route) -> None:
    answer = await signed_in.send(
        route.method, concrete(route), data=b"title=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert is_error(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body", [b"{", b"[1", b'{"title": }', b'{"title": NaN}', b'{"a": 1, "a": 2}', b"\xff\xfe", b"[" * 10_000, b"x"]
)
async def test_what_is_no_json_is_told_so(signed_in: Client, body: bytes) -> None:
    answer = await signed_in.send("POST", "/api/tasks", data=body, headers={"Content-Type": "application/json"})
    assert is_error(answer, 400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"1"])
async def test_json_that_is_no_object_is_a_validation_error(signed_in: Client, body: bytes) -> None:
    answer = await signed_in.send("POST", "/api/tasks", data=body, headers={"Content-Type": "application/json"})
    assert is_error(answer, 400, "validation_error", "body")


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8"])
async def test_json_is_known_by_its_media_type(signed_in: Client, media_type: str) -> None:
    answer = await signed_in.send("POST", "/api/tasks", data=b'{"title": "x"}', headers={"Content-Type": media_type})
    assert answer.status == 201


async def test_a_body_above_the_limit_is_a_413_whether_its_length_is_told_or_not(start: StartServer) -> None:
    async with start(limits_json=100) as client:
        await client.sign_in()
        json_type = {"Content-Type": "application/json"}
        body = json.dumps({"title": "x" * 100}).encode()

        async def streamed() -> Any:
            yield body

        for data in (body, streamed()):
            answer = await client.send("POST", "/api/tasks", data=data, headers=json_type)
            assert is_error(answer, 413, "payload_too_large")
        fitting = json.dumps({"title": "x" * 80}).encode()
        assert (await client.send("POST", "/api/tasks", data=fitting, headers=json_type)).status == 201


async def test_an_address_that_is_too_long_is_a_414_in_json(client: Client) -> None:
    answer = await client.send("GET", "/api/tasks?q=" + "x" * 40_000)
    assert is_error(answer, 414, "uri_too_long")


async def test_fields_that_the_contract_does_not_know_are_ignored(signed_in: Client) -> None:
    answer = await signed_in.send("POST", "/api/tasks?nonsense=1", json={"title": "x", "id": "mine", "owner": "me"})
    assert answer.status == 201
    assert answer.json["id"] != "mine"


@pytest.mark.parametrize("route", [route for route in ROUTES if route.operation.access is Access.SIGNED_IN], ids=named)
async def test_every_route_that_is_not_public_needs_a_sign_in(client: Client, route: Route) -> None:
    assert is_error(await client.send(route.method, concrete(route)), 401, "unauthorized")
    bad = await client.send(route.method, concrete(route), headers={"Authorization": "Bearer rubbish"})
    assert is_error(bad, 401, "token_invalid")


# HEAD


@pytest.mark.parametrize(
    "path", ["/health", "/api/config", "/api/tasks", "/api/auth/me", "/api/uploads", "/nowhere", "/api/tasks/x"]
)
async def test_head_answers_as_get_does_without_the_body(signed_in: Client, path: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    got, headed = await signed_in.send("GET", path, headers=plain), await signed_in.send("HEAD", path, headers=plain)
    assert (headed.status, headed.body) == (got.status, b"")
    varying = {"X-Request-ID", "X-Process-Time", "Date"}
    assert {n: v for n, v in headed.headers.items() if n not in varying} == {
        n: v for n, v in got.headers.items() if n not in varying
    }


# Versions


@pytest.mark.parametrize("row", AGREED.rows, ids=lambda row: f"{row.method} {row.path}")
async def test_v1_is_the_same_contract_for_every_route(client: Client, row: Any) -> None:
    if row.rooted:
        return
    path = row.path.replace("{id}", NOBODYS_ID)

    async def ask(prefix: str, **options: Any) -> tuple[int, set[str], Any]:
        answer = await client.send(row.method, prefix + path, **options)
        body = answer.json if answer.body else {}
        return answer.status, set(answer.headers) - {"Date"}, body.get("error", sorted(body))

    token = {"Authorization": "Bearer rubbish"}
    assert await ask("/api") == await ask("/api/v1")
    assert await ask("/api", headers=token) == await ask("/api/v1", headers=token)


async def test_addresses_in_answers_keep_to_the_version_that_was_asked(signed_in: Client) -> None:
    created = await signed_in.send("POST", "/api/v1/tasks", json={"title": "x"})
    assert created.headers["Location"].startswith("/api/v1/tasks/")
    assert (await signed_in.send("GET", created.headers["Location"])).json == created.json
    listed = await signed_in.send("GET", "/api/v1/tasks")
    assert "</api/v1/tasks?page=2>" in listed.headers["Link"]
    for one in (await signed_in.send("GET", "/api/v1/uploads")).json["data"]:
        assert one["url"].startswith(f"{signed_in.url}/api/v1/uploads/")
        assert (await signed_in.send("GET", one["url"])).status == 200


# Time


async def test_every_instant_is_iso_8601_in_utc_with_milliseconds(signed_in: Client) -> None:
    def instants(value: Any, name: str = "") -> list[str]:
        if isinstance(value, dict):
            return [found for key, inner in value.items() for found in instants(inner, key)]
        if isinstance(value, list):
            return [found for inner in value for found in instants(inner, name)]
        return [value] if name in {"createdAt", "updatedAt", "dueDate", "expiresAt", "timestamp"} and value else []

    paths = ("/health", "/api/auth/me", "/api/auth/sessions", "/api/tasks?limit=100", "/api/uploads", "/nowhere")
    for path in paths:
        found = instants((await signed_in.send("GET", path)).json)
        assert found
        assert all(INSTANT.fullmatch(instant) for instant in found)


async def test_time_is_the_sandboxs_and_not_the_machines(signed_in: Client) -> None:
    signed_in.sandbox.clock.freeze(1_768_903_200_000)
    assert (await signed_in.send("GET", "/health")).json["timestamp"] == "2026-01-20T10:00:00.000Z"
    await signed_in.sign_in()
    task = (await signed_in.send("POST", "/api/tasks", json={"title": "x"})).json
    assert task["createdAt"] == "2026-01-20T10:00:00.000Z"
    assert (await signed_in.send("GET", "/nowhere")).json["timestamp"] == "2026-01-20T10:00:00.000Z"


# Compression


async def raw(client: Client, path: str, accept: str | None) -> tuple[dict[str, str], bytes]:
    """Headers and body as they came, not unpacked."""
    async with aiohttp.ClientSession(client.url, auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as http:
        headers = client.bearer | ({"Accept-Encoding": accept} if accept is not None else {})
        async with http.get(path, headers=headers) as response:
            return dict(response.headers), await response.read()


async def test_json_above_a_kibibyte_is_packed_for_clients_that_accept_it(signed_in: Client) -> None:
    plain_headers, plain = await raw(signed_in, "/api/tasks", "identity")
    assert "Content-Encoding" not in plain_headers
    for accept in ("gzip", "deflate, gzip;q=0.8, br", "GZIP"):
        headers, packed = await raw(signed_in, "/api/tasks", accept)
        assert headers["Content-Encoding"] == "gzip"
        assert {"Origin", "Accept-Encoding"} <= {word.strip() for word in headers["Vary"].split(",")}
        assert len(packed) < len(plain)
        assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("accept", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.000, br"])
async def test_others_get_it_as_it_is(signed_in: Client, accept: str | None) -> None:
    headers, body = await raw(signed_in, "/api/tasks", accept)
    assert "Content-Encoding" not in headers
    assert json.loads(body)["total"] == 57


async def test_small_json_is_not_packed(signed_in: Client) -> None:
    headers, body = await raw(signed_in, "/api/auth/me", "gzip")
    assert "Content-Encoding" not in headers
    assert len(body) < 1024


# Configuration and health


async def test_config_shows_flags_and_limits_to_anybody(start: StartServer) -> None:
    async with start(limits_upload=5_000, limits_json=7_000) as client:
        answer = await client.send("GET", "/api/config")
        assert list(answer.json) == ["appName", "version", "features", "limits"]
        assert answer.json["features"]["newDashboard"] is True
        assert answer.json["features"]["bulkEdit"] is False
        assert answer.json["limits"] == {
            "uploadMaxBytes": 5_000,
            "jsonMaxBytes": 7_000,
            "pageMax": 100,
            "titleMax": 200,
            "descriptionMax": 1000,
        }


async def test_health_answers_without_a_redirect_and_to_anybody(client: Client) -> None:
    for path in ("/health", "/api/health", "/api/v1/health"):
        answer = await client.send("GET", path, allow_redirects=False)
        assert (answer.status, answer.json["status"]) == (200, "healthy")


# Connections


async def test_two_hundred_requests_at_once_are_each_answered_with_their_own_id(signed_in: Client) -> None:
    async def ask(number: int) -> bool:
        answer = await signed_in.send("GET", "/api/auth/me", headers={"X-Request-ID": f"r-{number}"})
        return answer.status == 200 and answer.headers["X-Request-ID"] == f"r-{number}"

    assert all(await asyncio.gather(*(ask(number) for number in range(200))))
