"""`devkit verify`, against a server that runs: what it prints, writes and exits with."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from devkit.cli.app import main
from devkit.errors import ExitCode, UsageError
from tests.process import Process, environment, serving

pytestmark = pytest.mark.slow

BACKEND = """\
contract: shop
accounts: {}
resources:
  orders:
    fields:
      title: {type: string, required: true, maxLength: 80}
      paid: {type: boolean, default: false}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verify-command")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Process]:
    with serving(folder, "--memory") as process:
        yield process


def command(folder: Path, *words: str) -> list[Any]:
    return [sys.executable, "-m", "devkit", "verify", *words]


def verify(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(folder, *words), cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )


def test_what_passes_ends_with_0_and_writes_every_report(folder: Path, server: Process) -> None:
    files = [word for kind in ("junit", "html", "sarif") for word in (f"--{kind}", f"out/verify.{kind}")]
    ran = verify(folder, server.url, "--suite", "cors,cookies", "--skip", "cookies.once", *files)
    assert ran.returncode == ExitCode.DONE, ran.stdout + ran.stderr
    assert f"{server.url}  devkit, as agreed has it\n" in ran.stdout
    assert "  ✓ Are the session's cookies out of reach of scripts?  cookies.http-only\n" in ran.stdout
    assert "cookies.once" not in ran.stdout
    assert "\nPASSED  33 checks: " in ran.stdout
    for kind in ("junit", "html", "sarif"):
        assert "cookies.http-only" in (folder / "out" / f"verify.{kind}").read_text()


def test_what_is_no_backend_of_that_contract_ends_with_1_and_a_sentence(folder: Path, server: Process) -> None:
    ran = verify(folder, f"{server.url}/nowhere", "--check", "auth.logout")
    assert (ran.returncode, ran.stdout) == (ExitCode.FAILED, "")
    assert ran.stderr.startswith("error: Nobody could be signed in at")


def test_nothing_that_was_verified_is_an_error_in_reports_too_and_not_what_stood_there(folder: Path) -> None:
    file = folder / "stale.xml"
    file.write_text("<testsuites tests='1' failures='0' errors='0'/>")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ran = verify(folder, f"http://127.0.0.1:{unused.getsockname()[1]}", "--junit", "stale.xml")
    assert ran.returncode == ExitCode.FAILED
    root = ET.fromstring(file.read_text())
    assert (root.get("errors"), "Nobody answers at" in file.read_text()) == ("1", True)


def test_lines_are_told_as_they_come_and_the_user_may_come_by_stdin(folder: Path, server: Process) -> None:
    words = command(folder, server.url, "--json", "--lines", "--suite", "cookies", "--user", "-")
    ran = subprocess.run(
        words, cwd=folder, env=environment(folder), input="test@example.com:TestPass123!\n",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    first, *checks, last = [json.loads(line) for line in ran.stdout.splitlines()]
    assert (first["event"], last["event"], last["verdict"]) == ("started", "report", "passed"), ran.stderr
    assert {one["id"] for one in checks} == {*first["checks"]}


def test_json_is_all_that_stdout_has(folder: Path, server: Process) -> None:
    ran = verify(folder, server.url, "--check", "auth.needs-session", "--json")
    data = json.loads(ran.stdout)
    assert (data["verdict"], data["counts"]["passed"]) == ("passed", 1)


def test_a_file_of_ones_own_is_measured_by(folder: Path, server: Process) -> None:
    (folder / "backend.yaml").write_text(BACKEND)
    other = folder / "other"
    other.mkdir()
    with serving(other, "--memory", "--contract", str(folder / "backend.yaml")) as shop:
        told = ("--contract", "backend.yaml", "--suite", "json,auth", "--skip", "auth.refresh-reuse")
        ran = verify(folder, shop.url, *told)
    assert ran.returncode == ExitCode.DONE, ran.stdout + ran.stderr
    assert "  ✓ Is what was made there at once, and the same?  json.stored\n" in ran.stdout


def test_ctrl_c_ends_it_with_what_it_has(folder: Path, server: Process) -> None:
    words = command(folder, server.url, "--check", "auth.refresh-reuse", "--check", "auth.needs-session")
    with subprocess.Popen(
        words, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        # Then the check that waits for ten seconds has begun.
        while b'"auth.refresh"' not in journal(server):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, out + err
    assert "Ended before it was done: 1 of 2 checks were run." in out


def journal(server: Process) -> bytes:
    connection = http.client.HTTPConnection("localhost", server.port, timeout=20)
    try:
        connection.request("GET", "/_devkit/api/journal?limit=50")
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Which backend?"),
        (["ftp://localhost"], "'ftp://localhost' is no address of a backend."),
        (["localhost", "--user", "ada"], "--user 'ada' has no password."),
        (["localhost", "--suite", "cokies"], "There is no suite 'cokies'. Did you mean 'cookies'?"),
        (["localhost", "--check", "auth.nothing"], "There is no check 'auth.nothing'."),
        (["localhost", "--timeout", "soon"], "--timeout cannot be 'soon'"),
        (["localhost", "--timeout", "0"], "--timeout cannot be 0"),
        (["localhost", "--origin", "app.example.com"], "'app.example.com' is no origin of a page."),
        (["localhost", "--cafile", "none.pem"], "none.pem cannot be read as certificates"),
        (["localhost", "--setup", "ftp://localhost"], "'ftp://localhost' is no address that arranges states."),
        (["localhost", "--dialect", "agred"], "There is no dialect named 'agred'"),
        (["localhost", "--contract", "webplus", "--dialect", "agreed"], "There is no dialect named 'agreed'"),
        (["localhost", "--lines"], "--lines says how --json is written."),
    ],
)
def test_words_that_make_no_sense_are_told(words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as told:
        main(["verify", *words])
    assert told.value.message.startswith(says)
