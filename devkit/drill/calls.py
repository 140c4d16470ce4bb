"""The checks of `calls`: how many, how they are spaced, whether they say the same, how many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from devkit.drill.bench import Bench, Finding
from devkit.drill.choosing import Anchor, Likeness, chosen, counted, likeness, repeats, told_apart
from devkit.drill.evidence import Call
from devkit.drill.words import about, seconds, span, wanted
from devkit.drill.words import counted as some
from devkit.scenario.model import Expectation, ExpectedCalls

TOLERANCE = 0.02
"""Seconds that a gap may be short: two machines' timers never agree to the millisecond."""

_AT_CAP = 0.95
"""Part of the longest pause from which on one is at the cap: timers are late by chance."""


def judge(bench: Bench, expectation: Expectation) -> list[Finding]:
    """A finding for each check that the expectation names."""
    calls = expectation.calls
    assert calls is not None  # noqa: S101 - that is what it is judged for here
    anchor = bench.anchor(calls.after) if calls.after else None
    if calls.after and anchor is None:
        what = "never struck" if calls.after in {rule.id for rule in bench.evidence.scenario.rules} else "did not come"
        return [Finding(outcome="inconclusive", reason=f"`{calls.after}` {what}, so there was nothing to come after")]
    missing = _missing(bench, expectation, anchor)
    follow = chosen(bench.calls, expectation, anchor)
    # What follows from a failure begins with the call that failed.
    family = follow
    if anchor and anchor.call and expectation.id in anchor.call.fits and anchor.call not in follow:
        family = [anchor.call, *follow]
    findings = []
    if calls.count is not None or calls.at_least is not None or calls.at_most is not None:
        findings.append(_count(bench, calls, told_apart(calls, follow), anchor))
    if calls.repeats is not None:
        findings.append(_repeated(bench, calls, calls.repeats))
    if calls.min_gap is not None:
        findings.append(_gaps(calls, family))
    if calls.min_growth is not None:
        findings.append(_growth(calls, calls.min_growth, family))
    if calls.same_body is not None:
        findings.append(_bodies(bench, calls, family, anchor))
    if calls.same_header is not None:
        findings.append(_header(calls, calls.same_header, _early(calls, family)))
    if calls.max_concurrent is not None:
        findings.append(_concurrent(calls, calls.max_concurrent, follow))
    if missing is not None:
        # What did come is a failure all the same.
        findings = [one for one in findings if one.outcome == "failed" and not one.by_absence]
        findings = findings or [Finding(outcome="inconclusive", reason=missing)]
    return findings


def _missing(bench: Bench, expectation: Expectation, anchor: Anchor | None) -> str | None:
    """What of `given` was not seen, as a clause."""
    given = expectation.calls.given if expectation.calls else None
    if given is None:
        return None
    found = [
        call
        for call in bench.calls
        if expectation.id in call.given
        and (given.status is None or call.answered(given.status))
        and (anchor is None or call.started >= anchor.at)
    ]
    what = about(given)
    if not given.at_once:
        return None if len(found) >= given.at_least else f"{some(len(found))}{what} was seen: there is nothing to judge"
    most = max((sum(other.started <= call.started < other.ended for other in found) for call in found), default=0)
    if most >= given.at_least:
        return None
    seen = f"{some(len(found))}{what}" + (", one at a time" if most == 1 and len(found) > 1 else "")
    return f"it takes {given.at_least} calls{what} that are under way at once, and there were {seen}"


def _repeated(bench: Bench, calls: ExpectedCalls, rule: str) -> Finding:
    """Whether each call that the rule struck came again soon, and was answered."""
    struck = [call for call in bench.calls if rule in call.rules]
    judged: list[int] = []
    for call in struck:
        end = None if calls.within is None else call.ended + calls.within / 1000
        again = [
            other
            for other in bench.calls
            if likeness(other) == likeness(call)
            and call.ended <= other.started
            and (end is None or other.started <= end)
        ]
        if any(not other.failed if calls.status is None else other.answered(calls.status) for other in again):
            judged.append(call.number)
        elif end is not None and bench.now > end:
            reason = f"#{call.number} was not repeated with success within {span(calls.within or 0)}"
            return Finding(outcome="failed", reason=reason, evidence=(call.number,), final=True, by_absence=True)
    if judged:
        reason = f"{some(len(judged))} that `{rule}` struck came again and went well"
        return Finding(outcome="passed", reason=reason, evidence=tuple(judged))
    if not struck:
        return Finding(outcome="inconclusive", reason=f"`{rule}` struck no call")
    reason = f"#{struck[0].number} was not repeated with success"
    return Finding(outcome="failed", reason=reason, evidence=(struck[0].number,), final=bench.over, by_absence=True)


def _count(bench: Bench, calls: ExpectedCalls, found: Sequence[Call], anchor: Anchor | None) -> Finding:
    low = calls.count if calls.count is not None else calls.at_least
    high = calls.count if calls.count is not None else calls.at_most
    stretch = counted(found, calls.within, anchor)
    number = len(stretch)
    window, over = None, bench.over
    if calls.within is not None and anchor is not None:
        window = anchor.at, anchor.at + calls.within / 1000
        over = over or bench.now > window[1]
    where = f" within {span(calls.within)}" if calls.within is not None else ""
    since = f" after {anchor.words}" if anchor else ""
    reason = f"{some(number)}{about(calls)}{where}{since}, {wanted(low, high)} expected"
    evidence = tuple(call.number for call in stretch)
    if anchor is not None and not number:
        evidence = (anchor.number,)
    if high is not None and number > high:
        return Finding(outcome="failed", reason=reason, evidence=evidence, final=True, window=window)
    if low is not None and number < low:
        if anchor is None and not bench.evidence.struck:
            unmet = f"no rule of the scenario struck, and {some(number)}{about(calls)} was seen"
            return Finding(outcome="inconclusive", reason=unmet, evidence=evidence)
        if not evidence:
            evidence = tuple(sorted(strike.number for strike in bench.evidence.strikes.values())[:1])
        return Finding(outcome="failed", reason=reason, evidence=evidence, final=over, window=window, by_absence=True)
    if not number and high and anchor is None:
        return Finding(outcome="inconclusive", reason=f"no call{about(calls)} was seen: there is nothing to judge")
    return Finding(outcome="passed", reason=reason, evidence=evidence, final=over or high is None, window=window)


def _gaps(calls: ExpectedCalls, family: Sequence[Call]) -> Finding:
    by_answer = calls.min_gap == "retry_after"
    judged: list[tuple[Call, Call]] = []
    short: list[tuple[Call, Call, int]] = []
    for failed, after in repeats(family):
        least = failed.retry_after if by_answer else int(calls.min_gap or 0)
        if least is None:
            continue
        judged.append((failed, after))
        if after.started - failed.ended < least / 1000 - TOLERANCE:
            short.append((failed, after, least))
    if short:
        failed, after, least = short[0]
        asked = "Retry-After asked for" if by_answer else "at least"
        more = f" (and {len(short) - 1} more such gaps)" if len(short) > 1 else ""
        reason = (
            f"#{after.number} began {seconds(after.started - failed.ended)} after #{failed.number} had failed, "
            f"{asked} {span(least)}{more}"
        )
        evidence = tuple(call.number for pair in short for call in pair[:2])
        return Finding(outcome="failed", reason=reason, evidence=evidence, final=True)
    if not judged:
        asked = " with a Retry-After" if by_answer else ""
        return Finding(outcome="inconclusive", reason=f"no call{about(calls)} failed{asked} and was repeated")
    shortest = min(after.started - failed.ended for failed, after in judged)
    reason = f"every call{about(calls)} that failed was repeated after {seconds(shortest)} or later"
    return Finding(outcome="passed", reason=reason, evidence=tuple(call.number for pair in judged for call in pair))


def _growth(calls: ExpectedCalls, least: float, family: Sequence[Call]) -> Finding:
    following = {failed.number: after for failed, after in repeats(family)}
    followers = {after.number for after in following.values()}
    worst: tuple[float, list[Call]] | None = None
    for call in family:
        if call.number not in following or (call.failed and call.number in followers):
            continue
        row = [call]
        while row[-1].number in following:
            row.append(following[row[-1].number])
        gaps = [later.started - earlier.ended for earlier, later in pairwise(row)]
        if len(gaps) > 1 and (worst is None or growth(gaps) < worst[0]):
            worst = growth(gaps), row
    if worst is None:
        return Finding(outcome="inconclusive", reason=f"no call{about(calls)} failed twice in a row and was repeated")
    factor, row = worst
    gaps = [later.started - earlier.ended for earlier, later in pairwise(row)]
    shown = ", ".join(seconds(gap) for gap in gaps[:8])
    reason = f"the waits were {shown}: on average {factor:.2f} times the one before, at least {least:g} expected"
    outcome = "passed" if factor >= least else "failed"
    evidence = tuple(call.number for call in row)
    return Finding(outcome="passed" if outcome == "passed" else "failed", reason=reason, evidence=evidence)


def growth(gaps: Sequence[float]) -> float:
    """By which factor they grow from one to the next, on average, until they are as long as they get: many clients stop
    at a longest pause, and what comes at it is no failure to grow. Chance that is added on purpose must not count.
    """
    first, longest = max(gaps[0], TOLERANCE), max(gaps)
    top = next(place for place, gap in enumerate(gaps) if gap >= longest * _AT_CAP)
    if not top:
        return max(gaps[-1], TOLERANCE) / first if len(gaps) == 2 else 1.0
    return float((max(gaps[top], TOLERANCE) / first) ** (1 / top))


def _early(calls: ExpectedCalls, family: Sequence[Call]) -> list[Call]:
    """Those within `within` of the first."""
    if calls.within is None or not family:
        return list(family)
    return [call for call in family if call.started <= family[0].started + calls.within / 1000]


def _bodies(bench: Bench, calls: ExpectedCalls, family: Sequence[Call], anchor: Anchor | None) -> Finding:
    known = [call for call in family if call.body is not None]
    if len(known) < len(family):
        return Finding(outcome="inconclusive", reason="the bodies of uploads are not kept, and cannot be compared")
    if calls.same_body:
        return _alike(calls, _early(calls, known))
    limit = None if calls.within is None else calls.within / 1000
    groups: dict[Likeness, list[Call]] = defaultdict(list)
    for call in known:
        groups[likeness(call)].append(call)
    for group in groups.values():
        for earlier, later in pairwise(group):
            again = earlier.key is not None and earlier.key == later.key
            if not again and (limit is None or later.started - earlier.started <= limit):
                reason = (
                    f"#{later.number} repeats #{earlier.number} with the same body, after "
                    f"{seconds(later.started - earlier.started)} and without the Idempotency-Key of the first"
                )
                return Finding(outcome="failed", reason=reason, evidence=(earlier.number, later.number), final=True)
    if not known and anchor is None:
        return Finding(outcome="inconclusive", reason=f"no call{about(calls)} was seen: there is nothing to judge")
    evidence = tuple(call.number for call in known) or ((anchor.number,) if anchor else ())
    return Finding(outcome="passed", reason=f"{some(len(known))}{about(calls)}, none sent twice", evidence=evidence)


def _alike(calls: ExpectedCalls, family: Sequence[Call]) -> Finding:
    if len(family) < 2:
        return Finding(
            outcome="inconclusive", reason=f"{some(len(family))}{about(calls)} was seen: there is nothing to compare"
        )
    other = next((call for call in family if call.body != family[0].body), None)
    if other is not None:
        reason = f"the body of #{other.number} is not that of #{family[0].number}"
        return Finding(outcome="failed", reason=reason, evidence=(family[0].number, other.number), final=True)
    reason = f"all {len(family)} calls{about(calls)} have the same body"
    return Finding(outcome="passed", reason=reason, evidence=tuple(call.number for call in family))


def _header(calls: ExpectedCalls, name: str, family: Sequence[Call]) -> Finding:
    bare = next((call for call in family if call.headers.get(name) is None), None)
    if bare is not None:
        return Finding(outcome="failed", reason=f"#{bare.number} has no {name}", evidence=(bare.number,), final=True)
    other = next((call for call in family if call.headers[name] != family[0].headers[name]), None)
    if other is not None:
        reason = f"the {name} of #{other.number} is not that of #{family[0].number}"
        return Finding(outcome="failed", reason=reason, evidence=(family[0].number, other.number), final=True)
    if len(family) < 2:
        return Finding(
            outcome="inconclusive", reason=f"{some(len(family))}{about(calls)} was seen: there is nothing to compare"
        )
    reason = f"all {len(family)} calls{about(calls)} have the same {name}"
    return Finding(outcome="passed", reason=reason, evidence=tuple(call.number for call in family))


def _concurrent(calls: ExpectedCalls, most: int, found: Sequence[Call]) -> Finding:
    for call in found:
        together = [other for other in found if other.started <= call.started < other.ended]
        if call not in together:
            together.append(call)
        if len(together) > most:
            reason = f"{some(len(together))}{about(calls)} were under way at once, at most {most} expected"
            return Finding(
                outcome="failed", reason=reason, evidence=tuple(other.number for other in together), final=True
            )
    if not found:
        return Finding(outcome="inconclusive", reason=f"no call{about(calls)} was seen: there is nothing to judge")
    reason = f"{some(len(found))}{about(calls)}, never more than {most} at once"
    return Finding(outcome="passed", reason=reason, evidence=tuple(call.number for call in found))
