"""Cookies that a browser refuses, drops or keeps."""

from __future__ import annotations

from devkit.faults.base import Fault

KINDS: tuple[type[Fault], ...] = ()
