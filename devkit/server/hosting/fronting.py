"""A server in front of a real backend: what it takes, as the settings say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from devkit.config import Settings
from devkit.dialects.backend import Backend
from devkit.effects import fresh_secret
from devkit.errors import SettingError
from devkit.server.express.passing import Passing
from devkit.server.hosting.lessons import Lessons
from devkit.server.hosting.sandboxes import Sandboxes
from devkit.server.hosting.tape import Tape
from devkit.server.http.cors import Cors
from devkit.server.http.forwarding import Forwarding
from devkit.server.http.router import Router
from devkit.server.sockets.relaying import Relaying
from devkit.upstream.address import Upstream, upstream
from devkit.upstream.client import Client
from devkit.upstream.mapping import Mapping

_NAME_BYTES = 4


def address(settings: Settings) -> Upstream:
    """Where the real backend is. Raises SettingError."""
    try:
        return upstream(settings.upstream)
    except ValueError as error:
        raise SettingError(
            f"The setting upstream cannot be {settings.upstream!r}: {error}.",
            remedy="Give it an address such as http://localhost:9000.",
        ) from None


class Fronting:
    """What stands in front of a real backend: its connections, and what hands requests on by them."""

    def __init__(self, settings: Settings, cors: Cors, adopt: Callable[[Backend], Awaitable[None]]) -> None:
        """`adopt` is given what is learned of it, where no contract is given. Raises SettingError."""
        self.client = Client(address(settings), insecure=settings.proxy_insecure)
        self.lessons = None if settings.contract else Lessons(adopt)
        self.forwarding = Forwarding(self.client, _mapping(settings, self.client, cors), cors, self.lessons)
        if self.lessons is not None:
            self.forwarding.sessions.names = self.lessons.cookies
        self.relaying = Relaying(self.forwarding, cors)
        self.tape = Tape(self.forwarding, settings.state_dir / "recordings")
        if settings.record is not None:
            self.tape.begin(settings.record)

    def lane(self, settings: Settings, router: Router, cors: Cors, sandboxes: Sandboxes) -> Passing:
        """The way of what is plain."""
        return Passing(settings, router, cors, sandboxes, self.client, self.forwarding)

    async def close(self) -> None:
        """Let go of the real backend, and write what is recorded to its end."""
        await self.tape.stop()
        if self.lessons is not None:
            await self.lessons.close()
        await self.client.close()


def _mapping(settings: Settings, client: Client, cors: Cors) -> Mapping:
    return Mapping(
        upstream=client.upstream,
        # Each request says where it reached us.
        origin="",
        secure=settings.https or settings.cookies_secure is True,
        origins=cors,
        cors=settings.proxy_cors,
        rewrite=settings.proxy_rewrite_body,
        # Two in a row are two.
        name=f"devkit-{fresh_secret(_NAME_BYTES).hex()}",
    )
