from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from devkit.journal import SocketEntry
from devkit.server.sockets.wire import fragmented
from tests.conftest import Client
from tests.faults.conftest import Break, scenario
from tests.faults.listening import closed, hear, listen, open_socket


async def create(client: Client, *titles: str) -> None:
    for title in titles:
        assert (await client.send("POST", "/api/tasks", json={"title": title})).status == 201


async def titles(ws: ClientWebSocketResponse, count: int) -> list[str]:
    return [(await hear(ws))["task"]["title"] for _ in range(count)]


async def silent(ws: ClientWebSocketResponse, seconds: float = 0.1) -> None:
    with pytest.raises(TimeoutError):
        await ws.receive(seconds)


async def heals(client: Client, ws: ClientWebSocketResponse) -> None:
    """With the scenario off, the next event arrives as the contract has it."""
    await client.sandbox.engine.off("broken")
    await create(client, "healed")
    event = await hear(ws)
    assert (event["type"], event["task"]["title"], event["topic"]) == ("task_created", "healed", "tasks")


async def test_a_dropped_event_never_arrives_and_the_journal_says_so(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_drop", when={"times": 1})
    await create(signed_in, "lost", "kept")
    assert await titles(ws, 1) == ["kept"]
    (lost,) = (e for e in signed_in.sandbox.journal if isinstance(e, SocketEntry) and e.direction == "lost")
    assert [fault.kind for fault in lost.faults] == ["ws.msg_drop"]
    assert lost.frame is not None
    assert '"lost"' in lost.frame
    await heals(signed_in, ws)


async def test_a_dropped_event_comes_when_it_is_asked_for(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_drop", when={"times": 1, "skip": 1})
    await create(signed_in, "first", "lost")
    first = await hear(ws)
    await ws.send_json({"type": "subscribe", "topics": ["tasks"], "since": first["id"]})
    assert (await hear(ws))["type"] == "subscription"
    assert await titles(ws, 1) == ["lost"]


async def test_a_doubled_event_has_one_id(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_duplicate")
    await create(signed_in, "twice")
    assert await hear(ws) == await hear(ws)
    await heals(signed_in, ws)


async def test_a_late_event_is_overtaken(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_delay", delay="150ms", match={"body": {"task.title": "late*"}})
    await create(signed_in, "late 1", "late 2", "on time")
    assert await titles(ws, 3) == ["on time", "late 1", "late 2"]
    await heals(signed_in, ws)


async def test_late_events_come_at_once_when_switched_off(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_delay", delay="1h")
    await create(signed_in, "one", "two")
    await silent(ws)
    await signed_in.sandbox.engine.off("broken")
    await create(signed_in, "three")
    assert await titles(ws, 3) == ["one", "two", "three"]


async def test_a_window_of_events_is_shuffled(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_reorder", window=3)
    await create(signed_in, "1", "2", "3", "4", "5", "6")
    heard = await titles(ws, 6)
    assert heard[0] == "3"
    assert heard[3] == "6"
    assert sorted(heard) == ["1", "2", "3", "4", "5", "6"]
    await heals(signed_in, ws)


async def test_an_event_waits_a_second_at_most_for_its_window(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_reorder", window=3)
    await create(signed_in, "1", "2")
    assert await titles(ws, 2) == ["1", "2"]


async def test_a_malformed_message_is_no_json(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_malformed")
    await create(signed_in, "broken")
    text = await ws.receive_str()
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    await heals(signed_in, ws)


async def test_a_message_of_an_unknown_type_comes_before_the_event(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.unknown_type")
    await create(signed_in, "known")
    assert [(await hear(ws))["type"], (await hear(ws))["type"]] == ["presence_changed", "task_created"]
    await heals(signed_in, ws)


async def test_an_event_has_another_name(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.rename", to="task.created", match={"event": "task_c*"})
    await create(signed_in, "renamed")
    event = await hear(ws)
    assert (event["type"], event["task"]["title"]) == ("task.created", "renamed")
    await heals(signed_in, ws)


async def test_a_rule_for_one_event_leaves_the_others_alone(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.msg_drop", match={"event": "task_deleted"})
    await create(signed_in, "kept")
    assert await titles(ws, 1) == ["kept"]


async def test_a_binary_event_holds_the_same_json(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.binary")
    await create(signed_in, "binary")
    message = await ws.receive()
    assert message.type is WSMsgType.BINARY
    assert json.loads(message.data)["task"]["title"] == "binary"
    await heals(signed_in, ws)


async def test_an_oversize_event_is_valid_json(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.oversize", bytes="100KiB")
    await create(signed_in, "huge")
    text = await ws.receive_str()
    assert 100 * 1024 <= len(text) < 101 * 1024
    assert json.loads(text)["task"]["title"] == "huge"
    await heals(signed_in, ws)


async def test_a_burst_has_rising_ids(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.burst", count=50, when={"times": 1})
    await create(signed_in, "flood", "after")
    events = [await hear(ws) for _ in range(52)]
    ids = [event["id"] for event in events]
    assert ids == sorted(set(ids))
    assert [event["task"]["title"] for event in events] == ["flood"] * 51 + ["after"]
    await heals(signed_in, ws)


async def test_ids_jump_once_however_many_listen(signed_in: Client, breaks: Break) -> None:
    first, second = await listen(signed_in, "tasks"), await listen(signed_in, "tasks")
    await breaks("ws.gap", count=5)
    await create(signed_in, "before", "after")
    before, after = await hear(first), await hear(first)
    assert after["id"] - before["id"] == 6
    assert [(await hear(second))["id"], (await hear(second))["id"]] == [before["id"], after["id"]]
    await first.send_json({"type": "subscribe", "topics": ["tasks"], "since": before["id"]})
    assert (await hear(first))["type"] == "subscription"
    assert await titles(first, 1) == ["after"]


async def test_the_event_is_here_before_the_answer(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.before_http")
    call = asyncio.create_task(create(signed_in, "early"))
    assert await titles(ws, 1) == ["early"]
    assert not call.done()
    await call
    await heals(signed_in, ws)


async def test_slow_messages_trickle_in_order(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.slow", kbps=40)
    began = asyncio.get_running_loop().time()
    await create(signed_in, "1", "2")
    await ws.send_json({"type": "ping"})
    assert await titles(ws, 2) == ["1", "2"]
    assert (await hear(ws))["type"] == "pong"
    # Two events of about 390 bytes each, at 5 bytes a millisecond.
    assert asyncio.get_running_loop().time() - began > 0.12
    await heals(signed_in, ws)


async def test_faults_on_one_message_add_up_in_file_order(signed_in: Client) -> None:
    ws = await listen(signed_in, "tasks")
    rules: list[dict[str, Any]] = [
        {"fault": {"type": "ws.rename", "to": "renamed"}},
        {"fault": {"type": "ws.msg_duplicate"}},
        {"fault": {"type": "ws.msg_delay", "delay": "20ms"}},
    ]
    await signed_in.sandbox.engine.use(scenario(*rules))
    await create(signed_in, "all three")
    assert [(await hear(ws))["type"], (await hear(ws))["type"]] == ["renamed", "renamed"]


async def test_what_tells_no_event_is_not_struck_by_faults_of_events(signed_in: Client, breaks: Break) -> None:
    await breaks("ws.msg_drop")
    ws = await listen(signed_in, "tasks")
    await ws.send_json({"type": "ping"})
    assert (await hear(ws))["type"] == "pong"
    await create(signed_in, "lost")
    await silent(ws)


async def test_a_socket_can_bring_its_own_scenario(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    own = scenario({"fault": {"type": "ws.close", "code": 4009, "after": "30ms"}}, name="mine")
    monkeypatch.setattr(signed_in.app.library, "get", {"mine": own}.get)
    ws = await open_socket(signed_in, "/ws?devkit_scenario=mine")
    assert await closed(ws) == 4009
    other = await listen(signed_in)
    await silent(other)
    assert (await signed_in.send("GET", "/ws?devkit_scenario=none")).status == 426


async def test_the_same_frames_meet_the_same_chance_again(signed_in: Client, breaks: Break) -> None:
    async def heard() -> list[str]:
        ws = await listen(signed_in, "tasks")
        await breaks("ws.msg_drop", when={"probability": 0.5})
        await create(signed_in, *"abcdefgh")
        await signed_in.sandbox.engine.off("broken")
        await create(signed_in, "end")
        found: list[str] = []
        while "end" not in found:
            found += await titles(ws, 1)
        await ws.close()
        return found

    first = await heard()
    assert 1 < len(first) < 9
    assert await heard() == first


@pytest.mark.parametrize("size", [1, 16, 200, 65_536])
async def test_a_message_comes_in_fragments_and_is_put_together(signed_in: Client, breaks: Break, size: int) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.fragment", size=size)
    await create(signed_in, "Größe " + "x" * 150)
    assert (await hear(ws))["task"]["title"] == "Größe " + "x" * 150
    await heals(signed_in, ws)


def test_fragments_are_continuations_of_the_first_and_only_the_last_ends() -> None:
    """RFC 6455, sections 5.2 and 5.4."""
    assert fragmented(b"abcde", WSMsgType.TEXT, 2) == b"\x01\x02ab\x00\x02cd\x80\x01e"
    assert fragmented(b"ab", WSMsgType.BINARY, 2) == b"\x82\x02ab"
    assert fragmented(b"", WSMsgType.TEXT, 2) == b"\x81\x00"
    large = fragmented(b"x" * 70_126, WSMsgType.TEXT, 70_000)
    assert large[:10] == b"\x01\x7f" + (70_000).to_bytes(8, "big")
    assert large[10 + 70_000 :][:4] == b"\x80\x7e\x00\x7e"


async def test_events_that_were_told_come_again_with_their_old_ids(signed_in: Client, breaks: Break) -> None:
    ws = await listen(signed_in, "tasks")
    await breaks("ws.stale_replay", count=2)
    await create(signed_in, "a", "b", "c", "d")
    assert await titles(ws, 1 + 2 + 3 + 3) == ["a", "b", "a", "c", "a", "b", "d", "b", "c"]
    await heals(signed_in, ws)
