"""What is known of a seed without reading its files: by the database that was made from it, and by the last start."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from sqlite3 import Connection
from typing import Protocol

from devkit.config import SeedDates
from devkit.effects import DAY, Instant, parse_instant
from devkit.records import dataclass

FILE_NAMES = (
    "users.yaml",
    "tasks.yaml",
    "models.yaml",
    "flags.yaml",
    "api_keys.yaml",
    "uploads.yaml",
    "conversations.yaml",
    "identities.yaml",
)
"""The files that a seed folder may hold, besides those of uploads."""


EPOCH: Instant = parse_instant("2026-01-20T10:00:00.000Z")
"""What distances in seed files count from, unless they are relative to now."""

_DAYS = parse_instant("1001-01-01T00:00:00Z"), parse_instant("9001-01-01T00:00:00Z")
"""Between these, whatever a clock says: dates that lie a distance from there can be written too."""


def epoch_at(dates: SeedDates, now: Instant) -> Instant:
    """What distances count from where the data is made at `now`: where they are relative, the beginning of the UTC day.
    So a day has one state, and in that nothing was done that lies ahead.
    """
    return EPOCH if dates == "fixed" else min(max(_DAYS[0], now // DAY * DAY), _DAYS[1])


class RowSeeds(Protocol):
    """What the resources of a contract of somebody's own begin with."""

    @property
    def fingerprint(self) -> str:
        """Hexadecimal: other rows, another fingerprint."""

    def fill(self, connection: Connection, number: int, epoch: Instant) -> None:
        """Add the rows to a database that has its users, in a transaction."""


def beside(fingerprint: str, rows: RowSeeds | None) -> str:
    """The fingerprint of files and of the rows beside them."""
    return hashlib.sha256(f"{fingerprint} {rows.fingerprint}".encode()).hexdigest() if rows else fingerprint


@dataclass(frozen=True, slots=True)
class Account:
    """A seeded user to sign in as, and what is special about them."""

    email: str
    password: str
    verified: bool
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What a server has to know of the seed before anybody asks for more. `accounts` are the first users in their
    order, `uploads` are the seeded uploads' files in the seed folder, by the uploads' ids.
    """

    number: int
    fingerprint: str
    accounts: tuple[Account, ...]
    api_key: str | None
    uploads: Mapping[str, str]

    @property
    def test_user(self) -> tuple[str, str]:
        """Email and password of the first one: the user to try things with."""
        first = self.accounts[0]
        return first.email, first.password

    def still_holds(self, folder: Path, number: int, dates: SeedDates) -> bool:
        """Whether that folder, number and kind of dates make the same. Reads the folder's files."""
        try:
            names = yaml_names(folder)
            if number != self.number or not set(FILE_NAMES).issuperset(names):
                return False
            return fingerprint(folder, [*names, *self.uploads.values()], dates) == self.fingerprint
        except OSError:
            # Whoever reads them in earnest will tell what is wrong.
            return False


def remember(path: Path, seeded: Seeded) -> None:
    """Write it down for the next start, readable by its owner only: there is a password in it. Without success where
    the disk will not have it.
    """
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(seeded), ensure_ascii=False), encoding="utf-8")


def recall(path: Path) -> Seeded | None:
    """What was written down; None where there is nothing, or something that is not ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        accounts = tuple(Account(**account) for account in found["accounts"])
        return Seeded(**{**found, "accounts": accounts, "uploads": dict(found["uploads"])}) if accounts else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def seed_state(connection: Connection) -> tuple[int, str] | None:
    """Number and fingerprint that the database was seeded with; None where it was not."""
    rows = connection.execute("SELECT key, value FROM meta WHERE key IN ('seed_number', 'seed_fingerprint')")
    facts = dict(rows.fetchall())
    return (int(facts["seed_number"]), facts["seed_fingerprint"]) if len(facts) == 2 else None


def epoch_of(connection: Connection) -> Instant:
    """What distances counted from when the database was seeded."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'seed_epoch'").fetchone()
    return int(row[0]) if row else EPOCH


def is_seeded(connection: Connection) -> bool:
    return seed_state(connection) is not None


def yaml_names(folder: Path) -> list[str]:
    """The names of the YAML files in a seed folder. Raises OSError."""
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if name.lower().endswith((".yaml", ".yml")) and not name.startswith(".")]


def fingerprint(folder: Path, names: Iterable[str], dates: SeedDates) -> str:
    """Hexadecimal: other files or another kind of dates, another fingerprint; the day is not in it. Raises OSError."""
    digest = hashlib.sha256()
    for name in sorted({Path(name).as_posix() for name in names}):
        content = (folder / name).read_bytes()
        # Lengths first: without them, one file's end could pass for the next one's beginning.
        digest.update(f"{len(name.encode())} {name} {len(content)} ".encode())
        digest.update(content)
    if dates != "fixed":
        digest.update(dates.encode())
    return digest.hexdigest()
