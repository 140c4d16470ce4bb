"""What users have stored, and who they are."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from devkit.control.answers.common import Owner


class Mail(TypedDict):
    """A mail; `link` is the address that the recipient is meant to open."""

    id: str
    to: str
    subject: str
    kind: str
    text: str
    html: str
    link: str | None
    sent_at: str


class MailList(TypedDict):
    """Newest first; `total` counts those beyond `limit` too."""

    data: list[Mail]
    total: int


class User(TypedDict):
    """A user, and how much they have."""

    id: str
    email: str
    name: str
    role: str
    email_verified: bool
    created_at: str
    sessions: int
    tasks: int
    uploads: int


class UserList(TypedDict):
    """In the order they were made."""

    data: list[User]
    total: int


class Session(TypedDict):
    """An open session, and how many sockets it has."""

    id: str
    user: Owner
    created_at: str
    expires_at: str
    user_agent: str | None
    sockets: int


class SessionList(TypedDict):
    """Newest first."""

    data: list[Session]
    total: int


Minted = TypedDict(
    "Minted",
    {
        "token": str,
        "user": Owner,
        "session_id": str,
        "expires_at": str,
        "expired": bool,
        "defect": Literal["signature", "issuer", "audience", "algorithm", "not_before", "malformed"] | None,
        "try": str,
    },
)
"""A token, which opens a session of its own; `try` is an address to send it to."""


class Task(TypedDict):
    """A task; `user` is an email."""

    id: str
    user: str
    title: str
    description: str | None
    completed: bool
    priority: str
    due_date: str | None
    created_at: str
    updated_at: str


class TaskList(TypedDict):
    """Newest first."""

    data: list[Task]
    total: int


class Upload(TypedDict):
    """An upload; `user` is an email, `size` in bytes."""

    id: str
    user: str
    filename: str
    content_type: str
    size: int
    sha256: str
    created_at: str


class UploadList(TypedDict):
    """Newest first."""

    data: list[Upload]
    total: int


class Arriving(TypedDict):
    """An upload that is under way: bytes that are here, and of how many (null: not announced)."""

    id: str
    user: str | None
    received: int
    size: int | None


class ArrivingList(TypedDict):
    """All that are under way."""

    data: list[Arriving]
    total: int


class Model(TypedDict):
    """A language model; `error` says why it failed to start."""

    id: str
    name: str
    status: Literal["stopped", "starting", "running", "error"]
    size: int
    error: str | None
    updated_at: str


class ModelList(TypedDict):
    """By name."""

    data: list[Model]
    total: int


class ModelChanged(TypedDict):
    """What was done, and the state that it led to."""

    message: str
    status: str


class Snapshot(TypedDict):
    """What was put aside: when (the machine's time), what the clock said, bytes, and how many uploads."""

    name: str
    saved_at: str
    time: str
    size: int
    uploads: int


class SnapshotList(TypedDict):
    """Newest first."""

    data: list[Snapshot]
    total: int
