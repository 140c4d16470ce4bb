"""Documents for tests, written to a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[..., Path]


def document(paths: dict[str, Any], *, version: str = "3.1.0", **more: Any) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}


def written(folder: Path, value: object, name: str = "openapi.json") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2), encoding="utf-8")
    return path


def answer(schema: Any, status: str = "200") -> dict[str, Any]:
    """A `responses` of one."""
    return {status: {"description": "Good", "content": {"application/json": {"schema": schema}}}}


def takes(schema: Any) -> dict[str, Any]:
    """A `requestBody` of JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}
