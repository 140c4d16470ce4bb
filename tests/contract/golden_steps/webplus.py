"""Steps on the way of dialect `webplus`."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.contract.golden_steps import Known, step
from tests.contract.wire import DAY, PASSWORD, bearer, link_token, token_of


@step("a Web+ login")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    given = {"username": "test@example.com", "password": PASSWORD}
    answer = await client.send("POST", "/auth/login", json=given)
    known.update(access=answer.json["access_token"], refresh=answer.json["refresh_token"])


@step("a Web+ registration")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    given = {"email": "ada@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert (await client.send("POST", "/auth/register", json=given)).status == 201
    known["link"] = link_token(client, "ada@example.com")


@step("eight days pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(8 * DAY)


async def _begin(client: Client, known: Known, headers: dict[str, str] | None = None) -> None:
    given = {"title": "Planning the garden"}
    answer = await client.send("POST", "/api/chat/conversations", json=given, headers=headers or {})
    known["conversation"] = answer.json["id"]


@step("a conversation")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _begin(client, known)


@step("a stranger's conversation")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _begin(client, known, bearer(await token_of(client, "other@example.com")))


@step("two messages in it")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    for message in ({"content": "Which flowers grow in the shade?"}, {"role": "assistant", "content": "Ferns do."}):
        path = f"/api/chat/conversations/{known['conversation']}/messages"
        assert (await client.send("POST", path, json=message)).status == 201


@step("an API key")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("POST", "/auth/api-keys", json={"name": "Nightly import"})
    known.update(key=answer.json["key"], key_id=answer.json["id"])


@step("a stranger's API key")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    stranger = bearer(await token_of(client, "other@example.com"))
    answer = await client.send("POST", "/auth/api-keys", json={"name": "Not yours"}, headers=stranger)
    known["key_id"] = answer.json["id"]


@step("it is deleted")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    assert (await client.send("DELETE", f"/auth/api-keys/{known['key_id']}")).status == 204


@step("signed out")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.sign_out_locally()


@step("the tag of llama2")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["tag"] = (await client.send("GET", "/api/models/llama2")).headers["ETag"]


@step("llama2 is stopped")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    assert (await client.send("POST", "/api/models/llama2/stop")).status == 202


@step("a prompt of a million characters")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["prompt"] = "x" * 1_000_000
