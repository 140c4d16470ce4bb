from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devkit import statefolder
from devkit.config import Settings
from devkit.control import runtime
from devkit.errors import StorageError


def file_in(state_dir: Path) -> Path:
    """This process' own."""
    return state_dir / runtime.FOLDER / f"{os.getpid()}.json"


class Running:
    url = "http://localhost:4711"
    database = "memory"


def test_a_server_that_runs_is_found_until_it_withdraws(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "deep" / ".devkit")
    runtime.announce(settings, Running(), token="t")
    (found,) = runtime.find(settings.state_dir)
    assert (found.pid, found.url, found.database, found.token) == (os.getpid(), Running.url, "memory", "t")
    assert sorted(os.listdir(settings.state_dir)) == [".gitignore", runtime.FOLDER]  # noqa: PTH208 - names are all
    assert os.listdir(file_in(settings.state_dir).parent) == [f"{os.getpid()}.json"]  # noqa: PTH208
    runtime.withdraw(settings)
    assert runtime.find(settings.state_dir) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    runtime.announce(Settings(state_dir=tmp_path), Running())
    assert file_in(tmp_path).stat().st_mode & 0o777 == 0o600


def test_the_file_of_a_dead_server_is_ignored_and_removed(tmp_path: Path) -> None:
    runtime.announce(Settings(state_dir=tmp_path), Running())
    path = file_in(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": gone.pid}))
    assert runtime.find(tmp_path) == []
    assert not path.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"pid": "x", "url": 1, "started_at": "", "database": ""}']
)
def test_a_damaged_file_is_no_server(tmp_path: Path, text: str) -> None:
    path = file_in(tmp_path)
    path.parent.mkdir()
    path.write_text(text)
    assert runtime.find(tmp_path) == []


def test_servers_of_one_folder_are_all_found_and_leave_each_other_alone(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    runtime.announce(settings, Running())
    path = file_in(tmp_path)
    told = json.loads(path.read_text())
    other = path.with_name(f"{os.getppid()}.json")
    other.write_text(json.dumps(told | {"pid": os.getppid(), "url": "http://localhost:1", "started_at": "2020"}))
    assert [found.url for found in runtime.find(tmp_path)] == ["http://localhost:1", Running.url]
    runtime.withdraw(settings)
    assert [found.url for found in runtime.find(tmp_path)] == ["http://localhost:1"]


@pytest.mark.parametrize(
    ("name", "made", "ignored"), [(".devkit", True, True), ("state", False, True), ("state", True, False)]
)
def test_git_passes_over_a_folder_of_ours_alone(tmp_path: Path, name: str, made: bool, ignored: bool) -> None:
    """Whoever names their project's own folder as state folder must not lose it from version control."""
    folder = tmp_path / name
    if made:
        folder.mkdir()
    assert statefolder.made(folder) == folder
    assert (folder / ".gitignore").exists() is ignored
    if ignored:
        (folder / ".gitignore").write_text("mine")
        statefolder.made(folder)
        assert (folder / ".gitignore").read_text() == "mine"


def test_a_state_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        runtime.announce(Settings(state_dir=tmp_path / "file" / "state"), Running())
