"""The sandboxes that one server holds, and which of them a request means."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson
from aiohttp import web

from devkit.config import Settings
from devkit.contract.entities import Principal
from devkit.contract.errors import DomainError
from devkit.dialects.base import Dialect
from devkit.dialects.frames import event_frame
from devkit.dialects.spelling import WireContext
from devkit.effects import fresh_secret
from devkit.errors import StorageError
from devkit.realtime.event import Event
from devkit.sandbox import MAIN, Sandbox, Template
from devkit.server.ws_sockets import Sockets
from devkit.shipped import seed_folder
from devkit.storage import seedfiles
from devkit.storage.database import Database, FileDatabase, MemoryDatabase

HEADER = "X-Devkit-Sandbox"
QUERY = "devkit_sandbox"
_SECRET_BYTES = 32


@dataclass(slots=True)
class Hosted:
    """A sandbox and the sockets that are open on it; `scratch` is a folder that goes when it does."""

    sandbox: Sandbox
    sockets: Sockets
    scratch: Path | None

    async def close(self) -> None:
        await self.sockets.close()
        await self.sandbox.close()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)


class Sandboxes:
    """All sandboxes of a server; `main` is there as long as the server is."""

    def __init__(self) -> None:
        self._hosted: dict[str, Hosted] = {}

    def add(self, hosted: Hosted) -> None:
        self._hosted[hosted.sandbox.id] = hosted

    @property
    def main(self) -> Hosted:
        return self._hosted[MAIN]

    def all(self) -> list[Hosted]:
        return list(self._hosted.values())

    def __len__(self) -> int:
        return len(self._hosted)

    def of(self, request: web.BaseRequest) -> Hosted:
        """The sandbox that a request names, by header, host (`ID.localhost`) or query, else `main`.

        Raises DomainError `not_found` for one that is not there.
        """
        name = request.headers.get(HEADER) or request.query.get(QUERY) or _by_host(request.host) or MAIN
        hosted = self._hosted.get(name)
        if hosted is None:
            raise DomainError("not_found", f"There is no sandbox {name[:80]!r} here")
        return hosted

    async def close(self) -> None:
        for hosted in self._hosted.values():
            await hosted.close()
        self._hosted.clear()


def template_of(settings: Settings) -> Template:
    """The seeded state that the settings ask for. Raises FileError."""
    return Template(seedfiles.load(seed_folder(settings)), settings.seed)


async def open_main(settings: Settings, template: Template, speaks: Dialect) -> Hosted:
    """Open the main sandbox. Raises StorageError; `speaks` spells its events."""
    database: Database
    scratch = None
    if settings.memory:
        scratch = Path(tempfile.mkdtemp(prefix="devkit-"))
        database, uploads, secret = MemoryDatabase(), scratch / "uploads", fresh_secret()
    else:
        path = settings.database_path
        # The key first: what fails once the database is open would have to close it again.
        secret = project_secret(settings.state_dir)
        database = await FileDatabase.open(path)
        uploads = path.with_name(path.name + ".uploads")
    try:
        sandbox = Sandbox(
            id=MAIN, settings=settings, template=template, database=database, uploads=uploads, secret=secret
        )
        await sandbox.open()
    except OSError as error:
        await database.close()
        raise StorageError(
            f"The folder {uploads} cannot be used: {error.strerror}.",
            remedy="See that it is a folder that you may write, or choose another place with --db PATH.",
        ) from None
    except DomainError as error:
        await database.close()
        raise StorageError(
            f"The database {settings.database_path} cannot be written: {error.message}.",
            remedy="Give yourself write permission on it and its folder, or use --db or --memory.",
        ) from None
    except BaseException:
        await database.close()
        raise
    return Hosted(sandbox, _sockets(sandbox, speaks), scratch)


def _sockets(sandbox: Sandbox, speaks: Dialect) -> Sockets:
    def spell(event: Event, topic: str) -> bytes:
        context = WireContext(base_url=sandbox.base_url, prefix=speaks.prefixes[0])
        return orjson.dumps(event_frame(event, topic, speaks.spelling, context))

    def owns(principal: Principal, topic: str) -> bool:
        return sandbox.owns_topic(principal, topic)

    sockets = Sockets(
        hub=sandbox.hub,
        clock=sandbox.clock,
        journal=sandbox.journal,
        sandbox=sandbox.id,
        ids=partial(sandbox.request_ids.uuid),
        owns=owns,
        spell=spell,
        heartbeat=sandbox.settings.ws_heartbeat,
    )
    sandbox.engine.on_change(sockets.scenarios_changed)
    return sockets


def project_secret(state_dir: Path) -> bytes:
    """The project's own key, made once and readable by its owner only. Raises StorageError."""
    path = state_dir / "secret"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        if path.exists():
            secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
            if len(secret) < _SECRET_BYTES:
                raise ValueError("cut short")  # noqa: TRY301 - what follows is for every way to be damaged
            return secret
        secret = fresh_secret()
        path.touch(mode=0o600)
        path.write_text(secret.hex() + "\n")
    except ValueError:
        raise StorageError(
            f"{path} is damaged.", remedy="Delete it: a new one is made, and all sessions end."
        ) from None
    except OSError as error:
        raise StorageError(
            f"{path} cannot be used: {error.strerror}.", remedy="Make the folder writable, or use --memory."
        ) from None
    return secret


def _by_host(host: str) -> str | None:
    """`w1` of `w1.localhost:8000`; None for any other host."""
    name, _, rest = host.rpartition(":")[0].partition(".") if ":" in host else host.partition(".")
    return name.lower() if rest.lower() == "localhost" else None
