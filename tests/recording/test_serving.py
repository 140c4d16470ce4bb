"""A recording, served: on the wire as it was, and with all that holds of other answers."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devkit.errors import OperatorError
from devkit.recording.reading import open_recording
from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.faults.conftest import scenario
from tests.recording.hars import entry, har, write

BASE = "http://shop.test:9000"
ORDERS = f"{BASE}/orders"


def recorded() -> list[dict[str, Any]]:
    base = 1768903200.003
    made = [
        entry(url=ORDERS, answer='{"data": []}', said={"X-One": "1", "Content-Type": "application/json"}),
        entry("POST", ORDERS, body='{"n": 1}', status=201, answer='{"id": 7}', said={"Location": f"{ORDERS}/7"}),
        entry(url=ORDERS, answer='{"data": [{"id": 7}]}'),
        entry(url=f"{ORDERS}/7", answer='{"id": 7, "createdAt": "2026-01-20T10:00:01Z"}'),
        entry(url=f"{ORDERS}/8", status=404, answer='{"error": "none"}'),
        entry(
            url=f"{BASE}/go",
            status=302,
            said={"Location": f"{BASE}/orders", "Set-Cookie": "sid=abc; Path=/; Domain=shop.test; Secure\nb=2"},
        ),
        entry(url=f"{BASE}/dead", status=0, response={"_error": "net::ERR_CONNECTION_RESET"}),
        entry(url=f"{BASE}/half", answer='{"a": 1}') | {"_failure": "reset"},
        entry(
            url=f"{BASE}/events",
            answer="data: a\n\ndata: b\n\n",
            answer_kind="text/event-stream",
            _eventSourceMessages=[{"time": base + one, "data": data} for one, data in ((0.0, "a"), (0.2, "b"))],
        ),
        entry("OPTIONS", ORDERS, status=204),
    ]
    for second, one in enumerate(made):
        if "_eventSourceMessages" not in one:
            one["startedDateTime"] = f"2026-01-20T10:00:{second + 1:02d}.000Z"
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    path.mkdir()
    write(path / "session.har", *recorded())
    return path


@pytest.fixture
async def client(start: StartServer, folder: Path) -> AsyncIterator[Client]:
    async with start(contract=(str(folder),)) as found:
        yield found


async def newest(client: Client, at: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = (await client.send("GET", "/_devkit/api/journal")).json["data"][at]
    return found


async def test_a_list_shows_the_row_after_it_was_created(client: Client) -> None:
    assert (await client.send("GET", "/orders")).json == {"data": []}
    made = await client.send("POST", "/orders", json={"n": 1})
    assert (made.status, made.json) == (201, {"id": 7})
    assert made.headers["Location"] == f"{client.ready.url}/orders/7"
    assert (await client.send("GET", "/orders")).json == {"data": [{"id": 7}]}
    entry = await newest(client)
    assert (entry["operation"], entry["kept_by"]) == ("orders.list", "recording")


async def test_answers_carry_what_others_carry_and_no_date_of_then(client: Client) -> None:
    answer = await client.send("GET", "/orders", headers={"Origin": "http://localhost:5173"})

    assert (answer.headers["X-One"], answer.headers["X-Devkit-Kept-By"]) == ("1", "recording")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert answer.headers["X-Request-ID"]
    preflight = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    assert (await client.send("OPTIONS", "/orders", headers=preflight)).headers["Access-Control-Allow-Methods"]


async def test_a_redirect_is_a_hop_with_its_cookies(client: Client) -> None:
    async with client.http.get("/go", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == f"{client.ready.url}/orders"
        cookies = answer.headers.getall("Set-Cookie")
    assert cookies[1] == "b=2"
    assert "Domain" not in cookies[0]


async def test_a_recorded_error_is_one(client: Client) -> None:
    answer = await client.send("GET", "/orders/8")

    assert (answer.status, answer.json) == (404, {"error": "none"})


async def test_recorded_failures_cut_the_connection(client: Client) -> None:
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await client.http.get("/dead")
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
        async with client.http.get("/half") as answer:
            await answer.read()


async def test_what_was_not_recorded_is_told_with_what_is_near(client: Client) -> None:
    answer = await client.send("POST", "/orders", json={"n": 2})

    assert answer.status == 501
    told = "POST /orders was not recorded. Nearest: POST /orders (`n` in its body is 1, not 2)"
    assert told in answer.json["detail"]
    assert (await client.send("GET", "/nothing")).status == 501


async def test_streams_come_as_they_came(client: Client) -> None:
    async with client.http.get("/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert await answer.content.readuntil(b"\n\n") == b"data: a\n\n"
        assert await answer.content.read() == b"data: b\n\n"


async def test_sandboxes_replay_apart_and_a_reset_begins_anew(client: Client) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    await client.send("POST", "/orders", json={"n": 1})
    other = {"X-Devkit-Sandbox": "w1"}

    assert (await client.send("GET", "/orders")).json == {"data": [{"id": 7}]}
    assert (await client.send("GET", "/orders", headers=other)).json == {"data": []}
    await client.send("POST", "/_devkit/api/reset", json={})
    assert (await client.send("GET", "/orders")).json == {"data": []}


async def test_instants_are_the_sandboxs(client: Client) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "then", "time": "2031-05-05T00:00:00Z"})
    answer = await client.send("GET", "/orders/7", headers={"X-Devkit-Sandbox": "then"})

    assert answer.json["createdAt"].startswith(("2031-05-04T23:59", "2031-05-05T00:0"))


async def test_faults_strike_replayed_answers(client: Client) -> None:
    only = {"match": {"operation": "orders.list"}}
    await client.sandbox.engine.use(scenario({**only, "fault": {"type": "http.abort", "status": 503}}, name="down"))
    answer = await client.send("GET", "/orders")
    assert (answer.status, "X-Devkit-Fault" in answer.headers) == (503, True)

    await client.sandbox.engine.off("down")
    await client.sandbox.engine.use(scenario({**only, "fault": {"type": "field.drop", "path": "data"}}))
    answer = await client.send("GET", "/orders")
    assert (answer.status, answer.json, "X-Devkit-Fault" in answer.headers) == (200, {}, True)


async def test_a_har_file_and_a_zip_file_are_recordings_too(start: StartServer, tmp_path: Path) -> None:
    write(tmp_path / "one.har", *recorded())
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("har.har", json.dumps(har(*recorded())))
    for name in ("one.har", "two.zip"):
        async with start(contract=(str(tmp_path / name),)) as client:
            assert (await client.send("GET", "/orders")).json == {"data": []}


async def test_on_a_miss_the_nearest_answer_may_do(start: StartServer, folder: Path) -> None:
    async with start(contract=(str(folder),), replay_on_miss="mock") as client:
        answer = await client.send("POST", "/orders", json={"n": 2})
        assert (answer.status, answer.json) == (201, {"id": 7})
        assert "was not recorded" in (await newest(client))["note"]


async def test_on_a_miss_the_real_backend_may_be_asked_and_recorded(
    start: StartServer, folder: Path, tmp_path: Path
) -> None:
    missed = tmp_path / "missed"
    settings: dict[str, Any] = {"contract": (str(folder),), "replay_on_miss": "record"}
    async with start() as real, start(upstream=real.ready.url, record=missed, **settings) as client:
        assert (await client.send("GET", "/orders")).headers["X-Devkit-Kept-By"] == "recording"
        answer = await client.send("GET", "/health")
        assert (answer.status, answer.headers["X-Devkit-Kept-By"]) == (200, "real")
    found = await asyncio.to_thread(lambda: [one.target for one in open_recording(missed)])
    assert found == ["/health"]
    with pytest.raises(OperatorError, match="there is no real backend"):
        async with start(**settings):
            pass


async def test_answers_may_take_as_long_as_they_did(start: StartServer, tmp_path: Path) -> None:
    slow = entry(url=ORDERS, answer="1") | {"timings": {"wait": 300, "receive": 0, "send": 0}}
    write(tmp_path / "slow.har", slow)
    async with start(contract=(str(tmp_path / "slow.har"),), replay_time_as_delay=True) as client:
        began = asyncio.get_running_loop().time()
        await client.send("GET", "/orders")
        assert asyncio.get_running_loop().time() - began >= 0.3


async def test_a_recording_that_cannot_be_read_is_refused_in_a_sentence(start: StartServer, tmp_path: Path) -> None:
    (tmp_path / "cut.har").write_text('{"log": {"entries": [{"a": 1}')
    with pytest.raises(OperatorError, match="was cut: it ends within entry 2"):
        async with start(contract=(str(tmp_path / "cut.har"),)):
            pass


async def test_settings_that_are_edited_count_at_once(client: Client, folder: Path) -> None:
    assert (await client.send("POST", "/orders", json={"n": 2})).status == 501
    (folder / "replay.yaml").write_text('match: {"POST /orders": {body: false}}\n')
    async with asyncio.timeout(60):
        while (await client.send("POST", "/orders", json={"n": 2})).status != 201:
            await asyncio.sleep(0.05)


async def test_what_was_recorded_from_a_backend_is_replayed_without_it(start: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    async with start() as real:
        async with start(upstream=real.ready.url, record=folder) as front:
            login = {"email": EMAIL, "password": PASSWORD}
            answers = [await front.send("POST", "/api/auth/login", json=login), await front.send("GET", "/api/tasks")]
            answers.append(await front.send("POST", "/api/tasks", json={"title": "Taken along"}))
            answers.append(await front.send("GET", "/api/tasks"))
            statuses = [answer.status for answer in answers]
    async with start(contract=(str(folder),)) as client:
        asked = [await client.send("POST", "/api/auth/login", json={**login, "password": "Another1!"})]
        asked += [await client.send("GET", "/api/tasks"), await client.send("POST", "/api/tasks", json={"title": "x"})]
        asked.append(await client.send("POST", "/api/tasks", json={"title": "Taken along"}))
        asked.append(await client.send("GET", "/api/tasks"))

    assert [answer.status for answer in asked] == [*statuses[:2], 501, *statuses[2:]] == [200, 200, 501, 201, 200]
    assert "Taken along" not in asked[1].body.decode()
    assert asked[4].json["data"][0]["title"] == "Taken along"


async def test_a_socket_says_what_it_said_when_the_client_has_said_its_part(start: StartServer, tmp_path: Path) -> None:
    began = 1768903200.003
    messages = [
        {"type": kind, "time": began + after, "opcode": opcode, "data": data, **more}
        for kind, after, opcode, data, more in (
            ("receive", 0.05, 1, "hello", {}),
            ("send", 0.1, 1, "subscribe", {}),
            ("receive", 0.25, 1, "one", {}),
            ("receive", 0.25, 2, "AQL/", {}),
            ("receive", 0.3, 8, "done", {"_code": 4000}),
        )
    ]
    upgrade = {"Upgrade": "websocket", "Sec-WebSocket-Protocol": "chat"}
    recorded = entry(url="ws://shop.test/live?room=1", status=101, said=upgrade, _webSocketMessages=messages)
    write(tmp_path / "ws.har", recorded)
    async with start(contract=(str(tmp_path / "ws.har"),)) as client:
        async with client.http.ws_connect("/live?room=1", protocols=("v2", "chat")) as socket:
            assert socket.protocol == "chat"
            assert await socket.receive_str() == "hello"
            with pytest.raises(asyncio.TimeoutError):
                await socket.receive(timeout=0.4)
        async with client.http.ws_connect("/live?room=1", protocols=("chat",)) as socket:
            await socket.receive_str()
            await socket.send_str("subscribe")
            assert (await socket.receive_str(), await socket.receive_bytes()) == ("one", b"\x01\x02\xff")
            closed = await socket.receive()
            assert (closed.type, closed.data, closed.extra) == (aiohttp.WSMsgType.CLOSE, 4000, "done")
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.http.ws_connect("/elsewhere")
        kinds = [
            one["direction"] for one in (await client.send("GET", "/_devkit/api/journal?type=socket")).json["data"]
        ]
        assert sorted(set(kinds)) == ["close", "in", "open", "out"]


async def test_sign_in_may_be_as_it_was_recorded(start: StartServer, tmp_path: Path) -> None:
    secret = {"Authorization": "Bearer devkit-secret-2"}
    body, answer = '{"email": "a@b.test", "password": "x"}', '{"accessToken": "devkit-secret-2"}'
    write(tmp_path / "session.har", entry("POST", f"{BASE}/login", body=body, answer=answer),
          entry(url=f"{BASE}/me", second=2, answer='{"id": 7}', sent=secret))  # fmt: skip
    (tmp_path / "replay.yaml").write_text("sign-in: recorded\n")
    async with start(contract=(str(tmp_path),)) as client:
        signed_in = await client.send("POST", "/login", json=json.loads(body))
        assert signed_in.json == {"accessToken": "devkit-secret-2"}
        assert (await client.send("GET", "/me", headers=secret)).json == {"id": 7}


async def test_sign_in_is_real_and_its_sessions_end(start: StartServer, tmp_path: Path) -> None:
    login = {"email": "ada@shop.test", "password": "devkit-secret-1"}
    secret, fresh = {"Authorization": "Bearer devkit-secret-2"}, '{"accessToken": "devkit-secret-2", "user": {"id": 7}}'
    cookie = "sid=devkit-secret-2; Path=/; HttpOnly"
    entries = [
        entry(url=f"{BASE}/me", status=401, answer='{"message": "who?"}'),
        entry("POST", f"{BASE}/login", body=json.dumps(login), answer=fresh)
        | {"startedDateTime": "2026-01-20T10:00:01Z"},
        entry(url=f"{BASE}/me", second=2, answer='{"id": 7, "email": "ada@shop.test"}', sent=secret),
    ]
    entries[1]["response"]["headers"].append({"name": "Set-Cookie", "value": cookie})
    write(tmp_path / "in.har", *entries)
    async with start(contract=(str(tmp_path / "in.har"),)) as client:
        assert (await client.send("GET", "/me")).json == {"message": "who?"}
        answer = await client.send("POST", "/login", json={**login, "password": "whatever I type"})
        token = answer.json["accessToken"]
        assert (answer.json["user"], len(token.split("."))) == ({"id": 7}, 3)
        assert f"sid={token}; Path=/; HttpOnly" in answer.headers["Set-Cookie"]
        client.http.cookie_jar.clear()
        own = {"Authorization": f"Bearer {token}"}
        assert (await client.send("GET", "/me", headers=own)).json["id"] == 7
        assert (await newest(client))["user"] == "ada@shop.test"
        assert (await client.send("GET", "/me", headers={"Cookie": f"sid={token}"})).status == 200
        assert (await client.send("GET", "/me", headers={"Authorization": "Bearer devkit-secret-2"})).status == 401
        client.sandbox.clock.advance(2 * 3_600_000)
        assert (await client.send("GET", "/me", headers=own)).status == 401
