"""An answer's body, as much of it as a reader wants to pay for."""

from __future__ import annotations

import json
import re
from http.client import HTTPException, HTTPResponse
from typing import Any

from devkit.effects import stopwatch

MOST = 200_000
"""Characters of a body that are shown at the most."""

_TEXT = re.compile(r"(?i)text/|application/(?:[\w.+-]*\b)?(?:json|xml|yaml|javascript|x-www-form-urlencoded)|image/svg")


def read(response: HTTPResponse, most: int, seconds: float) -> dict[str, Any]:
    """`{body, cut, bytes}`: JSON as JSON where all of it is shown, else its text; bytes that are no text are counted.
    `trouble` says where the body ended too early. What is not there after that time is not waited for: a stream may
    never end.
    """
    most = min(max(most, 0), MOST)
    told: dict[str, Any] = {}
    content, rest, deadline = b"", False, stopwatch() + seconds
    try:
        # Four bytes are the most that a character takes.
        while not rest and (part := response.read1(65_536)):
            content += part
            rest = len(content) > most * 4 or stopwatch() > deadline
        if not rest and response.length:
            told["trouble"] = "The body ended before all of it was there."
    except TimeoutError:
        rest = True
    except (HTTPException, OSError) as error:
        told["trouble"] = f"The body broke off: {error or type(error).__name__}."
    kind = response.headers.get("Content-Type", "")
    if not content:
        return told | ({"cut": True} if rest else {})
    told["bytes"] = len(content)
    if response.headers.get("Content-Encoding") or not (_TEXT.match(kind) or not kind):
        return told | {"cut": True, "body": f"({len(content)}{'+' * rest} bytes of {kind or 'unknown kind'})"}
    text = content.decode("utf-8", "replace")
    if rest or len(text) > most:
        return told | {"cut": True, "body": text[:most]}
    try:
        return told | {"cut": False, "body": json.loads(text) if "json" in kind else text}
    except ValueError:
        return told | {"cut": False, "body": text}
