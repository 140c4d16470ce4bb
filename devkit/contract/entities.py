"""The things that operations give back. Instants are milliseconds since the epoch; how they look on the wire is the
dialect's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import WithJsonSchema

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
    accounts from 1; `image` is the address of a picture.
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

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request comes from: the user, and the session it was signed in with (None for an API key)."""

    user: User
    session_id: str | None

    @property
    def user_id(self) -> str:
        return self.user.id


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `current` is the session that asks."""

    id: Identifier
    created_at: Timestamp
    expires_at: Timestamp
    user_agent: str
    current: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in or a refresh hands out. Lifetimes in seconds."""

    access: str
    access_lifetime: int
    access_expires_at: Timestamp
    refresh: str
    refresh_lifetime: int


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens live, and for how long a used refresh token still works (two
    tabs may refresh at once); in seconds.
    """

    access: int = 86_400
    refresh: int = 30 * 86_400
    grace: int = 10


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    tokens: Tokens


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


MessageRole = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A talk of one user's with a model or a bot. `updated_at` is that of its newest message."""

    id: Identifier
    title: str
    created_at: Timestamp
    updated_at: Timestamp
    message_count: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost, in tokens."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Of an answer: `model` is who gave it, `tool_calls` what it did on the way (JSON objects), `usage` what it cost, and
    `finish_reason` why it ended: `stop` by itself, `length` at the most tokens allowed, `cancelled` because the reader
    left, `error` because it was cut short here.
    """

    id: Identifier
    conversation_id: Identifier
    role: MessageRole
    content: str
    created_at: Timestamp
    model: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    usage: Usage | None = None
    finish_reason: FinishReason | None = None


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
    """What a frontend reads at start: feature flags and limits."""

    app_name: str
    version: str
    features: dict[str, Any]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["ok", "degraded", "down"]
    version: str
    timestamp: Timestamp


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list: `page` counts from 1, `limit` is the page size, `total` counts all rows."""

    items: tuple[T, ...]
    total: int
    page: int
    limit: int


@dataclass(frozen=True, slots=True)
class Ready(Generic[T]):
    """An entity that is ready to send: JSON, of what `STORED` names. `tag` is what its entity tag is made of."""

    kind: type[T]
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class ReadyPage(Generic[T]):
    """A page of entities that are ready to send, as `Ready` has one."""

    kind: type[T]
    texts: tuple[str, ...]
    total: int
    page: int
    limit: int


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
