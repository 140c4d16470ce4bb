"""Every command against a server that has seen one of everything: a sentence or a table, never a stack trace.

The commands run in this process, since to start Python a hundred times would take minutes; the server in its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from typer.main import get_command

from devkit.cli.app import app
from devkit.errors import ExitCode
from tests.cli.conftest import Run
from tests.conftest import EMAIL, PASSWORD
from tests.process import Process, serving

SCENARIO = """\
name: mine
title: Everything that is written down
rules:
  - {id: held, match: {operation: models.list}, fault: {type: barrier, name: gate}}
  - {id: struck, match: {operation: config.get}, fault: {type: http.abort, status: 503}}
"""

COMMANDS: dict[str, list[str]] = {
    "status": [""],
    "init": ["", "--agents"],
    "validate": [""],
    "seed": ["--users 1 --tasks-per-user 1 --db other.db"],
    "mail list": ["", "--to nobody@example.com"],
    "mail show": ["{mail}", "{mail} --html", "nothing"],
    "scenario list": ["", "--tag auth", "--tag nothing"],
    "scenario show": ["mine", "flaky", "nothing"],
    "scenario use": ["mine", "nothing", "flaky slow-api --ttl 5m"],
    "scenario off": ["flaky", "nothing", "mine"],
    "scenario check": ["", "scenarios/mine.yaml", "nothing.yaml"],
    "scenario new": ["another --fault ws.drop", "mine"],
    "scenario schema": [""],
    "faults": ["", "http.abort", "http.abrot"],
    "drill": ["flaky --timeout 200ms", "nothing", "--schema"],
    "verify": ["--list", "--list --suite nothing", "http://127.0.0.1:1"],
    "keep": ["", "tasks.*=mock", "tasks.*"],
    "sandbox create": ["w1 --ttl 5m", "W!"],
    "sandbox list": [""],
    "sandbox show": ["w1", "main", "nothing"],
    "sandbox export": ["w1", "w1 --journal -o copy.zip", "nothing"],
    "sandbox import": ["copy.zip --id w2", "copy.zip", "nothing.zip", "scenarios/mine.yaml", "a b --id c"],
    "fleet config": [
        "haproxy r1=http://10.0.0.1:8000 r2=http://10.0.0.2:8000",
        "nginx r1=http://10.0.0.1 --listen [::]:80 --main r1",
        "caddy r1=http://10.0.0.1:8000",
        "nginx r1=http://10.0.0.1 r1=http://10.0.0.2",
    ],
    "fleet status": ["r1=http://127.0.0.1:1"],
    "fleet drain": ["", "--export away", "--wait 1ms", "--wait soon", "--off"],
    "sandbox delete": ["w1", "main", "nothing"],
    "clock show": [""],
    "clock advance": ["1m", "soon"],
    "clock freeze": ["", "--at 2030-01-20T10:00:00Z"],
    "clock set": ["2030-01-20T10:00:00Z", "tomorrow"],
    "clock rate": ["2", "fast"],
    "clock run": [""],
    "clock reset": [""],
    "snapshot save": ["before", "no/name"],
    "snapshot list": [""],
    "snapshot restore": ["before", "nothing"],
    "snapshot delete": ["before", "nothing"],
    "log": [
        "",
        "--wide",
        "--har log.har",
        "--type mail",
        "--type socket",
        "--status 4xx",
        "1",
        "{refused}",
        "{upload}",
        "999999",
        "-n 2",
    ],
    "token": ["", "--curl", "--defect signature", "--user nobody@example.com", "--lifetime 1m"],
    "event": ["notifications {{}}", "tasks nothing"],
    "barrier list": [""],
    "barrier release": ["gate", "nothing"],
    "routes": ["", "--dialect webplus", "--dialect nothing"],
    "contract list": [""],
    "contract init": ["", "backend.yaml", "folder/no.txt"],
    "contract check": ["backend.yaml", "backend.yaml nothing.yaml"],
    "contract show": ["tasks.list", "nothing", "backend.yaml", "nothing.yaml"],
    "contract schema": [""],
    "contract export": ["backend.yaml", "backend.yaml --asyncapi", "nothing.yaml"],
    "contract openapi": ["", "--dialect agreed"],
    "contract asyncapi": ["", "--dialect agreed"],
    "graduate": ["nothing.har", "backend.yaml", "nothing -o x.json"],
    "doctor": [""],
    "help": ["", "scenario use", "nothing"],
    "reset": [""],
    "stop": [""],
}
"""In the order in which they are run. What serves until it is stopped has tests of its own."""

ENDLESS = {"serve", "demo", "proxy", "record", "replay", "mcp"}
NO_JSON = {
    "fleet config",
    "help",
    "scenario schema",
    "contract openapi",
    "contract asyncapi",
    "contract schema",
    "contract export",
}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    context = command.make_context("devkit", [], resilient_parsing=True)
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    if not names:
        yield " ".join(path)
    for name in names:
        yield from leaves(command.get_command(context, name), (*path, name))


def test_no_command_is_left_out() -> None:
    assert sorted({*COMMANDS, *ENDLESS}) == sorted(leaves(get_command(app)))


async def see_everything(url: str) -> dict[str, str]:
    """One of each kind of entry; the ids that commands ask for."""
    async with aiohttp.ClientSession(url) as http:
        login = {"email": EMAIL, "password": PASSWORD}
        async with http.post("/api/auth/login", json=login) as answer:
            token = answer.headers.getall("Set-Cookie")[0].partition("=")[2].partition(";")[0]
        http.headers["Authorization"] = f"Bearer {token}"
        new = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, "confirmPassword": PASSWORD}
        await (await http.post("/api/auth/register", json=new)).read()
        ws = await http.ws_connect("/ws")
        await ws.send_json({"type": "subscribe", "topics": ["tasks", "uploads"]})
        form = aiohttp.FormData()
        form.add_field("file", b"x" * 10_000, filename="a.bin", content_type="application/octet-stream")
        await (await http.post("/api/uploads", data=form)).read()
        await (await http.post("/api/tasks", json={"title": "Seen"})).read()
        await (await http.get("/api/config", headers={"X-Devkit-Scenario": "flaky"})).read()
        await (await http.options("/api/tasks", headers={"Origin": "https://evil.example"})).read()
        await (await http.get("/nowhere")).read()
        await ws.close()
        await asyncio.to_thread(refused, url)
        entries = (await (await http.get("/_devkit/api/journal?limit=100")).json())["data"]
        mails = (await (await http.get("/_devkit/api/mail")).json())["data"]
    upload = next(one for one in entries if one.get("operation") == "uploads.create")
    bad = next((one for one in entries if one.get("status") in {400, 431}), entries[0])
    return {"mail": str(mails[0]["id"]), "upload": str(upload["number"]), "refused": str(bad["number"])}


def refused(url: str) -> None:
    """A head that is no HTTP."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10) as line:
        line.sendall(b"GET /api/tasks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        while line.recv(4096):
            pass


def wait_at_the_gate(url: str) -> None:
    async def call() -> None:
        async with aiohttp.ClientSession(url) as http:
            key = {"X-API-Key": "dk_test_0000_not_a_secret_0000"}
            await (await http.get("/api/models", headers=key)).read()

    with contextlib.suppress(aiohttp.ClientError):
        asyncio.run(call())


@pytest.mark.slow
def test_every_command_says_something_sensible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DEVKIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with serving(tmp_path) as server:
        ids = asyncio.run(see_everything(server.url))
        for command, argument_lists in COMMANDS.items():
            if command == "barrier list":
                begin_to_wait(server, run)
            for arguments in argument_lists:
                line = f"{command} {arguments}".format(**ids)
                check(line, *run(line), as_json=False)
                if command not in {*NO_JSON, "stop"} and "--schema" not in arguments:
                    check(line, *run(f"{line} --json"), as_json=True)
        assert not server.is_running


def check(line: str, status: int, out: str, err: str, *, as_json: bool) -> None:
    told = f"devkit {line}: {status}\n{out}\n{err}"
    assert status in {ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, ExitCode.NOT_RUNNING, ExitCode.REFUSED}, told
    assert "Traceback" not in out + err, told
    assert "failed in a way it should not" not in err, told
    assert out.strip() or err.strip(), told
    if status and not out.strip():
        # An error is the last of what is said: before it, a drill may have told how it stands.
        told_last = [line for line in err.splitlines() if not line.startswith("  ")][-1]
        assert json.loads(told_last)["exit_code"] == status if as_json else told_last.startswith("error: "), told
    if status == 0 and as_json:
        # The log writes a line for each entry, but for one that is asked for by its number.
        for text in out.splitlines() if line.startswith("log") and '\n  "' not in out else [out]:
            json.loads(text)


def begin_to_wait(server: Process, run: Run) -> None:
    """A call that a barrier holds."""
    run("scenario use mine")
    threading.Thread(target=wait_at_the_gate, args=(server.url,), daemon=True).start()
    deadline = time.monotonic() + 20
    while "gate" not in run("barrier list")[1]:
        assert time.monotonic() < deadline
