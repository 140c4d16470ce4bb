"""Instants in what was recorded, moved onto another clock; and those that a client sends back, moved again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime

from devkit.recording.base import Fields
from devkit.records import dataclass

_ISO = re.compile(
    rb"(?<![\d-])(\d{4}-\d\d-\d\d)([Tt ]|%20|\+)(\d\d)(:|%3[Aa])(\d\d)(:|%3[Aa])(\d\d)"
    rb"(\.\d{1,9})?(Z|z|[+-]\d\d:?\d\d|(?![\d:]))"
)
"""ISO 8601 with a time (RFC 3339), in a query too. A date alone is somebody's birthday as often as not."""
_EPOCH = re.compile(
    rb'("(?:\w*(?:_at|At|_time|Time|timestamp|Timestamp|_on|expires\w*|Expires\w*)|exp|iat|nbf|ts|time)"\s*:\s*)'
    rb"(\d{10}|\d{13})(?=[\s,}\].])"
)
"""Seconds or milliseconds since 1970, by what their members are called."""
_NEAR = 400 * 86_400
"""Seconds around the recording in which an instant was meant to be near the present."""
_DATES = frozenset({"last-modified", "expires", "sunset"})
_COOKIE_EXPIRES = re.compile(r"(expires=)([^;]+)", re.IGNORECASE)
_TEXTS = re.compile(r"text/|.*(?:json|xml|javascript|x-www-form-urlencoded|graphql)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shift:
    """By `seconds`, whole ones: what is moved there and back again is what it was. `around` is when the recording was
    made, in seconds since 1970.
    """

    seconds: int
    around: float

    def back(self) -> Shift:
        """The way back."""
        return Shift(-self.seconds, self.around + self.seconds)

    def body(self, data: bytes, kind: str) -> bytes:
        if not self.seconds or not _TEXTS.match(kind):
            return data
        return _EPOCH.sub(self._epoch, _ISO.sub(self._iso, data))

    def text(self, text: str) -> str:
        """A path with its query."""
        return _ISO.sub(self._iso, text.encode("latin-1", "replace")).decode("latin-1") if self.seconds else text

    def fields(self, fields: Fields) -> Fields:
        if not self.seconds:
            return fields
        return tuple((name, self._field(name.lower(), value)) for name, value in fields)

    def _field(self, name: str, value: str) -> str:
        if name in _DATES:
            return self._http(value)
        if name == "set-cookie":
            return _COOKIE_EXPIRES.sub(lambda found: found[1] + self._http(found[2].strip()), value)
        return value

    def _http(self, value: str) -> str:
        try:
            moment = parsedate_to_datetime(value).timestamp()
        except (ValueError, TypeError, OverflowError):
            return value
        return formatdate(moment + self.seconds, usegmt=True) if self._is_near(moment) else value

    def _iso(self, found: re.Match[bytes]) -> bytes:
        date, mark, hour, colon, minute, colon2, second, rest, zone = found.groups()
        written = b"%b %b:%b:%b" % (date, hour, minute, second)
        try:
            moment = datetime.strptime(written.decode(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError:
            return found[0]
        if not self._is_near(moment.timestamp()):
            return found[0]
        moved = (moment + timedelta(seconds=self.seconds)).strftime("%Y-%m-%d %H:%M:%S").encode()
        day, _, time = moved.partition(b" ")
        clock = time[:2] + colon + time[3:5] + colon2 + time[6:]
        return day + mark + clock + (rest or b"") + (zone or b"")

    def _epoch(self, found: re.Match[bytes]) -> bytes:
        number = int(found[2])
        scale = 1000 if len(found[2]) == 13 else 1
        return b"%b%d" % (found[1], number + self.seconds * scale) if self._is_near(number / scale) else found[0]

    def _is_near(self, moment: float) -> bool:
        return abs(moment - self.around) <= _NEAR
