"""Control calls as the tests make them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.conftest import Answer, Client


async def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    """Wait until a condition holds that nobody tells of."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


Control = Callable[..., Awaitable[Answer]]


@pytest.fixture
def control(client: Client) -> Control:
    """`await control("POST", "/clock/advance", by="2h")`; `sandbox` chooses one by header."""

    async def control(method: str, path: str, /, *, sandbox: str | None = None, **body: Any) -> Answer:
        options: dict[str, Any] = {"headers": {"X-Devkit-Sandbox": sandbox}} if sandbox else {}
        if method in {"POST", "PUT"}:
            options["json"] = body
        elif body:
            options["params"] = body
        return await client.send(method, f"/_devkit/api{path}", **options)

    return control
