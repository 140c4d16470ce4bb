"""FastAPI on uvicorn, tasks in memory, as its tutorial would have it. Runs in a virtual environment of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


class NewTask(BaseModel):
    title: str
    description: str | None = None
    priority: str = "medium"


tasks: list[dict[str, Any]] = json.loads(Path(sys.argv[2]).read_text())
by_id = {task["id"]: task for task in tasks}
app = FastAPI()


@app.get("/tasks")
async def listed(page: int = 1, limit: int = 20) -> dict[str, Any]:
    return {"data": tasks[(page - 1) * limit : page * limit], "total": len(tasks), "page": page, "limit": limit}


@app.get("/tasks/{task_id}")
async def one(task_id: str) -> dict[str, Any]:
    return by_id[task_id]


@app.post("/tasks", status_code=201)
async def created(given: NewTask) -> dict[str, Any]:
    task = {**tasks[0], **given.model_dump(), "id": f"00000000-0000-4000-8000-{len(by_id):012d}"}
    by_id[task["id"]] = task
    return task


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
