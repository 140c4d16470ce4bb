"""A sandbox that is called through a dev server's proxy knows it, says what comes of a scenario there, and spares the
dev server (its heads as `tests/test_proxies.py` has them).
"""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from devkit.faults.registry import DEV_SERVERS
from tests.conftest import Client
from tests.control.conftest import Control
from tests.wire import RawAnswer, Wire

VITE = "user-agent: Mozilla/5.0\r\nconnection: close\r\n"
WEBPACK = "user-agent: Mozilla/5.0\r\nConnection: keep-alive\r\n"
NEXT = "user-agent: Mozilla/5.0\r\nx-forwarded-host: localhost:3000\r\nConnection: keep-alive\r\n"


async def through(client: Client, proxy: str, *, times: int = 1) -> RawAnswer:
    """The last answer to a call for tasks, on one connection, as that proxy writes it."""
    head = f"GET /api/tasks HTTP/1.1\r\nhost: 127.0.0.1:{client.ready.port}\r\nauthorization: Bearer {client.token}\r\n"
    async with Wire(client.ready.port) as wire:
        for _ in range(times):
            await wire.send(f"{head}{proxy}\r\n".encode())
            answer = await wire.answer()
    return answer


def written(*faults: dict[str, Any], name: str = "tried") -> dict[str, Any]:
    rules = [{"id": f"r{number}", "fault": fault} for number, fault in enumerate(faults, 1)]
    return {"name": name, "title": "For a test", "rules": rules}


FATAL = {"type": "conn.malformed_chunk"}
STALLS = {"type": "conn.truncate", "fraction": 0.5}


@pytest.mark.parametrize(("proxy", "name"), [(VITE, "vite"), (WEBPACK, "webpack"), (NEXT, "next")])
async def test_a_sandbox_knows_whom_it_is_called_through(
    signed_in: Client, control: Control, proxy: str, name: str
) -> None:
    assert (await control("GET", "/status")).json["proxies"] == []
    assert (await through(signed_in, proxy, times=1 if proxy is VITE else 3)).status == 200
    assert [one["name"] for one in (await control("GET", "/status")).json["proxies"]] == [name]
    assert [len(one["proxies"]) for one in (await control("GET", "/sandboxes")).json["data"]] == [1]


async def test_calls_that_come_straight_tell_of_no_proxy(signed_in: Client, control: Control) -> None:
    await signed_in.send("GET", "/api/tasks")
    assert (await control("GET", "/status")).json["proxies"] == []


async def test_switching_on_says_how_it_arrives(
    signed_in: Client, control: Control, caplog: pytest.LogCaptureFixture
) -> None:
    assert DEV_SERVERS.kinds["conn.truncate"][""]["request"]["vite"] == "stalls"
    silent = (await control("POST", "/scenarios/try", scenario=written(STALLS))).json
    assert silent["warnings"] == []
    await _bytes_through(signed_in)
    # What was on before the first call came is told with it.
    assert "conn.truncate (rule r1) becomes an endless wait" in caplog.text
    caplog.clear()

    told = (await control("POST", "/scenarios/try", scenario=written(STALLS))).json["warnings"]

    assert told == (await control("GET", "/active")).json[0]["warnings"]
    assert [("Vite" in one, "conn.truncate (rule r1) becomes an endless wait" in one) for one in told] == [(True, True)]
    assert [record.levelno for record in caplog.records if told[0] in record.getMessage()] == [logging.WARNING]


async def test_what_ends_the_dev_server_is_refused_unless_forced(signed_in: Client, control: Control) -> None:
    assert DEV_SERVERS.kinds["conn.malformed_chunk"][""]["request"]["vite"] == "kills"
    await through(signed_in, VITE)

    refused = await control("POST", "/scenarios/try", scenario=written(STALLS, FATAL))

    assert (refused.status, refused.json["error"]) == (409, "ends_dev_server")
    assert "r2" in refused.json["message"]
    assert (await control("GET", "/active")).json == []
    forced = await control("POST", "/scenarios/try", scenario=written(FATAL), force=True)
    assert (forced.status, len(forced.json["warnings"])) == (200, 1)
    assert b"oops" in await _bytes_through(signed_in)


async def test_a_dev_server_that_survives_it_is_no_reason_to_refuse(signed_in: Client, control: Control) -> None:
    assert DEV_SERVERS.kinds["conn.malformed_chunk"][""]["request"]["next"] != "kills"
    await through(signed_in, NEXT)
    assert (await control("POST", "/scenarios/try", scenario=written(FATAL))).status == 200


async def test_a_dev_server_that_comes_later_is_spared_and_the_rule_keeps_its_strike(
    signed_in: Client, control: Control
) -> None:
    await control("POST", "/scenarios/try", scenario=written(FATAL))

    answer = await through(signed_in, VITE)

    assert (answer.status, "data" in json.loads(answer.body)) == (200, True)
    assert "x-devkit-fault" not in answer.headers
    assert [rule["struck"] for rule in (await control("GET", "/active")).json[0]["rules"]] == [0]
    entry = (await control("GET", "/journal", limit=1)).json["data"][0]
    assert "--force" in entry["note"]


async def test_a_drill_is_refused_alike_and_its_report_tells_of_the_proxy(signed_in: Client, control: Control) -> None:
    await through(signed_in, VITE)
    found = (await control("POST", "/drills", scenario="truncated-json", timeout="5s")).json
    proxies = (await control("POST", f"/drills/{found['id']}/finish")).json["proxies"]
    assert [one["name"] for one in proxies] == ["vite"]
    page = (await signed_in.send("GET", f"/_devkit/api/drills/{found['id']}/report.html")).body.decode()
    assert "Calls came through a dev server" in page


async def _bytes_through(client: Client) -> bytes:
    head = f"GET /api/tasks HTTP/1.1\r\nhost: 127.0.0.1:{client.ready.port}\r\nauthorization: Bearer {client.token}\r\n"
    async with Wire(client.ready.port) as wire:
        await wire.send(f"{head}{VITE}\r\n".encode())
        return await wire.reader.read()
