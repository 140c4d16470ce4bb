"""Exchanges as they pass, made by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from devkit.learning.facts import Facts
from devkit.recording.base import Content, Fields, Pairs, Recorded, Timing
from devkit.recording.writer import recorder_of


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


def pairs(fields: Fields) -> Pairs:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields)


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

    def write(self, folder: Path) -> Path:
        """The same as a recording."""
        recorder = recorder_of(folder)
        for one in self.exchanges:
            draft = recorder.begin(one.method, one.origin, one.target, pairs(one.request_fields))
            if one.request_body:
                draft.sent(one.request_body.read())
            draft.answered(one.status, "", pairs(one.answer_fields))
            if one.answer_body:
                draft.received(one.answer_body.read())
            draft.end(Timing())
        recorder.close()
        return folder


def shop() -> Tape:
    """Two people of a shop, which has had two products and an order before."""
    tape = Tape()
    first = {"id": 1, "name": "Tea", "price": 4.5, "kind": "drink"}
    second = {"id": 2, "name": "Bread", "price": 3.0, "kind": "food"}
    ada = (("Authorization", "Bearer token-of-ada-0123456789"),)
    ben = (("Authorization", "Bearer token-of-ben-0123456789"),)
    order = {"id": "ord_0a1b2c3d4e5f", "product_id": 1, "status": "open", "user": "ada@example.com"}
    at = {"created_at": "2026-11-01T10:00:00.000Z"}
    tape.add("OPTIONS", "/api/products", status=204)
    tape.add("GET", "/", b"<html>", back=(("Content-Type", "text/html"),))
    tape.add("GET", "/api/products", {"items": [first, second], "total": 2})
    tape.add("GET", "/api/products/1", first)
    tape.add("GET", "/api/products/9", {"error": "No product 9"}, status=404)
    tape.add("GET", "/api/products?kind=food", {"items": [second], "total": 1})
    tape.add("GET", "/api/orders", {"error": "Sign in"}, status=401)
    for token, name in ((ada, "ada"), (ben, "ben")):
        sent = {"email": f"{name}@example.com", "password": f"password-of-{name}"}
        tape.add("POST", "/api/login", {"token": token[0][1].partition(" ")[2]}, sent=sent)
    tape.add("GET", "/api/orders", [{**order, **at}], fields=ada)
    for number, (token, name) in enumerate(((ada, "ada"), (ben, "ben"), (ada, "ada")), 1):
        made = {"id": f"ord_{number}a1b2c3d4e5f", "product_id": 2, "status": "open", "user": f"{name}@example.com"}
        when = {"created_at": f"2026-11-0{number + 1}T10:00:00.000Z"}
        tape.add("POST", "/api/orders", {**made, **when}, status=201, sent={"product_id": 2}, fields=token)
    three = [{**order, **at}]
    for number, name in ((1, "ada"), (2, "ben"), (3, "ada")):
        made = {"id": f"ord_{number}a1b2c3d4e5f", "product_id": 2, "status": "open", "user": f"{name}@example.com"}
        three.append({**made, "created_at": f"2026-11-0{number + 1}T10:00:00.000Z"})
    tape.add("GET", "/api/orders", three, fields=ada)
    tape.add("POST", "/api/orders", {"error": "product_id is required"}, status=422, sent={}, fields=ada)
    tape.add("POST", "/api/orders/ord_1a1b2c3d4e5f/pay", {**three[1], "status": "paid"}, fields=ada)
    refused = {"error": "Not yours"}
    tape.add("DELETE", "/api/orders/ord_1a1b2c3d4e5f", refused, status=403, fields=ben)
    tape.add("DELETE", "/api/orders/ord_3a1b2c3d4e5f", status=204, fields=ada)
    tape.add("GET", "/api/orders/ord_1a1b2c3d4e5f", {**three[1], "status": "paid"}, fields=ada)
    tape.add("GET", "/api/rates/EUR", {"rate": 1.0, "base": "EUR"})
    tape.add("GET", "/api/rates/USD", {"rate": 1.08, "base": "EUR"})
    tape.add("GET", "/api/rates/XXX", {"error": "No such currency"}, status=404)
    tape.add("GET", "/api/about", {"name": "Shop", "version": "1.2"})
    return tape
