"""The scenarios there are: the shipped files and the user's own, of which a user's goes before a shipped one.

Files are watched. One that breaks leaves its last good version in place; what is wrong is kept beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.errors import FileError, UsageError, did_you_mean
from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.dialects.backend import Backend
    from devkit.scenario.loading import LoadedScenario
    from devkit.scenario.model import Scenario
    from devkit.yamlfile import Document

log = logging.getLogger("devkit")

_SUFFIXES = (".yaml", ".yml")
_DEBOUNCE = 50
"""Milliseconds that changes are gathered: an editor writes a file in several steps."""
_LOOK_EVERY = 1_000
"""Milliseconds after which the folders are looked at, whatever the system tells of them: it watches an inode, and
another one may stand there now (`git switch`, a folder swapped for another, a link that leads elsewhere).
"""
Stamp = tuple[int, ...]
"""What tells one state of a file from another."""


Changed = Callable[[list[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario's file. `scenario` is its last good version, rules of `extends` included (None: there was none yet);
    `unreadable` is what is wrong with the file as it is now, `unresolved` with what it extends; `gone` that it is no
    longer there.
    """

    name: str
    path: Path
    shipped: bool
    stamp: Stamp
    loaded: LoadedScenario | None = None
    scenario: Scenario | None = None
    unreadable: FileError | None = None
    unresolved: FileError | None = None
    gone: bool = False

    @property
    def error(self) -> FileError | None:
        return self.unreadable or self.unresolved

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.loaded.warnings if self.loaded else ()


class Library:
    """Scenarios by name, read when they are first asked for."""

    def __init__(self, shipped: Path, own: Path, backend: Backend) -> None:
        """They are about `backend`. `own` may not be there yet; a scenario in it hides a shipped one of the same name.
        In a checkout of devkit both are one folder, and what is in it is shipped.
        """
        is_one = own.resolve() == shipped.resolve()
        self._folders = ((shipped, True),) if is_one else ((shipped, True), (own, False))
        self._backend = backend
        self._reading = asyncio.Lock()
        self._changed: Changed | None = None
        self._entries: dict[str, Entry] = {}
        self._read = False
        self._refreshing = threading.Lock()
        self._complained: dict[str, Stamp] = {}
        self._missed: set[str] = set()

    def listen(self, changed: Changed) -> None:
        """Tell `changed` the names that are others than before, whenever files are read."""
        self._changed = changed

    def adopt(self, backend: Backend) -> None:
        """From now on they are about that backend: all files are read anew when they are asked for next."""
        self._backend = backend
        self._entries = {name: replace(entry, stamp=()) for name, entry in self._entries.items()}

    async def ready(self) -> None:
        """Read the files, if that is still to be done: to be awaited before the loop's thread asks for any."""
        if not self._read:
            await self.current()

    async def current(self) -> None:
        """Read what changed on disk: from here on everybody means the files as they are now."""
        async with self._reading:
            names = await asyncio.to_thread(self.refresh)
            self._complain(names)
            if names and self._changed is not None:
                await self._changed(names)

    def find(self, name: str) -> Scenario | None:
        entry = self._known().get(name)
        return entry.scenario if entry and not entry.gone else None

    def get(self, name: str) -> Scenario:
        """Raises UsageError for a name that is not there, FileError for a file that was never valid."""
        entry = self._known().get(name)
        if entry is None or entry.gone:
            raise UsageError(
                f"There is no scenario {name!r}.{did_you_mean(name, self.names())}",
                remedy="`devkit scenario list` shows those there are.",
            )
        if entry.scenario is None:
            assert entry.error is not None  # noqa: S101 - what has no version has an error
            raise entry.error
        return entry.scenario

    def understand(self, document: Document) -> LoadedScenario:
        """A scenario that is no file yet. Raises FileError."""
        from devkit.scenario.loading import understand

        return understand(document, self._backend)

    def resolve(self, loaded: LoadedScenario) -> Scenario:
        """It with the rules of those that it extends. Raises FileError."""
        return _extended(loaded, self._known(), ())

    def lost(self, name: str) -> bool:
        """Whether there was a file of that name, which is gone."""
        entry = self._known().get(name)
        return entry is not None and entry.gone

    def names(self) -> list[str]:
        return [entry.name for entry in self.entries()]

    def entries(self) -> list[Entry]:
        """All files, by name."""
        return sorted((entry for entry in self._known().values() if not entry.gone), key=lambda entry: entry.name)

    def errors(self) -> list[FileError]:
        return [entry.error for entry in self.entries() if entry.error]

    def refresh(self) -> list[str]:
        """Read what changed on disk; returns the names whose scenario is another now.

        Threads may call it at once. Whoever asks meanwhile sees what was known before, all of it.
        """
        with self._refreshing:
            before = self._entries
            entries = self._reread(self._scan(), before)
            self._entries = {name: _resolved(entry, entries) for name, entry in entries.items()}
            self._read = True
            return [
                name
                for name, entry in self._entries.items()
                if name not in before or entry.scenario is not before[name].scenario
            ]

    async def watch(self) -> None:
        """Follow the folders until cancelled."""
        from watchfiles import awatch

        # Its own remarks on each change would stand between the requests in the terminal.
        logging.getLogger("watchfiles").setLevel(logging.WARNING)
        while True:
            watched = await asyncio.to_thread(self._existing)
            watch = awatch(
                *watched,
                watch_filter=self._concerns,
                debounce=_DEBOUNCE,
                step=_DEBOUNCE,
                rust_timeout=_LOOK_EVERY,
                yield_on_timeout=True,
                recursive=False,
            )
            await self._follow()
            async for _ in watch:
                await self._follow()
                if watched != await asyncio.to_thread(self._existing):
                    break

    async def _follow(self) -> None:
        if await asyncio.to_thread(self._is_behind):
            await self.current()

    def _is_behind(self) -> bool:
        """Whether the files are others than those that were read."""
        if not self._read:
            # Where there are none of the user's own, nobody need be told of mistakes: reading waits until somebody asks
            # for a scenario, and so do the 20 MB that all kinds of faults take.
            return any(not shipped and any(_files(folder)) for folder, shipped in self._folders)
        found = {name: entry.stamp for name, entry in self._scan().items()}
        return found != {name: entry.stamp for name, entry in self._entries.items() if not entry.gone}

    def _existing(self) -> dict[Path, tuple[int, int]]:
        """The folders that are there, and which ones they are.

        Not the place where a folder would be made: that may hold the database, each of whose writes would be told.
        """
        found = {}
        for folder, _ in self._folders:
            with contextlib.suppress(OSError):
                status = folder.stat()
                if folder.is_dir():
                    found[folder] = (status.st_dev, status.st_ino)
        return found

    def _concerns(self, _: object, path: str) -> bool:
        """Whether a change is one of a scenario's file."""
        return Path(path).suffix in _SUFFIXES

    def _known(self) -> dict[str, Entry]:
        if not self._read:
            self.refresh()
        return self._entries

    def _scan(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for folder, shipped in self._folders:
            for path in _files(folder):
                try:
                    status = path.stat()
                except OSError:
                    continue
                twin = found.get(path.stem)
                entry = Entry(path.stem, path, shipped, (status.st_mtime_ns, status.st_size, status.st_ino))
                if twin is not None and twin.path.parent == path.parent:
                    error = FileError(path, f"{twin.path.name} has the same name", remedy="Keep one of the two.")
                    entry = replace(twin, unreadable=error, stamp=(0, *twin.stamp))
                found[path.stem] = entry
        return found

    def _reread(self, found: Mapping[str, Entry], before: Mapping[str, Entry]) -> dict[str, Entry]:
        entries = {name: replace(entry, gone=True, stamp=()) for name, entry in before.items()}
        for name, entry in found.items():
            old = before.get(name)
            changed = old is None or (old.path, old.stamp) != (entry.path, entry.stamp)
            entries[name] = self._load(entry, old) if old is None or changed else old
        return entries

    def _load(self, entry: Entry, old: Entry | None) -> Entry:
        """Read the file; where that fails, its last good version stays."""
        from devkit.scenario.loading import load

        if old and not old.gone and old.path == entry.path:
            entry = replace(entry, loaded=old.loaded, scenario=old.scenario)
        if entry.unreadable is not None:
            return entry
        try:
            return replace(entry, loaded=load(entry.path, self._backend, shipped=entry.shipped))
        except FileError as error:
            return replace(entry, unreadable=error)

    def _complain(self, changed: list[str]) -> None:
        """Say what is wrong, once for each state of a file."""
        gone = {name for name, entry in self._entries.items() if entry.gone}
        for name in sorted(gone - self._missed):
            log.warning("%s was removed: where it is on, it stays on until it is off", self._entries[name].path)
        self._missed = gone
        for entry in self.entries():
            if entry.error and self._complained.get(entry.name) != entry.stamp:
                self._complained[entry.name] = entry.stamp
                log.warning("%s%s", entry.error, " (the last good version stays on)" if entry.scenario else "")
            elif not entry.error and not entry.shipped and entry.name in changed:
                for warning in entry.warnings:
                    log.warning("%s", warning)


def _resolved(entry: Entry, entries: Mapping[str, Entry]) -> Entry:
    """With the rules of `extends` before its own."""
    if entry.loaded is None or entry.gone:
        return entry
    try:
        scenario = _extended(entry.loaded, entries, ())
    except FileError as error:
        return replace(entry, unresolved=error)
    return replace(entry, unresolved=None, scenario=entry.scenario if scenario == entry.scenario else scenario)


def _extended(loaded: LoadedScenario, entries: Mapping[str, Entry], above: tuple[str, ...]) -> Scenario:
    scenario, document = loaded.scenario, loaded.document
    rules, ids = list(scenario.rules), {rule.id for rule in scenario.rules}
    for number, name in reversed(list(enumerate(scenario.extends))):
        where = ("extends", number)
        if name in (*above, scenario.name):
            raise document.error(where, f"a circle: {' → '.join((*above, scenario.name, name))}")
        entry = entries.get(name)
        if entry is None or entry.loaded is None or entry.gone:
            raise document.error(where, f"there is no scenario {name!r}.{did_you_mean(name, entries)}")
        base = _extended(entry.loaded, entries, (*above, scenario.name))
        twins = ids & {rule.id for rule in base.rules}
        if twins:
            raise document.error(where, f"{name!r} has a rule of the id {min(twins)!r} too")
        ids |= {rule.id for rule in base.rules}
        rules = [*base.rules, *rules]
    return scenario.model_copy(update={"rules": rules}) if scenario.extends else scenario


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for suffix in _SUFFIXES for path in folder.glob(f"*{suffix}"))
