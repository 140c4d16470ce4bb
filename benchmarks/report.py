"""Tables and plots: from figures to docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BARE, OURS = "bare aiohttp", "devkit"
_TITLES = {
    "list": "list, pages and users at random",
    "page": "the same page again",
    "get": "get one",
    "post": "create",
}


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def spread(values: Sequence[float]) -> str:
    """The median, and how far the others are from it at most."""
    middle = statistics.median(values)
    off = max((abs(value - middle) for value in values), default=0.0) / middle if middle else 0.0
    return f"{middle:,.0f} ±{off:.0%}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a run of the comparison found. `servers` are versions by name; memory in MB, cold starts in seconds."""

    servers: Mapping[str, str]
    loads: Mapping[tuple[str, str], Sequence[Load]]
    memory: Mapping[str, float]
    cold: Mapping[str, float]
    help_ratio: float
    conditions: str

    def median(self, server: str, kind: str, what: str = "rate") -> float:
        return statistics.median(float(getattr(load, what)) for load in self.loads[server, kind])

    def ratio(self, kind: str) -> float:
        """The median of the rounds' own ratios: what disturbs a round disturbs both of its figures."""
        pairs = zip(self.loads[OURS, kind], self.loads[BARE, kind], strict=True)
        return statistics.median(ours.rate / bare.rate for ours, bare in pairs)

    def markdown(self) -> str:
        lines = [f"Conditions: {self.conditions}. `wrk -t1 -c32`; requests a second, median and largest deviation.", ""]
        lines += _table(
            ["", *_TITLES.values(), "p50 of get at 1 connection", "cold start", "memory after load"],
            [self._row(server) for server in self.servers],
        )
        lines += ["", "Ratios to bare aiohttp within the rounds:", ""]
        rows = [[_TITLES[kind], f"{self.ratio(kind):.2f}"] for kind in _TITLES]
        for kind, title in _TITLES.items():
            slower = self.median(OURS, f"{kind}@1", "p50") / self.median(BARE, f"{kind}@1", "p50")
            rows.append([f"{title}: p50 at one connection", f"{slower:.2f}"])
            tail = self.median(OURS, kind, "p99") / self.median(OURS, kind, "p50")
            bare = self.median(BARE, kind, "p99") / self.median(BARE, kind, "p50")
            rows.append(
                [f"{title}: its own p99 to its p50 at 32 connections (bare aiohttp's)", f"{tail:.2f} ({bare:.2f})"]
            )
        if self.cold:
            rows.append(["cold start", f"{self.cold[OURS] / self.cold[BARE]:.2f}"])
        if self.help_ratio:
            rows.append(["`devkit --help` to `import typer`", f"{self.help_ratio:.2f}"])
        lines += _table(["", "ratio"], rows)
        failed = {
            f"{server}, {kind}": sum(load.failed for load in loads) for (server, kind), loads in self.loads.items()
        }
        said = "; ".join(f"{what}: {count:,}" for what, count in failed.items() if count) or "none"
        lines += ["", f"Answers that were no success: {said}.", "", "![Requests a second](images/throughput.svg)"]
        return "\n".join(lines)

    def _row(self, server: str) -> list[str]:
        version = self.servers[server]
        cold = f"{self.cold[server] * 1000:.0f} ms" if server in self.cold else "–"
        return [
            f"{server} {version}".strip(),
            *(spread([load.rate for load in self.loads[server, kind]]) for kind in _TITLES),
            f"{self.median(server, 'get@1', 'p50'):.0f} µs",
            cold,
            f"{self.memory[server]:.0f} MB",
        ]

    def plot(self) -> str:
        groups = {
            title: {server: self.median(server, kind) for server in self.servers} for kind, title in _TITLES.items()
        }
        return bars(groups)


def publish(section: str, text: str, images: Mapping[str, str]) -> None:
    """Put a section's text between its marks in the document, and images beside it."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    document = DOCUMENT.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(document):
        raise SystemExit(f"{DOCUMENT} has no marks {begin} … {end}")
    DOCUMENT.write_text(pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", document), encoding="utf-8")
    for name, image in images.items():
        (DOCUMENT.parent / "images" / name).write_text(image, encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return "\n".join(_table(head, [[str(cell) for cell in row] for row in rows]))


def bars(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Horizontal bars as SVG: a group below its title, each bar with its name and figure."""
    height, width, label = 20, 760, 170
    largest = max(value for group in groups.values() for value in group.values())
    parts, top = [], 8
    for title, group in groups.items():
        top += 18
        parts.append(f'<text class="t" x="0" y="{top}">{title}</text>')
        top += 8
        for name, value in sorted(group.items(), key=lambda item: -item[1]):
            length = max(1.0, value / largest * (width - label - 90))
            kind = {OURS: "o", BARE: "b"}.get(name, "p")
            parts.append(f'<text x="{label - 8}" y="{top + 14}" text-anchor="end">{name}</text>')
            parts.append(f'<rect class="{kind}" x="{label}" y="{top + 3}" width="{length:.1f}" height="14" rx="2"/>')
            parts.append(f'<text x="{label + length + 6:.1f}" y="{top + 14}">{value:,.0f}</text>')
            top += height
        top += 8
    style = (
        "text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600}"
        ".o{fill:#0b7a75}.b{fill:#8a8a8a}.p{fill:#c9c9c9}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}.p{fill:#555}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" role="img" '
        f'aria-label="Requests a second"><style>{style}</style>{"".join(parts)}</svg>\n'
    )
