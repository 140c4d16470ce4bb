"""What arrives of a fault at a page whose calls come through a dev server's proxy, as it was measured.

The proxy stands between: what is broken of its own connection it tells its client in its own way, or not at all. Of
each kind it is known, for each of its cases and at each of its moments, what becomes of it behind each dev server:

    same      as without a proxy
    altered   broken in another way: other bytes, fields or frames, or cut at another place
    502       an answer of the proxy's own with that status
    breaks    an answer of the proxy's own that breaks off
    hidden    a good answer, and nothing is noticed
    stalls    nothing, or the beginning, and then the client waits
    ends      what would have had the client wait comes to an end
    kills     the dev server ends itself

Where chance decides, several: `same/stalls`. A kind without any struck nothing on the way of the calls that were tried.
`python -m tests.devservers.measure` writes them; docs/reference/dev-servers.md shows them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.faults.base import Fault

DATA = Path(__file__).with_suffix(".json")

FATAL = "kills"


@dataclass(frozen=True, slots=True)
class DevServer:
    """One that was measured: how people call it, and in which version."""

    title: str
    version: str

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was. `kinds` is kind → case → moment → dev server → what arrives; `node` ran the dev servers."""

    node: str
    servers: Mapping[str, DevServer]
    kinds: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]


@cache
def measured() -> Measured:
    """Read once, with the registry: a start need not wait for it."""
    given = json.loads(DATA.read_text(encoding="utf-8"))
    servers = {name: DevServer(**server) for name, server in given["servers"].items()}
    return Measured(given["node"], servers, given["kinds"])


def outcomes(fault: Fault, server: str) -> dict[str, str]:
    """What arrives of it behind that dev server, by moment; nothing for a kind that strikes nothing on the way."""
    moments = measured().kinds.get(fault.kind, {}).get(fault.case, {})
    return {moment: found[server] for moment, found in moments.items() if server in found}


def kills(fault: Fault, server: str) -> bool:
    """Whether it ends a dev server of that name."""
    return any(FATAL in outcome.split("/") for outcome in outcomes(fault, server).values())


def in_words(outcome: str) -> str:
    """What a client sees of an outcome, as the end of a sentence; nothing where it sees what is written."""
    words = [_WORDS.get(one, f"arrives as a {one} of the proxy's own") for one in outcome.split("/")]
    changed = " or ".join(filter(None, words))
    return f"sometimes {changed}" if changed and "" in words else changed


_WORDS = {
    "same": "",
    "altered": "arrives otherwise than it is sent",
    "breaks": "arrives as an answer of the proxy's own that breaks off",
    "hidden": "is not noticed",
    "stalls": "becomes an endless wait",
    "ends": "comes to an end",
    FATAL: "ends the dev server",
}
