"""The wheel: built from the checkout, it holds what the program needs when there is no checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.packaging.test_lock import PROJECT, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel as `pip` would build it, without asking any network for the build's tools."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.Path(built)


def names_in(wheel: zipfile.Path) -> set[str]:
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def below(folder: str) -> set[str]:
    """Files of the checkout by their paths below `folder`, without what running them leaves behind."""
    found = (path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts and path.name != ".DS_Store"}


@pytest.mark.parametrize("folder", ["seed", "scenarios"])
def test_the_wheel_holds_the_shipped_yaml(wheel: zipfile.Path, folder: str) -> None:
    shipped = {
        name.removeprefix(f"devkit/_shipped/{folder}/") for name in names_in(wheel) if f"_shipped/{folder}/" in name
    }
    assert shipped == below(folder)
    assert shipped


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.Path) -> None:
    # The panel's pages and other files beside the modules count as well.
    packaged = {name.removeprefix("devkit/") for name in names_in(wheel) if name.startswith("devkit/")}
    assert {name for name in packaged if not name.startswith("_shipped/")} == below("devkit")


def test_the_wheel_holds_nothing_else(wheel: zipfile.Path) -> None:
    others = {name for name in names_in(wheel) if not name.startswith("devkit/")}
    assert {name.split("/")[0].rpartition(".")[2] for name in others} == {"dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in others)


def test_the_wheel_brings_the_command_and_the_plugins(wheel: zipfile.Path) -> None:
    (entry_points,) = [name for name in names_in(wheel) if name.endswith("entry_points.txt")]
    told = (wheel / entry_points).read_text()
    assert "devkit = devkit.cli:run" in told
    assert "[pytest11]\ndevkit = devkit.pytest_plugin" in told


def test_type_checkers_take_the_packages_own_types(wheel: zipfile.Path) -> None:
    """PEP 561: what says `Typing :: Typed` has a `py.typed`."""
    assert ("Typing :: Typed" in PROJECT["classifiers"]) == ("devkit/py.typed" in names_in(wheel))


def test_the_wheel_names_every_extra(wheel: zipfile.Path) -> None:
    (metadata,) = [name for name in names_in(wheel) if name.endswith("dist-info/METADATA")]
    told = (wheel / metadata).read_text(encoding="utf-8").splitlines()
    assert {f"Provides-Extra: {extra}" for extra in PROJECT["optional-dependencies"]} <= {*told}


def test_the_sdist_builds_the_same_wheel(wheel: zipfile.Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*build, "-t", "sdist", "-d", str(tmp_path)], check=True, capture_output=True, cwd=ROOT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    subprocess.run([*build, "-t", "wheel", "-d", str(tmp_path)], check=True, capture_output=True, cwd=source)
    (again,) = tmp_path.glob("*.whl")
    assert again.read_bytes() == Path(str(wheel.root.filename)).read_bytes()
