"""The express lane in front of a real backend: what goes by it goes as by the pipeline, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest

from devkit.server.express.passing import Passing, _Passage
from tests.conftest import Client, StartServer
from tests.proxy.backend import Backend, backend
from tests.proxy.test_forwarding import entry, raw


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    # With a contract nothing is learned, so that the lane may take a call from the second one on.
    async with start(upstream=real.url, contract=("agreed",)) as client:
        yield client


def counted(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of calls that the lane takes from now on."""
    taken: list[str] = []
    lane = client.app.express
    assert isinstance(lane, Passing)
    passage = lane._passage

    def counting(*given: object) -> object:
        found = passage(*given)  # type: ignore[arg-type]
        if found is not None:
            taken.append(str(given[2]))
        return found

    monkeypatch.setattr(lane, "_passage", counting)
    return taken


def alike(answer: bytes) -> bytes:
    """Without what is new in each answer."""
    return re.sub(rb"(X-Request-ID: )[0-9a-f-]{36}|(Date: )[^\r]*", rb"\1\2", answer)


async def several(client: Client, sent: bytes, times: int = 3) -> list[bytes]:
    """What comes back for the same bytes on one connection, each time; the last answer ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.ready.port)
    found = []
    for _ in range(times):
        writer.write(sent)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        if head.startswith(b"HTTP/1.1 1"):
            head += await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else await reader.readuntil(b"0\r\n\r\n")
        found.append(alike(head + body))
    writer.close()
    return found


ODD = ["/named", "/sockets-only"]


@pytest.mark.parametrize(
    "path", ["/orders?page=2", "/packed", "/hints", "/moved", "/nothing", "/endless", "/large", *ODD]
)
async def test_answers_are_the_same(proxy: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    await proxy.send("GET", "/orders")
    taken = counted(proxy, monkeypatch)
    page = "Origin: http://localhost:5173\r\nUser-Agent: x"
    first, *others = await several(proxy, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{page}\r\n\r\n".encode())
    assert others == [first] * 2
    assert taken


async def test_a_name_of_theirs_is_the_only_one_and_an_upgrade_is_named(proxy: Client) -> None:
    """RFC 9110, section 15.5.22: an answer with 426 has an `Upgrade` field, which is an option of the connection."""
    for path, told in zip(
        ODD, ([b"x-request-id: theirs"], [b"Upgrade: websocket", b"Connection: Upgrade"]), strict=True
    ):
        for head in await several(proxy, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()):
            lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
            names = (b"x-request-id", b"upgrade", b"connection") if len(told) > 1 else (b"x-request-id",)
            found = [line for line in lines if line.partition(b":")[0].lower() in names]
            assert [line for line in found if not line.startswith(b"X-Request-ID: ")] == told, lines


async def test_requests_are_the_same(proxy: Client, real: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = counted(proxy, monkeypatch)
    sent = (
        b"POST /orders HTTP/1.1\r\nHost: localhost\r\nx-ODD: 1\r\nCookie: a=1\r\nContent-Type: application/json\r\n"
        b"Content-Length: 13\r\n\r\n" + b'{"title":"x"}'
    )
    await several(proxy, sent)
    assert real.seen == [real.seen[0]] * 3
    assert taken == ["/orders"] * 2
    assert {(await entry(proxy))["kept_by"], (await entry(proxy))["path"]} == {"real", "/orders"}


async def test_a_fault_takes_the_pipeline(proxy: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        await proxy.send("GET", "/orders")
    taken = counted(proxy, monkeypatch)
    await proxy.send("POST", "/_devkit/api/scenarios/slow-network/use", json={})
    await proxy.send("GET", "/orders")
    assert taken == []


async def test_a_stream_is_passed_as_it_comes(proxy: Client, real: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    await proxy.send("GET", "/orders")
    taken = counted(proxy, monkeypatch)
    async with proxy.http.get("/stream") as response:
        assert await asyncio.wait_for(response.content.readuntil(b"\n\n"), 5) == b"data: 1\n\n"
        real.release.set()
        assert await response.content.read() == b"data: 2\n\ndata: [DONE]\n\n"
    assert taken == ["/stream"]
    assert (await proxy.send("GET", "/orders")).status == 200


async def test_whoever_leaves_is_missed(proxy: Client, real: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    await several(proxy, b"GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n", 1)
    taken = counted(proxy, monkeypatch)
    waiting = asyncio.create_task(raw(proxy, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    async with asyncio.timeout(10):
        while not any(call[1] == "/slow" for call in real.seen):
            await asyncio.sleep(0.01)
        waiting.cancel()
        await real.left.wait()
    assert taken == ["/slow"]


async def test_a_connection_that_ends_meanwhile_costs_no_answer(
    proxy: Client, real: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9110, section 9.2.2: what is safe is asked once more, on a new connection."""
    await proxy.send("GET", "/orders")
    taken = counted(proxy, monkeypatch)
    real.forget = True
    answers = [await proxy.send("GET", "/orders/1") for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert taken


async def test_half_an_answer_ends_as_it_did(proxy: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await proxy.send("GET", "/orders")
    taken = counted(proxy, monkeypatch)
    answer = await raw(proxy, b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nhalf")
    assert taken == ["/broken"]
    assert "broke off after 4 bytes" in (await entry(proxy))["note"]


HEAD = b"HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nX-Odd: 1\r\nContent-Length: 4\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


class Scripted:
    """A backend that answers each request with the next pieces of bytes, each in a packet of its own."""

    def __init__(self) -> None:
        self.pieces: list[list[bytes]] = []
        self.knew: list[bool] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in self.pieces.pop(0):
                    if not piece:
                        writer.transport.abort()
                        return
                    writer.write(piece)
                    await asyncio.sleep(0.02)
        writer.close()


@pytest.fixture
async def scripted(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Client, Scripted]]:
    found = Scripted()
    knows = _Passage._knows

    def counted(self: _Passage, data: bytes) -> bool:
        found.knew.append(knows(self, data))
        return found.knew[-1]

    monkeypatch.setattr(_Passage, "_knows", counted)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, start(upstream=f"http://127.0.0.1:{port}", contract=("agreed",)) as client:
        yield client, found


async def test_an_answer_whose_head_came_before_is_not_parsed(scripted: tuple[Client, Scripted]) -> None:
    client, real = scripted
    # The first is the pipeline's, which has a connection afterwards; of the second the lane learns.
    real.pieces = [[HEAD + b"one!"], [HEAD + b"two!"], [HEAD + b"thr!"], [HEAD + b"fou!"]]
    answers = await several(client, b"GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 4)
    assert [answer[-4:] for answer in answers] == [b"one!", b"two!", b"thr!", b"fou!"]
    assert {answer[:-4] for answer in answers} == {answers[0][:-4]}
    assert real.knew[-1] is True
    told = await entry(client)
    assert (told["kept_by"], told["status"]) == ("real", 200)


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([HEAD, b"half"], b"half"),
        ([HEAD + b"ha", b"lf"], b"half"),
        ([HEAD[:30], HEAD[30:] + b"half"], b"half"),
        ([EARLY + HEAD + b"half"], b"half"),
        ([EARLY, HEAD + b"half"], b"half"),
        ([HEAD + b"half" + HEAD + b"more"], b"half"),
        ([HEAD.replace(b"4", b"6") + b"halves"], b"halves"),
        ([HEAD.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"4\r\nhalf\r\n0\r\n\r\n"], b"half"),
    ],
)
async def test_only_what_is_whole_is_known(scripted: tuple[Client, Scripted], pieces: list[bytes], body: bytes) -> None:
    client, real = scripted
    known = [HEAD + b"one!"]
    real.pieces = [known, known, known, pieces, known, known]
    request = b"GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await several(client, request, 3)
    before = len(real.knew)
    found = await several(client, request, 1)
    assert body in found[0].partition(b"\r\n\r\n")[2] or found[0].endswith(body + b"\r\n0\r\n\r\n")
    assert b"more" not in found[0]
    assert real.knew[before:] == [False]
    # What is left of a strange answer is nobody's: the next ones are themselves.
    assert [answer[-4:] for answer in await several(client, request, 2)] == [b"one!"] * 2


async def test_a_backend_that_leaves_instead_of_an_answer_that_is_known_is_asked_again(
    scripted: tuple[Client, Scripted],
) -> None:
    client, real = scripted
    known = [HEAD + b"one!"]
    real.pieces = [known, known, known, [b""], known]
    answers = await several(client, b"GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 4)
    assert [answer[-4:] for answer in answers] == [b"one!"] * 4
