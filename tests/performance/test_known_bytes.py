"""Requests whose fields came before, byte for byte, are not parsed again. However the bytes are cut, and whatever comes
between them, each request gets its own answer, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Client
from tests.wire import RawAnswer, Wire


@dataclass(frozen=True)
class Asked:
    """A request as bytes, and what its answer must be."""

    data: bytes
    fits: Callable[[RawAnswer], bool]


def asked(line: str, token: str, fits: Callable[[RawAnswer], bool], body: bytes | None = None, more: str = "") -> Asked:
    length = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head = f"{line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{length}{more}\r\n"
    return Asked(head.encode() + (body or b""), fits)


def some_of(client: Client, ids: list[str], kind: int, number: int) -> Asked:
    """Requests that the lane takes, some that it leaves to the pipeline, and some that nobody takes."""
    token = client.token
    wanted = ids[number % len(ids)]
    title = "T" * (1 + number % 7)
    new = json.dumps({"title": title, "description": "\r\n\r\nGET / HTTP/1.1"}).encode()
    kinds: list[Callable[[], Asked]] = [
        lambda: asked(f"GET /api/tasks/{wanted}", token, lambda a: a.json["id"] == wanted),
        lambda: asked(f"GET /api/tasks?limit={1 + number % 3}", token, lambda a: len(a.json["data"]) == 1 + number % 3),
        lambda: asked("POST /api/tasks", token, lambda a: a.json["title"] == title, new),
        lambda: asked("GET /api/tasks/nobody", token, lambda a: a.status == 404),
        lambda: asked("POST /api/tasks", token, lambda a: a.status == 400, b'{"title": '),
        lambda: asked("GET /api/tasks?limit=2", token, lambda a: a.status == 200, more="X-Devkit-Sandbox: main\r\n"),
        lambda: asked("GET /api/auth/me", token, lambda a: a.status == 200),
        lambda: asked("GET /api/tasks", "wrong", lambda a: a.status == 401),
    ]
    return kinds[kind]()


@given(
    kinds=st.lists(st.tuples(st.sampled_from([0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7]), st.integers(0, 20)), max_size=12),
    cuts=st.lists(st.integers(0, 3_000), max_size=6),
    together=st.booleans(),
)
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_request_gets_its_own_answer_however_its_bytes_arrive(served, kinds, cuts, together):
    loop, client, ids = served

    async def play() -> None:
        script = [some_of(client, ids, *kind) for kind in kinds]
        pieces = [b"".join(request.data for request in script)] if together else [request.data for request in script]
        async with Wire(client.ready.port) as wire:
            reading = asyncio.create_task(_answers(wire, len(script)))
            for piece in pieces:
                places = sorted({cut % (len(piece) + 1) for cut in cuts})
                for start, stop in zip([0, *places], [*places, len(piece)], strict=True):
                    await wire.send(piece[start:stop])
                    # So that the server reads what is there before the next bytes come.
                    await asyncio.sleep(0.001)
            answers = await reading
        assert [request.fits(answer) for request, answer in zip(script, answers, strict=True)] == [True] * len(script)

    loop.run_until_complete(play())


@contextlib.contextmanager
def watched(client: Client) -> Iterator[list[bool]]:
    """Whether each request was answered without being parsed, as they come."""
    taken: list[bool] = []
    lane = client.app.express
    answer_again = lane.answer_again

    def watching(data: bytes) -> Any:
        answer = answer_again(data)
        taken.append(answer is not None)
        return answer

    lane.answer_again = watching  # type: ignore[method-assign]  # taken back below
    try:
        yield taken
    finally:
        del lane.answer_again


def test_most_requests_of_a_connection_are_not_parsed(served):
    loop, client, ids = served

    async def play() -> None:
        async with Wire(client.ready.port) as wire:
            for number in range(20):
                request = some_of(client, ids, number % 3, number)
                await wire.send(request.data)
                assert request.fits(await wire.answer())

    with watched(client) as taken:
        loop.run_until_complete(play())
    # All but the first of each kind; the bodies have seven lengths.
    assert taken.count(True) >= 10


@pytest.mark.parametrize(
    "field", ["Authorization: Bearer {}", "Cookie: a=b; auth-token={}; c=d", "cookie: auth-token={}"]
)
def test_a_request_that_differs_in_its_token_alone_is_not_parsed_and_its_sender_s_own(served, field):
    loop, client, _ = served

    async def play() -> None:
        emails = ["test@example.com", "admin@example.com"]
        tokens = [await _minted(client, email) for email in emails for _ in range(2)]
        good = tokens[0]
        forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
        async with Wire(client.ready.port) as wire:
            for token in (*tokens, forged, good):
                line = field.format(token)
                await wire.send(f"GET /api/tasks?limit=1 HTTP/1.1\r\nHost: localhost\r\n{line}\r\n\r\n".encode())
                answer = await wire.answer()
                if token == forged:
                    assert answer.status == 401
                    continue
                alone = await client.send("GET", "/api/tasks?limit=1", headers={"Authorization": f"Bearer {token}"})
                assert answer.json == alone.json
                journal = client.sandbox.journal
                own, other = (
                    next(entry for entry in journal if entry.request_id == of.headers["x-request-id"])
                    for of in (answer, alone)
                )
                assert own.user == other.user
                detail = journal.detail(own.number)
                assert detail is not None
                assert line.partition(": ")[2] in detail.request.headers.values()

    with watched(client) as taken:
        loop.run_until_complete(play())
    # The first two of its form are parsed, and what is wrong with the forged one is the pipeline's to say.
    assert taken.count(True) >= 3


async def _minted(client: Client, email: str) -> str:
    answer = await client.send("POST", "/_devkit/api/tokens", json={"user": email})
    token: str = answer.json["token"]
    return token


async def _answers(wire: Wire, count: int) -> list[RawAnswer]:
    return [await wire.answer() for _ in range(count)]


@pytest.fixture(scope="module")
def served(tmp_path_factory, template):
    from devkit.config import Settings
    from devkit.server.hosting.app import running

    loop = asyncio.new_event_loop()
    config = Settings(port=0, db=tmp_path_factory.mktemp("known") / "devkit.db", state_dir=tmp_path_factory.mktemp("s"))
    manager = running(config, template)
    app, ready = loop.run_until_complete(manager.__aenter__())

    async def begin() -> tuple[Client, list[str]]:
        client = Client(app, ready)
        await client.sign_in()
        tasks = (await client.send("GET", "/api/tasks?limit=10")).json["data"]
        return client, [task["id"] for task in tasks]

    client, ids = loop.run_until_complete(begin())
    yield loop, client, ids
    loop.run_until_complete(client.http.close())
    loop.run_until_complete(manager.__aexit__(None, None, None))
    loop.close()
