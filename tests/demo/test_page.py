"""The demo's page in a real browser: what a user can do with it, wide and narrow, in the light and in the dark."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize, expect

from devkit.control.hosting import Wish
from devkit.journal import RequestEntry, SocketEntry
from devkit.sandbox import Template
from tests.conftest import EMAIL
from tests.demo.conftest import Demo, serving
from tests.demo.user import User

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE, NARROW = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
SERIOUS = {"serious", "critical"}


@pytest.fixture
async def page(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """A page about which the console has nothing to complain, but for answers that the browser itself calls failed.

    It is closed before its server is: a socket that nobody answers any more would be a complaint of its own.
    """
    context = await browser.new_context()
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    assert [one for one in complaints if not one.startswith("Failed to load resource")] == []


@pytest.fixture
async def user(page: Page, demo: Demo) -> User:
    """Signed in."""
    user = User(page)
    await user.open(demo.origin)
    await user.sign_in()
    await user.sees_tasks()
    return user


def requests(demo: Demo, operation: str) -> list[RequestEntry]:
    return [one for one in demo.sandbox.journal if isinstance(one, RequestEntry) and one.operation == operation]


async def scenario(demo: Demo, name: str) -> None:
    await demo.app.library.ready()
    await demo.sandbox.engine.use(demo.app.library.get(name))


@pytest.mark.parametrize(
    ("size", "scheme", "color"),
    [(WIDE, "light", ""), (NARROW, "dark", ""), (WIDE, "dark", "#5b1a8b"), (NARROW, "light", "#ffe600")],
    ids=["wide-light", "narrow-dark", "wide-dark-purple", "narrow-light-yellow"],
)
async def test_it_is_accessible_and_fits(
    browser: Browser, tmp_path: Path, template: Template, size: ViewportSize, scheme: str, color: str
) -> None:
    """Whatever its colour is: axe computes the contrast of what is really shown (WCAG 2.2, 1.4.3)."""
    async with serving(tmp_path, template, demo_color=color) as demo:
        await _is_accessible_and_fits(browser, demo, size, scheme)


async def _is_accessible_and_fits(browser: Browser, demo: Demo, size: ViewportSize, scheme: str) -> None:
    # axe is put into the page as a script of nobody's, which the page's own rules would refuse.
    context = await browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    user = User(page)

    async def looks_well() -> None:
        found = (await Axe().run(page)).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"

    await user.open(demo.origin, without="backoff")
    await looks_well()
    await page.get_by_role("button", name="Reset …").click()
    await looks_well()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_role("button", name="Create the account").click()
    await looks_well()
    await page.get_by_role("button", name="I have an account").click()
    await user.sign_in()
    await user.sees_tasks()
    areas = page.locator("details:not([open]) summary")
    while await areas.count():
        await areas.first.click()
    await user.sends_a_file(200_000)
    await looks_well()
    await scenario(demo, "server-errors")
    await user.refreshes()
    await user.adds("Buy milk")
    await expect(page.locator(".new-task .notice")).to_be_visible()
    await looks_well()
    await page.goto(f"{demo.origin}/presenter")
    await expect(page.locator("#asked .faults").first).to_be_visible()
    await looks_well()
    assert errors == []


async def test_a_new_user_registers_confirms_by_the_mailbox_and_signs_in(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await page.get_by_role("button", name="Create an account").click()
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("Email").fill("ada@example.com")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Create the account").click()
    await expect(page.get_by_text("Must be at least 8 characters")).to_be_visible()
    await page.get_by_label("Password").fill("Secret123!")
    await page.get_by_role("button", name="Create the account").click()

    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("This address is not confirmed yet")).to_be_visible()
    await page.get_by_role("button", name="Confirm the address").click()
    await expect(page.get_by_text("Your address is confirmed")).to_be_visible()
    await user.sign_in()

    await expect(page.get_by_text("Ada Lovelace")).to_be_visible()
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()


async def test_the_link_in_a_mail_leads_to_the_page(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await page.get_by_role("button", name="Forgot the password?").click()
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_role("button", name="Send me a link").click()
    await page.get_by_role("button", name="Choose a new password").wait_for()
    mails = await page.evaluate("fetch('/_devkit/api/mail').then(answer => answer.json())")
    assert mails["data"][0]["link"].startswith(f"{demo.origin}/reset-password?token=")

    await page.goto(mails["data"][0]["link"])
    await page.get_by_role("textbox", name="New password").fill("Another123!")
    await page.get_by_role("button", name="Save it").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert "token" not in page.url
    await page.get_by_label("Email").fill(EMAIL)
    await user.sign_in()
    await user.sees_tasks()


async def test_one_signs_in_with_an_account_elsewhere(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await user.continues_with_google()
    await user.sees_tasks()
    assert page.url == f"{demo.origin}/"
    await page.reload()
    await user.sees_tasks()


async def test_whoever_denies_it_elsewhere_is_told_so(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await page.get_by_role("button", name="Continue with GitHub").click()
    await page.get_by_role("button", name="Deny").click()
    await expect(page.get_by_text("You did not agree to it there.")).to_be_visible()
    assert page.url == f"{demo.origin}/"


async def test_a_way_back_that_nobody_went_is_refused(page: Page, demo: Demo) -> None:
    await page.goto(f"{demo.origin}/social?code=stolen&state=of-somebody-else")
    await expect(page.get_by_text("The way back did not fit the way there.")).to_be_visible()
    assert requests(demo, "social.callback") == []


async def test_whoever_comes_back_is_still_signed_in(user: User) -> None:
    await user.page.reload()
    await user.sees_tasks()
    await user.page.get_by_role("button", name="Sign out").click()
    await user.is_out()
    await user.page.reload()
    await user.is_out()


async def test_a_task_is_made_ticked_off_deleted_and_told_to_the_other_page(user: User, demo: Demo) -> None:
    other = User(await user.page.context.new_page())
    await other.open(demo.origin)
    await other.sees_tasks()
    await expect(other.page.locator("demo-connection")).to_have_text("Live")

    await user.adds("Water the plants on the roof")
    row = other.page.locator(".tasks li", has_text="Water the plants on the roof")
    await expect(row).to_be_visible()
    await user.page.get_by_label("Water the plants on the roof").first.check()
    await expect(row.get_by_role("checkbox")).to_be_checked()
    await user.page.get_by_role("button", name="Delete “Water the plants on the roof”").click()
    await expect(row).to_have_count(0)


async def test_all_pages_are_shown_each_row_once(user: User, demo: Demo) -> None:
    await scenario(demo, "pagination-drift")
    await user.pages_on()
    await expect(user.page.locator(".tasks li")).to_have_count(57)
    await user.refreshes()
    await expect(user.page.locator(".tasks li")).to_have_count(57)


async def test_a_renamed_and_an_unknown_field_cost_no_row(user: User, demo: Demo) -> None:
    await scenario(demo, "schema-drift")
    await user.refreshes()
    await expect(user.page.locator(".tasks li")).to_have_count(20)
    await expect(user.page.locator(".tasks .title").first).to_have_text("Untitled")


async def test_a_file_is_sent_with_progress_and_stored(user: User) -> None:
    await user.sends_a_file(3_000_000)
    await expect(user.page.get_by_role("list", name="Stored").get_by_text("holiday.jpg")).to_be_visible()


async def test_a_file_that_is_too_large_is_told_its_limit(user: User) -> None:
    await user.sends_a_file(11_000_000)
    said = user.page.locator(".transfers .state")
    await expect(said).to_have_text("The file is too large: the backend takes 10.5 MB at the most.")
    await expect(user.page.get_by_role("button", name="Send again")).to_be_hidden()


async def test_a_model_answers_word_by_word_and_can_be_stopped(user: User, demo: Demo) -> None:
    page = user.page
    await user.asks("How do I begin a herb garden?")
    answers = page.locator("demo-chat .assistant")
    await expect(answers).to_have_attribute("data-state", "whole")
    await scenario(demo, "chat-stream-stalls")
    await page.get_by_label("Your question").fill("And what about mint?")
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(answers.nth(1)).to_have_attribute("data-state", "streaming")
    await page.get_by_role("button", name="Stop").click()
    await expect(answers.nth(1)).to_contain_text("You stopped this answer.")


async def test_the_chat_has_its_token_also_after_a_reload(user: User, demo: Demo) -> None:
    await user.page.reload()
    await user.sees_tasks()
    await user.asks("How do I begin a herb garden?")
    await expect(user.page.locator("demo-chat .assistant")).to_have_attribute("data-state", "whole")
    assert [entry.status for entry in requests(demo, "auth.refresh")] == [200]


async def test_what_was_typed_survives_a_failure_and_is_sent_once(user: User, demo: Demo) -> None:
    await scenario(demo, "server-errors")
    await user.adds("Buy milk")
    field = user.page.get_by_role("textbox", name="New task")
    await expect(field).to_have_value("Buy milk")
    await demo.sandbox.engine.off_all()
    await user.page.get_by_role("button", name="Add", exact=True).click()
    await expect(field).to_have_value("")
    keys = set()
    for entry in requests(demo, "tasks.create"):
        detail = demo.sandbox.journal.detail(entry.number)
        assert detail is not None
        keys.add(detail.request.headers["Idempotency-Key"])
    assert len(keys) == 1


async def test_a_pause_that_was_asked_for_is_shown_and_ends_by_itself(user: User, demo: Demo) -> None:
    await scenario(demo, "maintenance")
    await user.page.locator("#reload").click()
    banner = user.page.locator("demo-pause")
    await expect(banner).to_contain_text("not available at the moment")
    await expect(banner).to_contain_text("Trying again in")
    await demo.sandbox.engine.off_all()
    await expect(banner).to_be_hidden(timeout=15_000)
    await user.sees_tasks()


async def test_without_a_network_it_says_so_and_goes_on_afterwards(user: User) -> None:
    await user.page.context.set_offline(True)
    await user.page.locator("#reload").click()
    await expect(user.page.locator("demo-pause")).to_contain_text("You are offline.")
    await user.page.context.set_offline(False)
    await expect(user.page.locator("demo-pause")).to_be_hidden(timeout=15_000)
    await user.sees_tasks()


async def test_a_lost_connection_catches_up_with_what_it_missed(user: User, demo: Demo) -> None:
    await expect(user.page.locator("demo-connection")).to_have_text("Live")
    await user.adds("The event that it remembers")
    await scenario(demo, "websocket-flaps")
    await user.adds("Made while it was away")
    await expect(user.page.locator("demo-connection")).to_have_text("Reconnecting")
    found = await _eventually(demo, lambda one: one.direction == "in" and '"since"' in (one.frame or ""))
    assert '"topics":["tasks","uploads","notifications"]' in (found[0].frame or "")


async def test_an_ended_session_leads_to_the_login_and_says_why(user: User, demo: Demo) -> None:
    await scenario(demo, "token-revoked")
    await user.refreshes()
    await user.is_out()
    await expect(user.page.locator("demo-entrance")).to_contain_text("You were signed out, perhaps on another device.")
    await demo.sandbox.engine.off_all()
    await user.sign_in()
    await user.sees_tasks()


async def test_a_virtue_is_switched_off_in_the_page_and_in_its_address(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin, without="heartbeat,no-such-virtue")
    await expect(page.get_by_text("There is no virtue “no-such-virtue”.")).to_be_visible()
    heartbeat = page.get_by_role("switch", name="Notices silence")
    await expect(heartbeat).not_to_be_checked()
    await expect(page.get_by_text("Off: An open connection counts as a good one")).to_be_visible()
    await page.get_by_role("switch", name="One refresh for all").uncheck()
    assert page.url.endswith("?without=heartbeat%2Csingle-flight")
    await page.reload()
    await expect(page.get_by_role("switch", name="One refresh for all")).not_to_be_checked()
    await page.get_by_role("button", name="All on").click()
    assert "without" not in page.url


async def test_a_scenario_is_switched_on_and_off_beside_the_virtue_that_it_tries(user: User, demo: Demo) -> None:
    chip = user.page.get_by_role("button", name="truncated-json")
    await chip.click()
    await expect(user.page.get_by_text("Failing: truncated-json.")).to_be_visible()
    await expect(chip).to_have_attribute("aria-pressed", "true")
    assert [one.scenario.name for one in demo.sandbox.engine.active()] == ["truncated-json"]
    await user.refreshes()
    await user.sees_tasks()
    await user.page.get_by_role("button", name="Switch failures off").click()
    await expect(chip).to_have_attribute("aria-pressed", "false")
    assert demo.sandbox.engine.active() == []


async def test_a_sandbox_is_named_in_the_address(page: Page, demo: Demo) -> None:
    await demo.app.sandboxes.create(Wish(id="w1"))
    user = User(page)
    await page.goto(f"{demo.origin}/?sandbox=w1&without=heartbeat")
    await page.wait_for_url(f"{demo.origin_of('w1')}/?without=heartbeat")
    await user.sign_in()
    await user.sees_tasks()
    assert requests(demo, "tasks.list") == []


async def test_it_can_be_used_with_the_keyboard_alone(page: Page, demo: Demo) -> None:
    user = User(page)
    await user.open(demo.origin)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Watch five failures").first).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Email")).to_be_focused()
    await page.keyboard.press("Enter")
    await user.sees_tasks()
    await page.get_by_role("textbox", name="New task").focus()
    await page.keyboard.type("Typed")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Typed").first).to_be_visible()


async def _eventually(demo: Demo, fits: Callable[[SocketEntry], bool]) -> list[SocketEntry]:
    """Entries of sockets that fit, once there is one."""
    async with asyncio.timeout(30):
        while True:
            found = [one for one in demo.sandbox.journal if isinstance(one, SocketEntry) and fits(one)]
            if found:
                return found
            await asyncio.sleep(0.05)
