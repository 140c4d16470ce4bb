"""A recording, opened to be replayed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from devkit.errors import FileError
from devkit.recording.base import Recorded
from devkit.recording.journal import PREVIOUS, SETTINGS
from devkit.recording.reading import Recording, open_recording
from devkit.recording.replay import canonical
from devkit.recording.replay.canonical import Canon, Route
from devkit.recording.replay.index import Index, Indexed
from devkit.recording.replay.player import Player
from devkit.recording.replay.settings import ReplaySettings
from devkit.recording.replay.settingsfile import settings_beside
from devkit.recording.replay.tape import Tape, tape_of
from devkit.recording.replay.templates import route_of
from devkit.recording.replay.volatile import volatile_between
from devkit.recording.sources import file_of

log = logging.getLogger("devkit")

Learn = Callable[[Iterable[Recorded]], Iterable[tuple[str, str]]]
"""Learns from exchanges which operations there are: methods, and templates of paths."""


def files_of(path: Path) -> tuple[Path, ...]:
    """All that a recording is made of, whether it is there or not. Raises FileError where it is none."""
    beside = path if path.is_dir() else path.parent
    return (file_of(path), beside / SETTINGS, *([path / PREVIOUS] if path.is_dir() else []))


def open_player(path: Path, learn: Learn, cache: Path | None = None) -> tuple[Player, Recording]:
    """What plays the recording at that path. What it came to is kept in the folder `cache`, where one is given.

    Raises FileError, for `replay.yaml` beside it too.
    """
    settings = settings_beside(path)
    index = Index(cache, path, files_of(path)) if cache is not None else None
    known = index.read() if index else None
    if known is not None:
        recording = open_recording(path, known)
        route = route_of((method, template) for method, template in known.templates)
        canon = Canon(settings, known.volatile)
        tape = Tape(known.rows, canon, route, known.cookies, began=known.began, origin=known.origin)
        return _player(tape, recording, settings, known.volatile), recording
    recording = open_recording(path)
    templates = [*learn(recording)]
    route = route_of(templates)
    volatile = _volatile(path, recording, route)
    tape = tape_of(recording, Canon(settings, volatile), route)
    if settings.match:
        settings_beside(path, sorted(tape.operations))
    if index is not None:
        index.write(_indexed(recording, tape, templates, volatile))
    return _player(tape, recording, settings, volatile), recording


def _player(
    tape: Tape, recording: Recording, settings: ReplaySettings, volatile: Mapping[str, frozenset[canonical.Path]]
) -> Player:
    def load(number: int) -> Recorded:
        found = recording.exchange(number)
        if found is None:
            raise FileError(recording.file, f"entry {number} changed while it was replayed")
        return found

    return Player(tape, load, settings, volatile)


def _indexed(
    recording: Recording,
    tape: Tape,
    templates: list[tuple[str, str]],
    volatile: Mapping[str, frozenset[canonical.Path]],
) -> Indexed:
    order, pairs = recording.order
    return Indexed(
        spans=recording.scanned.spans,
        order=order,
        partners=pairs.bodies,
        head=recording.scanned.head,
        warnings=recording.warnings,
        templates=templates,
        rows=tape.rows,
        cookies=tape.cookies,
        began=tape.began,
        origin=tape.origin,
        volatile=volatile,
    )


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
