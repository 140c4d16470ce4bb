"""aiohttp on uvloop with orjson: tasks in memory, no checks. What devkit's ratios are taken of."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import orjson
import uvloop
from aiohttp import web


def application(tasks: list[dict[str, Any]]) -> web.Application:
    by_id = {task["id"]: task for task in tasks}

    async def listed(request: web.Request) -> web.Response:
        page, limit = int(request.query.get("page", "1")), int(request.query.get("limit", "20"))
        rows = tasks[(page - 1) * limit : page * limit]
        return answer({"data": rows, "total": len(tasks), "page": page, "limit": limit})

    async def one(request: web.Request) -> web.Response:
        return answer(by_id[request.match_info["id"]])

    async def created(request: web.Request) -> web.Response:
        given = orjson.loads(await request.read())
        number = len(by_id)
        task = {**tasks[0], **given, "id": f"00000000-0000-4000-8000-{number:012d}"}
        by_id[task["id"]] = task
        return answer(task, 201)

    app = web.Application()
    app.add_routes([web.get("/tasks", listed), web.get("/tasks/{id}", one), web.post("/tasks", created)])
    return app


def answer(body: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


if __name__ == "__main__":
    uvloop.install()
    given = json.loads(Path(sys.argv[2]).read_text())
    web.run_app(application(given), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=lambda _: None)
