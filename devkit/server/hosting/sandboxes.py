"""The sandboxes that one server holds: which of them a request means, how they come and go."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from devkit.config import Settings
from devkit.contract.errors import DomainError, invalid
from devkit.control.elsewhere import kept_elsewhere, missing
from devkit.control.tally import Tally
from devkit.dialects.backend import Backend
from devkit.dialects.base import Dialect
from devkit.effects import ClockStart, Instant, fresh_secret, machine_now
from devkit.fleet.placement import local, placed, replica_of
from devkit.journal import Entry
from devkit.sandbox import MAIN, Sandbox
from devkit.scenario.library import Library
from devkit.server.hosting import selection
from devkit.server.hosting.opening import Hosted, Speakers, open_clone, open_main, row_seeds
from devkit.server.hosting.sharing import Shares
from devkit.storage.template import Template

if TYPE_CHECKING:
    from devkit.control.hosting import Away, Held, Recording, Wish
    from devkit.scenario.model import Scenario
    from devkit.server.http.request import Request

MOST = 1_000
"""Sandboxes besides main: whoever has more has forgotten to remove them."""

DRAINED_SECONDS = 2
"""After which another replica will have been found."""

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_TEMPLATES = 8
"""Seed numbers whose seeded state is kept."""


class Sandboxes:
    """All sandboxes of a server; `main` is there as long as the server is, and stands first."""

    def __init__(self, settings: Settings, backend: Backend, speaks: Dialect, library: Library) -> None:
        """`speaks` spells the backend's events; `library` has the scenarios that a sandbox may begin with."""
        self._settings, self._library = settings, library
        self._speakers = Speakers(backend, speaks)
        self._shares = Shares(settings.limits_memory)
        self._hosted: dict[str, Hosted] = {}
        self._opening: set[str] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._templates: OrderedDict[int, Template] = OrderedDict()
        self.draining, self.tally, self.most = False, Tally(), MOST
        self._listeners: list[Callable[[Entry], None]] = [self.tally.note]
        self._departures: list[Scenario] = []
        self.upstream: Away | None = None
        self.tape: Recording | None = None

    async def open_main(self, template: Template) -> Hosted:
        """Open the main sandbox, which is there from now on. Raises StorageError."""
        hosted = await open_main(self._settings, template, self._speakers)
        self._hosted[MAIN] = hosted
        hosted.sandbox.journal.listen(self.tally.note)
        self._main_template = template
        self._shares.came(hosted, self.all())
        self._ids = hosted.sandbox.randomness.branch("sandboxes")
        return hosted

    async def adopt(self, backend: Backend, speaks: Dialect) -> None:
        """From now on all of them are about that backend."""
        self._speakers.backend, self._speakers.usual = backend, speaks
        self._main_template.adopt(row_seeds(backend.contract))
        for hosted in self.all():
            await hosted.sandbox.adopt(backend.contract)
            hosted.answers.clear()
        await self.depart(backend)

    async def depart(self, backend: Backend) -> None:
        """Let all of them, and those to come, depart from the contract as the backend does. Raises FileError."""
        if not backend.departures:
            return
        from devkit.server.hosting.departing import rules_of

        self._departures = await asyncio.to_thread(rules_of, backend)
        for hosted in self.all():
            for scenario in self._departures:
                await hosted.sandbox.engine.use(scenario)

    @property
    def main(self) -> Hosted:
        return self._hosted[MAIN]

    def all(self) -> list[Hosted]:
        return list(self._hosted.values())

    def __len__(self) -> int:
        return len(self._hosted)

    def held(self) -> Sequence[Held]:
        return self._shares.held(self.all())

    @property
    def room(self) -> float:
        """The share of what sandboxes may take that is free: of their number or of their memory, whichever is less."""
        return max(0.0, min(1 - (len(self._hosted) - 1) / self.most, self._shares.free(self.all())))

    @property
    def room_for_drills(self) -> int:
        return self._shares.drills

    def find(self, id: str) -> Hosted | None:  # noqa: A002 - what it is called everywhere
        return self._hosted.get(id)

    def of(self, request: Request) -> Hosted:
        """The sandbox that a request names, else that of the page it comes from, else `main`.

        Raises DomainError for one that is named and not there: `misdirected_request` where another replica has it, else
        `not_found`.
        """
        found = selection.named(request, self._settings.sandbox_domain)
        name = found.id if found else selection.by_page(request.headers) or MAIN
        hosted = self._hosted.get(name)
        if hosted is not None:
            return hosted
        if found is not None:
            raise missing(name, self._settings.replica, found.told)
        # Not every page at a name below localhost is a sandbox's.
        if (elsewhere := kept_elsewhere(name, self._settings.replica)) is not None:
            raise elsewhere
        return self.main

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Call `listener` with each new entry of every sandbox's journal, those yet to come included."""
        self._listeners.append(listener)
        for hosted in self._hosted.values():
            hosted.sandbox.journal.listen(listener)

    async def create(self, wish: Wish) -> Hosted:
        """Open a sandbox. Raises DomainError (`validation_error`, `conflict`, `insufficient_storage`), OperatorError
        for a scenario.
        """
        await self._library.current()
        scenarios = [self._library.get(name) for name in wish.scenarios]
        self._require_room()
        name = self._claim(wish.id)
        try:
            template = self._template(self._main_template.number if wish.seed is None else wish.seed)
            start = ClockStart(wish.time, wish.frozen)
            content = await self._content(template, start.now())
            self._shares.require_room(self.all(), len(content))
            hosted = await open_clone(self.main, template, content, self._speakers, id=name, start=start, key=wish.key)
            if wish.fill is not None:
                await self._filled(hosted, wish.fill)
        finally:
            self._opening.discard(name)
        main = self.main.sandbox.base_url
        hosted.sandbox.base_url, hosted.sandbox.path_url = (
            selection.address_of(name, main, self._settings.sandbox_domain),
            selection.rooted(name, main),
        )
        for listener in self._listeners:
            hosted.sandbox.journal.listen(listener)
        self._hosted[name] = hosted
        self.tally.sandboxes += 1
        self._shares.came(hosted, self.all())
        if wish.ttl is not None:
            hosted.expires_at = machine_now() + wish.ttl
            self._timers[name] = asyncio.get_running_loop().call_later(wish.ttl / 1000, self._expire, name)
        try:
            for scenario in (*self._departures, *scenarios):
                await hosted.sandbox.engine.use(scenario)
        except BaseException:
            await self.remove(name)
            raise
        return hosted

    async def _filled(self, hosted: Hosted, fill: Callable[[Sandbox], Awaitable[None]]) -> None:
        """Put what it held elsewhere into a sandbox that nobody can reach yet; where that fails, there is none."""
        try:
            await fill(hosted.sandbox)
            self._shares.require_room(self.all(), hosted.sandbox.database.size)
        except BaseException:
            await hosted.close()
            raise

    async def remove(self, id: str) -> bool:  # noqa: A002
        """End a sandbox and all that is in it; False where there is none. Raises DomainError `conflict` for main."""
        if id == MAIN:
            raise DomainError("conflict", "The sandbox main stays as long as the server runs")
        hosted = self._hosted.pop(id, None)
        if hosted is None:
            return False
        if timer := self._timers.pop(id, None):
            timer.cancel()
        await hosted.close()
        self._shares.went(hosted, self.all())
        return True

    async def stop(self) -> None:
        """The server stops: nobody waits any longer, and no socket stays open."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await asyncio.gather(*(hosted.stop() for hosted in self._hosted.values()))

    async def close(self) -> None:
        await asyncio.gather(*(hosted.close() for hosted in self._hosted.values()), *self._closing)
        self._hosted.clear()

    def _expire(self, id: str) -> None:  # noqa: A002
        task = asyncio.get_running_loop().create_task(self._end(id), name=f"devkit-expire-{id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _end(self, id: str) -> None:  # noqa: A002
        await self.remove(id)

    def _require_room(self) -> None:
        """Raises DomainError `service_unavailable` where no sandbox is taken: a proxy may ask the next replica then."""
        if self.draining:
            told = "This server is being drained: it takes no new sandboxes"
            raise DomainError("service_unavailable", told, retry_after=DRAINED_SECONDS)
        if len(self._hosted) + len(self._opening) > self.most:
            raise DomainError("service_unavailable", f"There are {self.most} sandboxes already; remove some")

    def _claim(self, wanted: str | None) -> str:
        """An id that nobody else gets. Raises DomainError."""
        replica = self._settings.replica
        if wanted is None:
            found = self._draw()
            while found in self._hosted or found in self._opening:
                found = self._draw()
        else:
            found = placed(wanted, replica)
            if not _ID.fullmatch(local(found, replica)):
                raise invalid(
                    id="Must be 1 to 40 of a-z, 0-9 and dashes, with no dash at either end: it is a host name too"
                )
            if (other := replica_of(wanted)) not in {None, replica} and replica:
                raise invalid(id=f"Names the replica {other}, and this is {replica}: leave it out, or ask {other}")
            if found in self._hosted or found in self._opening:
                raise DomainError("conflict", f"There is a sandbox {found!r} already")
        self._opening.add(found)
        return found

    def _draw(self) -> str:
        # What a replica draws never comes again, neither after its restart nor in another fleet: who still has an old
        # id must not find somebody else's sandbox.
        replica = self._settings.replica
        return placed(fresh_secret(5).hex(), replica) if replica else f"s-{self._ids.bytes(4).hex()}"

    async def _content(self, template: Template, now: Instant) -> bytes:
        # Another thread only for the first time: afterwards it is there, and the hop would take longest of all.
        return template.content(now) if template.is_made(now) else await asyncio.to_thread(template.content, now)

    def _template(self, number: int) -> Template:
        if number == self._main_template.number:
            return self._main_template
        template = self._templates.get(number)
        if template is None:
            template = self._templates[number] = self._main_template.with_number(number)
            if len(self._templates) > _TEMPLATES:
                self._templates.popitem(last=False)
        self._templates.move_to_end(number)
        return template
