"""Whose pages may open a WebSocket (RFC 6455, section 10.2): those that may call with fetch, and no others."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from devkit.journal import RequestEntry
from tests.conftest import Client, StartServer
from tests.contract.wire import API_KEY, cookie, token_of

FOREIGN = "https://evil.example"


async def opens(client: Client, path: str = "/ws", **headers: str) -> bool:
    """Whether the handshake is taken, or else refused with 403."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        async with client.http.ws_connect(path, headers=given):
            return True
    except aiohttp.WSServerHandshakeError as error:
        if error.status != 403:
            raise
        return False


def notes(client: Client, sandbox: Any = None) -> list[str | None]:
    journal = (sandbox or client.sandbox).journal
    return [entry.note for entry in journal if isinstance(entry, RequestEntry) and entry.status == 403]


@pytest.mark.parametrize("origin", ["http://localhost:5173", "http://127.0.0.1:3000", "http://w1.localhost:5173"])
async def test_a_page_that_may_call_may_listen(client: Client, origin: str) -> None:
    assert await opens(client, f"/ws?api_key={API_KEY}", Origin=origin)


@pytest.mark.parametrize("path", ["/ws", "/ws/health/"])
@pytest.mark.parametrize("origin", [FOREIGN, "http://localhost:8080", "null", "app://.", "http://localhost.evil:5173"])
async def test_a_foreign_page_may_not_whatever_it_brings_and_the_log_says_what_to_do(
    client: Client, path: str, origin: str
) -> None:
    token = await token_of(client)
    for ways in ({"Cookie": cookie(auth_token=token)["Cookie"]}, {"Authorization": f"Bearer {token}"}, {}):
        for query in (f"?api_key={API_KEY}", f"?token={token}", ""):
            assert not await opens(client, path + query, Origin=origin, **ways)
    assert {*notes(client)} == {f"origin {origin} is not allowed: serve with --origin {origin}"}


@pytest.mark.parametrize("origin", [FOREIGN, "null", "app://."])
async def test_what_the_log_advises_lets_it_in(start: StartServer, origin: str) -> None:
    async with start(origins=(origin,)) as client:
        assert await opens(client, f"/ws?api_key={API_KEY}", Origin=origin)


async def test_a_client_without_an_origin_is_no_page(client: Client) -> None:
    # aiohttp, websockets, ws and Node's own WebSocket send none.
    assert await opens(client, f"/ws?api_key={API_KEY}")
    assert await opens(client, f"/ws?api_key={API_KEY}", Origin="")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_page_of_the_servers_own_host_may(client: Client, scheme: str) -> None:
    # Also React Native and Python's websocket-client, which make an `Origin` of the address they call; and a page
    # behind a proxy that ends TLS.
    own = client.url.partition("://")[2]
    assert await opens(client, f"/ws?api_key={API_KEY}", Origin=f"{scheme}://{own}")
    assert not await opens(client, f"/ws?api_key={API_KEY}", Origin=f"{scheme}://{own}0")


async def test_a_page_behind_a_proxy_that_says_which_host_it_was_asked_for_may(client: Client) -> None:
    page = {"Origin": "http://localhost:4200", "X_Forwarded_Host": "localhost:4200"}
    assert await opens(client, f"/ws?api_key={API_KEY}", **page)
    assert not await opens(client, f"/ws?api_key={API_KEY}", **page | {"Origin": FOREIGN})


async def test_it_is_told_in_the_sandbox_that_was_meant(client: Client) -> None:
    created = await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    assert created.status == 201
    assert not await opens(client, "/ws", Origin=FOREIGN, X_Devkit_Sandbox="w1")
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    assert len(notes(client, hosted.sandbox)) == 1
    assert notes(client) == []


async def test_a_plain_request_of_a_foreign_page_is_no_handshake(client: Client) -> None:
    assert (await client.send("GET", "/ws", headers={"Origin": FOREIGN})).status != 403
