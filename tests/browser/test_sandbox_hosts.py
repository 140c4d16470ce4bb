"""A page at `http://ID.localhost` and its sandbox of the same name, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from devkit.control.hosting import Wish
from tests.browser.conftest import Frontend
from tests.browser.test_agreed_app import CALL, OPEN_SOCKET
from tests.conftest import EMAIL, PASSWORD, Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_each_page_is_signed_in_to_the_sandbox_of_its_own_name(
    browser: Browser, frontend: Frontend, devkit: Client
) -> None:
    for name, title in (("w1", "First"), ("w2", "Second")):
        await devkit.app.sandboxes.create(Wish(id=name))
        api = devkit.url.replace("//localhost", f"//{name}.localhost")
        page = await browser.new_page()
        await page.goto(frontend.origin.replace("//localhost", f"//{name}.localhost"))
        login = {"email": EMAIL, "password": PASSWORD}
        signed_in = await page.evaluate(CALL, {"url": f"{api}/api/auth/login", "method": "POST", "body": login})
        assert signed_in["status"] == 200
        made = await page.evaluate(CALL, {"url": f"{api}/api/tasks", "method": "POST", "body": {"title": title}})
        assert made["status"] == 201
        tasks = await page.evaluate(CALL, {"url": f"{api}/api/tasks", "method": "GET", "body": None})
        assert (tasks["body"]["total"], tasks["body"]["data"][0]["title"]) == (58, title)
        assert await page.evaluate(OPEN_SOCKET, f"ws{api.removeprefix('http')}/ws") == "open"
