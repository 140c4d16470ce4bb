"""A service that asks another one: where that is, and with which key, is a dependency."""

import os
from typing import Annotated, NamedTuple

import httpx
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


class Tasks(NamedTuple):
    url: str
    key: str


def tasks() -> Tasks:
    return Tasks(os.environ["TASKS_URL"], os.environ["TASKS_KEY"])


@app.get("/summary")
def summary(service: Annotated[Tasks, Depends(tasks)]) -> dict[str, int]:
    with httpx.Client(headers={"X-API-Key": service.key}, timeout=5) as http:
        answer = http.get(f"{service.url}/api/tasks")
    if answer.is_error:
        raise HTTPException(502, f"The task list answers {answer.status_code}")
    return {"tasks": answer.json()["total"]}
