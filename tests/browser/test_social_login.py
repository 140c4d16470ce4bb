"""Social login in a real browser: by redirect and by popup, from a page on an origin of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Frontend
from tests.conftest import EMAIL, Client
from tests.faults.conftest import scenario

pytestmark = pytest.mark.browser

INITIATE = "/api/v2/auth/social/{}/initiate/"

# What an app does that opens a popup: the page that the popup comes back to tells the one that opened it.
POPUP = """async ([base, redirect]) => {
  const query = new URLSearchParams({redirect_uri: redirect})
  const answer = await fetch(`${base}/api/v2/auth/social/github/initiate/?${query}`, {credentials: 'include'})
  const {auth_url} = await answer.json()
  const told = new Promise(resolve => addEventListener('message', event => resolve([event.origin, event.data])))
  window.told = told
  window.open(auth_url, 'social', 'width=480,height=700')
}"""
TELL = "() => { opener.postMessage(location.search, location.origin); close() }"

BEGIN = """async ([base, redirect_uri]) => {
  const query = new URLSearchParams({redirect_uri})
  const answer = await fetch(`${base}/api/v2/auth/social/google/initiate/?${query}`)
  const {auth_url, state} = await answer.json()
  sessionStorage.setItem('state', state)
  location.assign(auth_url)
}"""
_POST = """
  const query = new URLSearchParams(location.search)
  const [code, state] = [query.get('code'), query.get('state')]
  const body = JSON.stringify({code, state, provider: 'google', redirect_uri: location.origin + location.pathname})
  const headers = {'Content-Type': 'application/json'}
  const answer = await fetch(`${base}/api/v2/auth/social/callback/`, {method: 'POST', headers, body})
"""
FINISH = f"""async base => {{
  if (new URLSearchParams(location.search).get('state') !== sessionStorage.getItem('state')) throw Error('state')
{_POST}
  const told = await answer.json()
  const bearer = {{Authorization: `Bearer ${{told.access}}`}}
  return [told, await (await fetch(`${{base}}/api/v2/auth/profile/`, {{headers: bearer}})).json()]
}}"""
FINISH_AGAIN = f"""async base => {{
{_POST}
  return [answer.status, (await answer.json()).error]
}}"""

REFRESH = """async base => {
  const answer = await fetch(`${base}/api/v2/auth/token/refresh/`, {method: 'POST', credentials: 'include'})
  const {access} = await answer.json()
  const headers = {Authorization: `Bearer ${access}`}
  return [answer.status, access && await (await fetch(`${base}/api/v2/auth/profile/`, {headers})).json()]
}"""


def query_of(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


async def at_the_provider(page: Page, devkit: Client, frontend: Frontend, provider: str = "google") -> None:
    """Go there as a link in the app would lead."""
    await page.goto(f"{devkit.url}{INITIATE.format(provider)}?redirect_uri={frontend.origin}/done")
    await expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()


@pytest.fixture
async def complaints(page: Page) -> AsyncIterator[list[str]]:
    """What the browser complained of; nothing, at the end of a test that does not clear it."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    yield found
    assert found == []


@pytest.mark.usefixtures("complaints")
async def test_by_redirect(page: Page, devkit: Client, frontend: Frontend) -> None:
    await at_the_provider(page, devkit, frontend)
    assert urlsplit(page.url).path == "/oauth/google/authorize"
    await expect(page.get_by_text(f"to continue to {frontend.origin}")).to_be_visible()

    await page.get_by_role("button", name="Test User").click()

    await page.wait_for_url(f"{frontend.origin}/done?**")
    told = query_of(page)
    assert list(told) == ["provider", "is_new_user", "code", "state"]
    assert (told["provider"], told["is_new_user"]) == ("google", "false")
    status, profile = await page.evaluate(REFRESH, devkit.url)
    assert (status, profile["email"]) == (200, EMAIL)


async def test_a_single_page_app_posts_the_code_that_it_finds_in_its_address(
    page: Page, devkit: Client, frontend: Frontend
) -> None:
    """A team's app (seed 003) sends the browser off with `redirect_uri`, keeps the state that it was told, and has a
    page that posts `code` and `state` to the callback; the tokens of the answer are all that it signs in with.
    """
    await page.evaluate(BEGIN, [devkit.url, f"{frontend.origin}/auth/callback/google"])
    await page.get_by_role("button", name="Nora Newcomer").click()
    await page.wait_for_url(f"{frontend.origin}/auth/callback/google?**")
    answer, profile = await page.evaluate(FINISH, devkit.url)

    assert (answer["is_new_user"], answer["provider"]) == (True, "google")
    assert profile["email"] == answer["user"]["email"] == "nora@example.net"
    assert await page.evaluate(FINISH_AGAIN, devkit.url) == [400, "code_invalid"]
    # The cookie that came on the way and the tokens are one session's.
    bearer = {"Authorization": f"Bearer {answer['access']}"}
    assert (await devkit.send("GET", "/api/auth/sessions", headers=bearer)).json["total"] == 1


async def test_by_popup(page: Page, devkit: Client, frontend: Frontend) -> None:
    async with page.expect_popup() as opening:
        await page.evaluate(POPUP, [devkit.url, f"{frontend.origin}/done"])
    popup = await opening.value
    await popup.get_by_role("button", name="Nora Newcomer").click()
    await popup.wait_for_url(f"{frontend.origin}/done?**")
    await popup.evaluate(TELL)

    origin, told = await page.evaluate("() => window.told")

    assert origin == frontend.origin
    assert told.startswith("?provider=github&is_new_user=true&code=")
    status, profile = await page.evaluate(REFRESH, devkit.url)
    assert (status, profile["email"]) == (200, "nora@example.net")


@pytest.mark.usefixtures("complaints")
async def test_somebody_else_is_typed(page: Page, devkit: Client, frontend: Frontend) -> None:
    await at_the_provider(page, devkit, frontend)
    await page.get_by_text("Use another account").click()
    await page.get_by_label("Name").fill("Jöan <b>Clarke</b>")
    await page.get_by_label("Email address").fill("joan@example.org")
    await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url(f"{frontend.origin}/done?**")
    assert query_of(page)["is_new_user"] == "true"
    _, profile = await page.evaluate(REFRESH, devkit.url)
    assert (profile["first_name"], profile["last_name"]) == ("Jöan", "<b>Clarke</b>")


@pytest.mark.usefixtures("complaints")
async def test_deny(page: Page, devkit: Client, frontend: Frontend) -> None:
    await at_the_provider(page, devkit, frontend)
    await page.get_by_role("button", name="Deny").click()
    await page.wait_for_url(f"{frontend.origin}/done?**")
    assert query_of(page) == {"error": "access_denied", "error_description": "The user did not consent"}
    assert "refresh_token" not in {cookie["name"] for cookie in await page.context.cookies()}


async def test_an_address_that_is_not_verified_brings_the_reason_back(
    page: Page, devkit: Client, frontend: Frontend
) -> None:
    await at_the_provider(page, devkit, frontend)
    await page.get_by_role("button", name="Not Really Ada").click()
    await page.wait_for_url(f"{frontend.origin}/done?**")
    assert query_of(page)["error"] == "account_not_linked"


async def test_a_provider_that_fails_brings_the_reason_back(page: Page, devkit: Client, frontend: Frontend) -> None:
    await devkit.sandbox.engine.use(scenario({"fault": {"type": "oauth.error"}}))
    await page.goto(f"{devkit.url}{INITIATE.format('google')}?redirect_uri={frontend.origin}/done")
    await page.wait_for_url(f"{frontend.origin}/done?**")
    assert query_of(page)["error"] == "provider_error"


async def test_a_code_that_is_used_again_brings_the_reason_back(page: Page, devkit: Client, frontend: Frontend) -> None:
    await at_the_provider(page, devkit, frontend)
    callbacks: list[str] = []
    page.on("request", lambda request: callbacks.append(request.url) if "/callback/" in request.url else None)
    await page.get_by_role("button", name="Emmy Ty").click()
    await page.wait_for_url(f"{frontend.origin}/done?**")
    await page.goto(callbacks[0])
    await page.wait_for_url(f"{frontend.origin}/done?error=**")
    assert query_of(page)["error"] == "code_invalid"


async def test_the_way_back_after_the_decision_ends_at_a_page_that_says_so(
    page: Page, devkit: Client, frontend: Frontend
) -> None:
    await at_the_provider(page, devkit, frontend)
    await page.get_by_role("button", name="Emmy Ty").click()
    await page.wait_for_url(f"{frontend.origin}/done?**")
    await page.go_back()
    await expect(page.get_by_role("heading", name="This sign-in cannot go on")).to_be_visible()
    await expect(page.get_by_text("The state was used before")).to_be_visible()


@pytest.mark.parametrize("path", [INITIATE.format("myspace"), f"{INITIATE.format('google')}?redirect_uri=//evil.test"])
async def test_what_the_app_got_wrong_is_told_as_json(page: Page, devkit: Client, path: str) -> None:
    answer = await page.goto(devkit.url + path)
    assert answer is not None
    assert answer.headers["content-type"].startswith("application/json")
    assert {"message", "error", "detail"} <= (await answer.json()).keys()


async def test_a_wrong_state_is_told_as_a_page(page: Page, devkit: Client) -> None:
    await page.goto(f"{devkit.url}/oauth/google/authorize?state=made-up")
    await expect(page.get_by_role("alert")).to_have_text("The state is not one that was given out here.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_the_page_needs_neither_javascript_nor_room(
    browser: Browser, devkit: Client, frontend: Frontend, width: int, scheme: Any
) -> None:
    context = await browser.new_context(
        java_script_enabled=False, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = await context.new_page()
    await at_the_provider(page, devkit, frontend, "github")
    await page.get_by_text("Use another account").click()
    box = await page.get_by_role("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    deny = await page.get_by_role("button", name="Deny").bounding_box()
    assert deny is not None
    assert deny["height"] < 48, "it breaks into two lines"
    await page.get_by_role("button", name="Test User").press("Enter")
    await page.wait_for_url(f"{frontend.origin}/done?**")
    await context.close()


async def test_a_page_elsewhere_can_neither_send_the_form_nor_frame_it(
    page: Page, devkit: Client, frontend: Frontend
) -> None:
    await at_the_provider(page, devkit, frontend)
    csrf = await page.locator("input[name=csrf]").first.get_attribute("value")
    state = query_of(page)["state"]
    await page.goto(frontend.origin.replace("localhost", "127.0.0.1"))
    await page.evaluate(
        """([action, fields]) => {
          const form = Object.assign(document.createElement('form'), {method: 'post', action})
          for (const [name, value] of Object.entries(fields))
            form.append(Object.assign(document.createElement('input'), {name, value}))
          document.body.append(form)
          form.submit()
        }""",
        [f"{devkit.url}/oauth/google/authorize", {"state": state, "csrf": csrf, "identity": "100000000000000000001"}],
    )
    await expect(page.get_by_role("alert")).to_contain_text("The form is not from this page")

    await page.goto(frontend.origin)
    await page.evaluate(
        "url => document.body.append(Object.assign(document.createElement('iframe'), {src: url}))",
        f"{devkit.url}/oauth/google/authorize?state={state}",
    )
    frame = page.frames[-1]
    await frame.wait_for_load_state()
    assert "Choose an account" not in await frame.content()
