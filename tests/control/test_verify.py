"""`devkit verify` by the control API: one run at a time, in a process of its own that ends with the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.proxy.backend import backend

VERIFY = "/_devkit/api/verify"


async def verified(client: Client, **wish: Any) -> list[Any]:
    """All that was told of a run."""
    answer = await client.send("POST", VERIFY, json=wish)
    assert answer.status == 201, answer.json
    async with client.http.ws_connect(f"{VERIFY}/follow") as feed:
        return [json.loads(message.data) async for message in feed]


async def test_a_run_tells_each_verdict_once_and_leaves_its_reports(client: Client) -> None:
    await client.sandbox.engine.use(scenario({"fault": {"type": "cors.vary_missing"}}))
    told = await verified(client, suites=["cors", "cookies"])

    ids = [row["id"] for message in told for row in message["checks"]]
    assert len(ids) == len({*ids}) == told[-1]["total"]
    assert (told[0]["state"], told[-1]["state"], told[-1]["verdict"]) == ("running", "ended", "failed")
    finding = (await client.send("GET", f"{VERIFY}/checks/cors.vary")).json
    assert finding["verdict"] == "failed"
    assert finding["evidence"][0]["curl"].startswith("curl -i ")
    whole = (await client.send("GET", f"{VERIFY}/report/json")).json
    assert {row["id"] for row in whole["checks"]} == {*ids}
    assert whole["counts"]["failed"] == told[-1]["counts"]["failed"]
    suites = ET.fromstring((await client.send("GET", f"{VERIFY}/report/junit")).body)
    assert int(suites.get("failures", "0")) == whole["counts"]["failed"]
    assert b"<h1>" in (await client.send("GET", f"{VERIFY}/report/html")).body
    assert (await client.send("GET", f"{VERIFY}/report/sarif")).json["version"] == "2.1.0"


async def test_a_second_run_waits_for_the_first_which_ends_with_what_it_has(client: Client) -> None:
    assert (await client.send("POST", VERIFY, json={})).status == 201
    second = await client.send("POST", VERIFY, json={})
    assert (second.status, second.json["message"]) == (
        409, "A run is under way: wait for its end, or cancel it",
    )  # fmt: skip
    assert (await client.send("GET", f"{VERIFY}/report/html")).status == 409
    async with client.http.ws_connect(f"{VERIFY}/follow") as feed:
        while not (await feed.receive_json())["checks"]:
            pass
        ended = (await client.send("DELETE", VERIFY)).json["run"]
    assert ended["state"] == "ended"
    assert f"of {ended['total']} checks were run" in ended["summary"]
    assert 1 <= len(ended["checks"]) < ended["total"]
    assert (await client.send("DELETE", VERIFY)).status == 409


async def test_it_ends_with_the_server(start: StartServer) -> None:
    async with start() as client:
        await client.send("POST", VERIFY, json={})
        room = (await client.app.control.open()).verifying
        async with asyncio.timeout(60):
            while room.process is None:
                await asyncio.sleep(0.01)
        process = room.process
        assert process.returncode is None
    assert process.returncode is not None


async def test_states_are_arranged_and_taken_back(client: Client) -> None:
    before = client.sandbox.clock.state.offset
    told = await verified(client, suites=["errors"], arrange=True)
    (limited,) = [row for message in told for row in message["checks"] if row["id"] == "errors.rate-limit"]
    assert limited["verdict"] == "passed"
    assert client.sandbox.engine.idle
    state = {"state": "time-passed", "seconds": 90}
    await client.send("POST", f"{VERIFY}/states", json=state)
    assert client.sandbox.clock.state.offset - before >= 90_000
    await client.send("POST", f"{VERIFY}/states", json=state | {"action": "teardown"})
    assert abs(client.sandbox.clock.state.offset - before) < 1_000


async def test_a_wrong_password_is_told_and_no_verdict(client: Client) -> None:
    told = await verified(client, users=["test@example.com:Not-The-Password"])
    assert "not signed in, nothing is verified" in told[-1]["trouble"]
    assert (told[-1]["verdict"], told[-1]["counts"]) == ("failed", {})


@pytest.mark.parametrize(
    ("wish", "field", "says"),
    [
        ({"place": "upstream"}, "place", "Must be one of here"),
        ({"contract": "agred"}, "contract", "Did you mean 'agreed'?"),
        ({"users": ["ada@example.com"]}, "users", "Each is written as EMAIL:PASSWORD"),
    ],
)
async def test_what_cannot_be_meant_is_refused(client: Client, wish: dict[str, Any], field: str, says: str) -> None:
    answer = await client.send("POST", VERIFY, json=wish)
    assert answer.status == 400
    assert says in answer.json["details"][field]


async def test_a_suite_that_is_none_is_told(client: Client) -> None:
    told = await verified(client, suites=["cros"])
    assert told[-1]["trouble"].startswith("There is no suite 'cros'. Did you mean 'cors'?")


@pytest.fixture
async def fronted(start: StartServer) -> AsyncIterator[Client]:
    async with backend() as real, start(upstream=real.url) as client:
        yield client


async def test_the_real_backend_is_asked_itself_by_what_was_learned_of_it(fronted: Client) -> None:
    shown = (await fronted.send("GET", VERIFY)).json
    assert [place["id"] for place in shown["places"]] == ["upstream", "here"]
    assert shown["contracts"] == ["learned"]
    early = await fronted.send("POST", VERIFY, json={})
    assert (early.status, early.json["error"]) == (409, "no_contract")
    await fronted.send("GET", "/orders/1")
    async with asyncio.timeout(30):
        while not (await fronted.send("GET", "/_devkit/openapi.json")).json["paths"]:
            await asyncio.sleep(0.05)
    told = await verified(fronted, read_only=True, suites=["http"])
    assert told[-1]["url"] == shown["places"][0]["url"]
    assert told[-1]["counts"].get("passed", 0) or told[-1]["trouble"], told[-1]
