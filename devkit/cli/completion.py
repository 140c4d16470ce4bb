"""What the shell offers when Tab is pressed: quick and silent, since a broken file is no reason to fail here."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from devkit.errors import OperatorError


def scenario_names(incomplete: str) -> list[str]:
    """Names of shipped and own scenarios, as their files are called; none of them is read."""
    from devkit.config import load
    from devkit.shipped import folder

    folders = [folder("scenarios")]
    with contextlib.suppress(OperatorError):
        folders.append(load({}, os.environ, Path()).settings.scenario_dir)
    names = {path.stem for each in folders for suffix in ("yaml", "yml") for path in each.glob(f"*.{suffix}")}
    return sorted(name for name in names if name.startswith(incomplete))


def fault_kinds(incomplete: str) -> list[str]:
    """The kinds of faults."""
    from devkit.faults.registry import FAULTS

    return sorted(name for name in FAULTS.names() if name.startswith(incomplete))
