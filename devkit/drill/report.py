"""A drill as data: what the control API answers, what `--json` writes, what the other reports are made of."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from devkit.drill.bench import Outcome
from devkit.drill.evidence import Call, MailSeen, Seen
from devkit.drill.running import Drill, State
from devkit.effects import isoformat
from devkit.excerpts import cut, parted
from devkit.journal import Struck
from devkit.records import dataclass
from devkit.scenario.behind import told

ENTRIES = 2_000
"""Entries of a report; of more, those that the verdicts name and the first ones."""

_SHOWN = 200
"""Characters of an address that is no operation's, and of a frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The sandbox, and the ways to choose it: by host, path, header or query. `path_url` is reached by every program
    that reaches the server. `fresh`: made for this drill.
    """

    id: str
    url: str
    path_url: str
    header: dict[str, str]
    query: dict[str, str]
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The scenario that was played."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeLine:
    """A fault that struck an entry: `rule` is `scenario/rule`; `number` counts the rule's strikes."""

    rule: str
    kind: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry of the journal. `from_ms` to `to_ms` since the scenario was switched on, on the machine's clock.

    `what` is its operation, else what it was: `socket`, `mail`, or the request's path. `status` is an answer's, or the
    code that a WebSocket was closed or refused with. `text` says it in a line.
    """

    number: int
    type: Literal["request", "socket", "mail"]
    from_ms: float
    to_ms: float
    what: str
    text: str
    status: int | None = None
    user: str | None = None
    connection_id: str | None = None
    direction: str | None = None
    faults: list[StrikeLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of an expectation. `evidence` are numbers of `entries`. `final`: nothing changes it any more.

    `window_ms` is the stretch in which it was judged, where it has one.
    """

    id: str
    title: str
    verdict: Outcome
    final: bool
    reason: str
    evidence: list[int]
    window_ms: list[float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A rule, and how often it struck what the drill saw."""

    id: str
    fault: str
    struck: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A proxy that the sandbox is called through: the dev server's that it is like (empty: none that is known), what it
    is known by, and `changes`, a phrase for each rule that the frontend meets otherwise than it is written.
    """

    name: str
    title: str
    sign: str
    changes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A drill. While it is `running` its verdicts are those that it would have if it ended now.

    `reason` says why it ended, where it did not end by itself. Moments are the machine's, in ISO 8601. `seen` counts
    all entries, `missed` those that came when the record was full, `left_out` those that `entries` does not list.
    """

    id: str
    scenario: Subject
    sandbox: Place
    state: State
    verdict: Outcome
    reason: str
    started_at: str
    ended_at: str | None
    elapsed_ms: int
    timeout_ms: int
    expectations: list[Judged]
    rules: list[Ruled]
    proxies: list[Passage]
    entries: list[Line]
    seen: int
    missed: int
    left_out: int


def report(drill: Drill, *, limit: int = ENTRIES) -> Report:
    """The drill as it stands; at most `limit` entries besides those that the verdicts name."""
    verdicts, everything = drill.verdicts, drill.evidence.everything()
    named = {number for verdict in verdicts for number in verdict.evidence}
    shown = [seen for position, seen in enumerate(everything) if position < limit or seen.number in named]
    sandbox = drill.sandbox
    return Report(
        id=drill.id,
        scenario=Subject(
            name=drill.scenario.name,
            title=drill.scenario.title,
            description=" ".join(drill.scenario.description.split()),
        ),
        sandbox=Place(
            id=sandbox.id,
            url=sandbox.base_url,
            path_url=sandbox.path_url,
            header={"X-Devkit-Sandbox": sandbox.id},
            query={"devkit_sandbox": sandbox.id},
            fresh=drill.fresh,
        ),
        state=drill.state,
        verdict=drill.outcome,
        reason=drill.reason,
        started_at=isoformat(drill.started_at),
        ended_at=None if drill.ended_at is None else isoformat(drill.ended_at),
        elapsed_ms=round(drill.elapsed * 1000),
        timeout_ms=drill.timeout,
        expectations=[
            Judged(
                id=verdict.id,
                title=verdict.title,
                verdict=verdict.outcome,
                final=verdict.final,
                reason=verdict.reason,
                evidence=list(verdict.evidence),
                window_ms=[_ms(edge) for edge in verdict.window] if verdict.window else None,
            )
            for verdict in verdicts
        ],
        rules=_rules(drill, everything),
        proxies=[
            Passage(name=proxy.name, title=proxy.title, sign=proxy.sign, changes=list(told(drill.scenario, proxy.name)))
            for proxy in sandbox.proxies
        ],
        entries=[line(seen) for seen in shown],
        seen=len(everything),
        missed=drill.evidence.missed,
        left_out=len(everything) - len(shown),
    )


def passages(report: Report) -> list[str]:
    """What a reader must know of the proxies that calls came through, a sentence each."""
    return [
        f"Calls came through {one.title} (known by {one.sign})"
        + (f": {'; '.join(one.changes)}" if one.changes else "; this scenario arrives through it as written")
        for one in report.proxies
    ]


def written(report: Report) -> dict[str, Any]:
    """As JSON."""
    return dataclasses.asdict(report)


def read(value: Any) -> Report:
    """A report from its JSON. Raises ValueError where it is none."""
    from pydantic import TypeAdapter

    return TypeAdapter(Report).validate_python(value)


def schema() -> dict[str, Any]:
    """The JSON Schema of a report."""
    from pydantic import TypeAdapter

    made = TypeAdapter(Report).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "A drill of devkit"}


def line(seen: Seen) -> Line:
    """An entry as a line of the report."""
    entry = seen.entry
    faults = [StrikeLine(rule=one.rule, kind=one.kind, number=one.number) for one in entry.faults]
    if isinstance(seen, Call):
        call = seen.entry
        address, mark = parted(call.path)
        what = call.operation or cut(address.partition("?")[0], _SHOWN, mark[2:-1])
        text = f"{call.method} {call.path}  {call.status or '–'}  {_ms(call.duration):.0f} ms{_struck(call.faults)}"
        return Line(
            number=seen.number, type="request", from_ms=_ms(seen.started), to_ms=_ms(seen.ended), what=what, text=text,
            status=call.status, user=call.user, faults=faults,
        )  # fmt: skip
    at = _ms(seen.at)
    if isinstance(seen, MailSeen):
        mail = seen.entry
        text = f"mail {mail.kind} to {mail.to}{_struck(mail.faults)}"
        return Line(
            number=seen.number, type="mail", from_ms=at, to_ms=at, what="mail", text=text, user=mail.to, faults=faults
        )
    socket = seen.entry
    told = {"in": "←", "out": "→", "open": "opened", "close": "closed", "struck": "struck while open"}
    parts = ["WebSocket", told.get(socket.direction, socket.direction), str(socket.code or ""), socket.frame or ""]
    said, mark = parted(" ".join(part for part in parts if part))
    text = cut(said, _SHOWN, mark[2:-1]) + _struck(socket.faults)
    return Line(
        number=seen.number, type="socket", from_ms=at, to_ms=at, what="socket", text=text, status=socket.code,
        user=socket.user, connection_id=socket.connection_id, direction=socket.direction, faults=faults,
    )  # fmt: skip


def _struck(faults: tuple[Struck, ...]) -> str:
    return f"  ↯ {', '.join(f'{one.kind} ({one.rule})' for one in faults)}" if faults else ""


def _rules(drill: Drill, everything: list[Seen]) -> list[Ruled]:
    prefix = f"{drill.scenario.name}/"
    struck = [one.rule for seen in everything for one in seen.entry.faults if one.rule.startswith(prefix)]
    return [
        Ruled(id=rule.id, fault=type(rule.fault).kind, struck=struck.count(prefix + rule.id))
        for rule in drill.scenario.rules
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
