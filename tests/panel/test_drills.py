"""The panel's Drills: begun, watched live, judged."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.conftest import EMAIL, PASSWORD, Client
from tests.panel.conftest import Panel

pytestmark = pytest.mark.browser


async def test_a_drill_is_begun_watched_and_judged(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("drills")
    await page.get_by_label("Scenario").select_option("server-errors")
    await page.get_by_label("At the most").fill("60s")
    await page.get_by_role("button", name="Begin").click()
    detail = page.locator("dk-drill")
    await detail.get_by_text("under way").wait_for()
    assert (await signed_in.send("GET", "/api/tasks")).status >= 500
    await expect(detail.locator(".counters")).to_contain_text("1 struck")
    assert [fault["id"] for fault in (await Axe().run(page)).response["violations"]] == []
    await detail.get_by_role("button", name="Judge now").click()
    await detail.get_by_role("button", name="Once more").wait_for()
    drill = (await signed_in.send("GET", "/_devkit/api/drills")).json["data"][0]
    assert drill["state"] == "finished"
    verdicts = [drill["verdict"], *(judged["verdict"] for judged in drill["expectations"])]
    shown = await detail.locator(".badge").all_inner_texts()
    assert [word for word in shown if word != "so far"] == verdicts
    assert signed_in.sandbox.engine.idle
    report = await page.get_by_role("link", name="The report").get_attribute("href")
    assert b"<html" in (await signed_in.send("GET", str(report))).body
    await expect(page.get_by_role("list", name="Drills, newest first").locator("li")).to_have_count(1)
    await detail.get_by_role("button", name="Forget it").click()
    await page.get_by_role("heading", name="Drill the frontend").wait_for()


async def test_a_drill_in_a_sandbox_of_its_own_says_where_that_is(client: Client, panel: Panel) -> None:
    page = await panel.open("drills")
    await page.get_by_label("Scenario").select_option("expired-token")
    await page.get_by_label("In a sandbox of its own").check()
    await page.get_by_role("button", name="Begin").click()
    address = await page.locator("dk-drill .notice code").inner_text()
    assert address.endswith(f".localhost:{client.ready.port}")
    headers = {"X-Devkit-Sandbox": address.removeprefix("http://").partition(".")[0]}
    login = {"email": EMAIL, "password": PASSWORD}
    assert (await client.send("POST", "/api/auth/login", json=login, headers=headers)).status == 200
    await expect(page.locator("dk-drill")).to_contain_text("1 entry")
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("heading", name="Drill the frontend").wait_for()


async def test_a_scenario_is_drilled_from_its_own_page(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("scenarios/server-errors")
    await page.get_by_role("button", name="Drill this").click()
    await page.locator("dk-drill").get_by_text("under way").wait_for()
    drill = (await signed_in.send("GET", "/_devkit/api/drills")).json["data"][0]
    assert (drill["scenario"]["name"], drill["sandbox"]["id"]) == ("server-errors", "main")
    # Time passes although nothing happens.
    await expect(page.locator("dk-drill .story")).to_contain_text("2s of")


async def test_what_expects_nothing_cannot_be_drilled(signed_in: Client, panel: Panel) -> None:
    folder = signed_in.app.settings.scenario_dir
    folder.mkdir()
    (folder / "mine.yaml").write_text(
        "name: mine\ntitle: Mine\nrules: [{id: a, fault: {type: http.abort, status: 500}}]\n"
    )
    page = await panel.open("scenarios/mine")
    await page.get_by_role("button", name="Switch on").wait_for()
    await expect(page.get_by_role("button", name="Drill this")).to_have_count(0)
