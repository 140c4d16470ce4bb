"""The dialects that devkit speaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devkit.dialects.agreed import AGREED
from devkit.dialects.base import Dialect
from devkit.dialects.promptcraft import PROMPTCRAFT
from devkit.dialects.taskapp import TASKAPP
from devkit.dialects.webplus import WEBPLUS
from devkit.registry import Registry

DIALECTS: Registry[Dialect] = Registry(
    "dialect", [AGREED, WEBPLUS, PROMPTCRAFT, TASKAPP], key=lambda dialect: dialect.name
)


def chosen(names: Sequence[str]) -> tuple[Dialect, ...]:
    """The dialects of those names, or all where none is named. Raises UsageError for an unknown one."""
    return tuple(DIALECTS.find(name) for name in names) or tuple(DIALECTS)


def fallback(dialects: Sequence[Dialect]) -> Dialect:
    """Of those served, the one whose error shape an address gets that belongs to none."""
    return AGREED if AGREED in dialects else dialects[0]


def sockets(dialects: Iterable[Dialect]) -> dict[str, Dialect]:
    """The WebSockets of those dialects, by their path. Where dialects share one, it is the first one's, and so is the
    spelling of its events.
    """
    found: dict[str, Dialect] = {}
    for dialect in dialects:
        if dialect.socket_path:
            found.setdefault(dialect.socket_path, dialect)
    return found
