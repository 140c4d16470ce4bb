"""The data that every server gets: a thousand tasks, and what each of them needs to answer with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

COUNT, PAGE = 1_000, 20
NEW = {"title": "Buy milk", "description": "Two litres", "priority": "high"}


def tasks() -> list[dict[str, Any]]:
    """The same for all, and of the size that devkit's own generated tasks have."""
    return [
        {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "title": f"Proofread the test plan number {number}",
            "description": "Wait for the answer about the move to Lisbon first." if number % 5 < 3 else None,
            "completed": number % 2 == 0,
            "priority": ("low", "medium", "medium", "high")[number % 4],
            "dueDate": "2026-01-15T10:30:00.000Z" if number % 3 else None,
            "createdAt": f"2026-01-{1 + number % 28:02d}T05:18:39.262Z",
            "updatedAt": f"2026-01-{1 + number % 28:02d}T07:02:11.663Z",
        }
        for number in range(COUNT)
    ]


def page() -> dict[str, Any]:
    """The answer of servers that can only be given a fixed one."""
    return {"data": tasks()[:PAGE], "total": COUNT, "page": 1, "limit": PAGE}


def write(folder: Path) -> None:
    """`tasks.json`, and the configurations of those that take one."""
    all_tasks = tasks()
    _json(folder / "tasks.json", all_tasks)
    _json(folder / "json-server.json", {"tasks": all_tasks})
    _json(folder / "mockoon.json", _mockoon(all_tasks))
    _json(folder / "prism.json", _openapi(all_tasks[0]))
    mappings = folder / "wiremock" / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    for number, mapping in enumerate(_wiremock(all_tasks[0])):
        _json(mappings / f"{number}.json", mapping)


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))


def _wiremock(task: dict[str, Any]) -> list[dict[str, Any]]:
    def stub(method: str, pattern: str, status: int, body: object) -> dict[str, Any]:
        answer = {"status": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
        return {"request": {"method": method, "urlPathPattern": pattern}, "response": answer}

    return [
        stub("GET", "/tasks", 200, page()),
        stub("GET", "/tasks/[^/]+", 200, task),
        stub("POST", "/tasks", 201, task),
    ]


def _openapi(task: dict[str, Any]) -> dict[str, Any]:
    def answer(status: str, example: object) -> dict[str, Any]:
        content = {"application/json": {"schema": {"type": "object"}, "example": example}}
        return {"responses": {status: {"description": "It", "content": content}}}

    by_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Tasks", "version": "1"},
        "paths": {
            "/tasks": {"get": answer("200", page()), "post": answer("201", task)},
            "/tasks/{id}": {"parameters": [by_id], "get": answer("200", task)},
        },
    }


def _mockoon(all_tasks: list[dict[str, Any]]) -> dict[str, Any]:
    bucket, route = "b0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000001"
    response = {
        "uuid": "c0000000-0000-4000-8000-000000000001", "body": "", "latency": 0, "statusCode": 200, "label": "",
        "headers": [], "bodyType": "DATABUCKET", "filePath": "", "databucketID": "task", "sendFileAsBody": False,
        "rules": [], "rulesOperator": "OR", "disableTemplating": True, "fallbackTo404": False, "default": True,
        "crudKey": "id", "callbacks": [],
    }  # fmt: skip
    crud = {
        "uuid": route, "type": "crud", "documentation": "", "method": "", "endpoint": "tasks",
        "responses": [response], "responseMode": None, "streamingMode": None, "streamingInterval": 0,
    }  # fmt: skip
    return {
        "uuid": "d0000000-0000-4000-8000-000000000001", "lastMigration": 33, "name": "Tasks", "endpointPrefix": "",
        "latency": 0, "port": 3000, "hostname": "", "folders": [], "routes": [crud],
        "rootChildren": [{"type": "route", "uuid": route}], "proxyMode": False, "proxyHost": "",
        "proxyRemovePrefix": False, "tlsOptions": {"enabled": False, "type": "CERT", "pfxPath": "", "certPath": "",
        "keyPath": "", "caPath": "", "passphrase": ""}, "cors": False, "headers": [], "proxyReqHeaders": [],
        "proxyResHeaders": [], "callbacks": [],
        "data": [{"uuid": bucket, "id": "task", "name": "Tasks", "documentation": "", "value": json.dumps(all_tasks)}],
    }  # fmt: skip
