"""The faults that strike one exchange, hook by hook. What strikes nothing costs nothing: the pipeline asks only where
a scenario is on.

Whether a fault that was chosen really struck is known when it has acted, and not before: a field may not be in the
answer, HEAD has no body to cut, a call by API key brings no token to end. What changed nothing for the client did not
strike (`settle`): neither the journal nor a header tells of it, and its rule may strike another call instead.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

from devkit.contract.entities import Lifetimes
from devkit.dialects.raw import RawRequest
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import WireContext
from devkit.faults.base import HOOKS
from devkit.faults.hit import Fingerprint, Hit
from devkit.faults.matter import Arrival, Frame, Preflight, Stay, Step, StreamStep, Wait, Wire
from devkit.scenario.activation import Strike
from devkit.server.http.request import Request

_DEFAULTS = (hdrs.CONTENT_TYPE, hdrs.DATE, hdrs.SERVER, hdrs.CACHE_CONTROL)
"""Fields that an answer is given where nobody said them."""
_CONTENT = ("on_lifetimes", "around", "on_reply", "on_body", "on_stream")
_CALL = ("on_credentials", "on_lifetimes", "on_raw", "around")


class Strikes:
    """What strikes one exchange, in file order."""

    def __init__(self, strikes: list[Strike]) -> None:
        self._strikes = strikes
        self._promised: list[Hit] = []

    def __bool__(self) -> bool:
        return bool(self._strikes)

    def __iter__(self) -> Iterator[Strike]:
        return iter(self._strikes)

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """What the journal tells of them."""
        return tuple(Fingerprint.of(strike.hit) for strike in self._strikes)

    async def on_request(self, *, after_commit: bool = False) -> None:
        """May raise Answered, Broken or Absent. What ends the call comes last: a delay behind it in the file counts."""
        for strike in sorted(self._with("on_request"), key=lambda strike: strike.fault.terminal):
            if strike.hit.after_commit == after_commit:
                with _felt(strike.hit):
                    await strike.fault.on_request(strike.hit)

    async def on_credentials(self) -> None:
        for strike in self._with("on_credentials"):
            with _felt(strike.hit):
                await strike.fault.on_credentials(strike.hit)

    def on_lifetimes(self, lifetimes: Lifetimes) -> Lifetimes:
        for strike in self._with("on_lifetimes"):
            before, lifetimes = lifetimes, strike.fault.on_lifetimes(strike.hit, lifetimes)
            if lifetimes != before:
                self._promised.append(strike.hit)
        return lifetimes

    async def on_raw(self, raw: RawRequest) -> RawRequest:
        for strike in self._with("on_raw"):
            before = raw
            with _felt(strike.hit):
                raw = await strike.fault.on_raw(strike.hit, raw)
            strike.hit.felt |= raw is not before
        return raw

    async def around(self, call: Callable[[], Awaitable[Any]], alike: Callable[[Any, Any], bool]) -> Any:
        """Run the service with the faults around it; the first in file order is the outermost. `alike` says whether
        the client is told the same of two results.
        """
        for strike in reversed(list(self._with("around"))):
            call = partial(_around, strike, call, alike)
        return await call()

    def on_context(self, context: WireContext) -> WireContext:
        for strike in self._with("on_context"):
            before, context = context, strike.fault.on_context(strike.hit, context)
            if context != before:
                self._promised.append(strike.hit)
        return context

    async def on_reply(self, reply: Reply, *, bodiless: bool = False) -> Reply:
        """The reply as faults leave it; where it goes out without its body, what they change in that does not count."""
        for strike in self._with("on_reply"):
            before = replace(reply, headers=dict(reply.headers), cookies=list(reply.cookies))
            with _felt(strike.hit):
                reply = await strike.fault.on_reply(strike.hit, reply)
            if bodiless:
                reply.body = before.body
            if reply != before:
                strike.hit.felt = True
            if reply.body != before.body:
                # A client would keep the broken answer, and be told by a 304 that it is still good when all is well.
                reply.drop("ETag")
        return reply

    def on_headers(self, request: Request, response: web.StreamResponse) -> None:
        for strike in self._strikes:
            strike.hit.status = response.status
        struck, headers = [*self._with("on_headers")], response.headers
        if not struck:
            return
        # What the server says of itself as the answer leaves is there for faults to see, and to take away.
        said = {hdrs.DATE: rfc822_formatted_time(), hdrs.SERVER: SERVER_SOFTWARE}
        said = {name: value for name, value in said.items() if name not in headers}
        headers.update(said)
        known = [name for name in _DEFAULTS if name in headers]
        for strike in struck:
            before = [*headers.items()]
            strike.fault.on_headers(strike.hit, headers)
            strike.hit.felt |= before != [*headers.items()]
        request.lacking = frozenset(name for name in known if name not in headers)
        for name, value in said.items():
            if headers.get(name) == value:
                del headers[name]

    def on_body(self, body: bytes) -> bytes:
        for strike in self._with("on_body"):
            before, body = body, strike.fault.on_body(strike.hit, body)
            strike.hit.felt |= body != before
        return body

    def on_wire(self, wire: Wire) -> AsyncIterator[Step] | None:
        """The steps that send the answer: each wire fault is given what those before it have planned."""
        for strike in self._with("on_wire"):
            plan = strike.fault.on_wire(strike.hit, wire)
            if plan is not None:
                strike.hit.felt = True
                wire.plan = _waiting(plan, strike.hit)
        return wire.plan

    @property
    def touch_content(self) -> bool:
        """Whether any of them may look at what an answer says."""
        return any(True for hook in _CONTENT for _ in self._with(hook))

    @property
    def touch_calls(self) -> bool:
        """Whether any of them may act around the call itself."""
        return any(True for hook in _CALL for _ in self._with(hook))

    @property
    def call_again(self) -> bool:
        """Whether any of them may do the call more than once."""
        return any(True for _ in self._with("around"))

    @property
    def touch_wire(self) -> bool:
        return any(True for _ in self._with("on_wire"))

    def on_stream(self, steps: AsyncGenerator[StreamStep, None]) -> AsyncGenerator[StreamStep, None]:
        """The steps that send a streamed answer: each fault is given what those before it make of it."""
        for strike in self._with("on_stream"):
            strike.hit.felt = True
            steps = strike.fault.on_stream(strike.hit, steps)
        return steps

    async def on_chunk(self, arrival: Arrival) -> None:
        for strike in self._with("on_chunk"):
            before = arrival.data
            with _felt(strike.hit):
                await strike.fault.on_chunk(strike.hit, arrival)
            strike.hit.felt |= arrival.data is not before

    @property
    def touch_chunks(self) -> bool:
        return any(True for _ in self._with("on_chunk"))

    async def on_preflight(self, preflight: Preflight) -> None:
        for strike in self._with("on_preflight"):
            before = preflight.status, [*preflight.headers.items()]
            with _felt(strike.hit):
                await strike.fault.on_preflight(strike.hit, preflight)
            strike.hit.felt |= before != (preflight.status, [*preflight.headers.items()])

    async def on_handshake(self) -> None:
        for strike in self._with("on_handshake"):
            await strike.fault.on_handshake(strike.hit)

    async def on_frame(self, frame: Frame) -> list[Frame]:
        """What goes out instead of a frame: each fault is given what the one before it made of it."""
        frames = [frame]
        for strike in self._with("on_frame"):
            frames = [made for one in frames for made in await strike.fault.on_frame(strike.hit, one)]
        return frames

    def settle(self, status: int) -> None:
        """From here on only those count that the client feels; `status` is its answer's, 499 for none."""
        if status < 400:
            # What was handed out is as they wanted it.
            for hit in self._promised:
                hit.felt = True
        for strike in self._strikes:
            if not strike.hit.felt:
                strike.hit.give_back()
        self._strikes = [strike for strike in self._strikes if strike.hit.felt]

    def _with(self, hook: str) -> Iterator[Strike]:
        moment = HOOKS[hook]
        return (strike for strike in self._strikes if strike.moment is moment and hook in type(strike.fault).hooks())


NONE = Strikes([])


@contextlib.contextmanager
def _felt(hit: Hit) -> Iterator[None]:
    """What a fault raises is felt."""
    try:
        yield
    except Exception:
        hit.felt = True
        raise


async def _around(strike: Strike, proceed: Callable[[], Awaitable[Any]], alike: Callable[[Any, Any], bool]) -> Any:
    """Run what is struck. It is felt where it fails or succeeds otherwise than it would by itself."""
    results: list[Any] = []
    failures: list[Exception] = []

    async def watched() -> Any:
        try:
            results.append(await proceed())
        except Exception as failure:
            failures.append(failure)
            raise
        return results[-1]

    try:
        result = await strike.fault.around(strike.hit, watched)
    except Exception as failure:
        # Done twice, it failed because of that.
        strike.hit.felt |= failure not in failures or len(results) + len(failures) != 1
        raise
    if len(results) == 1 and not failures and alike(result, results[0]):
        return results[0]
    strike.hit.felt = True
    return result


async def _waiting(plan: AsyncIterator[Step], hit: Hit) -> AsyncIterator[Step]:
    """The plan's steps, where its waits are done as waits of the strike that they belong to."""
    async with closed(plan):
        async for step in plan:
            match step:
                case Wait(milliseconds):
                    await hit.sleep(milliseconds)
                case Stay():
                    await hit.hang()
                case _:
                    yield step


@contextlib.asynccontextmanager
async def closed(plan: AsyncIterator[Step]) -> AsyncIterator[None]:
    """What a plan holds on to is let go when it is not taken to its end."""
    try:
        yield
    finally:
        if isinstance(plan, AsyncGenerator):
            await plan.aclose()
