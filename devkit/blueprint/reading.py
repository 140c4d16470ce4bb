"""The one entrance: whatever describes a backend becomes a blueprint, by what stands in it and not by its name."""

from __future__ import annotations

from pathlib import Path

from devkit.blueprint.base import Blueprint
from devkit.contract.base import Contract


def read(path: Path, ours: Contract) -> Blueprint:
    """The blueprint that a file describes. `ours` is the contract whose services it may name. Raises FileError."""
    from devkit.blueprint.file.loading import load

    return load(path, ours)
