"""What journal and terminal show of secrets: that they were there, and nothing of what they are.

Secrets are known by the names that stand before them, and by their shape where there is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

from devkit.excerpts import ADDRESS_KEPT, cut, parted

MASK = "***"

Put = Callable[[str, str], str]
"""What stands in a secret's place: given the name before it, empty where there is none, and the secret itself, without
what JSON, a form or a query made of it.
"""


def _mask(name: str, secret: str) -> str:
    del name, secret
    return MASK


_WORDS = r"(?:token|passwo?r?d|passphrase|secret|api[_-]?key|authorization|credentials?|jwt|otp)"
_NAMES = rf"(?:[\w-]*{_WORDS}(?:[_-]?(?:confirm(?:ation)?|again|repeat(?:ed)?|value)|\d)?|access|refresh|csrf)"
_ONE_TIME = "code|state"
"""Names of one-time codes, and of much else: errors have a code too."""

_IN_LINKS = r"[\w-]*signature|sig|auth|ticket|session(?:[_-]?(?:id|key))?"
"""Names by which links and sockets bring along what lets in, and bodies much else."""

_IN_JSON = re.compile(rf'("{_NAMES}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[-\d][\w.+-]*)', re.IGNORECASE)
_SPACED = re.compile(r'"\s+:')
_NAME = re.compile(rf"{_NAMES}|{_ONE_TIME}", re.IGNORECASE)
_SECRET = re.compile(_NAMES, re.IGNORECASE)
_CODE_IN_JSON = re.compile(rf'("(?:{_ONE_TIME})"\s*:\s*)"(?=[^"]*[A-Z0-9])[^"\s]{{12,}}"')
_IN_QUERY = re.compile(
    rf"((?:^|(?<=[?&#;]))(?:[\w.-]*(?:\[|%5B))*(?:{_NAMES}|{_ONE_TIME}|{_IN_LINKS})(?:\]|%5D|\[|%5B)*=)[^&\s\"'<>]+",
    re.IGNORECASE,
)
_IN_PATH = re.compile(r"(?<=/)((?:[\w-]*(?:token|password|secret))/)(?![a-z-]*(?:/|$))[^/]+")
_WORDS_OF = re.compile(r"[\w.-]+")
_SHORT = 24
"""Characters of a path that has no room for a secret."""

_SCHEMES = ("earer", "asic", "Digest", "Negotiate")
_SCHEME = re.compile(r"\b([Bb]earer|[Bb]asic|Digest|Negotiate)([ ,]+)(?!\w+=\"|realm)[\w.~+/=:-]{8,}")
_JWT = re.compile(r"(?<![\w-])(?=[\w-]++\.[\w-]*\.)([\w-]*?\b)eyJ[\w-]+(?:\.[\w-]*){2,4}")
"""Signed or encrypted (RFC 7515, 7516). The first look is from where the letters begin, and at the dots: else each of
many `eyJ-` would be looked at.
"""
_API_KEY = re.compile(r"\bdk_\w{8,}")
_RUN = re.compile(r"[\w-]{32,}")
"""What may be a secret: 24 bytes and more in base64url."""

_IN_PYTHON = re.compile(rf"('{_NAMES}'\s*:\s*)(?:b?'(?:[^'\\]|\\.)*'?|b?\"(?:[^\"\\]|\\.)*\"?)", re.IGNORECASE)
_IN_FIELD = re.compile(
    rf"((?:^|(?<=[\s'\"]))(?:[\w-]*{_WORDS}|(?:set-)?cookie|sec-websocket-protocol)\s*:\s+)(?![\"'{{\[])[^\r\n\\]+",
    re.IGNORECASE | re.MULTILINE,
)
_IN_PART = re.compile(rf'(name="?{_NAMES}"?[^\r\n]*+(?:\r?\n[^\r\n]++){{0,4}}+\r?\n\r?\n)[^\r\n]+', re.IGNORECASE)
_STRANGE = re.compile(r"(?<![\w+/.-])(?=[\w+.-]*[A-Za-z])(?=[\w+.-]*\d)[\w+.-]{12,}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

_HEADERS = re.compile(rf"[\w-]*{_WORDS}|x-(?:auth|session)(?:-\w+)*|(?:x-)?[cx]srf(?:-\w+)*")
_PROTOCOL = re.compile(r"[a-z][a-z0-9.-]{0,23}")


def mask_address(address: str) -> str:
    """A path with its query, without tokens, passwords, keys and one-time codes in either; cut where it is long."""
    path, mark, query = address.partition("?")
    if len(path) > _SHORT:
        path = _without_shapes(_in_path(path, _mask))
    shown = f"{path}?{mask_query(query)}" if mark else path
    return cut(shown, ADDRESS_KEPT, f"{len(address)} characters")


def mask_query(text: str) -> str:
    """A query, or a form, without its tokens, passwords, keys and one-time codes."""
    return _in_query(text, _mask)


def mask_text(text: str) -> str:
    """JSON (broken JSON too), a form or any other text, without what looks like a secret by its name or its shape."""
    return _without_shapes(_named(text, _mask))


def put_in_address(address: str, put: Put) -> str:
    """A path with its query, whole, with `put` for what is secret in it by its name, or is a signed token."""
    path, mark, query = address.partition("?")
    path = _signed(_in_path(path, put), put)
    return f"{path}?{_signed(_in_query(query, put), put)}" if mark else path


def put_in_text(text: str, put: Put) -> str:
    """The same of JSON, a form, or any other text."""
    return _signed(_named(text, put), put)


def put_in_parts(text: str, put: Put) -> str:
    """The same of a multipart form, whose bytes are characters of ISO-8859-1."""
    return _IN_PART.sub(lambda found: found[1] + put("", _rest(found)), text)


def put_in_field(name: str, value: str, put: Put) -> str:
    """The same of a header field's value; of cookies names and attributes stay."""
    return _field(name.lower(), value, put, put_in_text)


def is_secret(name: str) -> bool:
    """Whether what has that name, in JSON or in a form, is secret."""
    return _SECRET.fullmatch(name) is not None


def _named(text: str, put: Put) -> str:
    # Each frame of each event comes here, and hardly any has a secret: what is slow is left to those that may.
    if any(map(_is_name, {piece.rpartition('"')[2] for piece in text.split('":')[:-1]})) or _SPACED.search(text):
        text = _IN_JSON.sub(lambda found: _json(found, put), text)
        text = _CODE_IN_JSON.sub(lambda found: _json(found, put), text)
    text = _in_query(text, put)
    if any(scheme in text for scheme in _SCHEMES):
        text = _SCHEME.sub(
            lambda found: found[1] + found[2] + put(found[1], found[0][len(found[1]) + len(found[2]) :]), text
        )
    return text


def _json(found: re.Match[str], put: Put) -> str:
    value = _rest(found)
    if value[:1] == '"':
        try:
            value = json.loads(value)
        except ValueError:
            value = value.strip('"')
    instead = put(_name_of(found), value)
    return found[0] if instead == value else f'{found[1]}"{instead}"'


def _name_of(found: re.Match[str]) -> str:
    """The name before a secret, without what surrounds it."""
    names = _WORDS_OF.findall(found[1])
    return names[-1] if names else ""


def _rest(found: re.Match[str]) -> str:
    return found[0][len(found[1]) :]


def _in_query(text: str, put: Put) -> str:
    if "=" not in text:
        return text

    def instead(found: re.Match[str]) -> str:
        value = unquote_plus(_rest(found))
        other = put(_name_of(found), value)
        return found[0] if other == value else found[1] + other

    return _IN_QUERY.sub(instead, text)


def _in_path(path: str, put: Put) -> str:
    return _IN_PATH.sub(lambda found: found[1] + put("", _rest(found)), path)


def _signed(text: str, put: Put) -> str:
    if "eyJ" in text:
        text = _JWT.sub(lambda found: found[1] + put("", _rest(found)), text)
    return text


def mask_message(text: str) -> str:
    """A text that may quote header fields, values of Python's or parts of forms as they came."""
    for pattern in (_IN_PART, _IN_FIELD, _IN_PYTHON):
        text = pattern.sub(rf"\1{MASK}", text)
    return mask_text(text)


def mask_strange(text: str) -> str:
    """A text whose writer does not know what is secret: whatever could be a credential by its shape is left out."""
    return _STRANGE.sub(lambda found: found[0] if _UUID.fullmatch(found[0]) else MASK, mask_message(text))


def mask_headers(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields in their order. Of cookies the names and attributes stay, for these are what goes wrong with them."""
    found = []
    for name, value in headers.items():
        text, mark = parted(value)
        found.append((name, _field(name.lower(), text, _mask, lambda value, _: mask_text(value)) + mark))
    return found


def _field(name: str, value: str, put: Put, others: Callable[[str, Put], str]) -> str:
    if _HEADERS.fullmatch(name):
        scheme, space, rest = value.partition(" ")
        return f"{scheme} {put(scheme, rest)}" if space and rest else put(name, value)
    if name == "cookie":
        return "; ".join(_cookies(value.split(";"), put))
    if name == "set-cookie":
        first, semicolon, attributes = value.partition(";")
        return "".join([*_cookies([first], put), semicolon, attributes])
    if name == "sec-websocket-protocol":
        return ", ".join(_protocols(value.split(","), put))
    return others(value, put)


def _cookies(pairs: Iterable[str], put: Put) -> Iterable[str]:
    for pair in pairs:
        name, equals, value = pair.strip().partition("=")
        yield f"{name}={put(name, value) if value else ''}" if equals else put("", pair.strip())


def _protocols(offered: Iterable[str], put: Put) -> Iterable[str]:
    """Names of protocols; what stands behind `bearer` is a token, and so may be whatever does not look like a name."""
    behind = False
    for name in map(str.strip, offered):
        yield put("", name) if behind or not _PROTOCOL.fullmatch(name) else name
        behind = behind or name.lower() == "bearer"


@lru_cache(1024)
def _is_name(name: str) -> bool:
    """Whether what has that name may be secret."""
    return _NAME.fullmatch(name) is not None


def _without_shapes(text: str) -> str:
    if "eyJ" in text:
        text = _JWT.sub(rf"\1{MASK}", text)
    if "dk_" in text:
        text = _API_KEY.sub(MASK, text)
    return _RUN.sub(_unless_plain, text)


def _unless_plain(found: re.Match[str]) -> str:
    """What is random has large and small letters and digits: ids and digests have no large ones, names no digits."""
    run = found[0]
    return MASK if all(any(map(kind, run)) for kind in (str.isupper, str.islower, str.isdigit)) else run
