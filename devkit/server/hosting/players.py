"""What a server stands in for, and what plays the recordings that keep some of it; imported where there is any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devkit.config import Settings
from devkit.dialects.backend import Backend, sockets
from devkit.server.express.lane import Express
from devkit.server.http.cors import Cors

if TYPE_CHECKING:
    from devkit.server.http.lanes import ExpressLane
    from devkit.server.http.pipeline import Pipeline


def backend_told(settings: Settings) -> Backend:
    """The backend that the settings name. Raises OperatorError."""
    from devkit.server.hosting.backends import backend_for

    return backend_for(settings)


def play(backend: Backend, settings: Settings, cors: Cors, pipeline: Pipeline, lane: ExpressLane) -> None:
    """Have both ways of a request answer from a backend's recordings, where it has any."""
    pipeline.replaying = None
    if backend.players:
        from devkit.server.http.replaying import Replaying

        pipeline.replaying = Replaying(backend, cors, settings)
    if not isinstance(lane, Express):
        return
    lane.playing = None
    if pipeline.replaying is not None:
        from devkit.server.express.playing import Playing

        lane.playing = Playing(pipeline.replaying, pipeline.router, sockets(backend.served(settings)))
