"""A recording, opened to be replayed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from devkit.errors import FileError
from devkit.recording.base import Recorded
from devkit.recording.journal import PREVIOUS
from devkit.recording.reading import Recording, open_recording
from devkit.recording.replay import canonical
from devkit.recording.replay.canonical import Canon, Route
from devkit.recording.replay.player import Player
from devkit.recording.replay.settingsfile import settings_beside
from devkit.recording.replay.tape import tape_of
from devkit.recording.replay.volatile import volatile_between

log = logging.getLogger("devkit")

Learn = Callable[[Iterable[Recorded]], Route]
"""Learns from exchanges which paths are one."""


def open_player(path: Path, learn: Learn) -> tuple[Player, Recording]:
    """What plays the recording at that path. Raises FileError, for `replay.yaml` beside it too."""
    recording = open_recording(path)
    route = learn(recording)
    settings = settings_beside(path)
    volatile = _volatile(path, recording, route)
    tape = tape_of(recording, Canon(settings, volatile), route)
    if settings.match:
        settings_beside(path, sorted(tape.operations))

    def load(number: int) -> Recorded:
        found = recording.exchange(number)
        if found is None:
            raise FileError(recording.file, f"entry {number} changed while it was replayed")
        return found

    return Player(tape, load, settings, volatile), recording


def _volatile(path: Path, recording: Recording, route: Route) -> Mapping[str, frozenset[canonical.Path]]:
    """What the recording before it says otherwise, where there is one."""
    before = path / PREVIOUS if path.is_dir() else None
    if before is None or not before.is_file() or recording.file.name == PREVIOUS:
        return {}
    try:
        return volatile_between(open_recording(before), recording, route)
    except FileError as error:
        log.warning("%s What is volatile is not told by it.", error.message)
        return {}
