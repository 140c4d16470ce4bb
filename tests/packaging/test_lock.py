"""The locks pin what `pyproject.toml` asks for, with hashes, and say nothing of the machine they were made on."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
_LINE = re.compile(
    r"# .*|[a-z0-9.-]+==[0-9][0-9a-z.]*( ; [a-z0-9_.'=!<> ()-]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?",
    re.IGNORECASE,
)

RUN, BUILDS = PROJECT["dependencies"], PYPROJECT["build-system"]["requires"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": RUN,
    "requirements-dev.lock": [*RUN, *BUILDS, *EXTRAS["test"], *EXTRAS["lint"]],
    "docs/install.lock": [*BUILDS, "pip"],
}
"""Lock → what it pins. What makes it faster is nobody's need: tests run as without it."""


def pins(lock: str) -> dict[str, str]:
    """Versions by name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    found = (Requirement(line) for line in re.findall(r"^(\S+==.+?) \\$", text, re.MULTILINE))
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}


@pytest.mark.parametrize(("lock", "wanted"), LOCKS.items(), ids=LOCKS)
def test_every_dependency_is_pinned_to_a_version_it_allows(lock: str, wanted: Sequence[str]) -> None:
    pinned = pins(lock)
    for one in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(one.name))
        assert version, f"{one.name} is not in {lock}: python docs/lock.py"
        assert one.specifier.contains(version), f"{one} does not allow the pinned {version}: python docs/lock.py"


@pytest.mark.parametrize("lock", ["requirements.lock", "docs/install.lock"])
def test_tests_run_with_the_versions_that_servers_run_with(lock: str) -> None:
    assert pins(lock).items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_only(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not _LINE.fullmatch(line)] == []
    assert [line for line in lines if "/" in line and line != "#    python docs/lock.py"] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_compiled_has_the_hashes_of_all_systems_wheels(lock: str) -> None:
    """pip's "Secure installs": the hashes of one machine's files would refuse all the others."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    hashes = {
        name: found.count("sha256:") for name, found in re.findall(r"^(\S+)==.*\n((?: .*\n)+)", text, re.MULTILINE)
    }
    compiled = [name for name in hashes if "Root-Is-Purelib: false" in _wheel_of(name)]
    assert ("aiohttp" in compiled) == ("aiohttp" in hashes)
    assert [name for name in compiled if hashes[name] < 10] == []


def _wheel_of(package: str) -> str:
    """What its wheel says of itself; nothing where the package is another system's."""
    try:
        return importlib.metadata.distribution(package).read_text("WHEEL") or ""
    except importlib.metadata.PackageNotFoundError:
        return ""
