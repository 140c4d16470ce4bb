"""Upgrades that are not taken, handshakes of other versions, and HTTP/1.0. Each test names its RFC."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Client, StartServer
from tests.wire import HOST, Wire, exchange

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(path: str = "/ws", version: str = "HTTP/1.1", **changes: str | None) -> bytes:
    fields = HANDSHAKE | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value is not None]
    return f"GET {path} {version}\r\n".encode() + HOST + "".join(lines).encode() + b"\r\n"


SOCKETS = {"agreed": "/ws", "webplus": "/ws", "promptcraft": "/ws/health/"}


@pytest.mark.parametrize("dialect", SOCKETS)
async def test_a_socket_without_an_upgrade_is_426_in_every_dialect(start: StartServer, dialect: str) -> None:
    """RFC 9110, section 15.5.22, and RFC 6455, section 4.2.2."""
    async with start(dialects=(dialect,)) as client:
        for method in (b"GET", b"HEAD"):
            data = method + b" " + SOCKETS[dialect].encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n"
            answer = await exchange(client.ready.port, data, has_body=method == b"GET")
            assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
            assert answer.headers["sec-websocket-version"] == "13"
            # RFC 9110, section 7.8: whoever sends Upgrade sends Connection: Upgrade.
            assert answer.headers["connection"].lower() == "upgrade"
        posted = await client.send("POST", SOCKETS[dialect])
        assert (posted.status, posted.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec_WebSocket_Version": "8"},
        {"Sec_WebSocket_Version": "7"},
        {"Sec_WebSocket_Version": "14"},
        {"Sec_WebSocket_Version": None},
        {"Upgrade": "h2c"},
        {"Connection": "keep-alive"},
        {"version": "HTTP/1.0"},
    ],
)
@pytest.mark.parametrize("path", ["/ws", "/ws/health/", "/_devkit/api/journal/follow"])
async def test_only_version_13_over_http_1_1_is_a_handshake(
    client: Client, path: str, changes: dict[str, str | None]
) -> None:
    """RFC 6455, sections 4.1 and 4.2.2; RFC 9110, section 7.8: an Upgrade in HTTP/1.0 is ignored."""
    answer = await exchange(client.ready.port, handshake(path, **changes))  # type: ignore[arg-type]
    assert (answer.status, answer.json["error"]) == (426, "upgrade_required")
    assert (answer.headers["upgrade"], answer.headers["sec-websocket-version"]) == ("websocket", "13")


@pytest.mark.parametrize("key", ["", "short", "dGhlIHNhbXBsZSBub25jZQ", "AAAA", None])
async def test_a_key_that_is_none_is_refused(client: Client, key: str | None) -> None:
    """RFC 6455, section 4.1: 16 bytes in base64."""
    answer = await exchange(client.ready.port, handshake(Sec_WebSocket_Key=key))
    assert (answer.status, answer.json["error"]) == (400, "bad_request")


@pytest.mark.parametrize("protocol", ["h2c", "websocket", "tcp", "TLS/1.2, HTTP/2.0"])
@pytest.mark.parametrize("in_one", [True, False])
async def test_an_upgrade_that_is_not_taken_leaves_no_later_request_waiting(
    client: Client, protocol: str, in_one: bool
) -> None:
    """RFC 9110, section 7.8: a server may ignore it. Java's HttpClient asks for h2c with its requests."""
    first = (
        b"GET /api/health HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: " + protocol.encode() + b"\r\n\r\n"
    )
    body = b'{"email": "nobody@example.com", "password": "x"}'
    second = (
        b"POST /api/auth/login HTTP/1.1\r\n"
        + HOST
        + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % len(body)
        + body
    )
    third = b"GET /api/config HTTP/1.1\r\n" + HOST + b"\r\n"
    async with Wire(client.ready.port) as wire:
        if in_one:
            await wire.send(first + first + third + second)
        else:
            for piece in (first[:-2], first[-2:] + first[:30], first[30:], third + second[:20], second[20:]):
                await wire.send(piece)
                await asyncio.sleep(0.02)
        assert [(await wire.answer()).status for _ in range(4)] == [200, 200, 200, 401]
        await wire.send(third)
        assert (await wire.answer()).status == 200


async def test_http_1_0_gets_no_100_continue(client: Client) -> None:
    """RFC 9110, section 10.1.1."""
    body = b'{"email": "test@example.com", "password": "TestPass123!"}'
    for version, first in ((b"HTTP/1.0", b"HTTP/1.0 200 OK\r\n"), (b"HTTP/1.1", b"HTTP/1.1 100 Continue\r\n")):
        async with Wire(client.ready.port) as wire:
            await wire.send(
                b"POST /api/auth/login " + version + b"\r\n" + HOST + b"Expect: 100-continue\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            assert await asyncio.wait_for(wire.reader.readline(), 10) == first


async def test_a_413_that_comes_before_the_body_closes_the_connection(client: Client) -> None:
    """RFC 9110, section 15.5.14."""
    async with Wire(client.ready.port) as wire:
        await wire.send(
            b"POST /api/auth/login HTTP/1.1\r\n"
            + HOST
            + b"Content-Type: application/json\r\nContent-Length: 9000000\r\n\r\n"
        )
        answer = await wire.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")


@pytest.mark.parametrize(
    ("method", "path", "fields", "name", "value"),
    [
        ("POST", "/api/tasks", {"Content-Type": "text/plain"}, "Accept-Post", "application/json"),
        ("PATCH", "/api/auth/profile", {"Content-Type": "text/plain"}, "Accept-Patch", "application/json"),
        ("POST", "/api/uploads", {"Content-Type": "text/plain"}, "Accept-Post", "multipart/form-data"),
        ("POST", "/api/tasks", {"Content-Encoding": "gzip"}, "Accept-Encoding", "identity"),
    ],
)
async def test_a_415_says_what_would_be_taken(
    signed_in: Client, method: str, path: str, fields: dict[str, str], name: str, value: str
) -> None:
    """RFC 9110, sections 12.5.3 and 15.5.16; RFC 5789, section 3.1; Accept-Post: Linked Data Platform, section 7.1."""
    headers = {"Content-Type": "application/json"} | fields
    answer = await signed_in.send(method, path, data=b"x", headers=headers)
    assert (answer.status, value in answer.headers[name].split(", ")) == (415, True)
