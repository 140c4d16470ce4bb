"""What every check of a drill judges by, and what it finds."""

from __future__ import annotations

from typing import Literal

from devkit.drill.choosing import Anchor, chosen, counted, told_apart
from devkit.drill.evidence import Evidence
from devkit.drill.losses import fulfilled
from devkit.drill.page import as_the_page_saw_them
from devkit.records import dataclass
from devkit.scenario.model import Expectation

Outcome = Literal["passed", "failed", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found: `reason` is a clause, `evidence` numbers of journal entries.

    `final` where nothing that may still happen changes it. `window` is the stretch that counted, in seconds.
    `by_absence`: it failed by what did not come, and not by what did.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[int, ...] = ()
    final: bool = False
    window: tuple[float, float] | None = None
    by_absence: bool = False


class Bench:
    """The evidence as of one instant; `over` when nothing more can come."""

    def __init__(self, evidence: Evidence, now: float, *, over: bool) -> None:
        self.evidence, self.now, self.over = evidence, now, over
        if evidence.full_at is not None:
            # What happened later nobody knows: only what was decided by then is a verdict.
            self.now, self.over = min(now, evidence.full_at), False
        self._expectations = {one.id: one for one in evidence.scenario.expect}
        self._rules = {rule.id for rule in evidence.scenario.rules}
        self.calls = as_the_page_saw_them(evidence.calls, self.now, over=over)

    def anchor(self, name: str) -> Anchor | None:
        """What a rule's first strike, or an expectation's fulfilment, was; None where it did not come."""
        if name in self._rules:
            strike = self.evidence.strikes.get(name)
            if strike is None:
                return None
            call = next((one for one in self.calls if one.number == strike.number), strike.call)
            return Anchor(at=strike.at, number=strike.number, words=f"`{name}` struck", call=call)
        return self._fulfilment(self._expectations[name])

    def _fulfilment(self, expectation: Expectation) -> Anchor | None:
        words = f"`{expectation.id}` was fulfilled"
        if expectation.calls is None:
            back = fulfilled(self.evidence, expectation)
            return None if back is None else Anchor(at=back.at, number=back.number, words=words)
        wanted = expectation.calls
        least = wanted.count if wanted.count is not None else wanted.at_least
        base = self.anchor(wanted.after) if wanted.after else None
        if wanted.after and base is None:
            return None
        if not least:
            # Fulfilled by what does not happen: then from where it itself begins to hold.
            return base
        found = counted(told_apart(wanted, chosen(self.calls, expectation, base)), wanted.within, base)
        if len(found) < least:
            return None
        return Anchor(at=found[least - 1].ended, number=found[least - 1].number, words=words)
