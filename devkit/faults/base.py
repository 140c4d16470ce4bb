"""What a fault is: typed parameters, and the hooks it needs.

A fault overrides only the hooks where its kind of thing really breaks; the server calls those, in this order:

    request     on_request → on_credentials → on_lifetimes → on_raw → around → on_context → on_reply → on_headers
                → on_body (on_stream, where the answer is streamed) → on_wire
    body        on_chunk, while the request's body arrives (JSON or upload)
    preflight   on_preflight
    socket      on_handshake → on_open → on_frame, for each frame that goes out
    mail        on_mail
    sandbox     on_activate … on_deactivate, as long as its scenario is on

What the client sees stands in the class's docstring: the CLI's reference, the docs and the schema take it from there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from devkit.contract.operations import Need
from devkit.faults.matter import Arrival, Frame, Preflight, SocketLever, Step, StreamStep, Wire

if TYPE_CHECKING:
    from devkit.contract.base import Contract
    from devkit.contract.entities import Lifetimes
    from devkit.dialects.raw import RawRequest
    from devkit.dialects.replies import Reply
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
    "on_stream": Moment.REQUEST,
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


Proceed = Callable[[], Awaitable[Any]]


class Fault(BaseModel):
    """One way to break. Subclasses set `kind` and override hooks; their fields are the parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    kind: ClassVar[str] = ""
    """`family.kind`, as scenario files write it."""
    terminal: ClassVar[bool] = False
    """Whether it ends the exchange: of several terminal faults only the first strikes."""
    breaks: ClassVar[bool] = False
    """Whether the client cannot use the answer, whatever status the journal tells of it."""
    for_browsers: ClassVar[bool] = False
    """Whether only a browser judges what it changes: other clients work on as if nothing were wrong."""
    needs: ClassVar[tuple[Need, ...]] = ()
    """What an operation must have to be struck: one of these, each of which may be several at once. Empty: nothing."""
    events: ClassVar[tuple[str, ...]] = ("*",)
    """Globs over the events whose frames it can act on."""
    messages: ClassVar[tuple[str, ...]] = ()
    """Types of WebSocket messages that tell no event and that it can act on too, such as `pong`."""
    of_sessions: ClassVar[bool] = False
    """Whether, at a WebSocket, it is about the session that opened it: one that is open to everybody has none."""
    bends: ClassVar[str | None] = None
    """The header of answers that it is about, such as `Set-Cookie`: without it there is nothing to break."""
    of_mock: ClassVar[str] = ""
    """Why it cannot act on what the real backend keeps, as the end of a sentence that begins with `since`; empty where
    it can.
    """
    example: ClassVar[Mapping[str, Any]] = {}
    """Parameters that show it; the conformance test and the docs use them."""
    cases: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Parameters for each thing that it can break of another sort, by what that is called: a proxy between client and
    server makes something else of each. Empty: there is one, the example's.
    """

    @property
    def case(self) -> str:
        """Which of `cases` these parameters are."""
        return ""

    @property
    def needs_mock(self) -> str:
        """The same with these parameters."""
        return self.of_mock

    def misnamed(self, contract: Contract) -> Iterator[tuple[str, str]]:
        """Parameters that name what the contract does not know: each with a sentence about it."""
        yield from ()

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

    def on_stream(self, hit: Hit, steps: AsyncGenerator[StreamStep, None]) -> AsyncGenerator[StreamStep, None]:
        """How an answer is sent that is streamed: made of `steps`, a SendEvent for each event, as they come. Whoever
        does not take them to their end must close them; to wait, use `hit.sleep` or `hit.hang`.
        """
        return steps

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
