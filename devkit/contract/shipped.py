"""The contract that devkit ships: what the documents of five teams agree on."""

from __future__ import annotations

from devkit.contract import (
    api_keys,
    assistant,
    auth,
    auth_sessions,
    chat,
    conversations,
    models,
    social,
    system,
    tasks,
    uploads,
)
from devkit.contract.base import Contract, EventKind
from devkit.contract.events import (
    MessageCreated,
    ModelUpdate,
    Notification,
    TaskChanged,
    UploadComplete,
    UploadFailed,
    UploadProgress,
)
from devkit.registry import Registry

CONTRACT = Contract(
    name="devkit",
    operations=Registry(
        "operation",
        [
            *auth.OPERATIONS,
            *auth_sessions.OPERATIONS,
            *api_keys.OPERATIONS,
            *social.OPERATIONS,
            *tasks.OPERATIONS,
            *uploads.OPERATIONS,
            *models.OPERATIONS,
            *chat.OPERATIONS,
            *conversations.OPERATIONS,
            *assistant.OPERATIONS,
            *system.OPERATIONS,
        ],
        key=lambda operation: operation.id,
    ),
    events=Registry(
        "event",
        [
            EventKind("task_created", "A task was created", TaskChanged, ("tasks",)),
            EventKind("task_updated", "A task was changed", TaskChanged, ("tasks",)),
            EventKind("task_deleted", "A task was deleted", TaskChanged, ("tasks",)),
            EventKind(
                "upload_progress", "Bytes of an upload arrived", UploadProgress, ("upload:<upload_id>", "uploads")
            ),
            EventKind("upload_complete", "An upload is stored", UploadComplete, ("upload:<upload.id>", "uploads")),
            EventKind("upload_failed", "An upload was given up", UploadFailed, ("upload:<upload_id>", "uploads")),
            EventKind("model_update", "A model changed its state", ModelUpdate, ("model:<model_id>", "models")),
            EventKind(
                "message_created", "A conversation got a message", MessageCreated, ("conversation:<conversation_id>",)
            ),
            EventKind("notification", "Something the user should know", Notification, ("notifications",)),
        ],
        key=lambda kind: kind.name,
    ),
    topics=("tasks", "uploads", "models", "notifications"),
    owned_topics=("upload", "model", "conversation"),
)
