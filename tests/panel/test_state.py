"""The panel's State and Contract: what its buttons do is felt by a client."""

from __future__ import annotations

import aiohttp
import pytest
from playwright.async_api import expect

from tests.conftest import EMAIL, Client
from tests.panel.conftest import Panel

pytestmark = pytest.mark.browser


async def test_a_session_expires_and_is_revoked(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("state/users")
    await page.get_by_role("button", name="Expire now").click()
    await page.locator(".toast.good").wait_for()
    assert (await signed_in.send("GET", "/api/auth/me")).json["error"] == "token_expired"
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    await page.get_by_text("Nobody is signed in.").wait_for()
    assert signed_in.sandbox.sessions.signer is not None
    await page.get_by_role("searchbox").fill("other@")
    await expect(page.get_by_role("list", name="Users").locator("li")).to_have_count(1)


async def test_the_clock_is_turned_and_stopped(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("state/clock")
    before = signed_in.sandbox.clock.now()
    await page.get_by_role("button", name="Turn by +1d").click()
    await page.get_by_text("ahead of the machine's").wait_for()
    assert signed_in.sandbox.clock.now() >= before + 86_400_000
    # An access token lives a day.
    assert (await signed_in.send("GET", "/api/auth/me")).json["error"] == "token_expired"
    await page.get_by_role("button", name="Freeze").click()
    await page.get_by_role("button", name="Let it go on").wait_for()
    assert signed_in.sandbox.clock.state.rate == 0
    await page.get_by_label("Turn by", exact=True).fill("-2d")
    await page.keyboard.press("Enter")
    await page.get_by_text("behind the machine's").wait_for()
    await page.get_by_role("button", name="Back to the machine's time").click()
    await page.get_by_text("as the machine's").wait_for()


async def test_an_event_is_sent_and_a_connection_closed_with_a_code(signed_in: Client, panel: Panel) -> None:
    async with signed_in.http.ws_connect("/ws") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["notifications"]})
        await socket.receive_json()
        page = await panel.open("state/connections")
        await expect(page.get_by_role("list", name="Open connections")).to_contain_text("notifications")
        await page.get_by_label("Payload").fill('{"kind": "hello", "message": "from the panel"}')
        await page.get_by_role("button", name="Send", exact=True).click()
        assert (await socket.receive_json())["message"] == "from the panel"
        await page.get_by_label("Close with code").fill("4001")
        await page.get_by_role("button", name="Close the connection").click()
        closed = await socket.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4001)
    await page.get_by_text("No WebSocket is open.").wait_for()


async def test_a_mails_link_is_at_hand(client: Client, panel: Panel) -> None:
    body = {
        "firstName": "Ada",
        "email": "ada@example.com",
        "password": "TestPass123!",
        "confirmPassword": "TestPass123!",
    }
    page = await panel.open("state/mail")
    await page.get_by_text("No mail").first.wait_for()
    assert (await client.send("POST", "/api/auth/register", json=body)).status == 201
    link = page.frame_locator(".mail-frame").get_by_role("link", name="Verify my address")
    assert "/api/auth/verify?token=" in (await link.get_attribute("href") or "")
    address = await page.get_by_role("link", name="Open its link").get_attribute("href")
    assert (await client.send("GET", str(address).removeprefix(client.url))).status == 200
    await page.get_by_role("button", name="Plain text").click()
    await expect(page.get_by_label("The mail as plain text")).to_contain_text("Verify my address")


async def test_an_upload_under_way_shows_its_bar(signed_in: Client, panel: Panel) -> None:
    draft = {
        "name": "stall", "title": "Stall",
        "rules": [{"id": "stall", "fault": {"type": "upload.stall", "at": 0.5}}],
    }  # fmt: skip
    await signed_in.send("POST", "/_devkit/api/scenarios/try", json={"scenario": draft})
    page = await panel.open("state/uploads")
    send = """
      () => {
        const form = new FormData();
        form.append('file', new File([new Uint8Array(200000)], 'a.txt', { type: 'text/plain' }));
        window.sent = fetch('/api/uploads', { method: 'POST', body: form, headers: { Authorization: 'Bearer %s' } })
          .then((answer) => answer.status);
      }
    """
    await page.evaluate(send % signed_in.token)
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await page.get_by_role("list", name="Uploads under way").get_by_text(EMAIL).wait_for()
    await signed_in.send("POST", "/_devkit/api/scenarios/off", json={})
    assert await page.evaluate("sent") == 201
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await expect(page.get_by_role("list", name="Stored uploads, newest first").locator("li")).to_have_count(3)


async def test_sandboxes_are_made_looked_into_and_removed(client: Client, panel: Panel) -> None:
    page = await panel.open("state/sandboxes")
    await page.get_by_label("Name").fill("w1")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Look into it").click()
    await page.wait_for_url("**devkit_sandbox=w1**")
    await page.locator("#pulse[data-state=up]").wait_for()
    await expect(page.get_by_label("Sandbox", exact=True)).to_have_value("w1")
    await page.get_by_role("button", name="Remove w1").click()
    await panel.confirm("Remove it")
    await page.wait_for_url("**devkit_sandbox=main**")
    assert [hosted.sandbox.id for hosted in client.app.sandboxes.all()] == ["main"]
    panel.said.clear()


async def test_a_sandbox_that_is_gone_is_told_and_left(client: Client, panel: Panel) -> None:
    page = panel.page
    await page.goto(f"{client.url}/_devkit/?devkit_sandbox=gone#/scenarios")
    await expect(page.locator("#gone")).to_contain_text("There is no sandbox gone")
    await page.get_by_role("button", name="Look at main").click()
    await page.locator("#pulse[data-state=up]").wait_for()
    # The same where a cookie names it, which the page's address does not show.
    await page.context.add_cookies([{"name": "devkit_sandbox", "value": "left", "url": client.url}])
    await page.goto(f"{client.url}/_devkit/#/scenarios")
    await expect(page.locator("#gone")).to_contain_text("There is no sandbox left")
    await page.get_by_role("button", name="Look at main").click()
    await page.locator("#pulse[data-state=up]").wait_for()
    panel.said.clear()


async def test_snapshots_come_back_and_a_reset_is_asked_for(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("state/snapshots")
    await page.get_by_label("Name").fill("before")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Bring before back").wait_for()
    task = (await signed_in.send("POST", "/api/tasks", json={"title": "After"})).headers["Location"]
    await page.get_by_role("button", name="Bring before back").click()
    await panel.confirm("Bring it back")
    await page.locator(".toast", has_text="before is back").wait_for()
    assert (await signed_in.send("GET", task)).status == 404
    await signed_in.send("POST", "/api/tasks", json={"title": "After"})
    await page.get_by_role("button", name="Reset to the seed…").click()
    await page.keyboard.press("Escape")
    assert len(signed_in.sandbox.journal) > 0
    await page.get_by_role("button", name="Reset to the seed…").click()
    await panel.confirm("Reset")
    await page.locator(".toast", has_text="Reset in").wait_for()
    assert len(signed_in.sandbox.journal) == 0


async def test_an_example_is_sent_and_its_answer_seen(client: Client, panel: Panel) -> None:
    page = await panel.open("contract/agreed/tasks.create")
    await page.get_by_label("Body").press("Control+Enter")
    await expect(page.locator(".answer")).to_contain_text("201")
    await expect(page.locator(".answer .code").first).to_contain_text('"title": "Buy milk"')
    await page.get_by_label("As", exact=True).fill("")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text("unauthorized")
    await page.get_by_role("link", name="in the journal").click()
    await expect(page.locator("dk-entry")).to_contain_text("unauthorized")
    # The panel shares the frontend's cookies: what it tries must leave them alone.
    assert await page.context.cookies() == []
    panel.said.clear()


async def test_an_operation_is_found_by_its_path(panel: Panel) -> None:
    page = await panel.open("contract")
    await page.keyboard.press("/")
    await page.keyboard.type("patch complete")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.locator("dk-operation h2").wait_for()
    # The example's id is one that is there.
    await expect(page.get_by_label("id *")).not_to_have_value("00000000-0000-4000-8000-000000000000")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text("200")


async def test_single_keys_lead_everywhere_and_the_palette_does_the_rest(signed_in: Client, panel: Panel) -> None:
    page = await panel.open("overview")
    for key, view in {
        "2": "scenarios",
        "3": "traffic",
        "4": "state",
        "5": "contract",
        "6": "drills",
        "1": "overview",
    }.items():
        await page.keyboard.press(key)
        await page.locator(f"main[data-view={view}]").wait_for()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("switch on maintenance")
    await page.get_by_role("option", name="maintenance").first.wait_for()
    await page.keyboard.press("Enter")
    await page.locator("#breaking").wait_for()
    assert (await signed_in.send("GET", "/api/tasks")).status == 503
    await page.keyboard.press("?")
    await page.get_by_role("dialog").get_by_text("Light or dark").wait_for()
