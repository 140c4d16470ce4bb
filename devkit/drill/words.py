"""How verdicts put things: counts, times, and which calls an expectation is about."""

from __future__ import annotations

from devkit.scenario.model import ExpectedCalls, Given, Match


def seconds(value: float) -> str:
    """`0.35 s`, `12 s`."""
    return f"{value:.0f} s" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".") + " s"


def span(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else seconds(milliseconds / 1000)


def counted(number: int, what: str = "call") -> str:
    """`1 call`, `2 calls`, `no call`."""
    return f"no {what}" if number == 0 else f"{number} {what}{'' if number == 1 else 's'}"


def wanted(low: int | None, high: int | None) -> str:
    """What a count had to be."""
    if low is not None and low == high:
        return f"exactly {low}" if low else "none"
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


def about(calls: ExpectedCalls | Given) -> str:
    """` of tasks.list answered 200`: which calls are meant; empty for all."""
    status = f" answered {calls.status}" if calls.status is not None else ""
    return f"{_matched(calls.match)}{status}"


def _matched(match: Match) -> str:
    parts = []
    if match.needs:
        parts.append(f" of {' '.join(match.needs)} operations")
    if match.operation:
        parts.append(f" of {_either(match.operation)}")
    if match.method:
        parts.append(f" with method {_either(match.method)}")
    if match.path:
        parts.append(f" to {_either(match.path)}")
    if match.user:
        parts.append(f" by {_either(match.user)}")
    if match.dialect:
        parts.append(f" in {_either(match.dialect)}")
    given = [*match.headers, *match.query, *match.body]
    if given:
        parts.append(f" with the {_either(given)} asked for")
    return "".join(parts)


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
