from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devkit.config import Settings
from devkit.control import runtime
from devkit.errors import StorageError


class Running:
    url = "http://localhost:4711"
    database = "memory"


def test_a_server_that_runs_is_found_until_it_withdraws(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "deep" / ".devkit")
    runtime.announce(settings, Running(), token="t")
    found = runtime.find(settings.state_dir)
    assert found is not None
    assert (found.pid, found.url, found.database, found.token) == (os.getpid(), Running.url, "memory", "t")
    assert os.listdir(settings.state_dir) == [runtime.FILE_NAME]  # noqa: PTH208 - names are all that matters
    runtime.withdraw(settings)
    assert runtime.find(settings.state_dir) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    runtime.announce(Settings(state_dir=tmp_path), Running())
    assert (tmp_path / runtime.FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_the_file_of_a_dead_server_is_ignored_and_removed(tmp_path: Path) -> None:
    runtime.announce(Settings(state_dir=tmp_path), Running())
    path = tmp_path / runtime.FILE_NAME
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": gone.pid}))
    assert runtime.find(tmp_path) is None
    assert not path.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"pid": "x", "url": 1, "started_at": "", "database": ""}']
)
def test_a_damaged_file_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / runtime.FILE_NAME).write_text(text)
    assert runtime.find(tmp_path) is None


def test_one_server_does_not_remove_the_file_of_another(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    runtime.announce(settings, Running())
    path = tmp_path / runtime.FILE_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": os.getppid()}))
    runtime.withdraw(settings)
    assert path.exists()


def test_a_state_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        runtime.announce(Settings(state_dir=tmp_path / "file" / "state"), Running())
