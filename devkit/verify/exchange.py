"""One request and its answer, with every line as it was on the wire, and as a curl line that does it again."""

from __future__ import annotations

import re
import shlex
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

import orjson

from devkit.records import dataclass

Field = tuple[str, str]
"""Name and value of a header, as they were sent."""

OWN: tuple[Field, ...] = (("User-Agent", "devkit-verify"), ("Accept", "application/json, text/plain, */*"))
"""What every request has unless a check says otherwise: curl lines leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`url` is absolute."""

    method: str
    url: str
    fields: tuple[Field, ...] = ()
    body: bytes = b""

    def curl(self, secrets: Mapping[str, str] | None = None) -> str:
        """A line for a shell; for each of the `secrets`, its variable is written."""
        words = ["curl", "-i"]
        if self.method == "HEAD":
            words.append("--head")
        elif self.method != ("POST" if self.body else "GET"):
            words += ["-X", self.method]
        for name, value in self.fields:
            if name.lower() not in {"host", "content-length", "connection"} and (name, value) not in OWN:
                words += ["-H", f"{name}: {value}"]
        quoted = _quoted(secrets or {})
        piped = not _is_word(self.body)
        if self.body:
            words += ["--data-binary", "@-" if piped else self.body.decode()]
        line = " ".join(map(quoted, [*words, self.url]))
        return f"{{ {'; '.join(_written(self.body, quoted))}; }} | {line}" if piped else line


_RUN = re.compile(rb"(?s)(.)\1{999,}")
"""The same byte again and again: as a word of a command it might be too long for the system."""
_UNWRITTEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Bytes that a terminal does not show as they are."""


def _is_word(body: bytes) -> bool:
    """Whether it may stand in a command as it is."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return not (_RUN.search(body) or _UNWRITTEN.search(body))


def _written(body: bytes, quoted: Callable[[str], str]) -> Iterator[str]:
    """Commands of a POSIX shell that write the body, piece by piece."""
    end = 0
    for run in _RUN.finditer(body):
        yield from _printed(body[end : run.start()], quoted)
        yield f"head -c {run.end() - run.start()} /dev/zero | tr '\\0' '\\{run[1][0]:03o}'"
        end = run.end()
    yield from _printed(body[end:], quoted)


def _printed(piece: bytes, quoted: Callable[[str], str]) -> Iterator[str]:
    if piece:
        told = (chr(byte) if 32 <= byte < 127 and byte not in b"%\\" else f"\\{byte:03o}" for byte in piece)
        yield f"printf {quoted(''.join(told))}"


def _quoted(secrets: Mapping[str, str]) -> Callable[[str], str]:
    def quoted(word: str) -> str:
        found = shlex.quote(word)
        for secret, name in secrets.items():
            found = found.replace(secret, f"'\"${name}\"'" if found.startswith("'") else f'"${name}"')
        return found

    return quoted


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`interim` are the 1xx answers that came before; seconds count from when the request was sent. `cut`: the end came
    before the length that was promised.
    """

    status: int
    reason: str = ""
    fields: tuple[Field, ...] = ()
    body: bytes = b""
    interim: tuple[int, ...] = ()
    trailers: tuple[Field, ...] = ()
    version: str = "1.1"
    first_byte: float = 0.0
    took: float = 0.0
    cut: bool = False

    def all(self, name: str) -> list[str]:
        """The values of each line of that name."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        """Its lines as one value (RFC 9110, section 5.3); None where there is none."""
        found = self.all(name)
        return ", ".join(found) if found else None

    def words(self, name: str) -> list[str]:
        """The members of a list, in small letters."""
        return [word.strip().lower() for word in (self.get(name) or "").split(",") if word.strip()]

    @property
    def media_type(self) -> str:
        """Of the Content-Type, without parameters, in small letters."""
        return (self.get("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        return self.media_type.endswith(("/json", "+json"))

    @cached_property
    def content(self) -> bytes:
        """The body without its content coding; as it is where the coding is none that we know."""
        if self.words("Content-Encoding") not in (["gzip"], ["x-gzip"], ["deflate"]):
            return self.body
        try:
            return zlib.decompress(self.body, wbits=47)
        except zlib.error:
            return self.body

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            return None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(kw_only=True)
class Exchange:
    """What was sent, and what came: an `answer`, or the `trouble` instead. `frames` are those of a socket, or the
    events of a stream, in their order: who sent it (`client` or `server`), and its text.
    """

    request: Request
    answer: Answer | None = None
    trouble: str = ""
    frames: list[tuple[str, str]] = field(default_factory=list)


def head_of(answer: Answer) -> Iterable[str]:
    """Its first line and its fields, as they came."""
    yield f"HTTP/{answer.version} {answer.status} {answer.reason}".rstrip()
    for name, value in answer.fields:
        yield f"{name}: {value}"
