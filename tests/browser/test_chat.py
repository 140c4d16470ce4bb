"""A chat in a page of another origin: answers read as they come, stopped in the middle; models that tell they start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from devkit.journal import RequestEntry
from tests.browser.conftest import Frontend
from tests.chatting import CONVERSATIONS, messages
from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.faults.conftest import scenario
from tests.faults.meeting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOG_IN = """
async ({url, username, password}) => {
  const headers = {'Content-Type': 'application/json'};
  const body = JSON.stringify({username, password});
  const answer = await fetch(`${url}/auth/login`, {method: 'POST', headers, body});
  window.url = url;
  window.token = (await answer.json()).access_token;
  return answer.status;
}
"""

ASK = """
async ({prompt, stopAfter, more}) => {
  const controller = new AbortController();
  window.stop = () => controller.abort();
  window.chat = {said: [], done: false, last: null, error: null, reads: 0, open: true, broken: 0};
  const headers = {
    'Content-Type': 'application/json', 'Authorization': `Bearer ${token}`, 'X-Client-Version': '1.0',
  };
  const body = JSON.stringify({model_id: 'llama2', prompt, stream: true, ...more});
  const options = {method: 'POST', headers, body, signal: controller.signal};
  try {
    const answer = await fetch(`${url}/api/chat/completions`, options);
    chat.type = answer.headers.get('Content-Type');
    chat.requestId = answer.headers.get('X-Request-ID');
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const {value, done} = await reader.read();
      if (done) break;
      chat.reads += 1;
      text += value;
      const events = text.split('\\n\\n');
      text = events.pop();
      for (const event of events) {
        const data = event.replace(/^data: /, '');
        if (data === '[DONE]') { chat.done = true; continue; }
        let value;
        try { value = JSON.parse(data); } catch { chat.broken += 1; continue; }
        if (value.finish_reason === null) chat.said.push(value.content); else chat.last = value;
        chat.conversation = value.conversation_id;
      }
      if (stopAfter && chat.said.length >= stopAfter) controller.abort();
    }
  } catch (error) {
    chat.error = `${error.name}: ${error.message}`;
  }
  chat.open = false;
  return chat;
}
"""

LISTEN = """
() => new Promise((resolve) => {
  window.heard = [];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${encodeURIComponent(token)}`);
  socket.onmessage = ({data}) => {
    const message = JSON.parse(data);
    const subscribe = {type: 'subscribe', topics: ['models', 'model:mistral']};
    if (message.type === 'connection') socket.send(JSON.stringify(subscribe));
    if (message.type === 'subscription') resolve(message.topics);
    if (message.type === 'model_update') heard.push([message.model_id, message.status, message.details.message]);
  };
})
"""

START = """
async (model) => {
  const headers = {'Content-Type': 'application/json', 'Authorization': `Bearer ${token}`};
  const options = {method: 'POST', headers, body: JSON.stringify({model_id: model})};
  const answer = await fetch(`${url}/api/models/start`, options);
  return [answer.status, await answer.json()];
}
"""


@pytest.fixture
async def devkit(start: StartServer, frontend: Frontend) -> AsyncIterator[Client]:
    """A server whose models take their time, but not long."""
    async with start(origins=(frontend.origin,), chat_tokens_per_second=40, models_start_delay=200) as client:
        yield client


@pytest.fixture
async def signed(page: Page, devkit: Client) -> Page:
    """A page that is signed in as dialect `webplus` has it: with a token, and no cookie."""
    given = {"url": devkit.url, "username": EMAIL, "password": PASSWORD}
    assert await page.evaluate(LOG_IN, given) == 200
    return page


async def chats(devkit: Client) -> list[RequestEntry]:
    entries = [entry for entry in devkit.sandbox.journal if isinstance(entry, RequestEntry)]
    return [entry for entry in entries if entry.operation == "chat.complete"]


async def test_an_answer_is_read_as_it_comes(signed: Page, devkit: Client) -> None:
    chat = await signed.evaluate(ASK, {"prompt": "How do I begin a herb garden?", "more": {"max_tokens": 30}})
    assert chat["error"] is None
    assert (chat["type"], chat["done"]) == ("text/event-stream", True)
    assert chat["last"]["usage"]["completion_tokens"] == len(chat["said"]) == 30
    # Not in one piece: 30 tokens at 40 a second are on their way for three quarters of a second.
    assert chat["reads"] > 5
    assert chat["requestId"] == (await chats(devkit))[0].request_id


async def test_a_cancel_in_the_middle_stops_the_model_and_keeps_what_it_said(signed: Page, devkit: Client) -> None:
    await devkit.sign_in()
    chat = await signed.evaluate(ASK, {"prompt": "How do I begin a herb garden?", "stopAfter": 5})
    assert chat["error"].startswith("AbortError")
    assert not chat["done"]
    assert 5 <= len(chat["said"]) < 40
    async with asyncio.timeout(5):
        while not await chats(devkit):
            await asyncio.sleep(0.02)
    [entry] = await chats(devkit)
    assert (entry.status, (entry.note or "").startswith("the client left after ")) == (200, True)
    _, kept = await messages(devkit, chat["conversation"])
    assert kept["finish_reason"] == "cancelled"
    assert kept["content"].startswith("".join(chat["said"]))
    # And the page can go on in the same conversation.
    again = await signed.evaluate(
        ASK, {"prompt": "Go on", "more": {"conversation_id": chat["conversation"], "max_tokens": 5}}
    )
    assert again["done"]
    listed = (await devkit.send("GET", CONVERSATIONS)).json["conversations"]
    assert [talk["message_count"] for talk in listed if talk["id"] == chat["conversation"]] == [4]


async def test_a_stream_that_is_cut_is_an_error_of_fetch(signed: Page, devkit: Client) -> None:
    await devkit.sandbox.engine.use(scenario({"fault": {"type": "stream.cut", "after": 5}}))
    chat = await signed.evaluate(ASK, {"prompt": "How do I begin a herb garden?"})
    assert chat["error"].startswith("TypeError: ")
    assert (len(chat["said"]), chat["done"]) == (5, False)
    await devkit.sandbox.engine.off("broken")
    assert (await signed.evaluate(ASK, {"prompt": "Hello", "more": {"max_tokens": 5}}))["done"]


async def test_a_stream_that_stalls_goes_on_when_the_scenario_is_off(signed: Page, devkit: Client) -> None:
    await devkit.sandbox.engine.use(scenario({"fault": {"type": "stream.stall", "after": 5}}))
    asking = asyncio.create_task(signed.evaluate(ASK, {"prompt": "Hello", "more": {"max_tokens": 20}}))
    await signed.wait_for_function("window.chat && chat.said.length === 5")
    await asyncio.sleep(0.3)
    assert await signed.evaluate("[chat.said.length, chat.open]") == [5, True]
    await devkit.sandbox.engine.off("broken")
    assert (await asking)["done"]


async def test_characters_that_are_cut_in_half_are_whole_for_who_decodes_the_stream(
    signed: Page, devkit: Client
) -> None:
    await devkit.sandbox.engine.use(scenario({"fault": {"type": "stream.split_utf8"}}))
    chat = await signed.evaluate(ASK, {"prompt": "Hello", "more": {"max_tokens": 5}})
    assert (chat["done"], chat["broken"]) == (True, 0)
    assert "".join(chat["said"]).startswith("\N{SEEDLING}")


async def test_a_page_hears_of_a_model_that_starts_and_may_then_ask_it(signed: Page, devkit: Client) -> None:
    refused = await signed.evaluate(ASK, {"prompt": "Hello", "more": {"model_id": "mistral"}})
    assert (refused["type"], refused["said"]) == ("application/json; charset=utf-8", [])
    assert await signed.evaluate(LISTEN) == ["models", "model:mistral"]
    assert await signed.evaluate(START, "mistral") == [
        202,
        {"message": "Model is starting", "model_id": "mistral", "status": "starting"},
    ]
    await signed.wait_for_function("heard.length === 2")
    assert await signed.evaluate("heard") == [
        ["mistral", "starting", "Model is starting"],
        ["mistral", "running", "Model started"],
    ]
    chat = await signed.evaluate(ASK, {"prompt": "Hello", "more": {"model_id": "mistral", "max_tokens": 3}})
    assert chat["done"]


async def test_a_page_of_a_foreign_origin_can_read_no_answer(signed: Page, devkit: Client, stranger: Frontend) -> None:
    token = await signed.evaluate("token")
    await signed.goto(stranger.origin)
    await signed.evaluate("([url, token]) => { window.url = url; window.token = token; }", [devkit.url, token])
    chat = await signed.evaluate(ASK, {"prompt": "Hello"})
    assert chat["error"] == "TypeError: Failed to fetch"
    assert chat["said"] == []


async def test_leaving_the_page_stops_the_model(signed: Page, devkit: Client) -> None:
    asking = asyncio.create_task(signed.evaluate(ASK, {"prompt": "How do I begin a herb garden?"}))
    await signed.wait_for_function("window.chat && chat.said.length > 2")
    await signed.goto("about:blank")
    await asyncio.gather(asking, return_exceptions=True)
    async with asyncio.timeout(5):
        await until(
            lambda: any("the client left" in (getattr(entry, "note", "") or "") for entry in devkit.sandbox.journal)
        )
