"""A run as files that other programs read: JUnit XML, SARIF, a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from itertools import groupby
from xml.etree import ElementTree as ET

import orjson

from devkit import __version__
from devkit.drill.document import MARKS, badge, document, prose
from devkit.drill.junit import clean, seconds
from devkit.verify.exchange import Exchange, head_of
from devkit.verify.report import Report, Result, evidence_lines, hidden, shown, text_of

_REGION = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
"""What is measured has no lines; code scanning wants one."""
_LEVELS = {"failed": "error", "inconclusive": "warning"}


def junit(report: Report) -> bytes:
    """`<testsuites>`: a suite for each family. What is inconclusive counts as a failure, of type `inconclusive`: it
    must not pass unseen; a run that verified nothing, or ended early, has an error.
    """
    root = ET.Element("testsuites", name="devkit verify")
    for name, group in groupby(report.results, key=lambda result: result.check.suite):
        root.append(_suite(report, name, [*group]))
    if report.ended or (report.verdict == "failed" and not report.counted()["failed"]):
        suite = ET.SubElement(root, "testsuite", name="devkit.verify", tests="1", failures="0", errors="1", skipped="0")
        case = ET.SubElement(suite, "testcase", classname="devkit.verify", name="the run", time="0.000")
        ET.SubElement(case, "error", type="ended", message=clean(report.sentence()))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", seconds(round(report.seconds * 1000)))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(report: Report, name: str, results: list[Result]) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=f"devkit.verify.{name}",
        tests=str(len(results)),
        failures=str(sum(result.verdict in _LEVELS for result in results)),
        errors="0",
        skipped=str(sum(result.verdict == "skipped" for result in results)),
        timestamp=report.started_at.partition(".")[0],
        time=seconds(round(sum(result.seconds for result in results) * 1000)),
    )
    for one in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"devkit.verify.{name}",
            name=clean(f"{one.check.id}: {one.check.asks}"),
            time=seconds(round(one.seconds * 1000)),
        )
        if one.verdict == "skipped":
            ET.SubElement(case, "skipped", message=clean(one.reason))
        elif one.verdict in _LEVELS:
            failure = ET.SubElement(case, "failure", type=one.verdict, message=clean(one.reason))
            failure.text = clean("\n".join([one.reason, one.check.why, *evidence_lines(report, one)]))
    return suite


def sarif(report: Report) -> bytes:
    """SARIF 2.1.0, as code scanning takes it. What is measured has no file: each result is at the URL's path."""
    rules = [
        {
            "id": one.check.id,
            "shortDescription": {"text": one.check.asks},
            "help": {"text": one.check.why},
            "properties": {"tags": [one.check.suite]},
        }
        for one in report.results
    ]
    found = [
        {
            "ruleId": one.check.id,
            "ruleIndex": number,
            "level": _LEVELS[one.verdict],
            "message": {"text": "\n".join([f"{one.reason}.", *evidence_lines(report, one)])},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _place(report, one)}, "region": _REGION}}],
            "partialFingerprints": {"devkitVerify/v1": one.check.id},
        }
        for number, one in enumerate(report.results)
        if one.verdict in _LEVELS
    ]
    driver = {"name": "devkit verify", "version": __version__, "rules": rules}
    ran = {"executionSuccessful": not report.ended, "startTimeUtc": report.started_at}
    run = {"tool": {"driver": driver}, "invocations": [ran], "results": found}
    whole = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2)


def _place(report: Report, one: Result) -> str:
    """The path of the last call, which code scanning shows in place of a file."""
    last = one.exchanges[-1].request.url if one.exchanges else report.url
    path = last.partition("://")[2].partition("/")[2].partition("?")[0]
    return path or "."


def page(report: Report) -> bytes:
    """One page that needs nothing else: verdicts by family, each finding with its requests and answers."""
    counts = ", ".join(f"{number} {word}" for word, number in report.counted().items() if number)
    note = f'<p class="note">{escape(report.ended)}</p>' if report.ended else ""
    head = (
        f'<header><p class="kicker"><code>{escape(report.contract)}</code>, as {escape(report.dialect)} has it</p>'
        f"<h1>{escape(report.url)}</h1>{badge(report.verdict)}"
        f'<p class="story">{escape(report.sentence())}</p>'
        f"<dl><div><dt>Began</dt><dd>{escape(report.started_at[:19].replace('T', ' '))} UTC</dd></div>"
        f"<div><dt>Took</dt><dd>{report.seconds:.1f} s</dd></div>"
        f"<div><dt>Verdicts</dt><dd>{counts}</dd></div></dl>{note}</header>"
    )
    body = ""
    for name, group in groupby(report.results, key=lambda result: result.check.suite):
        rows = "".join(_row(report, one) for one in group)
        body += f'<section><h2>{escape(name)}</h2><ol class="verdicts">{rows}</ol></section>'
    title = f"{report.url} – devkit verify"
    footer = "Made by <code>devkit verify</code>. In the curl lines, secrets are variables."
    return document(title, f"<article>{head}{body}</article>", footer, report.verdict).encode()


def _row(report: Report, one: Result) -> str:
    told = f"{one.reason[:1].upper()}{one.reason[1:]}." if one.reason else ""
    wrong = one.verdict in _LEVELS
    passed = "".join(_exchange(report, exchange) for exchange in shown(one)) if wrong else ""
    is_open = " open" if one.verdict == "failed" else ""
    count = f"{len(shown(one))} exchange{'s' if len(shown(one)) != 1 else ''}"
    evidence = f"<details{is_open}><summary>{count}</summary>{passed}</details>" if passed else ""
    why = f'<p class="reason">{escape(one.check.why)}</p>' if wrong else ""
    return (
        f'<li class="{one.verdict}"><span class="mark" aria-hidden="true">{MARKS[one.verdict]}</span><div>'
        f"<h3>{escape(one.check.asks)}</h3>"
        f'<p class="reason"><span class="word">{one.verdict.capitalize()}.</span> {prose(told)} '
        f"<code>{escape(one.check.id)}</code></p>{why}{evidence}</div></li>"
    )


def _exchange(report: Report, one: Exchange) -> str:
    lines = [one.request.curl(report.secrets)]
    lines += [f"{'→' if sender == 'client' else '←'} {text}" for sender, text in one.frames]
    if one.answer is not None:
        lines += ["", *head_of(one.answer), "", text_of(one.answer.content)]
    elif one.trouble:
        lines += ["", one.trouble]
    return f'<pre tabindex="0">{escape(hidden(report.secrets, chr(10).join(lines)).rstrip())}</pre>'


WRITERS: Mapping[str, Callable[[Report], bytes]] = {"junit": junit, "html": page, "sarif": sarif}
