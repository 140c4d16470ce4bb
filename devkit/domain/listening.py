"""What a caller listens to, where events are told as an answer that does not end."""

from __future__ import annotations

from collections.abc import Iterator

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByEvents
from devkit.contract.shapes import Told
from devkit.domain.base import Caller
from devkit.records import dataclass
from devkit.schemas.base import Json

_SHOWN = 60
"""Characters of a client's own text that an error repeats."""


@dataclass(frozen=True, slots=True)
class Listening:
    """`since` is the id of the last event that the client has; None where it has none, -1 where that is none at all."""

    topics: tuple[str, ...]
    since: int | None


async def listen(by: ByEvents, caller: Caller, told: Told) -> Listening:
    """Raises DomainError `validation_error` for a topic that is not there, or not the caller's."""
    asked = tuple(dict.fromkeys(_names(told.query.get("topics"))))
    for topic in asked:
        if topic not in by.topics:
            text = f"There is no topic {topic[:_SHOWN]!r}: there is {', '.join(by.topics) or 'none'}"
            raise DomainError("validation_error", fields={"topics": text})
    # What a browser says when it comes back is newer than what stands in the address that it comes back to.
    since = told.headers.get("last-event-id") or told.query.get("lastEventId")
    return Listening(asked or by.topics, _id(str(since)) if since else None)


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1


def _names(given: Json) -> Iterator[str]:
    for part in given if isinstance(given, list) else ():
        yield from filter(None, (name.strip() for name in str(part).split(",")))
