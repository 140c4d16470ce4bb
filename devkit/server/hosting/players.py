"""Whether a backend has recordings that keep operations of it; what plays them is imported where it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.config import Settings
from devkit.dialects.backend import Backend
from devkit.server.http.cors import Cors

if TYPE_CHECKING:
    from devkit.server.http.replaying import Replaying


def replaying_of(backend: Backend, cors: Cors, settings: Settings) -> Replaying | None:
    """What answers from a backend's recordings; None where it has none."""
    if not backend.players:
        return None
    from devkit.server.http.replaying import Replaying

    return Replaying(backend.players, cors, settings)
