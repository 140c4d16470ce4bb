"""Uploads that stall, break, or end badly."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
