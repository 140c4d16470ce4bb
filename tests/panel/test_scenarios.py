"""The panel's Scenarios: on and off, composed, tried, saved, mended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from devkit.dialects.shipped import BACKEND
from devkit.scenario.loading import load
from devkit.scenario.model import ExpectedCalls, ExpectedSocket, Match, When
from tests.conftest import Client
from tests.panel.conftest import Panel

pytestmark = pytest.mark.browser


async def test_a_scenario_is_found_switched_on_felt_and_switched_off(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("scenarios")
    await page.keyboard.press("/")
    await page.keyboard.type("service is down")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("maintenance")
    rows = page.locator(".scenario-list li")
    await expect(rows).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Space")
    await expect(rows.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    assert (await signed_in.send("GET", "/api/tasks")).status == 503
    card = page.locator(".side .active-card")
    await expect(card).to_contain_text("1 struck")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="What a good frontend does").wait_for()
    await page.get_by_role("button", name="Switch off", exact=True).click()
    await expect(card).to_have_count(0)
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


async def test_expectations_tags_and_what_it_extends_are_composed(
    signed_in: Client, panel: Panel, folder: Path
) -> None:
    page = await panel.open("scenarios/new")
    await page.get_by_label("Name, and the file's").fill("mine")
    await page.get_by_role("textbox", name="Tags").fill("own, http")
    await page.get_by_role("textbox", name="Extends").fill("slow-api")
    await page.get_by_role("button", name="Another expectation").click()
    calls = page.locator("dk-expect").first
    await calls.get_by_label("What a good frontend does").fill("It asks again, with a pause")
    await calls.get_by_role("textbox", name="min_gap").fill("500ms")
    await page.get_by_role("button", name="Another expectation").click()
    socket = page.locator("dk-expect").nth(1)
    await socket.get_by_label("What a good frontend does").fill("It connects again")
    await socket.get_by_label("About").select_option("socket")
    await expect(page.locator(".verdict")).to_contain_text("expects nothing")
    await socket.get_by_label("reconnects").fill("true")
    await expect(page.locator(".verdict")).to_contain_text("Valid.")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("button", name="Drill this").wait_for()
    scenario = (await asyncio.to_thread(load, folder / "mine.yaml", BACKEND)).scenario
    assert (scenario.tags, scenario.extends) == (["own", "http"], ["slow-api"])
    first, second = scenario.expect
    assert first.calls
    assert second.socket
    assert (first.title, first.calls.match.operation, first.calls.min_gap) == (
        "It asks again, with a pause", ["tasks.list"], 500,
    )  # fmt: skip
    assert second.socket.reconnects is True
    await page.get_by_role("button", name="Edit").click()
    # The form shows what the file holds, and gives it back as it was.
    await expect(page.locator("dk-expect")).to_have_count(2)
    await expect(page.get_by_role("textbox", name="Tags")).to_have_value("own, http")
    await page.get_by_label("Title", exact=True).fill("Another title")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("heading", name="Another title").wait_for()
    again = (await asyncio.to_thread(load, folder / "mine.yaml", BACKEND)).scenario
    assert again == scenario.model_copy(update={"title": "Another title"})


async def test_the_composer_offers_every_part_of_the_model(client: Client, panel: Panel) -> None:
    page = await panel.open("scenarios")
    shapes = await page.evaluate("""async () => {
        const shapes = await import("/_devkit/panel/scenarios/shapes.js");
        const names = ["MATCH", "WHEN", "CALLS", "SOCKET"];
        return Object.fromEntries(names.map((name) => [name, Object.keys(shapes[name].properties)]));
    }""")
    for name, model in {"MATCH": Match, "WHEN": When, "CALLS": ExpectedCalls, "SOCKET": ExpectedSocket}.items():
        fields = {field.alias or key for key, field in model.model_fields.items()}
        # Calls have their `match` in a form of its own.
        assert set(shapes[name]) == fields - ({"match"} if name == "CALLS" else set()), name


async def test_counters_move_at_once_struck_or_not(signed_in: Client, panel: Panel) -> None:
    fault = {"type": "http.abort", "status": 500}
    rule = {"id": "a", "match": {"operation": ["tasks.list"]}, "when": {"skip": 5}, "fault": fault}
    draft = {"name": "third", "title": "Third", "rules": [rule]}
    await signed_in.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    # Only what the journal tells of moves them: the page does not ask every few seconds.
    await panel.page.add_init_script("window.setInterval = () => 0")
    page = await panel.open("overview")
    await signed_in.send("GET", "/api/tasks")
    await expect(page.locator(".active-card .count")).to_have_text("1 matched · 0 struck")
    await signed_in.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    await expect(page.locator(".figures li", has_text="Mails")).to_contain_text("1")


async def test_the_overview_names_the_other_test_users(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("overview")
    await page.get_by_text("The other test users").click()
    people = page.locator(".people li")
    await expect(people).to_have_count(4)
    await expect(people.filter(has_text="unverified@example.com")).to_contain_text("not verified")
    await people.filter(has_text="admin@example.com").get_by_role("button").click()
    assert await panel.copied() == "admin@example.com"


async def test_off_in_five_minutes_is_by_the_sandboxs_clock(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("scenarios/maintenance")
    await page.get_by_role("button", name="Off in 5 minutes").click()
    await expect(page.locator(".side [data-until]")).to_contain_text("off in 4:5")
    assert (await signed_in.send("GET", "/api/tasks")).status == 503
    await signed_in.send("POST", "/_devkit/api/clock/advance", json={"by": "5m"})
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
    await expect(page.locator(".side .active-card")).to_have_count(0)


async def test_what_others_switch_shows_and_everything_goes_off_at_once(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("scenarios")
    for name in ("maintenance", "slow-api"):
        await signed_in.send("POST", f"/_devkit/api/scenarios/{name}/use", json={})
    await expect(page.locator(".scenario-list [aria-checked=true]")).to_have_count(2)
    await expect(page.locator("#breaking")).to_have_text("2 scenarios")
    await page.keyboard.press("0")
    await expect(page.locator(".scenario-list [aria-checked=true]")).to_have_count(0)
    assert signed_in.sandbox.engine.idle


async def test_a_scenario_is_composed_tried_and_saved_as_a_file(signed_in: Client, panel: Panel, folder: Path) -> None:
    page = await panel.open("scenarios/new")
    await page.get_by_label("Name, and the file's").fill("teapot")
    await page.get_by_label("Title").fill("It is a teapot")
    await page.get_by_label("Fault", exact=True).select_option("http.abort")
    await page.get_by_label("status *").fill("418")
    await page.get_by_label("operation").fill("tasks.list, tasks.get")
    await page.get_by_label("times", exact=True).fill("2")
    await expect(page.locator(".verdict")).to_contain_text("Valid.")
    await expect(page.locator(".preview pre")).to_contain_text("operation: [tasks.list, tasks.get]")
    await page.get_by_role("button", name="Try it now").click()
    await expect(page.locator(".side .active-card")).to_contain_text("It is a teapot")
    assert (await signed_in.send("GET", "/api/tasks")).status == 418
    assert not folder.exists()
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("heading", name="It is a teapot").wait_for()
    loaded = await asyncio.to_thread(load, folder / "teapot.yaml", BACKEND)
    assert loaded.scenario.rules[0].match.operation == ["tasks.list", "tasks.get"]
    await expect(page.locator(".scenario-list li", has_text="teapot")).to_contain_text("yours")
    # Tried before and saved as it was tried: its counters went on.
    assert (await signed_in.send("GET", "/api/tasks")).status == 418
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


EACH_FORM = """
async () => {
  const { data } = await (await fetch('/_devkit/api/faults')).json();
  const lost = [];
  for (const { kind, schema, example } of data) {
    const form = document.createElement('dk-schema-form');
    form.setup(schema, example);
    for (const [name, value] of Object.entries(example)) {
      if (JSON.stringify(form.value[name]) !== JSON.stringify(value)) lost.push([kind, name]);
    }
    const scenario = { name: 'x', title: 'X', rules: [{ id: 'a', fault: { type: kind, ...form.value } }] };
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ scenario });
    const asked = await fetch('/_devkit/api/scenarios/check', { method: 'POST', headers, body });
    const { problem } = await asked.json();
    if (problem) lost.push([kind, problem.message]);
  }
  return lost;
}
"""


async def test_a_form_fits_each_fault(panel: Panel) -> None:
    page = await panel.open("scenarios/new")
    assert await page.evaluate(EACH_FORM) == []


async def test_what_is_wrong_is_told_with_its_line_and_not_saved(panel: Panel, folder: Path) -> None:
    page = await panel.open("scenarios/new")
    await page.get_by_label("status *").fill("42")
    await expect(page.locator(".verdict .bad")).to_contain_text("Line 8")
    await expect(page.locator(".preview .marked")).to_contain_text("status: 42")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.locator(".toast.bad").wait_for()
    assert not folder.exists()
    panel.said.clear()


async def test_all_mistakes_of_a_draft_are_told_and_marked(panel: Panel) -> None:
    page = await panel.open("scenarios/new")
    await page.get_by_role("button", name="Write YAML").click()
    area = page.get_by_label("The scenario's YAML")
    text = await area.input_value()
    await area.fill(text.replace("times: 3", "times: 0").replace("title:", "titel:"))
    await expect(page.locator(".verdict .bad strong")).to_have_count(2)
    await expect(page.locator(".preview .marked")).to_have_count(2)


async def test_yaml_and_form_say_the_same(panel: Panel) -> None:
    page = await panel.open("scenarios/new")
    await page.get_by_role("button", name="Write YAML").click()
    area = page.get_by_label("The scenario's YAML")
    text = await area.input_value()
    await area.fill(text.replace("times: 3", "times: 7, count_by: user"))
    await page.get_by_role("button", name="Use the form").click()
    assert await page.get_by_label("times", exact=True).input_value() == "7"
    assert await page.get_by_label("count_by").evaluate("select => select.selectedOptions[0].text") == "user"
    await page.reload()
    # A reload loses nothing.
    await expect(page.get_by_label("times", exact=True)).to_have_value("7")


async def test_a_file_is_overwritten_only_where_one_agrees(panel: Panel, folder: Path) -> None:
    folder.mkdir()
    (folder / "my-scenario.yaml").write_text("name: my-scenario\ntitle: Before\n")
    page = await panel.open("scenarios/new")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("dialog").wait_for()
    await page.keyboard.press("Escape")
    assert "Before" in (folder / "my-scenario.yaml").read_text()
    await page.get_by_role("button", name="Save as YAML").click()
    await panel.confirm("Write over it")
    await page.get_by_role("heading", name="What goes wrong").wait_for()
    assert "Before" not in (folder / "my-scenario.yaml").read_text()
    panel.said.clear()


async def test_a_broken_file_is_mended_where_its_line_shows(panel: Panel, folder: Path) -> None:
    folder.mkdir()
    (folder / "broken.yaml").write_text("name: broken\ntitle: Mended\nrulse: []\n")
    page = await panel.open("scenarios/broken")
    await expect(page.locator(".main-pane .notice.bad")).to_contain_text("Line 3")
    await expect(page.locator(".marked")).to_contain_text("rulse: []")
    await page.get_by_role("link", name="Mend it here").click()
    # The form could not keep an unknown key: such a file opens as it is.
    await page.get_by_label("The scenario's YAML").fill("name: broken\ntitle: Mended\nrules: []\n")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("heading", name="Mended").wait_for()
    assert "rules: []" in (folder / "broken.yaml").read_text()


async def test_a_shipped_scenario_becomes_ones_own(signed_in: Client, panel: Panel, folder: Path) -> None:
    page = await panel.open("scenarios/maintenance")
    await page.get_by_role("button", name="Make my own of it").click()
    await expect(page.get_by_label("Name, and the file's")).to_have_value("my-maintenance")
    await page.get_by_role("button", name="Save as YAML").click()
    await page.get_by_role("button", name="Edit", exact=True).wait_for()
    loaded = await asyncio.to_thread(load, folder / "my-maintenance.yaml", BACKEND)
    assert loaded.scenario.expect == signed_in.app.library.get("maintenance").expect
