"""What devkit is told: by flags, in the environment, in the folder where it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from devkit.cli import complaint
from devkit.config import Loaded, load


def loaded(flags: Mapping[str, object] | None = None) -> Loaded:
    """The settings of the current folder, with what was ignored said on stderr."""
    result = load(flags or {}, os.environ, Path())
    for warning in result.warnings:
        complaint.warning(warning)
    return result
