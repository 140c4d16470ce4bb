"""Programs of npm's that some tests check devkit with. They are installed once, into pytest's cache, and only when
asked for: `DEVKIT_TEST_NODE=require`. Without it the tests run where that was done before, and are skipped elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

VARIABLE = "DEVKIT_TEST_NODE"
PATIENCE = 300
"""Seconds for an installation."""


def node_modules(cache: pytest.Cache, name: str, *packages: str) -> Path:
    """A folder with those packages (`name@version`) in its `node_modules`; `name` is how the folder begins. Skips the
    test where they are not there and nobody asked for them, fails where they cannot be had.
    """
    version = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    folder = cache.mkdir("node") / f"{name}-{version}"
    if folder.exists():
        return folder
    if os.environ.get(VARIABLE) != "require":
        pytest.skip(f"needs npm's {', '.join(packages)}: {VARIABLE}=require installs it")
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.fail(f"{VARIABLE}=require, but there is no Node here")
    building = Path(tempfile.mkdtemp(dir=folder.parent))
    (building / "package.json").write_text('{"private": true, "type": "module"}\n')
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--save-exact", *packages]
    done = subprocess.run(command, cwd=building, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        pytest.fail(f"npm install failed: {done.stderr[-2000:]}")
    # Another worker may have been faster; its folder is as good.
    with contextlib.suppress(OSError):
        building.rename(folder)
    return folder


def locked_modules(cache: pytest.Cache, project: Path) -> Path:
    """A copy of a project's scripts beside the modules that its `package-lock.json` pins. Skips and fails as above."""
    lock = (project / "package-lock.json").read_bytes()
    folder = cache.mkdir("node") / f"{project.name}-{hashlib.sha256(lock).hexdigest()[:8]}"
    if not folder.exists():
        if os.environ.get(VARIABLE) != "require":
            pytest.skip(f"needs the modules of {project.name}/package-lock.json: {VARIABLE}=require installs them")
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            pytest.fail(f"{VARIABLE}=require, but there is no Node here")
        building = Path(tempfile.mkdtemp(dir=folder.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(project / name, building)
        command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=building, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode:
            pytest.fail(f"npm ci failed: {done.stderr[-2000:]}")
        with contextlib.suppress(OSError):
            building.rename(folder)
    for script in project.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def run_node(folder: Path, script: str, *arguments: str) -> str:
    """What a script says that may import what is installed there. Fails with its error output."""
    command = ["node", "--input-type=module", "--eval", script, "--", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
