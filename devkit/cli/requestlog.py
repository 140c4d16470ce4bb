"""One line per request, aligned; or JSON lines."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

from devkit.cli.style import Style, printable
from devkit.effects import Instant, isoformat, parse_instant
from devkit.journal import Entry, MailEntry, RequestEntry, SocketEntry

_INDENT = " " * 10
_SLOW = 1.0
_SOCKET = 19
"""Columns before what a socket has to tell."""
_NO_CONTENT = 204
_PATH, _OPERATION, _USER = 36, 22, 18
_OTHERS = 33
"""Columns of what is always there: time, method, status, duration."""
_LAYOUTS = (
    (True, True, 36, _PATH),
    (True, True, 8, 28),
    (True, True, 0, 22),
    (False, True, 0, 22),
    (False, False, 0, 1),
)
"""From wide to narrow: whether operation and user have a column, how much of the request's id is shown, and from how
many columns for the path on that is the layout.
"""


class RequestLog:
    """Turns journal entries into lines. `level` is the setting `log_level`. `width` tells how many columns there are;
    None: as many as it takes. With `fold` a preflight that went well is told with the call behind it.
    """

    def __init__(
        self,
        style: Style,
        *,
        as_json: bool,
        level: str = "info",
        width: Callable[[], int] | None = None,
        fold: bool = False,
    ) -> None:
        self._style, self._json, self._level, self._fold = style, as_json, level, fold
        self._width: Callable[[], int] | None = width
        self._preflight: RequestEntry | None = None
        self._least_status = {"error": 500, "warning": 400}.get(level, 0)
        # Columns that say the same in most lines: they are made once.
        self._start = lru_cache(64)(lambda second, method: f"{style.dim(_clock_time(second))}  {printable(method):7}")
        self._outcome = lru_cache(512)(self._outcome_columns)
        self._took = lru_cache(512)(lambda milliseconds: style.dim(f"{milliseconds} ms".rjust(7)))
        self._who = lru_cache(512)(lambda user: f"{printable(user or '–'):{_USER}}")

    def lines(self, entry: Entry) -> str | None:
        """The entry's line or lines, without a newline at the end; None where the level leaves it out."""
        if not self._wanted(entry):
            return None
        if self._json:
            return json.dumps(as_data(entry))
        if not self._fold:
            return self._written(entry)
        preflight, self._preflight = self._preflight, None
        if isinstance(entry, RequestEntry):
            if _is_plain_preflight(entry):
                self._preflight = entry
                return self._written(preflight) if preflight else None
            if preflight and (preflight.path, preflight.sandbox) == (entry.path, entry.sandbox):
                return self._request(entry, preflight)
        text = self._written(entry)
        return f"{self._written(preflight)}\n{text}" if preflight else text

    def rest(self) -> str | None:
        """What still waits for a call behind it."""
        preflight, self._preflight = self._preflight, None
        return self._written(preflight) if preflight else None

    def _written(self, entry: Entry) -> str:
        if isinstance(entry, RequestEntry):
            return self._request(entry)
        return self._mail(entry) if isinstance(entry, MailEntry) else self._socket(entry)

    def _wanted(self, entry: Entry) -> bool:
        if isinstance(entry, RequestEntry):
            # Status 0 is an answer that never left: the connection broke.
            noted = entry.note is not None and self._level != "error"
            return entry.status >= self._least_status or entry.status == 0 or noted
        if isinstance(entry, SocketEntry) and entry.direction in {"in", "out"}:
            return self._level == "debug"
        return self._level in {"debug", "info"}

    def _request(self, entry: RequestEntry, preflight: RequestEntry | None = None) -> str:
        style = self._style
        # What most requests have none of.
        more: list[tuple[str, Callable[[str], str]]] = []
        if entry.error:
            more.append((entry.error, partial(self._coloured, entry.status)))
        if entry.kept_by:
            more.append((f"by {entry.kept_by}", style.dim))
        if entry.sandbox != "main":
            more.append((f"[{printable(entry.sandbox)}]", style.cyan))
        if preflight is not None:
            more.append((f"+ preflight {round(preflight.duration * 1000)} ms", style.dim))
        operation, user, shown_id, room = self._layout(sum(len(text) + 2 for text, _ in more))
        columns = [
            self._start(entry.at // 1000, entry.method),
            f"{_fitted(printable(entry.path), room):{room or _PATH}}",
            self._outcome(entry.operation, entry.status, operation),
            self._duration(entry.duration),
        ]
        if user:
            columns.append(self._who(entry.user))
        if shown_id:
            columns.append(style.dim(printable(entry.request_id[:shown_id])))
        line = "  ".join([*columns, *(paint(text) for text, paint in more)])
        remarks = self._remarks(entry) if entry.note or entry.faults or entry.operation is None else ()
        return "\n".join([line.rstrip(), *remarks]) if remarks else line.rstrip()

    def _layout(self, taken: int) -> tuple[bool, bool, int, int]:
        """Which columns there are (see `_LAYOUTS`), and how wide the path's is; `taken` is what stands behind them."""
        if self._width is None:
            return *_LAYOUTS[0][:3], 0
        left = self._width() - _OTHERS - taken
        for operation, user, shown_id, least in _LAYOUTS:
            room = left - (_OPERATION + 2) * operation - (_USER + 2) * user - (shown_id + 2 if shown_id else 0)
            if room >= least:
                break
        return operation, user, shown_id, max(1, min(room, _PATH))

    def _remarks(self, entry: RequestEntry) -> list[str]:
        remarks = []
        if entry.operation is None and entry.nearest:
            remarks.append(f"nothing is at this path; near it: {', '.join(entry.nearest)}")
        if entry.note:
            remarks.append(printable(entry.note))
        remarks += [
            f"struck by {struck.kind} ({struck.rule}, for the {_nth(struck.number)} time)" for struck in entry.faults
        ]
        return self._remarked(remarks)

    def _remarked(self, remarks: list[str]) -> list[str]:
        return [f"{_INDENT}{self._style.yellow(line)}" for remark in remarks for line in self._wrapped(remark)]

    def _wrapped(self, remark: str) -> list[str]:
        if self._width is None:
            return [f"↳ {remark}"]
        room = max(20, self._width() - len(_INDENT))
        return textwrap.wrap(remark, room, initial_indent="↳ ", subsequent_indent="  ", break_on_hyphens=False)

    def _outcome_columns(self, operation: str | None, status: int, named: bool) -> str:
        if not named:
            return self._status(status)
        column = f"{operation or '–':{_OPERATION}}"
        return f"{column if operation else self._style.yellow(column)}  {self._status(status)}"

    def _status(self, status: int) -> str:
        return self._coloured(status, f"{status:3}" if status else "  –")

    def _coloured(self, status: int, text: str) -> str:
        style = self._style
        if not style.enabled:
            return text
        paint = {1: style.cyan, 2: style.green, 3: style.cyan, 4: style.yellow}.get(status // 100, style.red)
        return paint(text)

    def _duration(self, seconds: float) -> str:
        if seconds < _SLOW:
            return self._took(round(seconds * 1000))
        return self._style.yellow(f"{seconds:.2f} s".rjust(7))

    def _mail(self, entry: MailEntry) -> str:
        time = self._style.dim(clock_time(entry.at))
        what = f"{entry.kind} to {printable(entry.to)}: {printable(entry.subject)}"
        return f"{time}  {'mail'.ljust(7)}  {what}  {self._delivery(entry)}"

    def _delivery(self, entry: MailEntry) -> str:
        """How to read it; or that it is lost, or when it comes."""
        if not entry.delivered:
            return self._style.yellow("lost")
        first, *more = entry.delivered
        late = f"comes at {clock_time(first)}" if first > entry.at else ""
        twice = f"{len(entry.delivered)} copies" if more else ""
        remarks = [self._style.yellow(remark) for remark in (late, twice) if remark]
        return "  ".join([self._style.dim(f"devkit mail show {entry.mail_id}"), *remarks])

    def _socket(self, entry: SocketEntry) -> str:
        time = self._style.dim(clock_time(entry.at))
        what = {
            "open": "opened",
            "refused": f"refused {entry.code or ''}".rstrip(),
            "close": f"closed {entry.code or ''}".rstrip(),
            "in": "←",
            "out": "→",
        }
        frame = f" {printable(entry.frame)}" if entry.frame else ""
        text = f"{what.get(entry.direction, entry.direction)}{frame}"
        who, connection = printable(entry.user or "–"), entry.connection_id
        if self._width is not None:
            connection = connection[:8]
            text = _fitted(text, max(_PATH, self._width() - _SOCKET - len(who) - len(connection) - 4))
        line = f"{time}  {'socket'.ljust(7)}  {text.ljust(_PATH)}  {who}  {self._style.dim(connection)}"
        return "\n".join([line, *self._remarked([printable(entry.note)])]) if entry.note else line


def _is_plain_preflight(entry: RequestEntry) -> bool:
    """Whether it is a preflight of which there is nothing to tell."""
    went_well = entry.status == _NO_CONTENT and not (entry.error or entry.note or entry.faults)
    return entry.method == "OPTIONS" and went_well


def _fitted(text: str, room: int) -> str:
    """The text, cut where it is longer; 0 is room for all of it."""
    return text if not room or len(text) <= room else text[: max(0, room - 1)] + "…"


def as_data(entry: Entry) -> dict[str, Any]:
    """The entry as JSON data: `event` is request, mail or socket; `at` is ISO 8601; durations are milliseconds."""
    kinds = {RequestEntry: "request", MailEntry: "mail", SocketEntry: "socket"}
    data: dict[str, Any] = {"event": kinds[type(entry)], **dataclasses.asdict(entry), "at": isoformat(entry.at)}
    if isinstance(entry, RequestEntry):
        del data["duration"]
        data["duration_ms"] = round(entry.duration * 1000, 3)
    if isinstance(entry, MailEntry):
        data["delivered"] = [isoformat(instant) for instant in entry.delivered]
    return data


def entry_of(data: Mapping[str, Any]) -> Entry:
    """The entry that the control API wrote as JSON. Raises KeyError for what is none."""
    kind: Any = {"request": RequestEntry, "mail": MailEntry, "socket": SocketEntry}[data["type"]]
    known = {field.name for field in dataclasses.fields(kind)}
    values = {name: value for name, value in data.items() if name in known} | {"at": parse_instant(data["at"])}
    if values.get("faults"):
        from devkit.faults.hit import Fingerprint

        values["faults"] = tuple(Fingerprint(**struck) for struck in values["faults"])
    if kind is RequestEntry:
        values["nearest"] = tuple(values["nearest"])
    elif kind is MailEntry:
        values["delivered"] = tuple(parse_instant(instant) for instant in values["delivered"])
    entry: Entry = kind(**values)
    return entry


def _nth(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def clock_time(instant: Instant) -> str:
    """`10:00:00` in the terminal's time zone."""
    return _clock_time(instant // 1000)


@lru_cache(64)
def _clock_time(second: int) -> str:
    try:
        return f"{datetime.fromtimestamp(second, UTC).astimezone():%H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        # A sandbox's clock may stand at the very ends of what the system's time zones know.
        return isoformat(second * 1000)[11:19]
