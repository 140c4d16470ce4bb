"""The real backend's answers, as faults see them that work on what an operation gives."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Collection, Iterator, MutableMapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from devkit.contract.entities import Page
from devkit.contract.errors import DomainError
from devkit.records import dataclass

if TYPE_CHECKING:
    from devkit.dialects.replies import Reply
    from devkit.faults.levers import TokenDefect

CALLED = ("id", "_id", "uuid", "slug", "key", "code", "number")
"""Members by which a row is called; the first that is there counts."""

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the real backend answered, `reply`; its `value` where that is JSON, else None. `tokens` are the secrets that
    a client may be called by from now on.
    """

    reply: Reply = field(repr=False, compare=False)
    value: Any = None
    status: int = 200
    tokens: tuple[str, ...] = ()

    def told(self, names: Collection[str], change: Callable[[Any], Any]) -> Foreign:
        """The same, where members of these names (in small letters, without `_` and `-`) are changed, in whatever
        objects around the answer's core they stand.
        """
        value = copy.deepcopy(self.value)
        for place, name in members(value, names):
            place[name] = change(place[name])
        return Foreign(self.reply, value, self.status, self.tokens)

    def spoilt(self, defect: TokenDefect) -> Foreign:
        """The same, where each of its tokens has a defect."""
        return self.with_secrets({token: spoilt(token, defect) for token in self.tokens})

    def with_secrets(self, others: dict[str, str]) -> Foreign:
        """The same with other tokens, in its body and in its cookies."""
        fields = [(name, _replaced(line, others)) for name, line in self.reply.fields or ()]
        reply = copy.copy(self.reply)
        reply.fields = fields
        return Foreign(reply, _swapped(self.value, others), self.status, tuple(others.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Foreign):
            return NotImplemented
        mine, theirs = (_cookies(one.reply) for one in (self, other))
        return self.status == other.status and self.value == other.value and mine == theirs

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """One row of the real backend's."""

    value: Any

    @property
    def id(self) -> str:
        """What it is called; a text or a number is its own name."""
        if not isinstance(self.value, MutableMapping):
            return str(self.value)
        return next((str(self.value[name]) for name in CALLED if self.value.get(name) is not None), "")


@dataclass(frozen=True, slots=True)
class ForeignPage(Page[Any]):
    """A page of the real backend's, of rows that are `ForeignRow`s; `answer` is what it was read of."""

    answer: Foreign | None = None


class Refused(DomainError):
    """The real backend refused what it was asked."""

    def __init__(self, result: Foreign) -> None:
        super().__init__("internal_error", f"The real backend said {result.status}")
        self.result = result


def members(value: Any, names: Collection[str], depth: int = _DEPTH) -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Where members of these names stand: (the object, the key)."""
    if not isinstance(value, MutableMapping):
        return
    for name in list(value):
        if plain(name) in names:
            yield value, name
        elif depth:
            yield from members(value[name], names, depth - 1)


def plain(name: str) -> str:
    """A member's name, however it is spelled: `accessToken` and `access_token` are one."""
    return name.replace("_", "").replace("-", "").lower()


def spoilt(token: str, defect: TokenDefect) -> str:
    """A token that is no good. Only of one that tells what it says (RFC 7519) can just that be changed; its signature
    fits no more then, whoever made it. Of any other, one character is another.
    """
    parts = token.split(".")
    if len(parts) != 3 or (claims := _read(parts[1])) is None or (head := _read(parts[0])) is None:
        return token[:-1] + ("A" if token[-1:] != "A" else "B")
    match defect:
        case "algorithm":
            parts = [_written(head | {"alg": "none"}), parts[1], ""]
        case "issuer":
            parts[1] = _written(claims | {"iss": "https://elsewhere.example"})
        case "audience":
            parts[1] = _written(claims | {"aud": "somebody-else"})
        case "not_before":
            began = claims.get("iat")
            later = int(began if isinstance(began, int | float) else claims.get("exp", 0)) + 3600
            parts[1] = _written(claims | {"nbf": later})
        case "malformed":
            del parts[2]
        case "signature":
            # Not its last character: the lowest bits of that may mean nothing.
            parts[2] = ("A" if parts[2][:1] != "A" else "B") + parts[2][1:]
    return ".".join(parts)


def _read(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _written(value: dict[str, Any]) -> str:
    data = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _cookies(reply: Reply) -> list[str]:
    return [line for name, line in reply.fields or () if name.lower() == "set-cookie"]


def _replaced(line: str, others: dict[str, str]) -> str:
    for old, new in others.items():
        line = line.replace(old, new)
    return line


def _swapped(value: Any, others: dict[str, str]) -> Any:
    if isinstance(value, str):
        return others.get(value, value)
    if isinstance(value, MutableMapping):
        return {name: _swapped(inner, others) for name, inner in value.items()}
    return [_swapped(inner, others) for inner in value] if isinstance(value, list) else value
