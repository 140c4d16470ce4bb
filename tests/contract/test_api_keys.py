"""API keys: shown once, good for everything that a session is good for, and worth nothing once they are deleted."""

from __future__ import annotations

import json

import aiohttp

from tests.conftest import Client
from tests.contract.wire import API_KEY, bearer, token_of


async def made(client: Client) -> tuple[str, str]:
    """A new key and its id."""
    answer = await client.send("POST", "/auth/api-keys", json={"name": "Nightly import"})
    return answer.json["key"], answer.json["id"]


async def test_the_key_is_shown_once_and_stored_as_a_hash_only(signed_in: Client) -> None:
    key, _ = await made(signed_in)
    listed = (await signed_in.send("GET", "/auth/api-keys")).json
    assert key not in json.dumps(listed)
    stored = signed_in.sandbox.database.read(lambda connection: "\n".join(connection.iterdump()))
    assert key not in stored


async def test_a_key_works_in_every_dialect_wherever_a_token_works(signed_in: Client) -> None:
    key, _ = await made(signed_in)
    await signed_in.sign_out_locally()
    for path in ("/api/tasks", "/api/auth/me", "/auth/me", "/api/models", "/api/chat/conversations"):
        assert (await signed_in.send("GET", path, headers={"X-API-Key": key})).status == 200, path
    async with signed_in.http.ws_connect("/ws", params={"api_key": key}) as socket:
        assert (await socket.receive_json())["type"] == "connection"


async def test_a_deleted_key_is_revoked_everywhere_and_its_sockets_close(signed_in: Client) -> None:
    key, identifier = await made(signed_in)
    async with (
        aiohttp.ClientSession(signed_in.url) as nobody,
        nobody.ws_connect("/ws", params={"api_key": key}) as socket,
    ):
        await socket.receive_json()
        assert (await signed_in.send("DELETE", f"/auth/api-keys/{identifier}")).status == 204
        while not socket.closed:
            await socket.receive(5)
        assert socket.close_code == 4401
    await signed_in.sign_out_locally()
    agreed = await signed_in.send("GET", "/api/tasks", headers={"X-API-Key": key})
    webplus = await signed_in.send("GET", "/api/models", headers={"X-API-Key": key})
    assert (agreed.status, agreed.json["error"]) == (401, "token_revoked")
    assert (webplus.status, webplus.json["details"]["code"]) == (401, "token_revoked")
    other = await signed_in.send("GET", "/api/tasks", headers={"X-API-Key": API_KEY})
    assert other.status == 200


async def test_a_bearer_token_goes_before_a_key(signed_in: Client) -> None:
    headers = {"Authorization": "Bearer nonsense", "X-API-Key": API_KEY}
    answer = await signed_in.send("GET", "/api/models", headers=headers)
    assert (answer.status, answer.json["details"]["code"]) == (401, "token_invalid")


async def test_keys_are_their_owners_alone(signed_in: Client) -> None:
    _, identifier = await made(signed_in)
    stranger = bearer(await token_of(signed_in, "other@example.com"))
    assert (await signed_in.send("GET", "/auth/api-keys", headers=stranger)).json["total"] == 0
    assert (await signed_in.send("DELETE", f"/auth/api-keys/{identifier}", headers=stranger)).status == 404
    assert (await signed_in.send("GET", "/auth/api-keys")).json["total"] == 2


async def test_two_keys_are_never_the_same(signed_in: Client) -> None:
    keys = {(await made(signed_in))[0] for _ in range(5)}
    assert len(keys) == 5
