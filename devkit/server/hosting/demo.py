"""The reference frontend of `devkit demo`: its files, on an origin of their own beside the backend.

Nothing of the contract is served here. What lies below `/_devkit/` is the backend's control plane, so that the page can
show the mailbox and switch scenarios without any origin but its own being let in.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import html
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from devkit.authority import Authority
from devkit.config import Settings
from devkit.control import guard
from devkit.errors import OperatorError, PortTaken
from devkit.origins import FRONTEND_PORTS
from devkit.records import dataclass
from devkit.server.hosting import ports, theme
from devkit.server.http.protocol import Server
from devkit.server.http.request import Request

if TYPE_CHECKING:
    from devkit.server.hosting.app import App, Running

PRESENTER = "/presenter"
"""The page for a second screen."""

VIEWS = ("/", "/verify", "/reset-password", "/social")
"""Addresses that the page itself understands: two stand in mails, the last is where other sites send people back."""

BACKEND = "/backend.json"
THEME = "/theme.css"
ICON = "/icon.svg"

_FOLDER = Path(__file__).parents[2] / "demo"
_PAGES = {**dict.fromkeys(VIEWS, "index.html"), PRESENTER: "presenter.html"}
_COLOR = "#0d6b5e"
"""What the icon is filled with, unless the demo has a colour of its own."""
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is, and the sockets that listen there already: nobody else can take it in between."""

    listeners: tuple[socket.socket, ...]
    host: str
    port: int
    scheme: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    def close(self) -> None:
        ports.close(self.listeners)


def bind(settings: Settings, wanted: int | None) -> Address:
    """Bind the page's port. `wanted` is the only one tried; else the agreed ones are, one after the other.

    Raises PortTaken, or what else `ports.listen` does.
    """
    tried: list[OperatorError] = []
    for port in FRONTEND_PORTS if wanted is None else (wanted,):
        # The backend binds later; with the page on its port it would tell of a conflict with ourselves.
        if port and port == settings.port:
            tried.append(PortTaken(f"Port {port} is the backend's.", remedy="Give the page another --frontend-port."))
            continue
        try:
            listeners = tuple(ports.listen(settings.host, port))
        except OperatorError as error:
            tried.append(_of_the_page(error))
            continue
        scheme = "https" if settings.https else "http"
        return Address(listeners, ports.reached_as(settings.host), listeners[0].getsockname()[1], scheme)
    if wanted is not None:
        raise tried[0]
    raise PortTaken(
        f"The ports {', '.join(map(str, FRONTEND_PORTS[:-1]))} and {FRONTEND_PORTS[-1]} are all in use.",
        remedy="Stop one of the frontends there, or name a port for the page: --frontend-port 0 takes any free one.",
    )


def suited(settings: Settings, address: Address) -> Settings:
    """The backend's settings with the page at that address: it may call whatever its port, and mails lead to it."""
    own = dict.fromkeys((address.origin, address.origin.replace("//localhost", "//127.0.0.1")))
    return dataclasses.replace(settings, frontend_url=address.origin, origins=(*settings.origins, *own))


@contextlib.asynccontextmanager
async def serving(app: App, backend: Running, address: Address) -> AsyncIterator[None]:
    """Serve the page until the block is left."""
    page = _Page(app, backend, address)
    server = Server(page.handle, failure=app.failure, header_timeout=app.settings.limits_header_timeout / 1000)
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        context = None
        if address.scheme == "https":
            from devkit.server.hosting import tls

            context = await asyncio.to_thread(tls.certificate, app.settings)
        for listener in address.listeners:
            await web.SockSite(runner, listener, ssl_context=context).start()
        yield
    finally:
        await runner.cleanup()


@cache
def files() -> Mapping[str, Path]:
    """Path → file, by a walk of the shipped folder: no path can lead out of it."""
    found = {f"/{path.relative_to(_FOLDER).as_posix()}": path for path in _FOLDER.rglob("*") if path.suffix in _TYPES}
    return {path: file for path, file in found.items() if file.suffix != ".html"}


class _Page:
    def __init__(self, app: App, backend: Running, address: Address) -> None:
        self._app, self._backend, self._address = app, backend, address

    async def handle(self, request: Request) -> web.StreamResponse:
        path = request.rel_url.path
        if guard.is_control(path):
            return await self._app.handle(request)
        if request.refusal is not None:
            return _text(request.refusal.kind.status, request.refusal.message)
        if refused := guard.host_refused(request.authority, self._app.settings):
            return _text(403, refused)
        if request.method not in {"GET", "HEAD"}:
            return _text(405, "This is the page; the backend is elsewhere.", {"Allow": "GET, HEAD"})
        return await self._page(request, path)

    async def _page(self, request: Request, path: str) -> web.Response:
        if path == BACKEND:
            return web.Response(body=orjson.dumps(self._described()), content_type="application/json", headers=_KEPT)
        if path == THEME:
            return web.Response(text=theme.css(self._app.settings.demo_color), content_type="text/css", headers=_KEPT)
        file = _FOLDER / _PAGES[path] if path in _PAGES else files().get(path)
        if file is None:
            return _text(404, "There is no such page.")
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        headers = _KEPT
        if path in _PAGES:
            text = Template(text).substitute(title=html.escape(self._app.settings.demo_title))
            headers = _KEPT | {"Content-Security-Policy": self._rules(request)}
        elif path == ICON and (color := self._app.settings.demo_color):
            text = text.replace(_COLOR, theme.accent(color, theme.LIGHT).color)
        return web.Response(text=text, content_type=_TYPES[file.suffix], charset="utf-8", headers=headers)

    def _described(self) -> dict[str, object]:
        """What the page has to know of the backend; its host is the page's own, so that cookies are shared."""
        email, password = self._backend.test_user
        return {
            "port": self._backend.port,
            "testUser": {"email": email, "password": password},
            "dialects": list(self._backend.dialects),
        }

    def _rules(self, request: Request) -> str:
        reached = Authority(request.authority.host if request.authority else self._address.host, self._backend.port)
        backend = f"{self._address.scheme}://{reached.on(self._address.scheme)}"
        socket_ = backend.replace("http", "ws", 1)
        return "; ".join(_rules(f"connect-src 'self' {backend} {socket_}"))


def _rules(connect: str) -> Iterable[str]:
    yield from ("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", connect)
    yield from ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")


_KEPT = {
    # The page changes with devkit's version, and a page of an older one would not understand the backend.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _text(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers={**_KEPT, **(headers or {})})


def _of_the_page(error: OperatorError) -> OperatorError:
    if isinstance(error, PortTaken) and error.remedy:
        error.remedy = error.remedy.replace("--port", "--frontend-port")
    return error
