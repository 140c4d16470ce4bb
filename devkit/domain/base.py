"""What every service is given: its sandbox's resources, and who calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from devkit.contract.entities import Mail, Principal
from devkit.contract.errors import DomainError
from devkit.effects import Clock, Randomness
from devkit.storage.database import Database
from devkit.storage.folder import UploadFolder


class Events(Protocol):
    """The event hub, as services see it."""

    def publish(self, type: str, payload: object, *, user_id: str | None) -> Any:  # noqa: A002 - the wire's word
        """Tell an event to the user's subscribers (None: everybody's)."""

    def end_session(self, session_id: str) -> Any:
        """Close what is open for a session that was revoked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes."""

    json: int
    upload: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything of a sandbox that services share.

    `base_url` is the sandbox's own address and `frontend_url` the frontend's, both for links in mails; `uploads` is
    where the uploads' bytes are; `mailed` is told of each mail that went out.
    """

    database: Database
    clock: Clock
    randomness: Randomness
    events: Events
    secret: bytes
    uploads: UploadFolder
    limits: Limits
    frontend_url: str
    base_url: Callable[[], str]
    mailed: Callable[[Mail], None]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live, in seconds."""

    access: int = 86_400
    refresh: int = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls an operation; `lifetimes` are those of the dialect it is called in."""

    user: Principal | None = None
    user_agent: str = ""
    lifetimes: Lifetimes = Lifetimes()

    @property
    def principal(self) -> Principal:
        """Raises DomainError `unauthorized` where nobody is signed in."""
        if self.user is None:
            raise DomainError("unauthorized")
        return self.user

    @property
    def user_id(self) -> str:
        return self.principal.user.id
