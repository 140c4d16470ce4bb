"""A blueprint that was read once, kept in the data folder: large documents, and those in many files, take seconds.

It is kept as JSON, so that whoever gets at the folder can make a wrong blueprint and nothing worse. It counts as long
as every file it was read from has the bytes that it had, and devkit its version.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

import devkit
from devkit.blueprint.base import Blueprint
from devkit.schemas.base import Json

_FORM = 8
"""Of what is written; a change of what is found in documents raises it."""

Make = Callable[[Json], Any]


class Kept:
    """The blueprint of the document at `path`, in a `folder` that need not be there yet."""

    def __init__(self, folder: Path, path: Path) -> None:
        called = hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
        self._file = folder / f"{path.stem[:40]}-{called}.json"

    def read(self) -> Blueprint | None:
        """None where there is none, or where something has changed since."""
        try:
            kept = orjson.loads(self._file.read_bytes())
            if kept["version"] != _version() or any(digest(Path(path)) != told for path, told in kept["files"].items()):
                return None
            made: Blueprint = _maker(Blueprint)(kept["blueprint"])
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            return None
        return made

    def write(self, blueprint: Blueprint, digests: Mapping[Path, str]) -> None:
        """What cannot be written is read anew the next time: that is no reason to stop."""
        value = {
            "version": _version(),
            "files": {str(path.resolve()): told for path, told in digests.items()},
            "blueprint": blueprint,
        }
        with suppress(OSError, orjson.JSONEncodeError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".new")
            unfinished.write_bytes(orjson.dumps(value, default=str))
            unfinished.replace(self._file)


def digest(path: Path) -> str:
    """That of a file, which may be larger than there is memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def digest_of(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _version() -> str:
    return f"{devkit.__version__}/{_FORM}"


def _as_it_is(value: Json) -> Json:
    return value


_makers: dict[Any, Make] = {}


def _maker(kind: Any) -> Make:
    """What makes a value of a type of JSON that was one."""
    if kind not in _makers:
        _makers[kind] = _made_for(kind)
    return _makers[kind]


def _made_for(kind: Any) -> Make:
    origin, inside = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _one_of([option for option in inside if option is not type(None)])
    if origin is tuple:
        each = _maker(inside[0])
        return lambda value: tuple(map(each, value))
    if origin in {Mapping, Sequence} or origin is Literal:
        each = _maker(inside[-1]) if origin is Mapping else _as_it_is
        return _as_it_is if each is _as_it_is else lambda value: {name: each(one) for name, one in value.items()}
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind is Path):
        return kind
    return _of_record(kind) if hasattr(kind, "__dataclass_fields__") else _as_it_is


def _of_record(kind: Any) -> Make:
    hints = get_type_hints(kind)
    makers = {field.name: _maker(hints[field.name]) for field in fields(kind)}
    changing = {name: make for name, make in makers.items() if make is not _as_it_is}

    def make(value: Json) -> Any:
        for name, each in changing.items():
            value[name] = each(value[name])
        return kind(**value)

    return make


def _one_of(options: Sequence[Any]) -> Make:
    """One of several records, which is known by its members; or a value or null."""
    records = {
        frozenset(field.name for field in fields(option)): _maker(option) for option in options if _is_record(option)
    }
    if not records:
        return _as_it_is

    def make(value: Json) -> Any:
        return records[frozenset(value)](value) if isinstance(value, dict) else value

    return make


def _is_record(kind: Any) -> bool:
    return hasattr(kind, "__dataclass_fields__")
