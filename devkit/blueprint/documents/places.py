"""Where in a file a part of it stands. Nothing is noted while a file is read, which would take longer than reading: a
place is looked for when there is something to say about it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Pointer = tuple[str | int, ...]
"""Steps from the root of a file: names of members, and numbers in lists from 0 (RFC 6901, in parts)."""

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)


class Position(NamedTuple):
    """Both count from 1."""

    line: int
    column: int


def spelled(pointer: Pointer) -> str:
    """For people: `paths./orders.get.parameters[0]`."""
    written = ""
    for step in pointer:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return written


def position(raw: bytes, pointer: Pointer, *, yaml: bool) -> Position:
    """Where the part begins that the pointer leads to (a member: at its name), or what surrounds it."""
    if not pointer:
        return Position(1, 1)
    return _in_yaml(raw, pointer) if yaml else _in_json(raw, pointer)


class _Walk:
    """Where in a JSON text one is: `steps` are the name or the number that is open at each depth."""

    def __init__(self) -> None:
        self.steps: list[str | int | None] = []
        self.expects_name = self.begins = False

    def begin(self, text: bytes) -> bool:
        """Whether a token begins a member or an item."""
        import orjson

        if self.expects_name and text != b"}":
            self.steps[-1] = orjson.loads(text)
            return True
        return self.begins and text != b"]"

    def over(self, text: bytes) -> None:
        named = self.expects_name and text != b"}"
        self.expects_name = self.begins = False
        if named:
            return
        if text in {b"{", b"["}:
            self.expects_name, self.begins = text == b"{", text == b"["
            self.steps.append(None if self.expects_name else 0)
        elif text in {b"}", b"]"}:
            self.steps.pop()
        elif text == b",":
            last = self.steps[-1]
            self.begins = isinstance(last, int)
            self.expects_name = not self.begins
            if isinstance(last, int):
                self.steps[-1] = last + 1


def _in_json(raw: bytes, pointer: Pointer) -> Position:
    walk = _Walk()
    found, matched = 0, 0
    for token in _TOKEN.finditer(raw):
        text = token.group()
        if walk.begin(text) and len(walk.steps) == matched + 1 and walk.steps[-1] == pointer[matched]:
            found, matched = token.start(), matched + 1
            if matched == len(pointer):
                break
        walk.over(text)
        if len(walk.steps) < matched:
            break
    before = raw[:found]
    return Position(before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1)


def _in_yaml(raw: bytes, pointer: Pointer) -> Position:
    import yaml as library

    loader: Any = getattr(library, "CSafeLoader", library.SafeLoader)(raw)
    opens = (library.MappingStartEvent, library.SequenceStartEvent)
    closes = (library.MappingEndEvent, library.SequenceEndEvent)
    at = Position(1, 1)

    def skip() -> None:
        depth = 0
        while True:
            event = loader.get_event()
            depth += isinstance(event, opens) - isinstance(event, closes)
            if depth == 0:
                return

    try:
        while not isinstance(loader.peek_event(), (*opens, library.ScalarEvent, library.StreamEndEvent)):
            loader.get_event()
        for step in pointer:
            event = loader.get_event()
            if isinstance(event, library.MappingStartEvent) and isinstance(step, str):
                while (key := loader.get_event()) and getattr(key, "value", None) != step:
                    if isinstance(key, closes):
                        return at
                    skip()
                at = Position(key.start_mark.line + 1, key.start_mark.column + 1)
            elif isinstance(event, library.SequenceStartEvent) and isinstance(step, int):
                for _ in range(step):
                    skip()
                mark = loader.peek_event().start_mark
                at = Position(mark.line + 1, mark.column + 1)
            else:
                return at
    except library.YAMLError:
        return at
    finally:
        loader.dispose()
    return at
