"""What the journal shows of secrets: that they were there, and nothing of what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = "***"

_WORDS = r"[\w-]*(?:token|password|secret|api_?key|authorization)"
_NAMES = rf"(?:{_WORDS}|access|refresh|csrf)"
_IN_JSON = re.compile(rf'("{_NAMES}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[-\d][\w.+-]*)', re.IGNORECASE)
_IN_QUERY = re.compile(rf"((?:^|(?<=[?&]))(?:{_NAMES}|code|state)=)[^&\s\"'<>]+", re.IGNORECASE)
_JWT = re.compile(r"(?<![\w-])(?=[\w-]++\.[\w-]*\.)([\w-]*?\b)eyJ[\w-]+\.[\w-]*\.[\w-]*")
"""The first look is from where the letters begin, and at the dots: else each of many `eyJ-` would be looked at."""
_HEADERS = {"authorization", "proxy-authorization", "x-api-key", "x-devkit-token"}


def mask_query(text: str) -> str:
    """An address, or a form, without its tokens, passwords, keys and one-time codes."""
    if "=" not in text:
        return text
    return _IN_QUERY.sub(rf"\1{MASK}", text)


def mask_text(text: str) -> str:
    """JSON (broken JSON too), a form or any other text, without what looks like a secret by its name or its shape."""
    return _JWT.sub(rf"\1{MASK}", mask_query(_IN_JSON.sub(rf'\1"{MASK}"', text)))


def mask_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields in their order. Of cookies the names and attributes stay, for these are what goes wrong with them."""
    return [(name, _field(name.lower(), value)) for name, value in headers.items()]


def _field(name: str, value: str) -> str:
    if name in _HEADERS:
        scheme, space, rest = value.partition(" ")
        return f"{scheme} {MASK}" if space and rest else MASK
    if name == "cookie":
        return "; ".join(_cookies(value.split(";")))
    if name == "set-cookie":
        first, semicolon, attributes = value.partition(";")
        return "".join([*_cookies([first]), semicolon, attributes])
    return mask_text(value)


def _cookies(pairs: Iterable[str]) -> Iterable[str]:
    for pair in pairs:
        name, equals, value = pair.strip().partition("=")
        yield f"{name}={MASK if value else ''}" if equals else MASK
