"""What a recording comes to, kept: a hundred thousand exchanges take seconds to be read, and their index does not.

It is JSON, so that whoever gets at it can make a wrong index and nothing worse, and counts as long as all files that it
was made of have the bytes that they had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

import devkit
from devkit.recording.har.scanning import Span
from devkit.recording.replay import canonical
from devkit.recording.replay.tape import Row
from devkit.records import dataclass

_FORM = 1
"""Of what is written; a change of how requests are compared raises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """`spans` and `order` are the recording's, `partners` its entries that have another's body; `templates` are pairs
    of a method and a path.
    """

    spans: list[Span]
    order: list[int]
    partners: Mapping[int, int]
    head: Mapping[str, Any]
    warnings: Sequence[str]
    templates: Sequence[tuple[str, str]]
    rows: Sequence[Row]
    cookies: frozenset[str]
    began: float
    origin: str
    volatile: Mapping[str, frozenset[canonical.Path]]


class Index:
    """That of the recording at `path`, in a `folder` that need not be there yet; made of these `files`."""

    def __init__(self, folder: Path, path: Path, files: Sequence[Path]) -> None:
        called = hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
        self._file = folder / f"{path.stem[:40]}-{called}.replay.json"
        self._files = files

    def read(self) -> Indexed | None:
        """None where there is none, or where something has changed since."""
        try:
            kept = orjson.loads(self._file.read_bytes())
            if kept["version"] != _version() or kept["files"] != self._digests():
                return None
            return _indexed(kept)
        except (OSError, KeyError, TypeError, ValueError, IndexError):
            return None

    def write(self, found: Indexed) -> None:
        """What cannot be written is read anew the next time."""
        names = list(dict.fromkeys(row.operation for row in found.rows))
        numbers = {name: number for number, name in enumerate(names)}
        value = {
            "version": _version(),
            "files": self._digests(),
            "spans": [number for span in found.spans for number in span],
            "order": found.order,
            "partners": [[*pair] for pair in found.partners.items()],
            "head": found.head,
            "warnings": found.warnings,
            "templates": found.templates,
            "operations": names,
            "groups": [next(row.group for row in found.rows if row.operation == name) for name in names],
            "rows": [
                [row.number, numbers[row.operation], row.key.hex(), row.target, row.status, row.signed_in, row.epoch,
                 row.moves or None]
                for row in found.rows
            ],
            "cookies": sorted(found.cookies),
            "began": found.began,
            "origin": found.origin,
            "volatile": {name: sorted(paths) for name, paths in found.volatile.items()},
        }  # fmt: skip
        with suppress(OSError, TypeError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".new")
            unfinished.write_bytes(orjson.dumps(value))
            unfinished.replace(self._file)

    def _digests(self) -> dict[str, str]:
        return {str(path.resolve()): _digest(path) for path in self._files}


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return ""


def _version() -> str:
    return f"{devkit.__version__}/{_FORM}"


def _indexed(kept: Mapping[str, Any]) -> Indexed:
    names, groups, unhex = kept["operations"], kept["groups"], bytes.fromhex
    flat = kept["spans"]
    return Indexed(
        spans=list(zip(flat[::2], flat[1::2], strict=True)),
        order=kept["order"],
        partners=dict(kept["partners"]),
        head=kept["head"],
        warnings=kept["warnings"],
        templates=kept["templates"],
        rows=[
            Row(number, names[name], groups[name], unhex(key), target, status, "", signed_in, epoch, moves or {})
            for number, name, key, target, status, signed_in, epoch, moves in kept["rows"]
        ],
        cookies=frozenset(kept["cookies"]),
        began=kept["began"],
        origin=kept["origin"],
        volatile={name: frozenset(map(tuple, paths)) for name, paths in kept["volatile"].items()},
    )
