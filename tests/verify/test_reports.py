"""A run's reports, made of one run against our own server with faults on."""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from devkit.dialects.shipped import DIALECTS
from devkit.verify.catalogue import chosen
from devkit.verify.report import Report, as_data
from devkit.verify.reports import junit, page, sarif
from devkit.verify.running import Plan, run
from devkit.verify.target import Target
from devkit.verify.wire import Door
from tests.conftest import PASSWORD, Client
from tests.faults.conftest import scenario
from tests.verify.conftest import USERS

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROKEN = scenario({"fault": {"type": "http.header", "name": "WWW-Authenticate"}})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def report(ours: Client) -> AsyncIterator[Report]:
    await ours.sandbox.engine.use(BROKEN)
    checks = chosen(suites=["auth"], names=["cookies.http-only", "cors.readable"], without=["auth.timing"])
    checks = [one for one in checks if not one.waits]
    yield await run(Target(Door.of(ours.url), DIALECTS["webplus"]), Plan(checks=checks, users=USERS))
    await ours.sandbox.engine.off_all()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cookies(ours: Client, report: Report) -> Report:
    """Of another dialect, whose sessions travel in cookies."""
    await ours.sandbox.engine.use(
        scenario({"match": {"operation": "auth.login"}, "fault": {"type": "cookie.httponly_missing"}})
    )
    checks = chosen(names=["cookies.http-only", "cookies.path"])
    found = await run(Target(Door.of(ours.url), DIALECTS["agreed"]), Plan(checks=checks, users=USERS))
    await ours.sandbox.engine.off_all()
    return found


async def test_json_counts_and_shows_what_was_seen(cookies: Report) -> None:
    data = json.loads(json.dumps(as_data(cookies)))
    assert data["verdict"] == "failed"
    assert data["counts"] == {"passed": 1, "failed": 1, "skipped": 0, "inconclusive": 0}
    (failed,) = [one for one in data["checks"] if one["verdict"] == "failed"]
    assert failed["id"] == "cookies.http-only"
    assert failed["evidence"][0]["status"] == 200
    assert any(line.startswith("Set-Cookie: auth-token=") for line in failed["evidence"][0]["headers"])


async def test_a_finding_is_a_curl_line_that_shows_no_password(cookies: Report) -> None:
    (failed,) = [one for one in as_data(cookies)["checks"] if one["verdict"] == "failed"]
    words = shlex.split(failed["evidence"][0]["curl"])
    assert words[:4] == ["curl", "-i", "-H", "Origin: http://localhost:3000"]
    assert '{"email":"test@example.com","password":"$PASSWORD"}' in words
    assert words[-1].endswith("/api/auth/login")
    assert PASSWORD not in json.dumps(as_data(cookies))


async def test_junit_has_a_suite_for_each_family_and_a_case_for_each_check(report: Report) -> None:
    root = ET.fromstring(junit(report))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["devkit.verify.auth", "devkit.verify.cookies", "devkit.verify.cors"]
    assert sum(len(suite) for suite in root) == len(report.results) == int(root.get("tests", "0"))
    (skipped,) = suites["devkit.verify.cookies"].findall("testcase/skipped")
    assert skipped.get("message") == "the session does not travel in a cookie"
    failure = next(suites["devkit.verify.auth"].iter("failure"))
    assert "the 401 has no WWW-Authenticate" in str(failure.get("message"))
    assert "curl -i" in str(failure.text)


async def test_a_run_that_verified_nothing_is_an_error_in_junit(report: Report) -> None:
    nothing = replace(report, results=tuple(one for one in report.results if one.verdict == "skipped"))
    root = ET.fromstring(junit(nothing))
    assert root.get("errors") == "1"
    assert next(root.iter("error")).get("message") == "Nothing could be asked: nothing is verified."


async def test_sarif_names_the_rule_of_each_finding(report: Report) -> None:
    (ran,) = json.loads(sarif(report))["runs"]
    rules = [rule["id"] for rule in ran["tool"]["driver"]["rules"]]
    assert ran["results"]
    for found in ran["results"]:
        assert rules[found["ruleIndex"]] == found["ruleId"]
        assert found["level"] in {"error", "warning"}
        assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


async def test_the_page_needs_nothing_else_and_escapes_what_came(report: Report) -> None:
    text = page(report).decode()
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert "src=" not in text
    assert "HTTP/1.1 401" in text
    assert PASSWORD not in text
