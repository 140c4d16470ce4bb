from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devkit import cli

Devkit = Callable[..., "subprocess.CompletedProcess[str]"]
Run = Callable[[str], tuple[int, str, str]]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def devkit(tmp_path: Path) -> Devkit:
    """Runs `python -m devkit …` in an empty folder, with nothing of the caller's environment that could matter."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("DEVKIT_", "FORCE_"))}
        environ |= {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "data"), **variables}
        return subprocess.run(
            [sys.executable, "-m", "devkit", *arguments],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command line as the `devkit` command does, in this process: status, standard output, errors."""
    at_interrupt = signal.getsignal(signal.SIGINT)

    def run(line: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["devkit", *line.split()])
        with pytest.raises(SystemExit) as ended:
            cli.run()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    yield run
    signal.signal(signal.SIGINT, at_interrupt)
