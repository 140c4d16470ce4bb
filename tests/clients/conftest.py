"""The official clients, each in a process of its own, talking to a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Client
from tests.contract.wire import ORIGIN
from tests.node import locked_modules

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Outcome:
    """What a call of the client's came to."""

    data: Any
    error: Any

    @property
    def code(self) -> tuple[int, str | None]:
        """Status and code of its error."""
        return self.error["status"], self.error.get("code")


class AuthClient:
    """Better Auth's client in a process of Node's: a browser with cookies of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def call(self, name: str, *arguments: Any) -> Outcome:
        """Call `name`, such as `signIn.email`; what it resolves to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": name, "arguments": arguments}).encode() + b"\n")
        async with asyncio.timeout(30):
            line = await self._process.stdout.readline()
        assert line, "the client's process has ended"
        return Outcome(**json.loads(line))

    async def done(self, name: str, *arguments: Any) -> Any:
        """The same, for a call that succeeds: its data."""
        outcome = await self.call(name, *arguments)
        assert outcome.error is None, outcome.error
        return outcome.data


Open = Callable[[], Awaitable[AuthClient]]


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest) -> Path:
    """A folder with the clients that `package-lock.json` pins."""
    return locked_modules(request.config.cache, HERE)  # type: ignore[arg-type]  # always there, unless switched off


@pytest.fixture
async def browser(client: Client, modules: Path) -> AsyncIterator[Open]:
    """Opens a further browser that speaks to the server."""
    async with AsyncExitStack() as stack:

        async def open_one() -> AuthClient:
            # Node looks for modules beside the script.
            script = modules / "better_auth.mjs"
            process = await asyncio.create_subprocess_exec(
                "node", str(script), client.url, ORIGIN, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            stack.push_async_callback(_end, process)
            return AuthClient(process)

        yield open_one


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()


@pytest.fixture
async def auth(browser: Open) -> AuthClient:
    """One browser that nobody has signed in with."""
    return await browser()
