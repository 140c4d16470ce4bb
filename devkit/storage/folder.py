"""Where the bytes of a sandbox's uploads are: a folder that is made once something is put into it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

_TRIES = 3
"""A thread may put something into a folder while it is removed."""

_BESIDE = ".next-"
"""How a folder among the uploads begins that holds what they shall be."""


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
        self._beside: Path | None = None
        self._coming: set[str] = set()

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
        if self._beside is not None and (coming := self._beside / upload_id).exists():
            return coming
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

    def sweep(self, known: set[str]) -> int:
        """Remove files that no row tells of: a server was killed between writing and committing. Returns how many.
        What is no file is not ours, and stays.
        """
        if self._folder is None and not self._copies:
            return 0
        removed = 0
        for path in self.folder.iterdir():
            if path.name in known or (path.is_dir() and not path.is_symlink()):
                continue
            path.unlink(missing_ok=True)
            removed += 1
        return removed

    def strangers(self) -> tuple[str, ...]:
        """Folders that somebody put among the uploads."""
        return tuple(sorted(str(path) for path in self.folder.iterdir() if path.is_dir() and not _is_beside(path)))

    def seeded(self) -> Mapping[str, Path]:
        """Where the files of seeded uploads are, by the uploads' ids."""
        return self._seeded()

    def read_seeded(self, sources: Mapping[str, Path]) -> None:
        """From now on, the seeded uploads are those."""
        self._sources = sources

    def place_seeded(self) -> None:
        """Put the seeded uploads there that are not."""
        self._sources = self._seeded()
        if not self._copies:
            return
        for upload_id, source in self._sources.items():
            if not (self.folder / upload_id).exists():
                shutil.copyfile(source, self.partial(upload_id))
                self.keep(upload_id)

    def prepare(self, fill: Callable[[Path], None] | None, run: int = 0) -> None:
        """Let `fill` put all files that there shall be into a folder beside their places, which takes all the room
        that `switch` needs; None: there shall be none. `run` is told again by `pending`. Raises OSError.
        """
        if fill is None and not self._copies:
            self._beside, self._coming = None, set()
            return
        self.forget_prepared()
        beside = self.folder / f"{_BESIDE}{run}"
        beside.mkdir()
        if fill is not None:
            fill(beside)
        self._coming = {path.name for path in beside.iterdir()}
        self._beside = beside

    def pending(self) -> int | None:
        """The `run` of what was prepared and has neither been switched to nor forgotten; None where nothing was."""
        found = self._besides()
        return int(found[0].name.removeprefix(_BESIDE)) if found else None

    def forget_prepared(self) -> None:
        """What was prepared is not needed."""
        self._beside = None
        for beside in self._besides():
            shutil.rmtree(beside)

    def switch(self, known: set[str] | None = None) -> None:
        """Hold what was prepared and nothing else. What was cut off in the middle of this is finished by doing it
        again; then `known` are the files that there shall be. Raises OSError.
        """
        for beside in self._besides():
            for path in beside.iterdir():
                # Two names of the same bytes both stay, says rename(2); the whole folder goes afterwards.
                path.replace(self.folder / path.name)
        self.sweep(self._coming if known is None else known)
        self.forget_prepared()

    def _besides(self) -> Sequence[Path]:
        if self._folder is None and not self._copies:
            return ()
        return [path for path in self.folder.iterdir() if _is_beside(path)]

    def copy_to(self, target: Path, upload_ids: Iterable[str]) -> set[str]:
        """Copy the files of these uploads; returns those that were deleted meanwhile, which are left out."""
        gone = set()
        for upload_id in upload_ids:
            if not self._is_own(upload_id):
                continue
            try:
                link_or_copy(self.path(upload_id), target / upload_id)
            except FileNotFoundError:
                gone.add(upload_id)
        return gone

    def _is_own(self, upload_id: str) -> bool:
        """Whether its bytes are not read from where the seed has them."""
        if self._copies or upload_id not in self._sources:
            return True
        return self._folder is not None and (self._folder / upload_id).exists()


def uploads_folder(database: Path) -> Path:
    """Where the uploads are that a database's file tells of."""
    return database.with_name(database.name + ".uploads")


def copy_seeded(sources: Mapping[str, Path], target: Path) -> None:
    """Copy seeded uploads into a folder, for `prepare`."""
    for upload_id, source in sources.items():
        shutil.copyfile(source, target / upload_id)


def copy_saved(source: Path, target: Path) -> None:
    """Copy what `copy_to` put aside into a folder, for `prepare`."""
    for path in source.iterdir():
        link_or_copy(path, target / path.name)


def _is_beside(path: Path) -> bool:
    return path.name.startswith(_BESIDE) and path.name.removeprefix(_BESIDE).isdecimal()


def link_or_copy(source: Path, target: Path) -> None:
    """A stored upload is never written to again, so two names for its bytes are as good as two copies."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
