"""The command, looked at by the protocol's own inspector (npm), in its mode for the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devkit.mcp.table import TOOLS
from tests.node import node_modules
from tests.process import environment, serving

INSPECTOR = "@modelcontextprotocol/inspector@2.12.0"

pytestmark = pytest.mark.slow

Inspect = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def inspect(pytestconfig: pytest.Config, tmp_path: Path) -> Inspect:
    """Inspects the command that an assistant would start."""
    assert pytestconfig.cache is not None
    folder = node_modules(pytestconfig.cache, "inspector", INSPECTOR)
    program = folder / "node_modules" / ".bin" / "mcp-inspector"

    def run(*words: str, target: tuple[str, ...] = (sys.executable, "-m", "devkit", "mcp")) -> Any:
        return subprocess.run(
            [str(program), "--cli", *target, *words],
            cwd=tmp_path,
            env=environment(tmp_path, HOME=str(tmp_path)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_its_schemas_are_such_that_every_host_takes_them(inspect: Inspect) -> None:
    done = inspect("--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    assert [tool["name"] for tool in json.loads(done.stdout)["tools"]] == TOOLS.names()
    assert "Issue:" not in done.stderr


def test_a_tool_is_called_and_a_mistake_is_a_sentence(inspect: Inspect) -> None:
    words = ["--tool-arg", "operation=tasks.list", "user=test", 'query={"limit":1}']
    done = inspect("--method", "tools/call", "--tool-name", "call", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["structuredContent"]
    assert (told["status"], told["journal"], len(told["body"]["data"])) == (200, 1, 1)
    wrong = inspect("--method", "tools/call", "--tool-name", "sandbox", "--tool-arg", "sandbox=main")
    assert "'main' is not yours" in json.loads(wrong.stdout)["content"][0]["text"]


def test_resources_and_prompts_are_read(inspect: Inspect) -> None:
    done = inspect("--method", "resources/read", "--uri", "devkit://scenarios/expired-token")
    assert json.loads(done.stdout)["contents"][0]["text"].startswith("name: expired-token")
    asked = inspect("--method", "prompts/get", "--prompt-name", "verify-backend", "--prompt-args", "url=http://x")
    assert "http://x" in json.loads(asked.stdout)["messages"][0]["content"]["text"]


def test_over_http_it_needs_the_token(inspect: Inspect, tmp_path: Path) -> None:
    with serving(tmp_path, "--memory") as server:
        command = [sys.executable, "-m", "devkit", "mcp", "--http", "0", "--url", server.url]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            token = (tmp_path / ".devkit" / "control-token").read_text().strip()
            words = ("--method", "tools/call", "--tool-name", "operations", "--tool-arg", "search=login")
            done = inspect(*words, "--header", f"Authorization: Bearer {token}", target=(address,))
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["structuredContent"]["total"] > 0
            assert inspect(*words, target=(address,)).returncode != 0
            process.terminate()
