"""The panel's Traffic: live, filtered, opened, done again."""

from __future__ import annotations

import asyncio
import shlex

import pytest
from playwright.async_api import expect

from tests.conftest import EMAIL, PASSWORD, Client
from tests.panel.conftest import Panel

pytestmark = pytest.mark.browser


async def test_what_happens_shows_at_once_frames_and_mails_in_line(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("traffic")
    rows = page.locator("dk-virtual-list .entry")
    await expect(rows).to_have_count(1)
    await signed_in.send("GET", "/api/tasks?page=2")
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
        await socket.receive_json()
    await signed_in.send("POST", "/api/auth/forgot", json={"email": EMAIL})
    await expect(rows.filter(has_text="/api/tasks?page=2")).to_have_count(1)
    await expect(rows.filter(has_text="↑ frame").filter(has_text="subscribe")).to_have_count(1)
    await expect(rows.filter(has_text="Reset your password")).to_have_count(1)


async def test_filters_choose(signed_in: Client, panel: Panel) -> None:
    for path in ("/api/tasks", "/api/health", "/api/nothing"):
        await signed_in.send("GET", path)
    page = await panel.open("traffic")
    rows = page.locator("dk-virtual-list .entry")
    await expect(rows).to_have_count(4)
    for words, found in {
        "status:4xx": ["/api/nothing"],
        "op:tasks.*": ["/api/tasks"],
        "-status:200": ["/api/nothing"],
        "method:post": ["/api/auth/login"],
        f"user:{EMAIL}": ["/api/tasks"],
        "is:lost": ["/api/nothing"],
        "health": ["/api/health"],
        "health status:404": [],
    }.items():
        await page.keyboard.press("/")
        await page.get_by_role("searchbox").fill(words)
        await page.keyboard.press("Tab")
        await expect(rows.locator(".path")).to_have_text(found)
    await page.get_by_role("button", name="Errors", exact=True).click()
    await page.get_by_role("searchbox").fill("is:error")
    await expect(page.get_by_role("button", name="Errors", exact=True)).to_have_attribute("aria-pressed", "true")


async def test_what_was_cut_is_said_and_not_copied_as_if_it_were_all(signed_in: Client, panel: Panel) -> None:
    # Issue 21, point 8.
    await signed_in.send("GET", f"/api/nobody?q={'a' * 5_000}", headers={"X-Long": "v" * 5_000})
    page = await panel.open(f"traffic/{signed_in.sandbox.journal.newest}")
    detail = page.locator("dk-entry")
    await expect(detail).to_contain_text("The address is cut: the journal keeps the first 2,048 of 5,014 characters.")
    await expect(detail).to_contain_text(
        "The header X-Long is cut: the journal keeps the first 2,048 of 5,000 characters."
    )
    await page.get_by_role("button", name="Copy as curl").click()
    copied = await panel.copied()
    assert "# the journal keeps the beginning of a long address: of 5,014 characters this is not all" in copied
    assert "# the journal keeps the beginning of a long header: X-Long is not all there" in copied
    assert "…" not in copied


async def test_a_row_tells_whose_call_it_was(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("GET", "/api/tasks")
    page = await panel.open("traffic")
    rows = page.locator("dk-virtual-list .entry")
    await expect(rows.filter(has_text="/api/tasks").locator(".user")).to_have_text(EMAIL)
    await page.set_viewport_size({"width": 390, "height": 800})
    row = rows.filter(has_text="/api/tasks")
    await expect(row.locator(".user")).to_be_visible()
    assert await row.evaluate("row => row.offsetHeight") == 48


async def test_a_word_that_the_filter_does_not_know_is_told(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("GET", "/api/tasks")
    page = await panel.open("traffic")
    told = page.locator(".unknown")
    for words, sentence in {
        "statsu:500": "statsu: is no word of the filter",
        "-usr:ada": "Known: status: op: method: user: path: dialect: fault: is:",
        "is:broken": "There is no is:broken. Known: is:fault, is:error",
    }.items():
        await page.get_by_role("searchbox").fill(words)
        await expect(told).to_contain_text(sentence)
    # In quotes, and in addresses and times of day, a colon is a colon.
    for words in ('"statsu:500"', "http://localhost", "12:30", "status:5xx is:error -user:ada word", ""):
        await page.get_by_role("searchbox").fill(words)
        await expect(told).to_be_hidden()


async def test_an_entry_tells_which_fault_touched_it_and_why(signed_in: Client, panel: Panel) -> None:
    draft = {
        "name": "sometimes", "title": "Sometimes",
        "rules": [
            {"id": "one", "when": {"probability": 1.0, "times": 5}, "fault": {"type": "http.abort", "status": 503}}
        ],
    }  # fmt: skip
    await signed_in.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    await signed_in.send("GET", "/api/tasks", headers={"Cookie": "theme=dark"})
    page = await panel.open("traffic")
    await page.keyboard.press("End")
    struck = page.locator(".part.struck")
    await expect(struck).to_contain_text("http.abort by the rule one of sometimes")
    await expect(struck).to_contain_text("strike 1 of 5")
    await expect(struck).to_contain_text("below its probability of 1")
    detail = page.locator("dk-entry")
    await expect(detail).to_contain_text("Bearer ***")
    await expect(detail).to_contain_text("theme=***")
    await expect(detail.locator(".code").last).to_contain_text("service_unavailable")
    assert page.url.endswith("#/traffic/2")
    await page.keyboard.press("Escape")
    await expect(detail).to_be_hidden()


async def test_an_unknown_path_names_what_was_meant(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("GET", "/api/taks")
    page = await panel.open("traffic/2")
    part = page.locator("dk-entry .part", has_text="Nothing is at this address")
    await expect(part).to_contain_text("/api/tasks")


async def run(command: str) -> str:
    """What curl says to a command as it was copied."""
    arguments = shlex.split(command.replace("\\\n", " "), comments=True)
    process = await asyncio.create_subprocess_exec(*arguments, "-s", stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out.decode()


async def test_a_copy_as_curl_does_the_same_again(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "It's 5 o'clock", "description": "$HOME `x` ümlaut"})
    page = await panel.open("traffic/2")
    await page.get_by_role("button", name="Copy as curl").click()
    command = await panel.copied()
    said = await run(command)
    assert "201 Created" in said.splitlines()[0]
    tasks = (await signed_in.send("GET", "/api/tasks?limit=2")).json["data"]
    assert [(task["title"], task["description"]) for task in tasks] == [("It's 5 o'clock", "$HOME `x` ümlaut")] * 2


async def test_a_copy_repeats_what_was_refused_and_who_signed_in(client: Client, panel: Panel) -> None:
    minted = (await client.send("POST", "/_devkit/api/tokens", json={"expired": True})).json["token"]
    await client.send("GET", "/api/auth/me", headers={"Authorization": f"Bearer {minted}"})
    await client.send("POST", "/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    await client.send("GET", "/api/auth/me")
    expected = {1: ("401", "token_expired"), 2: ("200", EMAIL), 3: ("401", "unauthorized")}
    for number, (status, word) in expected.items():
        page = await panel.open(f"traffic/{number}")
        await page.get_by_text(f"#{number}", exact=True).wait_for()
        await page.get_by_role("button", name="Copy as curl").click()
        said = await run(await panel.copied())
        assert status in said.splitlines()[0], said
        assert word in said


async def test_a_copy_as_fetch_runs_in_a_page(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "Fetched"})
    page = await panel.open("traffic/2")
    await page.get_by_role("button", name="Copy as fetch").click()
    code = await panel.copied()
    assert await page.evaluate(f"(async () => {{ const r = {code} return r.status; }})()") == 201
    found = (await signed_in.send("GET", "/api/tasks?q=Fetched")).json
    assert found["total"] == 2


async def test_break_exactly_this_breaks_it_and_nothing_else(signed_in: Client, panel: Panel) -> None:
    tasks = (await signed_in.send("GET", "/api/tasks?limit=2")).json["data"]
    first, second = (f"/api/tasks/{task['id']}" for task in tasks)
    await signed_in.send("GET", first)
    page = await panel.open("traffic/3")
    await page.get_by_role("button", name="Break exactly this…").click()
    await expect(page.locator(".verdict")).to_contain_text("Valid.")
    await page.get_by_role("button", name="Try it now").click()
    await page.locator(".side .active-card").wait_for()
    statuses = [(await signed_in.send("GET", path)).status for path in (first, second, "/api/tasks")]
    assert statuses == [503, 200, 200]


async def test_pausing_keeps_what_arrives_and_clearing_empties(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("traffic")
    rows = page.locator("dk-virtual-list .entry")
    await expect(rows).to_have_count(1)
    await page.keyboard.press("p")
    await signed_in.send("GET", "/api/health")
    await page.get_by_role("button", name="Go on").wait_for()
    await expect(rows).to_have_count(1)
    await page.keyboard.press("p")
    await expect(rows).to_have_count(2)
    await page.get_by_role("button", name="Clear").click()
    await panel.confirm("Empty it")
    await expect(rows).to_have_count(0)
    assert len(signed_in.sandbox.journal) == 0


async def test_older_entries_come_when_one_scrolls_up(client: Client, panel: Panel) -> None:
    for _ in range(1_100):
        await client.send("GET", "/api/health")
    page = await panel.open("traffic")
    await expect(page.locator(".toolbar .count")).to_have_text("1,000")
    await page.keyboard.press("Home")
    await expect(page.locator(".toolbar .count")).to_have_text("1,100")


async def test_each_sandbox_has_its_own(client: Client, panel: Panel) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    await client.send("GET", "/api/health", headers={"X-Devkit-Sandbox": "w1"})
    await client.send("GET", "/api/config")
    page = await panel.open("traffic", sandbox="w1")
    await expect(page.locator("dk-virtual-list .path")).to_have_text(["/api/health"])
    await page.get_by_label("Sandbox", exact=True).select_option("main")
    await expect(page.locator("dk-virtual-list .path")).to_have_text(["/api/config"])
