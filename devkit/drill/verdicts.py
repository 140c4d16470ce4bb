"""Every expectation of a scenario judged: the same evidence gives the same verdicts, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from devkit.drill import calls, sockets
from devkit.drill.bench import Bench, Finding, Outcome
from devkit.drill.evidence import Evidence
from devkit.drill.life import untested
from devkit.records import dataclass
from devkit.scenario.model import Expectation

SHOWN = 50
"""Entries that a verdict names at the most."""


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


def judged(evidence: Evidence, now: float, *, over: bool) -> list[Verdict]:
    """A verdict on each expectation as of one instant; `over` when nothing more can come."""
    bench = Bench(evidence, now, over=over)
    return [_verdict(bench, expectation, over=over) for expectation in evidence.scenario.expect]


def _verdict(bench: Bench, expectation: Expectation, *, over: bool) -> Verdict:
    findings = calls.judge(bench, expectation) if expectation.calls else sockets.judge(bench, expectation)
    after = expectation.calls.after if expectation.calls else None
    missing = untested(bench, bench.anchor(after) if after else None)
    return _together(expectation, [_careful(bench, finding, missing) for finding in findings], over=over)


def _careful(bench: Bench, finding: Finding, missing: str | None) -> Finding:
    """No verdict on more than was seen."""
    if finding.outcome == "passed" and missing is not None:
        reason = f"{finding.reason}, but {missing}"
        return Finding(outcome="inconclusive", reason=reason, evidence=finding.evidence)
    if bench.evidence.missed and not finding.final:
        reason = f"{bench.evidence.missed} entries came when the drill's record was full, and were not judged"
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
