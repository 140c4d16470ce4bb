"""The headers that browsers judge; what a browser makes of them is shown in tests/browser/test_cors_faults.py."""

from __future__ import annotations

import pytest

from tests.conftest import Answer, Client
from tests.faults.conftest import Break

ORIGIN = "http://localhost:3000"
ALLOWED = "Access-Control-Allow-Origin"


async def call(client: Client, path: str = "/api/tasks", method: str = "GET", origin: str = ORIGIN) -> Answer:
    return await client.send(method, path, headers={"Origin": origin})


async def preflight(client: Client, method: str = "GET", headers: str = "x-client-version, content-type") -> Answer:
    """What a browser asks before it calls /api/tasks."""
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    path = "/api/tasks" if method in {"GET", "POST"} else "/api/tasks/1"
    return await client.send("OPTIONS", path, headers=asked)


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        ("missing", []),
        ("mismatch", ["https://app.example.com"]),
        ("null", ["null"]),
        ("multiple", [ORIGIN, "https://app.example.com"]),
        ("wildcard", ["*"]),
    ],
)
async def test_the_allowed_origin_is_wrong_in_answers_and_preflights(
    signed_in: Client, breaks: Break, mode: str, sent: list[str]
) -> None:
    await breaks("cors.origin", mode=mode, match={"operation": "tasks.*"})
    answer = await call(signed_in)
    assert answer.status == 200
    assert answer.headers.getall(ALLOWED, []) == sent
    asked = await preflight(signed_in)
    assert (asked.status, asked.headers.getall(ALLOWED, [])) == (204, sent)
    assert asked.headers["X-Devkit-Fault"] == "broken/rule-1=cors.origin"

    assert (await call(signed_in, "/api/auth/me")).headers[ALLOWED] == ORIGIN
    await signed_in.sandbox.engine.off("broken")
    assert (await call(signed_in)).headers[ALLOWED] == ORIGIN
    assert (await preflight(signed_in)).headers[ALLOWED] == ORIGIN


async def test_a_wrong_origin_opens_nothing_to_origins_that_are_not_listed(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.origin", mode="wildcard")
    assert ALLOWED not in (await call(signed_in, origin="http://evil.example")).headers


async def test_credentials_are_not_allowed(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.credentials_missing")
    for answer in (await call(signed_in), await preflight(signed_in)):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers[ALLOWED] == ORIGIN


async def test_a_preflight_does_not_allow_methods(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.method_missing", methods=["PATCH", "DELETE"])
    assert (await preflight(signed_in, "PATCH")).headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, OPTIONS"
    await signed_in.sandbox.engine.off("broken")
    assert "PATCH" in (await preflight(signed_in, "PATCH")).headers["Access-Control-Allow-Methods"]


async def test_a_preflight_does_not_allow_headers(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.header_missing", headers=["X-Client-Version"])
    assert (await preflight(signed_in)).headers["Access-Control-Allow-Headers"] == "content-type"
    alone = await preflight(signed_in, headers="x-client-version")
    assert "Access-Control-Allow-Headers" not in alone.headers


async def test_headers_are_not_exposed(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.expose_missing", headers=["X-Total-Count", "link"])
    answer = await call(signed_in)
    assert answer.headers["X-Total-Count"] == "57"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert "ETag" in exposed
    assert not {"X-Total-Count", "Link"} & set(exposed)


async def test_only_errors_have_no_cors_headers(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.missing_on_errors")
    assert (await call(signed_in)).headers[ALLOWED] == ORIGIN
    failed = await call(signed_in, "/api/tasks/no-such-task")
    assert failed.status == 404
    assert not [name for name in failed.headers if name.startswith("Access-Control-")]
    await signed_in.sandbox.engine.off("broken")
    assert (await call(signed_in, "/api/tasks/no-such-task")).headers[ALLOWED] == ORIGIN


async def test_answers_do_not_say_that_they_vary_by_origin(signed_in: Client, breaks: Break) -> None:
    await breaks("cors.vary_missing")
    assert (await call(signed_in)).headers["Vary"] == "Accept-Encoding"
    assert "Vary" not in (await call(signed_in, "/api/auth/me")).headers
    await signed_in.sandbox.engine.off("broken")
    assert (await call(signed_in)).headers["Vary"] == "Origin, Accept-Encoding"
