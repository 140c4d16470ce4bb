"""Broken sockets and uploads, as JavaScript sees them in a real browser; and that the page heals without a reload."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

from tests.conftest import EMAIL, PASSWORD, Client
from tests.faults.conftest import scenario

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIGN_IN = """
async ({url, email, password}) => {
  const body = JSON.stringify({email, password});
  const headers = {'Content-Type': 'application/json'};
  return (await fetch(url, {method: 'POST', credentials: 'include', headers, body})).status;
}
"""

OPEN = """
(url) => {
  window.log = [];
  window.ended = null;
  window.socket = new WebSocket(url);
  socket.onmessage = ({data}) => log.push(data instanceof Blob ? 'Blob' : data);
  socket.onerror = () => log.push('onerror');
  return new Promise((resolve) => {
    socket.onopen = () => resolve('open');
    socket.onclose = ({code, reason, wasClean}) => {
      window.ended = {code, reason, wasClean};
      resolve('closed');
    };
  });
}
"""

CREATE = """
async ({url, title}) => {
  const headers = {'Content-Type': 'application/json'};
  const options = {method: 'POST', credentials: 'include', headers, body: JSON.stringify({title})};
  const status = (await fetch(url, options)).status;
  log.push(`answer ${status}`);
  return status;
}
"""

UPLOAD = """
({url, bytes}) => new Promise((resolve) => {
  const form = new FormData();
  form.append('file', new File([new Uint8Array(bytes).fill(7)], 'film.bin'));
  window.loaded = 0;
  const request = new XMLHttpRequest();
  request.open('POST', url);
  request.withCredentials = true;
  request.upload.onprogress = ({loaded, total}) => { window.loaded = loaded / total; };
  request.onload = () => resolve(request.status);
  request.onerror = () => resolve('onerror');
  request.send(form);
})
"""


class App:
    """A page that is signed in, and notes what its socket hears."""

    def __init__(self, page: Page, devkit: Client) -> None:
        self.page, self.devkit, self.url = page, devkit, devkit.url

    async def breaks(self, kind: str, **parameters: Any) -> None:
        await self.devkit.sandbox.engine.use(scenario({"fault": {"type": kind, **parameters}}))

    async def heals(self) -> None:
        await self.devkit.sandbox.engine.off("broken")

    async def open(self) -> str:
        opened: str = await self.page.evaluate(OPEN, self.url.replace("http", "ws", 1) + "/ws")
        return opened

    async def subscribe(self) -> None:
        await self.page.evaluate("socket.send(JSON.stringify({type: 'subscribe', topics: ['tasks', 'uploads']}))")
        await self.page.wait_for_function("log.some(text => text.includes('subscribed'))")
        await self.page.evaluate("log.length = 0")

    async def listens(self) -> None:
        assert await self.open() == "open"
        await self.subscribe()

    async def create(self, title: str) -> None:
        given = {"url": self.url + "/api/tasks", "title": title}
        assert await self.page.evaluate(CREATE, given) == 201

    async def heard(self, count: int) -> list[str]:
        """What was noted, as soon as there is so much of it: the titles of tasks that were told, and the rest."""
        await self.page.wait_for_function("(count) => log.length >= count", arg=count)
        script = "log.map(text => { try { return JSON.parse(text).task.title } catch { return text } })"
        found: list[str] = await self.page.evaluate(script)
        return found

    async def end(self) -> dict[str, Any]:
        await self.page.wait_for_function("window.ended !== null")
        ended: dict[str, Any] = await self.page.evaluate("ended")
        return ended


@pytest.fixture
async def app(page: Page, devkit: Client) -> App:
    given = {"url": devkit.url + "/api/auth/login", "email": EMAIL, "password": PASSWORD}
    assert await page.evaluate(SIGN_IN, given) == 200
    return App(page, devkit)


GONE = {"code": 1006, "reason": "", "wasClean": False}


async def test_a_refused_handshake_shows_only_1006_and_the_next_one_works(app: App) -> None:
    await app.breaks("ws.reject", status=403)
    assert await app.open() == "closed"
    assert await app.end() == GONE
    assert await app.heard(1) == ["onerror"]
    await app.heals()
    await app.listens()


async def test_a_subprotocol_that_was_not_offered_fails_the_connection(app: App) -> None:
    """RFC 6455, section 4.1."""
    await app.breaks("ws.subprotocol_mismatch")
    assert await app.open() == "closed"
    assert await app.end() == GONE
    await app.heals()
    await app.listens()


async def test_a_browser_puts_fragments_together(app: App) -> None:
    await app.listens()
    await app.breaks("ws.fragment", size=7)
    await app.create("Größe")
    assert "Größe" in await app.heard(2)


async def test_a_code_and_a_reason_of_the_server_arrive(app: App) -> None:
    await app.listens()
    await app.breaks("ws.close", code=4003, reason="Überlastet")
    assert await app.end() == {"code": 4003, "reason": "Überlastet", "wasClean": True}
    await app.heals()
    await app.listens()


async def test_a_dropped_socket_shows_1006(app: App) -> None:
    await app.listens()
    await app.breaks("ws.drop")
    assert await app.end() == GONE
    await app.heals()
    await app.listens()


async def test_an_expired_session_tells_its_error_before_4401(app: App) -> None:
    await app.listens()
    await app.breaks("ws.auth_expired", code=4401)
    assert (await app.end())["code"] == 4401
    assert '"token_expired"' in (await app.heard(1))[0]


async def test_a_half_open_socket_stays_open_and_tells_everything_when_it_heals(app: App) -> None:
    await app.listens()
    await app.breaks("ws.half_open")
    await app.create("held back")
    assert await app.heard(1) == ["answer 201"]
    assert await app.page.evaluate("[socket.readyState, ended]") == [1, None]
    await app.heals()
    assert await app.heard(2) == ["answer 201", "held back"]


async def test_a_page_hears_events_in_another_order(app: App) -> None:
    await app.listens()
    await app.breaks("ws.msg_reorder", window=2)
    for title in ("1", "2", "3", "4"):
        await app.create(title)
    heard = [text for text in await app.heard(8) if not text.startswith("answer")]
    assert heard == ["2", "1", "4", "3"]
    await app.heals()
    await app.create("5")
    assert (await app.heard(10))[8:] in (["5", "answer 201"], ["answer 201", "5"])


async def test_an_event_goes_before_its_answer(app: App) -> None:
    await app.listens()
    await app.breaks("ws.before_http")
    await app.create("first")
    assert await app.heard(2) == ["first", "answer 201"]


async def test_a_binary_event_is_a_blob(app: App) -> None:
    await app.listens()
    await app.breaks("ws.binary")
    await app.create("binary")
    assert "Blob" in await app.heard(2)
    await app.heals()


async def test_a_stalled_upload_stops_the_browsers_progress_until_it_heals(app: App) -> None:
    await app.listens()
    await app.breaks("upload.stall", at=0.1)
    size = 9_500_000
    await app.page.evaluate(
        f"({UPLOAD})({{url: '{app.url}/api/uploads', bytes: {size}}}).then(s => window.done = s), 0"
    )
    await app.page.wait_for_function("window.loaded > 0.05")
    await app.page.wait_for_timeout(400)
    stalled = await app.page.evaluate("loaded")
    assert stalled < 1
    assert await app.page.evaluate("window.done") is None
    await app.heals()
    await app.page.wait_for_function("window.done === 201 && loaded === 1")


async def test_a_reset_upload_is_a_network_error(app: App) -> None:
    await app.listens()
    await app.breaks("upload.reset", at=0.5)
    given = {"url": app.url + "/api/uploads", "bytes": 3_000_000}
    assert await app.page.evaluate(UPLOAD, given) == "onerror"
    await app.heals()
    assert await app.page.evaluate(UPLOAD, given) == 201


async def test_an_early_refusal_of_an_upload_can_be_read(app: App) -> None:
    await app.listens()
    await app.breaks("upload.early_response", status=507, at=0.1)
    given = {"url": app.url + "/api/uploads", "bytes": 3_000_000}
    assert await app.page.evaluate(UPLOAD, given) == 507
    await app.heals()
    assert await app.page.evaluate(UPLOAD, given) == 201
