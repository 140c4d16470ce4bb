"""Sessions in cookies, in the clients that people write scripts and tests with: the documented way has to work in each.

None of these sends a Secure cookie over http, to localhost either (RFC 6265, section 5.4, step 1); browsers do.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from devkit.journal import RequestEntry
from tests.conftest import EMAIL, PASSWORD, StartServer

SIGN_IN = {"email": EMAIL, "password": PASSWORD}
BROWSER = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}


def by_requests(url: str) -> int:
    import requests

    with requests.Session() as session:
        session.post(f"{url}/api/auth/login", json=SIGN_IN).raise_for_status()
        return session.get(f"{url}/api/tasks").status_code


def by_httpx(url: str) -> int:
    httpx = pytest.importorskip("httpx")
    with httpx.Client(base_url=url) as client:
        client.post("/api/auth/login", json=SIGN_IN).raise_for_status()
        return int(client.get("/api/tasks").status_code)


def by_urllib(url: str) -> int:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    body, fields = json.dumps(SIGN_IN).encode(), {"Content-Type": "application/json"}
    login = urllib.request.Request(f"{url}/api/auth/login", body, fields)  # noqa: S310 - http, and our own
    opener.open(login).close()
    with opener.open(f"{url}/api/tasks") as answer:
        return int(answer.status)


def by_aiohttp(url: str) -> int:
    async def call() -> int:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{url}/api/auth/login", json=SIGN_IN) as answer:
                answer.raise_for_status()
            async with session.get(f"{url}/api/tasks") as answer:
                return answer.status

    return asyncio.run(call())


def by_curl(url: str) -> int:
    if shutil.which("curl") is None:
        pytest.skip("no curl here")
    login = ["-d", json.dumps(SIGN_IN), "-H", "Content-Type: application/json", f"{url}/api/auth/login"]
    subprocess.run(["curl", "-sf", "-c", "cookies", *login], capture_output=True, timeout=60, check=True)
    command = ["curl", "-s", "-b", "cookies", "-o", "answer", "-w", "%{http_code}", f"{url}/api/tasks"]
    return int(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)


def by_httpie(url: str) -> int:
    pytest.importorskip("httpie")
    http = [sys.executable, "-m", "httpie", "--ignore-stdin", "--check-status", "--session=devkit-test"]
    config = {"HTTPIE_CONFIG_DIR": "."}
    subprocess.run(
        [*http, "POST", f"{url}/api/auth/login", *(f"{name}={value}" for name, value in SIGN_IN.items())],
        env=config, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    done = subprocess.run(
        [*http, "--print=h", f"{url}/api/tasks"], env=config, capture_output=True, text=True, timeout=60, check=False
    )
    return int(done.stdout.split()[1])


CLIENTS: list[Callable[[str], int]] = [by_requests, by_httpx, by_urllib, by_aiohttp, by_curl, by_httpie]


@pytest.mark.parametrize("call", CLIENTS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("sandbox", ["main", "w1"])
async def test_a_session_in_a_cookie_comes_back(
    start: StartServer, call: Callable[[str], int], sandbox: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with start(cookies_secure="auto") as client:
        url = client.url
        if sandbox != "main":
            url = (await client.send("POST", "/_devkit/api/sandboxes", json={"id": sandbox})).json["path_url"]
        assert await asyncio.to_thread(call, url) == 200


async def test_browsers_get_secure_cookies_and_so_does_everybody_who_asks(start: StartServer) -> None:
    """CONTRACT.md, "Cookies"."""
    for setting, headers, secure in (
        ("auto", BROWSER, True),
        ("auto", {"Sec-Fetch-Mode": "cors"}, False),  # Node's fetch
        ("auto", {}, False),
        (True, {}, True),
        (False, BROWSER, False),
    ):
        async with start(cookies_secure=setting) as client:
            answer = await client.send("POST", "/api/auth/login", json=SIGN_IN, headers=headers)
            assert all(("Secure" in line.split("; ")) is secure for line in answer.set_cookies), (setting, headers)
            assert len(answer.set_cookies) == 2


@pytest.mark.parametrize(
    ("secure", "headers", "told"),
    [
        (True, {}, "it is Secure, and this client sends none of those over http; leave cookies.secure at auto"),
        (False, {}, "the client has to keep cookies"),
        ("auto", BROWSER, "credentials: 'include'"),
        ("auto", BROWSER | {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:5173"}, "are two sites"),
    ],
)
async def test_the_log_says_of_a_401_that_the_cookie_never_came_back(
    start: StartServer, secure: bool | str, headers: dict[str, str], told: str
) -> None:
    async with start(cookies_secure=secure) as client:
        client.http.cookie_jar.clear()
        assert (await client.send("GET", "/api/tasks", headers=headers)).status == 401
        assert (await client.send("POST", "/api/auth/login", json=SIGN_IN, headers=headers)).status == 200
        client.http.cookie_jar.clear()
        assert (await client.send("GET", "/api/tasks", headers=headers)).status == 401
        notes = [entry.note for entry in client.sandbox.journal if isinstance(entry, RequestEntry)]
        assert notes[:2] == [None, None]
        assert notes[2] is not None
        assert notes[2].startswith("the cookie auth-token was set at #2 and never came back: ")
        assert told in notes[2]


async def test_nothing_is_said_where_the_session_did_come_back(start: StartServer) -> None:
    async with start(cookies_secure="auto") as client:
        await client.send("POST", "/api/auth/login", json=SIGN_IN)
        assert (await client.send("GET", "/api/tasks")).status == 200
        await client.send("POST", "/api/auth/logout")
        assert (await client.send("GET", "/api/tasks")).status == 401
        client.http.cookie_jar.clear()
        assert (await client.send("GET", "/api/tasks")).status == 401
        assert {entry.note for entry in client.sandbox.journal if isinstance(entry, RequestEntry)} == {None}


@pytest.mark.browser
async def test_a_browser_keeps_and_sends_its_secure_cookie(start: StartServer, browser: Any) -> None:
    async with start(cookies_secure="auto") as client:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{client.url}/_devkit/docs")
        status = await page.evaluate(
            """async (body) => {
                const fields = {"Content-Type": "application/json"};
                await fetch("/api/auth/login", {method: "POST", headers: fields, body: JSON.stringify(body)});
                return (await fetch("/api/tasks")).status;
            }""",
            SIGN_IN,
        )
        assert status == 200
        assert all(cookie["secure"] for cookie in await context.cookies(f"{client.url}/api/auth"))
        # Its own client, without any page, is none.
        assert (await context.request.post(f"{client.url}/api/auth/login", data=SIGN_IN)).ok
        assert (await context.request.get(f"{client.url}/api/tasks")).status == 200
