"""What a server stands in for: a contract, and the dialects that it is spoken in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from devkit.contract.base import Contract
from devkit.contract.entities import Rotation
from devkit.dialects.base import Dialect
from devkit.kinds import ALL
from devkit.records import dataclass
from devkit.registry import Registry

if TYPE_CHECKING:
    from devkit.recording.replay.player import Player


class Wanted(Protocol):
    """The settings that change what a dialect's table says."""

    @property
    def dialects(self) -> tuple[str, ...]: ...
    @property
    def auth_confirm_password(self) -> Literal["required", "optional"]: ...
    @property
    def auth_refresh_rotation(self) -> tuple[tuple[str, Rotation], ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Backend:
    """A contract with all dialects that it may be spoken in; `files` are those that it was read from, where it is a
    user's own. `players` play the recordings that keep operations of it, by where these are. One that `is_open` is not
    all: a real backend may have more, which is learned as it passes. `departures` are scenario files that say how it
    departs from its contract.
    """

    contract: Contract
    dialects: Registry[Dialect]
    files: tuple[Path, ...] = ()
    players: Mapping[Path, Player] = field(default_factory=dict)
    is_open: bool = False
    departures: tuple[Path, ...] = ()

    def chosen(self, names: Sequence[str]) -> tuple[Dialect, ...]:
        """The dialects of those names, or all where none is named. Raises UsageError for an unknown one."""
        return tuple(self.dialects.find(name) for name in names) or tuple(self.dialects)

    def served(self, settings: Wanted) -> tuple[Dialect, ...]:
        """The dialects that are served, as the settings want them. Raises UsageError for a name that is none's."""
        switches = dict(settings.auth_refresh_rotation)
        for name in switches.keys() - {ALL}:
            self.dialects.find(name)
        optional = settings.auth_confirm_password == "optional"  # noqa: S105 - a word of a setting
        return tuple(
            _as_wanted(dialect, optional, switches.get(dialect.name, switches.get(ALL)))
            for dialect in self.chosen(settings.dialects)
        )


# The same settings give the same dialects: what was made of one, such as its documents, is kept by it.
@cache
def _as_wanted(dialect: Dialect, confirm_optional: bool, rotation: Rotation | None) -> Dialect:
    if confirm_optional and any(_CONFIRMATION in row.requires for row in dialect.rows):
        rows = (
            replace(row, requires=tuple(name for name in row.requires if name != _CONFIRMATION)) for row in dialect.rows
        )
        dialect = replace(dialect, rows=tuple(rows))
    return dialect if rotation in {None, dialect.refresh_rotation} else replace(dialect, refresh_rotation=rotation)


_CONFIRMATION = "confirm_password"


def fallback(dialects: Sequence[Dialect]) -> Dialect:
    """Of those served, the one whose error shape an address gets that belongs to none."""
    return next((dialect for dialect in dialects if dialect.usual), dialects[0])


def sockets(dialects: Iterable[Dialect]) -> dict[str, Dialect]:
    """The WebSockets of those dialects, by their path. Where dialects share one, it is the first one's that knows who
    comes, else the first one's, and so is the spelling of its events.
    """
    found: dict[str, Dialect] = {}
    for dialect in sorted(dialects, key=lambda dialect: dialect.socket_protocol.is_open):
        if dialect.socket_path:
            found.setdefault(dialect.socket_path, dialect)
    return found
