"""What a fault is: typed parameters, and the hooks it needs.

A fault overrides only the hooks where its kind of thing really breaks; the server calls those, in this order:

    request     on_request → on_credentials → on_lifetimes → on_raw → around → on_context → on_reply → on_headers
                → on_body → on_wire
    body        on_chunk, while the request's body arrives (JSON or upload)
    preflight   on_preflight
    socket      on_handshake → on_open → on_frame, for each frame that goes out
    mail        on_mail
    sandbox     on_activate … on_deactivate, as long as its scenario is on

What the client sees stands in the class's docstring: the CLI's reference, the docs and the schema take it from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from devkit.contract.fields import rejected
from devkit.effects import parse_instant
from devkit.units import parse_duration, parse_signed_duration, parse_size

if TYPE_CHECKING:
    from multidict import CIMultiDict

    from devkit.contract.entities import Lifetimes
    from devkit.dialects.base import Reply
    from devkit.dialects.reading import RawRequest
    from devkit.dialects.spelling import WireContext
    from devkit.faults.hit import Hit


class Moment(Enum):
    """Where a fault can strike; a rule's counters count the moments of one kind that it matches."""

    REQUEST = "request"
    PREFLIGHT = "preflight"
    SOCKET = "socket"
    FRAME = "frame"
    MAIL = "mail"
    SANDBOX = "sandbox"


HOOKS: Mapping[str, Moment] = {
    "on_request": Moment.REQUEST,
    "on_credentials": Moment.REQUEST,
    "on_lifetimes": Moment.REQUEST,
    "on_raw": Moment.REQUEST,
    "around": Moment.REQUEST,
    "on_context": Moment.REQUEST,
    "on_reply": Moment.REQUEST,
    "on_headers": Moment.REQUEST,
    "on_body": Moment.REQUEST,
    "on_wire": Moment.REQUEST,
    "on_chunk": Moment.REQUEST,
    "on_preflight": Moment.PREFLIGHT,
    "on_handshake": Moment.SOCKET,
    "on_open": Moment.SOCKET,
    "on_frame": Moment.FRAME,
    "on_mail": Moment.MAIL,
    "on_activate": Moment.SANDBOX,
    "on_deactivate": Moment.SANDBOX,
}
"""Each hook and the moment it belongs to."""


def _duration(value: object) -> object:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise rejected(str(error)) from None


def _signed_duration(value: object) -> object:
    try:
        return parse_signed_duration(value)
    except ValueError as error:
        raise rejected(str(error)) from None


_CENTURY = 100 * 365 * 86_400_000


def _seconds(value: int) -> int:
    if value % 1000 or not 1000 <= value <= _CENTURY:
        raise rejected("must be whole seconds, one at least and a century at most")
    return value // 1000


def _instant(value: object) -> object:
    try:
        return parse_instant(str(value))
    except ValueError:
        raise rejected(f"{value!r} is not an instant; write it as 2026-01-20T10:00:00Z") from None


def _size(value: object) -> object:
    try:
        return parse_size(value)
    except ValueError as error:
        raise rejected(str(error)) from None


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "examples": ["500ms", "2s", "1m30s"], "description": "A number and a unit"}),
]
"""Milliseconds, written as `500ms` or `1m30s`."""

SignedDuration = Annotated[
    int,
    BeforeValidator(_signed_duration),
    WithJsonSchema({"type": "string", "examples": ["-5m", "30s"], "description": "A number and a unit, - before it"}),
]
"""Milliseconds, ahead or (written with a minus) behind: `30s`, `-5m`."""

Seconds = Annotated[
    int,
    BeforeValidator(_duration),
    AfterValidator(_seconds),
    WithJsonSchema({"type": "string", "examples": ["30s", "15m"], "description": "Whole seconds, one at least"}),
]
"""Seconds, written as durations are: `15m`."""

At = Annotated[
    int,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-20T10:00:00Z"]}),
]
"""An instant, written in ISO 8601 with an offset."""

Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["64KiB", "1MB"]}]}),
]
"""Bytes, written as `512` or `64KiB`."""

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole: 0 to 1."""

Status = Annotated[int, Field(ge=200, le=599)]
ErrorStatus = Annotated[int, Field(ge=400, le=599)]


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
    """Keep the connection, but end it with an RST when the next request comes and the strike's scenario is still on."""

    hit: Hit


Step = Send | Wait | Stay | Reset | Close | Abandon
"""What a wire fault does, one after the other. A plan that ends without Reset or Close keeps the connection."""


@dataclass(slots=True)
class Wire:
    """An answer as it would go over the wire: status line and headers with the empty line behind them, and the body.

    `plan` is what the wire faults before this one have made of it; None where aiohttp may still send it.
    """

    head: bytes
    body: bytes
    plan: AsyncIterator[Step] | None = None

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


@dataclass(slots=True)
class Preflight:
    """The answer to a preflight, before it is sent; it has no body. Other hooks do not see it."""

    status: int
    headers: CIMultiDict[str]


@dataclass(slots=True)
class Frame:
    """A WebSocket frame on its way out: `text` as JSON has it, or `binary`.

    One with a `delay` (milliseconds) is set aside and holds nothing up. `done` says that it has gone out; who sets it
    before takes the frame back.
    """

    text: str = ""
    binary: bytes | None = None
    delay: int = 0
    done: bool = False


@dataclass(slots=True)
class Arrival:
    """How far a request's body is here, in bytes; `total` is None where the request did not tell.

    Of an upload, `data` is the piece of a file that has just arrived, and may be replaced; `complete`: that was the
    whole body, and nothing has been made of it yet.
    """

    received: int
    total: int | None
    data: bytes = b""
    complete: bool = False


Proceed = Callable[[], Awaitable[Any]]


class Fault(BaseModel):
    """One way to break. Subclasses set `kind` and override hooks; their fields are the parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    kind: ClassVar[str] = ""
    """`family.kind`, as scenario files write it."""
    terminal: ClassVar[bool] = False
    """Whether it ends the exchange: of several terminal faults only the first strikes."""
    operations: ClassVar[tuple[str, ...]] = ("*",)
    """Globs over the operations it can act on."""
    events: ClassVar[tuple[str, ...]] = ("*",)
    """Globs over the events whose frames it can act on."""
    messages: ClassVar[tuple[str, ...]] = ()
    """Types of WebSocket messages that tell no event and that it can act on too, such as `pong`."""
    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters that show it; the conformance test and the docs use them."""

    async def on_request(self, hit: Hit) -> None:
        """Before anything is done; may wait, or raise Answered or Broken."""

    async def on_credentials(self, hit: Hit) -> None:
        """Before the credentials count; may raise DomainError, or end the token that was sent (`hit.levers`)."""

    def on_lifetimes(self, hit: Hit, lifetimes: Lifetimes) -> Lifetimes:
        """How long the tokens live that the call may hand out."""
        return lifetimes

    async def on_raw(self, hit: Hit, raw: RawRequest) -> RawRequest:
        """What the request brought along, before it is read."""
        return raw

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        """Around the service: returns the operation's result, from `proceed` or not; may raise DomainError."""
        return await proceed()

    def on_context(self, hit: Hit, context: WireContext) -> WireContext:
        """What the dialect is told when it spells the result: address, transport of tokens, security of cookies."""
        return context

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        """The answer as status, JSON, headers and cookies; errors pass here too."""
        return reply

    def on_headers(self, hit: Hit, headers: Any) -> None:
        """All headers of the answer, CORS and cookies included, to be changed in place (a CIMultiDict)."""

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        """The answer's body as bytes, before it is compressed."""
        return body

    def on_wire(self, hit: Hit, wire: Wire) -> AsyncIterator[Step] | None:
        """How the answer's bytes are really sent, usually made of `wire.steps()`; None leaves them as they were."""
        return None

    async def on_chunk(self, hit: Hit, arrival: Arrival) -> None:
        """After each piece of a request's body, and at the end of an upload's; may wait (nothing is read meanwhile), or
        raise DomainError, Answered or Broken.
        """

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        """A preflight's answer, to be changed in place; may wait, or raise Broken."""

    async def on_handshake(self, hit: Hit) -> None:
        """Before a WebSocket is accepted; may wait, or raise Answered (the handshake is refused) or Broken."""

    async def on_open(self, hit: Hit, socket: SocketLever) -> None:
        """Runs beside an open WebSocket, and is cancelled with it; also where the scenario is switched on later."""

    async def on_frame(self, hit: Hit, frame: Frame) -> list[Frame]:
        """What goes out instead of this frame: nothing, itself, or several."""
        return [frame]

    async def on_mail(self, hit: Hit, copies: list[int]) -> list[int]:
        """When a mail is delivered, for each copy: milliseconds from now. No copy: it is lost."""
        return copies

    async def on_activate(self, hit: Hit) -> None:
        """Its scenario was switched on."""

    async def on_deactivate(self, hit: Hit) -> None:
        """Its scenario was switched off."""

    @classmethod
    def hooks(cls) -> frozenset[str]:
        """The hooks that this kind overrides."""
        return frozenset(name for name in HOOKS if getattr(cls, name) is not getattr(Fault, name))

    @classmethod
    def moments(cls) -> frozenset[Moment]:
        return frozenset(HOOKS[name] for name in cls.hooks())

    @classmethod
    def story(cls) -> str:
        """What the client sees: the docstring."""
        return " ".join((cls.__doc__ or "").split())


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


__all__ = [
    "HOOKS", "Abandon", "Answered", "Arrival", "At", "Broken", "Close", "Duration", "ErrorStatus", "Fault", "Fraction",
    "Frame", "Moment", "Preflight", "Proceed", "Reset", "Seconds", "Send", "SignedDuration", "Size", "SocketLever",
    "Status", "Stay", "Step", "Wait", "Wire", "field",
]  # fmt: skip
