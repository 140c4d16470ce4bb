"""Upstream's own origin in bodies (`--rewrite-body`): replaced by ours as they stream by, and nothing else.

Upstream is asked for codings that can be undone here, gzip and deflate (`accepted`), and the client gets the body
without any. What is held back for the next piece is no more than the beginning of an origin.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence

from devkit.upstream.mapping import Mapping

Pairs = Sequence[tuple[bytes, bytes]]

_CODINGS = frozenset({b"gzip", b"x-gzip", b"deflate", b"identity"})
_TEXT = re.compile(
    r"text/.+|application/(?:.+\+)?(?:json|xml)|application/(?:x-ndjson|jsonl|json-seq|graphql-response\+json"
    r"|javascript|x-javascript|ecmascript|x-www-form-urlencoded)|image/svg\+xml"
)
_WIDE = re.compile(r";\s*charset\s*=\s*\"?(?:utf-?(?:16|32|7)|ucs-?[24])", re.IGNORECASE)
"""Character encodings in which an origin is not written in the bytes of ASCII."""
_OF_THE_BYTES = frozenset({b"content-length", b"content-encoding", b"content-md5", b"digest", b"content-digest",
                           b"repr-digest", b"accept-ranges"})  # fmt: skip
"""Fields that say something of the bytes that upstream sent (RFC 9530 among others)."""
_SLASH = rb"(?:/|\\/|\\u002[fF])"
"""As it is in JSON too: PHP writes the second, and who puts JSON into HTML the third."""
_PIECE = 256 * 1024
"""Bytes that are undone at once: a little gzip may be a lot of text."""


class Undecodable(Exception):
    """A body is not what its `Content-Encoding` says: there is nothing right to go on with."""


def accepted(field: bytes) -> bytes:
    """An `Accept-Encoding` field without the codings that cannot be undone here."""
    kept = [part.strip() for part in field.split(b",") if part.partition(b";")[0].strip().lower() in _CODINGS]
    return b", ".join(kept) or b"identity"


def rewritten(
    pairs: Pairs, mapping: Mapping, *, status: int
) -> tuple[Rewriting | None, list[tuple[bytes, bytes]], str]:
    """How the body of an answer with these fields is rewritten, the fields that it has then, and why it is not, where
    one would expect it to be. A tag (`ETag`) stays: the same version of upstream's is the same of ours.
    """
    given = {name.lower(): value for name, value in pairs}
    if status in {204, 304} or not _is_text(given.get(b"content-type", b"")):
        return None, list(pairs), ""
    coding = given.get(b"content-encoding", b"identity").strip().lower()
    told = ""
    if coding not in _CODINGS:
        told = f"it is encoded as {coding.decode('latin-1')[:40]}, which cannot be undone here"
    elif status == 206:
        told = "it is a part of one"
    elif _WIDE.search(given[b"content-type"].decode("latin-1")):
        told = "its characters are not written in bytes of ASCII"
    if told:
        return None, list(pairs), f"the body is not rewritten: {told}"
    return Rewriting(mapping, coding), [pair for pair in pairs if pair[0].lower() not in _OF_THE_BYTES], ""


def _is_text(content_type: bytes) -> bool:
    kind = content_type.partition(b";")[0].strip().lower().decode("latin-1")
    return _TEXT.fullmatch(kind) is not None


class Rewriting:
    """One body, piece by piece."""

    def __init__(self, mapping: Mapping, coding: bytes = b"identity") -> None:
        self._decoder = None if coding == b"identity" else _Decoder(coding)
        self._origins = _Origins(mapping)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the client gets for it, in pieces. Raises Undecodable."""
        for text in self._decoder.feed(data) if self._decoder is not None else (data,):
            if made := self._origins.feed(text):
                yield made

    def end(self) -> bytes:
        """What was still held back. A body that ends within its coding ends here, as for most clients."""
        return self._origins.feed(self._decoder.end() if self._decoder is not None else b"", last=True)


class _Decoder:
    """Undoes gzip, of several members too (RFC 1952, section 2.2), and deflate, with its header (RFC 9110, section
    8.4.1.2) or without, as some send it.
    """

    def __init__(self, coding: bytes) -> None:
        self._is_deflate = coding == b"deflate"
        self._inflating: zlib._Decompress | None = None
        self._begun = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflating is None:
                data = self._begun + data
                if len(data) < 2:
                    self._begun = data
                    return
                self._inflating = zlib.decompressobj(self._window(data))
            elif self._inflating.eof:
                # Another member, or padding, which is none of the body.
                if self._is_deflate or not data.startswith(b"\x1f"):
                    return
                self._inflating = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                made = self._inflating.decompress(data, _PIECE)
            except zlib.error as error:
                raise Undecodable(f"the body cannot be decoded: {error}") from None
            if made:
                yield made
            data = self._inflating.unconsumed_tail or self._inflating.unused_data

    def _window(self, data: bytes) -> int:
        if not self._is_deflate:
            return zlib.MAX_WBITS | 16
        has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # RFC 1950, section 2.2
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS

    def end(self) -> bytes:
        return self._inflating.flush() if self._inflating is not None else b""


class _Origins:
    """Puts our origin, with our root, where upstream's stands, with its base: of http and of sockets alike. Text may
    come in any pieces.
    """

    def __init__(self, mapping: Mapping) -> None:
        theirs, ours = str(mapping.upstream), f"{mapping.origin}{mapping.root}"
        self._made = {start: _of_scheme(ours, start).encode() for start in (b"h", b"w")}
        self._wanted = [_of_scheme(theirs, start).encode().lower() for start in self._made]
        origins = b"|".join(_pattern(_of_scheme(mapping.upstream.origin, start)) for start in self._made)
        # Behind it neither the host nor the base goes on, nor does a port follow; a full stop may.
        behind = rb"(?![\w@%~-]|\.\w|:\d)"
        self._pattern = re.compile(b"(?i:%s)%s%s" % (origins, _pattern(mapping.upstream.base), behind))
        self._longest = max(len(wanted) + 5 * wanted.count(b"/") for wanted in self._wanted) + 1
        self._held = b""

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """What is sure; with the `last` piece everything is."""
        text = self._held + data
        end = len(text) if last else self._sure(text)
        self._held = text[end:]
        made: list[bytes] = []
        start = 0
        for match in self._pattern.finditer(text):
            if match.end() > end:
                break
            made += (text[start : match.start()], self._ours(match[0]))
            start = match.end()
        return b"".join([*made, text[start:end]])

    def _ours(self, found: bytes) -> bytes:
        ours = self._made[found[:1].lower()]
        if (escaped := re.search(rb"\\(?:/|u002f)", found, re.IGNORECASE)) is not None:
            ours = ours.replace(b"/", escaped[0])
        return ours

    def _sure(self, text: bytes) -> int:
        """Up to where no origin can have begun that the next piece goes on with."""
        for place in range(max(0, len(text) - self._longest), len(text)):
            if text[place : place + 1].lower() in self._made and any(
                _may_go_on(text, place, wanted) for wanted in self._wanted
            ):
                return place
        return len(text)


def _pattern(text: str) -> bytes:
    return re.escape(text.encode()).replace(b"/", _SLASH)


def _of_scheme(origin: str, start: bytes) -> str:
    return origin if start == b"h" else origin.replace("http", "ws", 1)


def _may_go_on(text: bytes, place: int, wanted: bytes) -> bool:
    """Whether the rest of the text is how `wanted` begins, or all of it with what would have to be known behind it."""
    for letter in wanted:
        rest = text[place : place + 6].lower()
        if not rest:
            return True
        if letter == 0x2F and rest[:1] == b"\\":
            if len(rest) < 6 and (rest == b"\\" or b"\\u002f".startswith(rest)):
                return True
            if rest[:2] != b"\\/" and rest != b"\\u002f":
                return False
            place += 2 if rest[:2] == b"\\/" else 6
        elif rest[0] == letter:
            place += 1
        else:
            return False
    return text[place:] in {b"", b".", b":"}
