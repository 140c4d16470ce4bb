"""`replay.yaml`: what a person says of how a recording is replayed. It is read strictly, and never written to."""

from __future__ import annotations

from pathlib import Path

from devkit import yamlfile
from devkit.errors import did_you_mean
from devkit.recording.journal import SETTINGS
from devkit.recording.replay.settings import ReplaySettings


def settings_beside(recording: Path, operations: list[str] | None = None) -> ReplaySettings:
    """What `replay.yaml` says in that folder, or beside that file. `operations` are those that can be named there, such
    as `GET /orders/{id}`. Raises FileError, all that is wrong.
    """
    path = (recording if recording.is_dir() else recording.parent) / SETTINGS
    if not path.is_file():
        return ReplaySettings()
    try:
        document = yamlfile.read(path)
    except yamlfile.EmptyFile:
        return ReplaySettings()
    found = document.parse(ReplaySettings)
    for name in found.match:
        if operations is not None and name not in operations:
            some = ", ".join(operations[:8])
            raise document.error(
                ("match", name),
                f"nothing like {name!r} was recorded.{did_you_mean(name, operations)}",
                remedy=f"Operations are called such as {some}." if some else None,
            )
    return found
