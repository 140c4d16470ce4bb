"""Conversations: whose they are, what is told of them, in which order they come."""

from __future__ import annotations

from tests.conftest import Client
from tests.contract.wire import MINUTE, NOBODYS_ID, bearer, listening, token_of

CONVERSATIONS = "/api/chat/conversations"


async def begin(client: Client, title: str = "Planning the garden") -> str:
    answer = await client.send("POST", CONVERSATIONS, json={"title": title})
    assert answer.status == 201
    found: str = answer.json["id"]
    return found


async def test_a_message_is_told_to_its_owners_sockets_alone(signed_in: Client) -> None:
    conversation = await begin(signed_in)
    topic = f"conversation:{conversation}"
    stranger = await token_of(signed_in, "other@example.com")
    async with listening(signed_in, topic) as mine, listening(signed_in, token=stranger) as theirs:
        refused = await theirs.say(type="subscribe", topics=[topic])
        sent = await signed_in.send("POST", f"{CONVERSATIONS}/{conversation}/messages", json={"content": "Hello"})
        told = await mine.until("message_created")
        assert await theirs.is_silent()

    assert (refused["type"], refused["error"]) == ("error", "forbidden_topic")
    assert told["topic"] == topic
    assert told["conversation_id"] == conversation
    assert told["message"]["id"] == sent.json["id"]
    assert told["message"]["content"] == "Hello"


async def test_a_conversation_that_is_not_there_is_no_topic(signed_in: Client) -> None:
    async with listening(signed_in) as listener:
        refused = await listener.say(type="subscribe", topics=[f"conversation:{NOBODYS_ID}"])
    assert refused["error"] == "forbidden_topic"


async def test_the_conversation_that_was_spoken_in_last_comes_first(signed_in: Client) -> None:
    first = await begin(signed_in, "First")
    signed_in.sandbox.clock.advance(MINUTE)
    second = await begin(signed_in, "Second")
    signed_in.sandbox.clock.advance(MINUTE)
    await signed_in.send("POST", f"{CONVERSATIONS}/{first}/messages", json={"content": "Again"})

    listed = (await signed_in.send("GET", CONVERSATIONS)).json["conversations"]

    assert [entry["id"] for entry in listed[:2]] == [first, second]
    assert listed[0]["updated_at"] > listed[1]["updated_at"]


async def test_a_strangers_conversation_stays_as_it_is(signed_in: Client) -> None:
    conversation = await begin(signed_in)
    stranger = bearer(await token_of(signed_in, "other@example.com"))
    path = f"{CONVERSATIONS}/{conversation}/messages"

    refused = await signed_in.send("POST", path, json={"content": "Let me in"}, headers=stranger)

    assert (refused.status, refused.json["details"]["code"]) == (404, "not_found")
    assert (await signed_in.send("GET", path)).json["total"] == 0


async def test_messages_come_in_pages_that_do_not_overlap(signed_in: Client) -> None:
    conversation = await begin(signed_in)
    path = f"{CONVERSATIONS}/{conversation}/messages"
    for number in range(5):
        await signed_in.send("POST", path, json={"content": f"Message {number}"})

    pages = [(await signed_in.send("GET", f"{path}?limit=2&page={page}")).json["messages"] for page in (1, 2, 3, 4)]

    assert [[message["content"] for message in page] for page in pages] == [
        ["Message 0", "Message 1"],
        ["Message 2", "Message 3"],
        ["Message 4"],
        [],
    ]
