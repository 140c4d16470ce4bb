"""HAR files as DevTools and Firefox export them today, exported by these themselves, and read here."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import async_playwright

from devkit.recording.base import Recorded
from devkit.recording.reading import open_recording
from tests import chromium, firefox

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>
(async () => {
  const json = { "Content-Type": "application/json" };
  await fetch("/api/login", { method: "POST", headers: json, body: '{"email":"a@b.test","password":"x"}' });
  await fetch("/api/orders?page=2");
  await fetch("/api/orders", { method: "POST", body: new URLSearchParams({ title: "ä" }) });
  await fetch("/api/bytes");
  await fetch("/api/orders/1", { method: "DELETE" });
  await fetch("/api/packed");
  await fetch("/api/last");
})();
</script>"""
ROWS = {"rows": [{"id": 1, "title": "ä"}]}
BYTES = bytes([0, 255, 128, 1])
WANTED = [
    ("POST", "/api/login", 200, b'{"email":"a@b.test","password":"x"}', json.dumps(ROWS).encode()),
    ("GET", "/api/orders?page=2", 200, b"", json.dumps(ROWS).encode()),
    ("POST", "/api/orders", 200, b"title=%C3%A4", json.dumps(ROWS).encode()),
    ("GET", "/api/bytes", 200, b"", BYTES),
    ("DELETE", "/api/orders/1", 204, b"", b""),
    ("GET", "/api/packed", 200, b"", json.dumps(ROWS).encode()),
]


@asynccontextmanager
async def site(again: str = "") -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Where the page is, and whether it has called for the last time. `again` is what stands in its head too."""
    over = asyncio.Event()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        match request.path:
            case "/":
                return web.Response(text=PAGE + again, content_type="text/html")
            case "/api/login":
                answer = web.json_response(ROWS)
                answer.headers.add("Set-Cookie", "sid=secret-1; HttpOnly; Path=/")
                answer.headers.add("Set-Cookie", "theme=dark")
                return answer
            case "/api/bytes":
                return web.Response(body=BYTES, content_type="application/octet-stream")
            case "/api/packed":
                packed = gzip.compress(json.dumps(ROWS).encode())
                return web.Response(body=packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
            case "/api/last":
                over.set()
        return web.Response(status=204) if request.method == "DELETE" else web.json_response(ROWS)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", over
    finally:
        await runner.cleanup()


def told(found: list[Recorded]) -> list[tuple[str, str, int, bytes, bytes]]:
    return [
        (
            one.method,
            one.target,
            one.status,
            one.request_body.read() if one.request_body else b"",
            one.answer_body.read() if one.answer_body else b"",
        )
        for one in found
        if one.target.startswith("/api/") and one.target != "/api/last"
    ]


def cookies(found: list[Recorded]) -> list[str]:
    return [value for one in found for name, value in one.answer_fields if name.lower() == "set-cookie"]


EXPORT = """async (sanitize) => {
  const [HAR, Logs, Common] = await Promise.all(["models/har/har", "models/logs/logs", "core/common/common"]
    .map((name) => import(`/devtools/${name}.js`)));
  const parts = [];
  const requests = Logs.NetworkLog.NetworkLog.instance().requests();
  await HAR.Writer.Writer.write({ write: async (part) => { parts.push(part); return true; } }, requests, { sanitize },
    new Common.Progress.ProgressProxy(null));
  return parts.join("");
}"""
"""What its buttons "Export HAR (with sensitive data)" and "(sanitized)" do."""


async def test_what_devtools_exports_is_read(tmp_path: Path) -> None:
    async with async_playwright() as playwright, site() as (url, over):
        browser = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium.executable(),
            args=["--remote-debugging-port=0", "--remote-allow-origins=*", "--no-sandbox"],
        )
        port = int((tmp_path / "profile" / "DevToolsActivePort").read_text().split()[0])
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http, http.get("/json") as listed:
            (target,) = [one["id"] for one in await listed.json() if one["type"] == "page"]
        page, tools = browser.pages[0], await browser.new_page()
        await tools.goto(
            f"http://127.0.0.1:{port}/devtools/inspector.html?ws=127.0.0.1:{port}/devtools/page/{target}&panel=network"
        )
        await tools.get_by_text("Recording network activity").first.wait_for(timeout=60_000)
        await page.goto(url)
        await asyncio.wait_for(over.wait(), 60)
        exported = {name: await tools.evaluate(EXPORT, name == "sanitized") for name in ("whole", "sanitized")}
        await browser.close()
    for name, text in exported.items():
        path = tmp_path / f"{name}.har"
        path.write_text(text)
        found = await asyncio.to_thread(lambda path=path: list(open_recording(path)))
        assert told(found) == WANTED
        assert cookies(found) == ([] if name == "sanitized" else ["sid=secret-1; HttpOnly; Path=/", "theme=dark"])


PREFERENCES = {
    "devtools.netmonitor.har.enableAutoExportToFile": "true",
    "devtools.netmonitor.har.forceExport": "true",
    "devtools.netmonitor.har.pageLoadedTimeout": "1500",
    "devtools.toolbox.selectedTool": '"netmonitor"',
}
"""Its tools write a file of their own whenever a page has loaded."""


@pytest.mark.skipif(not os.environ.get("DEVKIT_TEST_OTHERS"), reason="half a minute: DEVKIT_TEST_OTHERS=1 runs it")
async def test_what_firefox_exports_is_read(tmp_path: Path) -> None:
    folder, profile = tmp_path / "exported", tmp_path / "profile"
    folder.mkdir()
    profile.mkdir()
    given = firefox.PREFERENCES | PREFERENCES | {"devtools.netmonitor.har.defaultLogDir": json.dumps(str(folder))}
    (profile / "user.js").write_text("".join(f'user_pref("{name}", {value});\n' for name, value in given.items()))
    # The tools may open behind the first load: so it loads again.
    async with site(again='<meta http-equiv="refresh" content="15">') as (url, _):
        browser = await asyncio.create_subprocess_exec(
            firefox.executable(), "--headless", "--no-remote", "--profile", str(profile), "--devtools", url,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(firefox.LONGEST * 2):
                while not (paths := sorted(folder.glob("*.har"))) or len(await read(paths[0])) < len(WANTED):
                    await asyncio.sleep(0.5)
        finally:
            browser.send_signal(signal.SIGTERM)
            await browser.wait()
            shutil.rmtree(profile, ignore_errors=True)
    found = await read(paths[0])
    assert told(found) == WANTED
    assert cookies(found) == ["sid=secret-1; HttpOnly; Path=/", "theme=dark"]


async def read(path: Path) -> list[Recorded]:
    """Nothing, while it is being written."""
    try:
        json.loads(await asyncio.to_thread(path.read_text))
    except ValueError:
        return []
    return await asyncio.to_thread(lambda: list(open_recording(path)))
