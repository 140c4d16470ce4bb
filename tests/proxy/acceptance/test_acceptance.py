"""From a real backend to one that stands for it, by the guides alone: an app of FastAPI or of Express, and a page of
Vite's at another origin that signs in with a cookie, in a real Chromium; in front of the app, with `flaky`, in a drill,
recorded, replayed, and graduated (issue 17, acceptance; docs/proxy.md, docs/recording.md, docs/graduate.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.node import node_modules
from tests.process import ROOT, environment, serving
from tests.proxy.others.conftest import VARIABLE
from tests.proxy.others.playing import program
from tests.proxy.others.test_fastapi import PACKAGES
from tests.pypi import site_packages

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HERE = Path(__file__).parent
NPM = ("express@5.3.0", "vite@8.4.0")
PATIENCE = 300
App = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def modules(cache: pytest.Cache) -> Path:
    if os.environ.get(VARIABLE) != "1":
        pytest.skip(f"{VARIABLE}=1 runs it, which takes minutes")
    folder = node_modules(cache, "acceptance", *NPM)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


@pytest.fixture
def page(modules: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the page."""
    shutil.copytree(HERE / "page", tmp_path / "page")
    with program("node", "vite.mjs", str(tmp_path / "page"), folder=modules) as address:
        yield address


@pytest.fixture(params=["FastAPI", "Express"])
def app(request: pytest.FixtureRequest, cache: pytest.Cache, modules: Path) -> App:
    """What starts the app."""
    if request.param == "Express":
        return lambda: program("node", "express_app.mjs", folder=modules)
    found = site_packages(cache, "fastapi", *PACKAGES)
    return lambda: program(sys.executable, str(HERE / "fastapi_app.py"), folder=found, PYTHONPATH=str(found))


def devkit(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of devkit's in the team's folder."""
    return subprocess.run(
        [sys.executable, "-m", "devkit", *arguments],
        cwd=folder,
        env=environment(folder, PYTHONPATH=str(ROOT), **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_one_page_works_in_front_of_an_app_and_of_all_that_comes_of_it(app: App, page: str, tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    # Vite's usual port is known; a free one is not.
    (team / "devkit.yaml").write_text(f"origins: [{page}]\n")
    browse = [sys.executable, str(HERE / "browse.py"), page]

    def visit(url: str, title: str) -> None:
        """Sign in, add a note of that title, and see it in the list."""
        told = environment(team, DEVKIT_URL=url)
        done = subprocess.run(
            [*browse, title], env=told, cwd=team, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    with app() as real:
        with serving(team, real, command="proxy") as proxy:
            visit(proxy.url, "Through the proxy")
            assert devkit(team, "scenario", "use", "flaky").returncode == 0
            visit(proxy.url, "Though it is flaky")
            told = devkit(team, "log", "--limit", "200", "--json").stdout
            proxy.stop()
        drill = devkit(team, "drill", "--upstream", real, "flaky", "--", *browse, "In a drill", DEVKIT_PORT="0")
        with serving(team, real, "-o", "recordings/notes", command="record") as recording:
            visit(recording.url, "While it is recorded")
            recording.stop()
    assert "flaky/" in told, "what struck it is in the log"
    assert (drill.returncode, "PASSED  flaky" in drill.stdout) == (0, True), drill.stdout + drill.stderr

    with serving(team, "recordings/notes", command="replay") as replay:
        visit(replay.url, "While it is recorded")
        replay.stop()

    done = devkit(team, "graduate", "recordings/notes", "--password", "correct horse")
    assert done.returncode == 0, done.stderr
    assert "devkit reset" in done.stdout
    with serving(team, "--contract", "backend.yaml") as mine:
        assert devkit(team, "reset").returncode == 0
        visit(mine.url, "Never recorded")
