"""What others write never runs in the panel, and pages of other origins neither read nor steer."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, expect

from devkit.journal import RequestEntry
from tests.browser.conftest import serving
from tests.conftest import EMAIL, Client
from tests.control.conftest import until
from tests.panel.conftest import OpenPanel, Panel

pytestmark = pytest.mark.browser

BAD = "<img src=x onerror=\"window.top.ran='img'\"><script>window.top.ran='script'</script>"


async def numbered(client: Client, path: str) -> int:
    """Its newest request to such a path: an entry may come a moment after the answer."""
    journal = client.sandbox.journal

    def found() -> int:
        entries = filter(None, map(journal.find, range(journal.newest, 0, -1)))
        requests = (entry for entry in entries if isinstance(entry, RequestEntry))
        return next((entry.number for entry in requests if unquote(entry.path).startswith(path)), 0)

    await until(found)
    return found()


async def test_titles_paths_and_bodies_stay_text(signed_in: Client, panel: Panel) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": BAD, "description": BAD})
    made = await numbered(signed_in, "/api/tasks")
    await signed_in.send("GET", f"/api/{BAD}", headers={"X-Evil": BAD, "User-Agent": BAD})
    asked = await numbered(signed_in, "/api/<img")
    body = {
        "firstName": BAD[:50],
        "email": "ada@example.com",
        "password": "TestPass123!",
        "confirmPassword": "TestPass123!",
    }
    await signed_in.send("POST", "/api/auth/register", json=body)
    for view, sign in {
        "state/tasks": "onerror", "state/users": "ada@example.com", "state/mail": "Verify your email address",
        "traffic": "onerror", f"traffic/{made}": "onerror", f"traffic/{asked}": "X-Evil",
    }.items():  # fmt: skip
        page = await panel.open(view)
        await page.locator("main").get_by_text(sign).first.wait_for()
        assert await page.evaluate("window.ran") is None, view
        assert await page.locator("main img, main script").count() == 0, view


async def test_a_mail_with_a_script_is_shown_and_does_not_run(
    client: Client, open_panel: OpenPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devkit.control import mail

    written = mail._written

    def worse(found: Any) -> Any:
        return {
            **written(found),
            "html": f"<p>Hello</p>{BAD}<a href='javascript:top.ran=1'>go</a>",
            "link": "javascript:top.ran=1",
        }

    monkeypatch.setattr(mail, "_written", worse)
    await client.send("POST", "/api/auth/forgot", json={"email": EMAIL})
    # The browser says in its console that it refused to run something: that is what is wanted here.
    async with open_panel(quiet=False) as panel:
        page = await panel.open("state/mail")
        frame = page.frame_locator(".mail-frame")
        await frame.get_by_text("Hello").wait_for()
        await frame.get_by_role("link", name="go").click()
        assert await page.evaluate("window.ran") is None
        await expect(page.get_by_role("link", name="Open its link")).to_have_count(0)
        assert panel.said
        refusals = ("blocked", "violates", "404 (Not Found)")
        assert all(any(word in said.lower() for word in map(str.lower, refusals)) for said in panel.said), panel.said


async def test_no_string_can_become_markup_or_script(panel: Panel, open_panel: OpenPanel) -> None:
    async with open_panel(quiet=False) as other:
        page = await other.open("overview")
        for attempt in (
            "document.body.innerHTML = '<b>x</b>'",
            "eval('1')",
            "trustedTypes.createPolicy('another', {})",
            "trustedTypes.createPolicy('devkit-mail', {})",
        ):
            refused = await page.evaluate(
                f"(() => {{ try {{ {attempt} }} catch (e) {{ return e.name }} return null }})()"
            )
            # Evaluated by the browser's driver, eval is allowed what a page is not.
            assert refused is not None or attempt.startswith("eval"), attempt


TRIES = """
async (url) => {
  const found = {};
  const tell = async (name, work) => {
    try { found[name] = await work(); } catch (error) { found[name] = `refused: ${error.name}`; }
  };
  await tell('read', async () => (await fetch(`${url}/_devkit/api/status`)).status);
  await tell('page', async () => (await fetch(`${url}/_devkit/`)).status);
  await tell('reset', async () => (await fetch(`${url}/_devkit/api/reset`, { method: 'POST' })).status);
  const json = { 'Content-Type': 'application/json' };
  const save = { method: 'PUT', headers: json, body: '{}' };
  await tell('save', async () => (await fetch(`${url}/_devkit/api/scenarios/evil`, save)).status);
  const blind = { method: 'POST', mode: 'no-cors', body: '{"by": "1d"}' };
  await tell('blind', async () => (await fetch(`${url}/_devkit/api/clock/advance`, blind)).type);
  await tell('follow', () => new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/_devkit/api/journal/follow?after=0`);
    socket.onmessage = () => resolve('heard');
    socket.onclose = () => resolve('closed');
  }));
  await tell('script', () => new Promise((resolve) => {
    const script = document.createElement('script');
    script.src = `${url}/_devkit/panel/core/store.js`;
    script.onload = () => resolve('loaded');
    script.onerror = () => resolve('refused');
    document.head.append(script);
  }));
  const frame = document.createElement('iframe');
  frame.src = `${url}/_devkit/`;
  document.body.append(frame);
  await new Promise((resolve) => { frame.onload = resolve; });
  try { found.frame = frame.contentDocument ? 'read' : 'refused'; } catch { found.frame = 'refused'; }
  return found;
}
"""


@pytest.mark.parametrize("ports", [(3000, 5173, 5174, 0), (0,)], ids=["listed", "unlisted"])
async def test_another_origins_page_neither_reads_nor_steers(
    signed_in: Client, browser: Browser, ports: tuple[int, ...]
) -> None:
    before = signed_in.sandbox.clock.state.offset
    entries = len(signed_in.sandbox.journal)
    async with serving(ports) as frontend:
        page = await browser.new_page()
        await page.goto(frontend.origin)
        found = await page.evaluate(TRIES, signed_in.url)
        await page.close()
    assert found == {
        "read": "refused: TypeError", "page": "refused: TypeError", "reset": "refused: TypeError",
        "save": "refused: TypeError", "blind": "refused: TypeError", "follow": "closed",
        "script": "refused", "frame": "refused",
    }  # fmt: skip
    assert abs(signed_in.sandbox.clock.state.offset - before) < 60_000
    assert len(signed_in.sandbox.journal) >= entries
    assert not signed_in.app.settings.scenario_dir.exists()
