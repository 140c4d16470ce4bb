"""What passes to the real backend, recorded from when somebody says so until somebody says enough."""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.recording.writer import recorder_of

if TYPE_CHECKING:
    from devkit.recording.writer import FolderRecorder
    from devkit.server.http.forwarding import Forwarding


class Tape:
    """Records by that forwarding, one recording at a time; those that have no folder named lie below `place`."""

    def __init__(self, forwarding: Forwarding, place: Path) -> None:
        self._forwarding, self._place = forwarding, place
        self._recorder: FolderRecorder | None = None
        self.folder: Path | None = None

    @property
    def running(self) -> bool:
        return self._recorder is not None

    @property
    def count(self) -> int:
        """Exchanges of the recording that runs, or ran last."""
        return self._count if self._recorder is None else self._recorder.count

    _count = 0

    def begin(self, folder: Path) -> None:
        """Record into that folder. Raises FileError where it cannot be written to."""
        self._forwarding.recorder = self._recorder = recorder_of(folder)
        self.folder = folder

    async def start(self, name: str) -> None:
        """Record into a folder of that name. Raises FileError."""
        await asyncio.to_thread(self.begin, self._place / name)

    async def stop(self) -> None:
        """Write what has passed to its end."""
        recorder, self._recorder, self._forwarding.recorder = self._recorder, None, None
        if recorder is not None:
            await asyncio.to_thread(recorder.close)
            self._count = recorder.count

    async def packed(self) -> bytes:
        """A zip file of the recording that ran last, which `devkit replay` takes."""
        return await asyncio.to_thread(_packed, self.folder) if self.folder is not None else b""


def _packed(folder: Path) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return into.getvalue()
