"""What every service is given: its sandbox's resources, and who calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import field
from typing import Any, Literal, Protocol

from devkit.contract.entities import Lifetimes, Mail, Principal
from devkit.contract.errors import DomainError
from devkit.domain.origins import Origins
from devkit.domain.pace import Pace
from devkit.effects import Clock, Randomness
from devkit.records import dataclass
from devkit.storage.database import Database
from devkit.storage.folder import UploadFolder

Keeper = Callable[..., Awaitable[Any]]
"""A service's method that keeps an operation's promise: given the `Caller` and the operation's input."""


class Events(Protocol):
    """The event hub, as services see it."""

    def publish(self, type: str, payload: object, *, user_id: str | None) -> Any:  # noqa: A002 - the wire's word
        """Tell an event to the user's subscribers (None: everybody's)."""

    def connections(self) -> int:
        """How many are connected."""

    def end_session(self, session_id: str, ending: Literal["revoked", "expired"] = "revoked") -> Any:
        """Close what is open for a session that was revoked, or whose tokens ran out."""


class Posted(Protocol):
    """A mail that the post office took in."""

    @property
    def copies(self) -> tuple[Mail, ...]:
        """What to put into the mailbox, in the transaction that the mail belongs to."""


class PostOffice(Protocol):
    """Takes the mails that services send."""

    async def accept(self, mail: Mail) -> Any:
        """Take in a mail that is about to be sent; returns a `Posted`."""

    def sent(self, posted: Any) -> None:
        """Its copies are stored."""


REACHED_AT: ContextVar[str] = ContextVar("REACHED_AT", default="")
"""The address at which whoever calls has reached us, and finds the sandbox again; empty where nobody called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes."""

    json: int
    upload: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything of a sandbox that services share.

    `pace` is how fast its models are. `base_url` is the sandbox's own address and `frontend_url` the frontend's, both
    for links in mails; `uploads` is where the uploads' bytes are; `origins` those of frontends.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    events: Events
    secret: bytes
    uploads: UploadFolder
    limits: Limits
    pace: Pace
    frontend_url: str
    base_url: Callable[[], str]
    origins: Origins
    post: PostOffice

    @property
    def reached_at(self) -> str:
        """Where the caller reached us; the sandbox's own address where nobody called."""
        return REACHED_AT.get() or self.base_url()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls an operation; `lifetimes` are those of the dialect it is called in, and `session_tokens` says whether
    that one hands out the sessions' own tokens. `late_session` is the session of a token with which nothing is wrong
    but that its time is over: enough to sign out with. `client` is the dialect's name, for whose frontend tokens are
    issued.
    """

    user: Principal | None = None
    user_agent: str = ""
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    session_tokens: bool = False
    late_session: str | None = None
    client: str = ""

    @property
    def principal(self) -> Principal:
        """Raises DomainError `unauthorized` where nobody is signed in."""
        if self.user is None:
            raise DomainError("unauthorized")
        return self.user

    @property
    def user_id(self) -> str:
        return self.principal.user.id

    @property
    def session_id(self) -> str:
        """Raises DomainError `forbidden` for a caller with an API key, who has no session."""
        if self.principal.session_id is None:
            raise DomainError("forbidden", "An API key has no session: sign in")
        return self.principal.session_id

    @property
    def number(self) -> int:
        """The number of the caller's account, which the rows of its tasks name."""
        return self.principal.user.number
