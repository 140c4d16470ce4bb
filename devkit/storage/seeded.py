"""What is known of a seed without reading its files: by the database that was made from it, and by the last start."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from sqlite3 import Connection

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

    def still_holds(self, folder: Path, number: int) -> bool:
        """Whether that folder and number make the same. Reads the folder's files."""
        try:
            names = yaml_names(folder)
            if number != self.number or not set(FILE_NAMES).issuperset(names):
                return False
            return fingerprint(folder, [*names, *self.uploads.values()]) == self.fingerprint
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


def is_seeded(connection: Connection) -> bool:
    return seed_state(connection) is not None


def yaml_names(folder: Path) -> list[str]:
    """The names of the YAML files in a seed folder. Raises OSError."""
    names = sorted(path.name for path in folder.iterdir())
    return [name for name in names if name.lower().endswith((".yaml", ".yml")) and not name.startswith(".")]


def fingerprint(folder: Path, names: Iterable[str]) -> str:
    """Hexadecimal: other files, another fingerprint. Raises OSError."""
    digest = hashlib.sha256()
    for name in sorted({Path(name).as_posix() for name in names}):
        content = (folder / name).read_bytes()
        # Lengths first: without them, one file's end could pass for the next one's beginning.
        digest.update(f"{len(name.encode())} {name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()
