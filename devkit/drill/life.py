"""Whether a frontend was put to the test at all: the failure reached it, and afterwards it was still there.

Who holds back and who is gone look the same from here. So nothing passes before a call, or a WebSocket, shows that
somebody went on.
"""

from __future__ import annotations

from devkit.drill.bench import Bench
from devkit.drill.choosing import Anchor
from devkit.faults.registry import FAULTS

_HANGS = 1.0
"""Seconds after which what begins does so although a call hangs, and not together with it."""


def untested(bench: Bench, anchor: Anchor | None) -> str | None:
    """What is missing before something can pass that comes after `anchor`, as a clause; None where nothing is."""
    if not bench.evidence.struck:
        return "no rule of the scenario struck: that shows nothing"
    if _only_others(bench):
        return "only a browser judges what struck, and none was seen: other clients never notice"
    if not _went_on(bench, anchor):
        return (
            "the frontend did nothing that went well after the failure: whether it holds back or is gone, nobody knows"
        )
    return None


def _only_others(bench: Bench) -> bool:
    """Whether what struck is for browsers to judge, and struck none."""
    met = [
        call.browser or call.is_preflight
        for call in bench.evidence.calls
        for fault in call.entry.faults
        if fault.rule.startswith(f"{bench.evidence.scenario.name}/")
        and fault.kind in FAULTS
        and FAULTS[fault.kind].for_browsers
    ]
    return bool(met) and not any(met)


def _went_on(bench: Bench, anchor: Anchor | None) -> bool:
    """Whether, once the failure was over, a call went well, or a WebSocket was opened or spoken on."""
    strikes = [anchor] if anchor is not None else list(bench.evidence.strikes.values())
    # A call that hangs ends when the scenario does; whoever gives it up goes on before.
    since = min((min(one.call.ended, one.at + _HANGS) if one.call else one.at for one in strikes), default=0.0)
    first = min((one.number for one in strikes), default=0)
    if any(call.started >= since and not call.failed and not call.is_preflight for call in bench.calls):
        return True
    return any(seen.number > first and seen.entry.direction in {"open", "in"} for seen in bench.evidence.sockets)
