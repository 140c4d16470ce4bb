"""What a server stands in for, as the settings say: what devkit ships, contracts of the user's own, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TypeVar

from devkit.config import Settings
from devkit.contract.base import Contract, EventKind
from devkit.dialects.backend import Backend
from devkit.dialects.base import Dialect
from devkit.dialects.shipped import BACKEND
from devkit.errors import FileError, UsageError, did_you_mean
from devkit.registry import Registry
from devkit.server.hosting.departing import departs_from


def backend_for(settings: Settings, *, alone: bool = False) -> Backend:
    """Raises OperatorError: FileError for what a contract's file says, UsageError for what is no file. With `alone`
    nothing of ours is beside what a file says: it is about another backend.
    """
    if not settings.contract:
        return _unknown() if settings.upstream else BACKEND
    # With `memory` there may be no folder to keep anything in.
    cache = None if settings.memory else settings.state_dir / "contracts"
    found = reduce(_beside, [_backend(given, cache, alone=alone) for given in settings.contract])
    return replace(found, is_open=True) if settings.upstream else found


def _unknown() -> Backend:
    """A real backend of which nothing is known yet."""
    from devkit.dialects.yours.backend import backend_of
    from devkit.learning.operations import Learner

    return replace(backend_of(Learner("upstream").blueprint(), BACKEND), is_open=True)


def _backend(given: str, cache: Path | None, *, alone: bool = False) -> Backend:
    """`cache` is where what documents came to is kept."""
    if given in BACKEND.dialects:
        return Backend(BACKEND.contract, Registry("dialect", BACKEND.chosen((given,)), key=_name))
    path = Path(given)
    if path.is_dir() or path.suffix.lower() in {".har", ".zip"}:
        from devkit.server.hosting.replays import replayed

        return replayed(path, cache)
    if path.is_file() and (base := departs_from(path)):
        found = _backend(base, cache)
        return replace(found, files=(*found.files, path), departures=(*found.departures, path))
    if not path.is_file():
        names = [dialect.name for dialect in BACKEND.dialects]
        raise UsageError(
            f"There is no file {given}, and no dialect of that name.{did_you_mean(given, names)}",
            remedy=f"Name a backend.yaml, an OpenAPI document, a recording, or one of {', '.join(names)}.",
        )
    from devkit.blueprint.reading import read
    from devkit.dialects.yours.backend import backend_of

    blueprint = read(path, BACKEND.contract, cache)
    if blueprint.name in BACKEND.dialects:
        raise FileError(
            path,
            f"a contract cannot be called {blueprint.name!r}: devkit ships a dialect of that name",
            remedy="Give it another name.",
        )
    return backend_of(replace(blueprint, alone=True) if alone else blueprint, BACKEND)


def _beside(one: Backend, other: Backend) -> Backend:
    """Both in one server: all operations of both, each in the dialects of its own."""
    if one.contract is other.contract:
        dialects = Registry("dialect", [*one.dialects, *other.dialects], key=_name)
        return replace(
            one,
            dialects=dialects,
            files=(*one.files, *other.files),
            departures=(*one.departures, *other.departures),
        )
    contract = Contract(
        name=f"{one.contract.name}, {other.contract.name}",
        operations=Registry(
            "operation",
            _once((*one.contract.operations, *other.contract.operations), lambda operation: operation.id),
            key=lambda operation: operation.id,
        ),
        events=Registry(
            "event", _once((*one.contract.events, *other.contract.events), _name), key=lambda kind: kind.name
        ),
        topics=tuple(dict.fromkeys((*one.contract.topics, *other.contract.topics))),
        owned_topics=tuple(dict.fromkeys((*one.contract.owned_topics, *other.contract.owned_topics))),
        resources={**one.contract.resources, **other.contract.resources},
        components={**one.contract.components, **other.contract.components},
    )
    spoken = [replace(dialect, contract=contract) for dialect in (*one.dialects, *other.dialects)]
    return Backend(
        contract,
        Registry("dialect", spoken, key=_name),
        (*one.files, *other.files),
        {**one.players, **other.players},
        departures=(*one.departures, *other.departures),
    )


T = TypeVar("T")


def _name(thing: Dialect | EventKind) -> str:
    return thing.name


def _once(things: Iterable[T], key: Callable[[T], str]) -> Iterator[T]:
    """Each of them once. Raises UsageError where two of one name are not the same."""
    found: dict[str, T] = {}
    for thing in things:
        name = key(thing)
        if name not in found:
            found[name] = thing
            yield thing
        elif found[name] != thing:
            raise UsageError(
                f"Two contracts have something called {name!r}.", remedy="Serve them apart, or give one another name."
            )
