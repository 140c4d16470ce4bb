"""Answers of one turn of the loop leave together: all of them, in order, however many there are."""

from __future__ import annotations

import asyncio

import pytest

from devkit.config import Settings
from devkit.server.hosting.app import running
from devkit.server.http.outbox import Outbox
from tests.conftest import Client
from tests.wire import Wire


class Line(asyncio.Transport):
    """A connection whose other end notes what arrives, and when."""

    def __init__(self, name: str, arrived: list[tuple[str, bytes]]) -> None:
        super().__init__()
        self._name, self._arrived, self._closing = name, arrived, False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._closing
        self._arrived.append((self._name, bytes(data)))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True


async def test_answers_wait_for_the_end_of_the_turn_and_leave_in_order() -> None:
    outbox, arrived = Outbox(), list[tuple[str, bytes]]()
    one, two = Line("one", arrived), Line("two", arrived)
    outbox.put(one, b"1")
    outbox.put(two, b"2")
    outbox.put(one, b"3")
    assert arrived == []
    await asyncio.sleep(0)
    assert arrived == [("one", b"1"), ("two", b"2"), ("one", b"3")]


async def test_what_is_closed_meanwhile_keeps_no_other_from_its_answer() -> None:
    outbox, arrived = Outbox(), list[tuple[str, bytes]]()
    one, two = Line("one", arrived), Line("two", arrived)
    outbox.put(one, b"1")
    outbox.put(two, b"2")
    one.close()
    await asyncio.sleep(0)
    assert arrived == [("two", b"2")]


async def test_a_connection_that_breaks_keeps_no_other_from_its_answer() -> None:
    class Broken(Line):
        def write(self, data: bytes | bytearray | memoryview) -> None:
            raise OSError("the line is down")

        def abort(self) -> None:
            self.close()

    outbox, arrived = Outbox(), list[tuple[str, bytes]]()
    one, two = Broken("one", arrived), Line("two", arrived)
    for _ in range(2):
        outbox.put(one, b"1")
        outbox.put(two, b"2")
        await asyncio.sleep(0)
    assert one.is_closing()
    assert arrived == [("two", b"2"), ("two", b"2")]


async def test_a_mebibyte_of_answers_is_not_kept_back() -> None:
    outbox, arrived = Outbox(), list[tuple[str, bytes]]()
    one = Line("one", arrived)
    for _ in range(5):
        outbox.put(one, b"x" * 300_000)
    assert len(arrived) == 4
    await asyncio.sleep(0)
    assert len(arrived) == 5


@pytest.mark.parametrize("memory", [False, True], ids=["file", "memory"])
async def test_thousands_of_requests_in_one_go_are_all_answered_in_order(tmp_path, template, memory):
    body = b'{"title": "%d"}'
    async with running(Settings(port=0, memory=memory, state_dir=tmp_path), template) as (app, ready):
        client = Client(app, ready)
        await client.sign_in()
        head = f"Host: localhost\r\nAuthorization: Bearer {client.token}\r\n".encode()
        json = head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        pieces = []
        for number in range(2_000):
            said = body % number
            pieces.append(b"POST /api/tasks HTTP/1.1\r\n" + json % (len(said), said))
            pieces.append(b"GET /api/tasks?limit=1 HTTP/1.1\r\n" + head + b"\r\n")
        async with Wire(ready.port) as wire:
            sending = asyncio.create_task(wire.send(b"".join(pieces)))
            for number in range(2_000):
                made, listed = await wire.answer(), await wire.answer()
                assert (made.status, made.json["title"]) == (201, str(number))
                assert listed.json["data"][0]["id"] == made.json["id"]
            await sending
        await client.http.close()
