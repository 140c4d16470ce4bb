"""What a plain request costs, in calls of Python functions: these can be counted, whatever else the machine does."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest

from devkit.server.hosting import watch
from devkit.server.http.protocol import Server
from tests.conftest import Client

CEILINGS = {"a page again": 54, "another page": 165, "one task": 90, "a new task": 123}
"""Calls of Python functions, about a tenth above what they are. Who needs more should know what for, and raise it."""

BODY = b'{"title": "Buy milk", "description": "Two litres", "priority": "high"}'


class Transport(asyncio.Transport):
    """Takes what is written, and tells how often."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """There is nothing to close."""

    def abort(self) -> None:
        """Nor to abort."""


class Calls:
    """Counts calls of Python functions within the block."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def __enter__(self) -> Calls:
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _called(self, frame: FrameType, event: str, _: object) -> None:
        # Ours, aiohttp's, and what dataclasses make; not what the tests' own instruments and the bare loop add.
        if event == "call" and any(part in frame.f_code.co_filename for part in ("/devkit/", "/aiohttp/", "<string>")):
            self.counted[f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}"] += 1

    def __str__(self) -> str:
        return "\n".join(f"{count} {name}" for name, count in self.counted.most_common(40))


@pytest.mark.parametrize("what", CEILINGS)
async def test_a_plain_request_makes_few_calls(signed_in: Client, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head = f"Host: localhost\r\nAuthorization: {signed_in.bearer['Authorization']}\r\n"
    ids = [task["id"] for task in (await signed_in.send("GET", "/api/tasks?limit=10")).json["data"]]
    describing = f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    requests = {
        "a page again": [f"GET /api/tasks?limit=20 HTTP/1.1\r\n{head}\r\n".encode()] * 3,
        "another page": [f"GET /api/tasks?limit={limit} HTTP/1.1\r\n{head}\r\n".encode() for limit in (11, 12, 13)],
        "one task": [f"GET /api/tasks/{identifier} HTTP/1.1\r\n{head}\r\n".encode() for identifier in ids[:3]],
        "a new task": [f"POST /api/tasks HTTP/1.1\r\n{head}{describing}\r\n".encode() + BODY] * 3,
    }[what]
    app = signed_in.app
    # Scenarios are read in the background: that is no part of a request.
    await app.library.ready()
    # Nor is what the watch may spend: here it has spent all of that, and is asked whether it wants to see an answer.
    monkeypatch.setattr(watch, "SAVED_SECONDS", 0)
    monkeypatch.setattr(watch, "SHARE", 1e-9)
    while app.watch.judged < app.watch.taken or not app.settled.is_set():
        await asyncio.sleep(0.01)
    server = Server(app.handle, failure=app.failure, header_timeout=10, express=app.express)
    protocol, transport = server(), Transport()
    protocol.connection_made(transport)
    await asyncio.sleep(0)
    found = []
    for number, request in enumerate(requests):
        calls = Calls()
        with calls:
            protocol.data_received(request)
            while len(transport.written) <= number:
                await asyncio.sleep(0)
        assert transport.written[number].startswith((b"HTTP/1.1 200", b"HTTP/1.1 201"))
        found.append(calls)
    # The first finds nothing known, and during any of them a second may begin, whose date is put together.
    calls = min(found[1:], key=lambda calls: calls.counted.total())
    assert calls.counted.total() <= CEILINGS[what], f"{calls.counted.total()} calls:\n{calls}"
    await protocol.shutdown(0.1)
