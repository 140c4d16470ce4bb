"""The checks of `socket`: coming back after a loss, subscribing again, waiting in between."""

from __future__ import annotations

from devkit.drill.bench import Bench, Finding
from devkit.drill.calls import TOLERANCE, growth
from devkit.drill.losses import History, history
from devkit.drill.words import counted, seconds, span
from devkit.scenario.model import Expectation, ExpectedSocket


def judge(bench: Bench, expectation: Expectation) -> list[Finding]:
    """A finding for each check that the expectation names."""
    wanted = expectation.socket
    assert wanted is not None  # noqa: S101 - that is what it is judged for here
    story = history(bench.evidence)
    findings = []
    if wanted.at_most is not None:
        findings.append(_attempts(bench, wanted, story))
    if wanted.model_fields_set <= {"at_most", "within"}:
        return findings
    if not story.lives and not any(user.gaps or user.waiting for user in story.users):
        return [Finding(outcome="inconclusive", reason="no WebSocket was open")]
    if wanted.reconnects is not None:
        findings.append(_reconnects(bench, wanted, story))
    if wanted.resubscribes is not None:
        findings.append(_resubscribes(bench, wanted, story))
    if wanted.min_gap is not None:
        findings.append(_gaps(wanted.min_gap, story))
    if wanted.min_growth is not None:
        findings.append(_growth(wanted.min_growth, story))
    return findings


def _deadline(wanted: ExpectedSocket, story: History) -> float | None:
    """Until when it counts: `within` begins with the first loss."""
    if wanted.within is None or not story.lost:
        return None
    return (story.lost[0].lost_at or 0.0) + wanted.within / 1000


def _window(wanted: ExpectedSocket, story: History) -> tuple[float, float] | None:
    deadline = _deadline(wanted, story)
    return None if deadline is None else (story.lost[0].lost_at or 0.0, deadline)


def _reconnects(bench: Bench, wanted: ExpectedSocket, story: History) -> Finding:
    least, window = int(wanted.reconnects or 0), _window(wanted, story)
    back = [life for life in story.back if window is None or life.at <= window[1]]
    over = bench.over or (window is not None and bench.now > window[1])
    inside = f" within {span(wanted.within)} of the first loss" if wanted.within is not None else ""
    numbers = tuple(life.number for life in back)
    if least == 0:
        reason = f"the WebSocket was opened anew {len(back)} times{inside}, never expected"
        if back:
            evidence = tuple(sorted({*numbers, *(life.lost_number for life in story.lost if life.lost_number)}))
            return Finding(outcome="failed", reason=reason, evidence=evidence, final=True, window=window)
        gone = [life for life in story.lost if not life.replaced]
        if gone and not _calls_after(bench, gone[-1].lost_at or 0.0):
            reason = "the WebSocket was closed, and nothing came after it that tells whether somebody is there"
            return Finding(outcome="inconclusive", reason=reason, evidence=(gone[-1].lost_number,))
        evidence = tuple(life.number for life in story.lives if life.number)
        return Finding(outcome="passed", reason="the WebSocket stayed", evidence=evidence, final=over, window=window)
    if not story.lost:
        return Finding(outcome="inconclusive", reason="no WebSocket was lost")
    reason = f"{counted(len(back), 'reconnect')}{inside}, at least {least} expected"
    evidence = tuple(sorted({*numbers, *(life.lost_number for life in story.lost)}))
    if len(back) >= least:
        return Finding(outcome="passed", reason=reason, evidence=evidence, final=True, window=window)
    return Finding(outcome="failed", reason=reason, evidence=evidence, final=over, window=window)


def _calls_after(bench: Bench, at: float) -> bool:
    return any(call.started >= at and not call.failed for call in bench.calls)


def _attempts(bench: Bench, wanted: ExpectedSocket, story: History) -> Finding:
    """Whoever has lost its session is refused without a name, and so everybody's attempts count. Where there is no
    WebSocket, none goes on trying.
    """
    window = _window(wanted, story)
    over = bench.over or (window is not None and bench.now > window[1])
    if not story.lost:
        return Finding(outcome="passed", reason="no WebSocket was lost", final=bench.over)
    first = story.lost[0].lost_at or 0.0
    end = bench.now if window is None else window[1]
    numbers = tuple(
        seen.number
        for seen in bench.evidence.sockets
        if seen.entry.direction in {"open", "refused"} and first < seen.at <= end and seen.entry.repeats is None
    )
    inside = f" within {span(wanted.within)}" if wanted.within is not None else ""
    reason = (
        f"{counted(len(numbers), 'attempt')} to connect{inside} after the first loss, at most {wanted.at_most} expected"
    )
    if len(numbers) > (wanted.at_most or 0):
        return Finding(outcome="failed", reason=reason, evidence=numbers, final=True, window=window)
    return Finding(outcome="passed", reason=reason, evidence=numbers, final=over, window=window)


def _resubscribes(bench: Bench, wanted: ExpectedSocket, story: History) -> Finding:
    window = _window(wanted, story)
    over = bench.over or (window is not None and bench.now > window[1])
    newest = [max(user.lives.values(), key=lambda life: life.number) for user in story.users if user.lives]
    back = [life for life in newest if life.reconnect]
    if not back:
        return Finding(outcome="inconclusive", reason="no WebSocket was opened anew")
    if not any(life.owed for life in back):
        return Finding(
            outcome="inconclusive",
            reason="the WebSocket that was lost had subscribed to nothing",
            evidence=tuple(life.number for life in back),
        )
    # Those before the newest were lost in their turn: what they did not come to, the newest owes.
    behind = [life for life in back if life.missing]
    if behind:
        topics = ", ".join(sorted({topic for life in behind for topic in life.missing}))
        reason = f"the new WebSocket did not subscribe again to {topics}"
        numbers = tuple(life.number for life in behind)
        return Finding(outcome="failed", reason=reason, evidence=numbers, final=over, window=window)
    topics = ", ".join(sorted({topic for life in back for topic in life.owed}))
    enough = len(story.back) >= int(wanted.reconnects or 1)
    return Finding(
        outcome="passed",
        reason=f"the new WebSocket subscribed again to {topics}",
        evidence=tuple(life.number for life in back),
        final=over or enough,
        window=window,
    )


def _gaps(least: int, story: History) -> Finding:
    gaps = [gap for user in story.users for gap in user.gaps]
    if not gaps:
        return Finding(outcome="inconclusive", reason="no WebSocket was lost and opened anew")
    short = [gap for gap in gaps if gap[0] < least / 1000 - TOLERANCE]
    if short:
        reason = f"#{short[0][2]} came {seconds(short[0][0])} after #{short[0][1]}, at least {span(least)} expected"
        evidence = tuple(number for gap in short for number in gap[1:])
        return Finding(outcome="failed", reason=reason, evidence=evidence, final=True)
    reason = f"it waited {seconds(min(gap[0] for gap in gaps))} or longer before it connected anew"
    return Finding(outcome="passed", reason=reason, evidence=tuple(number for gap in gaps for number in gap[1:]))


def _growth(least: float, story: History) -> Finding:
    rows = [user.gaps for user in story.users if len(user.gaps) > 1]
    if not rows:
        return Finding(outcome="inconclusive", reason="no WebSocket was lost twice and opened anew")
    gaps = min(rows, key=lambda row: growth([gap[0] for gap in row]))
    factor = growth([gap[0] for gap in gaps])
    shown = ", ".join(seconds(gap[0]) for gap in gaps[:8])
    reason = f"the waits were {shown}: on average {factor:.2f} times the one before, at least {least:g} expected"
    evidence = tuple(number for gap in gaps for number in gap[1:])
    return Finding(outcome="passed" if factor >= least else "failed", reason=reason, evidence=evidence)
