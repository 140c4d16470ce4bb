"""`requirements.lock` pins what `pyproject.toml` asks for, and says nothing of the machine it was made on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LINES if line and not line.startswith("#")]
DECLARED = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]


@pytest.mark.parametrize("text", DECLARED)
def test_every_dependency_is_pinned_to_a_version_it_allows(text: str) -> None:
    wanted = Requirement(text)
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in map(Requirement, PINS)}
    name = canonicalize_name(wanted.name)
    assert name in pinned, f"{name} is not in requirements.lock: make it anew (CONTRIBUTING.md)"
    assert wanted.specifier.contains(pinned[name]), f"{text} does not allow the pinned {pinned[name]}"


def test_the_lock_holds_names_and_versions_only() -> None:
    pin = re.compile(r"[a-z0-9.-]+==[0-9][0-9a-z.]*( ; [a-z0-9_.'=!<> ()-]+)?", re.IGNORECASE)
    assert [line for line in PINS if not pin.fullmatch(line)] == []
    assert [line for line in LINES if "/" in line] == []
