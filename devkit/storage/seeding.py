"""The seeded state: what a database holds before anybody has used it.

The same files, number and epoch make the same bytes: on every machine, at any time, in any process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from sqlite3 import Connection

from devkit.config import Settings
from devkit.contract.entities import Task
from devkit.contract.fields import TITLE_MAX
from devkit.effects import DAY, HOUR, MINUTE, Instant, Randomness, machine_now
from devkit.shipped import seed_folder
from devkit.storage import preparing, schema, seedfiles, tasks
from devkit.storage.failures import unusable, unusable_folder
from devkit.storage.folder import UploadFolder, uploads_folder
from devkit.storage.growing import Growth, Hasher, atomic, grow
from devkit.storage.making import Row
from devkit.storage.phrases import Phrases
from devkit.storage.seeded import EPOCH, RowSeeds, beside, epoch_at, is_seeded, seed_state
from devkit.storage.seedfiles import SeedFiles
from devkit.storage.seedmodels import Distance, SeedTask, at

__all__ = [
    "Growth", "Hasher", "build", "grow", "grow_file", "is_seeded", "seed_state", "template", "upload_files",
]  # fmt: skip

_WEEKS = 8 * 7 * DAY
"""How far before the epoch generated tasks begin."""


def build(connection: Connection, files: SeedFiles, number: int, hasher: Hasher, epoch: Instant = EPOCH) -> None:
    """Fill an empty, migrated database, in one transaction. Each password is hashed once. Distances count from
    `epoch`.
    """
    with atomic(connection):
        _Builder(connection, files, Randomness(number, "seed"), hasher, epoch).everything()
        facts = {
            "seed_number": number,
            "seed_fingerprint": files.fingerprint,
            "seed_epoch": epoch,
            "schema": schema.version_of(connection),
        }
        connection.executemany(
            "INSERT INTO meta (key, value) VALUES (?, ?)", [(key, str(value)) for key, value in facts.items()]
        )


def template(
    files: SeedFiles, number: int, hasher: Hasher, epoch: Instant = EPOCH, rows: RowSeeds | None = None
) -> bytes:
    """A seeded database, serialized: what resets and new sandboxes start from."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        build(connection, files, number, hasher, epoch)
        if rows is not None:
            with atomic(connection):
                rows.fill(connection, number, epoch)
                told = beside(files.fingerprint, rows)
                connection.execute("UPDATE meta SET value = ? WHERE key = 'seed_fingerprint'", (told,))
        return connection.serialize()


def upload_files(files: SeedFiles, number: int) -> dict[str, str]:
    """The file in the seed folder of each seeded upload, by the id it has in a database built with `number`."""
    chance = Randomness(number, "seed").branch("uploads")
    return {upload.id or chance.uuid(): upload.file for upload in files.uploads.uploads}


def grow_file(
    path: Path,
    settings: Settings,
    *,
    users: int,
    tasks_per_user: int,
    progress: Callable[[int, int], None],
    hasher: Hasher,
) -> Growth:
    """Grow the database at `path`, which is made and seeded first if it is new.

    Raises StorageError when a server uses it, when it cannot be used, or when the disk fills up; FileError for broken
    seed files. What was committed until then stays.
    """
    files = seedfiles.load(seed_folder(settings), settings.seed_dates)
    lock = preparing.prepare(path)
    try:
        with contextlib.closing(preparing.connect(path)) as connection:
            if not is_seeded(connection) and not connection.execute("SELECT 1 FROM users LIMIT 1").fetchone():
                # The files first: what has no row yet is cleared away some day, a row without content would stay.
                _place_uploads(path, files, settings.seed)
                build(connection, files, settings.seed, hasher, epoch_at(settings.seed_dates, machine_now()))
            # 64 MiB: the upper pages of all indexes stay in memory, however large the file gets.
            connection.execute("PRAGMA cache_size = -65536")
            growth = grow(
                connection,
                users=users,
                tasks_per_user=tasks_per_user,
                number=settings.seed,
                hasher=hasher,
                progress=progress,
            )
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return growth
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    finally:
        lock.release()


def _place_uploads(path: Path, files: SeedFiles, number: int) -> None:
    sources = {upload_id: files.folder / name for upload_id, name in upload_files(files, number).items()}
    uploads = UploadFolder(lambda: uploads_folder(path), lambda: sources, copies=True)
    try:
        uploads.sweep(set())
        uploads.place_seeded()
    except OSError as error:
        raise unusable_folder(uploads_folder(path), error) from None


class _Builder:
    """Writes the rows. Every kind draws from its own branch of chance: a further task moves no upload's id."""

    def __init__(
        self, connection: Connection, files: SeedFiles, chance: Randomness, hasher: Hasher, epoch: Instant
    ) -> None:
        self._connection, self._files, self._chance, self._hasher = connection, files, chance, hasher
        self._epoch = epoch
        self._owners: dict[str, tuple[str, Instant]] = {}
        self._numbers: dict[str, int] = {}

    def everything(self) -> None:
        self._users()
        self._tasks()
        self._api_keys()
        self._uploads()
        self._conversations()
        self._identities()
        self._insert(
            "INSERT INTO models (id, name, status, size, details, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                (model.id, model.name, model.status, model.size, _json(model.details), self._at(model.updated_at))
                for model in self._files.models.models
            ),
        )
        self._insert(
            "INSERT INTO flags (name, value) VALUES (?, ?)",
            ((name, _json(value)) for name, value in self._files.flags.flags.items()),
        )

    def _users(self) -> None:
        chance, salts = self._chance.branch("users"), self._chance.branch("passwords")
        hashes: dict[str, str] = {}
        rows: list[Row] = []
        for user in self._files.users.users:
            if user.password not in hashes:
                hashes[user.password] = self._hasher(user.password, salts.bytes(16))
            identifier, key = user.id or chance.uuid(), user.email.casefold()
            joined = self._at(user.created_at)
            self._owners[key] = identifier, joined
            names = user.first_name, user.last_name
            username = user.username, user.username.casefold() if user.username else None
            rows.append(
                (
                    identifier, user.email, key, *names, hashes[user.password], user.verified, user.role,
                    joined, *username, json.dumps(user.own, separators=(",", ":")) if user.own else "",
                )
            )  # fmt: skip
        self._insert(
            "INSERT INTO users (id, email, email_key, first_name, last_name, password_hash, email_verified, role,"
            " created_at, username, username_key, own) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._numbers = dict(self._connection.execute("SELECT id, number FROM users"))

    def _tasks(self) -> None:
        owned: list[tuple[int, Task]] = []
        for owner in self._files.tasks.owners:
            key = owner.email.casefold()
            user_id, joined = self._owners[key]
            number = self._numbers[user_id]
            chance = self._chance.branch(f"tasks/{key}")
            given = list(owner.tasks)
            missing = (owner.total or 0) - len(given)
            if missing > 0:
                given += _invented(chance, missing, joined, self._epoch, {task.title for task in given})
            for task in given:
                created_at = self._at(task.created_at)
                made = Task(
                    id=task.id or chance.uuid(),
                    title=task.title,
                    description=task.description or None,
                    completed=task.completed,
                    priority=task.priority,
                    due_date=None if task.due_date is None else self._at(task.due_date),
                    created_at=created_at,
                    # A time and a distance may have changed places since they were written.
                    updated_at=created_at if task.updated_at is None else max(created_at, self._at(task.updated_at)),
                    version=1,
                )
                owned.append((number, made))
        # Stored in the order in which they were made, as in a database that people have used.
        owned.sort(key=lambda pair: pair[1].created_at)
        tasks.insert_seeded(self._connection, owned)

    def _api_keys(self) -> None:
        chance = self._chance.branch("api_keys")
        self._insert(
            "INSERT INTO api_keys (id, user_id, name, hash, created_at) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    entry.id or chance.uuid(),
                    self._owner(entry.owner),
                    entry.name,
                    hashlib.sha256(entry.key.encode()).hexdigest(),
                    self._at(entry.created_at),
                )
                for entry in self._files.api_keys.api_keys
            ),
        )

    def _uploads(self) -> None:
        names = upload_files(self._files, self._chance.seed)
        rows: list[Row] = []
        for identifier, upload in zip(names, self._files.uploads.uploads, strict=True):
            path = self._files.path_of(upload)
            content = path.read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            name = upload.filename or path.name
            owner = self._owner(upload.owner)
            made = self._at(upload.created_at)
            rows.append((identifier, owner, name, upload.content_type, len(content), sha256, made))
        rows.sort(key=lambda row: row[6])
        self._insert(
            "INSERT INTO uploads (id, user_id, filename, content_type, size, sha256, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def _conversations(self) -> None:
        chance = self._chance.branch("conversations")
        for talk in self._files.conversations.conversations:
            talk_id, begun = talk.id or chance.uuid(), self._at(talk.created_at)
            latest = begun
            messages: list[Row] = []
            for message in talk.messages:
                latest = latest + MINUTE if message.created_at is None else max(latest, self._at(message.created_at))
                messages.append((message.id or chance.uuid(), talk_id, message.role, message.content, latest))
            self._insert(
                "INSERT INTO conversations (id, user_id, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
                [(talk_id, self._owner(talk.owner), talk.title, begun, latest)],
            )
            self._insert(
                "INSERT INTO messages (id, conversation_id, role, content, created_at) VALUES (?, ?, ?, ?, ?)", messages
            )

    def _identities(self) -> None:
        chance = self._chance.branch("identities")
        rows: list[Row] = []
        for position, identity in enumerate(self._files.identities.identities):
            account_id = identity.id or str(chance.integer(10**20, 10**21 - 1))
            about = position, identity.name, identity.email, identity.verified
            rows += [(provider, account_id, *about) for provider in dict.fromkeys(identity.providers)]
        self._insert(
            "INSERT INTO identities (provider, account_id, position, name, email, verified) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )

    def _at(self, moment: Instant | Distance) -> Instant:
        return at(moment, self._epoch)

    def _owner(self, email: str) -> str:
        return self._owners[email.casefold()][0]

    def _insert(self, statement: str, rows: Iterable[Row]) -> None:
        self._connection.executemany(statement, rows)


def _invented(chance: Randomness, count: int, joined: Instant, epoch: Instant, taken: set[str]) -> list[SeedTask]:
    since = min(max(joined, epoch - _WEEKS), epoch - DAY)
    phrases = Phrases(chance.integer(0, 2**63 - 1))
    tasks: list[SeedTask] = []
    for _ in range(count):
        title = phrases.title()
        for _ in range(10):
            if title not in taken:
                break
            title = phrases.title()
        taken.add(title)
        description = phrases.description() if chance.fraction() < 0.6 else None
        completed = chance.fraction() < 0.45
        created_at = chance.integer(since, epoch - HOUR)
        due_date = None
        if chance.fraction() < 0.65:
            # People set dates, not milliseconds: five in the afternoon of some day after the task was made.
            due_date = (created_at + chance.integer(1, 42) * DAY) // DAY * DAY + 17 * HOUR
        tasks.append(
            # Not validated: files say moments as texts, and here they are instants already.
            SeedTask.model_construct(
                title=title[:TITLE_MAX],
                description=description,
                completed=completed,
                priority=("low", "medium", "high")[chance.integer(0, 2)],
                created_at=created_at,
                updated_at=chance.integer(created_at, epoch) if completed else created_at,
                due_date=due_date,
            )
        )
    return tasks


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
