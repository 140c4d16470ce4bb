"""What is kept and shown of what clients send: its beginning, and how long it was.

The one way to cut: journal, log, drills and whatever is made of them have a text whole, or with a mark at its end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from multidict import CIMultiDict

ADDRESS_KEPT = 2 * 1024
"""Characters of an address."""

FIELD_KEPT = 2 * 1024
"""Characters of the value of a header field."""

FRAME_KEPT = 2 * 1024
"""Characters of a WebSocket's frame."""

BODY_KEPT = 8 * 1024
"""Bytes of a body."""

_MARK = re.compile(r"…\[[0-9]+ (?:characters|bytes)\]\Z")


def cut(text: str, most: int, whole: str | None = None) -> str:
    """The text; where it is longer than `most` its beginning, and a mark that says how long it was, or the `whole` that
    it was made of: `abc…[5000 characters]`.
    """
    if len(text) <= most:
        return text
    return f"{text[:most]}…[{whole or f'{len(text)} characters'}]"


def parted(text: str) -> tuple[str, str]:
    """The text without the mark of `cut`, and the mark; an empty one where the text is whole."""
    found = _MARK.search(text)
    return (text[: found.start()], found[0]) if found else (text, "")


def cut_fields(fields: Mapping[str, str]) -> Mapping[str, str]:
    """Header fields as they are, or with the values cut that are too long."""
    if max(map(len, fields.values()), default=0) <= FIELD_KEPT:
        return fields
    return CIMultiDict((name, cut(value, FIELD_KEPT)) for name, value in fields.items())
