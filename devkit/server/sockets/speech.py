"""What a server says on one of its WebSockets, and how it answers: what is each protocol's own of a connection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from devkit.contract.entities import Principal
from devkit.realtime.hub import Subscriber

if TYPE_CHECKING:
    from devkit.server.sockets.roster import Sockets


class Speech(ABC):
    """One protocol on one connection. What it has to say it offers to the connection's queue, the subscriber's."""

    heartbeats: ClassVar[bool] = True
    """Whether heartbeats are told as messages, beside the protocol's own pings."""

    def __init__(self, sockets: Sockets, principal: Principal, subscriber: Subscriber) -> None:
        self._sockets = sockets
        self._principal = principal
        self._subscriber = subscriber

    @abstractmethod
    async def greet(self) -> None:
        """The socket is open."""

    @abstractmethod
    async def hear(self, data: bytes) -> None:
        """Answer a message. Raises BadMessage or DomainError for one that makes no sense: the socket lives on."""
