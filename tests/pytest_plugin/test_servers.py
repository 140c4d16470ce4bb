"""The server of a suite: one for all its workers, there when it is needed, gone when nobody needs it any more."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest

from devkit.pytest_plugin.holding import Hold
from tests.docs.blocks import ROOT
from tests.pytest_plugin.conftest import ALONE, Play

pytest_plugins = ["pytester"]

EXAMPLE = ROOT / "docs" / "examples" / "pytest-xdist"
NOTES = """
import os
from pathlib import Path
import pytest

@pytest.fixture(autouse=True)
def noted(devkit):
    pid = devkit.server.control().get("/status")["pid"]
    Path(os.environ["NOTES"], f"{pid}-{os.environ['PYTEST_XDIST_WORKER']}").touch()
"""


def gone(pid: int) -> bool:
    """Whether a process ends, which nobody here can wait for as its parent."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(60)
    return not psutil.pid_exists(pid)


def test_the_example_runs_with_four_workers_and_one_server(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    notes = pytester.mkdir("notes")
    monkeypatch.setenv("NOTES", str(notes))
    pytester.makeconftest(NOTES)
    for file in EXAMPLE.glob("*.py"):
        (pytester.path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    result = pytester.runpytest_subprocess(*ALONE, "-p", "xdist.plugin", "-n", "4")
    result.assert_outcomes(passed=5)
    seen = [name.name.partition("-") for name in notes.iterdir()]
    assert len({worker for _, _, worker in seen}) == 4
    (pid,) = {int(pid) for pid, _, _ in seen}
    assert gone(pid)


def test_an_example_is_no_longer_than_thirty_lines() -> None:
    lines = (EXAMPLE / "test_shop.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 30


KILLED = """
import os
def test_it(devkit):
    pid = devkit.server.control().get("/status")["pid"]
    print("pid", pid, flush=True)
    os.write(int(os.environ["TOLD"]), f"{pid} {os.getpid()}\\n".encode())
    import threading; threading.Event().wait()
"""


def test_a_server_ends_with_a_suite_that_is_killed(pytester: pytest.Pytester) -> None:
    """`kill -9` leaves nobody who could put anything away."""
    pytester.makepyfile(test_it=KILLED)
    read, write = os.pipe()
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TOLD": str(write)}
    suite = subprocess.Popen(
        [sys.executable, "-m", "pytest", *ALONE], env=environment, pass_fds=[write], stdout=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as told:
        server, worker = map(int, told.readline().split())
    assert worker == suite.pid
    suite.send_signal(signal.SIGKILL)
    suite.wait()
    assert gone(server)


DYING = """
import os, signal
import pytest

@pytest.mark.devkit(dialect="webplus")
def test_of_its_own(devkit):
    assert devkit.client.get("/auth/me").status_code == 200
    assert devkit.client.get("/api/auth/me").status_code == 404

@pytest.mark.devkit(contract="backend.yaml")
def test_that_cannot_start(devkit): ...

@pytest.mark.devkit(contract="books.yaml")
def test_of_somebodys_own_backend(devkit):
    assert devkit.client.get("/books").status_code == 200
    assert devkit.calls("books.list").count == 1

@pytest.mark.devkit(dialect="webplus")
def test_that_kills_it(devkit):
    devkit.journal.wait(timeout=0.2) if devkit.client.get("/auth/me") else None
    os.kill(devkit.status["pid"], signal.SIGKILL)
    devkit.client.get("/auth/me")

@pytest.mark.devkit(dialect="webplus")
@pytest.mark.parametrize("number", [1, 2])
def test_behind_it(devkit, number): ...
"""


def test_a_server_that_dies_or_does_not_start_is_told_in_a_sentence_by_each_test(play: Play) -> None:
    books = "contract: library\naccounts: true\nresources:\n  books: {fields: {title: string!}, owner: user}\n"
    result = play(DYING, apart=True, backend_yaml="contract: shop\nresourses: {}\n", books_yaml=books)
    result.assert_outcomes(passed=2, failed=1, errors=3)
    result.stdout.fnmatch_lines(
        [
            "* ERROR at setup of test_that_cannot_start *",
            "The devkit server of this suite did not start (exit code *):",
            "*backend.yaml:2:1: unknown key 'resourses'. Did you mean 'resources'?*",
            "* ERROR at setup of test_behind_it[[]1[]] *",
            "The devkit server of this suite, http://localhost:*, has died. Its last lines:",
            "*GET */auth/me * auth.me *",
            "* ERROR at setup of test_behind_it[[]2[]] *",
            "The devkit server of this suite, http://localhost:*, has died. Its last lines:",
            "* test_that_kills_it *",
            "*-- devkit --*",
            "The devkit server of this suite, http://localhost:*, has died. Its last lines:",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_who_comes_in_the_moment_in_which_a_server_ends_is_told_so() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        waiting = socket.create_connection(("127.0.0.1", port))
        waiting.close()
        connection, _ = there.accept()
        connection.close()
    with pytest.raises(ConnectionError):
        Hold(port)


def test_suites_that_do_not_use_it_load_nothing_for_it() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import devkit.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "['devkit', 'devkit.pytest_plugin']"
