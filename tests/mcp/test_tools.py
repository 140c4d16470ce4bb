"""What each tool does, asked by the SDK's client, on a real server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from mcp import Client as McpClient

from devkit.cli.measuring import measure
from devkit.control.client import Client as Control
from devkit.mcp.answering import Answering, listed
from devkit.mcp.base import Means
from devkit.mcp.home import Home
from devkit.mcp.table import TOOLS
from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.mcp.talking import Talk, talking, until

MOST = 14_000
"""Bytes of the tool list: every conversation of every assistant pays for them, some 3,500 tokens."""


def test_the_list_of_tools_costs_little() -> None:
    tools = [listed(tool, apart=True).model_dump(mode="json", by_alias=True, exclude_none=True) for tool in TOOLS]
    assert len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False).encode()) <= MOST


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_each_tool_says_what_it_does_and_to_whom(tool: Any) -> None:
    found = listed(tool, apart=False)
    hints = found.annotations
    assert hints is not None
    assert found.description is not None
    assert len(found.description) <= 330
    # What only reads destroys nothing; MCP, "ToolAnnotations": the second says nothing where the first is true.
    assert not (hints.read_only_hint and hints.destructive_hint)
    assert hints.open_world_hint is (tool.name == "verify")
    assert '"title"' not in json.dumps({name: one for name, one in found.input_schema.items() if name != "properties"})
    assert found.input_schema["additionalProperties"] is False
    for schema in (found.input_schema, found.output_schema):
        jsonschema_rs.meta.validate(schema)


async def test_a_client_finds_its_sandbox_and_its_users(client: Client) -> None:
    async with talking(client.url) as ask:
        found = await ask("sandbox")
        assert found["sandbox"].startswith("mcp-")
        assert found["path_url"] == f"{client.url}/~{found['sandbox']}"
        assert found["test_user"] == {"email": EMAIL, "password": PASSWORD}
        assert EMAIL in found["users"]
        token = {"Authorization": f"Bearer {found['token']}"}
        assert (await client.send("GET", "/api/auth/me", headers=token)).json["user"]["email"] == EMAIL
        assert (await ask("journal"))["newest"] == 1
        # The panel's own `core/router.js` names its sandbox so.
        assert found["panel"] == f"{client.url}/_devkit/?devkit_sandbox={found['sandbox']}"
        again = await ask("sandbox")
        assert again["sandbox"] == found["sandbox"]


async def test_it_ends_with_its_client(client: Client) -> None:
    async with talking(client.url) as ask:
        await ask("sandbox")
        assert len(client.app.sandboxes.all()) == 2
    assert [hosted.sandbox.id for hosted in client.app.sandboxes.all()] == ["main"]


async def test_a_reset_takes_back_what_was_done_and_another_one_is_another(client: Client) -> None:
    async with talking(client.url) as ask:
        before = await ask("sandbox")
        await ask("call", operation="tasks.create", body={"title": "Buy milk"}, user="test")
        changed = await ask("sandbox")
        assert changed["counts"]["tasks"] == before["counts"]["tasks"] + 1
        assert (await ask("sandbox", action="reset"))["counts"]["tasks"] == before["counts"]["tasks"]
        other = await ask("sandbox", action="new", scenarios=["maintenance"], time="2030-01-01T00:00:00Z")
        assert other["sandbox"] != before["sandbox"]
        assert other["scenarios"] == ["maintenance"]
        assert other["time"].startswith("2030-01-01T00:00:")
        assert len(client.app.sandboxes.all()) == 2


async def test_operations_are_listed_searched_and_shown(client: Client) -> None:
    async with talking(client.url) as ask:
        everything = await ask("operations", limit=3)
        assert len(everything["operations"]) == 3
        assert everything["total"] > 20
        assert everything["areas"]["tasks"] > 4
        found = await ask("operations", search="upload", dialect="agreed")
        assert {row["operation"].partition(".")[0] for row in found["operations"]} == {"uploads"}
        shown = (await ask("operations", operation="tasks.create"))["operation"]
        assert (shown["method"], shown["path"], shown["signed_in"]) == ("POST", "/api/tasks", True)
        request = shown["request"]["application/json"]
        jsonschema_rs.validate(request["schema"], request["example"])
        answer = shown["answers"]["201"]["content"]["application/json"]["schema"]
        assert "title" in answer["properties"]
        assert shown["answers"]["400"]["codes"][:2] == ["validation_error", "bad_request"]
        assert "$ref" not in json.dumps(shown)
        made = await ask("call", operation="tasks.create", body=request["example"], user="test")
        jsonschema_rs.validate(answer, made["body"])


async def test_what_is_not_there_is_told_with_what_was_meant(client: Client) -> None:
    async with talking(client.url) as ask:
        assert "Did you mean 'tasks.create'?" in await ask.refused("operations", operation="task.create")
        assert "Did you mean 'webplus'?" in await ask.refused("operations", dialect="webpluss")
        assert "Did you mean 'tasks.list'?" in await ask.refused("call", operation="tasks.lists")
        assert "Did you mean 'expired-token'?" in await ask.refused("scenario", action="use", name="expired-tokn")
        assert "Did you mean 'http.abort'?" in await ask.refused("faults", kind="http.abrt")
        assert "actoin is no argument of it, action is" in await ask.refused("sandbox", actoin="reset")
        assert "There is no tool named 'sandbx'. Did you mean 'sandbox'?" in await ask.refused("sandbx")
        assert "the path of tasks.get" in (await ask.refused("call", operation="tasks.get")).lower()
        assert "action cannot be 'up': input should be" in await ask.refused("drill", action="up")
        assert "action is needed" in await ask.refused("scenario")


async def test_a_call_is_real_and_stands_in_the_journal(client: Client) -> None:
    async with talking(client.url) as ask:
        assert (await ask("call", path="/api/auth/me"))["status"] == 401
        answer = await ask("call", path="/api/auth/me", user="admin@example.com")
        assert answer["body"]["user"]["email"] == "admin@example.com"
        entry = (await ask("journal", action="show", number=answer["journal"]))["entry"]
        assert (entry["path"], entry["status"], entry["user"]) == ("/api/auth/me", 200, "admin@example.com")
        assert client.sandbox.journal.newest == 0
        page = await ask("call", operation="tasks.list", query={"limit": 2}, user="test")
        assert len(page["body"]["data"]) == 2
        one = page["body"]["data"][0]["id"]
        gone = await ask("call", operation="tasks.delete", path_params={"id": one}, user="test")
        assert gone["status"] in {200, 204}
        text = await ask("call", method="POST", path="/api/auth/login", body="{not json")
        assert text["status"] == 400


async def test_a_long_body_is_cut_and_said_to_be(client: Client) -> None:
    async with talking(client.url) as ask:
        short = await ask("call", path="/api/tasks?limit=50", user="test", max_body=100)
        assert (short["cut"], len(short["body"])) == (True, 100)
        whole = await ask("call", path="/api/tasks?limit=50", user="test", max_body=200_000)
        assert (whole["cut"], len(whole["body"]["data"])) == (False, 50)


@pytest.mark.parametrize("fault", ["conn.reset", "conn.truncate, fraction: 0.5"])
async def test_an_answer_that_does_not_come_is_told_and_no_error(client: Client, fault: str) -> None:
    async with talking(client.url) as ask:
        text = f"name: broken\ntitle: Broken\nrules:\n- id: it\n  fault: {{type: {fault}}}\n"
        await ask("scenario", action="try", text=text)
        answer = await ask("call", path="/api/config")
        assert answer["trouble"].endswith(".")
        assert answer["faults"] == [f"broken/it ({fault.partition(',')[0]})"]


async def test_devkits_own_addresses_and_others_sandboxes_are_out_of_a_calls_reach(client: Client) -> None:
    async with talking(client.url) as ask:
        for path in (
            "/_devkit/api/reset", "/%5fdevkit/api/reset", "/~main/api/tasks", "/%7emain/api/tasks",
            "/api/tasks?devkit_sandbox=main", "/api/tasks?devkit%5Fsandbox=main", "//evil.test/api", "http://evil.test/",
        ):  # fmt: skip
            assert await ask.refused("call", path=path), path
        for name in ("Host", "X-Devkit-Sandbox", "x-devkit-token", "Content-Length"):
            assert "set by the tool itself" in await ask.refused("call", path="/api/config", headers={name: "x"})
        assert "cannot be sent" in await ask.refused("call", path="/api/config", headers={"X-A": "1\r\nX-B: 2"})
        assert "devkit_sandbox" not in str(await ask("call", path="/api/config"))
    assert client.sandbox.journal.newest == 0


async def test_a_scenario_is_composed_tried_and_saved(start: StartServer, tmp_path: Path) -> None:
    broken = "name: mine\ntitle: Mine\nrules:\n- id: it\n  fault: {type: http.abrt}\n"
    sound = broken.replace("abrt", "abort, status: 507")
    async with start(scenario_dir=tmp_path / "scenarios") as client, talking(client.url) as ask:
        checked = await ask("scenario", action="check", text=broken)
        assert (checked["sound"], checked["problem"]["line"]) == (False, 5)
        assert (await ask("scenario", action="check", text=sound))["sound"] is True
        await ask("scenario", action="try", text=sound)
        assert (await ask("call", path="/api/config"))["status"] == 507
        assert (await ask("scenarios"))["on"][0]["rules"] == [
            {"id": "it", "fault": "http.abort", "matched": 1, "struck": 1}
        ]
        assert (await ask("scenario", action="off"))["off"] == ["mine"]
        assert (await ask("call", path="/api/config"))["status"] == 200
        await ask("scenario", action="save", name="mine", text=sound)
        assert (tmp_path / "scenarios" / "mine.yaml").read_text(encoding="utf-8") == sound
        again = await ask.refused("scenario", action="save", name="mine", text=sound)
        assert "There is a file mine.yaml already" in again
        await client.send("POST", "/_devkit/api/scenarios/mine/use", json={})
        refused = await ask.refused("scenario", action="save", name="mine", text=broken, replace=True)
        assert "is on in main, which is not yours" in refused


async def test_where_files_are_not_written_nothing_is(client: Client) -> None:
    async with talking(client.url, saves=False) as ask:
        text = "name: mine\ntitle: Mine\nrules:\n- id: it\n  fault: {type: http.abort, status: 507}\n"
        assert "not written" in await ask.refused("scenario", action="save", name="mine", text=text)


async def test_the_clock_lets_a_session_expire(client: Client) -> None:
    async with talking(client.url) as ask:
        login = {"email": EMAIL, "password": PASSWORD}
        signed_in = await ask("call", operation="auth.login", body=login)
        cookie = signed_in["headers"]["Set-Cookie"].split(";")[0]
        assert (await ask("call", path="/api/auth/me", headers={"Cookie": cookie}))["status"] == 200
        turned = await ask("clock", action="advance", by="48h")
        assert turned["offset"] == 48 * 3_600_000
        expired = await ask("call", path="/api/auth/me", headers={"Cookie": cookie})
        assert expired["error"] == "token_expired"
        assert (await ask("clock", action="freeze", at="2030-01-01T00:00:00Z"))["frozen"] is True
        assert (await ask("clock"))["time"] == "2030-01-01T00:00:00.000Z"
        assert (await ask("clock", action="reset"))["offset"] == 0
        assert "`by` is needed" in await ask.refused("clock", action="advance")
        assert "Leads out of the years" in await ask.refused("clock", action="advance", by="-99999d")


async def test_a_mail_is_waited_for_and_read_once(client: Client) -> None:
    async with talking(client.url) as ask:
        assert "No mail to new@example.com" in await ask.refused(
            "mail", action="wait", to="new@example.com", timeout=0.1
        )
        waiting = asyncio.create_task(ask("mail", action="wait", to="new@example.com", timeout=20))
        user = {"name": "New", "email": "new@example.com", "password": PASSWORD, "confirmPassword": PASSWORD}
        assert (await ask("call", operation="auth.register", body=user))["status"] == 201
        mail = (await waiting)["mail"]
        assert (mail["to"], mail["kind"]) == ("new@example.com", "verify")
        assert "token" in mail["link"]
        assert (await ask("mail"))["mails"][0]["id"] == mail["id"]
        assert (await ask("mail", action="read", id=mail["id"]))["mail"]["text"] == mail["text"]
        await ask.refused("mail", action="wait", timeout=0.1)


async def test_the_journal_is_filtered_and_waited_for(client: Client) -> None:
    async with talking(client.url) as ask:
        first = await ask("call", path="/api/config")
        waiting = asyncio.create_task(ask("journal", action="wait", status="4xx", timeout=20))
        missing = await ask("call", path="/api/nothing")
        assert (await waiting)["entry"]["number"] == missing["journal"]
        listed_ = await ask("journal", status="404", after=first["journal"])
        assert [entry["path"] for entry in listed_["entries"]] == ["/api/nothing"]
        assert "Nothing that fits" in await ask.refused("journal", action="wait", status="500", timeout=0.1)
        assert "Must be a status" in await ask.refused("journal", status="many")


async def test_a_drill_tells_what_the_frontend_did_not_do(client: Client) -> None:
    async with talking(client.url) as ask:
        begun = await ask("drill", action="start", scenario="expired-token")
        assert begun["state"] == "running"
        assert begun["frontend_has_to_call"] == (await ask("sandbox"))["path_url"]
        answer = await ask("call", operation="auth.login", body={"email": EMAIL, "password": PASSWORD})
        cookie = {"Cookie": answer["headers"]["Set-Cookie"].split(";")[0]}
        for _ in range(4):
            await ask("call", operation="tasks.list", headers=cookie)
        ended = await ask("drill", action="finish")
        assert (ended["state"], ended["verdict"]) == ("finished", "failed")
        wrong = next(one for one in ended["expectations"] if one["verdict"] == "failed")
        assert wrong["reason"]
        assert ended["struck"] == {"expire": 1}
        assert (await ask("drill", action="status", id=begun["id"]))["verdict"] == "failed"


async def test_a_drill_elsewhere_is_none_of_the_clients(client: Client) -> None:
    begun = await client.send("POST", "/_devkit/api/drills", json={"scenario": "expired-token"})
    async with talking(client.url) as ask:
        assert "No drill has been started in your sandbox" in await ask.refused("drill", action="finish")
        assert "is not in your sandbox" in await ask.refused("drill", action="finish", id=begun.json["id"])
    assert (await client.send("GET", f"/_devkit/api/drills/{begun.json['id']}")).json["state"] == "running"


async def test_a_backend_is_verified_and_progress_is_told(client: Client) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async with talking(client.url) as ask:
        result = await ask.client.call_tool(
            "verify", {"url": client.url, "suites": ["json"]}, progress_callback=progress
        )
        report: Any = result.structured_content
        assert report["counts"]["passed"] > 3
        assert report["read_only"] is False
        assert told[-1][:2] == (len(told), len(told))
        assert "127.0.0.1:1" in await ask.refused("verify", url="http://127.0.0.1:1")
        assert "is no address" in await ask.refused("verify", url="ftp://x")
        assert "outside of the project's folder" in await ask.refused("verify", url=client.url, contract="/etc/passwd")


async def test_a_backend_that_is_not_of_this_machine_is_asked_what_changes_nothing(client: Client) -> None:
    asked: list[tuple[str, bool]] = []

    async def measuring(url: str, *, read_only: bool, **_: Any) -> Any:
        asked.append((url, read_only))
        return {
            "url": url,
            "contract": "",
            "dialect": "",
            "verdict": "passed",
            "summary": "",
            "counts": {},
            "checks": [],
        }

    async with talking(client.url, measuring=measuring) as ask:
        for url in ("localhost:9000", "http://w1.localhost:1", "http://[::1]:2", "https://api.example.com"):
            await ask("verify", url=url)
        await ask("verify", url="https://api.example.com", read_only=False)
    assert [read_only for _, read_only in asked] == [False, False, False, True, False]


async def test_a_verification_that_is_called_off_asks_no_more(client: Client) -> None:
    async with talking(client.url) as ask:
        calling = asyncio.create_task(ask("verify", url=client.url))

        async def asked() -> bool:
            return client.sandbox.journal.newest > 3

        await until(asked)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        newest = -1

        async def quiet() -> bool:
            nonlocal newest
            before, newest = newest, client.sandbox.journal.newest
            await asyncio.sleep(0.3)
            return before == newest

        await until(quiet, 30)
        assert newest < 200
        assert (await ask("sandbox"))["sandbox"]


async def test_a_contract_is_shown_and_a_file_is_checked(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backend.yaml").write_text("contract: shop\nresources:\n  customers:\n    fields: {name: strin!}\n")
    async with talking(client.url) as ask:
        shown = await ask("contract")
        assert shown["dialects"][0] == "agreed"
        assert "Times are ISO 8601" in shown["holds_everywhere"]
        checked = await ask("contract", action="check", file="backend.yaml")
        assert checked["sound"] is False
        assert "backend.yaml:4" in checked["mistakes"][0]
        (tmp_path / "backend.yaml").write_text(
            "contract: shop\nresources:\n  customers:\n    fields: {name: string!}\n"
        )
        sound = await ask("contract", action="check", file="backend.yaml")
        assert (sound["sound"], sound["resources"]) == (True, ["customers"])
        assert "outside of the project's folder" in await ask.refused("contract", action="check", file="../other.yaml")


async def test_resources_are_the_contract_the_faults_the_scenarios_and_the_pages(client: Client) -> None:
    async with talking(client.url) as ask:
        found = {str(one.uri) for one in (await ask.client.list_resources()).resources}
        assert {"devkit://contract", "devkit://faults", "devkit://scenarios", "devkit://docs/your-backend"} <= found

        async def read(uri: str) -> str:
            [content] = (await ask.client.read_resource(uri)).contents
            text: str = content.text  # type: ignore[union-attr]
            return text

        assert json.loads(await read("devkit://contract"))["openapi"].startswith("3.1")
        assert "/_devkit/api/sandboxes" in json.loads(await read("devkit://control"))["paths"]
        assert "## http.abort" in await read("devkit://faults")
        assert "## expired-token" in await read("devkit://scenarios")
        assert (await read("devkit://scenarios/expired-token")).startswith("name: expired-token")
        assert "# Your own backend" in await read("devkit://docs/your-backend")
        with pytest.raises(Exception, match="Did you mean 'devkit://faults'"):
            await read("devkit://fault")
        with pytest.raises(Exception, match="There is no file of a scenario"):
            await read("devkit://scenarios/none-such")
        assert len(client.app.sandboxes.all()) == 1, "to read needs no sandbox"


async def test_prompts_are_filled(client: Client) -> None:
    async with talking(client.url) as ask:
        names = [prompt.name for prompt in (await ask.client.list_prompts()).prompts]
        assert names == ["frontend-behaviour", "mock-this-backend", "verify-backend"]
        found = await ask.client.get_prompt("frontend-behaviour", {"scenario": "rate-limited"})
        assert "rate-limited" in found.messages[0].content.text  # type: ignore[union-attr]
        assert "{" not in found.messages[0].content.text  # type: ignore[union-attr]
        with pytest.raises(Exception, match="needs url"):
            await ask.client.get_prompt("verify-backend", {})


async def test_a_server_that_ended_is_told_and_another_is_joined(start: StartServer) -> None:
    where = ""
    made = Answering(
        Home(lambda: Control(where), None), Means(measure=measure, judge=lambda file: {"file": file}, saves=False)
    )
    async with McpClient(made.server, mode="legacy") as plain:
        ask = Talk(plain)
        async with start() as first:
            where = first.url
            await ask("sandbox")
        assert "has ended, and your sandbox with it" in await ask.refused("journal")
        async with start() as second:
            where = second.url
            assert (await ask("sandbox", action="new"))["path_url"].startswith(second.url)
            await ask("journal")
    await made.close()
