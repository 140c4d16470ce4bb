"""What a server has to hold after a kill: all that it acknowledged, and nothing that was undone or never asked for.

A write that was cut off may have happened or not, and so may a reset or a restore, though only as a whole. So what is
known is a list of worlds, each of which says what every key may stand for; what is found then fits one of them. Writes
that overlap a reset may fall on either side of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Key = tuple[str, str]
"""What kind of thing, and which."""

Value = Hashable
"""None: it is not there."""

World = dict[Key, frozenset[Value]]
"""What each key may stand for; one that is missing is not there."""

_ABSENT: frozenset[Value] = frozenset({None})


@dataclass(slots=True)
class Difference:
    """`lost`: it was acknowledged. `left`: it was undone or deleted, or nobody ever asked for it."""

    kind: Literal["lost", "left"]
    key: Key
    found: Value
    possible: frozenset[Value]

    def __str__(self) -> str:
        wanted = " or ".join(sorted(map(repr, self.possible)))
        return f"{' '.join(self.key)} is {self.found!r}, and must be {wanted}"


@dataclass(slots=True)
class _Change:
    """Something that concerns all keys and is under way. `met` are the writes that it may fall before or behind."""

    targets: list[World]
    snapshot: str | None = None
    met: dict[Key, set[Value]] = field(default_factory=dict)

    def outcome(self) -> list[World]:
        found = []
        for target in self.targets:
            world = dict(target)
            for key, values in self.met.items():
                world[key] = world.get(key, _ABSENT) | values
            found.append(world)
        return found


class Ledger:
    """Each key has one writer; there is one reset, restore or save at a time."""

    def __init__(self, seeded: Mapping[Key, Value]) -> None:
        self._seeded = _exactly(seeded)
        self._worlds = [_exactly(seeded)]
        self._snapshots: dict[str, list[World | None]] = {}
        self._pending: dict[Key, tuple[Value, int]] = {}
        self._change: _Change | None = None
        self._changes = 0
        self.acknowledged = 0

    # Writes

    def begin(self, key: Key, value: Value) -> None:
        """A write is about to be sent."""
        self._pending[key] = value, self._changes
        if self._change is not None:
            self._change.met.setdefault(key, set()).add(value)

    def done(self, key: Key) -> None:
        """It was acknowledged."""
        value, begun = self._pending.pop(key)
        self.acknowledged += 1
        for world in self._worlds:
            world[key] = frozenset({value}) | (world.get(key, _ABSENT) if begun != self._changes else frozenset())

    def refused(self, key: Key) -> None:
        """It was answered with an error: nothing has changed."""
        del self._pending[key]

    def may_be_absent(self, key: Key) -> bool:
        """Whether a write may be told that there is no such thing."""
        _, begun = self._pending[key]
        overtaken = begun != self._changes or (self._change is not None and self._change.snapshot is None)
        return overtaken or any(None in world.get(key, _ABSENT) for world in self._worlds)

    # What concerns everything

    def begin_reset(self) -> None:
        self._begin(_Change([self._seeded]))

    def begin_restore(self, name: str) -> None:
        self._begin(_Change([world for world in self._snapshots.get(name, ()) if world is not None]))

    def begin_save(self, name: str) -> None:
        self._begin(_Change([dict(world) for world in self._worlds], name))

    def begin_delete(self, name: str) -> None:
        self._begin(_Change([], name))

    def _begin(self, change: _Change) -> None:
        change.met |= {key: {value} for key, (value, _) in self._pending.items()}
        self._change = change

    def changed(self) -> None:
        """It was acknowledged."""
        assert self._change is not None
        self.acknowledged += 1
        change, self._change = self._change, None
        if change.snapshot is not None:
            self._snapshots[change.snapshot] = list(change.outcome()) or [None]
        else:
            self._worlds = change.outcome()
            self._changes += 1

    def unchanged(self) -> None:
        """It was refused."""
        self._change = None

    def may_lack(self, name: str) -> bool:
        """Whether there may be no snapshot of that name."""
        return None in self._snapshots.get(name, [None])

    @property
    def is_changing(self) -> bool:
        return self._change is not None

    @property
    def saved(self) -> list[str]:
        """The snapshots that may be there."""
        return [name for name, worlds in self._snapshots.items() if any(world is not None for world in worlds)]

    # The kill, and what is found afterwards

    def killed(self) -> None:
        """What was under way may have happened or not."""
        change, self._change = self._change, None
        for key, (value, _) in self._pending.items():
            for world in self._worlds:
                world[key] = world.get(key, _ABSENT) | {value}
        self._pending.clear()
        if change is None:
            return
        if change.snapshot is None:
            self._worlds += change.outcome()
            return
        before = self._snapshots.get(change.snapshot, [None])
        self._snapshots[change.snapshot] = [*before, *(change.outcome() or [None])]

    def look(self, found: Mapping[Key, Value], snapshots: Iterable[str]) -> list[Difference]:
        """How what is there differs from what must be, in the world that it differs from least. From here on it is what
        was found.
        """
        best = min((_differences(world, found) for world in self._worlds), key=len)
        self._worlds = [_exactly(found)]
        there = set(snapshots)
        for name in {*self._snapshots, *there}:
            left = [world for world in self._snapshots.get(name, [None]) if (world is not None) == (name in there)]
            if not left:
                kind: Literal["lost", "left"] = "left" if name in there else "lost"
                best.append(Difference(kind, ("snapshot", name), name if name in there else None, frozenset()))
            self._snapshots[name] = left or [None if name not in there else _exactly(found)]
        return best


def _exactly(found: Mapping[Key, Value]) -> World:
    return {key: frozenset({value}) for key, value in found.items() if value is not None}


def _differences(world: World, found: Mapping[Key, Value]) -> list[Difference]:
    differences = []
    for key in {*world, *found}:
        possible, value = world.get(key, _ABSENT), found.get(key)
        if value not in possible:
            differences.append(Difference("left" if possible == _ABSENT else "lost", key, value, possible))
    return differences
