"""Recordings as they come: forms, redirects, files, streams, failures and names that YAML has other plans for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devkit.blueprint.base import Blueprint
from devkit.blueprint.reading import read
from devkit.cli.graduate import learned_text, write, written_of
from devkit.contract.shipped import CONTRACT
from devkit.learning.learning import learn
from tests.learning.passing import Tape
from tests.learning.serving import graduated


def odd() -> Tape:
    tape = Tape()
    html, text = (("Content-Type", "text/html; charset=utf-8"),), (("Content-Type", "text/plain"),)
    moved = (("Location", "/home"), ("Set-Cookie", "session=abcdefghijkl; HttpOnly; Path=/"))
    tape.add("POST", "/login", status=302, form={"username": "ada", "password": "p" * 9, "csrf_token": "x"}, back=moved)
    tape.add("GET", "/home", b"<html>", back=html, fields=(("Cookie", "session=abcdefghijkl"),))
    tape.add("GET", "/report.csv", b"a,b\n1,2\n", back=(("Content-Type", "text/csv"),))
    tape.add("GET", "/motd", b"Hello", back=text)
    tape.add("GET", "/bills/7/pdf", b"%PDF\xff", back=(("Content-Type", "application/pdf"),))
    tape.add("GET", "/events", b"data: 1\n\n", back=(("Content-Type", "text/event-stream"),))
    tape.add("POST", "/upload", {"ok": True}, fields=(("Content-Type", "multipart/form-data; boundary=x"),))
    tape.add("POST", "/broken", b"{not json", status=200, back=(("Content-Type", "application/json"),))
    tape.add("GET", "/null", None, status=200, back=(("Content-Type", "application/json"),))
    tape.add("GET", "/yes/no", {"on": "off", "null": "~", "#": ": - {"})
    tape.add("GET", "/yes/y?null=1&[x]=2", {"on": "off", "a": 1})
    tape.add("GET", "/things", [1, "two", None, [3], {"four": 4}])
    tape.add("GET", "/rows", [])
    tape.add("DELETE", "/rows/5", status=204)
    tape.add("PUT", "/rows/5", {"id": 5, "": "empty", "a b": 1, "ünï": {"x": []}}, sent={"a b": 1, "": "empty"})
    tape.add("GET", "/rows/5", {"id": 5, "": "empty", "a b": 1, "ünï": {"x": []}})
    tape.add("PATCH", "/rows/5", {"id": 5}, sent=[{"op": "remove", "path": "/a"}])
    tape.add("GET", "/never/works", {"error": "no"}, status=403)
    tape.add("GET", "/deep", {"a": {"b": {"c": {"d": {"e": {"f": {"g": [[[[{}]]]]}}}}}}})
    tape.add("GET", "/by-name", {f"key-{number}": number for number in range(300)})
    tape.add("POST", "/graphql", {"data": {"me": {"id": "1"}}}, sent={"query": "{me{id}}"})
    tape.add("GET", "/%7Bid%7D/x", {"ok": 1})
    return tape


async def test_what_is_odd_comes_to_a_file_that_loads_and_is_served(tmp_path: Path) -> None:
    file = tmp_path / "backend.yaml"

    def made() -> Blueprint:
        write(written_of(learned_text(learn(odd().exchanges, "odd"), file), file))
        return read(file, CONTRACT)

    blueprint = await asyncio.to_thread(made)

    assert {one.path for one in blueprint.operations} >= {"/login", "/motd", "/upload", "/rows/{id}", "/yes/no"}
    async with graduated(file) as (http, url):
        async with http.get(f"{url}/yes/no") as got:
            assert await got.json() == {"on": "off", "null": "~", "#": ": - {"}
        async with http.get(f"{url}/rows/5") as got:
            assert (await got.json())["id"] == 5
        async with http.delete(f"{url}/rows/5") as got:
            assert got.status == 204
        async with http.get(f"{url}/rows") as got:
            assert await got.json() == []


@pytest.mark.parametrize("many", [5, 16])
def test_a_part_of_it_does_too(tmp_path: Path, many: int) -> None:
    exchanges = odd().exchanges
    file = tmp_path / "backend.yaml"
    for part in (exchanges[:many], exchanges[many:]):
        learned = learn(part, "odd")
        if learned.operations:
            write(written_of(learned_text(learned, file), file))
            read(file, CONTRACT)
