"""Writes that are lost or doubled, reads that are stale."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
