"""An answer on its way to the wire: what it is made of, before it becomes bytes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import field
from typing import Literal, Protocol

from devkit.dialects.spelling import Json
from devkit.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set; `max_age` in seconds, 0 clears it, and with None it goes when the browser does."""

    name: str
    value: str
    path: str = "/"
    max_age: int | None
    secure: bool = True
    http_only: bool = True
    same_site: Literal["Lax", "Strict", "None"] = "Lax"


@dataclass(frozen=True, slots=True)
class FileBody:
    """An answer that is a file's bytes, streamed, with ranges honoured."""

    path: str
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class TextBody:
    """An answer that is a text and no JSON, such as a page."""

    text: str
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class JsonBody:
    """An answer that is JSON and written already."""

    data: bytes


@dataclass(frozen=True, slots=True)
class BytesBody:
    """An answer that is neither JSON nor a text of ours: sent as it is, called as it says."""

    data: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One server-sent event as bytes, the empty line behind it included. `kind` says what it is: a piece of the answer,
    what only the end knows, the mark that all is said, or something aside that is no piece.
    """

    data: bytes
    kind: Literal["token", "end", "done", "aside"]


@dataclass(frozen=True, slots=True)
class StreamBody:
    """An answer that is sent as it comes; an `endless` one until somebody leaves. Whoever does not take `events` to
    their end must close them.
    """

    events: AsyncGenerator[StreamEvent, None]
    content_type: str = "text/event-stream"
    endless: bool = False


class Source(Protocol):
    """Where the bytes of somebody else's answer come from."""

    async def piece(self) -> bytes:
        """What has come; nothing at the end."""

    def ready(self) -> bool:
        """Whether `piece` needs not wait."""

    def close(self) -> None:
        """Nobody reads on."""


@dataclass(frozen=True, slots=True)
class PassedBody:
    """An answer of the real backend's, passed on as it comes. `length` is None where it did not say how long it is."""

    source: Source
    reason: str
    length: int | None


@dataclass(slots=True)
class Reply:
    """An answer before it becomes bytes. `body` is a JSON value, called `media_type`; None with `has_body` unset is no
    body at all. `fields` are those of an answer that is not ours, in their order: `headers` stand in place of those of
    their names, and nothing but CORS is added. None for an answer of ours. `source` are the bytes that `body` was read
    of, where it was.
    """

    status: int
    body: Json | FileBody | TextBody | JsonBody | BytesBody | StreamBody | PassedBody = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[Cookie] = field(default_factory=list)
    has_body: bool = True
    media_type: str = "application/json"
    fields: Sequence[tuple[str, str]] | None = None
    source: bytes | None = None

    def field(self, name: str) -> str | None:
        """A header field's value, ours or not; None where there is none."""
        found = next((value for called, value in self.headers.items() if called.lower() == name.lower()), None)
        theirs = (value for called, value in self.fields or () if called.lower() == name.lower())
        return next(theirs, None) if found is None else found

    def drop(self, name: str) -> None:
        """Leave a header field out, ours or not."""
        for called in [called for called in self.headers if called.lower() == name.lower()]:
            del self.headers[called]
        if self.fields is not None:
            self.fields = [pair for pair in self.fields if pair[0].lower() != name.lower()]
