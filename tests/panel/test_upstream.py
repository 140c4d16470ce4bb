"""The panel in front of a real backend: who kept an answer, what was changed on its way, and who is to keep what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.conftest import Client, StartServer
from tests.panel.conftest import Panel
from tests.proxy.backend import Backend, backend

pytestmark = pytest.mark.browser


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def client(start: StartServer, folder: Path, real: Backend) -> AsyncIterator[Client]:
    async with start(scenario_dir=folder, upstream=real.url, contract=("agreed",)) as client:
        yield client


async def test_an_answer_tells_who_kept_it_and_what_was_changed(client: Client, panel: Panel) -> None:
    await client.send("GET", "/moved", allow_redirects=False)
    number = [*client.sandbox.journal][-1].number
    page = await panel.open("traffic")
    await expect(page.locator(".entry .op", has_text="real").first).to_be_visible()
    await panel.open(f"traffic/{number}")
    detail = page.locator("dk-entry")
    await expect(detail).to_contain_text("Kept by")
    await expect(detail).to_contain_text("the real backend")
    await expect(detail).to_contain_text("Changed on the way")
    await expect(detail).to_contain_text("Location")
    await expect(detail).to_contain_text("Waiting for its first byte")


async def test_who_keeps_an_operation_is_changed_by_a_click(client: Client, panel: Panel, real: Backend) -> None:
    page = await panel.open("state/keep")
    await expect(page.locator("dk-keep")).to_contain_text(real.url)
    await expect(page.locator("dk-keep")).to_contain_text("the same in all sandboxes")
    await page.get_by_label("Who keeps health.get").select_option("mock")
    await page.locator(".toast.good").wait_for()
    assert (await client.send("GET", "/health")).headers["X-Devkit-Kept-By"] == "mock"
    await page.get_by_role("button", name="Drop the rule for health.get").click()
    await page.get_by_text("No rule: the real backend keeps everything.").wait_for()
    assert (await client.send("GET", "/health")).headers["X-Devkit-Kept-By"] == "real"
    await page.get_by_label("Operations, such as tasks.*").fill("tasks.*")
    await page.get_by_label("Who keeps them").select_option("fallback")
    await page.get_by_role("button", name="Keep so").click()
    await expect(page.get_by_label("Who keeps tasks.list")).to_have_value("fallback")


async def test_what_passes_is_recorded_by_a_click(client: Client, panel: Panel) -> None:
    page = await panel.open("state/recording")
    await page.get_by_label("Name of its folder").fill("by-hand")
    await page.get_by_role("button", name="Record").click()
    await expect(page.locator("dk-recording")).to_contain_text("0 exchanges so far")
    await client.send("GET", "/orders/1")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("dk-recording")).to_contain_text("1 exchange in")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Download it").click()
    assert (await coming.value).suggested_filename == "recording.zip"


async def test_an_answer_is_kept_as_an_example_by_one_key(client: Client, panel: Panel) -> None:
    await client.send("GET", "/orders/3")
    number = [*client.sandbox.journal][-1].number
    page = await panel.open(f"traffic/{number}")
    await expect(page.locator("dk-entry")).to_contain_text("Keep as an example")
    await page.keyboard.press("e")
    await expect(page.locator(".toast.good")).to_contain_text("kept.yaml: “kept” of orders-3-get")
    written = (client.sandbox.settings.state_dir / "kept.yaml").read_text()
    assert "GET: /orders/3" in written
    await page.keyboard.press("?")
    await expect(page.locator("dialog[open]")).to_contain_text("Keep the answer as an example")
