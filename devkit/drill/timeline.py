"""A drill as a picture: a lane for each operation and each WebSocket, over time.

SVG whose horizontal places are percentages, so that it is as wide as its page while its texts keep their size. Marks
differ by shape as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from devkit.drill.report import Line, Report

LANES = 12
"""Lanes of operations; the calls of further ones share the last."""
SOCKETS = 6
"""Lanes of WebSockets."""
MARKS = 1_500
"""Marks drawn at the most: more would be a stain."""
_ROW, _LABEL, _GAP = 15, 21, 10
_ROWS = 8
_NEAR = 0.022
"""Part of the width that a mark takes: those that come nearer are drawn below one another."""
_INSET = 1.5
"""Percent left free at both sides, for marks at the very edge."""


class _Scale:
    def __init__(self, end: float) -> None:
        self.end = end

    def x(self, milliseconds: float) -> str:
        part = min(max(milliseconds / self.end, 0.0), 1.0)
        return f"{_INSET + part * (100 - 2 * _INSET):.2f}%"

    def width(self, begin: float, end: float) -> str:
        part = max(min(end, self.end) - max(begin, 0.0), 0.0) / self.end
        return f"{part * (100 - 2 * _INSET):.2f}%"


def picture(report: Report, name: str) -> str:
    """An `<svg>`; `name` is unique on the page."""
    entries = report.entries[:MARKS] + [line for line in report.entries[MARKS:] if line.number in _failing(report)]
    ends = [line.to_ms for line in entries]
    scale = _Scale(max(ends, default=0.0) * 1.04 or float(report.elapsed_ms) or 1.0)
    parts: list[str] = []
    y = 6
    for draw in (_windows, _calls, _sockets, _mails):
        drawn, y = draw(report, entries, scale, y)
        parts += drawn
    grid = list(_axis(scale, y))
    title = f"Timeline of the drill {report.scenario.name}"
    told = (
        f"{report.seen} entries in {report.elapsed_ms / 1000:.1f} s; {len(_failing(report))} of them show what failed. "
        "The table of entries below says the same in words."
    )
    return (
        f'<svg class="timeline" width="100%" height="{y + 26}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(told)}</desc>'
        f"{''.join(grid)}{''.join(parts)}</svg>"
    )


def _failing(report: Report) -> set[int]:
    return {number for one in report.expectations if one.verdict == "failed" for number in one.evidence}


def _windows(report: Report, entries: Sequence[Line], scale: _Scale, y: int) -> tuple[list[str], int]:
    """The stretches in which expectations were judged."""
    parts = []
    for one in report.expectations:
        if one.window_ms is None:
            continue
        begin, end = one.window_ms
        open_end = " open" if end > scale.end else ""
        parts.append(
            f'<g class="window {one.verdict}{open_end}"><rect x="{scale.x(begin)}" y="{y}" '
            f'width="{scale.width(begin, end)}" height="18" rx="4"/>'
            f'<text x="{scale.x(begin)}" dx="7" y="{y + 13}">{escape(one.id)} · {(end - begin) / 1000:g} s</text></g>'
        )
        y += 23
    return parts, y + (_GAP if parts else 0)


def _calls(report: Report, entries: Sequence[Line], scale: _Scale, y: int) -> tuple[list[str], int]:
    lanes: dict[str, list[Line]] = {}
    for line in entries:
        if line.type == "request":
            known = line.what in lanes or len(lanes) < LANES - 1
            lanes.setdefault(line.what if known else "other calls", []).append(line)
    parts = []
    for name, lines in lanes.items():
        drawn, y = _lane(report, name, lines, scale, y)
        parts += drawn
    return parts, y


def _lane(report: Report, name: str, lines: Sequence[Line], scale: _Scale, y: int) -> tuple[list[str], int]:
    failing = _failing(report)
    free: list[float] = []
    parts = [f'<text class="lane" x="{_INSET}%" y="{y + 10}">{escape(name)} <tspan>{len(lines)}</tspan></text>']
    for line in sorted(lines, key=lambda line: (line.from_ms, line.number)):
        row = next((row for row, end in enumerate(free) if end <= line.from_ms), len(free))
        row = min(row, _ROWS - 1)
        taken = max(line.to_ms, line.from_ms + scale.end * _NEAR)
        if row == len(free):
            free.append(taken)
        else:
            free[row] = max(taken, free[row])
        parts.append(_call(line, scale, y + _LABEL + row * _ROW + _ROW // 2, line.number in failing))
    bottom = y + _LABEL + len(free) * _ROW + _GAP
    parts.append(f'<line class="rule" x1="0" x2="100%" y1="{bottom - 4}" y2="{bottom - 4}"/>')
    return parts, bottom


def _call(line: Line, scale: _Scale, middle: int, failing: bool) -> str:
    status = line.status or 0
    kind, shape = _kind(status, struck=bool(line.faults))
    title = escape(f"#{line.number} +{line.from_ms / 1000:.3f} s {line.text}")
    bar = (
        f'<rect x="{scale.x(line.from_ms)}" y="{middle - 1.5}" width="{scale.width(line.from_ms, line.to_ms)}" '
        'height="3" rx="1.5"/>'
    )
    ring = '<circle class="ring" r="7.5"/>' if failing else ""
    number = _number(line, scale) if failing else ""
    bolt = '<path class="bolt" d="M2.5-10.5-2-4.5h2.6L-.4.2"/>' if line.faults else ""
    return (
        f'<g class="call {kind}{" failing" if failing else ""}"><title>{title}</title>{bar}'
        f'<svg x="{scale.x(line.from_ms)}" y="{middle}" overflow="visible">{ring}{shape}{bolt}{number}</svg></g>'
    )


def _number(line: Line, scale: _Scale) -> str:
    """The entry's number beside its mark; on the left where the picture ends on the right."""
    place = 'x="-11" text-anchor="end"' if line.from_ms / scale.end > 0.85 else 'x="11"'
    return f'<text class="number" {place} y="3.5">#{line.number}</text>'


def _kind(status: int, *, struck: bool) -> tuple[str, str]:
    """The class of a mark and its shape: a dot, a diamond for what failed, a circle for what was never answered."""
    if status == 499 or not status:
        return "unanswered", '<circle class="hollow" r="3.6"/>'
    if status >= 400:
        return ("server" if status >= 500 else "client"), '<path d="M0-5 5 0 0 5-5 0Z"/>'
    return "fine", '<circle r="4"/>'


def _sockets(report: Report, entries: Sequence[Line], scale: _Scale, y: int) -> tuple[list[str], int]:
    failing = _failing(report)
    lives: dict[str, list[Line]] = {}
    for line in entries:
        if line.type == "socket" and line.connection_id:
            lives.setdefault(line.connection_id, []).append(line)
    if not lives:
        return [], y
    parts = [f'<text class="lane" x="{_INSET}%" y="{y + 10}">WebSockets <tspan>{len(lives)}</tspan></text>']
    y += _LABEL
    for position, lines in enumerate(lives.values()):
        middle = y + min(position, SOCKETS - 1) * _ROW + _ROW // 2
        begin = next((line.from_ms for line in lines if line.direction == "open"), 0.0)
        end = next((line.from_ms for line in lines if line.direction in {"close", "refused"}), scale.end)
        parts.append(
            f'<rect class="socket" x="{scale.x(begin)}" y="{middle - 3}" width="{scale.width(begin, end)}" '
            'height="6" rx="3"/>'
        )
        for line in lines:
            marked = line.number in failing
            if line.direction in {"open", "close", "refused", "struck"} or marked or line.faults:
                parts.append(_frame(line, scale, middle, marked))
    bottom = y + min(len(lives), SOCKETS) * _ROW + _GAP
    parts.append(f'<line class="rule" x1="0" x2="100%" y1="{bottom - 4}" y2="{bottom - 4}"/>')
    return parts, bottom


def _frame(line: Line, scale: _Scale, middle: int, failing: bool) -> str:
    closed = line.direction in {"close", "refused"}
    shape = '<path class="cross" d="M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5"/>' if closed else '<circle r="3.4"/>'
    ring = '<circle class="ring" r="7.5"/>' if failing else ""
    bolt = '<path class="bolt" d="M2.5-10.5-2-4.5h2.6L-.4.2"/>' if line.faults else ""
    number = _number(line, scale) if failing else ""
    title = escape(f"#{line.number} +{line.from_ms / 1000:.3f} s {line.text}")
    return (
        f'<g class="frame"><title>{title}</title><svg x="{scale.x(line.from_ms)}" y="{middle}" overflow="visible">'
        f"{ring}{shape}{bolt}{number}</svg></g>"
    )


def _mails(report: Report, entries: Sequence[Line], scale: _Scale, y: int) -> tuple[list[str], int]:
    lines = [line for line in entries if line.type == "mail"]
    if not lines:
        return [], y
    parts = [f'<text class="lane" x="{_INSET}%" y="{y + 10}">Mails <tspan>{len(lines)}</tspan></text>']
    parts += [
        f'<g class="frame"><title>{escape(f"#{line.number} {line.text}")}</title>'
        f'<svg x="{scale.x(line.from_ms)}" y="{y + _LABEL + 7}" overflow="visible"><circle r="3.4"/></svg></g>'
        for line in lines
    ]
    return parts, y + _LABEL + _ROW + _GAP


def _axis(scale: _Scale, bottom: int) -> Iterator[str]:
    """Lines at round seconds, and what they are."""
    step = _step(scale.end / 1000 / 5) * 1000
    position = 0.0
    while position <= scale.end:
        x = scale.x(position)
        yield f'<line class="tick" x1="{x}" x2="{x}" y1="0" y2="{bottom}"/>'
        near_end = position / scale.end > 0.93
        anchor = "start" if not position else "end" if near_end else "middle"
        yield f'<text class="axis" x="{x}" y="{bottom + 16}" text-anchor="{anchor}">{position / 1000:g} s</text>'
        position = round(position + step, 6)


def _step(rough: float) -> float:
    """The round number that is nearest above: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(rough, 0.001)))
    return next((power * round_ for round_ in (1, 2, 5) if power * round_ >= rough), power * 10)
