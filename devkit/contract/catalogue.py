"""All operations in one table."""

from __future__ import annotations

from devkit.contract import auth, conversations, system, tasks, uploads
from devkit.contract.operations import Operation
from devkit.registry import Registry

OPERATIONS: Registry[Operation] = Registry(
    "operation",
    [*auth.OPERATIONS, *tasks.OPERATIONS, *uploads.OPERATIONS, *conversations.OPERATIONS, *system.OPERATIONS],
    key=lambda operation: operation.id,
)
