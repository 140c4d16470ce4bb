"""The demo in a colour of somebody's own: one accent for light pages and one for dark ones, which everybody can read.

A colour keeps its hue, and gets darker or lighter until it stands out from each ground that text is put on: 4.5 to 1
(WCAG 2.2, success criterion 1.4.3, level AA).
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

from devkit.records import dataclass

READABLE = 4.5
LIGHT, DARK = ("#ffffff", "#f4f6f5", "#edf1ef"), ("#171f1c", "#0f1513", "#202a26")
"""The grounds of the demo's pages, as `style/base.css` has them; that of a card comes first."""

_STEP = 0.005
_Color = tuple[float, float, float]
"""Red, green and blue, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Accent:
    """`color` of links and buttons, `on` it what a button says, and a `tint` of it as a ground for text."""

    color: str
    on: str
    tint: str


def css(color: str) -> str:
    """The style sheet that gives the pages their colour, `#rrggbb`; nothing where it is empty."""
    if not color:
        return ""
    light, dark = accent(color, LIGHT), accent(color, DARK)
    pairs = {
        "accent": (light.color, dark.color),
        "on-accent": (light.on, dark.on),
        "tint": (light.tint, dark.tint),
    }
    lines = (f"  --{name}: light-dark({one}, {other});\n" for name, (one, other) in pairs.items())
    return ":root {\n" + "".join(lines) + "}\n"


def accent(color: str, grounds: tuple[str, ...]) -> Accent:
    """What becomes of a colour, `#rrggbb`, on these grounds, all of them light or all dark."""
    wanted, darken = _rgb(color), luminance(grounds[0]) > 0.5
    tint = _hex(_mixed(wanted, _rgb(grounds[0]), 0.12 if darken else 0.16))
    hue, lightness, saturation = colorsys.rgb_to_hls(*wanted)
    found = color
    while contrast_least(found, (*grounds, tint)) < READABLE:
        lightness += -_STEP if darken else _STEP
        found = _hex(colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness)), saturation))
    return Accent(found, max(("#ffffff", "#101513"), key=lambda ink: contrast(found, ink)), tint)


def contrast_least(color: str, grounds: Iterable[str]) -> float:
    return min(contrast(color, ground) for ground in grounds)


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """From 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(one: _Color, other: _Color, share: float) -> _Color:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(one, other, strict=True))
    return red, green, blue


def _rgb(color: str) -> _Color:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(color: _Color) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in color)
