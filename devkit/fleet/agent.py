"""What a replica tells HAProxy's agent check of itself (HAProxy, "agent-check"): one line, whenever it is asked."""

from __future__ import annotations

_STEEP = 4
"""With half of its room a replica gets a sixteenth of what an empty one gets: the emptiest is preferred clearly."""


def state(room: float, *, draining: bool) -> str:
    """`room` is the share of what sandboxes may take that is free, from 0 to 1."""
    if draining or room <= 0:
        return "drain\n"
    return f"ready up {max(1, round(100 * room**_STEEP))}%\n"
