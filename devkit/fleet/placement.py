"""Where a sandbox of a fleet lives: its id says it, `r1-3f9c…` is one of the replica `r1`.

A proxy has nothing but the request to go by, and no replica knows the others. So the id is the whole table of who has
what, and a replica tells by its form alone that somebody else was meant.
"""

from __future__ import annotations

import re

NAME_PATTERN = "[a-z]{1,12}[0-9]{1,4}"
ID_PATTERN = f"{NAME_PATTERN}-[^/]"
"""What a name, and the beginning of an id, look like to any kind of regular expressions."""
_NAME = re.compile(NAME_PATTERN, re.ASCII)
_ID = re.compile(rf"({NAME_PATTERN})-(.+)", re.ASCII | re.DOTALL | re.IGNORECASE)
NAME_RULE = "letters and then a number, such as r1: a to z, at most 12, and 0 to 9, at most 4"
"""It has a form of its own, so that a page at `my-shop.localhost` is not taken for a sandbox of a replica `my`."""


def is_replica(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def replica_of(id: str) -> str | None:  # noqa: A002 - what it is called everywhere
    """The replica that an id names; None where it names none."""
    found = _ID.fullmatch(id)
    return found[1].lower() if found else None


def placed(name: str, replica: str) -> str:
    """The id of the sandbox that is called so on that replica; the name itself, where the server is alone ("")."""
    return f"{replica}-{name}" if replica and replica_of(name) != replica else name


def local(id: str, replica: str) -> str:  # noqa: A002
    """What the sandbox of that id is called on that replica: the same on each, so that it draws the same there."""
    return id.removeprefix(f"{replica}-") if replica else id


def of_hostname(hostname: str) -> str:
    """The replica's name by its machine's: `devkit0` of `devkit-0.devkit.test.svc`. Raises ValueError."""
    name = re.sub(r"[^a-z0-9]", "", hostname.partition(".")[0].lower())
    if not is_replica(name):
        raise ValueError(f"the host name {hostname!r} gives none: a replica's name is {NAME_RULE}")
    return name
