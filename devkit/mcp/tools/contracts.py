"""The contract: what is promised in all, and whether a file of the project's is sound."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Literal

from devkit.errors import UsageError
from devkit.mcp.base import Call, Input, Json, Tool


class Contract(Input):
    action: Literal["show", "check"] = "show"
    file: str = ""
    """check: a backend.yaml or OpenAPI document of the project."""


async def run(call: Call, given: Contract) -> Json:
    if given.action == "check":
        if not given.file:
            raise UsageError("contract: to check one, `file` is needed.", remedy="Such as backend.yaml.")
        judged: Json = await asyncio.to_thread(call.means.judge, given.file)
        return judged
    routes = (await call.read("/routes"))["data"]
    dialects = dict.fromkeys(row["dialect"] for row in routes)
    first = next(iter(dialects))
    document = await call.read("/_devkit/openapi.json", {"dialect": first})
    return {
        "dialects": list(dialects),
        "title": document["info"]["title"],
        "holds_everywhere": document["info"].get("description", ""),
        "areas": Counter(row["operation"].partition(".")[0] for row in routes if row["dialect"] == first),
        "document": "The resource devkit://contract is the OpenAPI document; `operations` shows one operation of it.",
    }


TOOL = Tool(
    name="contract",
    title="The contract",
    about="`show`: what holds for the whole API (errors, auth, CORS, events) and how it is divided. `check`: whether a "
    "backend.yaml or OpenAPI file of the project is sound, with file, line and what would be right. Use it after you "
    "wrote or changed one.",
    input=Contract,
    answer={"dialects?": "array", "holds_everywhere?": "string", "sound?": "boolean", "mistakes?": "array"},
    run=run,
    acts="reads",
    anywhere=True,
)
