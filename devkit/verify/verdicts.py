"""How a check ends."""

from __future__ import annotations

from typing import Literal, NoReturn

Verdict = Literal["passed", "failed", "skipped", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "skipped", "inconclusive")


class Ended(Exception):
    """How a check ends that does not pass; the text is a sentence's part, without a full stop."""

    verdict: Verdict

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Failed(Ended):
    verdict = "failed"


class Skipped(Ended):
    verdict = "skipped"


class Unclear(Ended):
    verdict = "inconclusive"


def fail(reason: str) -> NoReturn:
    """The backend does not do what was asked."""
    raise Failed(reason)


def skip(reason: str) -> NoReturn:
    """There is nothing to ask."""
    raise Skipped(reason)


def unclear(reason: str) -> NoReturn:
    """What was seen says neither yes nor no."""
    raise Unclear(reason)


def expect(holds: object, reason: str) -> None:
    """Fail for that reason unless it holds."""
    if not holds:
        fail(reason)
