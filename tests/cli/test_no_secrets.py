"""No credential is written anywhere: marked ones are planted wherever a client can put one, and all that the server
writes is searched for them: terminal, journal, reports, files.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from devkit.cli import logline
from tests.process import Process, serving
from tests.wire import HOST, Wire


class Marks:
    """Credentials that nobody else has; `planted` says where each was put."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        mark = f"Mk{len(self.planted):03}xS3cr3tV4lueQ9"
        self.planted[mark] = place
        return mark

    def found_in(self, text: str) -> list[str]:
        return [place for mark, place in self.planted.items() if mark in text]


LOGINS = ("/api/auth/login", "/auth/login", "/auth/token", "/api/v2/auth/login/", "/api/auth/sign-in/email")
REFRESHES = ("/api/auth/refresh", "/auth/refresh", "/api/v2/auth/token/refresh/")
OTHERS = ("/api/auth/register", "/api/auth/reset", "/api/v2/auth/social/callback/", "/api/tasks")
CALLS = ("/api/tasks", "/auth/me", "/api/v2/auth/profile/", "/api/auth/get-session", "/health", "/nowhere/at/all")


def jwt(mark: str) -> str:
    return f"eyJhbGciOiJIUzI1NiJ9.{mark}.{mark}"


async def plant(
    http: aiohttp.ClientSession, port: int, mark: Marks, calls: tuple[str, ...], posts: tuple[str, ...]
) -> None:
    """Call with a credential in every place; whatever is answered."""

    async def call(method: str, path: str, **options: Any) -> None:
        async with http.request(method, path, **options) as answer:
            await answer.read()

    for path in calls:
        for headers in (
            {"Authorization": f"Bearer {mark('bearer')}"},
            {"Authorization": f"Bearer {jwt(mark('jwt'))}"},
            {"Authorization": f"Basic {mark('basic')}"},
            {"Authorization": mark("authorization without a scheme")},
            {"Proxy-Authorization": f"Bearer {mark('proxy')}"},
            {"X-API-Key": mark("api key")},
            {"X-Auth-Token": mark("x-auth-token")},
            {"X-CSRF-Token": mark("x-csrf-token")},
            {"X-Devkit-Token": mark("control token")},
            {"Cookie": f"auth-token={mark('cookie')}; better-auth.session_token={mark('cookie')}.{mark('signature')}"},
            {"Cookie": f"refresh-token={mark('cookie')}; sid={mark('cookie')}; {mark('cookie without a name')}"},
            {"Referer": f"http://localhost:3000/reset?token={mark('referer')}&code={mark('referer code')}"},
        ):
            await call("GET", path, headers=headers)
        for name in ("token", "access_token", "api_key", "apiKey", "password", "code", "state", "user[password]"):
            await call("GET", path, params={name: mark(f"query {name}"), "page": "1"})

    for path in ("/api/auth/reset-password", "/api/auth/reset-password-typo", "/reset_password"):
        await call("GET", f"{path}/{mark('path')}{mark('path')}")
        await call("POST", f"{path}/{mark('path')}{mark('path')}", json={})

    for path in posts:
        fields = (
            "password",
            "confirmPassword",
            "password_confirm",
            "token",
            "refresh",
            "refreshToken",
            "refresh_token",
        )
        body: dict[str, Any] = {name: mark(f"body {name}") for name in fields}
        body |= {"email": "nobody@example.com", "username": "nobody", "nested": [{"apiKey": mark("nested")}]}
        body |= {"code": mark("body code"), "state": mark("body state")}
        await call("POST", path, json=body)
        await call(
            "POST", path, data=json.dumps({"password": mark("cut")})[:-4], headers={"Content-Type": "application/json"}
        )
        await call(
            "POST",
            path,
            data=f"username=nobody&password={mark('form')}&client_secret={mark('form secret')}",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        await call(
            "POST", path, data=json.dumps({"password": mark("text/plain")}), headers={"Content-Type": "text/plain"}
        )
        form = aiohttp.FormData()
        form.add_field("file", b"hello", filename="a.txt")
        form.add_field("password", mark("multipart"))
        form.add_field("token", mark("multipart part"), content_type="text/plain")
        await call("POST", path, data=form)
    form = aiohttp.FormData()
    form.add_field("password", mark("multipart upload"))
    form.add_field("file", b"hello", filename="a.txt")
    await call("POST", "/api/uploads", data=form, headers={"X-API-Key": "dk_test_0000_not_a_secret_0000"})

    await sockets(http, mark)
    await broken(port, mark)


async def sockets(http: aiohttp.ClientSession, mark: Marks) -> None:
    for path in ("/ws", "/ws/health/"):
        for offered in (
            ["bearer", mark("subprotocol")],
            [mark("subprotocol alone")],
            ["v1", jwt(mark("subprotocol jwt"))],
        ):
            async with http.ws_connect(path, protocols=offered) as socket:
                await socket.receive()
        for query in ({"token": mark("socket token")}, {"api_key": mark("socket key")}):
            async with http.ws_connect(path, params=query) as socket:
                await socket.receive()
    async with http.ws_connect("/ws", params={"api_key": "dk_test_0000_not_a_secret_0000"}) as socket:
        for frame in (
            json.dumps({"type": "auth", "token": mark("frame")}),
            json.dumps({"type": "subscribe", "topics": ["tasks"], "payload": {"password": mark("frame nested")}}),
            json.dumps({"type": "auth", "apiKey": mark("frame cut")})[:-2],
            f"Authorization: Bearer {mark('frame header')}",
            f"token={mark('frame form')}",
            json.dumps({"type": jwt(mark("frame type"))}),
        ):
            await socket.send_str(frame)
            await socket.receive()


async def broken(port: int, mark: Marks) -> None:
    """What no parser takes, and a library may want to tell of."""
    for data in (
        f"GET /api/tasks?token={mark('broken query')} HTTP/9.9\r\n",
        f"GET /api/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {mark('broken header')}\x01\r\n",
        f"GET /api/tasks HTTP/1.1\r\nHost: localhost\r\nCookie: auth-token={mark('broken cookie')}\x00; a=b\r\n",
        f"GET /api/tasks HTTP/1.1\r\nHost: localhost\r\nX-API-Key : {mark('broken name')}\r\n",
        f"GET /api/tasks HTTP/1.1\r\nAuthorization: Bearer {mark('folded')}\r\n {mark('folded')}\r\n",
        f"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {mark('length')}\r\n",
        f"GET /ws?token={mark('broken handshake')} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 99\r\n"
        f"Sec-WebSocket-Protocol: bearer, {mark('broken subprotocol')}\r\n",
    ):
        async with Wire(port) as wire:
            await wire.send(data.encode("latin-1") + b"\r\n")
            await wire.closed() if "HTTP/9.9" in data else await asyncio.sleep(0.05)
    async with Wire(port) as wire:
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert await wire.closed()


async def everything_shown(http: aiohttp.ClientSession) -> str:
    """What the control plane tells of all that happened."""
    shown = []
    async with http.get("/_devkit/api/journal", params={"limit": "10000"}) as answer:
        listed = await answer.text()
    shown.append(listed)
    for entry in json.loads(listed)["data"]:
        async with http.get(f"/_devkit/api/journal/{entry['number']}") as answer:
            shown.append(await answer.text())
    for path in ("status", "sandboxes", "drills", "connections", "mail"):
        async with http.get(f"/_devkit/api/{path}") as answer:
            shown.append(await answer.text())
    return "\n".join(shown)


async def drilled(http: aiohttp.ClientSession, mark: Marks, port: int) -> str:
    """The reports of a drill in which it happens."""
    asked = {"scenario": "stale-reads", "timeout": "1m", "early": False}
    async with http.post("/_devkit/api/drills", json=asked) as answer:
        assert answer.status == 201, await answer.text()
        drill = (await answer.json())["id"]
    await plant(http, port, mark, CALLS[:1], LOGINS[:1])
    reports = []
    async with http.post(f"/_devkit/api/drills/{drill}/finish") as answer:
        reports.append(await answer.text())
    for report in ("", "/report.html", "/junit.xml"):
        async with http.get(f"/_devkit/api/drills/{drill}{report}") as answer:
            assert answer.status == 200
            reports.append(await answer.text())
    return "\n".join(reports)


def files_of(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes().decode("latin-1")


async def test_nothing_that_the_server_writes_has_a_credential_in_it(tmp_path: Path) -> None:
    mark = Marks()

    async def visit(server: Process) -> dict[str, str]:
        async with aiohttp.ClientSession(server.url, cookie_jar=aiohttp.DummyCookieJar()) as http:
            await plant(http, server.port, mark, CALLS, (*LOGINS, *REFRESHES, *OTHERS))
            report = await drilled(http, mark, server.port)
            return {"journal": await everything_shown(http), "drill": report}

    with serving(tmp_path, "--log-level", "debug") as server:
        shown = await visit(server)
        server.stop()
        shown["terminal"] = server.output
    assert "Traceback" not in shown["terminal"]
    assert len(mark.planted) > 200
    for place, text in itertools.chain(shown.items(), ((str(path), text) for path, text in files_of(tmp_path))):
        assert (place, mark.found_in(text)) == (place, [])


# What libraries say


@pytest.fixture
def terminal() -> Iterator[StringIO]:
    """What `set_up` writes to, with everything put back afterwards."""
    root, stream = logging.getLogger(), StringIO()
    before, level, hooks = root.handlers[:], root.level, (threading.excepthook, sys.unraisablehook)
    logline.set_up("DEBUG", stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:], (threading.excepthook, sys.unraisablehook) = before, hooks
    root.setLevel(level)


SECRET = "Mk999xS3cr3tV4lueQ9"


def test_of_a_librarys_line_the_template_is_shown_and_numbers(terminal: StringIO) -> None:
    log = logging.getLogger("aiohttp.websocket")
    log.warning("%s: Client protocols %r don't overlap server-known ones %r", "::1", ["bearer", "short"], ("a",))
    log.warning("%(name)s took %(seconds).1f s", {"name": "short", "seconds": 2.5})
    assert terminal.getvalue().splitlines() == [
        "WARNING aiohttp.websocket: ***: Client protocols *** don't overlap server-known ones ***",
        "WARNING aiohttp.websocket: *** took 2.5 s",
    ]


def test_what_is_cleared_up_behind_too_deep_a_body_is_no_failure(terminal: StringIO) -> None:
    """The hook is called where nothing more can be called."""
    failure = SimpleNamespace(exc_type=RecursionError, exc_value=RecursionError(), exc_traceback=None, err_msg=None)
    sys.unraisablehook(cast("sys.UnraisableHookArgs", failure))
    assert terminal.getvalue() == ""


def test_what_a_library_wrote_out_itself_has_no_credential(terminal: StringIO) -> None:
    log = logging.getLogger("asyncio")
    written = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{SECRET}')>"
    log.error(written)
    written = f"b'Cookie: auth-token=abc; x=y\\r\\n' {{'password': 'abc'}} Bearer {SECRET}"
    log.warning(written)

    def fail() -> None:
        raise ValueError(f"not a token: {SECRET}")

    try:
        fail()
    except ValueError:
        log.exception("Failed for 6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12")
    shown = terminal.getvalue()
    assert SECRET not in shown
    assert "abc" not in shown
    assert "not a token: ***" in shown
    assert "6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12" in shown
    assert "test_no_secrets.py" in shown


def test_devkits_own_lines_say_all_but_what_is_secret(terminal: StringIO) -> None:
    log = logging.getLogger("devkit.server.sockets.connection")
    log.error("request %s failed: %s", "r-1", f"GET /api/tasks?token={SECRET}&page=2")
    log.error("Authorization: Bearer %s", SECRET)
    assert terminal.getvalue().splitlines() == [
        "ERROR devkit.server.sockets.connection: request r-1 failed: GET /api/tasks?token=***&page=2",
        "ERROR devkit.server.sockets.connection: Authorization: ***",
    ]


def test_warnings_threads_and_what_python_cannot_raise_come_the_same_way(terminal: StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"odd: {SECRET}", stacklevel=1)

    def fail() -> None:
        raise RuntimeError(f"?token={SECRET}")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    shown = terminal.getvalue()
    assert "odd: ***" in shown
    assert "?token=***" in shown
    assert SECRET not in shown
