"""What faults have in their hands: answers on the wire, preflights, frames, arriving bodies, open sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Literal, Protocol

from devkit.records import dataclass

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Hit


class Answered(Exception):
    """Raised by a hook: this reply goes out, and what would have come does not happen."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"answered with {reply.status}")
        self.reply = reply


class Broken(Exception):
    """Raised by a hook: the connection ends here (`reset`: with a real RST, else a plain close), with no answer."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes to the socket."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """Let this many milliseconds pass."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Send nothing more and leave the connection open, until the client or the fault gives up."""


@dataclass(frozen=True, slots=True)
class Reset:
    """End with a real RST (SO_LINGER 0)."""


@dataclass(frozen=True, slots=True)
class Close:
    """End with a FIN."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Keep the connection, but end it with an RST when the next request comes and the strike's scenario is still on;
    with `silent`, never answer that request.
    """

    hit: Hit
    silent: bool = False


@dataclass(frozen=True, slots=True)
class SendEvent(Send):
    """Write one server-sent event of an answer that is streamed; `kind` as that of `StreamEvent`."""

    kind: Literal["token", "end", "done"]


@dataclass(frozen=True, slots=True)
class SendBody(Send):
    """Write these bytes of a body that comes as it is there: as a chunk of its own where it is `chunked` (RFC 9112,
    section 7.1), and then none at all are the last chunk.
    """

    chunked: bool = False


Step = Send | Wait | Stay | Reset | Close | Abandon
"""What a wire fault does, one after the other. A plan that ends without Reset or Close keeps the connection."""

StreamStep = Send | Reset | Close
"""What a fault makes of an answer that is streamed; one that waits does so itself."""


@dataclass(slots=True)
class Wire:
    """An answer as it would go over the wire: status line and headers with the empty line behind them, and the body.

    A body that is sent as it comes is `coming` instead: its bytes are a SendBody each time, and `length` is how many
    there will be in all; None where nobody knows. `plan` is what the wire faults before this one have made of it; None
    where aiohttp may still send it.
    """

    head: bytes
    body: bytes = b""
    coming: AsyncIterator[Step] | None = None
    length: int | None = None
    plan: AsyncIterator[Step] | None = None

    @property
    def size(self) -> int | None:
        """Bytes of the body; None where nobody knows before it has ended."""
        return len(self.body) if self.coming is None else self.length

    def steps(self) -> AsyncIterator[Step]:
        """The plan so far, for a fault to build its own upon. To be called once."""
        return self._whole() if self.plan is None else self.plan

    def set_header(self, name: str, value: str | None) -> None:
        """Put this header in the place of those of that name; None leaves them out."""
        first, *lines = self.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        prefix = name.lower().encode() + b":"
        kept = [first, *(line for line in lines if not line.lower().startswith(prefix))]
        if value is not None:
            kept.append(f"{name}: {value}".encode())
        self.head = b"\r\n".join(kept) + b"\r\n\r\n"

    async def _whole(self) -> AsyncIterator[Step]:
        # Read only now: a later fault may have changed a header.
        yield Send(self.head + self.body)
        if self.coming is None:
            return
        chunked = b"\r\ntransfer-encoding: chunked\r\n" in self.head.lower()
        async for step in self.coming:
            yield SendBody(step.data, chunked) if isinstance(step, SendBody) else step
        if chunked:
            yield SendBody(b"", chunked)


@dataclass(slots=True)
class Preflight:
    """The answer to a preflight, before it is sent; it has no body. Other hooks do not see it."""

    status: int
    headers: CIMultiDict[str]


@dataclass(slots=True)
class Frame:
    """A WebSocket frame on its way out: `text` as JSON has it, or `binary`.

    One with a `delay` (milliseconds) is set aside and holds nothing up. `done` says that it has gone out; who sets it
    before takes the frame back. One with a `fragment` is sent in fragments of so many bytes.
    """

    text: str = ""
    binary: bytes | None = None
    delay: int = 0
    done: bool = False
    fragment: int = 0


@dataclass(slots=True)
class Arrival:
    """How far a request's body is here, in bytes; `total` is None where the request did not tell.

    Of an upload, `data` is the piece of a file that has just arrived, and may be replaced; `complete`: that was the
    whole body, and nothing has been made of it yet; `broken`: the client broke off in the middle of a file, and what is
    here of it is dropped unless it is said to be the `whole`.
    """

    received: int
    total: int | None
    data: bytes = b""
    complete: bool = False
    broken: bool = False
    whole: bool = False


SUBPROTOCOL = "subprotocol"
"""Under this key of a handshake's `shared`: the subprotocol that is selected, whatever the client offered."""


class SocketLever(Protocol):
    """What a fault may do to an open WebSocket."""

    def close(self, code: int, reason: str = "", *, error: str | None = None) -> None:
        """Close with that code, behind what waits to be sent; `error` (a code of the contract) is told before."""

    def drop(self) -> None:
        """End the connection without a close frame."""

    def silence(self) -> None:
        """From now on hear nothing and say nothing, and leave the connection open."""

    def resume(self) -> None:
        """End the silence: what has come and what is to be sent meanwhile gets its turn."""
