"""Streamable HTTP: who may come in, and whose sandbox is whose. Both ages of the protocol: with a session (up to
2025-11-25), and without one (2026-07-28), where a client names its sandbox in each call.
"""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from devkit.mcp import seat
from tests.conftest import Client
from tests.mcp.talking import TOKEN, over_http, until


async def test_each_session_has_a_sandbox_of_its_own_and_steers_no_other(client: Client) -> None:
    async with over_http(client.url) as (_, join), join() as one, join() as two:
        first, second = await one("sandbox"), await two("sandbox")
        assert first["sandbox"] != second["sandbox"]
        await one("scenario", action="use", name="maintenance")
        assert (await one("call", path="/api/config"))["status"] == 503
        assert (await two("call", path="/api/config"))["status"] == 200
        for stranger in (second["sandbox"], "main", "none-such"):
            refused = await one.refused("sandbox", action="reset", sandbox=stranger)
            assert f"'{stranger}' is not yours: yours is {first['sandbox']}." in refused
        assert (await two("journal"))["newest"] == 1


async def test_a_session_that_ends_takes_its_sandbox_along(client: Client) -> None:
    async with over_http(client.url) as (_, join):
        async with join() as one:
            await one("sandbox")
            assert len(client.app.sandboxes.all()) == 2

        async def gone() -> bool:
            return len(client.app.sandboxes.all()) == 1

        await until(gone)


async def test_without_a_session_a_client_names_its_sandbox(client: Client) -> None:
    async with over_http(client.url) as (_, join), join(mode="auto") as one, join(mode="auto") as two:
        [call] = [tool for tool in (await one.client.list_tools()).tools if tool.name == "call"]
        assert call.input_schema["required"] == ["sandbox"]
        assert "Nothing is remembered" in await one.refused("call", path="/api/config")
        assert "Nothing is remembered" in await one.refused("sandbox")
        first, second = await one("sandbox", action="new"), await two("sandbox", action="new")
        answer = await one("call", path="/api/config", sandbox=first["sandbox"])
        assert (answer["status"], answer["journal"]) == (200, 1)
        await one("scenario", action="use", name="maintenance", sandbox=first["sandbox"])
        assert (await two("call", path="/api/config", sandbox=second["sandbox"]))["status"] == 200
        made = (await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})).json["id"]
        for stranger in (made, "main", "mcp-0000000000000000"):
            assert "is not yours, or has ended" in await one.refused("sandbox", action="reset", sandbox=stranger)
        renewed = await one("sandbox", action="new", sandbox=first["sandbox"])
        assert "is not yours, or has ended" in await one.refused("journal", sandbox=first["sandbox"])
        await one("journal", sandbox=renewed["sandbox"])


async def test_clients_that_come_at_once_get_a_sandbox_each(client: Client) -> None:
    async with over_http(client.url) as (_, join):

        async def one(number: int) -> str:
            async with join(mode="auto" if number % 2 else "legacy") as ask:
                mine = (await ask("sandbox", action="new"))["sandbox"]
                named = {"sandbox": mine} if number % 2 else {}
                await ask("call", operation="tasks.create", body={"title": f"Of {number}"}, user="test", **named)
                answer = await ask("call", path=f"/api/tasks?q=Of {number}", user="test", **named)
                assert [task["title"] for task in answer["body"]["data"]] == [f"Of {number}"]
                return mine

        assert len({*await asyncio.gather(*(one(number) for number in range(8)))}) == 8


async def test_what_is_the_same_for_all_is_told_to_a_client_without_a_sandbox(client: Client) -> None:
    async with over_http(client.url) as (_, join), join(mode="auto") as one:
        assert (await one("operations", limit=1))["total"] > 20
        assert (await one("scenarios"))["on"] == []
        assert (await one("faults", kind="http.abort"))["faults"][0]["kind"] == "http.abort"
        assert (await one("contract"))["dialects"]
        assert len(client.app.sandboxes.all()) == 1


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer"])
async def test_without_the_token_nobody_comes_in(client: Client, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with over_http(client.url) as (address, _), httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(address, headers=headers, json={})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="devkit"'
        assert "control token" in answer.json()["message"]


async def test_the_token_may_come_as_with_the_control_api_and_other_addresses_are_none(client: Client) -> None:
    async with over_http(client.url) as (address, _), httpx2.AsyncClient(trust_env=False) as http:
        token = {"X-Devkit-Token": TOKEN}
        assert (await http.post(address, headers=token, json={})).status_code == 400
        assert (await http.get(address.replace("/mcp", "/other"), headers=token)).status_code == 404
        # MCP, "Streamable HTTP", "Security Warning": against DNS rebinding, hosts and origins are looked at.
        for name, value in (("Host", "evil.test"), ("Origin", "http://evil.test")):
            assert (await http.post(address, headers=token | {name: value}, json={})).status_code in {403, 421}, name


async def test_a_sandbox_that_is_gone_is_told_and_another_is_made_when_it_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with over_http(client.url) as (_, join), join() as one, join() as two:
        first = await one("sandbox")
        monkeypatch.setattr(seat, "IDLE_SECONDS", 0.0)
        second = await two("sandbox")
        assert [hosted.sandbox.id for hosted in client.app.sandboxes.all()] == ["main", second["sandbox"]]
        monkeypatch.setattr(seat, "IDLE_SECONDS", 3_600.0)
        for _ in range(2):
            assert "not used it for an hour" in await one.refused("journal")
        assert (await one("sandbox", action="new"))["sandbox"] != first["sandbox"]
        assert (await client.send("DELETE", f"/_devkit/api/sandboxes/{second['sandbox']}")).status == 200
        assert "removed by somebody else. Call the tool `sandbox`" in await two.refused("journal")
        await two("sandbox", action="new")
        await two("journal")


async def test_the_end_of_it_all_ends_every_sandbox(client: Client) -> None:
    async with over_http(client.url) as (_, join), join(mode="auto") as one, join() as two:
        await one("sandbox", action="new")
        await two("sandbox")
        assert len(client.app.sandboxes.all()) == 3
    assert len(client.app.sandboxes.all()) == 1
