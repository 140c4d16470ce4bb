"""A recording as a contract: what it has operations for is learned, and it keeps them itself."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from devkit.blueprint.base import Blueprint, Planned
from devkit.blueprint.documents.compiled import Kept, digest
from devkit.contract.keeping import ByRecording, ByUpstream
from devkit.dialects.backend import Backend
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.learning.facts import Facts, facts_of
from devkit.learning.operations import Learner
from devkit.recording.base import Recorded
from devkit.recording.replay.opening import files_of, open_player

log = logging.getLogger("devkit")

_NAME = re.compile(r"[^A-Za-z0-9]+")


def replayed(path: Path, cache: Path | None = None) -> Backend:
    """What serves the recording at that path; what it came to is kept in the folder `cache`, where one is given. Raises
    FileError.
    """
    learner = Learner(_called(path))
    player, recording = open_player(path, partial(_learn, learner), cache)
    for warning in recording.warnings:
        log.warning("%s", warning)
    files = files_of(path)
    kept = Kept(cache, path) if cache is not None else None
    known = kept.read() if kept and not [*learner] else None
    if known is None:
        if not [*learner]:
            _learn(learner, recording)
        known = learner.blueprint()
        if kept:
            kept.write(known, {files[0]: digest(files[0])})
    return replace(backend_of(_kept(known, path, files), BACKEND), players={path: player})


def _learn(learner: Learner, exchanges: Iterable[Recorded]) -> list[tuple[str, str]]:
    for exchange in exchanges:
        if learner.wants(exchange.method, exchange.target):
            learner.see(facts_of(exchange))
        else:
            learner.see(Facts(method=exchange.method, target=exchange.target, status=exchange.status))
    return [(one.method, one.path) for one in learner]


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
