"""Pages that overlap, miss rows or miscount."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
