"""Tokens, sessions and sign-in that fail."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
