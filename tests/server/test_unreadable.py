"""What the parser refuses: who is told what, in which shape, and what the journal keeps of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from devkit.journal import RequestEntry
from tests.conftest import Client, StartServer
from tests.wire import HOST, RawAnswer, Wire, exchange

if TYPE_CHECKING:
    from playwright.async_api import Browser

ORIGIN = b"Origin: http://localhost:3000\r\n"
MINE = b"X-Request-ID: mine-1\r\n"


def last_entry(client: Client) -> RequestEntry:
    entry = [*client.sandbox.journal][-1]
    assert isinstance(entry, RequestEntry)
    return entry


async def refused(client: Client, data: bytes) -> tuple[bytes, RawAnswer]:
    """The first line and the answer; the connection ends behind it."""
    async with Wire(client.ready.port) as wire:
        await wire.send(data)
        line = await wire.reader.readline()
        head, body = (await wire.reader.read()).split(b"\r\n\r\n", 1)
        fields = (one.partition(": ") for one in head.decode().split("\r\n"))
        headers = {name.lower(): value for name, _, value in fields}
        return line, RawAnswer(int(line.split()[1]), headers, body)


UNREADABLE = {
    "lower case": (b"patch /api/tasks?token=TOP-SECRET HTTP/1.1\r\n", 400, "send PATCH, not patch", "patch"),
    "unknown method": (b"BREW /api/tasks?token=TOP-SECRET HTTP/1.1\r\n", 400, "BREW is no method", "BREW"),
    "not ASCII": (b"GET /api/tasks?token=TOP-SECRET&q=\xc3\xa4 HTTP/1.1\r\n", 400, "0xc3 at position 30", "GET"),
    "a space": (b"GET /api/tasks?token=TOP-SECRET&q=a b HTTP/1.1\r\n", 400, "a space at position 31", "GET"),
    "too long": (b"GET /api/tasks?token=TOP-SECRET&q=" + b"x" * 90_000 + b" HTTP/1.1\r\n", 414, "longer than", "GET"),
    "another version": (b"GET /api/tasks?token=TOP-SECRET HTTP/1.7\r\n", 400, "not HTTP/1.7", "GET"),
}
"""First lines with which something is wrong, by what that is (RFC 9112, sections 3 and 3.2; RFC 9110, section 9.1)."""


@pytest.mark.parametrize("case", UNREADABLE)
async def test_a_page_is_told_what_is_wrong_with_a_first_line(client: Client, case: str) -> None:
    line, status, told, method = UNREADABLE[case]
    first, answer = await refused(client, line + HOST + ORIGIN + MINE + b"\r\n")
    assert first.startswith(b"HTTP/1.1 ")
    assert (answer.status, told in answer.json["message"]) == (status, True), answer.body
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["x-request-id"] == answer.json["request_id"] == "mine-1"
    assert answer.headers["connection"] == "close"
    entry = last_entry(client)
    assert (entry.method, entry.status, entry.request_id) == (method, status, "mine-1")
    assert entry.path.startswith("/api/tasks?token=***")
    assert "TOP-SECRET" not in answer.body.decode() + repr(entry)


FIELDS = {
    "two hosts": (b"Host: a\r\nHost: b\r\n", 400, "two Host fields"),
    "two lengths": (HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n", 400, "two Content-Length fields"),
    "two types": (HOST + b"Content-Type: a/b\r\nContent-Type: c/d\r\n", 400, "two Content-Type fields"),
    "no number": (HOST + b"Content-Length: five\r\n", 400, "Content-Length is no number"),
    "both framings": (HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400, "both Content-Length and"),
    "no host": (b"", 400, "no Host field"),
    "no colon": (HOST + b"TOP-SECRET\r\n", 400, "Header line 4 has no colon"),
    "space before the colon": (HOST + b"X-Thing : TOP-SECRET\r\n", 400, "X-Thing has a space before its colon"),
    "folded": (HOST + b"X-Thing: a\r\n TOP-SECRET\r\n", 400, "Header line 5 goes on"),
    "control character": (HOST + b"X-Thing: TOP-\x00SECRET\r\n", 400, "header X-Thing holds a control character"),
    "too long": (HOST + b"X-Thing: " + b"x" * 20_000 + b"\r\n", 431, "X-Thing"),
    "a long cookie": (HOST + b"Cookie: TOP-SECRET=" + b"x" * 20_000 + b"\r\n", 431, "clear some of the site's cookies"),
    "many": (HOST + b"X-Thing: TOP-SECRET\r\n" * 300, 431, "more than 256"),
}
"""Fields with which something is wrong (RFC 9110, section 5; RFC 9112, sections 5 and 6; RFC 6585, section 5)."""


@pytest.mark.parametrize("case", FIELDS)
async def test_a_page_is_told_which_field_is_wrong(client: Client, case: str) -> None:
    fields, status, told = FIELDS[case]
    first, answer = await refused(client, b"GET /api/health HTTP/1.1\r\n" + ORIGIN + MINE + fields + b"\r\n")
    assert first.startswith(b"HTTP/1.1 ")
    assert (answer.status, told in answer.json["message"]) == (status, True), answer.body
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["x-request-id"] == "mine-1"
    entry = last_entry(client)
    assert (entry.method, entry.path, entry.status) == ("GET", "/api/health", status)
    assert "TOP-SECRET" not in answer.body.decode() + repr(entry)


async def test_origin_and_request_id_may_come_after_what_is_wrong(client: Client) -> None:
    """A head in several segments: what is wrong already waits for what is still to come."""
    async with Wire(client.ready.port) as wire:
        await wire.send(b"delete /api/tasks/1 HTTP/1.1\r\n")
        await asyncio.sleep(0.05)
        await wire.send(HOST + ORIGIN)
        await asyncio.sleep(0.05)
        await wire.send(MINE + b"\r\n")
        answer = await wire.answer()
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
        assert answer.headers["x-request-id"] == "mine-1"
        assert await wire.closed()


async def test_one_who_says_no_more_than_what_is_wrong_is_answered_soon(client: Client) -> None:
    async with Wire(client.ready.port) as wire:
        await wire.send(b"delete /api/tasks/1 HTTP/1.1\r\n")
        assert (await wire.answer()).status == 400


@pytest.mark.parametrize(
    ("path", "name"), [("/api/tasks", "error"), ("/auth/me", "details"), ("/api/v2/prompts", "detail")]
)
async def test_the_shape_is_that_of_the_dialect_whose_address_it_is(client: Client, path: str, name: str) -> None:
    """CONTRACT.md, "Where rows meet": an address gets the error shape of the dialect whose prefix it has."""
    _, answer = await refused(client, b"get " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert name in answer.json


async def test_the_sandbox_that_was_meant_tells_of_it(client: Client) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    for fields in (b"Host: w1.localhost\r\n", HOST + b"X-Devkit-Sandbox: w1\r\n"):
        await refused(client, b"get /api/health HTTP/1.1\r\n" + fields + b"\r\n")
    await refused(client, b"get /~w1/api/health HTTP/1.1\r\n" + HOST + b"\r\n")
    entries = [*hosted.sandbox.journal]
    assert [(entry.method, entry.status) for entry in entries if isinstance(entry, RequestEntry)] == [("get", 400)] * 3


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), "--https"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no HTTP"),
    ],
)
async def test_what_is_another_protocol_is_named(client: Client, data: bytes, told: str) -> None:
    first, answer = await refused(client, data)
    assert first == b"HTTP/1.1 400 Bad Request\r\n"
    assert told in answer.json["message"]
    entry = last_entry(client)
    assert (entry.method, entry.path) in {("?", "?"), ("PRI", "?")}


async def test_the_request_that_is_told_of_is_the_one_that_is_wrong(client: Client) -> None:
    good = b"GET /api/config HTTP/1.1\r\n" + HOST + b"\r\n"
    _, answer = await refused(client, good + b"get /api/health HTTP/1.1\r\n" + HOST + MINE + b"\r\n")
    assert (answer.headers["x-request-id"], last_entry(client).path) == ("mine-1", "/api/health")


async def test_a_body_whose_chunks_are_broken_is_answered_and_ends_the_connection(client: Client) -> None:
    """RFC 9112, section 7.1."""
    head = (
        b"POST /api/auth/login HTTP/1.1\r\n"
        + HOST
        + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for pause in (False, True):
        async with Wire(client.ready.port) as wire:
            await wire.send(head + (b"" if pause else b"5\r\nabcde\r\nzz\r\n"))
            if pause:
                await asyncio.sleep(0.05)
                await wire.send(b"5\r\nabcde\r\nzz\r\n")
            answer = await wire.answer()
            assert (answer.status, answer.json["error"]) == (400, "bad_request")
            assert answer.headers["connection"] == "close"
            assert await wire.closed()


async def test_chunks_that_break_right_behind_half_a_line_are_told_to_who_waits_for_its_end(signed_in: Client) -> None:
    """In one piece: what wakes the reader of the form, and what is wrong (RFC 9112, section 7.1)."""
    head = (
        b"POST /api/uploads HTTP/1.1\r\n"
        + HOST
        + b"Authorization: Bearer %s\r\n" % signed_in.token.encode()
        + b"Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    )
    async with Wire(signed_in.ready.port) as wire:
        await wire.send(head)
        # Now the form is waited for.
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")

        await wire.send(b"3\r\n--x\r\nnonsense\r\n")

        answer = await wire.answer()
        assert (answer.status, answer.json["error"]) == (400, "bad_request")


async def test_a_request_is_answered_though_nonsense_comes_behind_it(client: Client) -> None:
    """RFC 9112, section 9.3.2: each in its order."""
    body = b'{"email": "nobody@example.com", "password": "x"}'
    head = b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    async with Wire(client.ready.port) as wire:
        await wire.send(head % len(body) + body[:10])
        await asyncio.sleep(0.05)
        await wire.send(body[10:] + b"no HTTP at all\r\n\r\n")
        assert [(await wire.answer()).status for _ in range(2)] == [401, 400]
        assert await wire.closed()


async def test_a_version_that_is_not_spoken_is_505(client: Client) -> None:
    """RFC 9110, section 15.6.6; the answer is of the highest version that is spoken (section 6.2)."""
    first, answer = await refused(client, b"GET /api/health HTTP/2.0\r\n" + HOST + ORIGIN + b"\r\n")
    assert (first[:9], answer.status, answer.json["error"]) == (b"HTTP/1.1 ", 505, "http_version_not_supported")


@pytest.mark.parametrize("said", [b"", b"\r\n", b"\r\n\r\n"])
async def test_a_silent_connection_is_closed_silently(start: StartServer, said: bytes) -> None:
    """Chromium opens spare ones, and repeats a request of its own that meets a 408 (RFC 9110, section 15.5.9). An empty
    line is nothing (RFC 9112, section 2.2).
    """
    async with start(limits_header_timeout=200) as client, Wire(client.ready.port) as wire:
        before = len(client.sandbox.journal)
        await wire.send(said)
        assert await asyncio.wait_for(wire.reader.read(), 10) == b""
        assert len(client.sandbox.journal) == before


async def test_half_a_head_is_408_and_says_which_request_it_was(start: StartServer) -> None:
    async with start(limits_header_timeout=200) as client:
        _, answer = await refused(client, b"GET /api/tasks?token=TOP-SECRET HTTP/1.1\r\n" + HOST + ORIGIN)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (408, "http://localhost:3000")
        entry = last_entry(client)
        assert (entry.method, entry.path, entry.status) == ("GET", "/api/tasks?token=***", 408)


# Preflights of what is refused (Fetch, section 4.8)


@pytest.mark.parametrize(
    ("fields", "target", "status", "told"),
    [
        (b"Host: devbox.example\r\n", b"/api/tasks", 403, "devbox.example"),
        (HOST, b"/api/tasks?devkit_sandbox=nope", 404, "nope"),
        (HOST, b"/api/tasks?devkit_scenario=nope", 400, "nope"),
        (b"Host: local host\r\n", b"/api/tasks", 400, "localhost:8000"),
        (HOST, b"/api/tasks?q=" + b"x" * 70_000, 414, "longer than"),
        (HOST, b"/~nope/api/tasks", 404, "nope"),
    ],
)
async def test_what_is_refused_answers_its_preflight_so_that_javascript_sees_why(
    client: Client, fields: bytes, target: bytes, status: int, told: str
) -> None:
    asks = b"Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: content-type\r\n"
    preflight = await exchange(
        client.ready.port, b"OPTIONS " + target + b" HTTP/1.1\r\n" + fields + ORIGIN + asks + b"\r\n", has_body=False
    )
    assert (preflight.status, preflight.headers["access-control-allow-headers"]) == (204, "content-type")
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"
    call = b"PUT " + target + b" HTTP/1.1\r\n" + fields + ORIGIN + b"Content-Length: 0\r\n\r\n"
    answer = await exchange(client.ready.port, call)
    assert (answer.status, told in answer.json["message"]) == (status, True)
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_the_log_says_why_a_browser_does_not_send_a_method_in_lower_case(client: Client) -> None:
    """Fetch, sections 2.2.1 and 4.8: `patch` is not normalized, and is not PATCH to a preflight."""
    fields = HOST + ORIGIN + b"Access-Control-Request-Method: patch\r\n"
    await exchange(client.ready.port, b"OPTIONS /api/tasks/1 HTTP/1.1\r\n" + fields + b"\r\n", has_body=False)
    assert "send PATCH, not patch" in str(last_entry(client).note)


async def test_the_preflight_of_a_foreign_origin_allows_nothing(client: Client) -> None:
    fields = b"Host: evil.example\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: PUT\r\n"
    answer = await exchange(client.ready.port, b"OPTIONS /api/tasks HTTP/1.1\r\n" + fields + b"\r\n", has_body=False)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_the_control_plane_lets_no_page_see_why_it_is_refused(client: Client) -> None:
    fields = b"Host: evil.example\r\n" + ORIGIN + b"Access-Control-Request-Method: PUT\r\n"
    answer = await exchange(client.ready.port, b"OPTIONS /_devkit/api/clock HTTP/1.1\r\n" + fields + b"\r\n")
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.browser
async def test_a_page_in_chromium_reads_why_a_sandbox_or_a_method_is_refused(client: Client, browser: Browser) -> None:
    """A browser sends `patch` as it is written (Fetch, section 2.2.1 normalizes other methods alone)."""
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{client.url}/_devkit/")
    told = await page.evaluate(
        """async () => {
            const answer = await fetch("/api/tasks/1", {method: "patch"});
            return [answer.status, (await answer.json()).message];
        }"""
    )
    assert told[0] == 400
    assert "send PATCH, not patch" in told[1]
