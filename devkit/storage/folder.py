"""Where the bytes of a sandbox's uploads are: a folder that is made once something is put into it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

_TRIES = 3
"""A thread may put something into a folder while it is removed."""


class Scratch:
    """A folder for what goes when a sandbox does; it is there once somebody asked for it."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._removed = False
        self._making = threading.Lock()

    @property
    def path(self) -> Path:
        """Any thread may ask. Raises OSError where it was removed: whoever comes late must not make it anew."""
        with self._making:
            if self._removed:
                raise FileNotFoundError(errno.ENOENT, "The folder was removed")
            if self._path is None:
                self._path = Path(tempfile.mkdtemp(prefix="devkit-"))
            return self._path

    @property
    def exists(self) -> bool:
        return self._path is not None

    def remove(self) -> None:
        """Remove it with everything in it."""
        with self._making:
            self._removed = True
        if self._path is not None:
            for _ in range(_TRIES):
                shutil.rmtree(self._path, ignore_errors=True)
                if not self._path.exists():
                    break
            self._path = None


class UploadFolder:
    """One file for each upload, named by its id. All of this blocks, though only for as long as a disk does.

    `place` says where the folder is; `seeded` where the files of seeded uploads are. With `copies` they are copied into
    the folder, so that a database that lives on does not lose them when the seed files change; without, they are read
    where they are, and a sandbox that nobody uploads to never touches the disk.
    """

    def __init__(self, place: Callable[[], Path], seeded: Callable[[], Mapping[str, Path]], *, copies: bool) -> None:
        self._place, self._seeded, self._copies = place, seeded, copies
        self._folder: Path | None = None
        self._sources: Mapping[str, Path] = {}

    @property
    def copies(self) -> bool:
        """Whether the folder holds copies of seeded files: then opening it takes a disk's time."""
        return self._copies

    @property
    def folder(self) -> Path:
        """The folder, which is made if need be. Raises OSError."""
        if self._folder is None:
            folder = self._place()
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder
        return self._folder

    def room(self) -> int | None:
        """Bytes that can still be stored; None where the folder was not needed yet. Raises OSError where it cannot be
        written.
        """
        if self._folder is None:
            return None
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return shutil.disk_usage(self._folder).free

    def path(self, upload_id: str) -> Path:
        """Where the bytes of a stored upload are: the id is a UUID, so nothing a client says can lead elsewhere."""
        if not self._copies and (source := self._sources.get(upload_id)) is not None:
            own = None if self._folder is None else self._folder / upload_id
            # A client may bring the id of a seeded upload anew, once it has deleted that one.
            return own if own is not None and own.exists() else source
        return self.folder / upload_id

    def partial(self, upload_id: str) -> Path:
        """Where an upload goes while it arrives."""
        return self.folder / f"{upload_id}.part"

    def keep(self, upload_id: str) -> None:
        """It has arrived as a whole."""
        self.partial(upload_id).replace(self.folder / upload_id)

    def discard(self, upload_ids: Iterable[str]) -> None:
        """Remove what is there of these, arrived or not. Seeded files stay: other sandboxes read them too."""
        if self._folder is None and not self._copies:
            return
        for upload_id in upload_ids:
            self.partial(upload_id).unlink(missing_ok=True)
            (self.folder / upload_id).unlink(missing_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Remove files that no row tells of: a server was killed between writing and committing."""
        if self._folder is None and not self._copies:
            return
        for path in self.folder.iterdir():
            if path.name not in known:
                path.unlink(missing_ok=True)

    def place_seeded(self) -> None:
        """Put the seeded uploads there that are not."""
        self._sources = self._seeded()
        if not self._copies:
            return
        for upload_id, source in self._sources.items():
            target = self.folder / upload_id
            if not target.exists():
                shutil.copyfile(source, target)

    def prepare_seeded(self) -> Mapping[str, Path]:
        """Copy the seeded uploads to beside their places, which takes all the room that `begin_anew` needs. Raises
        OSError, and then leaves nothing.
        """
        sources = self._seeded()
        if self._copies:
            try:
                for upload_id, source in sources.items():
                    shutil.copyfile(source, self._prepared(upload_id))
            except OSError:
                self.forget_prepared(sources)
                raise
        return sources

    def forget_prepared(self, sources: Mapping[str, Path]) -> None:
        """What was prepared is not needed."""
        if self._copies:
            for upload_id in sources:
                self._prepared(upload_id).unlink(missing_ok=True)

    def begin_anew(self, sources: Mapping[str, Path]) -> None:
        """Hold the prepared uploads and nothing else."""
        self._sources = sources
        if self._copies:
            for upload_id in sources:
                self._prepared(upload_id).replace(self.folder / upload_id)
        self.sweep(set(sources) if self._copies else set())

    def _prepared(self, upload_id: str) -> Path:
        return self.folder / f"{upload_id}.new"

    def copy_to(self, target: Path, upload_ids: Iterable[str]) -> set[str]:
        """Copy the files of these uploads; returns those that were deleted meanwhile, which are left out."""
        gone = set()
        for upload_id in self._own(upload_ids):
            try:
                _link_or_copy(self.path(upload_id), target / upload_id)
            except FileNotFoundError:
                gone.add(upload_id)
        return gone

    def restore_from(self, source: Path, upload_ids: Iterable[str]) -> None:
        """Make the folder what `copy_to` saw."""
        self.sweep(set())
        for upload_id in self._own(upload_ids):
            with contextlib.suppress(FileNotFoundError):
                _link_or_copy(source / upload_id, self.folder / upload_id)

    def _own(self, upload_ids: Iterable[str]) -> Iterable[str]:
        """Those whose bytes are not read from where the seed has them."""
        return (upload_id for upload_id in upload_ids if self._copies or upload_id not in self._sources)


def _link_or_copy(source: Path, target: Path) -> None:
    """A stored upload is never written to again, so two names for its bytes are as good as two copies."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
