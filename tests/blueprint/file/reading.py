"""How the tests read a file that is not there."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from devkit import yamlfile
from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.file.loading import understand
from devkit.contract.shipped import CONTRACT
from devkit.errors import FileError


def read(text: str, folder: Path = Path()) -> Blueprint:
    """The blueprint of a file with that text; a `contract:` is put before it where it has none."""
    text = dedent(text)
    whole = text if "contract:" in text else f"contract: shop\n{text}"
    return understand(yamlfile.parse(folder / "backend.yaml", whole), CONTRACT)


def complaints(text: str, folder: Path = Path()) -> list[str]:
    """What is wrong with it, each as `line:column: sentence`."""
    with pytest.raises(FileError) as raised:
        read(text, folder)
    return [f"{one.line}:{one.column}: {one.problem}" for one in raised.value.mistakes]


def complaint(text: str, folder: Path = Path()) -> str:
    """The one thing that is wrong with it."""
    [found] = complaints(text, folder)
    return found


def operation(blueprint: Blueprint, id_: str) -> Planned:
    return next(one for one in blueprint.operations if one.id == id_)
