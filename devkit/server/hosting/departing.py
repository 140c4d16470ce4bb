"""A contract that a backend departs from: a scenario file that names it, whose rules are on from the start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.dialects.backend import Backend

if TYPE_CHECKING:
    from devkit.scenario.model import Scenario

_NAMED = re.compile(r"^departs_from:[ \t]*(['\"]?)([^'\"\n#]+)\1", re.MULTILINE)


def departs_from(path: Path) -> str:
    """What the file departs from: a dialect of ours, or another file's path; empty where it departs from none."""
    if path.suffix not in {".yaml", ".yml"}:
        return ""
    found = _NAMED.search(path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        return ""
    named = found[2].strip()
    beside = path.parent / named
    return str(beside) if beside.exists() else named


def rules_of(backend: Backend) -> list[Scenario]:
    """What the backend's files say of how it departs. Raises FileError."""
    from devkit.scenario.loading import load

    return [load(path, backend).scenario for path in backend.departures]
