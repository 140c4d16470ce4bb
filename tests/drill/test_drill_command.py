"""`devkit drill`, against a server that runs: what it prints, writes and exits with."""

from __future__ import annotations

import http.client
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest

from tests.process import ROOT, Process, environment, serving

pytestmark = pytest.mark.slow

END_TO_END = """\
import asyncio, json, os, sys
sys.path.insert(0, {root!r})
from tests.drill.frontend import Frontend, Virtues

async def main():
    print("the test's own words")
    names = ("DEVKIT_URL", "DEVKIT_SANDBOX", "DEVKIT_SCENARIO", "DEVKIT_DRILL")
    with open("told", "a") as file:
        file.write(json.dumps({{name: os.environ[name] for name in names}}) + "\\n")
    virtues = Virtues(refreshes_once="good" in sys.argv)
    async with Frontend("http://localhost:{port}", os.environ["DEVKIT_SANDBOX"], virtues) as frontend:
        await frontend.sign_in()
        for _ in range(2):
            await frontend.tasks()
        await asyncio.gather(frontend.tasks(), frontend.read("/api/auth/me"), frontend.read("/api/uploads"))

asyncio.run(main())
sys.exit(3 if "broken" in sys.argv else 0)
"""


class Terminal:
    def __init__(self, folder: Path, server: Process) -> None:
        self.folder, self.server = folder, server
        (folder / "test.py").write_text(END_TO_END.format(root=str(ROOT), port=server.port))

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "devkit", *arguments],
            cwd=self.folder,
            env=environment(self.folder, **variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def drill(self, *arguments: str, frontend: str = "") -> subprocess.CompletedProcess[str]:
        command = ["--", sys.executable, "test.py", *frontend.split()] if frontend else []
        return self("drill", *arguments, *command)

    def left_behind(self) -> tuple[int, int]:
        """Scenarios that are on in main, and sandboxes besides it."""
        return len(self._get("/active")), self._get("/sandboxes")["total"] - 1

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=20)
        try:
            connection.request("GET", f"/_devkit/api{path}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("project")
    with serving(folder, "--memory") as server:
        yield Terminal(folder, server)
        assert server.stop() == 0


def test_a_command_that_does_well_passes(terminal: Terminal) -> None:
    done = terminal.drill("expired-token", frontend="good")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().startswith("PASSED  expired-token – The session expires while the user works")
    assert done.stdout.count("✓") == 3
    assert "the test's own words" in done.stderr
    assert terminal.left_behind() == (0, 0)


def test_a_failure_comes_with_the_journal_lines_that_show_it(terminal: Terminal) -> None:
    done = terminal.drill("expired-token", "--html", "out/r.html", "--junit", "out/r.xml", frontend="naive")
    assert done.returncode == 1
    assert "FAILED  expired-token" in done.stdout
    assert "✕ However many calls failed together, it refreshes once" in done.stdout
    lines = [line for line in done.stdout.splitlines() if "POST /api/auth/refresh" in line]
    assert len(lines) >= 2
    assert all(line.split()[0].startswith("#") for line in lines)
    assert ET.parse(terminal.folder / "out/r.xml").getroot().get("failures") == "1"
    assert "POST /api/auth/refresh" in (terminal.folder / "out/r.html").read_text()
    assert terminal.left_behind() == (0, 0)


def test_a_command_that_fails_fails_the_drill(terminal: Terminal) -> None:
    done = terminal.drill("expired-token", frontend="good broken")
    assert done.returncode == 1
    assert "The command ended with 3." in done.stdout
    data = json.loads(terminal.drill("expired-token", "--json", frontend="good broken").stdout)
    assert (data["verdict"], data["passed"], data["drills"][0]["command_exit"]) == ("passed", False, 3)


def test_several_get_a_sandbox_each_and_the_command_is_told_which(terminal: Terminal) -> None:
    (terminal.folder / "told").unlink(missing_ok=True)
    done = terminal.drill("expired-token", "refresh-loop", "--json", frontend="good")
    data = json.loads(done.stdout)
    told = [json.loads(line) for line in (terminal.folder / "told").read_text().splitlines()]
    assert [one["DEVKIT_SCENARIO"] for one in told] == ["expired-token", "refresh-loop"]
    for one, drill in zip(told, data["drills"], strict=True):
        name = one["DEVKIT_SANDBOX"]
        assert one["DEVKIT_URL"] == f"http://localhost:{terminal.server.port}/~{name}" == drill["sandbox"]["path_url"]
        assert (one["DEVKIT_DRILL"], drill["sandbox"]["fresh"]) == (drill["id"], True)
    assert len({one["DEVKIT_SANDBOX"] for one in told}) == 2
    assert terminal.left_behind() == (0, 0)
    for drill in data["drills"]:
        drill.pop("command_exit")
        schema = json.loads(terminal("drill", "--schema").stdout)
        jsonschema_rs.validator_for(schema).validate(drill)


SCRIPT = """\
import http.client, json, os, sys
from urllib.parse import urlsplit

# As a program that joins a base address with a path; "apart" loses the base's path, as `new URL("/api", base)` does.
base = urlsplit(os.environ["DEVKIT_URL"])
root = "" if "apart" in sys.argv else base.path
connection = http.client.HTTPConnection(base.hostname, base.port)
body = json.dumps({"email": "test@example.com", "password": "TestPass123!"})
connection.request("POST", f"{root}/api/auth/login", body, {"Content-Type": "application/json"})
answer = connection.getresponse()
answer.read()
assert answer.status == 200, answer.status
"""


def scripted(terminal: Terminal, *arguments: str) -> subprocess.CompletedProcess[str]:
    (terminal.folder / "script.py").write_text(SCRIPT)
    return terminal("drill", "expired-token", "--fresh", "--", sys.executable, "script.py", *arguments)


def test_the_address_that_the_command_is_told_works_in_any_program(terminal: Terminal) -> None:
    """It needs no name but localhost, which every system resolves (RFC 6761, section 6.3)."""
    done = scripted(terminal)
    assert "The command ended" not in done.stdout
    assert "entries seen" in done.stdout
    assert "0 entries seen" not in done.stdout
    assert "Nothing reached" not in done.stdout


def test_a_drill_whose_calls_went_to_main_says_so(terminal: Terminal) -> None:
    done = scripted(terminal, "apart")
    assert done.returncode == 1
    assert "Nothing reached the sandbox s-" in done.stdout
    assert "main was reached meanwhile (1 entries)" in done.stdout


def test_a_drill_that_nobody_called_says_where_it_was(terminal: Terminal) -> None:
    done = terminal("drill", "expired-token", "--fresh", "--json", "--", sys.executable, "-c", "")
    assert f"Nobody called http://localhost:{terminal.server.port}/~s-" in done.stderr
    assert json.loads(done.stdout)["verdict"] == "inconclusive"


def test_the_commands_of_devkit_take_the_address_of_a_drill(terminal: Terminal) -> None:
    code = (
        "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-m', 'devkit', 'clock', 'advance', '1h']))"
    )
    done = terminal("drill", "expired-token", "--fresh", "--", sys.executable, "-c", code)
    assert "The command ended" not in done.stdout, done.stderr


def test_nobody_who_uses_it_leaves_it_inconclusive_and_that_is_no_success(terminal: Terminal) -> None:
    done = terminal.drill("expired-token", "--timeout", "1s")
    assert done.returncode == 1
    assert "INCONCLUSIVE  expired-token" in done.stdout
    assert "`expire` never struck" in done.stdout
    assert f"use your frontend with http://localhost:{terminal.server.port}" in done.stderr


def test_all_run_side_by_side_and_are_counted(terminal: Terminal) -> None:
    done = terminal.drill("--tag", "pagination", "--timeout", "1s")
    assert done.returncode == 1
    assert "INCONCLUSIVE  pagination-drift" in done.stdout
    every = terminal.drill("--all", "--timeout", "1s", "--json")
    data = json.loads(every.stdout)
    assert len(data["drills"]) == len(list((ROOT / "scenarios").glob("*.yaml")))
    assert {drill["verdict"] for drill in data["drills"]} == {"inconclusive"}
    assert len({drill["sandbox"]["id"] for drill in data["drills"]}) == len(data["drills"])
    assert terminal.left_behind() == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        ((), 2, "Which scenarios?"),
        (("flaky", "--all"), 2, "one of these"),
        (("--tag", "nothing"), 2, "No scenario has the tag 'nothing'"),
        (("flaki",), 5, "Did you mean 'flaky'?"),
        (("flaky", "--sandbox", "nowhere"), 5, "no sandbox 'nowhere'"),
        (("flaky", "chaos", "--sandbox", "main"), 2, "leave --sandbox out"),
        (("flaky", "--timeout", "soon"), 2, "timeout"),
        (("flaky", "--"), 2, "no command"),
        (("flaky", "--", "no-such-program"), 2, "no command 'no-such-program'"),
        (("flaky", "--html", "/dev/null/x.html"), 1, "cannot be written"),
        (("flaky", "--url", "http://localhost:1"), 4, "No devkit server answers"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_happens(
    terminal: Terminal, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    done = terminal("drill", *arguments)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr
    assert terminal.left_behind() == (0, 0)


def test_ctrl_c_switches_off_and_leaves_nothing(terminal: Terminal) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "devkit", "drill", "flaky", "--fresh"],
        cwd=terminal.folder,
        env=environment(terminal.folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "flaky is on" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert "Traceback" not in process.stderr.read()
    assert terminal.left_behind() == (0, 0)


def test_a_terminal_shows_how_it_stands_meanwhile(terminal: Terminal) -> None:
    shown = in_a_terminal(terminal, "drill", "expired-token", "--timeout", "2s", TERM="xterm-256color")
    assert "s left" in shown
    assert "However many calls failed together" in shown
    colourless = in_a_terminal(
        terminal, "drill", "expired-token", "--timeout", "1s", NO_COLOR="1", TERM="xterm-256color"
    )
    assert "s left" in colourless
    assert not re.search(r"\x1b\[[\d;]*\b[349]\d\b", colourless), "a colour (ECMA-48, SGR)"
    dumb = in_a_terminal(terminal, "drill", "expired-token", "--timeout", "1s", TERM="dumb")
    assert "s left" not in dumb
    assert "\x1b[" not in dumb


def in_a_terminal(terminal: Terminal, *arguments: str, **variables: Any) -> str:
    """What a command writes to a terminal, control codes and all."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "devkit", *arguments],
        cwd=terminal.folder,
        env=environment(terminal.folder, **variables),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    found = b""
    try:
        while True:
            ready, _, _ = select.select([ours], [], [], 60)
            piece = os.read(ours, 4096) if ready else b""
            if not piece:
                break
            found += piece
    except OSError:
        pass  # how Linux tells that the other end is closed
    finally:
        os.close(ours)
        process.wait(timeout=30)
    return found.decode("utf-8", "replace")
