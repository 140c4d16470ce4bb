"""One exchange as it passed, whoever wrote it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from devkit.records import dataclass

Fields = tuple[tuple[str, str], ...]
"""Header fields in their order, as they were written, one pair for each line (ISO-8859-1, RFC 9110, section 5.5)."""

Pairs = Sequence[tuple[bytes, bytes]]
"""The same as they came over the wire."""


@dataclass(frozen=True, slots=True)
class Content:
    """A body: its `size` in bytes, its SHA-256 in hexadecimal, and how it is read. It is as it went over the wire but
    for its transfer coding and its content coding, which are undone.
    """

    size: int
    digest: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What took how long, in milliseconds: the connection (0 for one that was kept), the first byte of the answer after
    the whole request, and the rest of the answer.
    """

    connect: float = 0.0
    wait: float = 0.0
    receive: float = 0.0


_AT_ONCE = Timing()


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A piece of an answer that was streamed: milliseconds after the answer's head, and its bytes."""

    after: float
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A WebSocket message: milliseconds after the handshake. `data` is a text, or bytes of a binary one; of a close
    frame `code` is set, and `data` is its reason. `direction` is as the client sees it.
    """

    after: float
    direction: Literal["sent", "received"]
    data: str | bytes
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One exchange. `at` is when it began, in seconds since 1970 by the clock of whoever recorded it. `target` is the
    path with its query, percent-encoded, as the client sent it; `origin` whom it was sent to (`https://shop.test`).

    Of a body that is None, either there was none or nobody knows it: `unknown` names which of `request`, `answer` is
    not known. `status` is 0 where no answer came; `failure` then says why (`reset`, `closed`, `refused`, `timeout`, or
    a text of another's). `events` and `frames` are of answers that were streamed, and of sockets (`status` is 101).
    """

    number: int
    at: float
    method: str
    origin: str
    target: str
    request_fields: Fields = ()
    request_body: Content | None = None
    status: int = 0
    reason: str = ""
    answer_fields: Fields = ()
    answer_body: Content | None = None
    timing: Timing = _AT_ONCE
    events: tuple[RecordedEvent, ...] = ()
    frames: tuple[RecordedFrame, ...] = ()
    failure: str = ""
    unknown: frozenset[Literal["request", "answer"]] = frozenset()

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


class Draft(Protocol):
    """An exchange that is being recorded: told what passes, in this order. Nothing here raises, and nothing waits: what
    cannot be written is told once, in the log, and the exchange goes on.
    """

    def sent(self, data: bytes) -> None:
        """A piece of the request's body, as it went upstream."""

    def answered(self, status: int, reason: str, fields: Pairs) -> None:
        """The answer's head, as it came from upstream."""

    def received(self, data: bytes) -> None:
        """A piece of the answer's body, as it came, with its content coding and without its transfer coding."""

    def framed(self, direction: Literal["sent", "received"], data: str | bytes, code: int | None = None) -> None:
        """A WebSocket message, or a close with its code."""

    def end(self, timing: Timing, failure: str = "") -> None:
        """Nothing more comes; `failure` as in `Recorded`."""


class Recorder(Protocol):
    """Where exchanges are recorded."""

    def begin(self, method: str, origin: str, target: str, fields: Pairs, *, began: float | None = None) -> Draft:
        """`began` is when, on the stopwatch; now, where that is not said."""

    def passed(
        self,
        began: float,
        request: tuple[str, str, str, Pairs, bytes | None],
        answer: tuple[int, str, Pairs, bytes],
        wait: float,
    ) -> None:
        """An exchange that is over: all that `begin` and `sent` are told, and all that `answered` and `received` are;
        `wait` is as in `Timing`.
        """
