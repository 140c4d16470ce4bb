"""@devkit/test as others have it: packed, installed from the tarball, beside runners and a `.venv` with devkit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chromium import executable
from tests.node import locked_modules, node_modules
from tests.process import ROOT, environment

PACKAGE = ROOT / "clients" / "js"
VARIABLE = "DEVKIT_TEST_OTHERS"
COMPILER = ("typescript@5.9.3", "@types/node@20.19.43")
PATIENCE = 400
"""Seconds for what a runner does, on a machine that others load."""
_SOURCES = ("src", "scripts", "package.json", "package-lock.json", "tsconfig.json", "README.md", "LICENSE")


@dataclass(frozen=True)
class Project:
    """A folder of somebody's: with `.venv/bin/devkit`, and packages in `node_modules`."""

    folder: Path

    def run(self, *command: str, at: str = ".", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; both of its streams come as `stdout`."""
        return subprocess.run(
            command,
            cwd=self.folder / at,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        path = os.pathsep.join([str(self.folder / "node_modules" / ".bin"), os.environ["PATH"]])
        home = {"NO_COLOR": "1", "CI": "1", "FORCE_COLOR": "0", "PATH": path}
        return environment(self.folder, **home) | variables

    def done(self, *command: str, at: str = ".", **variables: str) -> str:
        """What a program says that has to succeed."""
        outcome = self.run(*command, at=at, **variables)
        assert outcome.returncode == 0, outcome.stdout[-8000:]
        return outcome.stdout


def made(folder: Path) -> Project:
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    devkit = programs / "devkit"
    devkit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m devkit "$@"\n')
    devkit.chmod(0o755)
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    return Project(folder)


@pytest.fixture(scope="session")
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with what depends on no runner, compiled into `core/`: it takes seconds, and two packages."""
    cache: pytest.Cache = request.config.cache  # type: ignore[assignment]  # always there, unless switched off
    modules = node_modules(cache, "devkit-js", *COMPILER)
    project = made(tmp_path_factory.mktemp("core"))
    shutil.copytree(PACKAGE / "src", project.folder / "src")
    for path in (project.folder / "src").iterdir():
        if path.stem.partition("-")[0] in {"playwright", "vitest", "cypress", "msw"}:
            path.unlink()
    shutil.copy(PACKAGE / "tsconfig.json", project.folder)
    (project.folder / "node_modules").symlink_to(modules / "node_modules")
    project.done("node", "node_modules/typescript/bin/tsc", "-p", ".", "--outDir", "core", "--declaration", "false")
    return project


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the examples, the runners, and the package from its tarball: minutes, and hundreds of packages."""
    if os.environ.get(VARIABLE) != "1":
        pytest.skip(f"{VARIABLE}=1 packs @devkit/test, and runs its examples with runners of npm's")
    cache: pytest.Cache = request.config.cache  # type: ignore[assignment]  # always there, unless switched off
    modules = locked_modules(cache, PACKAGE) / "node_modules"
    folder = tmp_path_factory.mktemp("project")
    project, building = made(folder), folder / "building"
    building.mkdir()
    for name in _SOURCES:
        path = PACKAGE / name
        shutil.copytree(path, building / name) if path.is_dir() else shutil.copy(path, building)
    (building / "node_modules").symlink_to(modules)
    project.done("npm", "pack", "--pack-destination", "..", at="building")
    [tarball] = folder.glob("devkit-test-*.tgz")
    project.done("npm", "install", "--offline", "--omit=peer", "--no-audit", "--no-fund", f"./{tarball.name}")
    # The runners beside it are linked: to copy them would take longer than all tests.
    for entry in [*modules.iterdir(), *modules.glob("@*/*")]:
        link = folder / "node_modules" / entry.relative_to(modules)
        if entry.name.startswith("@") or link.exists() or entry.name.startswith(".package-lock"):
            continue
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(entry)
    shutil.copytree(ROOT / "docs" / "examples", folder / "examples")
    return project


@pytest.fixture(scope="session")
def chromium() -> str:
    return executable()
