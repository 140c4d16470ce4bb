"""What a server says on one of its WebSockets, and how it answers: what is each protocol's own of a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from devkit.contract.entities import Principal
from devkit.dialects.frames import Error
from devkit.dialects.sockets import SocketProtocol
from devkit.effects import Instant
from devkit.realtime.hub import Subscriber
from devkit.server.sockets.messages import Frame, frame_of
from devkit.server.sockets.roster import Sockets


class Speech(ABC):
    """One protocol on one connection. What it has to say it offers to the connection's queue, the subscriber's."""

    protocol: ClassVar[SocketProtocol]
    heartbeats: ClassVar[bool] = True
    """Whether heartbeats are told as messages, beside the protocol's own pings."""

    def __init__(
        self, sockets: Sockets, principal: Principal | None, subscriber: Subscriber, open_topics: tuple[str, ...] = ()
    ) -> None:
        """`open_topics` may be heard where nobody signs in."""
        self._open_topics = open_topics
        self._sockets = sockets
        self._principal = principal
        self._subscriber = subscriber

    def say(self, frame: object) -> None:
        """Queue a frame of the protocol."""
        self._subscriber.offer(frame_of(frame, self.protocol))

    def trouble(self, code: str, message: str) -> Frame:
        """The protocol's frame for what went wrong."""
        return frame_of(Error(error=code, message=message, timestamp=self.now), self.protocol)

    @property
    def now(self) -> Instant:
        return self._sockets.clock.now()

    @abstractmethod
    async def greet(self) -> None:
        """The socket is open."""

    @abstractmethod
    async def hear(self, data: bytes) -> None:
        """Answer a message. Raises BadMessage or DomainError for one that makes no sense: the socket lives on."""
