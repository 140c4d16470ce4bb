"""What a replica of a fleet says of sandboxes that are not its own: who has them, and never anything in their place."""

from __future__ import annotations

from devkit.contract.errors import DomainError
from devkit.fleet.placement import replica_of

OWNER_HEADER = "X-Devkit-Owner"
"""The replica that a refused request was meant for."""


class Misdirected(DomainError):
    """RFC 9110, section 15.5.20: the request reached a server that cannot answer for what it asks."""

    def __init__(self, id: str, owner: str, replica: str) -> None:  # noqa: A002 - what it is called everywhere
        super().__init__(
            "misdirected_request",
            f"The sandbox {id[:80]!r} is kept by the replica {owner}, and this is {replica}: send it there, or let a "
            f"proxy go by the id (`devkit fleet config` writes its file)",
        )
        self.owner = owner


def missing(id: str, replica: str, named: str = "") -> DomainError:  # noqa: A002
    """Why there is no sandbox of that id here. `replica` is this one; "" where the server is alone. `named` is the end
    of a sentence, where the caller may not see what names it.
    """
    if (elsewhere := kept_elsewhere(id, replica)) is not None:
        return elsewhere
    told = f"There is no sandbox {id[:80]!r} here{named}"
    if replica and replica_of(id) is None:
        told += f": ids of this fleet say where they are kept, as {replica}-{id[:40]} does"
    return DomainError("not_found", told)


def kept_elsewhere(id: str, replica: str) -> Misdirected | None:  # noqa: A002
    """The refusal of a sandbox that another replica has; None for one that only this one could have."""
    owner = replica_of(id) if replica else None
    return None if owner is None or owner == replica else Misdirected(id, owner, replica)
