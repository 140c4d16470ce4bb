"""Streamed answers that fail, as whoever reads them event by event sees it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.chatting import Stream, ask, begun, messages, streaming
from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario


@pytest.fixture
async def quick(start: StartServer) -> AsyncIterator[Client]:
    """A client of a server whose models take no time."""
    async with start(chat_tokens_per_second=0) as client:
        await client.sign_in()
        yield client


async def breaks(client: Client, kind: str, **parameters: Any) -> None:
    await client.sandbox.engine.use(scenario({"fault": {"type": kind, **parameters}}))


async def off(client: Client) -> None:
    await client.sandbox.engine.off("broken")


async def whole(client: Client, **more: Any) -> Stream:
    async with streaming(client, **more) as stream:
        return await stream.rest()


async def test_first_token_keeps_the_client_waiting_behind_a_status_of_200(quick: Client) -> None:
    await breaks(quick, "stream.first_token", delay="1h")
    async with streaming(quick) as stream:
        assert stream.response.status == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.next_part(), 0.2)
        assert stream.parts == []
        await off(quick)
        await stream.rest()
    assert stream.events[-1] == "[DONE]"


async def test_stall_stops_behind_so_many_pieces_until_it_is_switched_off(quick: Client) -> None:
    await breaks(quick, "stream.stall", after=4)
    async with streaming(quick) as stream:
        await stream.until(4)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.next_part(), 0.2)
        assert len(stream.contents) == 4
        await off(quick)
        await stream.rest()
    assert stream.events[-1] == "[DONE]"
    assert stream.said == (await whole(quick)).said


async def test_cut_ends_the_connection_in_the_middle_and_keeps_what_was_said(quick: Client) -> None:
    conversation = await begun(quick)
    await breaks(quick, "stream.cut", after=3)
    async with streaming(quick, conversation_id=conversation) as stream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.rest()
    assert len(stream.contents) == 3
    assert "[DONE]" not in stream.text

    _, answer = await messages(quick, conversation)
    assert answer["finish_reason"] == "cancelled"
    assert answer["content"].startswith(stream.said)


async def test_error_event_comes_in_the_dialects_shape_and_ends_the_stream(quick: Client) -> None:
    await breaks(quick, "stream.error_event", after=2, status=503)
    stream = await whole(quick)
    assert len(stream.contents) == 2
    kind, data = stream.text.split("\n\n")[2].split("\n")
    assert kind == "event: error"
    body = json.loads(data.removeprefix("data: "))
    assert (body["error"], body["details"]["code"]) == ("Service unavailable", "service_unavailable")
    assert body["request_id"] == stream.response.headers["X-Request-ID"]
    assert "[DONE]" not in stream.text


async def test_no_done_is_all_there_but_for_its_end(quick: Client) -> None:
    right = await whole(quick)
    await breaks(quick, "stream.no_done")
    stream = await whole(quick)
    assert stream.said == right.said
    assert json.loads(stream.events[-1])["finish_reason"] == "stop"


async def test_buffered_comes_all_at_once(start: StartServer) -> None:
    async with start(chat_tokens_per_second=200) as client:
        await client.sign_in()
        async with streaming(client, max_tokens=20) as stream:
            await stream.rest()
        assert len(stream.parts) > 3
        await breaks(client, "stream.buffered")
        async with streaming(client, max_tokens=20) as stream:
            first = await stream.next_part()
        assert first.endswith(b"data: [DONE]\n\n")
        assert len(stream.contents) == 20


async def test_bad_frame_is_one_event_that_is_no_json(quick: Client) -> None:
    right = await whole(quick)
    await breaks(quick, "stream.bad_frame", after=2)
    stream = await whole(quick)
    broken = [number for number, event in enumerate(stream.events[:-1]) if not is_json(event)]
    assert broken == [2]
    assert len(stream.events) == len(right.events)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


async def test_split_utf8_shows_in_parts_that_end_within_a_character(quick: Client) -> None:
    right = await whole(quick)
    await breaks(quick, "stream.split_utf8")
    stream = await whole(quick)
    assert stream.said == "\N{SEEDLING}" + right.said
    assert any("\N{REPLACEMENT CHARACTER}" in part.decode(errors="replace") for part in stream.parts)


async def test_duplicate_chunk_says_every_so_many_pieces_twice(quick: Client) -> None:
    right = await whole(quick)
    await breaks(quick, "stream.duplicate_chunk", every=3)
    stream = await whole(quick)
    expected = []
    for number, piece in enumerate(right.contents, 1):
        expected += [piece] * (2 if number % 3 == 0 else 1)
    assert stream.contents == expected


async def test_an_answer_that_was_not_asked_for_as_a_stream_is_not_touched(quick: Client) -> None:
    right = await ask(quick)
    await breaks(quick, "stream.cut", after=0)
    assert (await ask(quick)).json["content"] == right.json["content"]


async def test_what_acts_on_the_wire_acts_on_a_stream_as_a_whole(quick: Client) -> None:
    right = await whole(quick)
    await breaks(quick, "bandwidth", down_kbps=100_000)
    slow = await whole(quick)
    assert slow.said == right.said
    await breaks(quick, "conn.truncate", fraction=0.5)
    async with streaming(quick) as stream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.rest()
    await breaks(quick, "conn.reset")
    with pytest.raises(aiohttp.ClientError):
        await whole(quick)
    await off(quick)
    assert (await whole(quick)).said == right.said


async def test_faults_of_streams_add_up(quick: Client) -> None:
    rules = [
        {"fault": {"type": "stream.duplicate_chunk", "every": 1}},
        {"fault": {"type": "stream.no_done"}},
        {"fault": {"type": "stream.cut", "after": 6}},
    ]
    await quick.sandbox.engine.use(scenario(*rules))
    async with streaming(quick) as stream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await stream.rest()
    assert len(stream.contents) == 6
    assert stream.contents[0] == stream.contents[1]


async def test_comments_stand_between_the_events_and_mean_nothing(quick: Client) -> None:
    plain = await whole(quick)
    await breaks(quick, "stream.comments", every=2)
    stream = await whole(quick)
    lines = stream.text.split("\n")
    assert lines.count(": keep-alive") >= len(plain.contents) // 2
    events = [event for event in stream.text.split("\n\n") if event.startswith("data: ")]
    assert len(events) == len(plain.events)


async def test_the_last_event_has_no_empty_line_behind_it(quick: Client) -> None:
    """HTML standard, "Interpreting an event stream": what is not followed by an empty line is not dispatched."""
    await breaks(quick, "stream.no_last_blank")
    stream = await whole(quick)
    assert stream.text.endswith("data: [DONE]\n")
    assert "[DONE]" not in stream.events
    await off(quick)
    assert (await whole(quick)).events[-1] == "[DONE]"
