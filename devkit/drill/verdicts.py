"""Every expectation of a scenario judged: the same evidence gives the same verdicts, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from devkit.drill.browsers import as_the_page_saw_them
from devkit.drill.evidence import Call, Evidence
from devkit.drill.life import untested
from devkit.records import dataclass
from devkit.scenario.model import Expectation

Outcome = Literal["passed", "failed", "inconclusive"]

SHOWN = 50
"""Entries that a verdict names at the most."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one expectation."""

    id: str
    title: str
    outcome: Outcome
    final: bool
    reason: str
    evidence: tuple[int, ...]
    window: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What an expectation comes `after`. `call` is the call that was struck: the first of what follows from it."""

    at: float
    number: int
    words: str
    call: Call | None = None


class Judge:
    """Judges all expectations as of one instant; `over` when nothing more can come."""

    def __init__(self, evidence: Evidence, now: float, *, over: bool) -> None:
        self.evidence, self.now, self.over = evidence, now, over
        self._ended = over
        if evidence.full_at is not None:
            # What happened later nobody knows: only what was decided by then is a verdict.
            self.now, self.over = min(now, evidence.full_at), False
        self._expectations = {one.id: one for one in evidence.scenario.expect}
        self._rules = {rule.id for rule in evidence.scenario.rules}
        self.calls = as_the_page_saw_them(evidence.calls, self.now, over=over)

    def verdicts(self) -> list[Verdict]:
        return [self._verdict(one) for one in self._expectations.values()]

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
        from devkit.drill import calls, sockets

        words = f"`{expectation.id}` was fulfilled"
        if expectation.calls is None:
            back = sockets.fulfilled(self, expectation)
            return None if back is None else Anchor(at=back.at, number=back.number, words=words)
        wanted = expectation.calls
        least = wanted.count if wanted.count is not None else wanted.at_least
        base = self.anchor(wanted.after) if wanted.after else None
        if wanted.after and base is None:
            return None
        if not least:
            # Fulfilled by what does not happen: then from where it itself begins to hold.
            return base
        found = calls.counted(calls.told_apart(wanted, calls.chosen(self, expectation, base)), wanted.within, base)
        if len(found) < least:
            return None
        return Anchor(at=found[least - 1].ended, number=found[least - 1].number, words=words)

    def _verdict(self, expectation: Expectation) -> Verdict:
        from devkit.drill import calls, sockets

        findings = calls.judge(self, expectation) if expectation.calls else sockets.judge(self, expectation)
        after = expectation.calls.after if expectation.calls else None
        missing = untested(self, self.anchor(after) if after else None)
        return _together(expectation, [self._careful(finding, missing) for finding in findings], over=self._ended)

    def _careful(self, finding: Finding, missing: str | None) -> Finding:
        """No verdict on more than was seen."""
        if finding.outcome == "passed" and missing is not None:
            reason = f"{finding.reason}, but {missing}"
            return Finding(outcome="inconclusive", reason=reason, evidence=finding.evidence)
        if self.evidence.missed and not finding.final:
            reason = f"{self.evidence.missed} entries came when the drill's record was full, and were not judged"
            return Finding(outcome="inconclusive", reason=reason, evidence=finding.evidence)
        return finding


def _together(expectation: Expectation, findings: Sequence[Finding], *, over: bool) -> Verdict:
    """One verdict from those of all checks: it fails by one that failed, and passes by all."""
    failed = [finding for finding in findings if finding.outcome == "failed"]
    unclear = [finding for finding in findings if finding.outcome == "inconclusive"]
    telling = failed or unclear or list(findings)
    final = over or any(one.final for one in failed) or all(one.final for one in findings)
    return Verdict(
        id=expectation.id,
        title=expectation.title,
        outcome="failed" if failed else "inconclusive" if unclear else "passed",
        final=final,
        reason=_sentence("; ".join(dict.fromkeys(one.reason for one in telling))),
        evidence=tuple(sorted({number for one in telling for number in one.evidence})[:SHOWN]),
        window=next((one.window for one in findings if one.window), None),
    )


def overall(outcomes: Iterable[Outcome]) -> Outcome:
    """Of a whole drill: failed if anything failed, else inconclusive if anything was, or if there was nothing."""
    found = set(outcomes)
    if "failed" in found:
        return "failed"
    return "passed" if found == {"passed"} else "inconclusive"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
