"""What of a sandbox a fault may move. The server implements it; faults know only this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from devkit.contract.entities import Tokens
from devkit.contract.operations import Need
from devkit.effects import Clock
from devkit.faults.rows import Rows

TokenEnd = Literal["expired", "revoked"]
TokenSide = Literal["issuing", "validating"]
LinkEnd = Literal["expired", "used"]
TokenDefect = Literal["signature", "issuer", "audience", "algorithm", "not_before", "malformed"]


class ConnectionLever(Protocol):
    """The connection that a request came on."""

    def narrow(self) -> None:
        """From now on the kernel takes little ahead of what is read: the client feels at once how slowly that goes."""


class Levers(Protocol):
    """A sandbox, as faults see it."""

    @property
    def clock(self) -> Clock:
        """The sandbox's time, which clock faults turn."""

    def end_access_token(self, token: str, end: TokenEnd) -> None:
        """From now on that very access token is expired, or revoked: for every request, until the sandbox is reset."""

    def withhold(self, secret: str) -> None:
        """From now on the real backend is not told that token, or cookie: to it, whoever sends it is not signed in."""

    def session_of(self, refresh_token: str) -> str | None:
        """The session that a refresh token belongs to."""

    async def end_refresh_tokens(self, session_id: str, end: TokenEnd) -> None:
        """The session's refresh tokens are expired, or its whole family is revoked."""

    async def revoke_session(self, session_id: str, reason: str | None = None) -> None:
        """As if it had been revoked from elsewhere: sockets close, tokens die, and the user's other sessions are told.
        `reason` is a sentence that the user is shown.
        """

    def spoil(self, tokens: Tokens, defect: TokenDefect) -> Tokens:
        """The same tokens, but that the access token has a defect."""

    def skew_tokens(self, side: TokenSide, milliseconds: int) -> Callable[[], None]:
        """Turn the clock of those who issue tokens, or validate them, until the returned function is called."""

    def rotate_keys(self) -> None:
        """Sign what others verify with a new key from now on; what the old ones signed stays valid."""

    async def end_link(self, token: str, end: LinkEnd) -> None:
        """From now on the link with that token, which was mailed, has expired or was used."""

    def publish(self, event: str, payload: object, *, user_id: str | None) -> Any:
        """Tell an event on the hub."""

    def take_event_ids(self, count: int) -> int:
        """The next `count` ids of events are given to nobody else; returns the first of them."""

    def needs(self, operation: str) -> Need:
        """What an operation has."""

    def rows(self, operation: str, user_id: str | None, given: Any = None) -> Rows:
        """The rows that an operation works on which has Need.RESOURCE, as a user sees them (None: nobody); `given` is
        the input of a call, which may say where they are.
        """

    def first_user(self) -> str:
        """The id of the first seeded user."""

    def discard_writes(self) -> Any:
        """A context manager: what services write in it is answered as stored, and is not; events stay untold."""

    def barrier(self, name: str) -> Any:
        """An awaitable that ends when somebody releases the barrier of that name."""

    def later(self, milliseconds: int, action: Callable[[], Any]) -> None:
        """Do something after a while, unless the sandbox ends before; an awaitable that it returns is awaited."""
