"""What `devkit verify` tells."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class VerifyPlace(TypedDict):
    """Something that can be measured."""

    id: Literal["here", "upstream"]
    url: str


class VerifyVerdict(TypedDict):
    """What became of a check."""

    id: str
    suite: str
    asks: str
    why: str
    verdict: Literal["passed", "failed", "inconclusive", "skipped"]
    reason: str
    seconds: float


VerifyFrame = TypedDict("VerifyFrame", {"from": str, "text": str})
"""A frame of a WebSocket."""


class VerifyExchange(TypedDict):
    """A request as a curl line, and what came."""

    curl: str
    status: NotRequired[int]
    headers: NotRequired[list[str]]
    body: NotRequired[str]
    trouble: NotRequired[str]
    frames: NotRequired[list[VerifyFrame]]


class VerifyFinding(VerifyVerdict):
    """A verdict with what shows it, where it did not pass."""

    evidence: NotRequired[list[VerifyExchange]]


class VerifyRun(TypedDict):
    """A run; `verdict`, `summary` and `seconds` are there once it has ended, `trouble` where nothing could be asked."""

    state: Literal["running", "ended"]
    place: str
    url: str
    contract: str
    read_only: bool
    started_at: str
    total: int
    checks: list[VerifyVerdict]
    counts: dict[str, int]
    verdict: Literal["passed", "failed", "inconclusive"] | None
    summary: str | None
    seconds: float | None
    trouble: str | None
    reports: list[str]


class Verifying(TypedDict):
    """What can be measured, by what, and the run that is under way or was the last one."""

    places: list[VerifyPlace]
    contracts: list[str]
    run: VerifyRun | None


class Arranged(TypedDict):
    """The state that was brought about, or taken back."""

    state: Literal["time-passed", "rate-limited"]
    action: Literal["setup", "teardown"]
