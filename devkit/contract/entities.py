"""The things that operations give back. Instants are milliseconds since the epoch; how they look on the wire is the
dialect's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import WithJsonSchema

from devkit.records import dataclass

T = TypeVar("T")

Timestamp = Annotated[
    int,
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-20T10:00:00.000Z"]}),
]
"""An instant in an entity; on the wire ISO 8601, UTC, milliseconds."""

Identifier = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]

Priority = Literal["low", "medium", "high"]
Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class User:
    """An account. `name` is first and last name joined. `username` is another name to sign in with; one that was given
    none has the part of its address before the @, with a number behind it where that was taken. `number` counts the
    accounts from 1; `image` is a picture's address; `changed_at` is None until something was changed; `own`: `own_of`.
    """

    id: Identifier
    email: str
    first_name: str
    last_name: str
    email_verified: bool
    role: Role
    created_at: Timestamp
    username: str = ""
    number: int = 0
    image: str | None = None
    changed_at: Timestamp | None = None
    own: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def updated_at(self) -> Timestamp:
        return self.created_at if self.changed_at is None else self.changed_at


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request comes from: the user, and the session it was signed in with, or else the API key."""

    user: User
    session_id: str | None
    api_key_id: str | None = None

    @property
    def user_id(self) -> str:
        return self.user.id

    @property
    def credential_id(self) -> str | None:
        """The session or the API key: when that is revoked, what is open by it ends."""
        return self.session_id or self.api_key_id


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `current` is the session that asks; `updated_at` is when it was last prolonged. `token` is the
    session's own, which speaks for it as long as it lives.
    """

    id: Identifier
    created_at: Timestamp
    expires_at: Timestamp
    user_agent: str
    current: bool
    user_id: Identifier = ""
    updated_at: Timestamp = 0
    token: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A way in which a user signs in: `provider` is `credential` for a password, else the name of a social one, where
    the user is called `account_id`.
    """

    id: Identifier
    user_id: Identifier
    provider: str
    account_id: str
    created_at: Timestamp
    updated_at: Timestamp
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeySet:
    """Public keys to verify tokens with (RFC 7517)."""

    keys: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a refresh hands out. Lifetimes in seconds.

    `cookie` is the access token as a cookie carries it, where that is another form; `remembered` says whether that
    cookie should outlive the browser; `mark` is what a second cookie says of one that should not.
    """

    access: str
    access_lifetime: int
    access_expires_at: Timestamp
    refresh: str
    refresh_lifetime: int
    cookie: str = ""
    remembered: bool = True
    mark: str = ""


Rotation = Literal["on", "by_cookie", "off"]
"""Which refresh tokens a refresh uses up: every one, those that came in a cookie, or none."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live, and for how long a used refresh token still works (two tabs may refresh at once); in
    seconds. `rotation` says which ones are used up.
    """

    access: int = 86_400
    refresh: int = 30 * 86_400
    grace: int = 10
    rotation: Rotation = "on"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`redirect` is where the frontend wanted to go next; `session_id` the session that the tokens belong to."""

    user: User
    tokens: Tokens
    redirect: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """`tokens` are those of the session that began with it, where a dialect signs new users in at once."""

    user: User
    tokens: Tokens | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The operation is done and has a sentence to say; `redirect` is where the frontend goes next."""

    message: str
    redirect: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """`tokens` are those of the session that changed it, handed out anew; None where there is none."""

    user: User
    tokens: Tokens | None


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """`tokens` are those of a new session, where the one that asked was revoked with all others."""

    message: str
    user: User
    tokens: Tokens | None = None


@dataclass(frozen=True, slots=True)
class CurrentSession:
    """Who is signed in, and by which session. `access` is a token that others can verify with the public keys; `tokens`
    are there where the session was just prolonged.
    """

    user: User
    session: Session
    access: str
    tokens: Tokens | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """`version` rises with every change."""

    id: Identifier
    title: str
    description: str | None
    completed: bool
    priority: Priority
    due_date: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    version: int

    @property
    def tag(self) -> str:
        """What its entity tag (RFC 9110, section 8.8.3) is made of."""
        return tag_of(self.id, self.version)


def tag_of(task_id: str, version: int) -> str:
    """What the entity tag of a task is made of."""
    return f"{task_id[:8]}-{version}"


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file: `size` in bytes, `sha256` in hexadecimal."""

    id: Identifier
    filename: str
    content_type: str
    size: int
    sha256: str
    created_at: Timestamp

    @property
    def tag(self) -> str:
        return self.sha256[:24]


@dataclass(frozen=True, slots=True)
class UploadContent:
    """The bytes of an upload: a file to stream, never read whole."""

    upload: Upload
    path: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a user's for programs; what is stored of the key itself is a hash."""

    id: Identifier
    name: str
    created_at: Timestamp


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that was just made, and for this once the key itself."""

    id: Identifier
    name: str
    key: str
    created_at: Timestamp


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the sandbox's mailbox. `link` is the address the recipient is meant to open. One that is late is not to
    be seen before `due_at`.
    """

    id: Identifier
    to: str
    subject: str
    kind: str
    text: str
    html: str
    link: str | None
    sent_at: Timestamp
    due_at: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes."""

    upload_max_bytes: int
    json_max_bytes: int
    page_max: int
    title_max: int
    description_max: int


@dataclass(frozen=True, slots=True)
class AppConfig:
    """What a frontend reads at start: feature flags and limits. `env` is the kind of place that this is."""

    app_name: str
    version: str
    features: dict[str, Any]
    limits: Limits
    env: str = "development"


HealthState = Literal["healthy", "degraded", "down"]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the backend that was tried; `detail` is a sentence for people."""

    name: str
    status: HealthState
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is that of the worst of the components that were tried."""

    status: HealthState
    version: str
    timestamp: Timestamp
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelState:
    """`status` is `stopped`, `starting`, `running` or `error`."""

    id: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class ChatHealth:
    """`running` counts the models that do."""

    status: HealthState
    running: int
    models: tuple[ModelState, ...]
    timestamp: Timestamp


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list: `page` counts from 1, `limit` is the page size, `total` counts all rows, `offset` those before
    the first one. `next` is what the page behind it is asked for by, where that is not its number; empty where there is
    none.
    """

    items: tuple[T, ...]
    total: int
    page: int
    limit: int
    offset: int = 0
    next: str = ""


@dataclass(frozen=True, slots=True)
class Ready(Generic[T]):
    """An entity that is ready to send: JSON, of what `STORED` names. `tag` is what its entity tag is made of."""

    kind: type[T]
    id: Identifier
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class ReadyPage(Generic[T]):
    """A page of entities that are ready to send, as `Ready` has one; `text` has commas between them."""

    kind: type[T]
    text: str
    total: int
    page: int
    limit: int
    offset: int = 0
    next: str = ""


STORED: Mapping[type, Mapping[str, str]] = {
    Task: {
        "id": "id",
        "title": "title",
        "description": "description",
        "completed": "completed",
        "priority": "priority",
        "due_date": "dueDate",
        "created_at": "createdAt",
        "updated_at": "updatedAt",
    },
}
"""What a ready entity has: fields, in order, and their names, which are those that most frontends know them by."""
