"""Python files of the user's: run when they are first needed, and again when they, or what they import from beside
them, change.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from devkit.records import dataclass

Stamp = tuple[int, int]
"""When a file was last written, in nanoseconds, and its size."""


class Unusable(Exception):
    """A file that cannot be run, or lacks what is asked for; the text says why."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    module: ModuleType
    stamps: dict[Path, Stamp]


class UserFile:
    """One file. All of its methods wait for the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Another contract may have a file of the same name elsewhere.
        self._name = f"devkit_yours_{path.stem}_{hashlib.blake2b(bytes(path), digest_size=4).hexdigest()}"
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()

    def function(self, name: str) -> Callable[..., Any]:
        """What the file calls so, as it is now. Raises Unusable, or whatever running the file raises."""
        with self._loading:
            loaded = self._loaded
            if loaded is None or any(_stamp(path) != stamp for path, stamp in loaded.stamps.items()):
                loaded = self._loaded = None
                loaded = self._loaded = self._run()
        found = getattr(loaded.module, name, None)
        if not callable(found):
            raise Unusable(f"{self.path.name} has no function {name}")
        return found  # type: ignore[no-any-return]

    def _run(self) -> _Loaded:
        folder = str(self.path.parent)
        if folder not in sys.path:
            # Behind all others: a file of the user's called like a library stands in for none.
            sys.path.append(folder)
        for neighbour in list(self._neighbours()):
            sys.modules.pop(neighbour.__name__, None)
        importlib.invalidate_caches()
        stamp = _stamp(self.path)
        try:
            source = self.path.read_bytes()
        except OSError as error:
            raise Unusable(f"{self.path.name} cannot be read: {error.strerror}") from None
        module = ModuleType(self._name)
        module.__file__ = str(self.path)
        # Not by its usual loader: that takes compiled code for current that has the second and the size of another.
        sys.modules[self._name] = module
        exec(compile(source, str(self.path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the user's own
        files = {Path(str(one.__file__)): _stamp(Path(str(one.__file__))) for one in self._neighbours()}
        return _Loaded(module, {**files, self.path: stamp})

    def _neighbours(self) -> Iterator[ModuleType]:
        """Modules that were imported from files beside this one, but for packages that are installed there."""
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and Path(file).parent == self.path.parent and not module.__name__.startswith("devkit"):
                yield module


def _stamp(path: Path) -> Stamp:
    try:
        told = path.stat()
    except OSError:
        return (0, 0)
    return (told.st_mtime_ns, told.st_size)
