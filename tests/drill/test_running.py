"""A drill from its beginning to its end, and the ways in which it may end otherwise; by the control API."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devkit.drill.running import Drills, default_timeout
from tests.conftest import Client, StartServer
from tests.drill.conftest import SHIPPED, shipped
from tests.drill.frontend import Frontend, Virtues

DRILLS = "/_devkit/api/drills"
JSON = dict[str, Any]

QUICK = """\
name: quick
title: The list fails once
rules:
  - id: fails
    match: {operation: tasks.list}
    when: {times: 1}
    fault: {type: http.abort, status: 503}
expect:
  - id: tries-again
    title: It tries again
    calls: {match: {operation: tasks.list}, status: 200, after: fails, at_least: 1}
"""
HANGS = QUICK.replace("quick", "hangs").replace("{type: http.abort, status: 503}", "{type: hang}")
EDITED = QUICK.replace("status: 503", "status: 502")


@pytest.fixture
async def api(start: StartServer, tmp_path: Path) -> Any:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "quick.yaml").write_text(QUICK)
    (folder / "hangs.yaml").write_text(HANGS)
    (folder / "bare.yaml").write_text("name: bare\ntitle: Expects nothing\nrules: []\n")
    async with start(scenario_dir=folder) as client:
        yield client


async def begun(client: Client, scenario: str = "quick", **more: Any) -> JSON:
    answer = await client.send("POST", DRILLS, json={"scenario": scenario, **more})
    assert answer.status == 201, answer.body
    found: JSON = answer.json
    return found


async def ended(client: Client, drill: JSON) -> JSON:
    """The drill when it is over; it ends by itself."""
    async with asyncio.timeout(20):
        while True:
            found: JSON = (await client.send("GET", f"{DRILLS}/{drill['id']}")).json
            if found["state"] != "running":
                return found
            await asyncio.sleep(0.05)


def is_on(client: Client, sandbox: str = "main") -> bool:
    hosted = client.app.sandboxes.find(sandbox)
    assert hosted is not None
    return bool(hosted.sandbox.engine.active())


async def test_a_drill_ends_as_soon_as_all_is_decided_and_switches_the_scenario_off(api: Client) -> None:
    drill = await begun(api)
    assert (drill["state"], drill["verdict"], drill["entries"]) == ("running", "inconclusive", [])
    assert is_on(api)
    async with Frontend(api.url) as frontend:
        await frontend.sign_in()
        await frontend.tasks()
    found = await ended(api, drill)
    assert (found["state"], found["verdict"], found["reason"]) == ("finished", "passed", "")
    assert found["ended_at"] > found["started_at"]
    [expectation] = found["expectations"]
    assert expectation["final"]
    shown = [line for line in found["entries"] if line["number"] in expectation["evidence"]]
    assert [(line["what"], line["status"]) for line in shown] == [("tasks.list", 200)]
    assert found["rules"] == [{"id": "fails", "fault": "http.abort", "struck": 1}]
    assert not is_on(api)


async def test_it_ends_when_its_time_is_over(api: Client) -> None:
    drill = await begun(api, timeout="1s")
    found = await ended(api, drill)
    assert (found["state"], found["verdict"]) == ("finished", "inconclusive")
    assert "never struck" in found["expectations"][0]["reason"]
    assert not is_on(api)


async def test_it_is_judged_when_it_is_asked_for(api: Client) -> None:
    drill = await begun(api, early=False)
    async with Frontend(api.url, virtues=Virtues(tries=1)) as frontend:
        await frontend.sign_in()
        await frontend.tasks()
    live = (await api.send("GET", f"{DRILLS}/{drill['id']}")).json
    assert (live["state"], live["verdict"], live["expectations"][0]["final"]) == ("running", "failed", False)
    found = (await api.send("POST", f"{DRILLS}/{drill['id']}/finish")).json
    assert (found["state"], found["verdict"], found["expectations"][0]["final"]) == ("finished", "failed", True)
    again = (await api.send("POST", f"{DRILLS}/{drill['id']}/finish")).json
    assert again["ended_at"] == found["ended_at"]
    assert not is_on(api)


async def test_a_fresh_sandbox_is_made_for_it_and_goes_with_it(api: Client) -> None:
    drill = await begun(api, fresh=True, sandbox="mine")
    assert drill["sandbox"] | {"url": "", "path_url": ""} == {
        "id": "mine",
        "url": "",
        "path_url": "",
        "header": {"X-Devkit-Sandbox": "mine"},
        "query": {"devkit_sandbox": "mine"},
        "fresh": True,
    }
    assert drill["sandbox"]["url"].startswith("http://mine.localhost:")
    assert drill["sandbox"]["path_url"].endswith("/~mine")
    assert is_on(api, "mine")
    assert not is_on(api)
    async with Frontend(api.url, "mine") as frontend:
        await frontend.sign_in()
        await frontend.tasks()
    assert (await ended(api, drill))["verdict"] == "passed"
    assert (await api.send("DELETE", f"{DRILLS}/{drill['id']}")).status == 200
    assert api.app.sandboxes.find("mine") is None
    assert (await api.send("GET", f"{DRILLS}/{drill['id']}")).status == 404


async def test_the_sandbox_is_the_one_named_or_the_one_that_the_call_means(api: Client) -> None:
    for name in ("w1", "w2"):
        await api.send("POST", "/_devkit/api/sandboxes", json={"id": name})
    assert (await begun(api, sandbox="w1"))["sandbox"]["id"] == "w1"
    answer = await api.send("POST", DRILLS, json={"scenario": "quick"}, headers={"X-Devkit-Sandbox": "w2"})
    assert answer.json["sandbox"]["id"] == "w2"
    assert {one["id"] for one in (await api.send("GET", DRILLS)).json["data"]} == {"d1", "d2"}


@pytest.mark.parametrize(
    ("wish", "status", "sentence"),
    [
        ({}, 400, "scenario"),
        ({"scenario": "quik"}, 404, "Did you mean 'quick'?"),
        ({"scenario": "bare"}, 409, "expects nothing"),
        ({"scenario": "quick", "sandbox": "nowhere"}, 404, "no sandbox 'nowhere'"),
        ({"scenario": "quick", "fresh": True, "sandbox": "main"}, 409, "main"),
        ({"scenario": "quick", "timeout": "1ms"}, 400, "at least 1s"),
        ({"scenario": "quick", "timeout": 60}, 400, "unit"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_told_what_would(
    api: Client, wish: JSON, status: int, sentence: str
) -> None:
    answer = await api.send("POST", DRILLS, json=wish)
    assert (answer.status, sentence in answer.body.decode()) == (status, True), answer.body
    assert not is_on(api)


async def test_one_drill_at_a_time_in_a_sandbox(api: Client) -> None:
    first = await begun(api)
    answer = await api.send("POST", DRILLS, json={"scenario": "hangs"})
    assert (answer.status, "under way in the sandbox 'main'" in answer.json["message"]) == (409, True)
    await api.send("POST", f"{DRILLS}/{first['id']}/finish")
    await begun(api, "hangs")


@pytest.mark.parametrize("path", ["/finish", "/report.html", "/junit.xml", "/follow", ""])
async def test_a_drill_that_is_not_there(api: Client, path: str) -> None:
    answer = await api.send("POST" if path == "/finish" else "GET", f"{DRILLS}/d9{path}")
    assert (answer.status, "no drill 'd9'" in answer.json["message"]) == (404, True)


async def test_a_cancelled_drill_leaves_nothing_on(api: Client) -> None:
    drill = await begun(api)
    assert (await api.send("DELETE", f"{DRILLS}/{drill['id']}")).status == 200
    assert not is_on(api)


async def test_switching_the_scenario_off_ends_it_with_what_was_seen(api: Client) -> None:
    drill = await begun(api, early=False)
    async with Frontend(api.url) as frontend:
        await frontend.sign_in()
        await frontend.tasks()
        await api.send("POST", "/_devkit/api/scenarios/quick/off")
        await frontend.tasks()
    found = await ended(api, drill)
    assert (found["state"], found["verdict"]) == ("finished", "passed")
    assert "switched off before" in found["reason"]
    assert len([line for line in found["entries"] if line["what"] == "tasks.list"]) == 2


async def test_a_reset_ends_it(api: Client) -> None:
    drill = await begun(api)
    await api.send("POST", "/_devkit/api/reset")
    assert "switched off before" in (await ended(api, drill))["reason"]


async def test_clearing_the_journal_loses_no_evidence(api: Client) -> None:
    drill = await begun(api, early=False)
    async with Frontend(api.url) as frontend:
        await frontend.sign_in()
        await frontend.tasks()
    await api.send("DELETE", "/_devkit/api/journal")
    assert (await api.send("POST", f"{DRILLS}/{drill['id']}/finish")).json["verdict"] == "passed"


async def test_an_edited_file_goes_on_with_the_drill(api: Client) -> None:
    drill = await begun(api, early=False)
    (api.app.settings.scenario_dir / "quick.yaml").write_text(EDITED)
    async with asyncio.timeout(20):
        while "502" not in str(api.sandbox.engine.active()[0].scenario.rules[0].fault):
            await asyncio.sleep(0.05)
    assert (await api.send("GET", f"{DRILLS}/{drill['id']}")).json["state"] == "running"


async def test_removing_its_sandbox_ends_it(api: Client) -> None:
    drill = await begun(api, fresh=True, sandbox="mine")
    await api.send("DELETE", "/_devkit/api/sandboxes/mine")
    found = await ended(api, drill)
    assert found["state"] == "cancelled"
    assert "removed" in found["reason"]
    assert (await api.send("DELETE", f"{DRILLS}/{drill['id']}")).status == 200


async def test_a_server_that_stops_ends_it(start: StartServer) -> None:
    async with start() as client:
        await begun(client, "expired-token")
        drills = await client.app.control.drills.open()
        [drill] = drills.all()
    assert (drill.state, drill.reason) == ("cancelled", "The server stopped")


async def test_a_call_that_hangs_until_the_end_is_in_it_and_counts_as_unanswered(api: Client) -> None:
    drill = await begun(api, "hangs", early=False)
    async with Frontend(api.url, virtues=Virtues(tries=1, gives_up_waiting=20)) as frontend:
        await frontend.sign_in()
        waiting = asyncio.create_task(frontend.tasks())
        async with asyncio.timeout(10):
            while len(api.sandbox.journal.underway) < 1:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        found = (await api.send("POST", f"{DRILLS}/{drill['id']}/finish")).json
        assert await waiting == 200
    assert found["verdict"] == "failed"
    assert found["rules"][0]["struck"] == 1


async def test_sockets_that_were_open_before_belong_to_it(client: Client) -> None:
    async with Frontend(client.url, virtues=Virtues(reconnects=False)) as frontend:
        await frontend.sign_in()
        frontend.listen()
        await asyncio.wait_for(frontend.subscribed.wait(), 5)
        drill = await begun(client, "websocket-silent", early=False)
        found = (await client.send("POST", f"{DRILLS}/{drill['id']}/finish")).json
    assert found["verdict"] == "failed"
    assert "no reconnect" in found["expectations"][0]["reason"].lower()
    assert [line["direction"] for line in found["entries"] if line["type"] == "socket"] == ["struck"]


async def test_it_can_be_followed_until_it_ends(api: Client) -> None:
    drill = await begun(api)
    async with aiohttp.ClientSession(api.url) as http, http.ws_connect(f"{DRILLS}/{drill['id']}/follow") as feed:
        first = await feed.receive_json()
        assert (first["state"], first["expectations"][0]["verdict"]) == ("running", "inconclusive")
        async with Frontend(api.url) as frontend:
            await frontend.sign_in()
            await frontend.tasks()
        states = [(message.json()["state"], message.json()["verdict"]) async for message in feed if message.data]
    assert states[-1] == ("finished", "passed")


async def test_only_so_many_are_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drills, "KEPT", 3)
    drills, flaky = Drills(), await asyncio.to_thread(shipped, "flaky")
    before = len(client.sandbox.journal._listeners)
    for _ in range(6):
        drill = await drills.start(client.sandbox, flaky)
        await drill.finish()
    assert [drill.id for drill in drills.all()] == ["d6", "d5", "d4"]
    assert len(client.sandbox.journal._listeners) == before
    assert not client.sandbox.journal.wants_bodies


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
async def test_a_frontend_that_does_nothing_passes_no_shipped_drill(client: Client, path: Path) -> None:
    drill = await begun(client, path.stem)
    found = (await client.send("POST", f"{DRILLS}/{drill['id']}/finish")).json
    assert found["verdict"] == "inconclusive"
    assert {one["verdict"] for one in found["expectations"]} == {"inconclusive"}


def test_the_time_is_enough_for_what_is_expected() -> None:
    assert default_timeout(shipped("expired-token")) == 60_000
    assert default_timeout(shipped("websocket-silent")) == 120_000
