"""Which calls a check of `calls` is about, and which of them repeat which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from devkit.drill.evidence import Call
from devkit.records import dataclass
from devkit.scenario.model import Expectation, ExpectedCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What an expectation comes `after`. `call` is the call that was struck: the first of what follows from it."""

    at: float
    number: int
    words: str
    call: Call | None = None


def chosen(calls: Sequence[Call], expectation: Expectation, anchor: Anchor | None) -> list[Call]:
    """The calls that `match`, `status` and `after` choose, by their beginning."""
    wanted = expectation.calls
    assert wanted is not None  # noqa: S101 - that is what they are chosen for
    found = [
        call
        for call in calls
        if expectation.id in call.fits
        and (wanted.status is None or call.answered(wanted.status))
        and (anchor is None or (call.started >= anchor.at and call.number != anchor.number))
    ]
    return sorted(found, key=lambda call: (call.started, call.number))


def counted(calls: Sequence[Call], within: int | None, anchor: Anchor | None) -> list[Call]:
    """Those in the stretch that counts: behind the anchor, else wherever there are most; all without `within`."""
    if within is None:
        return list(calls)
    length = within / 1000
    if anchor is not None:
        return [call for call in calls if call.started <= anchor.at + length]
    best, first = (0, 0), 0
    for last, call in enumerate(calls):
        while call.started - calls[first].started > length:
            first += 1
        if last + 1 - first > best[1] - best[0]:
            best = first, last + 1
    return list(calls[best[0] : best[1]])


def told_apart(calls: ExpectedCalls, found: Sequence[Call]) -> list[Call]:
    """Only the first of those that are alike, where distinct ones are asked for."""
    if not calls.distinct:
        return list(found)
    first = {likeness(call): call for call in reversed(found)}
    return [call for call in found if first[likeness(call)] is call]


def repeats(calls: Sequence[Call]) -> Iterator[tuple[Call, Call]]:
    """Each call that failed and the next one like it. Each repeats one failure only, the oldest first: where several
    fail together, each may be repeated for itself. Unlike calls may have been on their way when the failure came.
    """
    waiting: dict[Likeness, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: (call.ended, call.number)):
        if call.failed:
            waiting[likeness(call)].append(call)
    for call in calls:
        before = waiting[likeness(call)]
        if before and before[0].ended <= call.started and before[0] is not call:
            yield before.pop(0), call


Likeness = tuple[str, str, bytes | None]


def likeness(call: Call) -> Likeness:
    """What two calls have in common of which one repeats the other."""
    return call.entry.method, call.entry.path, call.body
