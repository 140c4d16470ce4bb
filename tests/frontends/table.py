"""Write docs/clients.md: every shipped scenario, played by real clients from npm in a real Chromium, and the verdicts.

    python -m tests.frontends.table              those that have no row yet
    python -m tests.frontends.table scenario …   these, once more

Needs Node, npm and Chromium, and a quarter of an hour for all. Each scenario is written down as soon as its last client
is through, so a run that is cut goes on where it was; other versions of a library or the browser begin anew.
`tests/frontends/src/` has the clients, each with the settings that its own documentation recommends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from playwright.async_api import Browser, Error, async_playwright

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "clients.md"
MEASURED = HERE / "measured.json"
AT_ONCE = 6
LONGEST = 65
"""Seconds for one play."""

HTTP = "fetch alone", "axios + axios-retry", "ky", "TanStack Query", "openapi-fetch"
SOCKETS = "WebSocket", "reconnecting-websocket", "partysocket"
STREAMS = "fetch", "fetch-event-source", "openai"
CLIENTS = {"http": HTTP, "sockets": SOCKETS, "streams": STREAMS}
SCENARIOS = sorted((HERE.parents[1] / "scenarios").glob("*.yaml"))
PACKAGES = {
    "axios + axios-retry": ("axios", "axios-retry"),
    "ky": ("ky",),
    "TanStack Query": ("@tanstack/query-core",),
    "openapi-fetch": ("openapi-fetch",),
    "reconnecting-websocket": ("reconnecting-websocket",),
    "partysocket": ("partysocket",),
    "fetch-event-source": ("@microsoft/fetch-event-source",),
    "openai": ("openai",),
}
SOCKET_SCENARIOS = {"websocket-flaps": 62, "websocket-out-of-order": 5, "websocket-silent": 40}
"""How long somebody listens, in seconds."""
STREAM_SCENARIOS = "chat-stream-cut", "chat-stream-stalls", "html-instead-of-chat"
ACTS = defaultdict(
    lambda: "looks",
    {
        "backend-not-deployed-yet": "uploadsOnce",
        "upload-fails-at-the-end": "uploads",
        "upload-stalls": "uploads",
        "upload-too-large": "uploadsOnce",
        "lost-answer": "adds",
        "server-errors": "adds",
        "slow-api": "adds",
        "slow-network": "adds",
        "stale-reads": "adds",
        "cors-only-on-success": "adds",
        "rate-limited": "looksOften",
        "flaky": "looksForLong",
        "chaos": "looksForLong",
        "connection-reset": "looksOften",
        "cookie-blocked": "signsIn",
        "jwt-in-body": "signsIn",
        "cors-client-version-header": "signsIn",
        "cors-missing-origin": "signsIn",
        "cors-no-credentials": "signsIn",
        "cors-wildcard-with-credentials": "signsIn",
        "preflight-500": "signsIn",
    },
)
"""What somebody does; `signsIn` is on before the page is opened."""
EXTRA = {"cors-client-version-header": {"X-Client-Version": "1.0"}}
"""Headers that the app adds to every call: what a scenario is about."""
REMARKS = {
    "connection-reset": "The connection breaks in the middle of the body: ky repeats what fails before the head, and "
    "reads the body behind its repeats.",
    "cors-only-on-success": "The user presses the button again, and the app sends the write without a key; "
    "axios-retry does so by itself, since to it a call without an answer is a network error, POST or not.",
    "expired-everything": "Where the calls of a page fail apart from each other, as on a busy machine, a single flight "
    "that forgets a refused refresh makes another one. Each of the four that refresh can pass or fail by that.",
    "html-instead-of-chat": "fetch-event-source refuses the type of the answer, and then asks again each second unless "
    "its `onerror` throws. The others pass because their apps look for the end of the answer (`[DONE]`, "
    "`finish_reason`): none of the libraries does.",
    "html-instead-of-session": "axios hands out the page as data, without an error; the others throw where JSON is "
    "read, behind their repeats. Only TanStack Query repeats what throws there.",
    "lost-answer": "None of the libraries names its writes: the app has to give them a key.",
    "maintenance": "ky waits as it is told between its own repeats; then somebody presses the button too soon, and the "
    "app lets them.",
    "rate-limited": "ky goes by Retry-After; with the others somebody is refused as often as they try.",
    "refresh-loop": "fetch alone never refreshes, so that nothing is put to the test.",
    "server-errors": "Where a write failed with 500, the app sends it again without a key when somebody presses the "
    "button again. axios-retry and ky repeat each list of the page, and do so again when somebody looks again.",
    "truncated-json": "axios hands out the cut text as data, without an error; the others throw where JSON is read, "
    "behind their repeats. Only TanStack Query repeats what throws there.",
    "websocket-silent": "None of the three notices a connection that says nothing: that takes a ping of the app's own.",
}
LEFT_OUT = {
    "social-login-fails": "the browser itself goes to the provider and comes back; what a library sends is one plain "
    "call before that and one behind it, so that it makes no difference which one it is. [The demo](demo.md) plays it"
}
PAGE = "<!doctype html><title>A frontend</title><script type=module src=/page.js></script>"


@dataclass(frozen=True)
class Play:
    scenario: str
    kind: str
    client: str


def plays(names: list[str]) -> list[Play]:
    found = []
    for name in names:
        if name not in LEFT_OUT:
            kind = "sockets" if name in SOCKET_SCENARIOS else "streams" if name in STREAM_SCENARIOS else "http"
            found += [Play(name, kind, client) for client in CLIENTS[kind]]
    # What takes longest first.
    return sorted(found, key=lambda play: -SOCKET_SCENARIOS.get(play.scenario, 0))


def built(folder: Path) -> dict[str, str]:
    """Bundle the page; the versions of its libraries."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    shutil.copytree(HERE / "src", folder / "src")
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    bundle = ["npx", "esbuild", "src/page.js", "--bundle", "--format=esm", "--outfile=page.js", "--log-level=error"]
    subprocess.run(bundle, cwd=folder, check=True)
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    return {name.removeprefix("node_modules/"): one["version"] for name, one in lock.items() if name}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def served(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """devkit, and the page beside it; their ports."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/page.js":
            return web.FileResponse(folder / "page.js")
        return web.Response(text=PAGE, content_type="text/html")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = free_port()
    origin = f"http://localhost:{runner.addresses[0][1]}"
    command = [sys.executable, "-m", "devkit", "serve", "--memory", "--port", str(port), "--origin", origin]
    log = (folder / "devkit.log").open("wb")
    server = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=log, stderr=log)
    try:
        async with aiohttp.ClientSession() as http:
            for _ in range(300):
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://127.0.0.1:{port}/health") as health:
                        if health.status == 200:
                            break
                await asyncio.sleep(0.1)
        yield port, runner.addresses[0][1]
    finally:
        server.terminate()
        await server.wait()
        log.close()
        await runner.cleanup()


async def drilled(play: Play, browser: Browser, http: aiohttp.ClientSession, page_port: int) -> dict[str, Any]:
    """What the drill says of it."""
    # Chance falls by the sandbox's name: the same way each time.
    name = f"{play.scenario}-{CLIENTS[play.kind].index(play.client) + 1}"
    made = await _control(http, "POST", "sandboxes", {"id": name, "ttl": "10m"})
    host = f"{made['id']}.localhost"
    api = f"http://{host}:{http._base_url.port}/api"  # type: ignore[union-attr]
    context = await browser.new_context()
    try:
        page = await context.new_page()
        given = {"api": api, "extra": EXTRA.get(play.scenario)}
        await page.add_init_script(f"Object.assign(window, {json.dumps(given)})")
        act = ACTS[play.scenario]
        await page.goto(f"http://{host}:{page_port}")
        await page.wait_for_function("() => !!window.use")
        if play.kind == "http" and act != "signsIn":
            await page.evaluate("client => window.prepare(client)", play.client)
        token = await _token(http, made)
        asked = {"scenario": play.scenario, "sandbox": made["id"], "early": False, "timeout": "5m"}
        drill = await _control(http, "POST", "drills", asked)
        writing = asyncio.create_task(_writes(http, made, token)) if play.kind == "sockets" else None
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(LONGEST):
                if play.kind == "http":
                    await page.evaluate("([client, act]) => window.use(client, act)", [play.client, act])
                elif play.kind == "sockets":
                    seconds = SOCKET_SCENARIOS[play.scenario]
                    await page.evaluate("given => window.listen(...given)", [play.client, token, seconds])
                else:
                    await page.evaluate("given => window.ask(...given)", [play.client, token])
        if writing is not None:
            writing.cancel()
        found = await _control(http, "POST", f"drills/{drill['id']}/finish", {})
        verdicts = [{key: one[key] for key in ("id", "verdict", "reason")} for one in found["expectations"]]
        return {"verdict": found["verdict"], "expectations": verdicts}
    finally:
        await context.close()
        await _control(http, "DELETE", f"sandboxes/{made['id']}", None)


async def _control(http: aiohttp.ClientSession, method: str, path: str, body: Any) -> Any:
    async with http.request(method, f"/_devkit/api/{path}", json=body) as answer:
        assert answer.ok, await answer.text()
        return None if answer.status == 204 else await answer.json()


async def _token(http: aiohttp.ClientSession, made: dict[str, Any]) -> str:
    account = {"email": "test@example.com", "password": "TestPass123!"}
    async with http.post("/api/auth/login", json=account, headers=made["header"]) as answer:
        return answer.cookies["auth-token"].value


async def _writes(http: aiohttp.ClientSession, made: dict[str, Any], token: str) -> None:
    """Somebody else works, so that there is something to hear."""
    while True:
        await asyncio.sleep(1)
        headers = {**made["header"], "Authorization": f"Bearer {token}"}
        async with http.post("/api/tasks", json={"title": "Heard"}, headers=headers) as answer:
            await answer.read()


async def measure(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="devkit-clients-") as name:
        folder = Path(name)
        versions = await asyncio.to_thread(built, folder)
        async with served(folder) as (port, page_port), async_playwright() as playwright:
            found = shutil.which("chromium")
            browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            measured = Measured.read(versions | {"chromium": browser.version})
            turns = asyncio.Semaphore(AT_ONCE)
            jar = aiohttp.DummyCookieJar()
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as http:

                async def one(play: Play) -> None:
                    async with turns:
                        result = await drilled(play, browser, http, page_port)
                        sys.stderr.write(f"{play.scenario:32} {play.client:24} {result['verdict']}\n")
                        measured.add(play, result)

                wanted = names or [path.stem for path in SCENARIOS if path.stem not in measured.scenarios]
                await asyncio.gather(*map(one, plays(wanted)))
                measured.write()
            await browser.close()


@dataclass
class Measured:
    """What stands in the table, kept in `measured.json`."""

    versions: dict[str, str]
    scenarios: dict[str, dict[str, Any]]
    begun: dict[str, dict[str, Any]]
    """Results of clients, by scenario, as long as others are still to come."""

    @classmethod
    def read(cls, versions: dict[str, str]) -> Measured:
        """What was measured with these versions: what others did is no longer known."""
        before: dict[str, Any] = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
        return cls(versions, before["scenarios"] if before.get("versions") == versions else {}, {})

    def add(self, play: Play, result: dict[str, Any]) -> None:
        clients = self.begun.setdefault(play.scenario, {})
        clients[play.client] = result
        if all(name in clients for name in CLIENTS[play.kind]):
            ordered = {name: clients[name] for name in CLIENTS[play.kind]}
            self.scenarios[play.scenario] = {"kind": play.kind, "clients": ordered}
            self.write()

    def write(self) -> None:
        found = {"versions": self.versions, "scenarios": dict(sorted(self.scenarios.items()))}
        MEASURED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        DOCS.write_text(written(found), encoding="utf-8")


TITLES = {"http": "Calls", "sockets": "WebSockets", "streams": "Streamed answers"}
MARKS = {"passed": "✓", "failed": "✕", "inconclusive": "–"}


def written(measured: dict[str, Any]) -> str:
    versions = measured["versions"]
    lines = [
        "# What real clients make of the scenarios",
        "",
        "Written by `python -m tests.frontends.table`; verdicts, reasons and versions are what was measured. Small,",
        "honest apps, one for each library, with the settings that its own documentation recommends",
        f"([their source](../tests/frontends/src)), in Chromium {versions['chromium']}. Somebody uses them:",
        "looks, reads what is wrong, tries again after a moment, signs in where that is asked for.",
        "",
        "✓ passed, ✕ failed, – inconclusive: what was not put to the test. Below each table stands why. A ✕ is no flaw",
        "of the library: it says what an app has to add to it.",
        "",
    ]  # fmt: skip
    for kind, clients in CLIENTS.items():
        chosen = {name: one["clients"] for name, one in measured["scenarios"].items() if one["kind"] == kind}
        heads = [_head(client, versions) for client in clients]
        lines += [f"## {TITLES[kind]}", "", f"| Scenario | {' | '.join(heads)} |", "| --- |" + " --- |" * len(clients)]
        for name, found in chosen.items():
            marks = " | ".join(MARKS[found[client]["verdict"]] for client in clients)
            lines.append(f"| [{name}](reference/scenarios.md) | {marks} |")
        lines.append("")
        for name, found in chosen.items():
            reasons = [
                f"- {client}, `{one['id']}` {one['verdict']}: {_plain(one['reason'])}"
                for client in clients
                for one in found[client]["expectations"]
                if one["verdict"] != "passed"
            ]
            if reasons:
                lines += [f"**{name}**", "", *([REMARKS[name], ""] if name in REMARKS else []), *reasons, ""]
    every = {path.stem for path in SCENARIOS}
    open_ = ", ".join(f"`{name}`" for name in sorted(every - set(measured["scenarios"]) - set(LEFT_OUT)))
    lines += [f"Not measured yet: {open_}.", ""] if open_ else []
    left = "; ".join(f"`{name}` ({why})" for name, why in LEFT_OUT.items())
    return "\n".join([*lines, f"Not played: {left}.", ""])


def _head(client: str, versions: dict[str, str]) -> str:
    found = [versions[package] for package in PACKAGES.get(client, ())]
    return f"{client} {' + '.join(found)}".strip()


def _plain(reason: str) -> str:
    return reason.replace("|", "\\|")


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1:]))
