from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Devkit = Callable[..., "subprocess.CompletedProcess[str]"]

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
