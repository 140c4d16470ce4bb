"""What caches may keep: nothing that a mended backend, or one without a scenario, would have to be asked for again.

The statuses are those of RFC 9110, section 15.1, that caches keep unasked. Measured in Chromium 156: 300, 301, 308 and
410 without `Cache-Control` are shown for ever, without a request; 404, 405, 414 and 501 are revalidated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.chatting import ask
from tests.conftest import Answer, Client, StartServer
from tests.faults.conftest import scenario

KEPT_UNASKED = (300, 301, 308, 404, 405, 410, 414, 501)


async def switch_on(client: Client, fault: dict[str, Any], **rule: Any) -> None:
    await client.sandbox.engine.use(scenario({"fault": fault} | rule))


Ask = Callable[[Client], Awaitable[Answer]]

ASKED: dict[str, tuple[int, Ask]] = {
    "no-address": (404, lambda client: client.send("GET", "/api/nothing")),
    "no-task": (404, lambda client: client.send("GET", "/api/tasks/00000000-0000-4000-8000-000000000000")),
    "not-changed": (
        404,
        lambda client: client.send("PATCH", "/api/tasks/00000000-0000-4000-8000-000000000000", json={"title": "x"}),
    ),
    "no-sandbox": (404, lambda client: client.send("GET", "/api/tasks", headers={"X-Devkit-Sandbox": "none"})),
    "no-method": (405, lambda client: client.send("DELETE", "/api/tasks")),
    "long-address": (414, lambda client: client.send("GET", f"/api/tasks?q={'x' * 20_000}")),
    "no-slash": (308, lambda client: client.send("GET", "/api/v2/auth/profile", allow_redirects=False)),
}


@pytest.mark.parametrize("name", ASKED)
async def test_what_caches_would_keep_unasked_is_not_stored(signed_in: Client, name: str) -> None:
    status, ask = ASKED[name]
    answer = await ask(signed_in)
    assert (answer.status, answer.headers.getall("Cache-Control")) == (status, ["no-store"])


async def test_an_expired_link_is_not_stored(signed_in: Client) -> None:
    await switch_on(signed_in, {"type": "verify.link", "state": "expired"})
    answer = await signed_in.send("GET", "/api/auth/verify?token=x")
    assert answer.status in {400, 410}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", KEPT_UNASKED)
async def test_an_aborted_call_is_not_stored(signed_in: Client, status: int) -> None:
    await switch_on(signed_in, {"type": "http.abort", "status": status})
    answer = await signed_in.send("GET", "/api/tasks", allow_redirects=False)
    assert (answer.status, answer.headers["Cache-Control"]) == (status, "no-store")


async def test_what_a_fault_says_of_caches_itself_stays(signed_in: Client) -> None:
    headers = {"cache-control": "public, max-age=60"}
    await switch_on(signed_in, {"type": "http.abort", "status": 410, "headers": headers})
    answer = await signed_in.send("GET", "/api/tasks")
    assert answer.headers.getall("Cache-Control") == ["public, max-age=60"]


async def test_any_answer_that_a_fault_touched_is_not_stored(signed_in: Client) -> None:
    await switch_on(signed_in, {"type": "field.null", "path": "title"})
    assert (await signed_in.send("GET", "/api/tasks")).headers["Cache-Control"] == "no-store"
    await signed_in.sandbox.engine.off("broken")
    assert "Cache-Control" not in (await signed_in.send("GET", "/api/tasks")).headers


async def test_it_is_not_stored_where_the_header_that_names_the_fault_is_off_either(start: StartServer) -> None:
    async with start(faults_header=False) as client:
        await client.sign_in()
        await switch_on(client, {"type": "field.null", "path": "title"})
        answer = await client.send("GET", "/api/tasks")
        assert "X-Devkit-Fault" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_refused_handshake_is_not_stored(signed_in: Client) -> None:
    await switch_on(signed_in, {"type": "ws.reject", "status": 410})
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    answer = await signed_in.send("GET", "/ws", headers=upgrade | {"Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="})
    assert (answer.status, answer.headers["Cache-Control"]) == (410, "no-store")


async def test_event_streams_ask_not_to_be_transformed(signed_in: Client) -> None:
    """RFC 9111, section 5.2.2.6: webpack-dev-server 6 and Next 16 compress, and hold back, what does not say so."""
    answer = await ask(signed_in, stream=True, max_tokens=5)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["Cache-Control"] == "no-cache, no-transform"
    await switch_on(signed_in, {"type": "stream.error_event", "after": 2})
    answer = await ask(signed_in, stream=True, max_tokens=5)
    assert answer.headers["Cache-Control"] == "no-store, no-cache, no-transform"
