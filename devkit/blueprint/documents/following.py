"""References (`$ref`) are followed, within a file and to files beside it; never to another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from devkit.blueprint.documents.places import Pointer, spelled
from devkit.blueprint.documents.reading import Source, read
from devkit.errors import FileError, did_you_mean
from devkit.records import dataclass
from devkit.schemas.base import Json

_MOST_FILES = 5_000


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a file. `base` leads to the part that has an identifier of its own (`$id`), to which `#/…` is relative
    (JSON Schema 2020-12, section 8.2.1); it is the root for all others.
    """

    source: Source
    pointer: Pointer
    value: Any
    base: Pointer = ()

    def at(self, *steps: str | int) -> Node:
        """A part of it; with the value None where there is none."""
        value = self.value
        for step in steps:
            if isinstance(step, str):
                value = value.get(step) if isinstance(value, Mapping) else None
            else:
                value = value[step] if isinstance(value, list) and step < len(value) else None
        return Node(self.source, (*self.pointer, *steps), value, self.base)

    def members(self) -> Iterator[tuple[str, Node]]:
        """Each member of an object, and nothing where it is none. What begins with `x-` is an extension."""
        if isinstance(self.value, Mapping):
            for name, value in self.value.items():
                if not name.startswith("x-"):
                    yield name, Node(self.source, (*self.pointer, name), value, self.base)

    def items(self) -> Iterator[Node]:
        """Each item of a list, and nothing where it is none."""
        if isinstance(self.value, list):
            for number, value in enumerate(self.value):
                yield Node(self.source, (*self.pointer, number), value, self.base)

    def error(self, problem: str, *, remedy: str | None = None) -> FileError:
        return self.source.error(self.pointer, problem, remedy=remedy)

    def warning(self, problem: str) -> str:
        return self.source.warning(self.pointer, problem)

    @property
    def identity(self) -> tuple[Path, Pointer]:
        return self.source.path, self.pointer


class Files:
    """The files of a document, each read once."""

    def __init__(self, path: Path) -> None:
        self.root = read(path)
        self._read = {self.root.path.resolve(): self.root}
        self._found: dict[tuple[Path, str], Source] = {}
        self._named: dict[Path, dict[str, Pointer]] = {}

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(self._read.values())

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(source.path for source in self._read.values())

    def follow(self, node: Node) -> Node:
        """What a node stands for: itself, or what it refers to. Raises FileError, at the reference."""
        seen: list[Node] = []
        while isinstance(node.value, Mapping) and isinstance(node.value.get("$ref"), str):
            if any(node.identity == other.identity for other in seen):
                raise (
                    seen[0]
                    .at("$ref")
                    .error(
                        "refers in a circle to nothing but references: "
                        + " → ".join(str(n.value["$ref"]) for n in seen),
                        remedy="One of them must say what is meant.",
                    )
                )
            seen.append(node)
            node = self.target(node, node.value["$ref"])
        return node

    def target(self, node: Node, reference: str, *, key: str = "$ref") -> Node:
        """What a reference in `node` leads to, which may be a reference itself. Raises FileError, at the reference."""
        place, _, fragment = reference.partition("#")
        source, base = node.source, node.base
        if place:
            named = self._anchors(node.source).get(place)
            if named is not None:
                base = named
            else:
                source, base = self._file(node, reference, place, key), ()
        elif not fragment:
            return _part(source, base)
        if fragment and not fragment.startswith("/"):
            anchor = self._anchors(source).get(f"#{fragment}")
            if anchor is None:
                raise node.at(key).error(f"{reference!r} leads to nothing: there is no $anchor {fragment!r}")
            return _part(source, anchor)
        return self._walk(node, reference, _part(source, base), fragment, key)

    def _walk(self, node: Node, reference: str, start: Node, fragment: str, key: str) -> Node:
        here = start
        for raw in fragment.split("/")[1:]:
            step = unquote(raw).replace("~1", "/").replace("~0", "~")
            # A reference may lead through another one.
            value = here.value
            if isinstance(value, Mapping) and step not in value and isinstance(value.get("$ref"), str):
                here = self.follow(here)
                value = here.value
            if isinstance(value, Mapping) and step in value:
                here = here.at(step)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                here = here.at(int(step))
            else:
                known = list(value) if isinstance(value, Mapping) else []
                where = f"{spelled(here.pointer)} has no" if here.pointer else f"{here.source.path.name} has no"
                raise node.at(key).error(
                    f"{reference!r} leads to nothing: {where} {step!r}.{did_you_mean(step, known)}"
                )
        return here

    def _file(self, node: Node, reference: str, place: str, key: str) -> Source:
        asked = node.source.path, place
        if asked not in self._found:
            self._found[asked] = self._open(node, reference, place, key)
        return self._found[asked]

    def _open(self, node: Node, reference: str, place: str, key: str) -> Source:
        scheme = place.partition(":")[0]
        if "://" in place or place.startswith("//") or (len(scheme) > 1 and ":" in place):
            raise node.at(key).error(
                f"{reference!r} lies elsewhere, and nothing is fetched from the network",
                remedy="Save what it leads to beside this file, and refer to that.",
            )
        path = node.source.path.parent / unquote(place)
        known = self._read.get(path.resolve())
        if known is not None:
            return known
        if not path.is_file():
            siblings = (other.name for other in path.parent.iterdir()) if path.parent.is_dir() else ()
            hint = did_you_mean(path.name, siblings)
            raise node.at(key).error(f"{reference!r} leads to nothing: there is no file {path}.{hint}")
        if len(self._read) >= _MOST_FILES:
            raise node.at(key).error(f"this would be file {_MOST_FILES + 1:,} of one document")
        source = read(path)
        self._read[path.resolve()] = source
        return source

    def _anchors(self, source: Source) -> dict[str, Pointer]:
        """Parts of a file that have a name of their own: by `$id`, and by `#` and `$anchor` or `$dynamicAnchor`."""
        if source.path not in self._named:
            found: dict[str, Pointer] = {}
            if any(word in source.raw for word in (b"$id", b"$anchor", b"$dynamicAnchor")):
                _collect(source.value, (), found)
            self._named[source.path] = found
        return self._named[source.path]


def _part(source: Source, pointer: Pointer) -> Node:
    here = Node(source, (), source.value).at(*pointer)
    return Node(source, pointer, here.value, pointer if pointer and _has_id(here.value) else ())


def _has_id(value: Json) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("$id"), str)


def _collect(value: Json, pointer: Pointer, found: dict[str, Pointer]) -> None:
    if isinstance(value, Mapping):
        if isinstance(value.get("$id"), str):
            found[value["$id"].removesuffix("#")] = pointer
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(value.get(key), str):
                found[f"#{value[key]}"] = pointer
        for name, member in value.items():
            _collect(member, (*pointer, name), found)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _collect(item, (*pointer, number), found)
