"""`@pytest.mark.devkit(…)`: read, and checked when tests are collected, so that a slip of the pen fails no run late."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from devkit.effects import parse_instant
from devkit.errors import OperatorError, did_you_mean
from devkit.records import dataclass

_KNOWN = ("scenario", "clock", "frozen", "seed", "contract", "dialect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What markers ask for. `wish` is what the sandbox is made with; `flags` are settings of a server of its own."""

    wish: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)


def wanted(item: pytest.Item) -> Wanted:
    """What the markers of a test, its class and its module ask for; the nearest counts. Raises pytest's `Failed`."""
    try:
        return _read(item)
    except ValueError as error:
        pytest.fail(str(error), pytrace=False)


def complaint(items: Sequence[pytest.Item]) -> str:
    """What is wrong with the markers of these tests, a line each; nothing where they ask for what there is."""
    found = []
    for item in items:
        try:
            _look(_read(item), item.config)
        except ValueError as error:
            found.append(f"{item.name}: {error}")
    return "\n".join(found)


def _read(item: pytest.Item) -> Wanted:
    told: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("devkit"))):
        if mark.args:
            raise ValueError(f"@pytest.mark.devkit takes words alone, such as scenario={mark.args[0]!r}.")
        for name in mark.kwargs:
            if name not in _KNOWN:
                raise ValueError(
                    f"@pytest.mark.devkit knows no {name!r}.{did_you_mean(name, _KNOWN)} It takes {', '.join(_KNOWN)}."
                )
        told |= mark.kwargs
    wish: dict[str, Any] = {name: told[name] for name in ("seed", "frozen") if name in told}
    if "seed" in wish and (isinstance(wish["seed"], bool) or not isinstance(wish["seed"], int) or wish["seed"] < 0):
        raise ValueError(f"@pytest.mark.devkit(seed={wish['seed']!r}): a seed is a whole number, 0 or more.")
    if "clock" in told:
        wish["time"] = instant(told["clock"], "@pytest.mark.devkit(clock=…)")
    if "scenario" in told:
        wish["scenarios"] = _words(told["scenario"], "scenario")
    flags: dict[str, Any] = {}
    if "contract" in told:
        flags["contract"] = [str(_placed(one, item)) for one in _words(told["contract"], "contract")]
    if "dialect" in told:
        flags["dialects"] = _words(told["dialect"], "dialect")
    return Wanted(wish=wish, flags=flags)


def instant(told: datetime | str, where: str) -> str:
    """A moment as the control API takes it. Raises ValueError."""
    if isinstance(told, datetime):
        if told.tzinfo is None:
            raise ValueError(f"{where}: {told!r} has no time zone; say datetime(…, tzinfo=UTC).")
        return told.isoformat()
    try:
        parse_instant(told)
    except (ValueError, TypeError):
        raise ValueError(f"{where}: {told!r} is no moment; write it as 2026-01-20T10:00:00Z.") from None
    return told


def _words(told: object, name: str) -> list[str]:
    words = [told] if isinstance(told, (str, os.PathLike)) else list(told) if isinstance(told, (list, tuple)) else []
    if not words or not all(isinstance(word, (str, os.PathLike)) for word in words):
        raise ValueError(f"@pytest.mark.devkit({name}={told!r}): name one, or a list of them.")
    return [os.fspath(word) for word in words]


def _placed(file: str, item: pytest.Item) -> Path:
    """A contract beside the test, else where pytest runs from. One with a colon is a URL."""
    if "://" in file:
        return Path(file)
    beside = item.path.parent / file
    return beside if beside.exists() else item.config.rootpath / file


def _look(found: Wanted, config: pytest.Config) -> None:
    """Raises ValueError for a scenario, dialect or contract that is not there."""
    for path in found.flags.get("contract", ()):
        if "://" not in path and not Path(path).exists():
            raise ValueError(f"@pytest.mark.devkit(contract=…): there is no file {path}.")
    if "dialects" in found.flags and "contract" not in found.flags:
        from devkit.dialects.shipped import DIALECTS

        _known("dialect", found.flags["dialects"], list(DIALECTS.names()))
    if "scenarios" in found.wish and not running(config):
        # What is wrong with devkit.yaml the server says.
        with contextlib.suppress(OperatorError):
            _known("scenario", found.wish["scenarios"], sorted(_scenarios(config.rootpath)))


def _known(what: str, names: list[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"@pytest.mark.devkit({what}={name!r}): there is none.{did_you_mean(name, known)}")


def running(config: pytest.Config) -> str | None:
    """The address of a server that was started elsewhere, where one is named."""
    return config.getoption("--devkit-url") or os.environ.get("DEVKIT_URL") or None


def _scenarios(root: Path) -> Iterator[str]:
    """The names there are, by their files alone: the user's, and those that come along."""
    from devkit.config import load
    from devkit.shipped import folder

    for place in (load({}, os.environ, root).settings.scenario_dir, folder("scenarios")):
        for file in place.glob("*.y*ml"):
            yield file.stem
