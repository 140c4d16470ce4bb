"""An end-to-end test of the page, as its team has one: `browse.py PAGE TITLE` signs in, adds a note of that title and
sees it in the list, in a Chromium of its own. The backend is at DEVKIT_URL.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import quote

from playwright.sync_api import expect, sync_playwright

from tests.chromium import ARGUMENTS, executable


def main(page_url: str, title: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        page = browser.new_page()
        # What is wrong is said where the test fails.
        page.on("console", lambda message: sys.stderr.write(f"{message.text}\n"))
        page.on("pageerror", lambda error: sys.stderr.write(f"{error}\n"))
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        page.goto(f"{page_url}/?api={quote(os.environ['DEVKIT_URL'], safe='')}")
        page.get_by_placeholder("E-mail").fill("ada@example.com")
        page.get_by_placeholder("Password").fill("correct horse")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading")).to_have_text("Notes of Ada")
        expect(page.get_by_role("listitem").last).to_have_text("Buy milk")
        page.get_by_placeholder("A new note").fill(title)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("listitem").first).to_have_text(title)
        page.reload()
        expect(page.get_by_role("listitem").first).to_have_text(title)
        assert not page.evaluate("document.cookie"), "the session is for the server alone"
        browser.close()


main(*sys.argv[1:])
