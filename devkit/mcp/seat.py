"""Whose sandbox is whose: each client has one of its own, and steers no other."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from devkit.control.client import Client, segment
from devkit.effects import fresh_secret, stopwatch
from devkit.errors import NotRunning, OperatorError, ServerRefused, UsageError
from devkit.mcp.home import Home

LIFETIME = "24h"
"""How long a sandbox stays whose client was killed."""

IDLE_SECONDS = 3_600.0
"""How long one stays whose client calls no more, where clients come and go."""

ANEW = "Call the tool `sandbox` with the action `new` for another one."
_UNUSED = "Your sandbox has ended, since you had not used it for an hour."


class Seat:
    """A client's place: its sandbox, made when it is first needed, and the mails that it has seen of it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = asyncio.Lock()
        self.id = ""
        self.seen_mails: set[str] = set()
        self.used = stopwatch()
        self._over = ""
        """Why there is no sandbox any more, as a sentence."""

    async def client(self) -> Client:
        """A client of the sandbox. Raises OperatorError."""
        async with self._lock:
            if self._over:
                raise UsageError(self._over, remedy=ANEW)
            if not self.id:
                await self._make({})
            return await self._home.sandbox(self.id)

    async def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """What the control API answers, for the sandbox."""
        return await self._calling(lambda client: client.get(path, query))

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return await self._calling(lambda client: client.post(path, body))

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        return await self._calling(lambda client: client.put(path, body))

    async def renew(self, wish: dict[str, Any]) -> None:
        """Another sandbox in the place of this one, which ends."""
        async with self._lock:
            before = self.id
            await self._make(wish)
            await self._remove(before)

    async def end(self, why: str = "") -> None:
        """The client has left, or its sandbox ends for this reason, which is a sentence."""
        async with self._lock:
            before, self.id, self._over = self.id, "", why
            await self._remove(before)

    async def _calling(self, call: Any) -> Any:
        client = await self.client()
        try:
            return await self._home.ask(call, client)
        except NotRunning:
            self._home.forget()
            raise UsageError(
                f"The devkit server at {client.url} has ended, and your sandbox with it.", remedy=ANEW
            ) from None
        except ServerRefused as error:
            if f"There is no sandbox {self.id!r}" in error.message:
                raise UsageError("Your sandbox was removed by somebody else.", remedy=ANEW) from None
            raise

    async def _make(self, wish: dict[str, Any]) -> None:
        main = await self._home.main()
        # The id is what proves whose it is, where nothing else does: nobody guesses it.
        name = f"mcp-{fresh_secret(8).hex()}"
        try:
            made = await self._home.ask(main.post, "/sandboxes", {"id": name, "ttl": LIFETIME} | wish)
        except NotRunning:
            self._home.forget()
            main = await self._home.main()
            made = await self._home.ask(main.post, "/sandboxes", {"id": name, "ttl": LIFETIME} | wish)
        self.id, self._over = made["id"], ""
        self.seen_mails.clear()

    async def _remove(self, name: str) -> None:
        if not name:
            return
        with contextlib.suppress(OperatorError):
            main = await self._home.main()
            await self._home.ask(main.delete, f"/sandboxes/{segment(name)}")


class Seats:
    """All clients' places. One that keeps a session has a `key`; one that does not names its sandbox in each call."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._by_key: dict[str, Seat] = {}
        self._nameless: list[Seat] = []

    async def of(self, key: str | None, named: str, *, needed: bool, anew: bool) -> Seat:
        """The caller's seat. `key` is None where nothing is remembered between calls: then `named` has to be a sandbox
        that was made for such a caller, unless it asks for one (`anew`) or can do without (`needed` is False).

        Raises UsageError for a sandbox that is not the caller's.
        """
        await self._sweep(key)
        if key is not None:
            seat = self._by_key.setdefault(key, Seat(self._home))
            seat.used = stopwatch()
            if named and named != seat.id:
                yours = f"yours is {seat.id}" if seat.id else "yours is made when you first use it"
                raise UsageError(
                    f"The sandbox {named[:80]!r} is not yours: {yours}.",
                    remedy="A client steers its own sandbox only, and need not name it: leave `sandbox` out.",
                )
        else:
            seat = self._of_nobody(named, needed=needed, anew=anew)
        seat.used = stopwatch()
        return seat

    def _of_nobody(self, named: str, *, needed: bool, anew: bool) -> Seat:
        found = next((seat for seat in self._nameless if named and seat.id == named), None)
        if found is not None:
            return found
        if named:
            raise UsageError(
                f"The sandbox {named[:80]!r} is not yours, or has ended.",
                remedy="Call the tool `sandbox` with the action `new`, and name the sandbox that it answers with.",
            )
        if needed and not anew:
            raise UsageError(
                "Nothing is remembered between your calls, so it is not known which sandbox is yours.",
                remedy="Call the tool `sandbox` with the action `new`, and give the id that it answers with as "
                "`sandbox` from then on.",
            )
        seat = Seat(self._home)
        if anew:
            self._nameless.append(seat)
        return seat

    async def leave(self, key: str) -> None:
        """A client has ended its session."""
        if seat := self._by_key.pop(key, None):
            await seat.end()

    async def close(self) -> None:
        """End all sandboxes that were made here."""
        await asyncio.gather(*(seat.end() for seat in (*self._by_key.values(), *self._nameless)))

    async def _sweep(self, key: str | None) -> None:
        """End what nobody has used for long. A client that is the only one has all the time it wants."""
        now = stopwatch()
        old = [seat for one, seat in self._by_key.items() if one != key and seat.id and now - seat.used > IDLE_SECONDS]
        gone = [seat for seat in self._nameless if now - seat.used > IDLE_SECONDS]
        self._nameless = [seat for seat in self._nameless if seat not in gone]
        await asyncio.gather(*(seat.end(_UNUSED) for seat in old), *(seat.end() for seat in gone))
