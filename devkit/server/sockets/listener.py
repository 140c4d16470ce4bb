"""An answer that tells events as they come: a connection of the roster, beside the WebSockets."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

from devkit.contract.entities import Principal
from devkit.contract.errors import DomainError
from devkit.dialects.event_streams import Beat, Begun, Happened, Heard
from devkit.domain.base import Caller
from devkit.domain.listening import Listening
from devkit.effects import Instant
from devkit.realtime.hub import Delivery, Replay, Subscriber
from devkit.server.http.exchange import credentials_of
from devkit.server.sockets.messages import Frame
from devkit.server.sockets.roster import Sockets

if TYPE_CHECKING:
    from devkit.server.http.exchange import Exchange


class Listener:
    """One such answer. It is there from the first thing that is asked of `heard` to its end."""

    subscriber: Subscriber

    def __init__(
        self,
        sockets: Sockets,
        principal: Principal | None,
        listening: Listening,
        until: Callable[[], Instant | None],
        abort: Callable[[], None],
    ) -> None:
        """`until` says when what the caller signed in with is over, or raises DomainError where it is; `abort` ends the
        client's connection.
        """
        self._sockets, self._principal, self._listening = sockets, principal, listening
        self._until, self._abort = until, abort
        self.expires_at: Instant | None = None

    async def heard(self) -> AsyncGenerator[Heard, None]:
        """What is told, until the client leaves, its session ends or the server stops. Raises DomainError where the
        session has ended before.
        """
        sockets, hub, principal, topics = self._sockets, self._sockets.hub, self._principal, self._listening.topics
        self.expires_at = self._until()
        self.subscriber = subscriber = hub.connect(
            sockets.ids(),
            user_id=principal.user_id if principal else None,
            session_id=principal.credential_id if principal else None,
            is_socket=False,
        )
        sockets.add(self)
        try:
            hub.subscribe(subscriber, topics)
            since = self._listening.since
            missed = hub.since(subscriber, since, topics) if since is not None else Replay(())
            yield Begun(hub.newest_id if since is None or missed is None else since, lost=missed is None)
            for delivery in missed.deliveries if missed else ():
                yield _happened(delivery)
            async for item in subscriber:
                yield _happened(item) if isinstance(item, Delivery) else Beat()
        finally:
            hub.disconnect(subscriber)
            sockets.remove(self)

    # As the roster has it

    def beat(self, heartbeat: Frame) -> None:
        del heartbeat  # a comment is enough
        self.subscriber.offer(Beat())

    def drop(self) -> None:
        self._abort()

    def scenarios_changed(self) -> None:
        """What strikes the call was decided when it came."""

    def reconsider(self) -> None:
        try:
            self.expires_at = self._until()
        except DomainError:
            self.expires_at = None
            self.subscriber.end("expired")


def _happened(delivery: Delivery) -> Happened:
    return Happened(delivery.event, delivery.topic, delivery.event.user_id or "")


def listened(exchange: Exchange, caller: Caller, listening: Listening) -> AsyncGenerator[Heard, None]:
    """What whoever called is told; nothing for HEAD."""
    request, sandbox = exchange.request, exchange.sandbox
    if request.method == "HEAD":
        return _nothing()

    def until() -> Instant | None:
        if caller.user is None:
            return None
        return sandbox.sessions.expires_at(credentials_of(request.headers, exchange.speaks))

    def abort() -> None:
        if request.transport is not None:
            request.transport.abort()

    return Listener(exchange.sockets, caller.user, listening, until, abort).heard()


async def _nothing() -> AsyncGenerator[Heard, None]:
    nothing: tuple[Heard, ...] = ()
    for one in nothing:
        yield one
