"""CORS, as a browser judges it (CONTRACT.md, "What holds everywhere")."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from devkit.config import load
from devkit.journal import RequestEntry
from devkit.server.hosting import tls
from tests.conftest import Answer, Client, StartServer
from tests.contract.wire import ORIGIN, form, log_in

EXPOSED = {
    "Content-Length", "X-Total-Count", "Content-Range", "Link", "ETag", "Location", "Retry-After", "X-Request-ID",
    "X-Process-Time",
}  # fmt: skip
STRANGE = "http://evil.example"


def words(field: str) -> set[str]:
    return {word.strip() for word in field.split(",")}


def is_readable(answer: Answer, origin: str = ORIGIN) -> bool:
    """Whether a page at that origin, which called with credentials, may read the answer and all that is exposed."""
    headers = answer.headers
    assert headers.getall("Access-Control-Allow-Origin") == [origin]
    assert headers.getall("Access-Control-Allow-Credentials") == ["true"]
    assert words(headers["Access-Control-Expose-Headers"]) == EXPOSED
    assert "Origin" in words(headers["Vary"])
    return True


def has_no_cors(answer: Answer) -> bool:
    return not [name for name in answer.headers if name.lower().startswith("access-control-")]


async def preflight(client: Client, path: str, method: str, *headers: str, origin: str = ORIGIN) -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(headers)
    return await client.send("OPTIONS", path, headers=asked)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("port", [3000, 5173, 5174])
async def test_the_usual_origins_of_frontends_are_allowed(client: Client, host: str, port: int) -> None:
    origin = f"http://{host}:{port}"
    assert is_readable(await client.send("GET", "/api/config", headers={"Origin": origin}), origin)


async def test_configured_origins_are_allowed_beside_the_usual_ones(start: StartServer) -> None:
    async with start(origins=("https://app.example",)) as client:
        for origin in ("https://app.example", ORIGIN):
            assert is_readable(await client.send("GET", "/api/config", headers={"Origin": origin}), origin)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://w1.localhost:3000", True),
        ("http://w1.localhost:9999", False),
        ("https://w1.localhost:3000", False),
        ("http://a.b.localhost:3000", False),
        ("http://w1.localhost.evil.example:3000", False),
        ("http://evil.example://w1.localhost:3000", False),
    ],
)
async def test_a_page_below_localhost_counts_as_one_at_localhost(client: Client, origin: str, allowed: bool) -> None:
    answer = await client.send("GET", "/api/health", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


@pytest.mark.parametrize("origin", [STRANGE, "null", "http://localhost:3001", "https://localhost:3000", f"{ORIGIN}/"])
async def test_an_unlisted_origin_gets_nothing_and_the_journal_says_how_to_allow_it(
    client: Client, origin: str
) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    answers = [
        await client.send("GET", "/api/config", headers=_page(origin)),
        await client.send("GET", "/api/tasks", headers=_page(origin)),
        await preflight(client, "/api/tasks", "GET", origin=origin),
    ]
    for answer in answers:
        assert has_no_cors(answer)
        assert "Origin" in words(answer.headers["Vary"])
    notes = [entry.note for entry in heard if isinstance(entry, RequestEntry)]
    assert len(notes) == 3
    told = "no browser sends it" if origin.endswith("/") else f"--origin {origin}"
    assert all(note and origin in note and told in note for note in notes)


def _page(origin: str, site: str = "cross-site", mode: str = "cors") -> dict[str, str]:
    """What Chromium and Firefox send with a page's call to localhost (Fetch Metadata, section 2)."""
    return {"Origin": origin, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}


SENT = [
    "null",  # a page in a sandboxed frame, or of a file
    "app://.",  # Electron's custom protocols
    "file://",  # Android's WebView
    "capacitor://localhost",
    "safari-web-extension://0F5C1A2B-77C0-4E9B-8D4E-1B2C3D4E5F60",
    "moz-extension://0f5c1a2b-77c0-4e9b-8d4e-1b2c3d4e5f60",
    "http://localhost:4200",
    "http://s-1a2b3c4d.localhost:4200",
    "https://w1.localhost",
    "http://[::1]:4200",
    "http://10.0.2.2:8081",
]


@pytest.mark.parametrize("origin", SENT)
async def test_what_the_log_advises_is_taken_and_works(start: StartServer, tmp_path: Path, origin: str) -> None:
    """The advice goes through the same reading as the flag does."""
    async with start() as client:
        heard: list[Any] = []
        client.sandbox.journal.listen(heard.append)
        await client.send("GET", "/api/health", headers=_page(origin))
    advised = re.search(r"--origin (\S+)$", heard[0].note)
    assert advised is not None
    settings = load({"origins": [advised[1]]}, {}, tmp_path).settings
    async with start(origins=settings.origins) as client:
        answer = await client.send("GET", "/api/health", headers=_page(origin))
        assert answer.headers["Access-Control-Allow-Origin"] == origin


async def test_for_a_sandboxs_page_the_advice_holds_for_all_sandboxes(client: Client) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    await client.send("GET", "/api/health", headers=_page("http://s-1a2b3c4d.localhost:4200"))
    assert heard[0].note.endswith("--origin http://localhost:4200")


@pytest.mark.parametrize("listed", ["http://localhost:4200", "http://127.0.0.1:4200", "http://w2.localhost:4200"])
async def test_a_sandboxs_page_may_call_at_any_port_that_is_listed_on_this_machine(
    start: StartServer, listed: str
) -> None:
    async with start(origins=(listed,)) as client:
        for origin, allowed in (("http://w1.localhost:4200", True), ("https://w1.localhost:4200", False)):
            answer = await client.send("GET", "/api/health", headers=_page(origin))
            assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)


@pytest.mark.parametrize(
    "headers",
    [
        _page("http://localhost:4200", "same-origin"),  # behind the dev server's proxy
        _page("http://elsewhere.test", "cross-site", "navigate"),  # a form
        _page("http://elsewhere.test", "cross-site", "no-cors"),
        {"Origin": "http://elsewhere.test", "User-Agent": "python-requests/2.32.3"},
    ],
)
async def test_nothing_is_said_of_an_origin_where_the_call_worked(client: Client, headers: dict[str, str]) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    assert (await client.send("GET", "/api/health", headers=headers)).status == 200
    assert heard[0].note is None


@pytest.mark.parametrize("https", [False, True])
async def test_with_https_pages_on_https_may_call(
    start: StartServer, https: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 6265bis, section 5.2: to Chromium the scheme is part of the site, so such a page is the one to have."""
    monkeypatch.setattr(tls, "folder", lambda: tmp_path / "tls")
    async with start(https=https) as client:
        assert client.app.cors.allows("http://localhost:5173")
        assert client.app.cors.allows("https://localhost:5173") is https
        assert client.app.cors.allows("https://w1.localhost:5173") is https


async def test_without_an_origin_there_is_no_cors_but_caches_are_told_that_it_varies(client: Client) -> None:
    answer = await client.send("GET", "/api/config")
    assert has_no_cors(answer)
    assert "Origin" in words(answer.headers["Vary"])


async def test_a_preflight_allows_what_was_asked_for_by_name(client: Client) -> None:
    answer = await preflight(client, "/api/tasks", "POST", "content-type", "x-client-version", "idempotency-key")
    assert (answer.status, answer.body) == (204, b"")
    headers = answer.headers
    assert headers.getall("Access-Control-Allow-Origin") == [ORIGIN]
    assert headers.getall("Access-Control-Allow-Credentials") == ["true"]
    assert words(headers["Access-Control-Allow-Headers"]) == {"content-type", "x-client-version", "idempotency-key"}
    assert words(headers["Access-Control-Allow-Methods"]) == {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert headers["Access-Control-Max-Age"] == "0"
    assert "Origin" in words(headers["Vary"])
    assert "X-Request-ID" in headers


async def test_a_preflight_needs_no_credentials_and_works_for_every_path(client: Client) -> None:
    for path in ("/api/tasks", "/api/v1/tasks/x/complete", "/api/auth/login", "/nowhere", "/health"):
        answer = await preflight(client, path, "PATCH")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
        assert "Access-Control-Allow-Headers" not in answer.headers


async def test_no_header_of_ours_is_a_star(client: Client) -> None:
    for answer in (
        await preflight(client, "/api/tasks", "GET", "x-y"),
        await client.send("GET", "/api/config", headers={"Origin": ORIGIN}),
    ):
        assert not [name for name, value in answer.headers.items() if value == "*"]


async def test_errors_of_every_kind_can_be_read_by_the_page(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("a secret of the server's")

    monkeypatch.setitem(signed_in.sandbox.keepers._kept, "config.get", crash)
    origin = {"Origin": ORIGIN}
    calls: list[tuple[int, str, str, dict[str, Any]]] = [
        (400, "POST", "/api/tasks", {"json": {}}),
        (400, "POST", "/api/tasks", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
        (401, "GET", "/api/tasks", {"headers": {"Authorization": "Bearer rubbish"}}),
        (403, "POST", "/api/auth/login", {"json": {"email": "unverified@example.com", "password": "TestPass123!"}}),
        (404, "GET", "/api/nowhere", {}),
        (404, "GET", "/nowhere", {}),
        (404, "GET", "/api/tasks/x", {}),
        (405, "PATCH", "/api/tasks", {}),
        (409, "POST", "/api/auth/register", {"json": {"email": "test@example.com", "password": "TestPass123!",
                                                      "confirmPassword": "TestPass123!"}}),
        (413, "POST", "/api/tasks", {"data": BytesIO(b" " * (1024 * 1024 + 1)),
                                       "headers": {"Content-Type": "application/json"}}),
        (414, "GET", "/api/tasks?q=" + "x" * 40_000, {}),
        (415, "POST", "/api/tasks", {"data": b"x"}),
        (500, "GET", "/api/config", {}),
    ]  # fmt: skip
    for status, method, path, options in calls:
        headers = options.pop("headers", {}) | origin
        answer = await signed_in.send(method, path, headers=headers, **options)
        assert answer.status == status, (method, path[:40], answer.body)
        assert is_readable(answer)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert b"secret" not in answer.body


async def test_bodiless_and_binary_answers_can_be_read_by_the_page(signed_in: Client) -> None:
    origin = {"Origin": ORIGIN}
    sent = await signed_in.send("POST", "/api/uploads", data=form(("a.txt", b"hello")), headers=origin)
    assert is_readable(sent)
    url = sent.json["url"]
    tag = (await signed_in.send("GET", url)).headers["ETag"]
    for status, headers in ((200, {}), (206, {"Range": "bytes=0-1"}), (304, {"If-None-Match": tag}),
                            (416, {"Range": "bytes=9-"})):  # fmt: skip
        answer = await signed_in.send("GET", url, headers=headers | origin)
        assert answer.status == status
        assert is_readable(answer)
    gone = await signed_in.send("DELETE", sent.headers["Location"], headers=origin)
    assert gone.status == 204
    assert is_readable(gone)


async def test_a_login_from_the_frontends_origin_may_set_its_cookies(client: Client) -> None:
    answer = await log_in(client, headers={"Origin": ORIGIN})
    assert is_readable(answer)
    assert len(answer.set_cookies) == 2
