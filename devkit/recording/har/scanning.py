"""Where the entries of a HAR file stand, found without reading any: a file of gigabytes takes no more memory than its
longest entry.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from devkit.errors import FileError
from devkit.records import dataclass

Bytes = bytes | mmap.mmap
Span = tuple[int, int]
"""Where something begins, and where it has ended, in bytes."""

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb'\{(?:[^{}\[\]"]++|' + _STRING + rb")*+\}"
"""An object that holds no other: most of a HAR file are the fields of headers, which need no look at their inside."""

_SPACE = re.compile(rb"[ \t\r\n]*+")
_TEXT = re.compile(_STRING, re.DOTALL)
_SCALAR = re.compile(rb"[^,\]}\s\"{\[]++")
_TO_BRACKET = re.compile(rb'(?:[^{}\[\]"]++|' + _STRING + rb"|" + _FLAT + rb")*+([{}\[\]])", re.DOTALL)
_REMEDY = "Export it once more; what is whole can be taken out of it with an editor."
_NO_HAR = "A HAR file is JSON: an object with `log`, in it `entries`, a list (HAR 1.2)."


@dataclass(frozen=True, slots=True)
class Scanned:
    """What stands in a HAR file: `head` is all of its `log` but the entries and what is large; `spans` are where the
    entries are, in the file's order.
    """

    head: dict[str, Any]
    spans: list[Span]


_LARGE = 1024 * 1024
"""Bytes of a member of `log` beside the entries that is not read: nobody needs it."""


OURS = b'{"log":{"version":"1.2","creator":{"name":"devkit",'
"""How a file begins that we wrote: its first line ends where the entries begin, and each of these is a line."""
END = b"]}}"


def scan(data: Bytes, path: Path) -> Scanned:
    """Raises FileError where that is no HAR file, or one that was cut."""
    return _of_lines(data) or _Scanner(data, path).scanned()


def _of_lines(data: Bytes) -> Scanned | None:
    """What `scan` finds, of a file of ours whose lines nobody has touched. Of one whose writer was killed it is
    what was finished.
    """
    first = data.find(b"\n")
    if first < 0 or data[: len(OURS)] != OURS or data[first - 1 : first] != b"[":
        return None
    spans: list[Span] = []
    start, size = first + 1, len(data)
    while start < size:
        end = data.find(b"\n", start)
        if end < 0 or data[start:end] == END:
            break
        last = end - 1 if data[end - 1 : end] == b"," else end
        if data[start : start + 1] != b"{" or data[last - 1 : last] != b"}":
            return None
        spans.append((start, last))
        start = end + 1
    return Scanned(orjson.loads(bytes(data[:first]) + END)["log"], spans)


class _Broken(Exception):
    """What stands there is no JSON; at the file's end, it was cut."""

    def __init__(self, at: int, wanted: str) -> None:
        super().__init__(wanted)
        self.at, self.wanted = at, wanted


class _Scanner:
    def __init__(self, data: Bytes, path: Path) -> None:
        self._data, self._path = data, path
        self._size = len(data)
        self._spans: list[Span] = []
        self._in_entries = False

    def scanned(self) -> Scanned:
        head: dict[str, Any] = {}
        found = False
        try:
            start = self._start()
            for name, at in self._members(start):
                if name != "log":
                    continue
                if self._data[at : at + 1] != b"{":
                    raise self._no_har("`log` is no object")
                found = True
                head = self._log(at)
        except _Broken as broken:
            raise self._error(broken) from None
        if not found:
            raise self._no_har("it has no `log`")
        if not self._in_entries:
            raise self._no_har("`log` has no `entries`")
        return Scanned(head, self._spans)

    def _start(self) -> int:
        if self._data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise FileError(self._path, "is UTF-16, and JSON is UTF-8 (RFC 8259, section 8.1)", remedy=_NO_HAR)
        at = self._space(3 if self._data[:3] == b"\xef\xbb\xbf" else 0)
        if at == self._size:
            raise FileError(self._path, "is empty", remedy=_NO_HAR)
        if self._data[at : at + 1] != b"{":
            raise self._no_har("it begins with something else than {")
        return at

    def _log(self, at: int) -> dict[str, Any]:
        head: dict[str, Any] = {}
        for name, start in self._members(at):
            if name == "entries":
                if self._data[start : start + 1] != b"[":
                    raise self._no_har("`log.entries` is no list")
                self._in_entries = True
                self._spans += self._items(start)
            elif (end := self._skipped(start)) - start < _LARGE:
                try:
                    head[name] = orjson.loads(self._data[start:end])
                except orjson.JSONDecodeError as error:
                    raise _Broken(start + error.pos, error.msg) from None
        return head

    def _members(self, at: int) -> Iterator[tuple[str, int]]:
        """The names in the object there, and where what they name begins."""
        at = self._space(at + 1)
        if self._data[at : at + 1] == b"}":
            return
        while True:
            key = _TEXT.match(self._data, at)
            if key is None:
                raise _Broken(at, "a name in quotes")
            at = self._expect(b":", self._space(key.end()))
            at = self._space(at)
            try:
                name = orjson.loads(key[0])
            except orjson.JSONDecodeError as error:
                raise _Broken(key.start(), error.msg) from None
            yield name, at
            at = self._space(self._skipped(at))
            if self._data[at : at + 1] == b"}":
                return
            at = self._space(self._expect(b",", at, "a comma or }"))

    def _items(self, at: int) -> Iterator[Span]:
        at = self._space(at + 1)
        if self._data[at : at + 1] == b"]":
            return
        while True:
            end = self._skipped(at)
            yield at, end
            at = self._space(end)
            if self._data[at : at + 1] == b"]":
                return
            at = self._space(self._expect(b",", at, "a comma or ]"))

    def _skipped(self, at: int) -> int:
        """Where the value that begins there has ended."""
        first = self._data[at : at + 1]
        if first == b'"':
            found = _TEXT.match(self._data, at)
            if found is None:
                raise _Broken(self._size, "the end of a text")
            return found.end()
        if first not in {b"{", b"["}:
            found = _SCALAR.match(self._data, at)
            if found is None:
                raise _Broken(at, "a value")
            return found.end()
        depth, at, data = 1, at + 1, self._data
        match = _TO_BRACKET.match
        while depth:
            found = match(data, at)
            if found is None:
                raise _Broken(self._size, "the end of an object or a list")
            depth += 1 if found[1] in b"{[" else -1
            at = found.end()
        return at

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._data, at)
        return found.end() if found else at

    def _expect(self, mark: bytes, at: int, wanted: str = "a colon") -> int:
        if self._data[at : at + 1] != mark:
            raise _Broken(at, wanted)
        return at + 1

    def _error(self, broken: _Broken) -> FileError:
        whole = len(self._spans)
        if broken.at >= self._size:
            where = f"within entry {whole + 1} of `log.entries`" if self._in_entries else "before its entries"
            kept = f", and {whole} whole {'entry stands' if whole == 1 else 'entries stand'} before that" * bool(whole)
            return FileError(self._path, f"was cut: it ends {where}, after {self._size:,} bytes{kept}", remedy=_REMEDY)
        line = self._data[: broken.at].count(b"\n") + 1
        return FileError(
            self._path, f"is not JSON: {broken.wanted} was expected at byte {broken.at:,}", line=line, remedy=_NO_HAR
        )

    def _no_har(self, problem: str) -> FileError:
        return FileError(self._path, f"is not HAR: {problem}", remedy=_NO_HAR)
