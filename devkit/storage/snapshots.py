"""Snapshots: what a sandbox holds, put aside under a name and brought back.

One is a folder: `data.db` is the database, `uploads` the uploads' bytes, `about.json` the rest. It is written beside
its place, then named as what is whole, then moved to its place: so a snapshot is whole or not there at all, and one
that replaces another is one of the two, however the process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from devkit.effects import ClockState, Instant, machine_now
from devkit.errors import StorageError
from devkit.records import dataclass
from devkit.storage import catalogue, uploads
from devkit.storage.database import Database
from devkit.storage.exchange import exchange
from devkit.storage.failures import file_errors
from devkit.storage.folder import UploadFolder, copy_saved

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
NAME_RULE = "Must begin with a letter or digit and hold at most 64 of a-z, 0-9, dot, dash and underscore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is known of one. `saved_at` is the machine's time, `clock` the sandbox's; `size` is the database's bytes."""

    name: str
    saved_at: Instant
    clock: ClockState
    size: int
    uploads: int


class Snapshots:
    """The snapshots of one sandbox. `place` says where their folder is; `lasting` that it may be there already."""

    def __init__(self, place: Callable[[], Path], *, lasting: bool) -> None:
        self._place = place
        self._folder: Path | None = place() if lasting else None
        self._busy = asyncio.Lock()

    async def list(self) -> Sequence[Snapshot]:
        """All of them, newest first."""
        return await asyncio.to_thread(_read_all, self._folder) if self._folder is not None else []

    async def find(self, name: str) -> Snapshot | None:
        if self._folder is None or not is_name(name):
            return None
        return await asyncio.to_thread(_read, self._folder / name)

    async def save(self, name: str, database: Database, files: UploadFolder, clock: ClockState) -> Snapshot:
        """Save under a name, over whatever had it before. Raises StorageError."""
        async with self._busy:
            try:
                return await self._save(name, database, files, clock)
            except OSError as error:
                raise StorageError(f"The snapshot {name} cannot be written: {error.strerror or error}.") from None

    async def restore(self, name: str, database: Database, files: UploadFolder, run: int) -> Snapshot | None:
        """Bring data and uploads back, as one; None where there is no snapshot of that name. What was drawn before that
        `run` is not drawn again. Raises StorageError, and DomainError where the disk fails.
        """
        async with self._busy:
            found = await self.find(name)
            if found is None or self._folder is None:
                return None
            saved = self._folder / name
            with file_errors():
                await exchange(
                    database,
                    files,
                    partial(database.replace_from, saved / "data.db"),
                    partial(copy_saved, saved / "uploads"),
                    run=run,
                )
            return found

    def path(self, name: str) -> Path:
        """Where the snapshot of that name is, or would be."""
        self._folder = self._folder or self._place()
        return self._folder / name

    async def settle(self) -> Sequence[str]:
        """Finish what a killed server was about to replace or to remove, and clear away what it had only begun. Returns
        the names of those that it had not replaced yet. Raises StorageError.
        """
        if self._folder is None:
            return []
        try:
            return await asyncio.to_thread(_settle, self._folder)
        except OSError as error:
            raise StorageError(
                f"The folder {self._folder} cannot be used: {error.strerror or error}.",
                remedy="Give yourself write permission on it, or move it away.",
            ) from None

    async def delete(self, name: str) -> bool:
        """False where there is none of that name."""
        async with self._busy:
            if self._folder is None or await self.find(name) is None:
                return False
            await asyncio.to_thread(_remove, self._folder / name)
            return True

    async def _save(self, name: str, database: Database, files: UploadFolder, clock: ClockState) -> Snapshot:
        self._folder = folder = self._place()
        begun = await asyncio.to_thread(_begin, folder)
        try:
            await database.copy_to(begun / "data.db")
            gone = await asyncio.to_thread(_copy_files, begun, files)
            now = await database.scan(uploads.contents)
            return await asyncio.to_thread(_finish, begun, folder / name, now, gone, clock)
        except BaseException:
            shutil.rmtree(begun, ignore_errors=True)
            raise


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _read_all(folder: Path) -> Sequence[Snapshot]:
    if not folder.is_dir():
        return []
    found = [_read(path) for path in folder.iterdir() if is_name(path.name)]
    return sorted((one for one in found if one), key=lambda one: (-one.saved_at, one.name))


def _begin(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    _settle(folder)
    begun = Path(tempfile.mkdtemp(prefix=".", dir=folder))
    (begun / "uploads").mkdir()
    return begun


_WHOLE, _OLD = ".new", ".old"
"""How the name ends of a snapshot that only has to be moved to its place, and of one that is no more."""


def _settle(folder: Path) -> Sequence[str]:
    """Raises OSError."""
    if not folder.is_dir():
        return []
    whole = [left for left in folder.glob(f".*{_WHOLE}") if is_name(left.stem[1:])]
    for left in whole:
        _put(left, folder / left.stem[1:])
    for left in folder.glob(".*"):
        shutil.rmtree(left, ignore_errors=True)
    return [left.stem[1:] for left in whole]


def _put(whole: Path, target: Path) -> None:
    """Move a snapshot to its place, over what is there."""
    if target.exists():
        _remove(target, whole)
    else:
        whole.rename(target)


def _remove(target: Path, instead: Path | None = None) -> None:
    """Take a snapshot away as a whole, perhaps with another in its place, and then what it held."""
    old = target.with_name(f".{target.name}{_OLD}")
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    if instead is not None:
        instead.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _copy_files(begun: Path, files: UploadFolder) -> set[str]:
    """The ids of those that are not there."""
    with _opened(begun) as copy:
        return files.copy_to(begun / "uploads", uploads.contents(copy))


def _finish(begun: Path, target: Path, now: Mapping[str, str], gone: set[str], clock: ClockState) -> Snapshot:
    """`now` is what the uploads hold, looked at after their files were copied."""
    with _opened(begun) as copy:
        # What was deleted since the data was copied has no file any more, or that of another upload of its id.
        gone |= {upload_id for upload_id, content in uploads.contents(copy).items() if now.get(upload_id) != content}
        uploads.forget(copy, gone)
        for upload_id in gone:
            (begun / "uploads" / upload_id).unlink(missing_ok=True)
        catalogue.end_exchange(copy)
    about = {"saved_at": machine_now(), "at": clock.at, "offset": clock.offset, "rate": clock.rate}
    (begun / "about.json").write_text(json.dumps(about), encoding="utf-8")
    # From here on it is saved, whatever happens: `_settle` does the rest.
    whole = begun.rename(target.with_name(f".{target.name}{_WHOLE}"))
    _put(whole, target)
    found = _read(target)
    if found is None:
        raise StorageError(f"The snapshot {target.name} cannot be read back.")
    return found


def _opened(begun: Path) -> AbstractContextManager[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(begun / "data.db", isolation_level=None))


def _read(path: Path) -> Snapshot | None:
    """None for what is no snapshot of ours."""
    try:
        about = json.loads((path / "about.json").read_bytes())
        return Snapshot(
            name=path.name,
            saved_at=int(about["saved_at"]),
            clock=ClockState(int(about["at"]), int(about["offset"]), float(about["rate"])),
            size=(path / "data.db").stat().st_size,
            uploads=sum(1 for _ in (path / "uploads").iterdir()),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
