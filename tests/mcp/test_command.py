"""`devkit mcp` as a process, as an assistant starts it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from devkit.control.client import Client as Control
from devkit.control.runtime import find
from devkit.errors import ExitCode, NotRunning
from tests.mcp.talking import Talk
from tests.process import environment, serving

pytestmark = pytest.mark.slow

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
CALL = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "sandbox", "arguments": {}}}

COMMAND = [sys.executable, "-m", "devkit", "mcp"]


@asynccontextmanager
async def started(folder: Path, *arguments: str, mode: str = "legacy") -> AsyncIterator[Talk]:
    """The command, and the SDK's client of its standard streams."""
    told = StdioServerParameters(
        command=sys.executable, args=[*COMMAND[1:], *arguments], cwd=folder, env=environment(folder)
    )
    async with Client(told, mode=mode) as client:
        yield Talk(client)


def by_hand(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def spoken(process: subprocess.Popen[str], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to these requests."""
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        answers.append(json.loads(process.stdout.readline()))
    return answers


def called(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["result"]["structuredContent"]
    return found


async def sandboxes(url: str) -> int:
    """How many the server has."""
    found: int = (await asyncio.to_thread(Control(url).get, "/sandboxes"))["total"]
    return found


async def test_it_has_a_server_of_its_own_where_none_runs(tmp_path: Path) -> None:
    async with started(tmp_path, mode="auto") as ask:
        found = await ask("sandbox")
        assert found["server"] == "ends with this connection"
        assert (await ask("call", path="/api/tasks", user="test"))["status"] == 200
        assert find(tmp_path / ".devkit") == [], "others do not join what ends with this client"


def test_nothing_but_the_protocol_comes_and_the_end_of_input_ends_all(tmp_path: Path) -> None:
    process = by_hand(tmp_path)
    assert process.stdin is not None
    process.stdin.write("no JSON at all\n\n[1]\n")
    hello, sandbox = spoken(process, HELLO, CALL)
    while "serverInfo" not in hello.get("result", {}):
        # What is no message is answered as that, or passed over.
        hello, sandbox = sandbox, json.loads(process.stdout.readline())  # type: ignore[union-attr]
    url = called(sandbox)["path_url"].partition("/~")[0]
    assert Control(url).get("/status")["sandbox"] == "main"
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (ExitCode.DONE, "")
    assert "Traceback" not in err
    with pytest.raises(NotRunning):
        Control(url).get("/status")


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C goes to all processes of a terminal")
def test_ctrl_c_ends_all_although_input_goes_on(tmp_path: Path) -> None:
    process = by_hand(tmp_path)
    _, sandbox = spoken(process, HELLO, CALL)
    url = called(sandbox)["path_url"].partition("/~")[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    out, err = process.communicate()
    assert (out, "Traceback" in err) == ("", False), err
    with pytest.raises(NotRunning):
        Control(url).get("/status")


async def test_it_joins_the_server_that_runs_and_leaves_nothing_there(tmp_path: Path) -> None:
    with serving(tmp_path, "--memory") as server:
        async with started(tmp_path) as ask, started(tmp_path) as other:
            found = await ask("sandbox")
            assert found["path_url"].startswith(server.url)
            assert found["server"] == "was running before"
            assert "is not yours" in await ask.refused("sandbox", sandbox=(await other("sandbox"))["sandbox"])
            assert await sandboxes(server.url) == 3
        assert await sandboxes(server.url) == 1


async def test_over_http_it_says_where_and_wants_the_projects_token(tmp_path: Path) -> None:
    with serving(tmp_path, "--memory") as server:
        process = by_hand(tmp_path, "--http", "0", "--url", server.url)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        token = (tmp_path / ".devkit" / "control-token").read_text().strip()
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as http,
            Client(streamable_http_client(address, http_client=http), mode="legacy") as client,
        ):
            ask = Talk(client)
            assert (await ask("sandbox"))["path_url"].startswith(server.url)
            text = "name: x\ntitle: X\nrules:\n- id: a\n  fault: {type: http.abort, status: 500}\n"
            assert "--save" in await ask.refused("scenario", action="save", name="x", text=text)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == ExitCode.DONE
        assert "Traceback" not in err
        assert await sandboxes(server.url) == 1


async def test_its_server_has_the_contract_of_the_folder_and_a_file_that_is_wrong_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "devkit.yaml").write_text("contract: [backend.yaml]\n")
    (tmp_path / "backend.yaml").write_text("contract: shop\nresourcs: {}\n")
    async with started(tmp_path) as ask:
        for _ in range(2):
            assert "backend.yaml:2" in await ask.refused("sandbox")
        (tmp_path / "backend.yaml").write_text(
            "contract: shop\nbase: /api\nresources:\n  customers:\n    fields: {name: string!}\n    seed: 3\n"
        )
        assert "customers.list" in {row["operation"] for row in (await ask("operations"))["operations"]}
        assert len((await ask("call", operation="customers.list"))["body"]["data"]) == 3
        shown = (await ask("operations", operation="customers.create"))["operation"]
        body = shown["request"]["application/json"]["example"]
        assert (await ask("call", operation="customers.create", body=body))["status"] == 201


def test_without_the_package_a_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    script = "import sys; sys.modules['mcp'] = None; sys.argv = ['devkit', 'mcp']; from devkit.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (ExitCode.FAILED, "")
    assert done.stderr == (
        "error: `devkit mcp` needs the package mcp, which is not installed.\n"
        "  `pip install 'devkit-mock[mcp]'` brings it along.\n"
    )


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, "--memory") as server:
        done = subprocess.run(
            [*COMMAND, "--http", str(server.port)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == ExitCode.PORT_TAKEN
    assert f"{server.port}" in done.stderr
