"""What the guides say can be done: their addresses are in the tables, their scenarios come along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devkit.dialects.shipped import DIALECTS
from devkit.faults.registry import FAULTS

DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDE = (DOCS / "frontends.md").read_text(encoding="utf-8")
MOVING = (DOCS / "moving-between-dialects.md").read_text(encoding="utf-8")
MODULES = dict(re.findall(r"^```js\n// src/(\w+)\.js\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE))


def test_every_dialect_has_its_few_lines() -> None:
    assert set(DIALECTS.names()) <= set(MODULES)


@pytest.mark.parametrize("name", DIALECTS.names())
def test_every_address_of_the_guide_is_one_of_the_dialect(name: str) -> None:
    routes = {(route.method, route.path) for route in DIALECTS[name].routes()}
    written = re.findall(r'call\("([A-Z]+)", ["`]([^"`?]+)', MODULES[name])
    called = {(method, path.replace("${user.id}", "{user_id}")) for method, path in written}
    assert called
    assert called <= routes


@pytest.mark.parametrize("name", DIALECTS.names())
def test_every_socket_of_the_guide_is_the_dialects(name: str) -> None:
    found = re.findall(r'"ws"\)}(/[^`?]*)', MODULES[name])
    assert found == ([DIALECTS[name].socket_path] if DIALECTS[name].socket_path else [])


@pytest.mark.parametrize("name", DIALECTS.names())
def test_the_proxies_of_the_guide_pass_on_all_that_the_dialect_calls(name: str) -> None:
    [vite] = re.findall(r"^```js\n// vite\.config\.js\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    prefixes = re.findall(r'^ +"(/\w+)":', vite, re.MULTILINE)
    dialect = DIALECTS[name]
    paths = [*(route.path for route in dialect.routes()), *filter(None, [dialect.socket_path])]
    assert [path for path in paths if not path.startswith(tuple(prefixes))] == []


def test_what_shows_the_breaks_comes_along() -> None:
    cells = [line.split("|")[-2] for line in MOVING.splitlines() if line.startswith("|")][2:]
    named = [name for cell in cells for name in re.findall(r"`([\w.-]+)`", cell)]
    named += re.findall(r"devkit scenario use ([\w-]+)", MOVING)
    assert len(named) >= len(cells)
    known = {path.stem for path in (DOCS.parent / "scenarios").glob("*.yaml")} | {*FAULTS.names()}
    assert sorted({*named} - known) == []


def test_every_dialect_is_in_the_guide_to_moving() -> None:
    assert [dialect.name for dialect in DIALECTS if f"`{dialect.name}`" not in MOVING] == []
