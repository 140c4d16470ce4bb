"""Places: rows of one resource that are kept apart from others of it by what a path says (`/repos/{owner}/{repo}`).

Their owner is the number of the place, below 0. Nothing is written where somebody only looks: a place that has no
number yet shows what all of them begin with, and gets rows of its own with the first write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import NamedTuple
from urllib.parse import quote


class Place(NamedTuple):
    """`whose` is the owner of what it began with: a user's number, or 0 for everybody's."""

    resource: str
    whose: int
    name: str
    behind: int


_FIND = "SELECT -number FROM places WHERE resource = ? AND whose = ? AND name = ?"
_ADD = "INSERT INTO places (resource, whose, name, behind) VALUES (?, ?, ?, ?) RETURNING -number"
_COPY = (
    "INSERT INTO rows (number, resource, owner, id, told, version, gone, json, hidden)"
    " SELECT number + ?, resource, ?, id, 0, version, gone, json, hidden FROM rows"
    " WHERE resource = ? AND owner = ? AND {0} ORDER BY number"
)
_COUNT_ON = "INSERT INTO row_ids SELECT resource, ?, last FROM row_ids WHERE resource = ? AND owner = 0"


def name_of(values: Iterable[object]) -> str:
    """A place as it is called: what is within it begins as it does."""
    return "/".join(quote(str(value), safe="") for value in values)


def seen_at(connection: Connection, resource: str, whose: int, name: str) -> int:
    """The owner of the rows that are seen at a place."""
    found = connection.execute(_FIND, (resource, whose, name)).fetchone()
    return int(found[0]) if found else whose


def own_at(
    connection: Connection, resource: str, whose: int, name: str, where: str = "1", given: Sequence[object] = ()
) -> int:
    """The owner of a place's own rows, which begin as what is seen there, as far as it is `where` it says."""
    found = connection.execute(_FIND, (resource, whose, name)).fetchone()
    if found:
        return int(found[0])
    behind = int(connection.execute("SELECT ifnull(max(number), 0) FROM rows").fetchone()[0])
    owner = int(connection.execute(_ADD, (resource, whose, name, behind)).fetchone()[0])
    connection.execute(_COPY.format(where), (behind, owner, resource, whose, *given))
    connection.execute(_COUNT_ON, (owner, resource))
    return owner


def place_of(connection: Connection, owner: int) -> Place | None:
    """The place that has these rows; None where they are at none."""
    if owner >= 0:
        return None
    found = connection.execute("SELECT resource, whose, name, behind FROM places WHERE number = ?", (-owner,))
    return Place(*found.fetchone())


def of_user(connection: Connection, number: int) -> list[int]:
    """The owners of all rows of a user's that are kept apart."""
    return [int(owner) for (owner,) in connection.execute("SELECT -number FROM places WHERE whose = ?", (number,))]


def within(connection: Connection, resource: str, name: str, whose: int | None) -> set[int]:
    """The owners of a resource's rows at a place, and at those that lie within it: of one user's, or of everybody's."""
    found = connection.execute(
        "SELECT -number FROM places WHERE resource = ? AND (name = ? OR substr(name, 1, ?) = ?)"
        " AND ifnull(? = whose, 1)",
        (resource, name, len(name) + 1, f"{name}/", whose),
    )
    return {int(owner) for (owner,) in found}


def now_at(connection: Connection, owner: int, number: int) -> int:
    """The number of the row that stands where the row of that number stood before the place had its own."""
    place = place_of(connection, owner)
    return number + place.behind if place is not None and number <= place.behind else number
