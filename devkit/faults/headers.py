"""What faults that change headers share: values that may stand in one, and lists separated by commas."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from typing import Annotated, Any

from pydantic import Field

from devkit.effects import Instant

HeaderText = Annotated[str, Field(pattern=r"^[^\r\n\x00]*$")]
"""What fits into one header: a line break in it would end the header."""

HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]

EXPOSE = "Access-Control-Expose-Headers"


def listed(value: str) -> list[str]:
    """The items of a value such as `GET, POST`."""
    return [item.strip() for item in value.split(",") if item.strip()]


def drop_from(headers: Any, name: str, unwanted: Iterable[str]) -> None:
    """Take items out of a header that lists them, whatever their case; a list without items is no header."""
    lowered = {item.lower() for item in unwanted}
    kept = [item for item in listed(headers.get(name, "")) if item.lower() not in lowered]
    if kept:
        headers[name] = ", ".join(kept)
    else:
        headers.pop(name, None)


def expose(headers: Any, names: Iterable[str]) -> None:
    """Let scripts of another origin read these too, where they may read anything."""
    if EXPOSE in headers:
        headers[EXPOSE] = ", ".join([headers[EXPOSE], *names])


def http_date(instant: Instant) -> str:
    """`Tue, 20 Jan 2026 10:00:00 GMT` (RFC 9110, section 5.6.7)."""
    return formatdate(instant / 1000, usegmt=True)
