"""What a drill writes: JSON by its schema, JUnit XML that parses, a page that needs nothing else."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from playwright.async_api import Browser

from devkit.drill.html import page
from devkit.drill.junit import suites
from devkit.drill.report import Report, read, schema, written
from devkit.drill.timeline import picture
from tests.conftest import Client
from tests.drill.conftest import Play, scenario_of, shipped
from tests.drill.frontend import Frontend, Virtues

NASTY = "</title><script>alert(1)</script>\"'&\x00\x1b[31m ü"
VOID = {"meta", "link", "br", "hr", "img", "input"}


async def user(frontend: Frontend) -> None:
    frontend.listen()
    await asyncio.wait_for(frontend.subscribed.wait(), 5)
    for _ in range(2):
        await frontend.tasks()
    await asyncio.gather(frontend.tasks(), frontend.read("/api/auth/me"), frontend.read("/api/tasks?page=2"))


@pytest.fixture
async def failed(play: Play) -> Report:
    scenario = await asyncio.to_thread(shipped, "expired-token")
    return await play(scenario, user, Virtues(refreshes_once=False))


async def nasty(play: Play) -> Report:
    expects = {"title": NASTY, "calls": {"match": {"path": "/<b>*"}, "count": 1}}
    rule = {"match": {"path": "/*"}, "fault": {"type": "http.abort", "status": 404}}
    scenario = scenario_of([rule], expects).model_copy(update={"title": NASTY, "description": NASTY})

    async def odd(frontend: Frontend) -> None:
        await frontend.read("/<script>?q=%3Cb%3E&x='\"")

    return await play(scenario, odd)


class Tags(HTMLParser):
    """Sees that every tag is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "xlink:href"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    return tags


async def test_the_json_fits_its_schema_and_can_be_read_back(failed: Report) -> None:
    data = json.loads(json.dumps(written(failed)))
    jsonschema_rs.validator_for(schema()).validate(data)
    assert read(data) == failed
    assert {one["verdict"] for one in data["expectations"]} == {"passed", "failed"}
    numbers = {line["number"] for line in data["entries"]}
    assert all(set(one["evidence"]) <= numbers for one in data["expectations"])
    assert [line["what"] for line in data["entries"] if line["faults"]] == ["tasks.list"]


async def test_no_secret_is_in_a_report(failed: Report) -> None:
    text = json.dumps(written(failed)) + page([failed]) + suites([failed]).decode()
    assert "TestPass123!" not in text
    assert "eyJ" not in text


async def test_junit_counts_cases_and_failures_and_shows_the_entries(failed: Report) -> None:
    root = ET.fromstring(suites([failed, failed]))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "6", "2", "0")
    [first, _] = root
    assert (first.tag, first.get("name")) == ("testsuite", "devkit.expired-token")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(first.get("timestamp")))
    cases = first.findall("testcase")
    assert [case.find("failure") is not None for case in cases] == [True, False, False]
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "failed"
    assert "3 calls of auth.refresh" in str(failure.get("message"))
    assert str(failure.text).count("POST /api/auth/refresh") == 3
    assert cases[0].get("classname") == "devkit.expired-token"


async def test_what_is_inconclusive_fails_in_junit_by_that_name(play: Play) -> None:
    async def nothing(_: Frontend) -> None:
        pass

    result = await play(await asyncio.to_thread(shipped, "flaky"), nothing)
    failure = ET.fromstring(suites([result])).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "inconclusive"
    assert str(failure.get("message")).startswith("Inconclusive: ")


async def test_whatever_was_sent_harms_no_report(play: Play) -> None:
    result = await nasty(play)
    root = ET.fromstring(suites([result]))
    assert "script" in str(root.find("testsuite/testcase").get("name"))  # type: ignore[union-attr]
    tags = parsed(page([result]))
    assert "script" not in tags.seen
    ET.fromstring(picture(result, "x"))


async def test_the_page_needs_nothing_else(failed: Report) -> None:
    text = page([failed, failed])
    tags = parsed(text)
    assert {address for address in tags.addresses if not address.startswith("#")} == set()
    assert not re.search(r"url\(|@import|https?:", text)
    assert "script" not in tags.seen
    assert text.count('role="img"') == 2
    assert "3 calls of auth.refresh within 10 s after <code>expire</code> struck" in text


async def test_the_picture_marks_what_failed_and_shows_faults_sockets_and_windows(failed: Report) -> None:
    root = ET.fromstring(picture(failed, "x"))
    classes = [str(each.get("class")) for each in root.iter() if each.get("class")]
    assert sum("failing" in each for each in classes) == 3
    assert classes.count("bolt") == 1
    assert classes.count("socket") == 1
    assert [each for each in classes if each.startswith("window")] == ["window failed open"]
    texts = " ".join("".join(each.itertext()) for each in root.iter("text"))
    assert {"auth.refresh", "tasks.list", "WebSockets", "refreshes-once"} <= set(texts.replace("·", " ").split())


async def test_a_long_drill_is_drawn_in_bounds(failed: Report) -> None:
    [sample, *_] = [line for line in failed.entries if line.type == "request"]
    lines = [
        dataclasses.replace(sample, number=number, from_ms=number / 10, to_ms=number / 10 + 1, what=f"op-{number % 40}")
        for number in range(10_000)
    ]
    big = dataclasses.replace(failed, entries=lines, seen=10_000, expectations=[])
    text = page([big])
    assert len(text) < 2_000_000
    height = int(str(ET.fromstring(picture(big, "x")).get("height")))
    assert height < 2_000
    parsed(text)


async def test_an_empty_drill_has_a_page_too(failed: Report) -> None:
    parsed(page([dataclasses.replace(failed, entries=[], seen=0, elapsed_ms=0)]))


async def test_the_server_serves_both_for_people_and_machines(client: Client) -> None:
    drill = (await client.send("POST", "/_devkit/api/drills", json={"scenario": "flaky"})).json
    html = await client.send("GET", f"/_devkit/api/drills/{drill['id']}/report.html")
    assert html.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src" not in html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert "Running for" in html.body.decode()
    parsed(html.body.decode())
    xml = await client.send("GET", f"/_devkit/api/drills/{drill['id']}/junit.xml")
    assert xml.headers["Content-Type"].startswith("application/xml")
    ET.fromstring(xml.body)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_it_is_readable_in_a_browser(
    client: Client, browser: Browser, failed: Report, width: int, scheme: Any
) -> None:
    """Served as the server serves it, so that its own policy does not forbid its styles."""
    drills = await client.app.control.drills.open()
    complaints: list[str] = []
    tab = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    await tab.goto(f"{client.url}/_devkit/api/drills/{drills.all()[0].id}/report.html")
    assert await tab.evaluate("document.documentElement.scrollWidth") <= width
    assert await tab.get_by_role("heading", level=1).inner_text() == failed.scenario.title
    assert await tab.get_by_role("img", name="Timeline of the drill expired-token").is_visible()
    lightness = "getComputedStyle(document.documentElement).backgroundColor"
    assert (await tab.evaluate(lightness) == "rgb(251, 251, 250)") == (scheme == "light")
    ratios = await tab.evaluate(CONTRASTS)
    assert {words: ratio for words, ratio in ratios.items() if ratio < 4.5} == {}
    await tab.close()
    assert [one for one in complaints if "favicon" not in one] == []


CONTRASTS = """() => {
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255)).reduce(
    (sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const found = {};
  for (const element of document.querySelectorAll('h1,h2,h3,p,dt,dd,summary,li code,.badge,.word,figcaption span')) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue;
    let ground = element;
    while (ground.parentElement && (parts(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) {
      ground = ground.parentElement;
    }
    const [a, b] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor]
      .map(parts).map(light).sort((x, y) => y - x);
    found[element.className + ' ' + element.textContent.slice(0, 40)] = (a + .05) / (b + .05);
  }
  return found;
}"""
