"""A sandbox: everything that has state, in one place, apart from every other."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from devkit.config import Settings
from devkit.contract.base import Contract
from devkit.contract.entities import Health, Principal
from devkit.contract.entities_chat import ModelChange
from devkit.contract.models import ChangeModel
from devkit.contract.system import HealthCheck
from devkit.domain.accounts import AccountService
from devkit.domain.analytics import AnalyticsService
from devkit.domain.api_keys import ApiKeyService
from devkit.domain.arrivals import Arriving
from devkit.domain.assistant import AssistantService
from devkit.domain.base import Caller, Limits, Resources
from devkit.domain.chat import ChatService
from devkit.domain.conversations import ConversationService
from devkit.domain.health import HealthService
from devkit.domain.linked_accounts import LinkedAccountService
from devkit.domain.models import ModelService
from devkit.domain.origins import Origins
from devkit.domain.own_sessions import SessionTokenService
from devkit.domain.pace import Pace
from devkit.domain.sessions import Minted, SessionService
from devkit.domain.social import SocialService
from devkit.domain.system import SystemService
from devkit.domain.tasks import TaskService
from devkit.domain.topics import TopicService
from devkit.domain.uploads import UploadService
from devkit.effects import MACHINE_TIME, Clock, ClockStart, Randomness
from devkit.faults.levers import TokenDefect
from devkit.fleet.placement import local
from devkit.journal import Journal
from devkit.keepers import Keepers
from devkit.levers import SandboxLevers
from devkit.postoffice import PostOffice
from devkit.proxies import Proxies
from devkit.realtime.hub import Hub
from devkit.records import dataclass
from devkit.scenario.engine import Engine
from devkit.storage import catalogue, figures, seeded
from devkit.storage.committing import DISCARDING
from devkit.storage.database import Database
from devkit.storage.exchange import TOLD, exchange, settle
from devkit.storage.failures import file_errors
from devkit.storage.folder import UploadFolder, copy_seeded
from devkit.storage.snapshots import Snapshot, Snapshots
from devkit.storage.template import Template
from devkit.upstream.base import KeptBy

log = logging.getLogger("devkit")

MAIN = "main"
"""The sandbox that a request gets which names none."""


@dataclass(frozen=True, slots=True)
class Reset:
    """What a reset brought back: where the seed files are, whether they were `edited` since they were read last, and
    how much there is now of what users own.
    """

    folder: Path
    edited: bool
    counts: Mapping[str, int]


class _Announcer:
    """The hub, as services see it: silent where what they write is discarded."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def publish(self, type: str, payload: object, *, user_id: str | None) -> None:  # noqa: A002 - the wire's word
        if not DISCARDING.get():
            self._hub.publish(type, payload, user_id=user_id)

    def connections(self) -> int:
        return len(self._hub.subscribers())

    def end_session(self, session_id: str, ending: Literal["revoked", "expired"] = "revoked") -> None:
        if not DISCARDING.get():
            self._hub.end_session(session_id, ending)


class Sandbox:
    """Store, clock, randomness, mailbox, hub, uploads, journal, and the services over them."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - what it is called everywhere
        settings: Settings,
        contract: Contract,
        template: Template,
        database: Database,
        uploads: UploadFolder,
        snapshots: Snapshots,
        key: bytes,
        start: ClockStart = MACHINE_TIME,
    ) -> None:
        self.id, self.name, self.closed = id, local(id, settings.replica), False
        self.settings, self.contract = settings, contract
        self.kept_by = KeptBy(settings.keep, fronts=bool(settings.upstream), recorded=contract.is_recorded)
        self.base_url = self.path_url = ""
        """The same without a host name of its own: any program reaches it that reaches the server."""
        self.database, self.uploads, self.snapshots = database, uploads, snapshots
        self.clock = Clock()
        start.apply(self.clock)
        self.journal, self.proxies = Journal(), Proxies()
        self.hub = Hub(self.clock, contract.events)
        self.randomness = Randomness(template.number, self.name)
        # Apart from the ids of what is stored, so that an unanswered or a repeated request moves nothing else.
        self.request_ids = self.randomness.branch("requests")
        self._copy_ids = self.randomness.branch("copies")
        self.history = -1
        self._exchanging = asyncio.Lock()
        self._sources = (self.randomness, self.request_ids, self._copy_ids)
        self._template, self._filled = template, template.seeded
        self.start = start
        self._pace = Pace(
            start_delay=settings.models_start_delay,
            tokens_per_second=settings.chat_tokens_per_second,
            memory=settings.models_memory,
        )
        # Weakly, as what it consists of does not hold it: a sandbox that is removed is gone at once.
        me: Sandbox = weakref.proxy(self)
        resources = Resources(
            database=database,
            clock=self.clock,
            randomness=self.randomness,
            events=_Announcer(self.hub),
            secret=key,
            uploads=uploads,
            limits=Limits(json=settings.limits_json, upload=settings.limits_upload),
            pace=self._pace,
            frontend_url=settings.frontend_url,
            base_url=lambda: me.base_url,
            origins=Origins(settings.origins, https=settings.https),
            post=PostOffice(
                sandbox=id, clock=self.clock, journal=self.journal, ids=self._copy_ids, engine=lambda: me.engine
            ),
        )
        self.sessions = SessionService(resources)
        self.accounts = AccountService(resources, self.sessions)
        self.social = SocialService(resources, self.accounts, self.sessions)
        self.health = HealthService(resources)
        self._upload_service = UploadService(resources)
        self._models = ModelService(resources)
        conversations = ConversationService(resources)
        self._topics = TopicService(resources, self._upload_service, contract.topics)
        tasks = TaskService(resources)
        self.levers = SandboxLevers(
            clock=self.clock,
            hub=self.hub,
            database=database,
            sessions=self.sessions,
            accounts=self.accounts,
            contract=contract,
            tasks=tasks,
            kept=lambda resource: me.keepers.rows.service(resource),  # noqa: PLW0108 - there are none yet
            test_user=lambda: me.test_user,
        )
        self.engine = Engine(self.name, template.number, self.levers, contract)
        self._resources = resources
        self._services = {
            "accounts": self.accounts,
            "sessions": self.sessions,
            "social": self.social,
            "session_tokens": SessionTokenService(resources, self.sessions),
            "linked_accounts": LinkedAccountService(resources),
            "tasks": tasks,
            "uploads": self._upload_service,
            "api_keys": ApiKeyService(resources),
            "models": self._models,
            "conversations": conversations,
            "chat": ChatService(resources, self._models, conversations),
            "assistant": AssistantService(resources, tasks, conversations),
            "system": SystemService(resources),
            "health": self.health,
            "analytics": AnalyticsService(resources),
        }
        self.keepers = Keepers(contract, self._services, resources)

    async def open(self) -> None:
        """Seed a new database; finish or undo what a killed server left half done."""
        if not self.settings.memory:
            await self._settle()
        if not self.database.read(seeded.is_seeded):
            await self._fill()
        elif not self.uploads.copies:
            self.uploads.place_seeded()
        elif not self.seed_is_stale:
            # `devkit seed` writes only the database; the files come when a sandbox opens on it.
            await asyncio.to_thread(self.uploads.place_seeded)
        await self._restart_randomness()
        if self.uploads.copies:
            await self._upload_service.sweep()
        self._models.resume()

    async def reset(self) -> Reset:
        """Back to the seeded state: data, mails, uploads, events, journal, clock, and the order of random draws. Seed
        files that were edited are read anew.

        Uploads that are under way are refused. Raises FileError with all mistakes in seed files, DomainError
        `insufficient_storage` or `service_unavailable` where the disk has no room, or does not work: nothing that is
        stored has changed then.
        """
        async with self._exchanging:
            edited = await asyncio.to_thread(self._template.reread, self.start.now())
            await self._halt()
            try:
                # What a scenario holds back is let go before: it writes to what is thrown away, and nothing later.
                await self.engine.off_all()
                await self.levers.drop()
                with file_errors():
                    self._draw_apart()
                    await self._fill()
            except BaseException:
                self._resume()
                raise
            for subscriber in self.hub.subscribers():
                subscriber.end("revoked" if subscriber.user_id else "stopped")
            self.sessions.forget()
            self.reset_clock()
            self.journal.clear()
            await self._restart_randomness()
            self._resume()
            ours = {n: c for n, c in (await self.database.scan(figures.counts)).items() if self.contract.knows(n)}
            return Reset(self._template.folder, edited, ours | self.database.read(figures.rows))

    async def mint_token(
        self, email: str, *, lifetime: int, expired: bool = False, defect: TokenDefect | None = None
    ) -> Minted | None:
        """An access token for a user, good or bad, without signing in; None where there is no such user."""
        return await self.sessions.mint(email, lifetime=lifetime, expired=expired, defect=defect)

    async def expire_session(self, session_id: str, side: Literal["access", "refresh", "both"]) -> bool:
        """Let an open session's tokens run out now; False where there is none of that id."""
        return await self.sessions.expire(session_id, side)

    async def revoke_session(self, session_id: str) -> bool:
        """End an open session, its tokens and its sockets; False where there is none of that id."""
        return await self.sessions.end_session(session_id)

    def arriving_uploads(self) -> tuple[Arriving, ...]:
        """Everybody's uploads that are under way."""
        return self._upload_service.arriving()

    async def turn_model(self, model_id: str, *, running: bool) -> ModelChange:
        """Start or stop a model on nobody's behalf. Raises DomainError `not_found` or `conflict`."""
        change = self._models.start if running else self._models.stop
        return await change(Caller(), ChangeModel(model_id=model_id))

    async def save_snapshot(self, name: str) -> Snapshot:
        """Put data, uploads and clock aside. Raises StorageError."""
        async with self._exchanging:
            return await self.snapshots.save(name, self.database, self.uploads, self.clock.state)

    async def restore_snapshot(self, name: str) -> Snapshot | None:
        """Bring back what was put aside; None where there is nothing of that name. Raises StorageError.

        Sockets are closed as if the server went away for a moment: a client that comes back finds its session if the
        snapshot has it, and is told to fetch everything anew. What was drawn since is not drawn again. Scenarios stay
        on and the journal is kept: they are about what is tried, not about what is stored.
        """
        async with self._exchanging:
            if await self.snapshots.find(name) is None:
                return None
            run = self.randomness.run
            await self._halt()
            found = None
            try:
                self._draw_apart()
                # What was drawn since the snapshot is not drawn again.
                found = await self.snapshots.restore(name, self.database, self.uploads, run + 1)
            finally:
                if found is None:
                    self._resume()
            if found is None:
                return None
            for subscriber in self.hub.subscribers():
                subscriber.end("stopped")
            self.clock.resume(found.clock)
            await self._restart_randomness()
            self._resume()
            return found

    def reset_clock(self) -> None:
        """Back to the machine's time, or to where this sandbox's clock began."""
        self.start.apply(self.clock)

    async def close(self) -> None:
        """The end of it: what is still under way in it fails, and that is nobody's fault."""
        self.closed = True
        self.journal.close()
        await self._halt()
        await self.engine.close()
        await self.levers.close()
        await self.database.close()

    async def adopt(self, contract: Contract) -> None:
        """From now on that contract is kept: what is stored, and what is on, goes on with it."""
        keepers = Keepers(contract, self._services, self._resources)
        await _open(keepers)
        self.contract, self.keepers = contract, keepers
        self.hub.adopt(contract.events)
        self.levers.contract = contract
        self._topics.topics = contract.topics
        self.engine.adopt(contract)

    def may_hear(self, principal: Principal, topic: str) -> bool:
        """Whether that user may subscribe to a topic."""
        return self._topics.may_hear(principal, topic)

    async def check_health(self) -> Health:
        """Try every component."""
        return await self.health.health(Caller(), HealthCheck(detailed=True))

    @property
    def test_user(self) -> tuple[str, str]:
        """Email and password of the first seeded user: the one to try things with."""
        return self._filled.test_user

    @property
    def seed(self) -> seeded.Seeded:
        """What is known of the seed files without reading them: who can sign in, and with which keys."""
        return self._filled

    @property
    def seed_is_stale(self) -> bool:
        """Whether the seed files, the seed number or `seed.dates` changed since the database was seeded."""
        seed = self._template.seeded
        return self.database.read(seeded.seed_state) != (seed.number, seed.fingerprint)

    def end_answers(self) -> None:
        """Models that are in the middle of an answer are shut down."""
        self._pace.end()

    async def _halt(self) -> None:
        """What goes on by itself ends, or waits for `_resume`."""
        self.end_answers()
        await self._upload_service.halt()
        await self._models.halt()

    def _resume(self) -> None:
        self._upload_service.resume()
        self._models.resume()

    def _draw_apart(self) -> None:
        """What calls draw while the data is exchanged may get into the old data or the new, and either may hold what
        was drawn in another run of the same number, before a reset. So it is drawn from nothing that comes again.
        """
        for source in self._sources:
            source.depart()

    async def _restart_randomness(self) -> None:
        def begin(connection: Connection) -> tuple[int, int]:
            run = catalogue.next_run(connection)
            return run, catalogue.next_history(connection, max(run, self.history + 1))

        run, self.history = await self.database.write(begin)
        for source in self._sources:
            source.restart(run)
        # Above all ids of former ones: a client that comes back with one of those must fetch everything anew.
        self.hub.forget(self.history << 20)
        await _open(self.keepers)

    async def _settle(self) -> None:
        """Finish or undo what a killed server left half done, and say so."""
        outcome = await settle(self.database, self.uploads)
        if outcome is not None:
            log.warning("%s", TOLD[outcome])
        for name in await asyncio.to_thread(self.uploads.strangers):
            log.warning("%s is a folder among the uploads, and none of devkit's: it is left alone.", name)
        for name in await self.snapshots.settle():
            log.warning("The server was killed while it saved the snapshot %s: it is whole, and the new one.", name)

    async def _fill(self) -> None:
        content = await asyncio.to_thread(self._template.content, self.start.now())
        sources = await asyncio.to_thread(self.uploads.seeded)
        fill = partial(copy_seeded, sources) if self.uploads.copies else None
        await exchange(self.database, self.uploads, partial(self.database.replace, content), fill)
        self.uploads.read_seeded(sources)
        self._filled = self._template.seeded


async def _open(keepers: Keepers) -> None:
    for told in await keepers.open():
        log.warning("%s", told)
