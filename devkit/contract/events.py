"""What the backend tells by itself: the events of CONTRACT.md ("`/ws`") and the topics they are told on.

A topic is `name` or `name:<id>`. `tasks`, `uploads` and `notifications` are each user's own: everybody may subscribe,
and hears only of what is theirs. `models` is everybody's.
"""

from __future__ import annotations

from typing import Any

from devkit.contract.entities import Identifier, Task, Upload
from devkit.contract.entities_chat import Message
from devkit.records import dataclass
from devkit.registry import Registry


@dataclass(frozen=True, slots=True)
class TaskChanged:
    task: Task


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """`received` and `total` in bytes of the request's body; `total` is None where its length was not sent. `percent`
    is received/total, rounded down to a whole number.
    """

    upload_id: Identifier
    received: int
    total: int | None
    percent: int


@dataclass(frozen=True, slots=True)
class UploadComplete:
    upload: Upload


@dataclass(frozen=True, slots=True)
class UploadFailed:
    """`error` is a code of the contract."""

    upload_id: Identifier
    error: str


@dataclass(frozen=True, slots=True)
class ModelUpdate:
    model_id: str
    status: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MessageCreated:
    conversation_id: Identifier
    message: Message


@dataclass(frozen=True, slots=True)
class Notification:
    """`kind` is `session_revoked`, `mail_sent`, or what `devkit event` says."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event. In `topics`, `<field>` stands for a field of the payload (a dotted path)."""

    name: str
    summary: str
    payload: type
    topics: tuple[str, ...]


EVENTS: Registry[EventKind] = Registry(
    "event",
    [
        EventKind("task_created", "A task was created", TaskChanged, ("tasks",)),
        EventKind("task_updated", "A task was changed", TaskChanged, ("tasks",)),
        EventKind("task_deleted", "A task was deleted", TaskChanged, ("tasks",)),
        EventKind("upload_progress", "Bytes of an upload arrived", UploadProgress, ("upload:<upload_id>", "uploads")),
        EventKind("upload_complete", "An upload is stored", UploadComplete, ("upload:<upload.id>", "uploads")),
        EventKind("upload_failed", "An upload was given up", UploadFailed, ("upload:<upload_id>", "uploads")),
        EventKind("model_update", "A model changed its state", ModelUpdate, ("model:<model_id>", "models")),
        EventKind(
            "message_created", "A conversation got a message", MessageCreated, ("conversation:<conversation_id>",)
        ),
        EventKind("notification", "Something the user should know", Notification, ("notifications",)),
    ],
    key=lambda kind: kind.name,
)

TOPICS = ("tasks", "uploads", "models", "notifications")
"""Topics without an id."""

OWNED_TOPICS = ("upload", "model", "conversation")
"""Topics with an id: `upload:<id>` and so on."""
