"""Mails that come late, twice or not at all, and links that do not work."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
