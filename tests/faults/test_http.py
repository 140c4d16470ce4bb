from __future__ import annotations

from typing import Any

import aiohttp
import jsonschema_rs
import pytest
from pydantic import ValidationError

from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect, ErrorContext
from devkit.dialects.shipped import DIALECTS
from devkit.effects import HOUR, parse_instant
from devkit.faults.registry import fault_of
from devkit.server.http.exchange import error_reply
from tests.conftest import Client
from tests.faults.conftest import Break


async def test_abort_answers_with_the_dialects_error(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=503, retry_after=2, match={"operation": "tasks.*"})
    answer = await signed_in.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})
    assert (answer.status, answer.json["error"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["X-Devkit-Fault"] == "broken/rule-1=http.abort"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert (await signed_in.send("GET", "/api/auth/me")).status == 200


async def test_abort_after_commit_lets_the_work_happen(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=500, phase="after_commit", match={"operation": "tasks.create"})
    assert (await signed_in.send("POST", "/api/tasks", json={"title": "Stored"})).status == 500
    assert (await signed_in.send("GET", "/api/tasks")).json["data"][0]["title"] == "Stored"


async def test_switching_off_heals(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=418, match={"operation": "tasks.list"}, when={"times": 1})
    assert (await signed_in.send("GET", "/api/tasks")).status == 418
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
    await breaks("http.wrong_status", to=202)
    assert (await signed_in.send("GET", "/api/tasks")).status == 202
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


async def test_an_error_has_status_200(signed_in: Client, breaks: Break) -> None:
    await breaks("http.error_in_200", match={"operation": "tasks.list"})
    answer = await signed_in.send("GET", "/api/tasks")
    assert (answer.status, answer.json["error"]) == (200, "internal_error")


@pytest.mark.parametrize(("status", "code"), [(409, "conflict"), (412, "precondition_failed")])
async def test_only_what_writes_meets_a_conflict(signed_in: Client, breaks: Break, status: int, code: str) -> None:
    await breaks("http.conflict", status=status)
    refused = await signed_in.send("POST", "/api/tasks", json={"title": "Too late"})
    assert (refused.status, refused.json["error"]) == (status, code)
    profile = await signed_in.send("PATCH", "/api/auth/profile", json={"firstName": "Ada"})
    assert profile.status == status
    assert (await signed_in.send("GET", "/api/tasks")).json["total"] == 57


async def test_a_form_is_refused_field_by_field(signed_in: Client, breaks: Break) -> None:
    await breaks("http.validation", fields={"title": "This title is taken", "due_date": "Is a holiday"})
    refused = await signed_in.send("POST", "/api/tasks", json={"title": "Good"})
    assert (refused.status, refused.json["error"]) == (400, "validation_error")
    assert refused.json["details"] == {"title": "This title is taken", "dueDate": "Is a holiday"}


async def test_a_call_is_redirected(signed_in: Client, breaks: Break) -> None:
    await breaks("http.redirect", status=302, to="/login")
    answer = await signed_in.send("GET", "/api/tasks", allow_redirects=False)
    assert (answer.status, answer.headers["Location"], answer.body) == (302, "/login", b"")


async def test_a_call_is_redirected_to_itself_until_the_client_gives_up(signed_in: Client, breaks: Break) -> None:
    await breaks("http.redirect", loop=True, match={"operation": "tasks.*"})
    once = await signed_in.send("GET", "/api/tasks?q=a%20b&page=1", allow_redirects=False)
    assert (once.status, once.headers["Location"]) == (307, "/api/tasks?q=a+b&page=1")
    with pytest.raises(aiohttp.TooManyRedirects):
        await signed_in.send("GET", "/api/tasks")
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


@pytest.mark.parametrize("parameters", [{}, {"to": "/login", "loop": True}, {"to": "/a\r\nSet-Cookie: x=y"}])
def test_a_redirect_needs_one_clean_target(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fault_of({"type": "http.redirect", **parameters})


async def test_a_deprecated_call_works_until_its_sunset(signed_in: Client, breaks: Break) -> None:
    clock = signed_in.sandbox.clock
    clock.freeze(parse_instant("2026-01-20T10:00:00.000Z"))
    await signed_in.sign_in()
    await breaks("http.deprecated", sunset="2h", match={"operation": "tasks.list"})
    for _ in range(2):
        answer = await signed_in.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})
        assert answer.status == 200
        assert answer.headers["Deprecation"] == "@1768903200"
        assert answer.headers["Sunset"] == "Tue, 20 Jan 2026 12:00:00 GMT"
        assert answer.headers["Access-Control-Expose-Headers"].endswith("Deprecation, Sunset")
        clock.advance(HOUR)
    answer = await signed_in.send("GET", "/api/tasks")
    assert (answer.status, answer.json["error"]) == (410, "gone")


async def test_what_a_list_showed_is_gone_when_it_is_opened(signed_in: Client, breaks: Break) -> None:
    before = (await signed_in.send("GET", "/api/tasks")).json["data"]
    first, second = (f"/api/tasks/{task['id']}" for task in before[:2])
    await breaks("http.vanish")
    assert (await signed_in.send("GET", first)).status == 200

    assert (await signed_in.send("GET", "/api/tasks")).json["total"] == 57
    assert (await signed_in.send("GET", first)).json["error"] == "not_found"
    assert (await signed_in.send("DELETE", second)).status == 404
    again = (await signed_in.send("GET", "/api/tasks")).json
    assert again["total"] == 55
    assert [task["id"] for task in again["data"]] == [task["id"] for task in before[2:]]

    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", first)).status == 200


async def test_a_thing_is_gone_before_any_list_showed_it(signed_in: Client, breaks: Break) -> None:
    task = (await signed_in.send("GET", "/api/tasks")).json["data"][0]
    await breaks("http.vanish", after_list=False)
    assert (await signed_in.send("PATCH", f"/api/tasks/{task['id']}", json={"title": "Lost"})).status == 404
    assert (await signed_in.send("POST", "/api/tasks", json={"title": "New"})).status == 201
    assert (await signed_in.send("GET", "/api/config")).status == 200


async def _named(client: Client, breaks: Break, status: int, method: str, path: str) -> tuple[int, str]:
    await breaks("http.abort", status=status)
    answer = await client.send(method, path, json=None if method == "GET" else {}, allow_redirects=False)
    await client.sandbox.engine.off("broken")
    return answer.status, answer.json["error"]


async def test_an_error_is_named_by_what_the_operation_can_answer(signed_in: Client, breaks: Break) -> None:
    """A status alone says as much as RFC 9110, section 15, does; else the operation has one error of it."""
    login, tasks = ("POST", "/api/auth/login"), ("GET", "/api/tasks")
    assert await _named(signed_in, breaks, 403, *login) == (403, "email_not_verified")
    assert await _named(signed_in, breaks, 401, *login) == (401, "invalid_credentials")
    assert await _named(signed_in, breaks, 403, *tasks) == (403, "forbidden")
    assert await _named(signed_in, breaks, 401, *tasks) == (401, "unauthorized")
    assert await _named(signed_in, breaks, 502, *tasks) == (502, "bad_gateway")
    assert await _named(signed_in, breaks, 422, "POST", "/api/tasks") == (422, "unprocessable_content")
    assert await _named(signed_in, breaks, 410, *tasks) == (410, "gone")
    assert await _named(signed_in, breaks, 410, "POST", "/api/auth/reset") == (410, "token_expired")
    assert await _named(signed_in, breaks, 409, "POST", "/api/auth/register") == (409, "email_taken")


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_each_status_has_a_name_of_its_own_in_each_dialect(dialect: Dialect) -> None:
    """And is answered as it was asked for, also where the dialect has another one for such an error."""
    context, told = ErrorContext("id", 0), {}
    for status in range(400, 600):
        reply = error_reply(DomainError.injected(status), dialect, context)
        assert reply.status == status
        jsonschema_rs.validate(dialect.errors.schema, reply.body)
        told[status] = {**reply.body, "request_id": None}
    codes = {str({**body, "message": "", "detail": ""} if len(body) > 2 else body) for body in told.values()}
    assert len(codes) == len(told)
    about = ("provider", "Idempotency", "verified", "Validation", "person")
    assert not [body for body in told.values() if any(word in str(body) for word in about)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_an_operation_calls_a_status_is_one_of_its_own_errors(dialect: Dialect) -> None:
    for route in dialect.routes():
        for status, name in route.error_names.items():
            assert name in {*route.possible_errors, *route.row.fails}
            assert route.errors.status_of(DomainError(name)) == status


async def test_a_304_comes_to_who_has_nothing(signed_in: Client, breaks: Break) -> None:
    await breaks("http.bad_304")
    answer = await signed_in.send("GET", "/api/tasks")
    assert (answer.status, answer.body) == (304, b"")
    assert (await signed_in.send("POST", "/api/tasks", json={"title": "Stored"})).status == 201
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).json["data"][0]["title"] == "Stored"


async def test_a_part_of_the_answer_comes_unasked(signed_in: Client, breaks: Break) -> None:
    """RFC 9110, section 15.3.7: 206 answers a request for a range; here there was none."""
    whole = (await signed_in.send("GET", "/api/tasks")).body
    await breaks("http.partial", fraction=0.25)
    answer = await signed_in.send("GET", "/api/tasks", headers={"Accept-Encoding": "gzip"})
    assert (answer.status, len(answer.body)) == (206, len(whole) // 4)
    assert answer.headers["Content-Range"] == f"bytes 0-{len(answer.body) - 1}/{len(whole)}"
    assert whole.startswith(answer.body)
    assert (await signed_in.send("GET", "/api/tasks/nowhere")).status == 404
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
