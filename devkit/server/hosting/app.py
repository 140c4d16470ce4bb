"""The server put together: sandboxes, pipeline, sockets, control plane, listener; from start to drained stop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from devkit.config import Settings
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.control import guard, pages, runtime
from devkit.control.plane import ControlPlane
from devkit.control.proxied import met, unable
from devkit.dialects.backend import Backend, fallback, sockets
from devkit.dialects.base import Dialect
from devkit.dialects.shipped import BACKEND
from devkit.errors import FileError, StorageError
from devkit.faults.hit import Absent
from devkit.faults.matter import Answered, Broken
from devkit.journal import Entry
from devkit.records import dataclass
from devkit.scenario.library import Library
from devkit.scenario.matching import idle_rules
from devkit.server.express.lane import Express
from devkit.server.hosting import ports
from devkit.server.hosting.front import ADDRESSES, VARYING, front, of_sandbox
from devkit.server.hosting.opening import Hosted, template_of
from devkit.server.hosting.players import backend_told, play
from devkit.server.hosting.refusals import Refusals
from devkit.server.hosting.sandboxes import Sandboxes
from devkit.server.hosting.selection import root_of, unrooted
from devkit.server.hosting.signals import stopping
from devkit.server.hosting.surroundings import Surroundings
from devkit.server.hosting.watch import Watch
from devkit.server.http.body import limit_silence
from devkit.server.http.cors import Cors
from devkit.server.http.draining import drain
from devkit.server.http.passage import proxy_of
from devkit.server.http.pipeline import Pipeline
from devkit.server.http.protocol import Server, gone_of
from devkit.server.http.request import Request
from devkit.server.http.router import Router
from devkit.server.sockets.handshake import Handshake
from devkit.server.sockets.session import SPEECHES, SocketSession, serve_socket
from devkit.server.wire.breaking import response_of
from devkit.shipped import folder
from devkit.storage.template import Template

if TYPE_CHECKING:
    from devkit.server.express.passing import Passing
    from devkit.server.hosting.fronting import Fronting

log = logging.getLogger("devkit")

EVENT_SOCKET = "/ws"
"""Where the events of the hub are told."""

DRAIN_SECONDS = 3.0
"""What is under way gets this long when the server stops."""

_END_SECONDS = 0.2
"""What is not done by then is cancelled, and gets this long to end."""

SETTLE_SECONDS = 0.25
"""A server that is ready leaves the processor to the first requests for this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that is ready. `contract` are the files that its contract comes from, where that is not ours; nobody
    signs in where it has no `accounts`. `upstream` has the real backend, as what "" is kept by, and who keeps the rest.
    """

    url: str
    host: str
    port: int
    database: str
    api_key: str | None
    test_user: tuple[str, str]
    origins: tuple[str, ...]
    dialects: tuple[str, ...]
    contract: tuple[str, ...]
    accounts: bool
    upstream: tuple[tuple[str, str], ...]
    seed_is_stale: bool


class App:
    """Every request comes through `handle`."""

    def __init__(self, settings: Settings, backend: Backend = BACKEND) -> None:
        self.settings, self.dialects = settings, backend.served(settings)
        self.cors = Cors(settings.origins, https=settings.https)
        self.library = Library(folder("scenarios"), settings.scenario_dir, backend)
        self.library.listen(self.scenarios_changed)
        self._sockets = sockets(self.dialects)
        self.sandboxes = Sandboxes(settings, backend, self._speaks(), self.library)
        self._router = router = Router(self.dialects)
        self.watch = Watch(on=settings.contract_watch)
        self._pipeline = Pipeline(router, self.cors, self.library, self.watch)
        self._refusals = Refusals(router, self.cors, self.sandboxes)
        self.failure = self._refusals.answer
        self.control = ControlPlane(settings, dialects=self.dialects, host=self.sandboxes, library=self.library)
        if settings.upstream:
            from devkit.server.hosting.fronting import Fronting

            self.fronting: Fronting | None = Fronting(settings, self.cors, self.adopt)
            self._pipeline.forwarding, self.sandboxes.upstream = self.fronting.forwarding, self.fronting.client
            self.sandboxes.tape = self.fronting.tape
            self.express: Express | Passing = self.fronting.lane(settings, router, self.cors, self.sandboxes)
        else:
            self.fronting, self.express = None, Express(settings, router, self.cors, self.sandboxes, self.watch)
        play(backend, settings, self.cors, self._pipeline, self.express)
        self.settled = asyncio.Event()
        """Set once a server has loaded all that it begins with, some of it after the first requests."""

    def _speaks(self) -> Dialect:
        """The dialect that spells events."""
        return self._sockets.get(EVENT_SOCKET) or fallback(self.dialects)

    async def adopt(self, backend: Backend) -> None:
        """From now on that backend is served: what is under way ends as it began. Raises UsageError where the settings
        ask for a dialect that it has not.
        """
        self.dialects = backend.served(self.settings)
        self._sockets = sockets(self.dialects)
        self._router = router = Router(self.dialects)
        await self.sandboxes.adopt(backend, self._speaks())
        self.express.adopt(router)
        self._pipeline.router = self._refusals.router = router
        play(backend, self.settings, self.cors, self._pipeline, self.express)
        self.control.adopt(self.dialects)
        self.library.adopt(backend)
        await self.library.current()

    async def handle(self, request: Request) -> web.StreamResponse:
        limit_silence(request, self.settings.limits_body_timeout)
        request = unrooted(request)
        if (refusal := self._refusal(request)) is not None:
            return self.failure(request, refusal)
        path = request.rel_url.raw_path
        try:
            # The panel's files hold nothing of a sandbox: they come also where the one that was named is gone.
            hosted = (
                self.sandboxes.main if guard.is_control(path) and pages.is_page(path) else self.sandboxes.of(request)
            )
            if (way := self._way(request, path)) is not None:
                return way
        except DomainError as error:
            return self.failure(request, error)
        if guard.is_control(path):
            return await self.control.handle(request, hosted.sandbox, partial(gone_of, request))
        if (proxy := proxy_of(request)) is not None and hosted.sandbox.proxies.meet(proxy):
            met(hosted.sandbox, proxy)
        fronted = self.fronting is not None and self.fronting.relaying.wants(request, hosted.sandbox)
        if fronted or (path in self._sockets and request.method != "OPTIONS"):
            return await self._socket(request, hosted, self._sockets.get(path), fronted=fronted)
        replaying = self._pipeline.replaying
        played = replaying.socket(request, hosted) if replaying else None
        served = played.serve(request) if played else self._pipeline.handle(request, hosted.sandbox, hosted.sockets)
        return await served

    def _refusal(self, request: Request) -> DomainError | None:
        """Why a request is answered by nobody, whatever it asks for."""
        told = guard.host_refused(request.authority, self.settings)
        return request.refusal or (DomainError("forbidden", told) if told else None)

    def _way(self, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
        """The answer where nothing but the way to a page is asked for, or whether anybody is there."""
        if request.method not in {"GET", "HEAD"}:
            return None
        if root_of(request) and (way := of_sandbox(request, path, self.settings)) is not None:
            return way
        if path not in ADDRESSES or self._router.methods(path) or self.fronting is not None:
            return None
        response = front(request)
        response.headers.update(self.cors.answer_headers(request.headers.get("Origin")) | VARYING)
        return response

    async def _socket(
        self, request: Request, hosted: Hosted, mock: Dialect | None, *, fronted: bool
    ) -> web.StreamResponse:
        """Serve a socket, where it is `fronted` the real backend's, else the `mock` dialect's."""
        dialect = mock or fallback(self.dialects)
        if request.method not in {"GET", "HEAD"} and not fronted:
            error = DomainError("method_not_allowed", "This address speaks WebSocket", allow=("GET",))
            return self.failure(request, error, dialect, hosted.sandbox)
        try:
            striker = self._pipeline.striker
            borrowed = await striker.borrowed(request)
            handshake = Handshake(request, hosted.sandbox, dialect, striker, borrowed, self.dialects, real=fronted)
            if fronted and self.fronting is not None:
                passed = await self.fronting.relaying.serve(request, hosted, handshake, has_mock=mock is not None)
                if passed is not None:
                    return passed
            return await serve_socket(request, self._session(request, hosted, dialect, handshake))
        except DomainError as error:
            return self.failure(request, error, dialect, hosted.sandbox)
        except Answered as answered:
            return handshake.refusal(answered.reply)
        except (Broken, Absent) as broken:
            return response_of(broken)

    def _session(self, request: Request, hosted: Hosted, dialect: Dialect, handshake: Handshake) -> SocketSession:
        return SocketSession(
            sockets=hosted.sockets,
            authenticate=handshake.authenticate,
            expires_at=handshake.expires_at,
            voice=handshake.voice,
            speech=SPEECHES[dialect.socket_protocol.name],
            open_topics=dialect.open_topics,
            protocols=handshake.protocols,
            faults=handshake.faults,
            refused=self.cors.refused_socket(request.headers, request.host),
            advice=handshake.advice,
        )

    async def scenarios_changed(self, names: list[str]) -> None:
        """Files were edited: what is on goes on with its new rules."""
        for name in names:
            scenario = self.library.find(name)
            if scenario is None:
                continue
            for hosted in self.sandboxes.all():
                await hosted.sandbox.engine.replace(scenario)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, template: Template | None = None, backend: Backend | None = None
) -> AsyncIterator[tuple[App, Running]]:
    """A server that listens, until the block is left: then it drains. Raises OperatorError where it cannot start.

    `template` is the seeded state and `backend` what is served, where somebody has them already; else the settings name
    the files.
    """
    if backend is None:
        ours = not (settings.contract or settings.upstream)
        backend = BACKEND if ours else await asyncio.to_thread(backend_told, settings)
    # In a thread, because the control plane may have to write its token first.
    app = await asyncio.to_thread(App, settings, backend)
    beside: set[asyncio.Task[None]] = set()
    if template is None:
        template = await asyncio.to_thread(template_of, settings, backend.contract)
    hosted = await app.sandboxes.open_main(template)
    server = Server(
        app.handle,
        failure=app.failure,
        header_timeout=settings.limits_header_timeout / 1000,
        express=app.express,
    )
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=_END_SECONDS)
    try:
        await runner.setup()
        port = await _listen(runner, settings)
        ready = _describe(app, settings, port)
        hosted.sandbox.base_url = hosted.sandbox.path_url = settings.public_url or ready.url
        await app.sandboxes.depart(backend)
        for name in settings.scenarios:
            await app.library.ready()
            scenario = app.library.get(name)
            for sentence in (*idle_rules(scenario, backend.contract), *unable(scenario, hosted.sandbox, force=True)):
                log.warning("%s: %s", name, sentence)
            await hosted.sandbox.engine.use(scenario)
        beside = {
            asyncio.create_task(_settle(app, template), name="devkit-settle"),
            *([asyncio.create_task(_follow(app, backend), name="devkit-contract")] if backend.files else []),
            asyncio.create_task(Surroundings(hosted.sandbox.database).watch(), name="devkit-surroundings"),
        }
        yield app, ready
    finally:
        for task in beside:
            task.cancel()
        if beside:
            await asyncio.wait(beside)
        await app.control.close()
        for site in list(runner.sites):
            await site.stop()
        await app.sandboxes.stop()
        await drain(server, DRAIN_SECONDS)
        await runner.cleanup()
        if app.fronting is not None:
            await app.fronting.close()
        await app.sandboxes.close()


async def _follow(app: App, backend: Backend) -> None:
    from devkit.server.hosting.following import follow

    await follow(app.settings, backend, app.adopt, app.settled)


async def _settle(app: App, template: Template) -> None:
    """What nobody has asked for yet: it comes after what the first requests need, and before anybody has to wait."""
    await asyncio.sleep(SETTLE_SECONDS)
    for name in ("watchfiles", "anyio._backends._asyncio"):
        # The second one is what the first loads when it begins to watch: in the loop, while others wait.
        await asyncio.to_thread(importlib.import_module, name)
    watching = asyncio.create_task(app.library.watch(), name="devkit-scenarios")
    judging = asyncio.create_task(app.watch.run(), name="devkit-watch")
    try:
        # As they are now: what is edited from here on counts when the server starts again.
        with contextlib.suppress(FileError):
            await asyncio.to_thread(template.files)
        await app.control.open()
        app.settled.set()
        # All of a large database, of which the start has seen as much as it had time for.
        await app.sandboxes.main.sandbox.database.look_for_damage()
        await watching
    finally:
        watching.cancel()
        judging.cancel()
        await asyncio.wait({watching, judging})


Beside = Callable[[App, Running], contextlib.AbstractAsyncContextManager[None]]
"""Something that is served for as long as the backend is."""


async def serve(
    settings: Settings,
    *,
    ready: Callable[[Running], None],
    listener: Callable[[Entry], None],
    beside: Beside | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then drain; a second signal ends the process at once.

    `ready` is called once the first request can come, `listener` with each entry of each sandbox's journal. What is
    `beside` begins before that, and ends before the backend drains.
    """
    stop = asyncio.Event()
    with stopping(stop):
        async with contextlib.AsyncExitStack() as stack:
            app, described = await stack.enter_async_context(running(settings))
            if beside is not None:
                await stack.enter_async_context(beside(app, described))
            app.sandboxes.listen(listener)
            _announce(settings, described, app.control.token)
            try:
                ready(described)
                await stop.wait()
            finally:
                runtime.withdraw(settings)


def _announce(settings: Settings, described: Running, token: str | None) -> None:
    """Let commands find this server. Raises StorageError, but for one that keeps everything in memory."""
    try:
        runtime.announce(settings, described, token=token)
    except StorageError as error:
        if not settings.memory:
            raise
        log.warning("%s It serves all the same; commands need --url %s.", error.message, described.url)


async def _listen(runner: web.ServerRunner, settings: Settings) -> int:
    """Start to listen; returns the port. Raises PortTaken and other OperatorErrors."""
    context = None
    if settings.https:
        from devkit.server.hosting import tls

        context = await asyncio.to_thread(tls.certificate, settings)
    # In a thread, because a name may have to be resolved, and whoever has the port be found.
    listeners = await asyncio.to_thread(ports.listen, settings.host, settings.port)
    port: int = listeners[0].getsockname()[1]
    try:
        while listeners:
            site = web.SockSite(runner, listeners[0], ssl_context=context, backlog=ports.BACKLOG)
            await site.start()
            del listeners[0]
    finally:
        ports.close(listeners)
    return port


def _describe(app: App, settings: Settings, port: int) -> Running:
    sandbox = app.sandboxes.main.sandbox
    scheme = "https" if settings.https else "http"
    return Running(
        url=f"{scheme}://{ports.reached_as(settings.host)}:{port}",
        host=settings.host,
        port=port,
        database="memory" if settings.memory else str(settings.database_path),
        api_key=sandbox.seed.api_key,
        test_user=sandbox.test_user,
        origins=app.cors.origins,
        dialects=tuple(dialect.name for dialect in app.dialects),
        contract=settings.contract,
        accounts=bool(sandbox.contract.meeting((Need.SESSION,))),
        upstream=(("", settings.upstream), *settings.keep) if settings.upstream else (),
        seed_is_stale=sandbox.seed_is_stale,
    )
