"""What a check is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from devkit.contract.operations import Need
from devkit.records import dataclass
from devkit.verify.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question to a backend. `id` is `suite.name`; `why` is where the right answer is written: an RFC's section,
    the Fetch standard, the contract's line. `run` returns where the answer is right, else ends by `fail`, `skip` or
    `unclear`.

    What it cannot do without: `needs`, each of which some operation of the contract has to meet; `signed_in`: somebody
    to sign in as; `cookie`: a session that travels in one; `state`: what `--setup` has to arrange. One that is
    `read_only` stores nothing and ends no session but its own. One that `waits` for so many seconds is asked beside the
    others; one that measures is asked `alone`.
    """

    id: str
    asks: str
    why: str
    run: Callable[[Case], Awaitable[None]]
    needs: tuple[Need, ...] = ()
    signed_in: bool = False
    cookie: bool = False
    state: str = ""
    waits: float = 0.0
    alone: bool = False
    read_only: bool = True

    @property
    def suite(self) -> str:
        return self.id.partition(".")[0]
