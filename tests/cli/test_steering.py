"""The commands that steer a running server, against one that runs; and what they say where there is none."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devkit import yamlfile
from devkit.cli.scenario import skeleton
from devkit.dialects.shipped import BACKEND
from devkit.faults.registry import FAULTS
from devkit.scenario.loading import understand
from tests.process import Process, environment, serving

ANSWER_TIME = 20


class Terminal:
    """Runs commands in the folder of a server."""

    def __init__(self, folder: Path, server: Process) -> None:
        self.folder, self.server = folder, server

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "devkit", *arguments],
            cwd=self.folder,
            env=environment(self.folder, **variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def right(self, *arguments: str, **variables: str) -> str:
        """What a command that succeeds prints."""
        result = self(*arguments, **variables)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def get(self, path: str, **headers: str) -> int:
        """The status of a request."""
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=ANSWER_TIME)
        try:
            connection.request("GET", path, headers={"User-Agent": "the-tests", **headers})
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("project")
    with serving(folder, "--memory") as server:
        yield Terminal(folder, server)
        assert server.stop() == 0


def test_a_sandbox_is_made_listed_shown_and_removed(terminal: Terminal) -> None:
    made = terminal(
        "sandbox", "create", "w1", "--time", "2026-01-20T10:00:00Z", "--frozen", "--seed", "7", "--ttl", "1h"
    )
    assert made.stdout.strip() == f"http://w1.localhost:{terminal.server.port}"
    assert "X-Devkit-Sandbox: w1" in made.stderr
    assert "w1" in terminal.right("sandbox", "list")
    assert json.loads(terminal.right("sandbox", "show", "w1", "--json"))["seed"] == 7
    assert "stands still" in terminal.right("sandbox", "show", "w1")
    assert terminal.right("clock", "show", "--sandbox", "w1").startswith("2026-01-20T10:00:00.000Z")
    assert terminal.right("clock", "show", "--url", made.stdout.strip()).startswith("2026-01-20T10:00:00.000Z")
    assert terminal.right("sandbox", "delete", "w1").strip() == "The sandbox w1 is gone"
    gone = terminal("clock", "show", "--sandbox", "w1")
    assert (gone.returncode, "no sandbox 'w1'" in gone.stderr) == (5, True)


def test_the_clock_is_turned(terminal: Terminal) -> None:
    assert "2h ahead" in terminal.right("clock", "advance", "2h")
    assert "1h55m ahead" in terminal.right("clock", "advance", "-5m")
    assert "5m behind" in terminal.right("clock", "advance", "-2h")
    assert "stands still" in terminal.right("clock", "freeze", "2026-01-20T10:00:00Z")
    assert json.loads(terminal.right("clock", "set", "2026-01-21T10:00:00Z", "--json"))["frozen"]
    assert "60 times as fast" in terminal.right("clock", "rate", "60")
    assert "times" not in terminal.right("clock", "run")
    assert "in step" in terminal.right("clock", "reset")


def test_snapshots_are_saved_listed_restored_and_deleted(terminal: Terminal) -> None:
    assert "No snapshots" in terminal.right("snapshot", "list")
    assert terminal.right("snapshot", "save", "one").startswith("saved one (")
    assert "one" in terminal.right("snapshot", "list")
    assert terminal.right("snapshot", "restore", "one").startswith("restored one")
    assert json.loads(terminal.right("snapshot", "list", "--json"))["total"] == 1
    assert "gone" in terminal.right("snapshot", "delete", "one")


def test_a_token_signs_in_and_the_curl_line_runs(terminal: Terminal) -> None:
    token = terminal.right("token").strip()
    assert terminal.get("/api/auth/me", Authorization=f"Bearer {token}") == 200
    for bad in (["--expired"], ["--defect", "signature"]):
        token = terminal.right("token", *bad).strip()
        assert terminal.get("/api/auth/me", Authorization=f"Bearer {token}") == 401
    terminal.right("sandbox", "create", "w2")
    line = terminal.right("token", "--curl", "--lifetime", "5m", DEVKIT_SANDBOX="w2").strip()
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert "200 OK" in done.stdout
    terminal.right("sandbox", "delete", "w2")


def test_an_event_is_pushed(terminal: Terminal) -> None:
    told = terminal.right("event", "notifications", '{"kind": "info", "message": "Hello"}')
    assert told.startswith("told notification (event ")
    assert "0 connections heard it" in told
    body = '{"task": {"title": "Hello"}}'
    assert json.loads(terminal.right("event", "tasks", body, "--type", "task_created", "--json"))["topics"] == ["tasks"]


def test_barriers_are_listed_and_an_unknown_one_is_told(terminal: Terminal) -> None:
    assert "Nothing waits" in terminal.right("barrier", "list")
    assert terminal("barrier", "release", "gate").returncode == 5


def test_the_log_is_filtered_and_an_entry_shown(terminal: Terminal) -> None:
    terminal.get("/api/health")
    terminal.get("/api/nothing?token=secret")
    lines = terminal.right("log", "--status", "404").splitlines()
    assert "/api/nothing?token=***" in lines[0]
    entries = [json.loads(line) for line in terminal.right("log", "--json", "--operation", "health.*").splitlines()]
    assert {entry["operation"] for entry in entries} == {"health.get"}
    shown = terminal.right("log", str(entries[-1]["number"]))
    assert "request:" in shown
    assert "User-Agent: the-tests" in shown
    assert '"status":"healthy"' in shown.replace(" ", "")
    assert json.loads(terminal.right("log", str(entries[-1]["number"]), "--json"))["response"]["size"] > 0


def test_the_log_follows_until_it_is_interrupted(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "devkit", "log", "-f", "--path", "/api/followed*", "--json"]
    heard = terminal.folder / "heard.log"
    with heard.open("wb") as out:
        process = subprocess.Popen(command, cwd=terminal.folder, env=environment(terminal.folder), stdout=out)
    try:
        deadline = time.monotonic() + ANSWER_TIME
        while not heard.read_bytes() and time.monotonic() < deadline:
            terminal.get("/api/followed")
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=ANSWER_TIME) == 130
    finally:
        process.kill()
        process.wait()
    assert json.loads(heard.read_text().splitlines()[0])["path"] == "/api/followed"


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (["clock", "advance", "5 seconds"], 2, "not a duration"),
        (["scenario", "off", "flakky"], 5, "Did you mean 'flaky'?"),
        (["scenario", "off", "flaky"], 5, "is not on."),
        (["scenario", "new", "Bad Name"], 2, "cannot be the name"),
        (["scenario", "list", "--tag", "htp"], 2, "No scenario has the tag"),
        (["faults", "http.abrt"], 2, "Did you mean 'http.abort'?"),
        (["clock", "advance"], 2, "needs DURATION"),
        (["clock", "set", "tomorrow"], 2, "ISO 8601"),
        (["clock", "rate", "0"], 2, "at least"),
        (["sandbox", "create", "No_Name"], 2, "a-z"),
        (["sandbox", "create", "x", "--ttl=-1s"], 2, "not a duration"),
        (["sandbox", "create", "x", "--scenario", "nothing"], 5, "no scenario 'nothing'"),
        (["sandbox", "show", "nothing"], 5, "no sandbox"),
        (["snapshot", "restore", "nothing"], 5, "no snapshot"),
        (["snapshot", "save", "../etc"], 2, "Must begin"),
        (["token", "--user", "nobody@example.com"], 5, "no user"),
        (["token", "--defect", "rust"], 2, "Must be one of"),
        (["event", "notifications", "{"], 2, "not JSON"),
        (["event", "notifications", "[]"], 2, "JSON object"),
        (["event", "tusks"], 2, "Did you mean 'tasks'?"),
        (["log", "--status", "many"], 2, "4xx"),
        (["log", "-f", "--status", "many"], 2, "4xx"),
        (["log", "99999"], 5, "no entry"),
        (["log", "1", "--user", "x"], 2, "leave the filters out"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    terminal: Terminal, command: list[str], status: int, words: str
) -> None:
    result = terminal(*command)
    assert (result.returncode, words in result.stderr) == (status, True), result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["sandbox", "create"],
        ["sandbox", "list"],
        ["sandbox", "delete", "x"],
        ["clock", "show"],
        ["clock", "advance", "2h"],
        ["snapshot", "save", "x"],
        ["token"],
        ["event", "notifications"],
        ["barrier", "release", "x"],
        ["log"],
        ["log", "-f"],
        ["log", "-f", "--url", "http://localhost:1"],
    ],
    ids=" ".join,
)
def test_without_a_server_each_says_so(tmp_path: Path, command: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "devkit", *command],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 4, result.stderr
    assert "No devkit server" in result.stderr
    assert "devkit serve" in result.stderr


@pytest.mark.parametrize("kind", FAULTS.names())
def test_a_new_scenario_can_strike(kind: str) -> None:
    understood = understand(yamlfile.parse(Path("mine.yaml"), skeleton("mine", FAULTS[kind])), BACKEND)
    assert understood.warnings == ()


def test_a_new_scenario_says_that_it_hides_a_shipped_one(terminal: Terminal) -> None:
    terminal.right("scenario", "new", "fresh", "--fault", "ws.msg_drop")
    result = terminal("scenario", "new", "chaos")
    assert (result.returncode, "goes before the shipped" in result.stderr) == (0, True)


def test_a_scenario_that_breaks_or_goes_while_it_is_on_is_told(terminal: Terminal) -> None:
    path = terminal.folder / "scenarios" / "goes.yaml"
    terminal.right("scenario", "new", "goes")
    eventually(lambda: terminal("scenario", "use", "goes").returncode == 0)
    path.write_text(path.read_text().replace("times", "tines"))
    eventually(lambda: "last good version" in terminal("scenario", "use", "goes").stderr)
    path.unlink()
    eventually(lambda: "its file was removed" in terminal.right("scenario", "list"))
    terminal.right("scenario", "off", "goes")
    assert "goes" not in {row["name"] for row in json.loads(terminal.right("scenario", "list", "--json"))}


def test_several_scenarios_are_switched_on_together_or_not_at_all(terminal: Terminal) -> None:
    wrong = terminal("scenario", "use", "expired-token", "expired-tokens")
    assert wrong.returncode != 0
    assert "expired-token" in wrong.stderr
    active = [row for row in json.loads(terminal.right("scenario", "list", "--json")) if row["active"]]
    assert active == []
    terminal.right("scenario", "use", "expired-token", "chaos")
    active = [row["name"] for row in json.loads(terminal.right("scenario", "list", "--json")) if row["active"]]
    assert sorted(active) == ["chaos", "expired-token"]
    terminal.right("scenario", "off")


def test_short_help_of_commands_that_take_signed_numbers(terminal: Terminal) -> None:
    assert "Turn the clock forward" in terminal.right("clock", "advance", "-h")


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + ANSWER_TIME
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_what_ends_a_dev_server_is_switched_on_by_force_alone(terminal: Terminal) -> None:
    terminal.right("sandbox", "create", "behind")
    terminal.right("scenario", "new", "chunks", "--fault", "conn.malformed_chunk")
    connection = http.client.HTTPConnection("localhost", terminal.server.port, timeout=ANSWER_TIME)
    # As Vite's proxy writes it (`tests/test_proxies.py`).
    connection.putrequest("GET", "/api/tasks", skip_host=True, skip_accept_encoding=True)
    for name, value in {"host": "localhost", "x-devkit-sandbox": "behind", "connection": "close"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 401
    connection.close()

    refused = terminal("scenario", "use", "chunks", "--sandbox", "behind")
    forced = terminal("scenario", "use", "chunks", "--sandbox", "behind", "--force")

    assert (refused.returncode, "Vite" in refused.stderr) == (5, True)
    assert (forced.returncode, forced.stdout.startswith("on: chunks")) == (0, True)
    assert "ends the dev server" in forced.stderr
    doctor = terminal("doctor").stdout
    assert "behind through a dev server's proxy like Vite's" in doctor
    # Issue 21, point 8: what is remembered, and how much it may be.
    assert re.search(r"memory +journals [\d.]+ \w+ of 128 MiB, kept answers .* of 64 MiB, data of sandboxes .*", doctor)
    terminal.right("sandbox", "delete", "behind")
    (terminal.folder / "scenarios" / "chunks.yaml").unlink()
