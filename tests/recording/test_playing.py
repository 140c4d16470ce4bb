"""The express lane of a recording: what goes by it goes as by the pipeline, byte for byte, and the journal tells of it
alike.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devkit.server.express.lane import Express
from tests.conftest import Client, StartServer
from tests.recording.hars import entry, write
from tests.recording.test_replay import IDS, LIVE, made_by_client

BASE = "http://shop.test"
THEN = 1_935_705_600_000
"""2031-05-05, in milliseconds."""
BY_LANE, BY_PIPELINE = "by-lane-1", "by-pipe-1"
PAGE = "Origin: http://localhost:5173\r\nUser-Agent: Mozilla/5.0\r\n"


def recorded() -> list[dict[str, Any]]:
    told = '{"id": 7, "createdAt": "2026-01-20T10:00:01Z", "exp": 1768903260}'
    body = '{"email": "a@b.test", "password": "devkit-secret-1"}'
    login = entry("POST", f"{BASE}/login", body=body, answer='{"accessToken": "devkit-secret-2"}')
    secret = {"Authorization": "Bearer devkit-secret-2"}
    made = [
        entry(answer='{"data": []}', said={"X-One": "1", "x-one": "2", "Content-Type": "application/json"}),
        entry("POST", body='{"n": 1}', status=201, answer='{"id": 7}', said={"Location": f"{BASE}/orders/7"}),
        entry(answer='{"data": [{"id": 7}]}'),
        entry(answer='{"data": [{"id": 7, "seen": true}]}'),
        entry(url=f"{BASE}/orders/7", answer=told, said={"Last-Modified": "Tue, 20 Jan 2026 09:00:00 GMT"}),
        entry(url=f"{BASE}/orders/8", status=404, answer='{"error": "none"}'),
        entry("DELETE", f"{BASE}/orders/7", status=204),
        entry(url=f"{BASE}/orders/7", status=410, answer='{"error": "gone"}'),
        entry(url=f"{BASE}/search?a=1&b=2&a=%20", answer='"found"'),
        entry(url=f"{BASE}/since?at=2026-01-20T10:00:00Z", answer='"then"'),
        entry(url=f"{BASE}/tagged", answer='"tagged"', said={"ETag": '"v1"'}),
        entry(url=f"{BASE}/tagged", status=304, said={"ETag": '"v1"'}),
        entry(url=f"{BASE}/named", answer='"named"', said={"x-request-id": "theirs", "X-Name": "M\u00fcller"}),
        entry(url=f"{BASE}/old", status=301, said={"Location": f"{BASE}/new"}),
        entry(url=f"{BASE}/cookie", answer='"c"', said={"Set-Cookie": "sid=abc; Path=/; Domain=shop.test; Secure"}),
        entry(url=f"{BASE}/page", answer="<p>", answer_kind="text/html"),
        entry(url=f"{BASE}/large", answer="x" * 100_000, answer_kind="text/plain"),
        entry(url=f"{BASE}/half", answer='{"a": 1}') | {"_failure": "closed"},
        entry(url=f"{BASE}/me", status=401, answer='{"message": "who?"}'),
        login,
        entry(url=f"{BASE}/me", answer='{"id": 7}', sent=secret),
    ]
    return [one | {"startedDateTime": f"2026-01-20T10:00:{n + 1:02d}Z"} for n, one in enumerate(made)]


ASKED = [
    *["GET /orders"] * 3,
    'POST /orders {"n":1}',
    *["GET /orders"] * 4,
    *["GET /orders/7", "GET /orders/7", "GET /orders/8", "GET /orders/8"],
    "HEAD /orders/7",
    "DELETE /orders/7",
    "DELETE /orders/7",
    *["GET /orders/7"] * 3,
    *["GET /search?b=2&a=%20&a=1", "GET /search?a=1&a=+&b=2", "GET /search?b=2&a=%20&a=1", "GET /search?b=2"],
    *["GET /since?at=2031-05-04T23:59:59Z"] * 2,
    *["GET /tagged", "GET /tagged", 'GET /tagged If-None-Match: "v1"', "GET /tagged"],
    *["GET /named", "GET /named", "GET /old", "GET /old", "GET /cookie", "GET /cookie", "GET /page", "GET /page"],
    *["GET /page Accept: text/html", "GET /large", "GET /large", "GET /half", "GET /half", "GET /nothing"],
    *["GET /or%64ers/7", "GET /./orders/7", "GET /orders/7#there", "GET /orders/7?devkit_sandbox=main"],
    *["GET /me", "GET /me", "PATCH /orders/7 {}", "GET /orders Range: bytes=0-1", "OPTIONS /orders"],
    *['POST /orders {"n":2}', 'POST /orders {"n": 1}', "GET /orders", "GET /orders"],
]
BY_THE_LANE = {
    *("GET /orders", "GET /orders/7", "GET /orders/8", "GET /search", "GET /since", "GET /tagged", "GET /named"),
    *("GET /or%64ers/7", "GET /old", "GET /page", "GET /large", "POST /orders", "DELETE /orders/7"),
}


@pytest.fixture
async def client(start: StartServer, tmp_path: Path) -> AsyncIterator[Client]:
    folder = tmp_path / "shop"
    folder.mkdir()
    write(folder / "session.har", *recorded())
    async with start(contract=(str(folder),)) as found:
        for name in (BY_LANE, BY_PIPELINE):
            await found.send("POST", "/_devkit/api/sandboxes", json={"id": name})
            hosted = found.app.sandboxes.find(name)
            assert hosted is not None
            hosted.sandbox.clock.freeze(THEN)
        yield found


def request(asked: str, sandbox: str, more: str = "") -> bytes:
    method, target, *rest = asked.split(" ", 2)
    said = rest[0] if rest else ""
    fields = f"Host: localhost\r\nX-Devkit-Sandbox: {sandbox}\r\n{more}"
    if said[:1] == "{":
        fields += f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\n"
        return f"{method} {target} HTTP/1.1\r\n{fields}\r\n{said}".encode()
    fields += f"{said}\r\n" if said else ""
    return f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode()


def alike(answer: bytes) -> bytes:
    """Without what is new in each answer, and what differs by the sandbox's name."""
    answer = re.sub(rb"(X-Process-Time: )[^\r]*", rb"\1", answer)
    answer = re.sub(rb"(?!3f1c9e0a)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", b"", answer)
    return answer.replace(BY_LANE.encode(), b"").replace(BY_PIPELINE.encode(), b"")


class Line:
    """One connection of a client."""

    def __init__(self, client: Client) -> None:
        self._port = client.ready.port
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, sent: bytes) -> bytes:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(sent)
        try:
            head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 10)
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if sent.startswith(b"HEAD") or length is None:
                return head
            return head + await asyncio.wait_for(self._reader.readexactly(int(length[1])), 10)
        except asyncio.IncompleteReadError as error:
            self.close()
            return error.partial

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Both:
    """The same is asked of two sandboxes: of one the lane may answer, of the other the pipeline alone."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client, self.taken = client, set[str]()
        assert isinstance(client.app.express, Express)
        self._express = client.app.express
        self._lines = Line(client), Line(client)
        playing = self._express.playing
        assert playing is not None
        answer = playing.answer

        def counted(*given: Any) -> bytes | None:
            found = answer(*given)
            if found is not None:
                self.taken.add(f"{given[2]} {given[3].partition('?')[0]}")
            return found

        monkeypatch.setattr(playing, "answer", counted)
        self._playing = playing

    async def ask(self, asked: str, more: str = "") -> bytes:
        found = []
        for line, name, lane in zip(self._lines, (BY_LANE, BY_PIPELINE), (self._playing, None), strict=True):
            self._express.playing = lane
            found.append(alike(await line.ask(request(asked, name, more))))
        assert found[0] == found[1], asked
        return found[0]

    def close(self) -> None:
        for line in self._lines:
            line.close()

    async def journals(self) -> list[list[dict[str, Any]]]:
        found = []
        for name in (BY_LANE, BY_PIPELINE):
            sandbox = {"X-Devkit-Sandbox": name}
            told = (await self.client.send("GET", "/_devkit/api/journal?limit=1000", headers=sandbox)).json["data"]
            new = {"number", "request_id", "duration", "sandbox", "took", "at"}
            found.append([{key: value for key, value in one.items() if key not in new} for one in told])
        return found


@pytest.fixture
async def both(client: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Both]:
    found = Both(client, monkeypatch)
    yield found
    found.close()


@pytest.mark.parametrize("more", ["", PAGE, "If-Modified-Since: Tue, 20 Jan 2026 09:00:00 GMT\r\n"])
async def test_answers_are_the_same(both: Both, more: str) -> None:
    for asked in ASKED:
        await both.ask(asked, more)
    lane, pipeline = await both.journals()

    assert lane == pipeline
    assert len(lane) == len(ASKED)
    assert both.taken == BY_THE_LANE


async def test_a_deck_goes_on_whichever_way_a_call_goes(both: Both) -> None:
    found = [await both.ask(asked) for asked in ["GET /orders", 'POST /orders {"n":1}', *["GET /orders"] * 3]]
    bodies = [json.loads(one.partition(b"\r\n\r\n")[2]) for one in found]

    assert bodies == [
        {"data": []}, {"id": 7}, {"data": [{"id": 7}]}, *[{"data": [{"id": 7, "seen": True}]}] * 2,
    ]  # fmt: skip


async def test_a_fault_takes_the_pipeline(both: Both) -> None:
    for _ in range(3):
        await both.ask("GET /orders")
    assert both.taken == {"GET /orders"}
    both.taken.clear()
    for name in (BY_LANE, BY_PIPELINE):
        sandbox = {"X-Devkit-Sandbox": name}
        await both.client.send("POST", "/_devkit/api/scenarios/truncated-json/use", json={}, headers=sandbox)
    answer = await both.ask("GET /orders")

    assert b"X-Devkit-Fault" in answer
    assert both.taken == set()


async def test_who_is_signed_in_is_told_by_a_session_that_can_end(both: Both) -> None:
    # One token is good in one sandbox alone.
    own = {}
    for name in (BY_LANE, BY_PIPELINE):
        answer = await both.client.send(
            "POST", "/login", json={"email": "a@b.test", "password": "any"}, headers={"X-Devkit-Sandbox": name}
        )
        own[name] = answer.json["accessToken"]
    for _ in range(3):
        for line, name in zip(both._lines, (BY_LANE, BY_PIPELINE), strict=True):
            both._express.playing = both._playing if name == BY_LANE else None
            answer = await line.ask(request("GET /me", name, f"Authorization: Bearer {own[name]}\r\n"))
            assert answer.endswith(b'{"id": 7}')
    assert both.taken == {"GET /me"}
    lane, pipeline = await both.journals()
    assert lane == pipeline
    assert lane[0]["user"] == "a@b.test"
    for name in (BY_LANE, BY_PIPELINE):
        hosted = both.client.app.sandboxes.find(name)
        assert hosted is not None
        hosted.sandbox.clock.advance(2 * 3_600_000)
    both._express.playing = both._playing
    assert (await both._lines[0].ask(request("GET /me", BY_LANE, f"Authorization: Bearer {own[BY_LANE]}\r\n")))[
        9:12
    ] == b"401"


async def test_what_a_client_makes_anew_comes_back_in_both(
    start: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "previous.har", *made_by_client(IDS[0]))
    write(tmp_path / "session.har", *made_by_client(IDS[1]))
    async with start(contract=(str(tmp_path),)) as client:
        for name in (BY_LANE, BY_PIPELINE):
            await client.send("POST", "/_devkit/api/sandboxes", json={"id": name})
        both = Both(client, monkeypatch)
        for asked in (f'POST /orders {{"clientId":"{LIVE}","quantity":2}}', *[f"GET /orders/{LIVE}"] * 3):
            assert LIVE.encode() in await both.ask(asked)
        assert both.taken == {f"GET /orders/{LIVE}"}
        both.close()


async def test_a_recording_that_is_changed_is_played_as_it_is_then(client: Client, tmp_path: Path) -> None:
    for _ in range(3):
        await client.send("GET", "/orders/8")
    changed = entry(url=f"{BASE}/orders/8", answer='"new"')
    await asyncio.to_thread(write, tmp_path / "shop" / "session.har", changed)
    async with asyncio.timeout(20):
        while not (await client.send("GET", "/orders/8")).body.endswith(b'"new"'):
            await asyncio.sleep(0.05)
    assert isinstance(client.app.express, Express)
    assert client.app.express.playing is not None
    assert (await client.send("GET", "/orders/8")).body == b'"new"'
