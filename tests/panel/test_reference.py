"""The reference: every operation of every dialect and every message, each told in full, each call tried out."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.conftest import EMAIL, PASSWORD, Client
from tests.panel.conftest import OpenPanel, Panel
from tests.panel.test_traffic import run

pytestmark = pytest.mark.browser

ROWS = ".op-list a"


async def opened(panel: Panel, place: str = "") -> Page:
    """The reference at its own address."""
    await panel.page.goto(f"{panel.client.url}/_devkit/docs{place}")
    await panel.page.locator(ROWS).first.wait_for(state="attached")
    return panel.page


async def test_operations_come_first_and_what_sockets_say_after_them(client: Client, panel: Panel) -> None:
    asked: list[str] = []
    panel.page.on("request", lambda request: asked.append(request.url))
    page = await opened(panel)
    await page.locator(".area", has_text="WebSocket /ws/health/").wait_for()
    rows = await page.locator(ROWS).evaluate_all("rows => rows.map((row) => row.dataset.key)")
    operations = [route.operation.id for dialect in client.app.dialects for route in dialect.routes()]
    calls = [row for row in rows if not row.startswith("~")]
    assert sorted(calls) == sorted(set(operations))
    assert rows[: len(calls)] == calls
    assert {"~events task_created", "~events client_subscribe", "~health health_check"} <= set(rows)
    # It is there at once because the list needs no document of hundreds of kilobytes.
    assert [url for url in asked if "openapi.json" in url] == []


async def test_one_dialect_may_be_chosen_by_the_address_or_by_hand(client: Client, panel: Panel) -> None:
    page = await opened(panel, f"?dialect={client.app.dialects[0].name}")
    choice = page.get_by_label("Dialect", exact=True)
    for dialect in client.app.dialects:
        await choice.select_option(dialect.name)
        operations = {route.operation.id for route in dialect.routes()}
        await expect(page.locator(f"{ROWS}:not([data-key^='~'])")).to_have_count(len(operations))
        link = page.get_by_role("link", name="AsyncAPI")
        await expect(link).to_have_attribute("href", f"/_devkit/asyncapi.json?dialect={dialect.name}")


async def test_an_operation_is_told_with_its_body_its_answers_and_what_breaks_it(panel: Panel) -> None:
    page = await opened(panel, "#/contract/agreed/tasks.create")
    await page.get_by_text("Fields of the body").click()
    await expect(page.locator(".call-body .schema")).to_contain_text("dueDate")
    # The first answer is open; another is made when it is opened.
    await expect(page.locator(".one-answer[open] .schema")).to_contain_text("createdAt")
    await page.locator(".one-answer summary", has_text="401").click()
    await page.get_by_text("Example: token_expired").click()
    await expect(page.locator(".one-answer", has_text="401")).to_contain_text('"error": "token_expired"')
    await page.get_by_text("Faults that reach it", exact=True).click()
    await expect(page.get_by_role("button", name="http.abort", exact=True)).to_be_visible()
    assert await page.get_by_role("button", name="upload.stall", exact=True).count() == 0
    await page.get_by_role("button", name="token.expired", exact=True).click()
    await page.wait_for_url("**#/scenarios/new")
    await expect(page.locator("dk-compose")).to_contain_text("tasks.create")


async def test_a_message_of_a_socket_is_told_with_its_fields_and_example(panel: Panel) -> None:
    page = await opened(panel)
    await page.get_by_role("searchbox").fill("hear of these topics")
    await page.locator(ROWS).first.click()
    await expect(page.locator("dk-socket")).to_contain_text("from the client")
    await expect(page.locator("dk-socket .schema")).to_contain_text("list of string")
    await expect(page.locator("dk-socket .code")).to_contain_text('"subscribe"')


async def test_signing_in_with_the_pages_cookies_signs_in_what_is_tried_next(panel: Panel) -> None:
    page = await opened(panel, "#/contract/agreed/auth.login")
    await page.get_by_label("With this page's cookies").check()
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text("200")
    assert {cookie["name"] for cookie in await page.context.cookies()} == {"auth-token", "refresh-token"}
    await page.goto(f"{panel.client.url}/_devkit/docs#/contract/agreed/auth.me")
    await page.get_by_role("heading", name="The signed-in user").wait_for()
    await expect(page.get_by_label("As", exact=True)).to_be_disabled()
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text(EMAIL)


@pytest.mark.parametrize(
    ("place", "status"),
    [("webplus/auth.login", "200"), ("taskapp/auth.login", "200"), ("agreed/uploads.create", "201")],
    ids=["a form", "JSON or a form", "files"],
)
async def test_every_kind_of_body_can_be_sent(panel: Panel, place: str, status: str) -> None:
    page = await opened(panel, f"#/contract/{place}")
    await page.locator("dk-operation h2").wait_for()
    kinds = page.get_by_label("Content-Type")
    for kind in await kinds.locator("option").all_inner_texts() or [None]:
        if kind:
            await kinds.select_option(kind)
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".answer h3")).to_contain_text(status)
        await page.locator(".answer").evaluate("answer => answer.replaceChildren()")


async def test_a_call_is_copied_as_a_line_that_runs(open_panel: OpenPanel) -> None:
    async with open_panel() as panel:
        page = await opened(panel, "#/contract/agreed/tasks.create")
        await page.get_by_role("button", name="Copy as curl").click()
        line = await panel.copied()
        assert "Authorization: Bearer" in line
        assert "201 Created" in (await run(line)).splitlines()[0]
        await page.get_by_label("With this page's cookies").check()
        await page.get_by_label("Body").fill(f'{{"email": "{EMAIL}", "password": "{PASSWORD}"}}')
        await page.get_by_role("button", name="Copy as curl").click()
        await expect(page.locator(".toast.good")).to_have_count(2)
        line = str(await page.evaluate("navigator.clipboard.readText()"))
        assert "-b cookies.txt -c cookies.txt" in line
        assert "Authorization" not in line
