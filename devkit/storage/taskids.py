"""Ids of tasks that tell where the task is stored.

An index from ids to rows would be hit at random by each new task: one more page of the database to read, to log and to
copy, and a tenth of the file. So the id itself leads to the row: its last twelve digits are the row's number, mixed
with the twelve digits before the version. What they look like is a version 4 UUID (RFC 9562), and so they are drawn.

An id of a seeded task tells nothing: it is written in the seed file, or must stay what it is when others are added
there. Its row is found by the column `own_id`, which has an index.
"""

from __future__ import annotations

FACTOR = 0x9E3779B97F4B
"""An odd number of 48 bits, whose multiples spread evenly: without it, ids of small numbers would repeat themselves."""
MASK = (1 << 48) - 1


def task_id(uuid: str, number: int) -> str:
    """A UUID that tells the number of a row, with the chance of another. The number has at most 48 bits."""
    return f"{uuid[:24]}{int(uuid[:8] + uuid[9:13], 16) * FACTOR & MASK ^ number:012x}"


def number_told(identifier: str) -> int | None:
    """The number that an id tells, if it tells one: any UUID seems to. None for what is no UUID."""
    if len(identifier) != 36:
        return None
    try:
        return int(identifier[24:], 16) ^ int(identifier[:8] + identifier[9:13], 16) * FACTOR & MASK
    except ValueError:
        return None
