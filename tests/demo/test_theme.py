"""The demo in somebody's own name and colour (issue 15, point 17): what is asked for, and what becomes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devkit.config import load
from devkit.errors import FileError, SettingError
from devkit.server.hosting import demo, theme

BASE = Path(demo.__file__).parents[2] / "demo" / "style" / "base.css"
COLORS = ["#ffee00", "#ffffff", "#000000", "#808080", "#ff0000", "#00ff00", "#0000ff", "#5b1a8b", "#0d6b5e", "#e2f1ed"]


def shades(name: str) -> tuple[str, str]:
    """A colour of the pages by its name in the style sheet: light, dark."""
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", BASE.read_text(encoding="utf-8"))
    assert found
    return found[1], found[2]


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    assert tuple(zip(*map(shades, ("surface", "ground", "sunken")), strict=True)) == (theme.LIGHT, theme.DARK)


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54)])
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """WCAG 2.2, "contrast ratio"; #767676 is the lightest grey that white takes at level AA."""
    assert theme.contrast(one, other) == theme.contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_any_colour_can_be_read_on_every_ground_and_read_on(color: str, dark: bool) -> None:
    grounds = theme.DARK if dark else theme.LIGHT
    found = theme.accent(color, grounds)
    assert theme.contrast_least(found.color, (*grounds, found.tint)) >= 4.5
    assert theme.contrast(found.on, found.color) >= 4.5
    for ink in ("ink", "soft"):
        assert theme.contrast(shades(ink)[dark], found.tint) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert theme.accent("#0d6b5e", theme.LIGHT).color == "#0d6b5e"
    assert theme.css("") == ""


@pytest.mark.parametrize("written", ["#0D6B5E", "0d6b5e", " #0d6b5e "])
def test_a_colour_is_written_in_hexadecimal(tmp_path: Path, written: str) -> None:
    assert load({"demo.color": written}, {}, tmp_path).settings.demo_color == "#0d6b5e"
    assert load({"demo.color": "#0af"}, {}, tmp_path).settings.demo_color == "#00aaff"


@pytest.mark.parametrize("written", ["teal", "#12", "#1234567", "#gggggg", "rgb(1, 2, 3)", ""])
def test_what_is_no_colour_is_told_with_what_would_be_one(tmp_path: Path, written: str) -> None:
    with pytest.raises(SettingError, match=r"flag --color\) cannot be") as caught:
        load({"demo.color": written}, {}, tmp_path)
    assert '"#0d6b5e"' in str(caught.value.remedy)


def test_a_colour_that_yaml_takes_for_a_comment_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "devkit.yaml").write_text("demo:\n  title: Acme\n  color: #0d6b5e\n")
    with pytest.raises(FileError, match=r"devkit\.yaml:3") as caught:
        load({}, {}, tmp_path)
    assert caught.value.line == 3
    assert '"#0d6b5e", in quotes' in str(caught.value.remedy)


@pytest.mark.parametrize(("written", "told"), [("  ", "no text"), ("x" * 61, "60 at the most"), ("a\x07b", "shown")])
def test_a_title_is_a_line_that_can_be_shown(tmp_path: Path, written: str, told: str) -> None:
    assert load({"demo.title": " Acme \n Tasks "}, {}, tmp_path).settings.demo_title == "Acme Tasks"
    with pytest.raises(SettingError, match=told):
        load({"demo.title": written}, {}, tmp_path)
