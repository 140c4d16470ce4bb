"""What a client would rather have: one of several media types (RFC 9110, section 12.5.1), or one of several answers
(RFC 7240).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from devkit.contract.shapes import is_json
from devkit.records import dataclass

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^",;=\s]+|[,;=]')
_QUALITY = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What `Prefer` asks of an answer, as Prism reads it: a status, an example by its name, a value made from the
    schema though there is an example.
    """

    code: str = ""
    example: str = ""
    dynamic: bool = False


def preferences(field: str | None) -> Preferences:
    """Those of the field's value; what nobody here knows is ignored, and of repeated ones the first counts (RFC 7240,
    section 2).
    """
    found: dict[str, str] = {}
    for name, value in _preferences(field or ""):
        found.setdefault(name.lower(), value)
    dynamic = "dynamic" in found and found["dynamic"].lower() in {"", "true"}
    return Preferences(found.get("code", ""), found.get("example", ""), dynamic)


def _preferences(field: str) -> Iterator[tuple[str, str]]:
    for parts in _members(field):
        # Parameters of a preference come behind a semicolon; none of these has any.
        head = parts[: parts.index(";")] if ";" in parts else parts
        if head and head[0] not in {"=", ";"}:
            value = head[2] if len(head) > 2 and head[1] == "=" else ""
            yield head[0], re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _members(field: str) -> Iterator[list[str]]:
    member: list[str] = []
    for part in _PART.findall(field):
        if part == ",":
            yield member
            member = []
        else:
            member.append(part)
    yield member


def acceptable(accept: str | None, media_types: Iterable[str]) -> list[str]:
    """Those of the media types that the client takes, what it likes best first; of what it likes as well, JSON comes
    first.
    """
    several = sorted(media_types, key=lambda one: not is_json(one))
    if not accept or not accept.strip():
        return several
    ranges = [_range(one) for one in accept.split(",") if one.strip()]
    rated = [(_quality(media_type, ranges), media_type) for media_type in several]
    return [media_type for quality, media_type in sorted(rated, key=lambda one: -one[0]) if quality > 0]


def wanted_of(accept: str | None, media_type: str) -> str:
    """A media type for one that is a range: the first that the client names and that is in it; empty for none."""
    pattern = re.escape(media_type.lower()).replace(r"\*", r"[^/;,\s]+")
    names = (one.partition(";")[0].strip().lower() for one in (accept or "").split(","))
    return next((name for name in names if "*" not in name and re.fullmatch(pattern, name)), "")


def _range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in text.split(";"))
    weight = next((part[2:].strip() for part in parameters if part.lower().startswith("q=")), "1")
    return name.lower(), float(weight) if _QUALITY.fullmatch(weight) else 1.0


def _quality(media_type: str, ranges: Iterable[tuple[str, float]]) -> float:
    """That of the range that names it most closely."""
    name = media_type.partition(";")[0].strip().lower()
    best, quality = -1, 0.0
    for accepted, weight in ranges:
        closeness = _closeness(name, accepted)
        if closeness > best:
            best, quality = closeness, weight
    return quality


def _closeness(name: str, accepted: str) -> int:
    if accepted == name:
        return 2
    if accepted == "*/*" or name == "*/*":
        return 0
    kind = name.partition("/")[0]
    if accepted == f"{kind}/*" or (name.endswith("/*") and accepted.startswith(f"{kind}/")):
        return 1
    return -1
