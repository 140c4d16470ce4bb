"""A recording played against another backend: which exchanges are answered equally, ids and instants mapped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import aiohttp
import orjson

from devkit.learning.values import format_of
from devkit.recording.base import Content, Recorded

_CALLED = re.compile(r"(?:^|_|[a-z])(?:id|ids|slug|token|uuid|key)$", re.IGNORECASE)
"""Members whose values are made by whoever answers."""
_RANDOM = re.compile(r"[A-Za-z0-9_.=%-]{16,}|devkit-secret-\d+")
_SENT = {
    "user-agent",
    "authorization",
    "cookie",
    "content-type",
    "accept",
    "origin",
    "idempotency-key",
    "if-match",
    "if-none-match",
}


@dataclass
class Played:
    exchange: Recorded
    status: int
    body: Any
    differs: str = ""


@dataclass
class Player:
    """`mapped` are values of the recording by those that stand for them here."""

    base: str
    mapped: dict[str, Any] = field(default_factory=dict)

    async def play(self, http: aiohttp.ClientSession, exchanges: Iterable[Recorded]) -> list[Played]:
        return [await self._one(http, one) for one in exchanges]

    async def _one(self, http: aiohttp.ClientSession, one: Recorded) -> Played:
        headers = {
            name: self._text(value).replace(one.origin, self.base)
            for name, value in one.request_fields
            if name.lower() in _SENT
        }
        body = one.request_body.read() if one.request_body else None
        sent = _json(one.request_body)
        if sent is not None:
            body = orjson.dumps(self._sent(sent))
        path, mark, query = one.target.partition("?")
        target = "/".join(self._segment(part) for part in path.split("/")) + mark + self._text(query)
        async with http.request(
            one.method, self.base + target, data=body, headers=headers, allow_redirects=False
        ) as got:
            data = await got.read()
            played = Played(one, got.status, _decoded(data))
            self._cookies(one, got)
        if got.status != one.status:
            played.differs = f"status {got.status} instead of {one.status}"
        else:
            recorded = one.answer_body.read() if one.answer_body else b""
            played.differs = self._differs(_decoded(recorded), played.body, "", one.origin)
        return played

    def _cookies(self, one: Recorded, got: aiohttp.ClientResponse) -> None:
        here = {line.partition("=")[0]: line.partition(";")[0] for line in got.headers.getall("Set-Cookie", [])}
        for name, line in one.answer_fields:
            pair = line.partition(";")[0]
            cookie, _, value = pair.partition("=")
            if name.lower() == "set-cookie" and value and cookie in here:
                self.mapped[pair] = here[cookie]

    def _segment(self, part: str) -> str:
        return str(self.mapped.get(unquote(part), part))

    def _text(self, text: str) -> str:
        for recorded, here in sorted(self.mapped.items(), key=lambda pair: -len(pair[0])):
            if len(recorded) > 12 and isinstance(here, str):
                text = text.replace(recorded, here)
        return text

    def _sent(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._sent(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._sent(inner) for inner in value]
        return self.mapped.get(value, value) if isinstance(value, str) else value

    def _differs(self, recorded: Any, here: Any, at: str, origin: str) -> str:
        """The first difference, as a sentence; empty where there is none."""
        if isinstance(recorded, dict) and isinstance(here, dict):
            missing, more = recorded.keys() - here.keys(), here.keys() - recorded.keys()
            if missing or more:
                return f"{at or 'the body'}: without {sorted(missing)}, with {sorted(more)}"
            found = (self._differs(recorded[name], here[name], f"{at}.{name}", origin) for name in recorded)
            return next((one for one in found if one), "")
        if isinstance(recorded, list) and isinstance(here, list):
            if len(recorded) != len(here):
                return f"{at or 'the body'}: {len(here)} items instead of {len(recorded)}"
            pairs = enumerate(zip(recorded, here, strict=True))
            return next((one for n, (r, h) in pairs if (one := self._differs(r, h, f"{at}[{n}]", origin))), "")
        if self._equal(recorded, here, at.rpartition(".")[2].partition("[")[0], origin):
            return ""
        return f"{at or 'the body'}: {str(here)[:60]!r} instead of {str(recorded)[:60]!r}"

    def _equal(self, recorded: Any, here: Any, name: str, origin: str) -> bool:
        if type(recorded) is not type(here) or recorded == here:
            return bool(recorded == here and type(recorded) is type(here))
        if isinstance(recorded, str):
            at_once = format_of(recorded) == format_of(here) == "date-time"
            if at_once or recorded.replace(origin, "") == here.replace(self.base, ""):
                return True
            if recorded in self.mapped:
                return bool(self.mapped[recorded] == here)
        return _CALLED.search(name) is not None and self._maps(recorded, here, name)

    def _maps(self, recorded: Any, here: Any, name: str) -> bool:
        """Whether one stands for the other from now on: each for one, and as the id, slug or token that it is."""
        if isinstance(recorded, int):
            return bool(self.mapped.setdefault(f"{name}/{recorded}", here) == here)
        is_made = _RANDOM.fullmatch(recorded) or name.lower().endswith(("slug", "id"))
        is_token = name.lower().endswith("token")  # somebody may hold several, and be answered with one
        if not is_made or (here in self.mapped.values() and not is_token):
            return False
        self.mapped[recorded] = here
        return True


def _json(content: Content | None) -> Any:
    return None if content is None else next(iter(_parsed(content.read())), None)


def _parsed(data: bytes) -> Iterator[Any]:
    if data[:1] in {b"{", b"["}:
        try:
            yield orjson.loads(data)
        except orjson.JSONDecodeError:
            return


def _decoded(data: bytes) -> Any:
    if not data:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return data.decode("utf-8", "replace")
