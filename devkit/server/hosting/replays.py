"""A recording as a contract: what it has operations for is learned, and it keeps them itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from devkit.blueprint.base import Blueprint, Planned
from devkit.contract.keeping import ByRecording, ByUpstream
from devkit.dialects.backend import Backend
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.learning.facts import Facts, facts_of
from devkit.learning.operations import Learner
from devkit.recording.base import Recorded
from devkit.recording.journal import PREVIOUS, SETTINGS
from devkit.recording.replay.canonical import Route
from devkit.recording.replay.opening import open_player

log = logging.getLogger("devkit")

_NAME = re.compile(r"[^A-Za-z0-9]+")


def replayed(path: Path) -> Backend:
    """What serves the recording at that path. Raises FileError."""
    learner = Learner(_called(path))
    player, recording = open_player(path, partial(_learn, learner))
    for warning in recording.warnings:
        log.warning("%s", warning)
    known = learner.blueprint()
    beside = path if path.is_dir() else path.parent
    files = [recording.file, beside / SETTINGS, *([beside / PREVIOUS] if (beside / PREVIOUS).is_file() else [])]
    blueprint = _kept(known, path, tuple(files))
    backend = backend_of(blueprint, BACKEND)
    return replace(backend, players={path: player})


def _learn(learner: Learner, exchanges: Iterable[Recorded]) -> Route:
    """Learn twice over: what is an id is known once all of it was seen."""
    for exchange in exchanges:
        if learner.wants(exchange.method, exchange.target):
            learner.see(facts_of(exchange))
        else:
            learner.see(Facts(method=exchange.method, target=exchange.target, status=exchange.status))

    def route(method: str, target: str) -> str:
        found = learner.find("GET" if method == "HEAD" else method, target)
        return found.path if found else ""

    return route


def _kept(known: Blueprint, path: Path, files: tuple[Path, ...]) -> Blueprint:
    def of(planned: Planned) -> Planned:
        pages = planned.keeping.pages if isinstance(planned.keeping, ByUpstream) else None
        return replace(planned, keeping=ByRecording(recording=path, pages=pages), reason="was recorded")

    return replace(
        known,
        title=f"The recording {path.name}",
        summary="operations as they were recorded",
        operations=tuple(map(of, known.operations)),
        files=files,
    )


def _called(path: Path) -> str:
    """A contract's name, after the recording's."""
    name = _NAME.sub("-", path.stem if path.is_file() else path.resolve().name).strip("-").lower() or "recording"
    return f"{name}-recording" if name in BACKEND.dialects else name
