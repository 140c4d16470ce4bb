"""How a sandbox comes to be hosted: its database, folders and key, and the sockets over it."""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import os
import tempfile
import weakref
from dataclasses import field
from functools import partial
from pathlib import Path

import orjson

from devkit import statefolder
from devkit.config import Settings
from devkit.contract.base import Contract
from devkit.contract.errors import DomainError
from devkit.dialects.backend import Backend
from devkit.dialects.base import Dialect
from devkit.dialects.frames import event_frame
from devkit.dialects.spelling import WireContext
from devkit.domain.credentials import sandbox_token
from devkit.domain.passwords import hash_password
from devkit.effects import ClockStart, Instant, fresh_secret, machine_now
from devkit.errors import StorageError
from devkit.realtime.event import Event
from devkit.records import dataclass
from devkit.sandbox import MAIN, Sandbox
from devkit.server.express.kept_answers import ROOM, KeptAnswer
from devkit.server.sockets.messages import Voice
from devkit.server.sockets.roster import Sockets
from devkit.shipped import seed_folder
from devkit.storage import seeded
from devkit.storage.database import Database, FileDatabase, MemoryDatabase
from devkit.storage.failures import unusable, unusable_folder
from devkit.storage.folder import Scratch, UploadFolder, uploads_folder
from devkit.storage.kept import Kept
from devkit.storage.seeded import RowSeeds
from devkit.storage.snapshots import Snapshots
from devkit.storage.template import Template

_SECRET_BYTES = 32
_REMEMBERED = "seed.json"


@dataclass(slots=True)
class Speakers:
    """Who spells events: the `backend`'s dialect that a client's token names, else the `usual` one. All sandboxes of a
    server share it, and another backend may come into it.
    """

    backend: Backend
    usual: Dialect

    def find(self, name: str | None) -> Dialect:
        return self.backend.dialects[name] if name is not None and name in self.backend.dialects else self.usual


@dataclass(slots=True, kw_only=True)
class Hosted:
    """A sandbox and the sockets that are open on it; `scratch` is a folder that goes when it does, `answers` are kept
    by address, host, encoding and user.

    `created_at` and `expires_at` (None: it stays) are the machine's time.
    """

    sandbox: Sandbox
    sockets: Sockets
    scratch: Scratch
    secret: bytes
    key: bytes
    created_at: Instant
    expires_at: Instant | None = None
    answers: Kept[tuple[str, str, bool, str], KeptAnswer] = field(default_factory=lambda: Kept(ROOM))

    async def stop(self) -> None:
        """Let go of everybody who waits for something, and close the sockets."""
        self.sandbox.engine.release_all()
        self.sandbox.end_answers()
        self.sandbox.journal.close()
        await self.sockets.close()

    async def close(self) -> None:
        await self.stop()
        await self.sandbox.close()
        self.scratch.remove()
        # A drill that has ended still knows its sandbox.
        self.sandbox.journal.clear()
        self.sandbox.hub.forget()


def template_of(settings: Settings, contract: Contract | None = None) -> Template:
    """The seeded state that the settings, and a contract of somebody's own, ask for."""
    place, rows = partial(seed_folder, settings), row_seeds(contract) if contract else None
    return Template(place(), settings.seed, hash_password, dates=settings.seed_dates, place=place, rows=rows)


def row_seeds(contract: Contract) -> RowSeeds | None:
    """What the resources of a contract begin with."""
    if not contract.resources:
        return None
    from devkit.domain.rows.seeds import RowSeeds

    return RowSeeds(contract)


def _prepare(template: Template, settings: Settings) -> None:
    """Read the seed files, unless the last start has done so and they are still the same. Raises FileError."""
    if settings.memory:
        template.prepare(None)
        return
    path = settings.state_dir / _REMEMBERED
    remembered = seeded.recall(path)
    template.prepare(remembered)
    if template.of_files != remembered:
        seeded.remember(path, template.of_files)


async def open_main(settings: Settings, template: Template, speakers: Speakers) -> Hosted:
    """Open the main sandbox.

    Raises StorageError, and FileError for broken seed files.
    """
    database: Database
    scratch = Scratch()
    if settings.memory:
        folder, secret = scratch.path / "uploads", fresh_secret()
        now = machine_now()
        database = MemoryDatabase(template.content(now) if template.is_made(now) else None)
        snapshots = Snapshots(lambda: scratch.path / "snapshots", lasting=False)
    else:
        path = settings.database_path
        # The key first: what fails once the database is open would have to close it again.
        secret = await asyncio.to_thread(project_secret, settings.state_dir)
        database = await FileDatabase.open(path)
        folder = uploads_folder(path)
        snapshots = Snapshots(lambda: settings.state_dir / "snapshots", lasting=True)
    try:
        await asyncio.to_thread(_prepare, template, settings)
        sandbox = Sandbox(
            id=MAIN,
            settings=settings,
            contract=speakers.backend.contract,
            template=template,
            database=database,
            uploads=UploadFolder(lambda: folder, template.uploads, copies=True),
            snapshots=snapshots,
            key=key_of(secret, MAIN),
        )
        await sandbox.open()
    except OSError as error:
        await database.close()
        raise unusable_folder(folder, error) from None
    except DomainError as error:
        await database.close()
        if isinstance(error.__cause__, OSError):
            raise unusable_folder(folder, error.__cause__) from None
        raise unusable(settings.database_path, error.__cause__) from None
    except BaseException:
        await database.close()
        raise
    return _hosted(sandbox, speakers, scratch, secret, key_of(secret, MAIN))


async def open_clone(
    main: Hosted,
    template: Template,
    content: bytes,
    speakers: Speakers,
    *,
    id: str,  # noqa: A002 - what it is called everywhere
    start: ClockStart,
    key: bytes | None = None,
) -> Hosted:
    """Open a sandbox in memory on a template's content. It never touches the disk before somebody uploads to it.
    `key` signed the tokens of one that comes from elsewhere.
    """
    scratch, key = Scratch(), key or key_of(main.secret, id)
    sandbox = Sandbox(
        id=id,
        settings=dataclasses.replace(main.sandbox.settings, seed=template.number, memory=True),
        contract=speakers.backend.contract,
        template=template,
        database=MemoryDatabase(content),
        uploads=UploadFolder(lambda: scratch.path / "uploads", template.uploads, copies=False),
        snapshots=Snapshots(lambda: scratch.path / "snapshots", lasting=False),
        key=key,
        start=start,
    )
    await sandbox.open()
    return _hosted(sandbox, speakers, scratch, main.secret, key)


def key_of(secret: bytes, id: str) -> bytes:  # noqa: A002
    """What signs a sandbox's tokens, and no other's."""
    return hmac.digest(secret, id.encode(), "sha256")


def _hosted(sandbox: Sandbox, speakers: Speakers, scratch: Scratch, secret: bytes, key: bytes) -> Hosted:
    itself: Sandbox = weakref.proxy(sandbox)
    sandbox.sessions.keys.honour(sandbox_token(sandbox.id, key), lambda: itself.test_user[0])
    return Hosted(
        sandbox=sandbox,
        sockets=_sockets(sandbox, speakers),
        scratch=scratch,
        secret=secret,
        key=key,
        created_at=machine_now(),
    )


def _sockets(sandbox: Sandbox, speakers: Speakers) -> Sockets:
    def spell(event: Event, topic: str, voice: Voice) -> bytes:
        speaker = speakers.find(voice.dialect)
        base_url = voice.base_url or sandbox.base_url
        context = WireContext(base_url=base_url, prefix=speaker.prefixes[0], owner=event.user_id or "")
        return orjson.dumps(event_frame(event, topic, speaker.spelling, context))

    sockets = Sockets(
        hub=sandbox.hub,
        clock=sandbox.clock,
        journal=sandbox.journal,
        sandbox=sandbox.id,
        ids=partial(sandbox.request_ids.uuid),
        may_hear=sandbox.may_hear,
        spell=spell,
        health=sandbox.check_health,
        heartbeat=sandbox.settings.ws_heartbeat,
    )
    sandbox.engine.on_change(sockets.scenarios_changed)
    return sockets


def project_secret(state_dir: Path) -> bytes:
    """The project's own key, made once and readable by its owner only. Raises StorageError."""
    path = state_dir / "secret"
    try:
        statefolder.made(state_dir)
        if path.exists():
            secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
            if len(secret) < _SECRET_BYTES:
                raise ValueError("cut short")  # noqa: TRY301 - what follows is for every way to be damaged
            return secret
        secret = fresh_secret()
        # Whole or not there at all, whenever this process ends.
        for left in state_dir.glob(f".{path.name}-*"):
            left.unlink()
        descriptor, beside = tempfile.mkstemp(dir=state_dir, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
        Path(beside).replace(path)
    except ValueError:
        raise StorageError(
            f"{path} is damaged.", remedy="Delete it: a new one is made, and all sessions end."
        ) from None
    except OSError as error:
        raise unusable(path, error, what=f"The key {path}") from None
    return secret
