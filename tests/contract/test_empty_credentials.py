"""What is there and empty is nothing: the next credential counts, and alone it is as if nothing was sent."""

from __future__ import annotations

import pytest

from tests.conftest import Client

EMPTY = [
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"X-API-Key": ""},
    {"X-API-Key": "  "},
    {"Authorization": "Bearer ", "X-API-Key": ""},
]


@pytest.mark.parametrize("headers", EMPTY)
async def test_an_empty_credential_beside_a_good_cookie_is_none(signed_in: Client, headers: dict[str, str]) -> None:
    """CONTRACT.md, "Authentication": bearer token, else API key, else the cookie."""
    token = signed_in.token
    await signed_in.sign_out_locally()
    for more in ({}, {"X-Request-ID": "slow-lane"}):
        sent = {"Cookie": f"auth-token={token}"} | headers | more
        assert (await signed_in.send("GET", "/api/tasks", headers=sent)).status == 200


@pytest.mark.parametrize("headers", EMPTY)
@pytest.mark.parametrize("path", ["/api/tasks", "/auth/me", "/api/v2/auth/profile/"])
async def test_an_empty_credential_alone_is_nothing_sent(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = await client.send("GET", path, headers=headers)
    assert answer.status == 401
    assert "token_invalid" not in answer.body.decode()
    # RFC 6750, section 3.1: a request without any token is told no error.
    assert "error=" not in answer.headers["WWW-Authenticate"]


async def test_an_empty_key_falls_back_on_a_good_bearer_and_an_empty_bearer_on_a_good_key(signed_in: Client) -> None:
    token, key = signed_in.token, signed_in.ready.api_key or ""
    await signed_in.sign_out_locally()
    for headers in ({"Authorization": f"Bearer {token}", "X-API-Key": ""}, {"Authorization": "", "X-API-Key": key}):
        assert (await signed_in.send("GET", "/api/tasks", headers=headers)).status == 200


@pytest.mark.parametrize("query", ["?token=", "?api_key=", "?token=&api_key="])
async def test_an_empty_query_beside_a_good_cookie_opens_the_socket(signed_in: Client, query: str) -> None:
    token = signed_in.token
    await signed_in.sign_out_locally()
    async with signed_in.http.ws_connect(f"/ws{query}", headers={"Cookie": f"auth-token={token}"}) as socket:
        assert (await socket.receive_json())["type"] == "connection"
    async with signed_in.http.ws_connect(f"/ws{query}") as socket:
        assert (await socket.receive_json())["error"] == "unauthorized"


@pytest.mark.parametrize("given", ["", None])
async def test_an_empty_refresh_token_in_the_body_leaves_it_to_the_cookie(client: Client, given: str | None) -> None:
    signed = await client.sign_in()
    await client.sign_out_locally()
    cookie = {"Cookie": f"refresh-token={signed.cookies['refresh-token']}"}
    answer = await client.send("POST", "/api/auth/refresh", json={"refreshToken": given}, headers=cookie)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [("/api/auth/refresh", "refreshToken"), ("/auth/refresh", "refresh_token"), ("/api/v2/auth/refresh/", "refresh")],
)
async def test_an_empty_refresh_token_alone_is_nothing_sent(client: Client, path: str, name: str) -> None:
    answer = await client.send("POST", path, json={name: ""})
    assert (answer.status, "token_invalid" in answer.body.decode()) == (401, False)
