"""What a request brought, still spelled by the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from devkit.dialects.spelling import Json
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file in a form, without its bytes; `size` is how many there were."""

    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A body of any kind, as far as its media type alone says what it is: a JSON value, the pairs of a form, a text
    (`text/*`), else bytes. Files are those of a multipart form.
    """

    media_type: str
    value: Json | tuple[tuple[str, str | SentFile], ...] | str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A request's parts, still spelled by the client. `headers` finds names in any case. `payload` is the body where
    the operation has a shape; `body` is empty then.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] = field(default_factory=dict)
    payload: Payload | None = None
