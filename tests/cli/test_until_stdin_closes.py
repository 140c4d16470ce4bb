"""A server that ends with the program that started it, however that one ended."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.process import environment

PARENT = """
import subprocess, sys
command = [sys.executable, "-m", "devkit", "serve", "--memory", "--port", "0", "--json", "--until-stdin-closes"]
child = subprocess.Popen(command, stdin=subprocess.PIPE)
child.wait()
"""


def test_it_drains_and_stops_when_the_program_that_started_it_is_killed(tmp_path: Path) -> None:
    """The server has the same pipe for its output as its parent: that is at its end when both are gone."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        ready = json.loads(parent.stdout.readline())
        announced = tmp_path / ".devkit" / "servers" / f"{ready['pid']}.json"
        assert announced.exists()
        parent.send_signal(signal.SIGKILL)
        rest = parent.stdout.read()
    assert json.loads(rest.splitlines()[-1]) == {"event": "stopped"}
    assert not announced.exists()
