"""A recording as it is searched: which exchange answers what, and in which epoch of which group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field as has

from devkit.recording.base import Fields, Recorded
from devkit.recording.har.bodies import field
from devkit.recording.replay.canonical import Canon, Form, Route
from devkit.records import dataclass

_READS = frozenset({"GET", "HEAD", "QUERY"})
_PARAMETER = re.compile(r"\{[^{}]*\}")
_COOKIE = re.compile(r"(?:^|;)\s*([^=;\s]+)=")


@dataclass(slots=True, eq=False)
class Row:
    """One exchange on the tape. `epoch` is how often its group had been moved on before it, and `moves` are the groups
    that it moves on, with the epochs that begin there. `signed_in` says that it came with credentials.
    """

    number: int
    operation: str
    """Method and template, such as `GET /orders/{id}`."""
    group: str
    key: bytes
    target: str
    status: int
    digest: str
    signed_in: bool
    epoch: int = 0
    moves: dict[str, int] = has(default_factory=dict)

    @property
    def method(self) -> str:
        return self.operation.partition(" ")[0]

    @property
    def is_read(self) -> bool:
        return self.method in _READS

    @property
    def writes(self) -> bool:
        """Whether it changed something: what was refused did not."""
        return not self.is_read and 200 <= self.status < 400


class Tape:
    """All rows, by what they answer."""

    def __init__(
        self,
        rows: Sequence[Row],
        canon: Canon,
        route: Route,
        cookies: frozenset[str] = frozenset(),
        *,
        began: float = 0.0,
        origin: str = "",
    ) -> None:
        """`cookies` are those that have a session, `began` is when it was recorded, `origin` whom most was sent to."""
        self.rows, self.canon, self.route, self.cookies, self.began = rows, canon, route, cookies, began
        self.origin = origin
        self.by_key: dict[bytes, list[Row]] = {}
        self.by_operation: dict[str, list[Row]] = {}
        for row in rows:
            self.by_key.setdefault(row.key, []).append(row)
            self.by_operation.setdefault(row.operation, []).append(row)

    @property
    def operations(self) -> list[str]:
        return list(self.by_operation)

    def form(self, method: str, target: str, fields: Fields, body: bytes | None) -> tuple[Form, str]:
        """A request in canonical form, and the template of its path."""
        template = self.route(method, target) or target.partition("?")[0]
        return self.canon.form(method, target, fields, body, template), template

    def is_signed_in(self, fields: Fields) -> bool:
        """Whether a request has credentials, by the names that these have in the recording."""
        return signed_in(fields, self.cookies)


def tape_of(exchanges: Iterable[Recorded], canon: Canon, route: Route) -> Tape:
    """Read a recording, in its order."""
    rows: list[Row] = []
    cookies: set[str] = set()
    carried: list[Fields] = []
    began = 0.0
    origins: Counter[str] = Counter()
    for exchange in exchanges:
        began = began or exchange.at
        rows.append(_row(exchange, canon, route))
        origins[exchange.origin] += 1
        carried.append(exchange.request_fields)
        for name, value in exchange.answer_fields:
            if name.lower() == "set-cookie" and "httponly" in value.lower():
                cookies.add(value.partition("=")[0].strip())
    for row, fields in zip(rows, carried, strict=True):
        row.signed_in = signed_in(fields, cookies)
    _date(rows, _moved(rows))
    origin = max(origins, key=origins.__getitem__, default="")
    return Tape(rows, canon, route, frozenset(cookies), began=began, origin=origin)


def _row(exchange: Recorded, canon: Canon, route: Route) -> Row:
    template = route(exchange.method, exchange.target) or exchange.path
    unknown = "request" in exchange.unknown
    body = exchange.request_body.read() if exchange.request_body and not unknown else None
    form = canon.form(exchange.method, exchange.target, exchange.request_fields, body, template, unknown=unknown)
    digest = exchange.answer_body.digest if exchange.answer_body else ""
    return Row(
        number=exchange.number,
        operation=f"{exchange.method} {template}",
        group=group_of(template),
        key=form.key(),
        target=exchange.target,
        status=exchange.status,
        digest=f"{exchange.status} {digest}",
        signed_in=False,
    )


def group_of(template: str) -> str:
    """The resource group of a path: all below what stands before its first parameter. `/orders`, `/orders/{id}` and
    `/orders/{id}/items` are one.
    """
    found = _PARAMETER.search(template)
    return (template[: found.start()] if found else template).rstrip("/") or "/"


def signed_in(fields: Fields, cookies: Iterable[str]) -> bool:
    if field(fields, "authorization"):
        return True
    given = field(fields, "cookie")
    return bool(given) and not set(_COOKIE.findall(given)).isdisjoint(cookies)


def _moved(rows: Sequence[Row]) -> dict[str, set[str]]:
    """By operations that write, the groups that they move on: their own, and those of which an equal read was answered
    otherwise afterwards, where no write of its own stands between.
    """
    found: dict[str, set[str]] = {}
    last_read: dict[tuple[bytes, bool], tuple[int, Row]] = {}
    writes: list[tuple[int, Row]] = []
    for at, row in enumerate(rows):
        if row.writes:
            writes.append((at, row))
            found.setdefault(row.operation, {row.group})
        elif row.is_read and row.status:
            before = last_read.get((row.key, row.signed_in))
            if before is not None and before[1].digest != row.digest:
                between = [write for number, write in writes if number > before[0]]
                if not any(row.group in found[write.operation] for write in between):
                    for write in between:
                        found[write.operation].add(row.group)
            last_read[row.key, row.signed_in] = at, row
    return found


def _date(rows: Sequence[Row], moved: dict[str, set[str]]) -> None:
    epochs: dict[str, int] = {}
    for row in rows:
        row.epoch = epochs.get(row.group, 0)
        if row.writes:
            for group in moved[row.operation]:
                epochs[group] = row.moves[group] = epochs.get(group, 0) + 1
