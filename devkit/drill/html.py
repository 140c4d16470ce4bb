"""Drills as one page that needs nothing else: verdicts, a timeline and the entries, in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from devkit.drill.document import MARKS, badge, document, prose
from devkit.drill.report import Judged, Line, Report, passages
from devkit.drill.timeline import MARKS as MOST
from devkit.drill.timeline import picture
from devkit.drill.verdicts import overall

_SHOWN = 8
"""Entries shown below a verdict before the rest is folded away."""
_LISTED = 500
"""Rows of the table of entries."""


def page(reports: Sequence[Report]) -> str:
    """The whole document."""
    verdict = overall(report.verdict for report in reports)
    title = reports[0].scenario.title if len(reports) == 1 else f"{len(reports)} drills"
    summary = _summary(reports) if len(reports) > 1 else ""
    body = "".join(_drill(report, f"drill{number}") for number, report in enumerate(reports))
    return document(
        f"{title} – devkit drill",
        summary + body,
        "Made by <code>devkit drill</code>. Times count from the moment the scenario was switched on.",
        verdict,
    )


def _summary(reports: Sequence[Report]) -> str:
    rows = "".join(
        f'<li>{badge(report.verdict)}<a href="#drill{number}">{escape(report.scenario.name)}</a>'
        f"<span>{escape(report.scenario.title)}</span></li>"
        for number, report in enumerate(reports)
    )
    passed = sum(report.verdict == "passed" for report in reports)
    return f"<section><h1>{passed} of {len(reports)} drills passed</h1><ul class='drills'>{rows}</ul></section>"


def _drill(report: Report, name: str) -> str:
    note = f'<p class="note">{escape(report.reason)}.</p>' if report.reason else ""
    if report.missed:
        note += f'<p class="note">{report.missed} entries came when the record was full, and were not judged.</p>'
    note += "".join(f'<p class="note">{prose(said)}.</p>' for said in passages(report))
    said = "".join(_expectation(one, report) for one in report.expectations)
    return (
        f'<article id="{name}"><header><p class="kicker"><code>{escape(report.scenario.name)}</code></p>'
        f"<h1>{escape(report.scenario.title)}</h1>{badge(report.verdict)}"
        f'<p class="story">{escape(report.scenario.description)}</p>{_facts(report)}{note}</header>'
        f'<section aria-labelledby="{name}-e"><h2 id="{name}-e">What a good frontend does</h2>'
        f'<ol class="verdicts">{said}</ol></section>'
        f'<section aria-labelledby="{name}-l"><h2 id="{name}-l">What happened</h2>'
        f"<figure>{picture(report, name)}{_legend(report)}</figure>{_rules(report)}{_table(report)}</section></article>"
    )


def _facts(report: Report) -> str:
    length = f"{report.elapsed_ms / 1000:.1f} s"
    facts = [
        ("Began", f'<time datetime="{report.started_at}">{report.started_at[:19].replace("T", " ")} UTC</time>'),
        ("Took" if report.state != "running" else "Running for", length),
        ("Sandbox", escape(report.sandbox.id)),
        ("Seen", f"{report.seen} entries"),
    ]
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{value}</dd></div>' for name, value in facts)}</dl>"


def _expectation(one: Judged, report: Report) -> str:
    known = {line.number: line for line in report.entries}
    lines = [known[number] for number in one.evidence if number in known]
    evidence = _evidence(lines, open_=one.verdict == "failed") if lines else ""
    soon = "" if one.final or report.state != "running" else " so far"
    return (
        f'<li class="{one.verdict}"><span class="mark" aria-hidden="true">{MARKS[one.verdict]}</span><div>'
        f"<h3>{escape(one.title)}</h3>"
        f'<p class="reason"><span class="word">{one.verdict.capitalize()}{soon}.</span> {prose(one.reason)}</p>'
        f"{evidence}</div></li>"
    )


def _evidence(lines: Sequence[Line], *, open_: bool) -> str:
    shown = "".join(_entry(line) for line in lines[:_SHOWN])
    more = f'<p class="more">… and {len(lines) - _SHOWN} more</p>' if len(lines) > _SHOWN else ""
    count = f"{len(lines)} journal {'entry' if len(lines) == 1 else 'entries'}"
    return (
        f"<details{' open' if open_ else ''}><summary>{count}</summary><ul class='lines'>{shown}</ul>{more}</details>"
    )


def _entry(line: Line) -> str:
    return (
        f'<li><span class="at">#{line.number}</span> <span class="at">+{line.from_ms / 1000:.3f} s</span> '
        f"<code>{escape(line.text)}</code></li>"
    )


def _legend(report: Report) -> str:
    """What the marks mean, those that are there."""
    calls = [line for line in report.entries if line.type == "request"]
    failed = any(one.verdict == "failed" and one.evidence for one in report.expectations)
    dot, diamond, hollow = '<circle r="4"/>', '<path d="M0-5 5 0 0 5-5 0Z"/>', '<circle class="hollow" r="3.6"/>'
    bolt, ring = '<path class="bolt" d="M3-6-2.5 1h3L-.5 6"/>', '<circle class="ring" r="6.5"/><circle r="3"/>'
    items = (
        ("fine", dot, "answered", any(200 <= (line.status or 0) < 400 for line in calls)),
        ("client", diamond, "4xx", any(400 <= (line.status or 0) < 499 for line in calls)),
        ("server", diamond, "5xx", any((line.status or 0) >= 500 for line in calls)),
        ("unanswered", hollow, "no answer", any(line.status in {None, 499} for line in calls)),
        ("fine", bolt, "a fault struck", any(line.faults for line in report.entries)),
        ("fine", ring, "shows what failed", failed),
    )
    marks = "".join(
        f'<span><svg class="key" viewBox="-8 -8 16 16" aria-hidden="true"><g class="call {kind}">{shape}</g></svg>'
        f"{words}</span>"
        for kind, shape, words, there in items
        if there
    )
    quiet = f" Nothing more came until {report.elapsed_ms / 1000:.1f} s." if _quiet(report) else ""
    full = " Not every mark is drawn." if len(report.entries) > MOST or report.left_out else ""
    return f"<figcaption>{marks}<small>{quiet}{full}</small></figcaption>"


def _quiet(report: Report) -> bool:
    last = max((line.to_ms for line in report.entries), default=0.0)
    return report.state != "running" and bool(last) and last * 1.3 < report.elapsed_ms


def _rules(report: Report) -> str:
    told = ", ".join(
        f"<code>{escape(rule.id)}</code> ({escape(rule.fault)}) "
        + ("never struck" if not rule.struck else "struck once" if rule.struck == 1 else f"struck {rule.struck} times")
        for rule in report.rules
    )
    return f'<p class="rules">Rules: {told}.</p>' if told else ""


def _table(report: Report) -> str:
    rows = "".join(
        f"<tr><td>{line.number}</td><td>{line.from_ms / 1000:.3f} s</td><td>{escape(line.what)}</td>"
        f"<td>{line.status or '–'}</td><td><code>{escape(line.text)}</code></td></tr>"
        for line in report.entries[:_LISTED]
    )
    rest = report.seen - min(len(report.entries), _LISTED)
    more = f'<p class="more">{rest} more are in the journal.</p>' if rest > 0 else ""
    return (
        f"<details><summary>All {min(len(report.entries), _LISTED)} entries as a table</summary>"
        '<div class="scroll" role="region" aria-label="Entries" tabindex="0"><table><thead><tr><th>No.</th><th>At</th>'
        f"<th>What</th><th>Status</th><th>Entry</th></tr></thead><tbody>{rows}</tbody></table></div>{more}</details>"
    )
