"""Secrets that the real backend is not told any more. To it, whoever sends them is not signed in, and it says so
itself, in its own shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote_plus

import orjson

from devkit.effects import Instant
from devkit.records import dataclass

Pairs = Sequence[tuple[bytes, bytes]]
"""Header fields: one pair for each line."""

MOST = 10_000
"""Secrets that are remembered; the oldest are forgotten first."""

REFRESH = "refresh"
"""What stands in the name of a cookie, or of a member, that is for getting new tokens alone."""

_OF_FORMS = ("csrf", "xsrf")
"""What stands in the name of a cookie that is no session: it says which page a form came from."""
_OF_SESSIONS = re.compile(r"sess|sid\b|auth|token|jwt|login|remember", re.IGNORECASE)
_BORROWED = "devkit__"
"""What names begin with that were lent on the way down (`cookies.py`)."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a request, or an answer that signs somebody in, brings along: `access` are good for calls, `refresh` for new
    ones.
    """

    access: tuple[str, ...] = ()
    refresh: tuple[str, ...] = ()


class Withheld:
    """What one sandbox withholds, and from when on."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._ends: dict[str, Instant] = {}
        self._kin: dict[str, Secrets] = {}
        self._spent: dict[str, bool] = {}
        """Secrets that count once, and whether one was sent once more."""

    def __bool__(self) -> bool:
        return bool(self._ends)

    def __contains__(self, secret: str) -> bool:
        ends = self._ends.get(secret)
        return ends is not None and self._now() >= ends

    def met(self, secrets: Secrets) -> None:
        """These belong together."""
        for secret in (*secrets.access, *secrets.refresh):
            known = self._kin.pop(secret, Secrets())
            self._kin[secret] = Secrets(
                tuple(dict.fromkeys((*known.access, *secrets.access))),
                tuple(dict.fromkeys((*known.refresh, *secrets.refresh))),
            )
        _bounded(self._kin)

    def kin(self, secret: str) -> Secrets:
        return self._kin.get(secret, Secrets())

    def end(self, secrets: Iterable[str], *, after: int = 0) -> None:
        """Withhold these from now on, or in so many milliseconds."""
        for secret in secrets:
            self._ends[secret] = self._now() + after
        _bounded(self._ends)

    def spend(self, secrets: Iterable[str], *, grace: int) -> None:
        """These are used up, and worth nothing in so many milliseconds."""
        for secret in secrets:
            if secret not in self._spent:
                self._spent[secret] = False
                self.end((secret,), after=grace)
        _bounded(self._spent)

    def give_back(self, secrets: Iterable[str]) -> None:
        """These were not used up: whoever got them refused."""
        for secret in secrets:
            if self._spent.get(secret) is False:
                del self._spent[secret]
                self._ends.pop(secret, None)

    def sent_again(self, secrets: Iterable[str]) -> None:
        """Where one of these is used up and worth nothing, all that belongs to it ends (RFC 9700, section 4.14.2)."""
        for secret in secrets:
            if secret in self._spent and secret in self:
                self._spent[secret] = True
                kin = self.kin(secret)
                self.end((*kin.access, *kin.refresh))

    def succeeded(self, spent: Iterable[str], secrets: Secrets) -> None:
        """`secrets` were handed out for those."""
        before = tuple(spent)
        self.met(Secrets(secrets.access, (*secrets.refresh, *before)))
        if any(self._spent.get(secret) for secret in before):
            self.end((*secrets.access, *secrets.refresh))

    def forget(self) -> None:
        self._spent.clear()
        self._ends.clear()
        self._kin.clear()

    def without(self, pairs: Pairs) -> tuple[list[tuple[bytes, bytes]], list[str]]:
        """A request's fields without what is withheld, and what that was called."""
        left: list[tuple[bytes, bytes]] = []
        told: list[str] = []
        for name, value in pairs:
            lowered = name.lower()
            text = value.decode("latin-1").strip()
            if lowered == b"cookie":
                kept, dropped = self._cookies(text)
                told += [f"the cookie {each}" for each in dropped]
                if dropped and not kept:
                    continue
                left.append((name, kept.encode("latin-1") if dropped else value))
            elif lowered == b"sec-websocket-protocol" and any(one.strip() in self for one in text.split(",")):
                told.append(name.decode("latin-1"))
                offered = [one for one in map(str.strip, text.split(",")) if one not in self]
                left.append((name, ", ".join(offered).encode("latin-1")))
            elif text in self or (lowered == b"authorization" and text.partition(" ")[2].strip() in self):
                told.append(name.decode("latin-1"))
            else:
                left.append((name, value))
        return left, told

    def without_in_query(self, target: bytes) -> tuple[bytes, list[str]]:
        """The same of a request's target, whose query may bring tokens: a browser's WebSocket and its EventSource have
        no other place for them but cookies.
        """
        path, mark, query = target.partition(b"?")
        kept, told = [], []
        for pair in query.split(b"&"):
            name, _, value = pair.partition(b"=")
            if unquote_plus(value.decode("latin-1")) in self:
                told.append(f"the parameter {unquote_plus(name.decode('latin-1'))}")
            else:
                kept.append(pair)
        if not told:
            return target, []
        return path + mark + b"&".join(kept) if kept else path, told

    def without_in(self, body: bytes) -> tuple[bytes, list[str]]:
        """The same of a JSON body."""
        if not any(secret.encode() in body for secret in self._ends if secret in self):
            return body, []
        try:
            value = orjson.loads(body)
        except ValueError:
            return body, []
        told: list[str] = []
        return orjson.dumps(self._pruned(value, told)), told

    def _pruned(self, value: Any, told: list[str]) -> Any:
        if isinstance(value, dict):
            kept = {}
            for name, inner in value.items():
                if isinstance(inner, str) and inner in self:
                    told.append(name)
                else:
                    kept[name] = self._pruned(inner, told)
            return kept
        return [self._pruned(inner, told) for inner in value] if isinstance(value, list) else value

    def _cookies(self, field: str) -> tuple[str, list[str]]:
        kept, dropped = [], []
        for pair in field.split(";"):
            name, _, value = pair.strip().partition("=")
            if value.strip('"') in self:
                dropped.append(name)
            else:
                kept.append(pair.strip())
        return "; ".join(kept), dropped


def split(cookies: Iterable[tuple[str, str]], known: Collection[str], others: Iterable[str] = ()) -> Secrets:
    """What cookies, and `others` that are good for calls, say of who is signed in. `known` are names of a session's;
    where none of those is there, those count that are called so.
    """
    sent = [(unlent(name), value) for name, value in cookies]
    sent = [(name, value) for name, value in sent if value and not any(word in name.lower() for word in _OF_FORMS)]
    chosen = [pair for pair in sent if pair[0] in known] or [pair for pair in sent if _OF_SESSIONS.search(pair[0])]
    # What is for new tokens alone may come by another call than the one that signed in.
    refresh = [value for name, value in sent if REFRESH in name.lower()]
    access = [value for name, value in chosen if REFRESH not in name.lower()]
    return Secrets((*others, *access), tuple(refresh))


def unlent(name: str) -> str:
    """What upstream calls a cookie."""
    return name.removeprefix("devkit") if name.startswith(_BORROWED) else name


def set_by(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The cookies that an answer sets; those that it clears are none."""
    for name, line in fields:
        if name.lower() == "set-cookie":
            pair, *attributes = line.split(";")
            called, _, value = pair.strip().partition("=")
            if value and not any(each.strip().lower() in {"max-age=0", "max-age=-1"} for each in attributes):
                yield called.strip(), value.strip('"')


def _bounded(known: dict[str, Any]) -> None:
    while len(known) > MOST:
        del known[next(iter(known))]
