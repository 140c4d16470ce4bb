"""A run as data: what `--json` writes, and what the other reports are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from devkit.records import dataclass
from devkit.verify.base import Check
from devkit.verify.exchange import Exchange, head_of
from devkit.verify.verdicts import VERDICTS, Verdict

_SHOWN = 2_000
"""Characters of a body in a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check ended. `reason` is a sentence's part; empty where it passed."""

    check: Check
    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`started_at` is ISO 8601. `ended` says why not all checks were run, as a sentence; empty where they were.
    `secrets` are what curl lines show as variables, with their names. `interrupted`: whoever asked had enough.
    """

    url: str
    contract: str
    dialect: str
    started_at: str
    seconds: float
    results: tuple[Result, ...]
    ended: str = ""
    secrets: Mapping[str, str]
    interrupted: bool = False

    def counted(self) -> dict[Verdict, int]:
        found = Counter(result.verdict for result in self.results)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def verdict(self) -> Verdict:
        """Passed, where something was asked and nothing was answered wrong or not clearly."""
        count = self.counted()
        if count["failed"] or self.ended:
            return "failed"
        if count["inconclusive"]:
            return "inconclusive"
        return "passed" if count["passed"] else "failed"

    def sentence(self) -> str:
        """How it stands, in words."""
        count = self.counted()
        if self.ended:
            return self.ended
        if len(self.results) == count["skipped"]:
            return "Nothing could be asked: nothing is verified."
        told = ", ".join(f"{number} {word}" for word, number in count.items() if number)
        return f"{len(self.results)} check{'' if len(self.results) == 1 else 's'}: {told}."


def evidence_lines(report: Report, result: Result, most: int = 6) -> list[str]:
    """The last exchanges of a check: each a curl line, and what came."""
    lines: list[str] = []
    for one in shown(result, most):
        lines.append(one.request.curl(report.secrets))
        lines += [f"{'>' if sender == 'client' else '<'} {text}" for sender, text in one.frames[:20]]
        if one.answer is not None:
            lines.append("  " + next(iter(head_of(one.answer))))
        elif one.trouble:
            lines.append(f"  {one.trouble}")
    return lines


def shown(result: Result, most: int = 6) -> Sequence[Exchange]:
    return result.exchanges[-most:]


def as_data(report: Report, *, verdicts: bool = True) -> dict[str, Any]:
    """For programs; without the `verdicts` it is their sum."""
    found: dict[str, Any] = {
        "url": report.url,
        "contract": report.contract,
        "dialect": report.dialect,
        "started_at": report.started_at,
        "seconds": round(report.seconds, 3),
        "verdict": report.verdict,
        "summary": report.sentence(),
        "counts": report.counted(),
    }
    return found | {"checks": [result_data(one, report.secrets) for one in report.results]} if verdicts else found


def result_data(one: Result, secrets: Mapping[str, str]) -> dict[str, Any]:
    """One verdict, with its evidence where it did not pass."""
    found: dict[str, Any] = {
        "id": one.check.id,
        "suite": one.check.suite,
        "asks": one.check.asks,
        "why": one.check.why,
        "verdict": one.verdict,
        "reason": one.reason,
        "seconds": round(one.seconds, 3),
    }
    if one.verdict in {"failed", "inconclusive"}:
        found["evidence"] = [_exchange(exchange, secrets) for exchange in shown(one)]
    return found


def _exchange(one: Exchange, secrets: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"curl": one.request.curl(secrets)}
    if one.answer is not None:
        told["status"] = one.answer.status
        told["headers"] = [hidden(secrets, line) for line in [*head_of(one.answer)][1:]]
        told["body"] = hidden(secrets, text_of(one.answer.content))
    if one.trouble:
        told["trouble"] = one.trouble
    if one.frames:
        told["frames"] = [{"from": sender, "text": hidden(secrets, text[:_SHOWN])} for sender, text in one.frames]
    return told


def hidden(secrets: Mapping[str, str], text: str) -> str:
    """The text without the secrets of the run."""
    for secret, name in secrets.items():
        text = text.replace(secret, f"${name}")
    return text


def text_of(body: bytes) -> str:
    """The body as it may be shown: cut where it is long."""
    text = body[:_SHOWN].decode("utf-8", "backslashreplace")
    return text if len(body) <= _SHOWN else f"{text}… ({len(body)} bytes)"
