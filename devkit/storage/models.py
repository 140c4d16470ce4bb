"""Language models: everybody's."""

from __future__ import annotations

import json
from sqlite3 import Connection
from typing import Any

from devkit.contract.entities_chat import Model, ModelStatus
from devkit.effects import Instant

_COLUMNS = "id, name, status, size, details, updated_at, error"


def all_of(connection: Connection) -> tuple[Model, ...]:
    return tuple(map(_model, connection.execute(f"SELECT {_COLUMNS} FROM models ORDER BY name, id")))


def find(connection: Connection, model_id: str) -> Model | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM models WHERE id = ?", (model_id,)).fetchone()
    return _model(row) if row else None


def in_memory(connection: Connection, but: str) -> int:
    """Bytes that the running models take, not counting that one."""
    row = connection.execute("SELECT total(size) FROM models WHERE status = 'running' AND id <> ?", (but,)).fetchone()
    return int(row[0])


def set_status(
    connection: Connection, model_id: str, status: ModelStatus, now: Instant, error: str | None = None
) -> None:
    connection.execute(
        "UPDATE models SET status = ?, error = ?, updated_at = ? WHERE id = ?", (status, error, now, model_id)
    )


def _model(row: tuple[Any, ...]) -> Model:
    identifier, name, status, size, details, updated_at, error = row
    return Model(identifier, name, status, size, json.loads(details), updated_at, error)
