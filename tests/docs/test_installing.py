"""docs/installing.md. Its shell blocks install from a package index, and are typed by `.ci/run`; the others are used
here: the npm scripts by npm, and what Docker would read by what it would do.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from devkit import __version__
from tests.docs.blocks import BLOCKS, ROOT
from tests.node import node_modules
from tests.process import environment, serving

PAGE = "docs/installing.md"
PACKAGES = ("concurrently@10.0.7", "start-server-and-test@3.0.12")
PACKAGE_JSON, IMAGE, COMPOSE = (PAGE, "{"), (PAGE, "# tools/Dockerfile"), (PAGE, "compose.yaml")
RUN = {PACKAGE_JSON, IMAGE, COMPOSE}
TYPED = [block.key for block in BLOCKS if block.page == PAGE and block.language == "sh"]
WHEEL = f"devkit_mock-{__version__}-py3-none-any.whl"

FRONTEND = """#!/usr/bin/env node
for (;;) {
  try {
    const answer = await fetch(`http://localhost:${process.env.DEVKIT_PORT}/api/health`);
    console.log(process.argv[1].split("/").pop(), process.argv.slice(2).join(" "), "met", answer.status);
    break;
  } catch { await new Promise((wait) => setTimeout(wait, 100)); }
}
"""
"""In place of Vite and of Playwright: waits for the backend, and ends."""


def text_of(key: tuple[str, str]) -> str:
    [found] = [block.text for block in BLOCKS if block.key == key]
    return found


def test_the_wheel_has_the_name_that_is_printed() -> None:
    named = re.findall(r"devkit_mock-[\w.]+-py3-none-any\.whl", (ROOT / PAGE).read_text(encoding="utf-8"))
    assert {*named} == {WHEEL}


def test_the_scripts_name_what_is_pinned_here() -> None:
    wanted = json.loads(text_of(PACKAGE_JSON))["devDependencies"]
    assert {f"{name}@{version.removeprefix('^')}" for name, version in wanted.items()} == {*PACKAGES}


@pytest.mark.slow
@pytest.mark.parametrize(("script", "said"), [("dev", "vite  met 200"), ("e2e", "playwright test met 200")])
async def test_the_npm_scripts_start_and_end_the_backend(
    tmp_path: Path, request: pytest.FixtureRequest, script: str, said: str
) -> None:
    cache: pytest.Cache = request.config.cache  # type: ignore[assignment]  # always there, unless switched off
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    for program in (node_modules(cache, "installing", *PACKAGES) / "node_modules" / ".bin").iterdir():
        (programs / program.name).symlink_to(program)
    for name in ("vite", "playwright"):
        (programs / name).write_text(FRONTEND)
    (programs / "devkit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m devkit "$@"\n')
    for name in ("vite", "playwright", "devkit"):
        (programs / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    (tmp_path / "package.json").write_text(text_of(PACKAGE_JSON).replace("localhost:8000", f"localhost:{port}"))

    process = await asyncio.create_subprocess_exec(
        "npm", "run", script,
        cwd=tmp_path,
        env=environment(tmp_path, DEVKIT_PORT=port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(120):
            output, _ = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert said in output.decode()
    assert "Ctrl-C stops it" in output.decode()


def test_the_image_is_made_of_what_the_first_block_puts_into_tools() -> None:
    lines = dict(re.findall(r"^([A-Z]+) (.*)$", text_of(IMAGE), re.MULTILINE))
    *files, folder = lines["COPY"].split()
    assert [fnmatch.filter(["tools/requirements.lock", f"tools/{WHEEL}"], file) for file in files] == [
        ["tools/requirements.lock"],
        [f"tools/{WHEEL}"],
    ]
    [pip] = re.findall(r"# in shop: with pip\n(.*?)```", (ROOT / PAGE).read_text(encoding="utf-8"), re.DOTALL)
    assert lines["RUN"].replace(" --no-cache-dir", "").replace(folder, "tools/").split(" && ") == [
        line.removeprefix(".venv/bin/").replace(WHEEL, "devkit_mock-*.whl") for line in pip.splitlines()[1:3]
    ]
    asked = re.search(r"requires-python = \">=([\d.]+)\"", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert asked is not None
    assert lines["FROM"] == f"python:{asked[1]}-slim"


@pytest.mark.slow
async def test_the_images_command_serves_under_both_names_and_is_healthy(tmp_path: Path) -> None:
    service: dict[str, Any] = yaml.safe_load(text_of(COMPOSE))["services"]["backend"]
    lines = dict(re.findall(r"^([A-Z]+) (.*)$", text_of(IMAGE), re.MULTILINE))
    assert service["build"] == {"context": ".", "dockerfile": IMAGE[1].removeprefix("# ")}
    assert service["ports"] == [f"127.0.0.1:8000:{lines['EXPOSE']}"]
    state = tmp_path / "state"
    assert service["volumes"] == [f"./mock:{lines['WORKDIR']}", "state:" + service["environment"]["DEVKIT_STATE_DIR"]]
    variables = service["environment"] | {"DEVKIT_STATE_DIR": str(state)}
    devkit, command, *options = json.loads(lines["CMD"])
    assert (devkit, command) == ("devkit", "serve")

    with serving(tmp_path, *options, **variables) as server:
        for host, status in (("localhost", 200), ("backend", 200), ("elsewhere", 403)):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"GET /api/health HTTP/1.1\r\nHost: {host}:8000\r\nConnection: close\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] == str(status).encode()
            writer.close()
        how, *check = service["healthcheck"]["test"]
        assert (how, check[0]) == ("CMD", "devkit")
        inside = environment(tmp_path, **variables)
        subprocess.run([sys.executable, "-m", *check], cwd=tmp_path, env=inside, timeout=60, check=True)
        assert (state / "control-token").exists()
