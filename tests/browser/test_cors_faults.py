"""What faults in CORS, preflights and cookies look like to a page: the browser judges, and the page heals by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.browser.stage import FAILED, JSON, Stage
from tests.faults.conftest import scenario

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

SIMPLE: dict[str, Any] = {"path": "/api/health"}
ASKED_FIRST: dict[str, Any] = {"path": "/api/health", "headers": {"X-Client-Version": "1.0"}}
PATCH: dict[str, Any] = {"path": "/api/tasks/1", "method": "PATCH", "body": "{}", "headers": JSON}
MISSING: dict[str, Any] = {"path": "/api/no-such-thing"}
BLOCKED = "has been blocked by CORS policy"


@pytest.mark.parametrize(
    ("kind", "parameters", "call", "reason", "arrived"),
    [
        ("cors.origin", {"mode": "missing"}, SIMPLE, "No 'Access-Control-Allow-Origin' header is present", ["GET"]),
        ("cors.origin", {"mode": "missing"}, ASKED_FIRST, "No 'Access-Control-Allow-Origin' header", ["OPTIONS"]),
        ("cors.origin", {"mode": "mismatch"}, SIMPLE, "has a value 'https://app.example.com' that is", ["GET"]),
        ("cors.origin", {"mode": "null"}, SIMPLE, "has a value 'null' that is not equal", ["GET"]),
        ("cors.origin", {"mode": "multiple"}, SIMPLE, "contains multiple values", ["GET"]),
        ("cors.origin", {"mode": "multiple"}, ASKED_FIRST, "contains multiple values", ["OPTIONS"]),
        ("cors.origin", {"mode": "wildcard"}, SIMPLE, "must not be the wildcard '*'", ["GET"]),
        ("cors.credentials_missing", {}, SIMPLE, "'Access-Control-Allow-Credentials' header in the response", ["GET"]),
        ("cors.credentials_missing", {}, ASKED_FIRST, "Response to preflight request doesn't pass", ["OPTIONS"]),
        ("cors.method_missing", {"methods": ["PATCH"]}, PATCH, "Method PATCH is not allowed", ["OPTIONS"]),
        (
            "cors.header_missing",
            {"headers": ["X-Client-Version"]},
            ASKED_FIRST,
            "Request header field x-client-version is not allowed by Access-Control-Allow-Headers",
            ["OPTIONS"],
        ),
        ("preflight.status", {"status": 500}, ASKED_FIRST, "It does not have HTTP ok status", ["OPTIONS"]),
        (
            "preflight.redirect",
            {"location": "https://www.example.com/login"},
            ASKED_FIRST,
            "Redirect is not allowed for a preflight request",
            ["OPTIONS"],
        ),
    ],
)
async def test_fetch_fails_the_console_says_why_and_switching_off_heals(
    stage: Stage, kind: str, parameters: dict[str, Any], call: dict[str, Any], reason: str, arrived: list[str]
) -> None:
    await stage.breaks(kind, **parameters)
    await stage.fails(**call)
    assert stage.arrived == arrived
    await stage.says(reason)
    await stage.says(BLOCKED)

    await stage.heal()
    assert (await stage.call(**call))["status"] in {200, 401}


async def test_a_wildcard_serves_calls_without_credentials(stage: Stage) -> None:
    await stage.breaks("cors.origin", mode="wildcard")
    assert (await stage.call("/api/health", credentials="omit"))["status"] == 200


async def test_a_status_cannot_be_read_where_only_errors_lack_their_cors_headers(stage: Stage) -> None:
    await stage.breaks("cors.missing_on_errors")
    await stage.fails("/api/auth/me")
    await stage.says("No 'Access-Control-Allow-Origin' header is present")
    assert (await stage.call("/api/health"))["status"] == 200
    await stage.heal()
    assert (await stage.call("/api/auth/me"))["status"] == 401


async def test_a_header_that_is_not_exposed_cannot_be_read(stage: Stage) -> None:
    await stage.sign_in()
    assert (await stage.call("/api/tasks"))["headers"]["x-total-count"] == "57"
    await stage.breaks("cors.expose_missing", headers=["X-Total-Count"])
    listed = await stage.call("/api/tasks")
    assert listed["status"] == 200
    assert "link" in listed["headers"]
    assert "x-total-count" not in listed["headers"]


async def test_a_cache_gives_one_origins_answer_to_another_that_is_not_allowed_to_see_it(stage: Stage) -> None:
    await stage.sign_in()
    tasks = (await stage.call("/api/tasks", json=True))["body"]["data"]
    paths = [f"/api/tasks/{task['id']}" for task in tasks[:2]]
    # A page of the server's own origin sends no Origin: the answer to it allows none.
    other = await stage.page.context.new_page()
    await other.goto(stage.client.url + "/_devkit/")

    async def after_the_other_page(path: str) -> dict[str, Any]:
        cached = "path => fetch(path, {cache: 'force-cache'}).then(response => response.status)"
        assert await other.evaluate(cached, path) == 200
        return await stage.call(path, cache="force-cache")

    assert (await after_the_other_page(paths[0]))["status"] == 200
    await stage.breaks("cors.vary_missing")
    assert (await after_the_other_page(paths[1]))["failed"] == FAILED[stage.browser]
    assert (await stage.call(paths[1], cache="reload"))["status"] == 200
    await other.close()


async def test_a_call_waits_for_its_preflight(stage: Stage) -> None:
    await stage.breaks("preflight.delay", delay="3s")
    assert (await stage.call(**SIMPLE))["took"] < 3000
    assert (await stage.call(**ASKED_FIRST))["took"] >= 3000


async def test_a_call_hangs_with_its_preflight_and_goes_on_when_it_heals(stage: Stage) -> None:
    await stage.breaks("preflight.hang")
    assert (await stage.call(**ASKED_FIRST, patience=150))["failed"].startswith("TimeoutError")
    assert "GET" not in stage.arrived
    waiting = asyncio.create_task(stage.call(**ASKED_FIRST))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await stage.heal()
    assert (await waiting)["status"] == 200


async def test_a_preflight_that_was_kept_is_not_asked_again(stage: Stage) -> None:
    for _ in range(2):
        await stage.call(**ASKED_FIRST)
    assert stage.arrived == ["OPTIONS", "GET"] * 2
    stage.client.sandbox.journal.clear()
    await stage.breaks("preflight.max_age", seconds=600)
    kept = {"path": "/api/health?kept", "headers": {"X-Client-Version": "1.0"}}
    for _ in range(2):
        await stage.call(**kept)
    assert stage.arrived == ["OPTIONS", "GET", "GET"]
    # That is the trouble with it: what the server says now goes unseen.
    await stage.breaks("preflight.status", status=500)
    assert (await stage.call(**kept))["status"] == 200


@pytest.mark.parametrize(
    ("kind", "parameters", "kept"),
    [
        ("cookie.not_set", {}, set()),
        ("cookie.secure", {"value": False}, {"auth-token"}),
        ("cookie.httponly_missing", {}, {"auth-token"}),
        ("cookie.domain", {"value": "api.example.com"}, set()),
        ("cookie.path", {"value": "/elsewhere"}, {"auth-token"}),
        ("cookie.expiry", {"max_age": "0"}, set()),
        ("cookie.samesite", {"value": "None"}, {"auth-token"}),
        ("cookie.oversize", {}, set()),
        ("cookie.prefix_violation", {}, set()),
        ("cookie.partitioned", {}, {"auth-token"}),
    ],
)
async def test_which_cookies_a_browser_keeps(
    stage: Stage, kind: str, parameters: dict[str, Any], kept: set[str]
) -> None:
    await stage.breaks(kind, name="auth-token", **parameters)
    await stage.sign_in()
    cookies = await stage.cookies()
    assert set(cookies) == kept | {"refresh-token"}
    signed_in = "auth-token" in kept and kind != "cookie.path"
    assert (await stage.call("/api/auth/me"))["status"] == (200 if signed_in else 401)
    readable = await stage.page.evaluate("document.cookie")
    assert ("auth-token=" in readable) == (kind == "cookie.httponly_missing")

    await stage.heal()
    await stage.sign_in()
    assert (await stage.call("/api/auth/me"))["status"] == 200


async def test_a_cookie_without_an_equals_sign_is_kept_as_another_one(stage: Stage) -> None:
    """RFC 6265bis, section 5.6: it is a value without a name. Firefox 153 takes it for a name without a value."""
    await stage.breaks("cookie.malformed", name="auth-token")
    await stage.sign_in()
    [cookie] = [cookie for name, cookie in (await stage.cookies()).items() if name != "refresh-token"]
    name, value = ("name", "value") if stage.browser == "firefox" else ("value", "name")
    assert (cookie[name].startswith("auth-token ey"), cookie[value]) == (True, "")
    assert (await stage.call("/api/auth/me"))["status"] == 401


async def test_of_a_cookie_that_is_set_twice_the_longer_path_is_sent_first(stage: Stage) -> None:
    """RFC 6265, section 5.4: so the backend reads the one that is worth nothing."""
    await stage.breaks("cookie.duplicate", name="auth-token", path="/api")
    await stage.sign_in()
    kept = await stage.page.context.cookies()
    assert sorted(cookie["path"] for cookie in kept if cookie["name"] == "auth-token") == ["/", "/api"]
    await stage.heal()
    assert (await stage.call("/api/auth/me"))["status"] == 401


async def test_samesite_none_without_secure_is_dropped(stage: Stage) -> None:
    rules = [{"type": "cookie.samesite", "value": "None"}, {"type": "cookie.secure", "value": False}]
    await stage.client.sandbox.engine.use(scenario(*({"fault": rule} for rule in rules)))
    await stage.sign_in()
    assert await stage.cookies() == {}


async def test_a_cookie_that_is_not_cleared_stays(stage: Stage) -> None:
    await stage.sign_in()
    await stage.breaks("cookie.not_cleared")
    assert (await stage.call("/api/auth/logout", method="POST"))["status"] == 204
    assert set(await stage.cookies()) == {"auth-token", "refresh-token"}
    await stage.heal()
    await stage.call("/api/auth/logout", method="POST")
    assert await stage.cookies() == {}


async def test_a_redirect_to_itself_ends_as_a_failed_fetch(stage: Stage) -> None:
    await stage.breaks("http.redirect", loop=True)
    await stage.fails("/api/health")
    await stage.says("ERR_TOO_MANY_REDIRECTS")


async def test_a_login_page_in_place_of_json_is_a_syntax_error(stage: Stage) -> None:
    await stage.breaks("http.login_html")
    failed = (await stage.call("/api/health", json=True))["failed"]
    told = {"chromium": "Unexpected token '<'", "firefox": "JSON.parse: unexpected character at line 1 column 1"}
    assert failed.startswith(f"SyntaxError: {told[stage.browser]}")


async def test_the_limit_of_calls_can_be_read_across_origins(stage: Stage) -> None:
    await stage.breaks("ratelimit", limit=1, window="1m")
    assert (await stage.call("/api/health"))["headers"]["ratelimit"].startswith('"default";r=0;t=')
    refused = await stage.call("/api/health")
    assert (refused["status"], refused["headers"]["retry-after"]) == (429, "60")
