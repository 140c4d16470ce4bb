"""WebSockets that refuse, fall silent, or say strange things."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
