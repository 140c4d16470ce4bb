"""What a server stands in for, and what plays the recordings that keep some of it; imported where there is any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.config import Settings
from devkit.dialects.backend import Backend
from devkit.server.http.cors import Cors

if TYPE_CHECKING:
    from devkit.server.http.replaying import Replaying


def backend_told(settings: Settings) -> Backend:
    """The backend that the settings name. Raises OperatorError."""
    from devkit.server.hosting.backends import backend_for

    return backend_for(settings)


def replaying_of(backend: Backend, cors: Cors, settings: Settings) -> Replaying | None:
    """What answers from a backend's recordings; None where it has none."""
    if not backend.players:
        return None
    from devkit.server.http.replaying import Replaying

    return Replaying(backend, cors, settings)
