"""Drills as JUnit XML, as Jenkins, GitLab and GitHub's readers take it: a suite per drill, a case per expectation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from devkit.drill.report import Judged, Report, passages

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold in any spelling (its production `Char`)."""


def suites(reports: Sequence[Report]) -> bytes:
    """`<testsuites>`. What is inconclusive counts as a failure, of type `inconclusive`: it must not pass unseen."""
    root = ET.Element("testsuites", name="devkit drill")
    for report in reports:
        root.append(_suite(report))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", seconds(sum(report.elapsed_ms for report in reports)))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(report: Report) -> ET.Element:
    failed = [one for one in report.expectations if one.verdict != "passed"]
    suite = ET.Element(
        "testsuite",
        name=f"devkit.{report.scenario.name}",
        tests=str(len(report.expectations)),
        failures=str(len(failed)),
        errors="0",
        skipped="0",
        # Without an offset, as the schema of JUnit's own reports has it; it is UTC.
        timestamp=report.started_at.partition(".")[0],
        time=seconds(report.elapsed_ms),
        hostname=clean(report.sandbox.id),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("drill", report.id),
        ("scenario", report.scenario.name),
        ("sandbox", report.sandbox.url),
        ("verdict", report.verdict),
        ("state", f"{report.state}{f': {report.reason}' if report.reason else ''}"),
        *(("proxy", said) for said in passages(report)),
    ):
        ET.SubElement(properties, "property", name=name, value=clean(value))
    for one in report.expectations:
        suite.append(_case(report, one))
    return suite


def _case(report: Report, one: Judged) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=f"devkit.{report.scenario.name}",
        name=clean(f"{one.id}: {one.title}"),
        # Verdicts take no time of their own: readers that add up their cases' must not count the drill's several times.
        time="0.000",
    )
    shown = "\n".join(
        f"#{line.number} +{line.from_ms / 1000:.3f} s {line.text}"
        for line in report.entries
        if line.number in one.evidence
    )
    if one.verdict == "passed":
        output = ET.SubElement(case, "system-out")
        output.text = clean(f"{one.reason}\n{shown}")
        return case
    word = "" if one.verdict == "failed" else "Inconclusive: "
    failure = ET.SubElement(case, "failure", type=one.verdict, message=clean(word + one.reason))
    failure.text = clean(f"{one.title}\n{word}{one.reason}\n{shown}")
    return case


def seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("�", text)
