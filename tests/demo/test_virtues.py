"""The demo's table of virtues against what it names: modules, scenarios, plays, and the page about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from devkit.shipped import folder
from tests.demo.plays import PLAYS

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "devkit" / "demo"
GUIDE = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
_ROW = re.compile(
    r'id: "(?P<id>[a-z-]+)",\s+area: "\w+",.*?scenarios: \[(?P<scenarios>.*?)\],\s+module: "(?P<module>[^"]+)"',
    re.DOTALL,
)


@dataclass(frozen=True)
class Virtue:
    id: str
    module: str
    scenarios: tuple[str, ...]


VIRTUES = [
    Virtue(row["id"], row["module"], tuple(re.findall(r'"([^"]+)"', row["scenarios"])))
    for row in _ROW.finditer((DEMO / "virtues.js").read_text(encoding="utf-8"))
]
MODULES = sorted(DEMO.rglob("*.js"))

each_virtue = pytest.mark.parametrize("virtue", VIRTUES, ids=lambda virtue: virtue.id)


def test_the_table_is_read() -> None:
    table = (DEMO / "virtues.js").read_text(encoding="utf-8")
    assert len(VIRTUES) == table.count("module: ") > 15


@each_virtue
def test_a_virtue_is_a_module_and_is_asked_for_by_name(virtue: Virtue) -> None:
    assert (DEMO / virtue.module).is_file()
    asked = f'has("{virtue.id}")'
    assert any(asked in module.read_text(encoding="utf-8") for module in MODULES)


@each_virtue
def test_the_guide_tells_of_it_with_its_scenarios(virtue: Virtue) -> None:
    row = next((line for line in GUIDE.splitlines() if line.startswith(f"| `{virtue.id}` |")), "")
    assert f"(../devkit/demo/{virtue.module})" in row
    assert set(row.split(" | ")[2].split(", ")) == set(virtue.scenarios)


def test_every_shipped_scenario_shows_a_virtue() -> None:
    shown = [scenario for virtue in VIRTUES for scenario in virtue.scenarios]
    assert sorted(shown) == sorted(path.stem for path in folder("scenarios").glob("*.yaml"))


def test_each_play_is_without_the_virtue_that_its_scenario_shows() -> None:
    shown = {scenario: virtue.id for virtue in VIRTUES for scenario in virtue.scenarios}
    assert {play.scenario: play.without for play in PLAYS} == shown


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(DEMO).as_posix())
def test_a_module_stays_readable_and_needs_nothing_from_elsewhere(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert text.startswith("/**"), "it does not say what it is"
    imported = re.findall(r'(?:from|import|import\()\s*"([^"]+)"', text)
    assert [name for name in imported if not (module.parent / name).resolve().is_file()] == []
