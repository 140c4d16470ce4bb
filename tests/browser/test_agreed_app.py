"""What a frontend does with the agreed contract, done by a real browser: what CORS, cookies and sockets allow there.

The server runs in the test's own event loop; the browser is a process of its own.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import Frontend
from tests.conftest import EMAIL, PASSWORD, Client

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CALL = """
async ({url, method, body}) => {
  const options = {method, credentials: 'include', headers: {}};
  if (body !== null) {
    options.body = JSON.stringify(body);
    options.headers = {'Content-Type': 'application/json', 'X-Client-Version': '1.0'};
  }
  try {
    const response = await fetch(url, options);
    const text = await response.text();
    const headers = Object.fromEntries(response.headers);
    return {status: response.status, body: text ? JSON.parse(text) : null, headers};
  } catch (error) {
    return {failed: String(error)};
  }
}
"""

OPEN_SOCKET = """
(url) => {
  window.frames_ = [];
  window.socket_ = new WebSocket(url);
  socket_.onmessage = ({data}) => frames_.push(JSON.parse(data));
  return new Promise((resolve) => {
    socket_.onopen = () => resolve('open');
    socket_.onclose = ({code}) => { window.closed_ = code; resolve('closed'); };
  });
}
"""

UPLOAD = """
({url, bytes}) => new Promise((resolve) => {
  const form = new FormData();
  form.append('file', new File([new Uint8Array(bytes).fill(7)], 'holiday.jpg', {type: 'image/jpeg'}));
  const request = new XMLHttpRequest();
  const progress = [];
  request.open('POST', url);
  request.withCredentials = true;
  request.upload.onprogress = ({loaded, total}) => progress.push([loaded, total]);
  request.onload = () => resolve({status: request.status, body: JSON.parse(request.responseText), progress});
  request.onerror = () => resolve({status: 0, progress});
  request.send(form);
})
"""


class App:
    """A small frontend: calls the mock from a page, and reads what its socket heard."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer: dict[str, Any] = await self.page.evaluate(
            CALL, {"url": self.url + path, "method": method, "body": body}
        )
        return answer

    async def sign_in(self) -> dict[str, Any]:
        return await self.call("POST", "/api/auth/login", {"email": EMAIL, "password": PASSWORD})

    async def open_socket(self) -> str:
        opened: str = await self.page.evaluate(OPEN_SOCKET, self.url.replace("http", "ws", 1) + "/ws")
        return opened

    async def subscribe(self, *topics: str) -> None:
        await self.page.evaluate("(m) => socket_.send(JSON.stringify(m))", {"type": "subscribe", "topics": topics})
        await self.frame("subscription")

    async def frame(self, kind: str) -> dict[str, Any]:
        """The first frame of that type, as soon as it is there."""
        await self.page.wait_for_function("(kind) => frames_.some(f => f.type === kind)", arg=kind)
        return (await self.frames(kind))[0]

    async def frames(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.page.evaluate("(kind) => frames_.filter(f => f.type === kind)", kind)
        return found


@pytest.fixture
def app(page: Page, devkit: Client) -> App:
    return App(page, devkit.url)


async def test_a_user_signs_in_works_with_tasks_and_signs_out(app: App) -> None:
    assert (await app.call("GET", "/api/auth/me"))["status"] == 401

    signed_in = await app.sign_in()
    assert (signed_in["status"], signed_in["body"]["user"]["email"]) == (200, EMAIL)

    listed = await app.call("GET", "/api/tasks?limit=20")
    assert (listed["status"], listed["body"]["total"], len(listed["body"]["data"])) == (200, 57, 20)
    # Headers that a page may read across origins, because the answer exposes them.
    assert listed["headers"]["x-total-count"] == "57"
    assert 'rel="next"' in listed["headers"]["link"]

    created = await app.call("POST", "/api/tasks", {"title": "Buy milk", "priority": "high"})
    assert created["status"] == 201
    assert created["headers"]["location"].endswith(created["body"]["id"])

    assert (await app.call("POST", "/api/auth/logout"))["status"] == 204
    assert (await app.call("GET", "/api/tasks"))["body"]["error"] == "unauthorized"


async def test_events_arrive_on_a_socket_that_the_cookie_opened(app: App) -> None:
    await app.sign_in()
    assert await app.open_socket() == "open"
    assert (await app.frame("connection"))["status"] == "connected"
    await app.subscribe("tasks")

    created = await app.call("POST", "/api/tasks", {"title": "Told to everybody who listens"})

    assert (await app.frame("task_created"))["task"] == created["body"]


async def test_an_upload_is_followed_by_the_page_and_by_the_socket(app: App) -> None:
    await app.sign_in()
    await app.open_socket()
    await app.subscribe("uploads")
    size = 3_000_000

    uploaded = await app.page.evaluate(UPLOAD, {"url": app.url + "/api/uploads", "bytes": size})

    assert (uploaded["status"], uploaded["body"]["size"], uploaded["body"]["filename"]) == (201, size, "holiday.jpg")
    loaded, total = uploaded["progress"][-1]
    assert loaded == total > size
    assert (await app.frame("upload_complete"))["upload"]["id"] == uploaded["body"]["id"]
    percents = [frame["percent"] for frame in await app.frames("upload_progress")]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)


async def test_scripts_cannot_read_the_session(app: App) -> None:
    await app.sign_in()

    assert await app.page.evaluate("document.cookie") == ""
    kept = {cookie["name"]: cookie for cookie in await app.page.context.cookies(app.url + "/api/auth/refresh")}
    assert set(kept) == {"auth-token", "refresh-token"}
    assert all(cookie["httpOnly"] and cookie["secure"] and cookie["sameSite"] == "Lax" for cookie in kept.values())


async def test_errors_can_be_read_across_origins(app: App) -> None:
    refused = await app.call("POST", "/api/auth/register", {"email": "not-an-address", "password": "short"})
    assert refused["status"] == 400
    assert {"email", "password"} <= set(refused["body"]["details"])
    missing = await app.call("GET", "/api/no-such-thing")
    assert missing["body"]["error"] == "not_found"


async def test_the_browser_refuses_an_origin_that_is_not_listed(
    browser: Browser, stranger: Frontend, devkit: Client
) -> None:
    page = await browser.new_page()
    await page.goto(stranger.origin)

    answer = await App(page, devkit.url).call("GET", "/api/health")

    assert answer == {"failed": "TypeError: Failed to fetch"}
    (entry,) = [entry for entry in devkit.sandbox.journal if getattr(entry, "path", "") == "/api/health"]
    assert entry.note == f"origin {stranger.origin} is not allowed: serve with --origin {stranger.origin}"


async def test_a_socket_without_a_session_is_told_why(app: App) -> None:
    assert await app.open_socket() == "open"
    assert (await app.frame("error"))["error"] == "unauthorized"
    await app.page.wait_for_function("window.closed_ === 4401")
