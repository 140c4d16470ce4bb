"""Clients that leave as soon as they have sent what they had to say."""

from __future__ import annotations

import asyncio
import logging

import pytest

from devkit.journal import RequestEntry
from devkit.server.http.protocol import Connection, Server
from tests.conftest import StartServer
from tests.wire import HOST, Wire, exchange

SEARCH = b"GET /api/tasks?q=leaving HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Those of all servers of this test, in the order that they were opened."""
    opened: list[Connection] = []
    make = Server.__call__

    def made(self: Server) -> Connection:
        connection = make(self)
        assert isinstance(connection, Connection)
        opened.append(connection)
        return connection

    monkeypatch.setattr(Server, "__call__", made)
    return opened


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked", b"Content-Length: 100"])
async def test_an_upload_whose_client_leaves_right_behind_half_a_line_leaves_no_traceback(
    start: StartServer, connections: list[Connection], caplog: pytest.LogCaptureFixture, framing: bytes
) -> None:
    async with start() as client:
        await client.sign_in()
        head = HOST + b"Authorization: Bearer %s\r\n" % client.token.encode() + framing + b"\r\n"
        form = b"Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n"
        async with Wire(client.ready.port) as wire:
            await wire.send(b"POST /api/uploads HTTP/1.1\r\n" + head + form)
            # Now the form is waited for.
            assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
            connection = connections[-1]
            connection.data_received(b"3\r\n--x\r\n" if b"chunked" in framing else b"--x")
            connection.connection_lost(None)
            async with asyncio.timeout(10):
                while client.sandbox.arriving_uploads():
                    await asyncio.sleep(0.01)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_request_whose_client_leaves_in_the_same_turn_of_the_loop_is_served_all_the_same(
    start: StartServer, connections: list[Connection], caplog: pytest.LogCaptureFixture
) -> None:
    async with start() as client, Wire(client.ready.port) as wire:
        # It is kept, and its handler waits for the next request.
        await wire.send(SEARCH)
        assert (await wire.answer()).status == 401
        connection = connections[-1]

        connection.data_received(SEARCH.replace(b"GET", b"OPTIONS"))
        connection.connection_lost(None)
        for _ in range(20):
            await asyncio.sleep(0)

        assert [entry.method for entry in client.sandbox.journal if isinstance(entry, RequestEntry)][1:] == ["OPTIONS"]
        assert (await exchange(client.ready.port, SEARCH)).status == 401
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
