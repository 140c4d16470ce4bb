"""Somebody who uses the demo in a real browser: does one thing after the other, and looks at what comes of it."""

from __future__ import annotations

from playwright.async_api import Page
from playwright.async_api import TimeoutError as NotInTime

BUSY = 20_000
"""Milliseconds after which somebody stops waiting for the page to get on."""

FILE = 6_000_000
"""Bytes of a file that is sent: more than the system keeps for a server that does not read."""


class User:
    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, origin: str, without: str = "") -> None:
        await self.page.goto(f"{origin}/?without={without}" if without else origin)
        await self.page.locator("#starting").wait_for(state="hidden")

    async def sign_in(self) -> None:
        """Once, and only where the page asks for it."""
        button = self.page.locator("demo-entrance").get_by_role("button", name="Sign in")
        await button.wait_for(timeout=BUSY)
        await button.click()
        await self._idle()
        await self.looks()

    async def is_asked_to_sign_in(self) -> bool:
        return await self.page.locator("demo-entrance").get_by_role("button", name="Sign in").is_visible()

    async def continues_with_google(self) -> None:
        """Consent as the first identity, wherever that leads; nothing where one is signed in already."""
        button = self.page.get_by_role("button", name="Continue with Google")
        if not await button.is_visible():
            return
        # To the provider's page, or straight back.
        async with self.page.expect_navigation():
            await button.click()
        consent = self.page.locator("button[name=identity]").first
        if await consent.count():
            await consent.click()
        shown = self.page.locator("demo-entrance .notice, #signed-in").locator("visible=true")
        await shown.first.wait_for(timeout=BUSY)

    async def is_out(self) -> None:
        """The page notices, sooner or later, that the session is over."""
        await self.page.locator("demo-entrance").wait_for(timeout=BUSY)

    async def looks(self) -> None:
        """Until the list is there, or the page says why it is not."""
        shown = self.page.locator("demo-tasks:not([aria-busy]), demo-entrance").locator("visible=true")
        await shown.first.wait_for(timeout=2 * BUSY)

    async def refreshes(self, times: int = 1) -> None:
        for _ in range(times):
            if await self.page.locator("demo-tasks .notice").count():
                await self.waits(1)  # it says what is wrong, and that is read
            await self.page.locator("#reload").click()
            await self.looks()

    async def sees_tasks(self, timeout: float = 60_000) -> None:
        """The list, and nothing about a failure."""
        await self.page.locator("demo-tasks:not(:has(.notice)) .count", has_text=" of ").wait_for(timeout=timeout)

    async def pages_on(self) -> None:
        more = self.page.locator("#more")
        while await more.is_visible():
            await more.click()
            await self.looks()

    async def adds(self, title: str, clicks: int = 1) -> None:
        """A task; the button pressed so often, as people do who see nothing happen."""
        form = self.page.get_by_role("form", name="New task")
        await form.get_by_role("textbox", name="New task").fill(title)
        button = form.get_by_role("button", name="Add")
        await button.click(click_count=clicks)
        await self._idle()

    async def sends_a_file(self, size: int = FILE) -> None:
        """Chosen, and followed until it is stored, has failed, or moves no more."""
        file = {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": b"\x07" * size}
        await self.page.locator("#file").set_input_files(file)
        await self._transfer("stored", "failed", "stalled")

    async def sends_it_again(self) -> None:
        """Where the page offers that."""
        again = self.page.locator(".transfers .again")
        try:
            await again.wait_for(timeout=15_000)
        except NotInTime:
            return
        await self.waits(0.5)
        await again.click()
        await self._transfer("stored", "failed")

    async def asks(self, prompt: str) -> None:
        """The model; until its answer has ended, in whatever way."""
        await self.page.get_by_label("Your question").fill(prompt)
        await self.page.get_by_role("button", name="Ask", exact=True).click()
        await self._answered()

    async def asks_again(self) -> None:
        """Where the page offers that."""
        again = self.page.get_by_role("button", name="Ask again")
        if await again.count():
            await self.waits(3.2)  # nobody reads half an answer faster
            await again.click()
            await self._answered()

    async def waits(self, seconds: float) -> None:
        await self.page.wait_for_timeout(1000 * seconds)

    async def _answered(self) -> None:
        try:
            await self.page.get_by_role("button", name="Ask", exact=True).wait_for(timeout=BUSY)
        except NotInTime:
            return

    async def _transfer(self, *states: str) -> None:
        wanted = ", ".join(f'.transfers li[data-state="{state}"]' for state in states)
        try:
            await self.page.locator(wanted).first.wait_for(timeout=BUSY)
        except NotInTime:
            return

    async def _idle(self) -> None:
        """Until no form is being sent any more."""
        await self.page.locator(".busy").first.wait_for(state="detached", timeout=2 * BUSY)
