"""What browsers' own reader of event streams makes of devkit's answers (WHATWG HTML, section 9.2): it gives up at every
answer that is no event stream.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

GIVES_UP = """url => new Promise(resolve => {
  const source = new EventSource(url, {withCredentials: true});
  source.onopen = () => { source.close(); resolve('opened') };
  source.onerror = () => {
    resolve(source.readyState === EventSource.CLOSED ? 'gave up' : 'asks again');
    source.close();
  };
})"""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/tasks", 401, id="not-signed-in"),
        pytest.param("/api/health", 200, id="JSON"),
        pytest.param("/api/no-such-thing", 404, id="no-address"),
        pytest.param("/api/auth/login", 405, id="no-method"),
    ],
)
async def test_an_event_source_gives_up_at_what_is_no_stream(stage: Stage, path: str, status: int) -> None:
    assert await stage.page.evaluate(GIVES_UP, stage.client.url + path) == "gave up"
    assert [call.status for call in stage.calls] == [status]


@pytest.mark.parametrize("status", [204, 500, 503])
async def test_an_event_source_gives_up_at_any_status_but_200(stage: Stage, status: int) -> None:
    """Even 503, and whatever Retry-After says: "If res's status is not 200 […] then fail the connection"."""
    fault: dict[str, Any] = {"kind": "http.wrong_status", "to": 204} if status == 204 else {"kind": "http.abort"}
    if status != 204:
        fault |= {"status": status, "headers": {"Content-Type": "text/event-stream"}, "body": "data: 1"}
    await stage.breaks(**fault)
    assert await stage.page.evaluate(GIVES_UP, f"{stage.client.url}/api/health") == "gave up"
    assert [call.status for call in stage.calls] == [status]


async def test_chromium_asks_again_where_there_was_no_answer_and_firefox_gives_up(stage: Stage) -> None:
    """On another origin; on its own Firefox asks again too. The standard leaves it to the browser whether that is
    worth while ("unless the user agent knows that to be futile").
    """
    await stage.breaks("conn.reset")
    made = "gave up" if stage.browser == "firefox" else "asks again"
    assert await stage.page.evaluate(GIVES_UP, f"{stage.client.url}/api/health") == made
