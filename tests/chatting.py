"""Reading streamed answers as a client does, event by event."""

from __future__ import annotations

import asyncio
import codecs
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.conftest import Answer, Client

COMPLETIONS = "/api/chat/completions"
CONVERSATIONS = "/api/chat/conversations"
PROMPT = "How do I begin a herb garden?"
PATIENCE = 5.0


async def ask(client: Client, prompt: str = PROMPT, **more: Any) -> Answer:
    return await client.send("POST", COMPLETIONS, json={"model_id": "llama2", "prompt": prompt} | more)


class Stream:
    """An answer that is still coming; `parts` is what arrived, each part as it was read from the socket."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.parts: list[bytes] = []

    async def next_part(self) -> bytes:
        """What comes next; nothing at the end."""
        part = await asyncio.wait_for(self.response.content.readany(), PATIENCE)
        self.parts.append(part)
        return part

    async def until(self, pieces: int) -> None:
        """Read on until so many pieces of the answer are here."""
        while len(self.contents) < pieces:
            assert await self.next_part()

    async def rest(self) -> Stream:
        """Read to the end; raises what a client raises where that is missing."""
        while await self.next_part():
            pass
        return self

    @property
    def text(self) -> str:
        return codecs.getincrementaldecoder("utf-8")().decode(b"".join(self.parts))

    @property
    def events(self) -> list[str]:
        """The data of each event that is complete."""
        return [event.partition("data: ")[2] for event in self.text.split("\n\n")[:-1]]

    @property
    def contents(self) -> list[str]:
        """The pieces of the answer."""
        found = [json.loads(event) for event in self.events if event != "[DONE]"]
        return [event["content"] for event in found if event.get("finish_reason", "") is None]

    @property
    def said(self) -> str:
        return "".join(self.contents)


@asynccontextmanager
async def streaming(client: Client, prompt: str = PROMPT, **more: Any) -> AsyncIterator[Stream]:
    """An answer that is asked for as a stream, and given up where the block is left before its end."""
    body = {"model_id": "llama2", "prompt": prompt, "stream": True} | more
    async with client.http.post(COMPLETIONS, json=body) as response:
        assert response.status == 200, await response.text()
        yield Stream(response)


async def messages(client: Client, conversation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.send("GET", f"{CONVERSATIONS}/{conversation}/messages")).json[
        "messages"
    ]
    return found


async def begun(client: Client) -> str:
    """A new conversation."""
    answer = await client.send("POST", CONVERSATIONS, json={"title": "Herbs"})
    found: str = answer.json["id"]
    return found
