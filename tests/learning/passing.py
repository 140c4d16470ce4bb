"""Exchanges as they pass, made by hand."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import orjson

from devkit.learning.facts import Facts
from devkit.recording.base import Content, Fields, Recorded


def facts(method: str, target: str, answer: Any = None, *, status: int = 200, sent: Any = None, **fields: str) -> Facts:
    """`fields` are of the request, with `_` for `-`; one that begins with `answer_` is the answer's."""
    mine = {name.replace("_", "-"): value for name, value in fields.items() if not name.startswith("answer_")}
    theirs = {name[7:].replace("_", "-"): value for name, value in fields.items() if name.startswith("answer_")}
    if sent is not None:
        mine.setdefault("content-type", "application/json")
    if answer is not None:
        theirs.setdefault("content-type", "application/json; charset=utf-8")
    return Facts(
        method=method,
        target=target,
        status=status,
        request_fields=tuple(mine.items()),
        answer_fields=tuple(theirs.items()),
        request=sent,
        answer=answer,
    )


def content(value: Any) -> Content | None:
    if value is None:
        return None
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    return Content(len(data), hashlib.sha256(data).hexdigest(), lambda: data)


class Tape:
    """Exchanges in their order."""

    def __init__(self, origin: str = "https://shop.test") -> None:
        self.exchanges: list[Recorded] = []
        self._origin = origin

    def add(
        self,
        method: str,
        target: str,
        answer: Any = None,
        *,
        status: int = 200,
        sent: Any = None,
        form: dict[str, str] | None = None,
        fields: Fields = (),
        back: Fields = (),
    ) -> None:
        if form is not None:
            fields = (*fields, ("Content-Type", "application/x-www-form-urlencoded"))
        elif sent is not None:
            fields = (*fields, ("Content-Type", "application/json"))
        if answer is not None and not any(name.lower() == "content-type" for name, _ in back):
            back = (*back, ("Content-Type", "application/json"))
        number = len(self.exchanges)
        self.exchanges.append(
            Recorded(
                number=number,
                at=1_790_000_000.0 + number,
                method=method,
                origin=self._origin,
                target=target,
                request_fields=fields,
                request_body=content(urlencode(form).encode() if form is not None else sent),
                status=status,
                answer_fields=back,
                answer_body=content(answer),
            )
        )
