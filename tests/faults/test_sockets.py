from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType

from devkit.journal import SocketEntry
from tests.conftest import Client, StartServer
from tests.faults.conftest import Break, scenario
from tests.faults.listening import closed, hear, listen, open_socket


def elapsed(since: float) -> float:
    return asyncio.get_running_loop().time() - since


def entries(client: Client, direction: str) -> list[SocketEntry]:
    journal = client.sandbox.journal
    return [entry for entry in journal if isinstance(entry, SocketEntry) and entry.direction == direction]


async def refused(client: Client) -> int:
    """The status that a handshake is refused with."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await client.http.ws_connect("/ws")
    return refusal.value.status


async def test_a_rejected_handshake_answers_with_the_status(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.reject", status=429)
    assert await refused(signed_in) == 429
    (entry,) = entries(signed_in, "refused")
    assert (entry.code, entry.user) == (429, "test@example.com")
    assert [fault.kind for fault in entry.faults] == ["ws.reject"]
    await signed_in.sandbox.engine.off("broken")
    assert (await listen(signed_in)).closed is False


async def test_the_refusal_has_the_dialects_error(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.reject", status=503)
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    answer = await signed_in.send("GET", "/ws", headers=upgrade)
    assert (answer.status, answer.json["error"]) == (503, "service_unavailable")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Devkit-Fault"] == "broken/rule-1=ws.reject"


async def test_a_user_that_is_not_matched_connects(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.reject", match={"user": "other@example.com"})
    ws = await open_socket(signed_in)
    assert not ws.closed


async def test_a_delayed_handshake_opens_late(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.handshake_delay", delay="150ms")
    began = asyncio.get_running_loop().time()
    await open_socket(signed_in)
    assert elapsed(began) >= 0.15


async def test_a_handshake_that_waits_goes_on_when_switched_off(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.handshake_delay", delay="1h")
    opening = asyncio.create_task(open_socket(signed_in))
    await asyncio.sleep(0.1)
    await signed_in.sandbox.engine.off("broken")
    assert not (await asyncio.wait_for(opening, 2)).closed


async def test_the_server_closes_with_code_and_reason(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.close", code=4000, reason="Später", after="100ms")
    ws = await open_socket(signed_in)
    began = asyncio.get_running_loop().time()
    message = await ws.receive(2)
    assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4000, "Später")
    assert elapsed(began) >= 0.08
    (entry,) = entries(signed_in, "close")
    assert (entry.code, [fault.kind for fault in entry.faults]) == (4000, ["ws.close"])


async def test_a_scenario_reaches_sockets_that_are_open_already(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in)
    await breaks("ws.close", code=1012)
    assert await closed(ws) == 1012
    (entry,) = entries(signed_in, "struck")
    assert [fault.rule for fault in entry.faults] == ["broken/rule-1"]


async def test_what_is_switched_off_in_time_closes_nothing(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in)
    await breaks("ws.close", code=1012, after="1h")
    await asyncio.sleep(0.05)
    await signed_in.sandbox.engine.off("broken")
    await ws.send_json({"type": "ping"})
    assert (await hear(ws))["type"] == "pong"
    with pytest.raises(TimeoutError):
        await ws.receive(0.1)


async def test_a_scenario_switched_on_later_does_not_strike_again_what_struck_before(
    signed_in: Client, breaks: Break
) -> None:
    ws = await listen(signed_in)
    await breaks("ws.close", code=1012, after="1h")
    await breaks("http.abort", status=500, named="another")
    assert [entry.direction for entry in entries(signed_in, "struck")] == ["struck"]
    assert not ws.closed


async def test_a_drop_has_no_close_frame(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.drop", after="50ms")
    assert await closed(await listen(signed_in)) == 1006
    await signed_in.sandbox.engine.off("broken")
    assert not (await listen(signed_in)).closed


async def test_an_expired_session_says_so_and_its_token_is_dead(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in)
    await breaks("ws.auth_expired", code=4401, when={"times": 1})
    assert (await hear(ws))["error"] == "token_expired"
    assert await closed(ws) == 4401
    assert (await signed_in.send("GET", "/api/tasks")).json["error"] == "token_expired"
    await signed_in.sign_in()
    assert not (await listen(signed_in)).closed


async def test_a_half_open_socket_is_silent_until_it_heals(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.half_open")
    await asyncio.sleep(0.05)
    await ws.send_json({"type": "ping"})
    await signed_in.send("POST", "/api/tasks", json={"title": "Unheard"})
    with pytest.raises(TimeoutError):
        await ws.receive(0.2)
    await signed_in.sandbox.engine.off("broken")
    assert {(await hear(ws))["type"], (await hear(ws))["type"]} == {"pong", "task_created"}


async def test_a_client_that_leaves_a_half_open_socket_is_forgotten(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.half_open")
    ws = await open_socket(signed_in)
    assert ws._response.connection is not None
    transport = ws._response.connection.transport
    assert transport is not None
    transport.abort()
    sockets = signed_in.app.sandboxes.main.sockets
    for _ in range(100):
        if len(sockets) == 0:
            break
        await asyncio.sleep(0.01)
    assert len(sockets) == 0


async def test_pings_go_unanswered_and_all_else_works(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.no_pong")
    await ws.send_json({"type": "ping"})
    await ws.ping(b"?")
    await signed_in.send("POST", "/api/tasks", json={"title": "Heard"})
    assert (await hear(ws))["type"] == "task_created"
    await signed_in.sandbox.engine.off("broken")
    await ws.send_json({"type": "ping"})
    assert (await hear(ws))["type"] == "pong"


async def test_a_protocol_ping_gets_no_pong_either(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.no_pong")
    ws = await signed_in.http.ws_connect("/ws", autoping=False)
    await hear(ws)
    await ws.ping(b"?")
    with pytest.raises(TimeoutError):
        await ws.receive(0.15)
    await signed_in.sandbox.engine.off("broken")
    await ws.ping(b"!")
    assert (await ws.receive(1)).data == b"!"


async def test_a_flapping_socket_drops_so_often_and_then_stays(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.flap", interval="40ms", count=2)
    for _ in range(2):
        assert await closed(await listen(signed_in)) == 1006
    ws = await listen(signed_in)
    with pytest.raises(TimeoutError):
        await ws.receive(0.15)


async def test_reconnects_are_refused_for_a_while(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in)
    await breaks("ws.reconnect_refuse", **{"for": "30s"})
    assert await closed(ws) == 1006
    assert await refused(signed_in) == 503
    assert await refused(signed_in) == 503
    signed_in.sandbox.clock.advance(30_000)
    ws = await listen(signed_in, "tasks")
    await signed_in.send("POST", "/api/tasks", json={"title": "Heard"})
    assert (await hear(ws))["type"] == "task_created"


async def test_a_ttl_that_runs_out_heals_open_sockets_by_itself(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in)
    await breaks("ws.half_open", ttl=200)
    await ws.send_json({"type": "ping"})
    assert (await asyncio.wait_for(hear(ws), 2))["type"] == "pong"


async def test_a_stopping_server_closes_a_half_open_socket(start: StartServer) -> None:
    async with aiohttp.ClientSession() as http:
        async with start() as client:
            await client.sign_in()
            ws = await http.ws_connect(client.url + "/ws", headers=client.bearer)
            await hear(ws)
            await client.sandbox.engine.use(scenario({"fault": {"type": "ws.half_open"}}))
            reading = asyncio.create_task(ws.receive())
        assert (await asyncio.wait_for(reading, 30)).data == 1001


@pytest.mark.parametrize("offered", [(), ("v1.events",)])
async def test_a_subprotocol_is_selected_that_nobody_offered(
    signed_in: Client, breaks: Break, offered: tuple[str, ...]
) -> None:
    """RFC 6455, section 4.1: a browser fails such a connection; what it shows is in tests/browser."""
    await breaks("ws.subprotocol_mismatch", value="v2.events")
    ws = await signed_in.http.ws_connect("/ws", protocols=offered)
    assert ws._response.headers["Sec-WebSocket-Protocol"] == "v2.events"
    assert (await hear(ws))["type"] == "connection"
    await signed_in.sandbox.engine.off("broken")
    assert "Sec-WebSocket-Protocol" not in (await open_socket(signed_in))._response.headers
