"""The task bot over HTTP: it really acts, remembers what was said, and keeps conversations apart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Client, StartServer
from tests.contract.wire import bearer, listening, token_of


class Talk:
    """A conversation with the bot."""

    def __init__(self, client: Client, user_id: str) -> None:
        self._client, self.user_id = client, user_id
        self.id: str | None = None

    async def say(self, message: str) -> Any:
        body = {"message": message} | ({"conversation_id": self.id} if self.id else {})
        answer = await self._client.send("POST", f"/api/{self.user_id}/chat", json=body)
        assert answer.status == 200, answer.body
        self.id = answer.json["conversation_id"]
        return answer.json

    async def tasks(self) -> dict[str, bool]:
        """The user's tasks: title → whether it is done."""
        answer = await self._client.send("GET", f"/api/{self.user_id}/tasks")
        return {task["title"]: task["completed"] for task in answer.json["tasks"]}


async def user_id(client: Client) -> str:
    return str((await client.send("GET", "/api/auth/me")).json["user"]["id"])


@pytest.fixture
async def talk(client: Client) -> Talk:
    await client.sign_in("empty@example.com")
    return Talk(client, await user_id(client))


async def test_it_acts_on_tasks(talk: Talk) -> None:
    added = await talk.say("add buy milk")
    [call] = added["tool_calls"]
    assert (call["name"], call["arguments"]) == ("add_task", {"title": "buy milk"})
    assert await talk.tasks() == {"buy milk": False}

    await talk.say("done buy milk")
    assert await talk.tasks() == {"buy milk": True}
    await talk.say("reopen it")
    await talk.say("rename buy milk to Buy oat milk")
    assert await talk.tasks() == {"Buy oat milk": False}
    await talk.say("delete OAT milk")
    assert await talk.tasks() == {}


async def test_what_it_does_is_told_like_everything_else(client: Client, talk: Talk) -> None:
    token = client.bearer["Authorization"].removeprefix("Bearer ")
    async with listening(client, "tasks", token=token) as listener:
        for message, event in (("add x", "task_created"), ("done x", "task_updated"), ("delete x", "task_deleted")):
            await talk.say(message)
            assert (await listener.next())["type"] == event


async def test_it_asks_which_one_and_understands_the_answer(talk: Talk) -> None:
    for title in ("buy milk", "buy oat milk", "milk the cow"):
        await talk.say(f"add {title}")
    asked = await talk.say("done milk")
    assert asked["response"].splitlines()[1:] == ["1. milk the cow", "2. buy oat milk", "3. buy milk"]
    assert not any((await talk.tasks()).values())

    assert "no number 4" in (await talk.say("the fourth"))["response"]
    await talk.say("the second one")
    assert await talk.tasks() == {"milk the cow": False, "buy oat milk": True, "buy milk": False}

    await talk.say("delete milk")
    assert "“milk the cow”" in (await talk.say("the cow"))["response"]
    await talk.say("delete milk")
    await talk.say("both")
    assert await talk.tasks() == {}


async def test_an_exact_title_needs_no_question(talk: Talk) -> None:
    await talk.say("add milk")
    await talk.say("add buy milk")
    await talk.say("done MILK")
    assert await talk.tasks() == {"milk": True, "buy milk": False}


async def test_numbers_speak_of_what_was_shown(talk: Talk) -> None:
    for title in ("one", "two", "three"):
        await talk.say(f"add {title}")
    await talk.say("what is open")
    await talk.say("done 1")
    assert await talk.tasks() == {"one": False, "two": False, "three": True}


async def test_a_question_can_be_left(talk: Talk) -> None:
    await talk.say("add a milk")
    await talk.say("add b milk")
    await talk.say("delete milk")
    await talk.say("never mind")
    assert (await talk.say("2"))["tool_calls"] == []
    assert len(await talk.tasks()) == 2


async def test_it_says_what_it_cannot_do(talk: Talk) -> None:
    assert "no task about “milk”" in (await talk.say("done milk"))["response"]
    assert "Try:" in (await talk.say("sing a song"))["response"]
    failed = await talk.say("add " + "x" * 300)
    assert failed["tool_calls"][0]["result"]["error"] == "validation_error"
    assert "200" in failed["response"]
    assert await talk.tasks() == {}


async def test_what_was_shown_and_is_gone_meanwhile_is_said_to_be_gone(client: Client, talk: Talk) -> None:
    task = (await talk.say("add milk"))["tool_calls"][0]["result"]["task"]
    await client.send("DELETE", f"/api/{talk.user_id}/tasks/{task['id']}")
    assert "gone" in (await talk.say("done it"))["response"]


async def test_conversations_know_nothing_of_each_other(client: Client, talk: Talk) -> None:
    other = Talk(client, talk.user_id)
    await talk.say("add a milk")
    await talk.say("add b milk")
    await talk.say("delete milk")
    assert "not shown" in (await other.say("the first one"))["response"]
    await talk.say("the first one")

    histories = [
        (await client.send("GET", f"/api/{talk.user_id}/conversations/{one.id}/messages")).json for one in (talk, other)
    ]
    assert [history["total"] for history in histories] == [8, 2]
    assert histories[1]["messages"][0]["content"] == "the first one"


async def test_messages_at_once_are_answered_one_after_the_other(talk: Talk) -> None:
    await talk.say("hello")
    await asyncio.gather(*(talk.say(f"add task number{number}") for number in range(10)))
    assert len(await talk.tasks()) == 10


async def test_the_same_talk_comes_to_the_same(start: StartServer) -> None:
    heard = []
    for _ in range(2):
        async with start() as client:
            await client.sign_in("empty@example.com")
            talk = Talk(client, await user_id(client))
            said = ("add milk", "add oat milk", "done milk", "delete oat", "what is open")
            heard.append([(one["response"], one["tool_calls"]) for one in [await talk.say(line) for line in said]])
    assert heard[0] == heard[1]


async def test_nobody_else_s_tasks_are_touched(client: Client, talk: Talk) -> None:
    stranger = bearer(await token_of(client, "other@example.com"))
    made = await client.send("POST", "/api/tasks", json={"title": "stranger milk"}, headers=stranger)
    assert "no task" in (await talk.say("delete stranger milk"))["response"]
    assert (await client.send("GET", f"/api/tasks/{made.json['id']}", headers=stranger)).status == 200


@pytest.mark.parametrize("message", ["", "x" * 2001, "x" * 1_000_000, None, 5, "a\x00b"])
async def test_what_is_no_message_is_refused(client: Client, talk: Talk, message: object) -> None:
    answer = await client.send("POST", f"/api/{talk.user_id}/chat", json={"message": message})
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["body", "message"]
