"""Chat with models: what is said, how fast, what is kept of it, and what ends it."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
from collections.abc import AsyncIterator

import pytest

from devkit.journal import RequestEntry
from tests.chatting import COMPLETIONS, CONVERSATIONS, PROMPT, ask, begun, messages, streaming
from tests.conftest import Client, StartServer
from tests.contract.wire import ORIGIN, bearer, listening, token_of
from tests.faults.conftest import scenario
from tests.faults.meeting import until


@pytest.fixture
async def quick(start: StartServer) -> AsyncIterator[Client]:
    """A client of a server whose models take no time."""
    async with start(chat_tokens_per_second=0, models_start_delay=0) as client:
        await client.sign_in()
        yield client


def chats(client: Client) -> list[RequestEntry]:
    entries = (entry for entry in client.sandbox.journal if isinstance(entry, RequestEntry))
    return [entry for entry in entries if entry.operation == "chat.complete"]


async def test_the_same_prompt_gets_the_same_answer_whatever_happened_before(start: StartServer) -> None:
    said = []
    for _ in range(2):
        async with start(chat_tokens_per_second=0) as client:
            await client.sign_in()
            said += [(await ask(client)).json["content"], (await ask(client)).json["content"]]
    assert len(set(said)) == 1
    assert len(said[0].split()) > 20


async def test_another_prompt_seed_temperature_or_model_gets_another_answer(quick: Client) -> None:
    await quick.send("POST", "/api/models/mistral/start")
    await until(lambda: quick.sandbox.journal.newest)
    usual = (await ask(quick)).json["content"]
    others = [
        await ask(quick, "Is the moon made of cheese?"),
        await ask(quick, seed=7),
        await ask(quick, temperature=0),
    ]
    texts = [other.json["content"] for other in others]
    assert len({usual, *texts}) == 4
    assert (await ask(quick, seed=7)).json["content"] == texts[1]


async def test_another_seed_number_of_the_server_gives_another_answer(start: StartServer) -> None:
    async with start(chat_tokens_per_second=0) as client:
        await client.sign_in()
        usual = (await ask(client)).json["content"]
        explicit = (await ask(client, seed=1)).json["content"]
        other = (await ask(client, seed=2)).json["content"]
    assert usual == explicit != other


async def test_a_streamed_answer_says_what_a_whole_one_says(quick: Client) -> None:
    answer = (await ask(quick)).json
    async with streaming(quick) as stream:
        await stream.rest()
    assert stream.said == answer["content"]
    last = json.loads(stream.events[-2])
    assert (last["content"], last["finish_reason"], last["usage"]) == ("", "stop", answer["usage"])
    assert stream.events[-1] == "[DONE]"
    assert len(stream.contents) == answer["usage"]["completion_tokens"]


async def test_usage_counts_what_was_asked_and_what_was_said(quick: Client) -> None:
    usage = (await ask(quick, "one two three", max_tokens=7)).json["usage"]
    assert usage == {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}


async def test_a_model_takes_the_time_that_its_pace_says(start: StartServer) -> None:
    async with start(chat_tokens_per_second=40) as client:
        await client.sign_in()
        # At least: a busy machine may take longer, but none may be faster.
        assert (await ask(client, max_tokens=10)).json["processing_time"] >= 0.25


async def test_without_a_conversation_one_begins_that_is_called_by_the_prompt(quick: Client) -> None:
    answer = (await ask(quick)).json
    listed = (await quick.send("GET", CONVERSATIONS)).json["conversations"][0]
    asked, said = await messages(quick, answer["conversation_id"])
    assert (listed["id"], listed["title"], listed["message_count"]) == (answer["conversation_id"], PROMPT, 2)
    assert (asked["role"], asked["content"]) == ("user", PROMPT)
    assert (said["id"], said["role"], said["content"]) == (answer["id"], "assistant", answer["content"])
    assert (said["model"], said["usage"], said["finish_reason"]) == ("llama2", answer["usage"], "stop")


async def test_a_model_is_told_what_the_conversation_has_so_far(quick: Client) -> None:
    conversation = await begun(quick)
    first = (await ask(quick, conversation_id=conversation)).json
    second = (await ask(quick, conversation_id=conversation)).json
    assert second["usage"]["prompt_tokens"] == 2 * first["usage"]["prompt_tokens"] + first["usage"]["completion_tokens"]
    assert second["content"] != first["content"]
    assert len(await messages(quick, conversation)) == 4


async def test_a_long_conversation_is_forgotten_from_its_beginning_and_never_too_long(quick: Client) -> None:
    conversation = await begun(quick)
    for _ in range(3):
        content = {"content": "word " * 1_900}
        await quick.send("POST", f"{CONVERSATIONS}/{conversation}/messages", json=content)
    answer = await ask(quick, conversation_id=conversation)
    assert answer.status == 200
    assert 3_800 < answer.json["usage"]["prompt_tokens"] < 4_096


async def test_question_and_answer_are_told_on_the_conversations_topic(quick: Client) -> None:
    conversation = await begun(quick)
    async with listening(quick, f"conversation:{conversation}") as listener:
        answer = (await ask(quick, conversation_id=conversation)).json
        asked = await listener.until("message_created")
        said = await listener.until("message_created")
    assert (asked["message"]["content"], said["message"]["content"]) == (PROMPT, answer["content"])


async def test_who_closes_a_stream_stops_the_model_and_finds_what_it_said(start: StartServer) -> None:
    async with start(chat_tokens_per_second=30) as client:
        await client.sign_in()
        conversation = await begun(client)
        async with streaming(client, conversation_id=conversation, max_tokens=60) as stream:
            await stream.until(3)
            stream.response.close()
        async with asyncio.timeout(5):
            await until(lambda: chats(client))
        [entry] = chats(client)
        _, said = await messages(client, conversation)
    assert (entry.status, entry.error) == (200, None)
    assert (entry.note or "").startswith("the client left after ")
    assert said["finish_reason"] == "cancelled"
    assert said["content"].startswith(stream.said)
    assert said["usage"]["completion_tokens"] < 60


async def test_a_client_that_leaves_before_the_first_token_stops_the_model_at_once(start: StartServer) -> None:
    async with start(chat_tokens_per_second=1) as client:
        await client.sign_in()
        async with streaming(client) as stream:
            stream.response.close()
        async with asyncio.timeout(5):
            await until(lambda: chats(client))
        [entry] = chats(client)
    assert entry.note == "the client left after 0 bytes of the stream"


async def test_the_journal_tells_of_a_stream_when_it_has_ended(quick: Client) -> None:
    async with streaming(quick) as stream:
        await stream.rest()
    await until(lambda: chats(quick))
    [entry] = chats(quick)
    detail = quick.sandbox.journal.detail(entry.number)
    assert detail is not None
    size = sum(map(len, stream.parts))
    assert entry.note == f"streamed {size} bytes"
    assert detail.response.size == size
    assert detail.response.body == b"".join(stream.parts)[: 8 * 1024]
    assert PROMPT.encode() in (detail.request.body or b"")


async def test_a_stream_carries_cors_request_id_and_no_compression(quick: Client) -> None:
    headers = {"Origin": ORIGIN, "Accept-Encoding": "gzip", "X-Request-ID": "mine-1"}
    body = {"model_id": "llama2", "prompt": PROMPT, "stream": True}
    answer = await quick.send("POST", COMPLETIONS, json=body, headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["X-Request-ID"] == "mine-1"
    assert "X-Process-Time" in answer.headers
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Type"] == "text/event-stream"


async def test_the_connection_is_kept_behind_a_stream(quick: Client) -> None:
    def two_calls_on_one_connection() -> tuple[bool, int]:
        connection = http.client.HTTPConnection("127.0.0.1", quick.ready.port, timeout=5)
        headers = quick.bearer | {"Content-Type": "application/json"}
        body = json.dumps({"model_id": "llama2", "prompt": PROMPT, "stream": True})
        connection.request("POST", COMPLETIONS, body, headers)
        connection.getresponse().read()
        before = connection.sock
        connection.request("GET", "/api/models", headers=headers)
        status = connection.getresponse().status
        same = connection.sock is before
        connection.close()
        return same, status

    assert await asyncio.to_thread(two_calls_on_one_connection) == (True, 200)


async def test_an_old_client_without_chunks_gets_the_stream_until_the_connection_ends(quick: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", quick.ready.port)
    body = json.dumps({"model_id": "llama2", "prompt": PROMPT, "stream": True}).encode()
    writer.write(
        f"POST {COMPLETIONS} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {quick.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert b"chunked" not in answer
    assert answer.endswith(b"\n\ndata: [DONE]\n\n")


async def test_a_server_that_stops_ends_its_streams_with_an_error_event(start: StartServer) -> None:
    async with start(chat_tokens_per_second=10) as client:
        await client.sign_in()
        async with streaming(client) as stream:
            await stream.until(1)
            await client.app.sandboxes.stop()
            await stream.rest()
    assert "[DONE]" not in stream.text
    last = stream.text.split("\n\n")[-2]
    assert last.startswith("event: error\ndata: ")
    assert json.loads(last.partition("data: ")[2])["details"]["code"] == "service_unavailable"


async def test_a_reset_ends_streams_and_leaves_nothing_of_them(start: StartServer) -> None:
    async with start(chat_tokens_per_second=10) as client:
        await client.sign_in()
        async with streaming(client) as stream:
            await stream.until(1)
            await client.sandbox.reset()
            await stream.rest()
        await client.sign_out_locally()
        await client.sign_in()
        listed = (await client.send("GET", CONVERSATIONS)).json
    assert "event: error" in stream.text
    assert listed["total"] == 1


async def test_a_call_whose_writes_are_lost_is_answered_and_leaves_nothing(quick: Client) -> None:
    before = (await quick.send("GET", CONVERSATIONS)).json["total"]
    await quick.sandbox.engine.use(scenario({"match": {"operation": "chat.complete"}, "fault": {"type": "write.lost"}}))
    whole = await ask(quick)
    async with streaming(quick) as stream:
        await stream.rest()
    assert stream.said == whole.json["content"]
    assert (await quick.send("GET", CONVERSATIONS)).json["total"] == before


async def test_an_api_key_may_chat(quick: Client) -> None:
    await quick.sign_out_locally()
    quick.http.headers["X-API-Key"] = "dk_test_0000_not_a_secret_0000"
    assert (await ask(quick)).status == 200


async def test_nobody_may_chat_without_credentials_and_a_stream_says_so_in_json(client: Client) -> None:
    answer = await ask(client, stream=True)
    assert (answer.status, answer.json["details"]["code"]) == (401, "unauthorized")


async def test_a_prompt_of_a_million_characters_is_too_large_or_too_long(quick: Client) -> None:
    fits = await ask(quick, "x" * 1_000_000)
    # Escaped, each takes six bytes: beyond what any body may have.
    body = io.BytesIO(json.dumps({"model_id": "llama2", "prompt": "ä" * 1_000_000}).encode())
    wide = await quick.send("POST", COMPLETIONS, data=body, headers={"Content-Type": "application/json"})
    assert (fits.status, fits.json["details"]["code"]) == (400, "context_length_exceeded")
    assert (wide.status, wide.json["details"]["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t"])
async def test_a_prompt_that_says_nothing_is_refused(quick: Client, prompt: str) -> None:
    answer = await ask(quick, prompt)
    assert (answer.status, answer.json["details"]["fields"]) == (400, {"prompt": "Required"})


async def test_a_refused_call_leaves_no_message(quick: Client) -> None:
    conversation = await begun(quick)
    await quick.send("POST", "/api/models/llama2/stop")
    assert (await ask(quick, conversation_id=conversation)).status == 409
    assert (await ask(quick, "x" * 500_000, conversation_id=conversation)).status == 409
    assert await messages(quick, conversation) == []


async def test_a_strangers_conversation_is_not_there(quick: Client) -> None:
    conversation = await begun(quick)
    stranger = bearer(await token_of(quick, "other@example.com"))
    body = {"model_id": "llama2", "prompt": PROMPT, "conversation_id": conversation}
    answer = await quick.send("POST", COMPLETIONS, json=body, headers=stranger)
    assert (answer.status, answer.json["details"]["code"]) == (404, "not_found")
    assert await messages(quick, conversation) == []


async def test_many_streams_at_once_do_not_mix(quick: Client) -> None:
    prompts = [f"Tell me about {word}" for word in ("rivers", "mountains", "islands", "deserts", "forests")]

    async def read(prompt: str) -> str:
        async with streaming(quick, prompt) as stream:
            await stream.rest()
        return stream.said

    alone = [(await ask(quick, prompt)).json["content"] for prompt in prompts]
    together = await asyncio.gather(*map(read, prompts))
    assert list(together) == alone
