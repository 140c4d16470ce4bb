"""Nothing that a client sends holds up what others wait for: no turn of the loop takes long.

What is measured is the processor time of the loop's thread, turn by turn, so that a machine that is busy elsewhere
makes no difference. What is sent comes from another thread.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from devkit.errors import nearest
from devkit.masking import mask_text
from tests.chance import Chance
from tests.conftest import Client

LONGEST_TURN = 0.05
"""Seconds (issue 14, point 22)."""

KB = 1024
PIECES = ("/", "/api/tasks", "/api/auth/login", "a", "%2F", "..", "~", "{id}", "é", "tasks", "auth-", "eyJ-", "\\")
METHODS = ("GET", "POST", "PATCH", "DELETE", "OPTIONS", "TASKS")


@contextmanager
def turns(loop: asyncio.AbstractEventLoop) -> Iterator[list[float]]:
    """The processor time of each turn of the loop, in seconds."""
    taken: list[float] = []
    run_once: Callable[[], None] = loop._run_once  # type: ignore[attr-defined]

    def measured() -> None:
        began = time.thread_time()
        run_once()
        taken.append(time.thread_time() - began)

    # What the tests before left behind is not what is measured.
    gc.collect()
    gc.freeze()
    gc.disable()
    loop._run_once = measured  # type: ignore[attr-defined]
    try:
        yield taken
    finally:
        loop._run_once = run_once  # type: ignore[attr-defined]
        gc.enable()
        gc.unfreeze()


def _repeated(chance: Chance, size: int) -> str:
    """A text of that size, made of one or two pieces."""
    piece = chance.choice(PIECES) + chance.choice(("", *PIECES))
    return (piece * (size // len(piece) + 1))[:size]


def _quoted(text: str) -> str:
    return "".join(letter if letter.isascii() and letter > " " else "%C3%A9" for letter in text)


def _head(chance: Chance, token: str) -> bytes:
    """A request without a body, hostile in its address or in one of its fields."""
    size = chance.choice((10, 60, 100, 300, 2 * KB, 8 * KB, 15 * KB))
    method = chance.choice(METHODS)
    path, fields = chance.choice(("/api/tasks", "/api/tasks/x", "/api/uploads", "/api/nothing")), ""
    text = _repeated(chance, size)
    match chance.randrange(9):
        case 0 | 1:
            path = chance.choice(("/", "/api/", "/api/v2/", "/auth/", "/_devkit/api/")) + _quoted(text)
        case 2:
            path = "/api" + "/x" * chance.choice((20, 500, 2_500, 7_000))
        case 3:
            path += "?" + chance.choice(("a&", "limit=1&", "q=%41&", "=&", "token=x&", "sort=")) * (size // 8)
        case 4:
            tags = chance.choice(('"a", ', 'W/"a",', " ", '"', "*,", " ,")) * (size // 6)
            fields = f"{chance.choice(('If-None-Match', 'If-Match', 'If-Range'))}: x{tags}x\r\n"
        case 5:
            listed = chance.choice(("gzip;q=0,", "text/html,", ",", "q ;= ", "identity; q=")) * (size // 12)
            fields = f"{chance.choice(('Accept-Encoding', 'Accept', 'Range'))}: {listed}x\r\n"
        case 6:
            fields = f"Cookie: {chance.choice(('a=b; ', '=;', 'auth-token=', ';', chr(34) + '=')) * (size // 12)}\r\n"
        case 7:
            name = chance.choice(("X-Devkit-Scenario", "X-Devkit-Sandbox", "Origin", "Referer", "X-Forwarded-For"))
            fields = f"{name}: {'expired-tokne,' * (size // 14)}x\r\n"
        case 8:
            token = _repeated(chance, size).encode("ascii", "replace").decode()
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{fields}"
    return f"{head}Connection: close\r\n\r\n".encode("latin-1")


def _body(chance: Chance, token: str) -> bytes:
    """A request whose body is hostile."""
    size = chance.choice((KB, 64 * KB, 1000 * KB))
    path = chance.choice(("/api/tasks", "/api/chat/completions", "/api/auth/register", "/_devkit/api/events"))
    inside = chance.choice(('{"a":1},', "[],", "1,", '"x",', "{},", "null,", "-1e9,", '{"role":1},'))
    listed = (inside * (size // len(inside))).rstrip(",")
    match chance.randrange(5):
        case 0:
            body = f'{{"messages":[{listed}],"model_id":"llama2","title":"x"}}'
        case 1:
            body = "[" * size
        case 2:
            body = json.dumps({f"titel{number}": number for number in range(size // 16)})
        case 3:
            body = f'{{"title":{"9" * min(size, 200 * KB)}}}'
        case _:
            body = json.dumps({"title": "é" * (size // 2), "email": "a@" * (size // 8), "model_id": "x" * (size // 8)})
    raw = body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


def _send(port: int, requests: list[bytes]) -> list[bytes]:
    """The first line of the answer to each."""
    answers = []
    for request in requests:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            try:
                connection.sendall(request)
                answers.append(connection.recv(64 * KB).split(b"\r\n")[0])
            except ConnectionError:
                # It was refused before all of it had come.
                answers.append(b"")
    return answers


@pytest.mark.parametrize(("make", "count"), [(_head, 900), (_body, 100)], ids=["heads", "bodies"])
async def test_a_thousand_hostile_requests_hold_nobody_up(
    signed_in: Client, make: Callable[[Chance, str], bytes], count: int
) -> None:
    chance = Chance(14, "hostile")
    requests = [make(chance, signed_in.token) for _ in range(count)]
    # What is imported or compiled when it is first needed is no matter of what was sent.
    await asyncio.to_thread(_send, signed_in.ready.port, requests[:50])
    slowest = (0.0, b"")
    with turns(asyncio.get_running_loop()) as taken:
        for request in requests:
            taken.clear()
            [answer] = await asyncio.to_thread(_send, signed_in.ready.port, [request])
            assert not answer.startswith(b"HTTP/1.1 500"), request[:200]
            slowest = max(slowest, (max(taken), request[:300]))
    assert slowest[0] <= LONGEST_TURN, slowest


async def test_what_is_like_no_address_still_shows_the_nearest(signed_in: Client) -> None:
    answer = await signed_in.send("GET", "/api/taks")
    assert "GET /api/tasks (tasks.list)" in answer.json["message"]
    assert "near it" not in (await signed_in.send("GET", "/api/" + "tasks" * 50)).json["message"]


def test_a_name_is_compared_with_what_is_comparable() -> None:
    assert nearest("tasks.lst", ["tasks.list", "tasks.get"]) == "tasks.list"
    assert nearest("tasks.list" * 100, ["tasks.list" * 101]) is None


def test_secrets_are_found_in_time_that_grows_with_the_text() -> None:
    began = time.thread_time()
    mask_text("eyJ-" * 16 * KB)
    mask_text('"token" ' * 8 * KB)
    assert time.thread_time() - began < LONGEST_TURN * 4
    assert mask_text("x-eyJhbGc.eyJzdWI.c2ln") == "x-***"
