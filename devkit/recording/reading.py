"""A recording, read: its exchanges in the order in which they began."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

import orjson

from devkit.recording.base import Recorded
from devkit.recording.har import workers
from devkit.recording.har.entries import Elsewhere, Odd, name_of, recorded_of
from devkit.recording.har.scanning import Scanned, Span
from devkit.recording.sources import Source, open_source

_STARTED = re.compile(rb'"startedDateTime"\s*:\s*"([^"\\]*)"')
_WARNED = 20
"""Warnings of one kind that are told each for itself; what comes after them is counted."""
_LARGE = 4 * 1024 * 1024
"""Bytes of a large entry."""
_CREATORS = {
    "chrome-har": "chrome-har puts a redirect's cookies on the next answer: sign-ins by redirect may be incomplete",
    "polly": "Polly keeps one Set-Cookie of several and no redirect: sign-ins may be incomplete",
}
"""What is known of writers, by the beginnings of their names."""


class Known(Protocol):
    """What need not be looked for again, of a recording that was read before."""

    @property
    def spans(self) -> list[Span]: ...
    @property
    def order(self) -> list[int]: ...
    @property
    def partners(self) -> Mapping[int, int]: ...
    @property
    def head(self) -> Mapping[str, Any]: ...
    @property
    def warnings(self) -> Sequence[str]: ...


class Recording:
    """What `open_recording` found. `warnings` are sentences about what is odd, complete once all was read.

    Preflights are left out (CORS is answered by whoever answers), and so is what a service worker made without asking
    anybody, and what never went to a backend.
    """

    def __init__(self, path: Path, source: Source, known: Known | None = None) -> None:
        self.path, self.file = path, source.file
        self._source = source
        creator = source.scanned.head.get("creator")
        name = str(creator.get("name", "")) if isinstance(creator, dict) else ""
        self.creator = name
        self.warnings = [f"{self.file}: {told}" for known, told in _CREATORS.items() if name.lower().startswith(known)]
        self._kinds: Counter[str] = Counter()
        self._is_read = False
        if known is not None:
            self.warnings, self._is_read = list(known.warnings), True
            self.order = known.order, workers.Pairs(known.partners)

    def __len__(self) -> int:
        """How many entries there are, exchanges or not."""
        return len(self._source.scanned.spans)

    @property
    def scanned(self) -> Scanned:
        """What stands where."""
        return self._source.scanned

    def __iter__(self) -> Iterator[Recorded]:
        """The exchanges, each read from the file when its turn comes."""
        for number in range(1, len(self) + 1):
            found = self.exchange(number)
            if found is not None:
                yield found
        for kind, count in self._kinds.items() if not self._is_read else ():
            if count > _WARNED:
                self.warnings.append(f"{self.file}: the same of {count - _WARNED} more entries: {kind}")
        self._is_read = True

    def exchange(self, number: int) -> Recorded | None:
        """One of them; None where that entry is none."""
        order, pairs = self.order
        index = order[number - 1]
        if index in pairs.left_out:
            if why := pairs.left_out[index]:
                self._warn(index, self._load(index), why)
            return None
        load = partial(self._merged, index, pairs.bodies.get(index))
        try:
            entry = load()
        except json.JSONDecodeError as error:
            self._warn(index, None, f"is left out: it is no JSON ({error.msg})")
            return None
        if workers.method_of(entry) == "OPTIONS":
            return None
        try:
            return recorded_of(entry, number, self._source.beside, load, partial(self._warn, index, entry))
        except Elsewhere:
            return None
        except Odd as why:
            self._warn(index, entry, f"is left out: {why}")
            return None

    def _load(self, index: int) -> Any:
        written = self._source.read(self._source.scanned.spans[index])
        # The quick one takes twelve times as much memory as the text for a while.
        return orjson.loads(written) if len(written) < _LARGE else json.loads(written)

    def _merged(self, index: int, worker: int | None) -> Any:
        return self._load(index) if worker is None else workers.merged(self._load(index), self._load(worker))

    @cached_property
    def order(self) -> tuple[list[int], workers.Pairs]:
        """The indices of the entries by when they began, and which belong together."""
        begun: list[bytes] = []
        has_worker = False
        for span in self._source.scanned.spans:
            written = self._source.read(span)
            found = _STARTED.search(written)
            # ISO 8601 in UTC sorts as text; what has another offset is brought to it.
            text = found[1] if found else b""
            begun.append(text if text.endswith(b"Z") else _in_utc(text))
            has_worker = has_worker or workers.MARK in written
        order = sorted(range(len(begun)), key=begun.__getitem__)
        return order, workers.pairs(self._load, order) if has_worker else workers.NONE

    def _warn(self, index: int, entry: Any, told: str) -> None:
        if self._is_read:
            return
        kind = re.sub(r"\d[\d,]*", "…", told)
        self._kinds[kind] += 1
        if self._kinds[kind] <= _WARNED:
            name = f" ({name_of(entry)})" if entry is not None else ""
            self.warnings.append(f"{self.file}: entry {index + 1}{name}: {told}")


def open_recording(path: Path, known: Known | None = None) -> Recording:
    """The recording at that path: a HAR file, a folder or a zip file; `known` is what is known of it.

    Raises FileError.
    """
    scanned = Scanned(dict(known.head), known.spans) if known is not None else None
    return Recording(path, open_source(path, scanned), known)


def _in_utc(text: bytes) -> bytes:
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.decode())
    except ValueError:
        return text
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
