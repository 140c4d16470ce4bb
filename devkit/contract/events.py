"""What the events of CONTRACT.md ("`/ws`") hold.

Of their topics, `tasks`, `uploads` and `notifications` are each user's own: everybody may subscribe, and hears only of
what is theirs. `models` is everybody's.
"""

from __future__ import annotations

from typing import Any

from devkit.contract.entities import Identifier, Task, Upload
from devkit.contract.entities_chat import Message
from devkit.records import dataclass


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
