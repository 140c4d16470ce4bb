"""All operations in one table."""

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
from devkit.contract.operations import Operation
from devkit.registry import Registry

OPERATIONS: Registry[Operation] = Registry(
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
)
