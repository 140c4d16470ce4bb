"""Where repositories run: one SQLite database of one sandbox.

`read` runs in the loop's own thread: it is for reads bounded by an index, which take microseconds, less than the hop to
another thread. `write` is atomic, and writes that wait together share one commit; a file's larger ones run on an
aiosqlite thread (see `devkit.storage.committing`). `scan` is for reads that grow with the data. All three raise
DomainError `insufficient_storage` or `service_unavailable` when the disk fails, and pass on what the work itself
raises.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from devkit.contract.errors import DomainError
from devkit.errors import StorageError
from devkit.storage import copies, damage, schema
from devkit.storage.changes import Changes
from devkit.storage.committing import Committer, Then, Work, kept_or_not, transaction
from devkit.storage.failures import client_errors, damaged, removed, tell_client, unusable
from devkit.storage.lock import FileLock
from devkit.storage.preparing import configure, connect, prepare

T = TypeVar("T")

log = logging.getLogger("devkit")


class Database(ABC):
    """One sandbox's data; `changes` tells what was written to it."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.damage: str | None = None
        """What a person should know where it was found to be damaged since it was opened."""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory; none where it is a file."""
        return 0

    def limit(self, size: int) -> None:  # noqa: B027 - a file takes no memory
        """Let it grow to so many bytes of memory, or stay as large as it is: what would make it larger raises
        DomainError `insufficient_storage`.
        """

    async def look_for_damage(self) -> str | None:
        """Look at all of it, which takes as long as reading it does; what was found is told by `damage` from now on."""
        return self.damage

    async def look_for_removal(self) -> None:  # noqa: B027 - memory has no file
        """See that its file is still there; where it is not, `damage` tells so from now on, and the terminal once."""

    @abstractmethod
    def read(self, work: Work[T]) -> T:
        """A bounded read, at once, in the loop's thread."""

    @abstractmethod
    async def write(self, work: Work[T], scope: str | None = None) -> T:
        """Run `work` in a transaction: when this returns, it is committed; when it raises, nothing was.

        `work` may run more than once, so it must do nothing but SQL. `scope` is what alone it changes, if that can be
        said (see `devkit.storage.changes`); a write that names one touches a few rows and no more.
        """

    @abstractmethod
    def write_then(self, work: Work[Any], scope: str | None, then: Then) -> None:
        """As `write`, for whoever does not wait in a task: `then` is told what it would give or raise. It may not raise
        anything itself.
        """

    @abstractmethod
    async def scan(self, work: Work[T]) -> T:
        """A read that may take long."""

    @abstractmethod
    async def replace(self, content: bytes) -> None:
        """Make this database's content that of a serialized one, atomically."""

    @abstractmethod
    async def content(self) -> bytes:
        """The whole database serialized, as it is now: what `replace` and `MemoryDatabase` take."""

    @abstractmethod
    async def copy_to(self, path: Path) -> None:
        """Copy the whole database, as it is now, into a new file."""

    @abstractmethod
    async def replace_from(self, path: Path) -> None:
        """Make this database's content that of a file that `copy_to` wrote, brought up to date; atomically.

        Raises StorageError where the file is broken, or was made by a newer devkit.
        """

    @abstractmethod
    async def close(self) -> None: ...


_FULL = "There is no room left in memory for the data of this sandbox (limits.memory)"


class MemoryDatabase(Database):
    """A database without a file. Its writes take microseconds, so everything runs in the loop's thread."""

    def __init__(self, content: bytes | None = None) -> None:
        """`content` is a serialized database to start from (`sqlite3.Connection.serialize`)."""
        super().__init__()
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        if content is not None:
            self._connection.deserialize(content)
        configure(self._connection)
        schema.migrate(self._connection)
        self._page = int(self._connection.execute("PRAGMA page_size").fetchone()[0])
        self._size = 0

    @property
    def size(self) -> int:
        if not self._size:
            # Asked again only when something was written: whoever makes a sandbox asks all others.
            self._size = int(self._connection.execute("PRAGMA page_count").fetchone()[0]) * self._page
        return self._size

    def limit(self, size: int) -> None:
        self._connection.execute(f"PRAGMA max_page_count = {max(1, size // self._page)}")

    def read(self, work: Work[T]) -> T:
        with client_errors():
            return work(self._connection)

    async def write(self, work: Work[T], scope: str | None = None) -> T:
        return self._write(work, scope)

    def _write(self, work: Work[T], scope: str | None) -> T:
        try:
            with client_errors(full=_FULL):
                return transaction(self._connection, kept_or_not(work))
        finally:
            self._size = 0
            self.changes.note(scope)

    def write_then(self, work: Work[Any], scope: str | None, then: Then) -> None:
        try:
            result = self._write(work, scope)
        except Exception as error:  # noqa: BLE001 - handed to the one that it belongs to
            then(None, error)
        else:
            then(result, None)

    async def scan(self, work: Work[T]) -> T:
        with client_errors():
            return work(self._connection)

    async def replace(self, content: bytes) -> None:
        try:
            with client_errors():
                copies.restore(content, self._connection)
        finally:
            self._size = 0
            self.changes.note(None)

    async def content(self) -> bytes:
        return await self.scan(copies.content_of)

    async def copy_to(self, path: Path) -> None:
        await self.scan(partial(copies.write_to, path))

    async def replace_from(self, path: Path) -> None:
        try:
            with client_errors():
                copies.restore_from(path, self._connection)
        finally:
            self._size = 0
            self.changes.note(None)

    async def close(self) -> None:
        self._connection.close()


class FileDatabase(Database):
    """A database in a file, in WAL mode; this process is its only user (a lock beside it says so)."""

    def __init__(
        self, path: Path, lock: FileLock, reader: sqlite3.Connection, writer: _Connection, scanner: _Connection
    ) -> None:
        super().__init__()
        self._path = path
        self._lock, self._reader, self._writer, self._scanner = lock, reader, writer, scanner
        self._committer = Committer(reader, writer, self.changes.note)
        self._closing = self._is_gone = False
        self._inode = path.stat().st_ino

    @classmethod
    async def open(cls, path: Path) -> FileDatabase:
        """Open or create the database. Raises StorageError: broken, newer than this devkit, read-only, in use."""
        lock = await asyncio.to_thread(prepare, path)
        writer, scanner = _Connection.of(path), _Connection.of(path)
        try:
            await writer
            await scanner
            await scanner.run(_read_only)
            reader = connect(path)
            _for_the_loop(reader)
        except BaseException as error:
            await writer.close()
            await scanner.close()
            lock.release()
            if isinstance(error, sqlite3.Error):
                raise unusable(path, error) from None
            raise
        return cls(path, lock, reader, writer, scanner)

    def read(self, work: Work[T]) -> T:
        before = self._reader.total_changes
        try:
            result = work(self._reader)
        except sqlite3.DatabaseError as error:
            self._tell(error)
            raise
        # Not by `PRAGMA query_only`: turning that off and on again for each write makes SQLite prepare all statements
        # anew.
        if self._reader.total_changes != before:
            self.changes.note(None)
            raise RuntimeError("what was called a read has written")
        return result

    async def write(self, work: Work[T], scope: str | None = None) -> T:
        if self._closing:
            raise DomainError("service_unavailable", "The database is closed")
        try:
            return await self._committer.write(work, scope)
        except sqlite3.DatabaseError as error:
            self._tell(error)
            raise

    def write_then(self, work: Work[Any], scope: str | None, then: Then) -> None:
        if self._closing:
            then(None, DomainError("service_unavailable", "The database is closed"))
            return

        def told(result: Any, error: Exception | None) -> None:
            if isinstance(error, sqlite3.DatabaseError):
                try:
                    self._tell(error)
                except DomainError as known:
                    error = known
            then(result, error)

        self._committer.write_then(work, scope, told)

    async def scan(self, work: Work[T]) -> T:
        try:
            return await self._scanner.run(work)
        except sqlite3.DatabaseError as error:
            self._tell(error)
            raise

    async def look_for_damage(self) -> str | None:
        stopped = threading.Event()
        try:
            found = await asyncio.to_thread(damage.find_in, self._path, stopped.is_set)
        finally:
            # A server that stops does not wait until a large file was read.
            stopped.set()
        if found is not None:
            self._note_damage(found)
        return self.damage

    def _tell(self, error: sqlite3.DatabaseError) -> None:
        """As `tell_client`; damage is noted, and told at the terminal once."""
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            self._note_damage(str(error))
        tell_client(error)

    async def look_for_removal(self) -> None:
        if not self._is_gone and not await asyncio.to_thread(self._is_in_place):
            self._is_gone, self.damage = True, None
            self._note(removed(self._path))

    def _is_in_place(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False
        except OSError:
            # Whether it is there cannot be told.
            return True

    def _note_damage(self, finding: str) -> None:
        self._note(damaged(str(self._path), finding))

    def _note(self, told: StorageError) -> None:
        if self.damage is None:
            self.damage = f"{told.message} {told.remedy}"
            log.error("%s", self.damage)

    async def replace(self, content: bytes) -> None:
        await self._overwrite(partial(copies.restore, content))

    async def content(self) -> bytes:
        return await self.scan(copies.content_of)

    async def copy_to(self, path: Path) -> None:
        await self.scan(partial(copies.write_to, path))

    async def replace_from(self, path: Path) -> None:
        await self._overwrite(partial(copies.restore_from, path))

    async def _overwrite(self, work: Work[None]) -> None:
        try:
            await self._committer.alone(work)
        except sqlite3.DatabaseError as error:
            self._tell(error)
            raise
        if not self._is_gone:
            # Every page is a new one.
            self.damage = None

    async def close(self) -> None:
        """Finish the writes that wait, then close; later ones are refused."""
        self._closing = True
        await self._committer.close()
        self._reader.close()
        await self._scanner.close()
        await self._writer.close()
        self._lock.release()


class _Connection(aiosqlite.Connection):
    """An aiosqlite connection that can run a whole function on its thread: one hop for many statements."""

    @classmethod
    def of(cls, path: Path) -> _Connection:
        return cls(partial(connect, path), iter_chunk_size=64)

    async def run(self, work: Work[T]) -> T:
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped
        return result


def _for_the_loop(connection: sqlite3.Connection) -> None:
    """Nothing that is done in the loop's thread may wait: neither for another writer nor for the disk."""
    connection.execute("PRAGMA busy_timeout = 50")
    connection.execute("PRAGMA wal_autocheckpoint = 0")


def _read_only(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
