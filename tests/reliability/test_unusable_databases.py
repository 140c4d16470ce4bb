"""Each cause of a database that cannot be used has its own sentence, and doing what it advises helps."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process import environment, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions and mounts of POSIX")

_NOBODY = 65534


def devkit(folder: Path, *arguments: str, powers: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command; without `powers`, permissions of files count for root too (capabilities(7), CAP_DAC_OVERRIDE)."""
    limited: list[str] = []
    if not powers and os.geteuid() == 0:
        if (setpriv := shutil.which("setpriv")) is None:
            pytest.skip("permissions mean nothing for root, and there is no setpriv")
        limited = [setpriv, "--bounding-set=-dac_override,-dac_read_search"]
    return subprocess.run(
        [*limited, sys.executable, "-m", "devkit", *arguments],
        cwd=folder,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(folder: Path, *arguments: str, powers: bool = True, **variables: str) -> str:
    """What `devkit serve` says where it does not start."""
    ended = devkit(folder, "serve", "--port", "0", *arguments, powers=powers, **variables)
    assert ended.returncode == 6, (ended.returncode, ended.stdout, ended.stderr)
    assert "Traceback" not in ended.stderr
    return " ".join(ended.stderr.split())


def test_a_read_only_database_and_what_a_kill_left_beside_it_are_named_and_the_advice_helps(tmp_path: Path) -> None:
    with serving(tmp_path, "--db", "d.db") as process:
        process.kill()
    left = [tmp_path / f"d.db{ending}" for ending in ("", "-wal", "-shm")]
    assert all(path.exists() for path in left)
    for path in left:
        path.chmod(0o444)

    told = refused(tmp_path, "--db", "d.db", powers=False)

    assert "cannot be written: you may not write d.db, d.db-wal, d.db-shm." in told
    advice = re.search(r"`(chmod [^`]+)`", told)
    assert advice is not None, told
    subprocess.run(shlex.split(advice[1]), cwd=tmp_path, check=True)
    assert devkit(tmp_path, "seed", "--users", "1", "--db", "d.db", powers=False).returncode == 0


def test_files_of_another_user_are_told_with_the_command_that_takes_them_over(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    with serving(tmp_path, "--db", "d.db") as process:
        assert process.stop() == 0
    os.chown(tmp_path / "d.db", _NOBODY, -1)

    told = refused(tmp_path, "--db", "d.db", powers=False)

    advice = re.search(r"`sudo (chown [^`]+)`", told)
    assert advice is not None, told
    subprocess.run(shlex.split(advice[1]), cwd=tmp_path, check=True)
    assert devkit(tmp_path, "seed", "--users", "1", "--db", "d.db", powers=False).returncode == 0


def test_a_database_that_another_program_holds_is_no_matter_of_permission(tmp_path: Path) -> None:
    with serving(tmp_path, "--db", "d.db") as process:
        assert process.stop() == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "d.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")

        told = refused(tmp_path, "--db", "d.db")

        assert "is held by another program" in told
        assert "permission" not in told
    with serving(tmp_path, "--db", "d.db") as process:
        assert process.stop() == 0


def test_one_that_is_written_to_by_another_program_is_held_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--db", "d.db") as process:
        assert process.stop() == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "d.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "is held by another program" in refused(tmp_path, "--db", "d.db")


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this user may mount nothing")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("pages", [1, 8, 32, 64])
def test_a_nearly_full_disk_at_the_first_start_is_told_as_that(tmp_path: Path, pages: int) -> None:
    with small_disk(tmp_path / "disk", pages * 4096) as disk:
        told = refused(tmp_path, "--db", str(disk / "d.db"), DEVKIT_STATE_DIR=str(disk / ".devkit"))
        assert "the disk is full" in told or "No space left" in told, told
        assert "permission" not in told


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_mounted_read_only_is_told_as_that(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        with serving(tmp_path, "--db", str(disk / "d.db")) as process:
            assert process.stop() == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert "its disk is mounted read-only" in refused(tmp_path, "--db", str(disk / "d.db"))


def test_a_database_by_its_symbolic_link_is_the_same_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "d.db")
    with serving(tmp_path, "--db", "link.db"):
        assert "is in use by another devkit" in refused(tmp_path, "--db", "real/d.db")
    assert {"d.db", "d.db.lock", "d.db.uploads"} <= {path.name for path in (tmp_path / "real").iterdir()}
    assert not (tmp_path / "link.db.uploads").exists()
    with serving(tmp_path, "--db", "real/d.db"):
        assert "is in use by another devkit" in refused(tmp_path, "--db", "link.db")
