"""The panel's Verify: begun, its verdicts seen as they come, a finding opened, cancelled, its report taken home."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.panel.conftest import OpenPanel, Panel
from tests.panel.test_looks import CUT_OFF

pytestmark = pytest.mark.browser


@pytest.fixture
async def client(start: StartServer, folder: Path) -> AsyncIterator[Client]:
    async with start(scenario_dir=folder) as client:
        # A finding, and a contract that a run is done with soon.
        await client.sandbox.engine.use(scenario({"fault": {"type": "cors.vary_missing"}}))
        yield client


async def test_verdicts_are_seen_as_they_come_and_a_finding_with_what_shows_it(client: Client, panel: Panel) -> None:
    page = await panel.open("verify")
    await page.get_by_label("Suites").fill("cors,cookies")
    await page.get_by_role("button", name="Begin").click()
    await page.get_by_role("progressbar", name="Verdicts so far").wait_for()
    await page.get_by_role("heading", name="The last run").wait_for()
    failed = page.get_by_role("button", name="failed", exact=False)
    await failed.click()
    findings = page.get_by_role("list", name="Verdicts").get_by_role("link")
    run = (await client.send("GET", "/_devkit/api/verify")).json["run"]
    assert [row["id"] for row in run["checks"] if row["verdict"] == "failed"] == await findings.locator(
        "code"
    ).all_inner_texts()
    await page.get_by_label("Suite", exact=True).select_option("cookies")
    await page.get_by_text("No verdict is like that.").wait_for()
    await page.get_by_label("Suite", exact=True).select_option("cors")

    await findings.first.focus()
    await page.keyboard.press("Enter")
    detail = page.locator("dk-check")
    await expect(detail).to_contain_text("cors.vary")
    await detail.get_by_role("button", name="Copy call 1 as curl").click()
    assert (await panel.copied()).startswith("curl -i ")
    assert [fault["id"] for fault in (await Axe().run(page)).response["violations"]] == []

    await page.get_by_role("link", name="New").click()
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="JSON").click()
    download = await coming.value
    told = json.loads(Path(await download.path()).read_text())
    assert (download.suggested_filename, told["counts"]["failed"]) == ("verify.json", run["counts"]["failed"])


async def test_a_run_is_cancelled_and_what_it_has_is_there_after_a_reload(client: Client, panel: Panel) -> None:
    page = await panel.open("verify")
    await page.get_by_role("button", name="Begin").click()
    await page.get_by_role("list", name="Verdicts").locator("li").first.wait_for()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("heading", name="The last run").wait_for()
    await page.reload()
    await expect(page.locator(".side-head")).to_contain_text("Ended before it was done")
    await expect(page.get_by_role("button", name="Begin")).to_be_enabled()


async def test_what_cannot_be_verified_is_told_in_a_sentence(client: Client, panel: Panel) -> None:
    page = await panel.open("verify")
    await page.get_by_label("Who signs in").fill("test@example.com")
    await page.get_by_label("Password").fill("Not-The-Password")
    await page.get_by_role("button", name="Begin").click()
    await page.locator("dk-verify-form .notice", has_text="not signed in, nothing is verified").wait_for()


async def test_verdicts_and_findings_fit_a_phone_in_the_dark(client: Client, open_panel: OpenPanel) -> None:
    await _verified(client)
    async with open_panel(scheme="dark", width=390) as panel:
        for view in ("verify/all", "verify/cors.vary", "verify"):
            page = await panel.open(view)
            sign = page.locator("main").get_by_text("cors.vary" if view != "verify" else "The last run")
            await sign.locator("visible=true").first.wait_for()
            assert (await Axe().run(page)).response["violations"] == [], view
            assert await page.evaluate(CUT_OFF) == [], view


async def _verified(client: Client) -> None:
    await client.send("POST", "/_devkit/api/verify", json={"suites": ["cors"]})
    async with client.http.ws_connect("/_devkit/api/verify/follow") as feed:
        async for _ in feed:
            pass
