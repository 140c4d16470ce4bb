"""The levers of a sandbox (`devkit.faults.levers`): what faults move, they move through here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from devkit.contract.entities import Tokens
from devkit.effects import Clock
from devkit.faults.levers import TokenDefect, TokenEnd

if TYPE_CHECKING:
    from devkit.sandbox import Sandbox


class SandboxLevers:
    """Moves one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._barriers: dict[str, asyncio.Event] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    @property
    def clock(self) -> Clock:
        return self._sandbox.clock

    def publish(self, event: str, payload: object, *, user_id: str | None) -> Any:
        return self._sandbox.hub.publish(event, payload, user_id=user_id)

    def take_event_ids(self, count: int) -> int:
        return self._sandbox.hub.take_ids(count)

    def barrier(self, name: str) -> Any:
        return self._barriers.setdefault(name, asyncio.Event()).wait()

    def release(self, name: str) -> bool:
        """Let go what waits at a barrier; False where nothing does."""
        event = self._barriers.pop(name, None)
        if event is None:
            return False
        event.set()
        return True

    def later(self, milliseconds: int, action: Callable[[], Any]) -> None:
        handle: asyncio.TimerHandle

        def act() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(milliseconds / 1000, act)
        self._timers.add(handle)

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for name in list(self._barriers):
            self.release(name)

    def end_access_token(self, token: str, end: TokenEnd) -> None:
        self._sandbox.sessions.signer.end(token, end)

    async def end_refresh_tokens(self, session_id: str, end: TokenEnd) -> None:
        await self._sandbox.sessions.end_refresh_tokens(session_id, end)

    async def revoke_session(self, session_id: str) -> None:
        await self._sandbox.sessions.end_session(session_id)

    def mint(self, tokens: Tokens, *, lifetime: int | None = None, defect: TokenDefect | None = None) -> str:
        return self._sandbox.sessions.signer.reissue(tokens.access, lifetime=lifetime, defect=defect)

    @contextlib.contextmanager
    def discard_writes(self) -> Iterator[None]:
        with self._sandbox.discarding():
            yield

    def wire_facts(self) -> Mapping[str, Any]:
        settings = self._sandbox.settings
        return {"json_limit": settings.limits_json, "upload_limit": settings.limits_upload}
