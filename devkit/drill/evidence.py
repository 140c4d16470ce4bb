"""What a drill has seen: the journal's entries from the moment the scenario was switched on, as judges need them.

The entries come one by one, as they are written, and so nothing that the journal drops later is missed here. Instants
are seconds since the scenario was switched on, on the machine's clock and never on the sandbox's: what a frontend waits
it waits by its own clock, which neither knows nor follows the sandbox's when that is frozen, turned or sped up.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from devkit.contract.base import Contract
from devkit.drill.browsers import is_browser, may_read
from devkit.effects import SECOND, Instant
from devkit.excerpts import parted
from devkit.faults.base import Moment
from devkit.faults.hit import Subject
from devkit.faults.registry import FAULTS
from devkit.journal import Detail, Entry, MailEntry, Message, RequestEntry, SocketEntry
from devkit.records import dataclass
from devkit.scenario.matching import Check, checks_of, names_operations, operations_of
from devkit.scenario.model import ExpectedCalls, Given, Match, Scenario

CAPACITY = 20_000
"""Entries of which a drill takes note; what comes after them is counted, and makes it say less."""

ROOM = 16 * 1024 * 1024
"""Bytes that they may take, roughly; what does not fit in is counted alike."""

_COST = 1024
"""What is noted of an entry besides itself, roughly."""

_NAMES = 3
"""So many operations go by their names where a need chooses them."""

KEY_HEADER = "Idempotency-Key"
_Wanted = Mapping[str, tuple[Match, frozenset[str], tuple[Check, ...]]]
"""By expectation: what it matches, the operations that it means, and what must hold besides."""
NO_BODY = hashlib.blake2b(b"", digest_size=16).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request. `fits` are the expectations whose `match` holds for it.

    `status` is None where the client got no answer that it could use. `retry_after` is in milliseconds. `body` tells
    bodies apart; None where it is not known (a file). `headers` has those that an expectation compares. `given` are the
    expectations whose `given` it is about, `rules` those that struck it. `revalidates`: it asked whether what the
    client has is still right. `browser`: a browser sent it, which judges the answer before a page sees it. A preflight
    `stands_for` the method that it asked about, and `would_fit` what the call would fit that it may forbid. It
    `agrees` with expectations whose match holds but for the operations that are meant.
    """

    number: int
    entry: RequestEntry
    started: float
    ended: float
    status: int | None
    fits: frozenset[str]
    retry_after: int | None = None
    body: bytes | None = NO_BODY
    key: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    revalidates: bool = False
    browser: bool = False
    stands_for: str = ""
    would_fit: frozenset[str] = frozenset()
    agrees: frozenset[str] = frozenset()
    agrees_given: frozenset[str] = frozenset()

    @property
    def failed(self) -> bool:
        return self.status is None or self.status >= 400

    @property
    def is_preflight(self) -> bool:
        return self.entry.method == "OPTIONS" and self.entry.operation is None

    def answered(self, status: int) -> bool:
        """Whether the page was answered so. A 304 gives it what the cache has, which is a 200 to it (RFC 9110, section
        15.4.5; the Fetch standard, "HTTP-network-or-cache fetch").
        """
        return self.status == status or (status == 200 and self.status == 304 and self.revalidates)


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSeen:
    """Something that happened on a WebSocket, or to its handshake. `struck`: by this scenario. `topics` are what it was
    subscribed to then, whatever its dialect calls that; None where it is not known.
    """

    number: int
    entry: SocketEntry
    at: float
    struck: bool
    topics: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSeen:
    """A mail that was sent."""

    number: int
    entry: MailEntry
    at: float


Seen = Call | SocketSeen | MailSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBefore:
    """A WebSocket that was open already when the scenario was switched on."""

    connection_id: str
    user: str | None
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """The first strike of a rule: when, and the entry that tells it."""

    at: float
    number: int
    call: Call | None


class Evidence:
    """All that a drill has seen so far."""

    def __init__(
        self,
        scenario: Scenario,
        contract: Contract,
        open_before: tuple[OpenBefore, ...] = (),
        *,
        capacity: int = CAPACITY,
        room: int = ROOM,
    ) -> None:
        self.scenario = _named(scenario, contract)
        self._played = scenario
        self.open_before = open_before
        self.calls: list[Call] = []
        self.sockets: list[SocketSeen] = []
        self.mails: list[MailSeen] = []
        self.strikes: dict[str, Strike] = {}
        self.topics: dict[str, frozenset[str]] = {}
        """What the WebSockets that are open now are subscribed to, by connection."""
        self.missed = 0
        self.full_at: float | None = None
        """When the record was full, where it was."""
        self.ended: float | None = None
        """When the scenario was switched off: what comes later happened without it."""
        self.size = 0
        """Bytes that all of it takes, roughly."""
        self._capacity, self.room = capacity, room
        self._meant(contract)
        self._headers = {one.calls.same_header for one in scenario.expect if one.calls and one.calls.same_header}

    def adopt(self, contract: Contract) -> None:
        """What is expected goes on with that contract, and what was seen is of its operations: those of a real backend
        are learned while it is called.
        """
        self.scenario = _named(self._played, contract)
        self._meant(contract)
        self.calls = [
            dataclasses.replace(
                call,
                fits=_among(self._wanted, call.entry, call.agrees),
                given=_among(self._given, call.entry, call.agrees_given),
            )
            for call in self.calls
        ]
        by_number = {call.number: call for call in self.calls}
        self.strikes = {
            rule: dataclasses.replace(strike, call=by_number.get(strike.number))
            for rule, strike in self.strikes.items()
        }

    def _meant(self, contract: Contract) -> None:
        expected = [(one.id, one.calls) for one in self._played.expect if one.calls]
        self._wanted = {name: _wanted(calls.match, contract) for name, calls in expected}
        self._given = {name: _wanted(calls.given.match, contract) for name, calls in expected if calls.given}

    @property
    def wants_bodies(self) -> bool:
        """Whether bodies of requests are compared, or tell whether one call repeats another."""
        calls = [one.calls for one in self.scenario.expect if one.calls]
        return any(
            one.same_body is not None
            or one.min_gap is not None
            or one.min_growth is not None
            or one.repeats is not None
            or one.distinct
            or one.match.body
            or (one.given is not None and one.given.match.body)
            for one in calls
        )

    @property
    def count(self) -> int:
        return len(self.calls) + len(self.sockets) + len(self.mails)

    @property
    def struck(self) -> bool:
        """Whether the failure reached anybody. What strikes the sandbox as a whole leaves no mark in the journal."""
        kinds = [type(rule.fault) for rule in self.scenario.rules]
        return bool(self.strikes) or all(kind.moments() <= {Moment.SANDBOX} for kind in kinds)

    def add(self, entry: Entry, at: float, detail: Detail | None = None, topics: frozenset[str] | None = None) -> None:
        """Take note of an entry that was written at that instant; `topics` are those of its WebSocket."""
        if self.ended is not None and at - getattr(entry, "duration", 0.0) > self.ended:
            return  # it began when nothing was on any more
        size = _COST + entry.size
        if self.count >= self._capacity or self.size + size > self.room:
            self.missed += 1
            self.full_at = at if self.full_at is None else self.full_at
            return
        self.size += size
        if isinstance(entry, RequestEntry):
            self._add_call(entry, at, detail)
        elif isinstance(entry, SocketEntry):
            self._note_strikes(entry, at)
            struck = any(one.rule.startswith(f"{self.scenario.name}/") for one in entry.faults)
            seen = SocketSeen(number=entry.number, entry=entry, at=at, struck=struck, topics=topics)
            self.sockets.append(seen)
        else:
            self._note_strikes(entry, at)
            self.mails.append(MailSeen(number=entry.number, entry=entry, at=at))

    def everything(self) -> list[Seen]:
        """All of it in the order of the journal."""
        return sorted([*self.calls, *self.sockets, *self.mails], key=lambda seen: seen.number)

    def _add_call(self, entry: RequestEntry, at: float, detail: Detail | None) -> None:
        request, response = (detail.request, detail.response) if detail else (Message({}), Message({}))
        subject = _subject(entry, request)
        agrees, agrees_given = _agreeing(self._wanted, subject), _agreeing(self._given, subject)
        # What a fault held until the scenario was switched off was answered by nobody, as the frontend sees it.
        unusable = any(FAULTS[one.kind].breaks for one in entry.faults if one.kind in FAULTS) or entry.status == 499
        late = self.ended is not None and bool(entry.faults)
        browser = is_browser(request.headers)
        hidden = browser and not may_read(request.headers, response.headers)
        asked = request.headers.get("Access-Control-Request-Method", "") if entry.method == "OPTIONS" else ""
        forbidden = dataclasses.replace(entry, method=asked) if asked else None
        call = Call(
            number=entry.number,
            entry=entry,
            started=at - entry.duration,
            ended=at,
            status=None if unusable or late or hidden else entry.status,
            fits=_among(self._wanted, entry, agrees),
            retry_after=None if detail is None else _retry_after(response.headers, detail.machine_at),
            body=_fingerprint(request),
            key=request.headers.get(KEY_HEADER),
            headers={name: request.headers.get(name) for name in self._headers},
            given=_among(self._given, entry, agrees_given),
            agrees=agrees,
            agrees_given=agrees_given,
            rules=frozenset(self._strikes_of(entry)),
            revalidates="If-None-Match" in request.headers or "If-Modified-Since" in request.headers,
            browser=browser,
            stands_for=asked,
            would_fit=_would_fit(self._wanted, forbidden, request) if forbidden else frozenset(),
        )
        if call.started < 0 and not self._strikes_of(entry):
            return  # under way before the scenario was on
        self.calls.append(call)
        self._note_strikes(entry, call.started, call)

    def _note_strikes(self, entry: Entry, at: float, call: Call | None = None) -> None:
        for rule in self._strikes_of(entry):
            known = self.strikes.get(rule)
            if known is None or at < known.at:
                self.strikes[rule] = Strike(at=at, number=entry.number, call=call)

    def _strikes_of(self, entry: Entry) -> list[str]:
        parts = [one.rule.partition("/") for one in entry.faults]
        return [rule for scenario, _, rule in parts if scenario == self.scenario.name]


def _named(scenario: Scenario, contract: Contract) -> Scenario:
    """The same, but that what is chosen by need goes by its names, where those are few: verdicts are read by people."""

    def named(part: ExpectedCalls | Given) -> dict[str, Any]:
        match = part.match
        meant = operations_of(match, contract) if match.needs else ()
        if not 0 < len(meant) <= _NAMES:
            return {}
        return {"match": match.model_copy(update={"needs": None, "operation": sorted(meant)})}

    def spelled(calls: ExpectedCalls) -> ExpectedCalls:
        given = {"given": calls.given.model_copy(update=named(calls.given))} if calls.given else {}
        return calls.model_copy(update=named(calls) | given)

    expect = [one.model_copy(update={"calls": spelled(one.calls)}) if one.calls else one for one in scenario.expect]
    return scenario.model_copy(update={"expect": expect})


def _wanted(match: Match, contract: Contract) -> tuple[Match, frozenset[str], tuple[Check, ...]]:
    return match, operations_of(match, contract), checks_of(match, Moment.REQUEST)


def _agreeing(wanted: _Wanted, subject: Subject) -> frozenset[str]:
    """What holds for it, whichever operations are meant."""
    return frozenset(name for name, (_, _, checks) in wanted.items() if all(check(subject) for check in checks))


def _among(wanted: _Wanted, entry: RequestEntry, agrees: frozenset[str]) -> frozenset[str]:
    """Those of them that mean its operation."""
    return frozenset(name for name in agrees if _may_fit(entry, *wanted[name][:2]))


def _would_fit(wanted: _Wanted, entry: RequestEntry, request: Message) -> frozenset[str]:
    return _among(wanted, entry, _agreeing(wanted, _subject(entry, request)))


def _may_fit(entry: RequestEntry, match: Match, operations: frozenset[str]) -> bool:
    if names_operations(match) and entry.operation not in operations:
        return False
    # Preflights are the browser's own; who means them says so.
    preflight = entry.method == "OPTIONS" and entry.operation is None
    return not preflight or match.method is not None or match.path is not None


def _subject(entry: RequestEntry, request: Message) -> Subject:
    path, _, query = parted(entry.path)[0].partition("?")
    return Subject(
        operation=entry.operation,
        dialect=entry.dialect,
        method=entry.method,
        path=path,
        headers=request.headers,
        query=dict(parse_qsl(query, keep_blank_values=True)),
        body=_json(request.body),
        user=entry.user,
    )


def _json(body: bytes | None) -> Mapping[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _fingerprint(request: Message) -> bytes | None:
    if request.digest is not None:
        return request.digest
    if request.body is not None:
        return hashlib.blake2b(request.body, digest_size=16).digest()
    has_body = request.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in request.headers
    return None if has_body else NO_BODY


def _retry_after(headers: Mapping[str, str], now: Instant) -> int | None:
    """Milliseconds that an answer asked to wait (RFC 9110, section 10.2.3). A date is compared with the client's clock,
    which is the machine's; who reads the answer's own `Date` instead has waited long enough too.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return int(value) * SECOND
    wanted = _moment(value)
    if wanted is None:
        return None
    told = _moment(headers.get("Date", ""))
    return max(0, min(wanted - now, wanted - now if told is None else wanted - told))


def _moment(value: str) -> Instant | None:
    try:
        return round(parsedate_to_datetime(value).timestamp() * SECOND)
    except ValueError:
        return None
