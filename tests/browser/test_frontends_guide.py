"""The guide for frontends, done as it says: a Vite app made of its very snippets, in Chromium, in every dialect.

Vite and Better Auth's client come from npm, so this runs on demand (`tests/node.py`).
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser

from devkit.dialects.base import Dialect
from devkit.dialects.shipped import DIALECTS
from devkit.journal import RequestEntry
from tests.browser.conftest import AGREED_PORTS, is_free
from tests.conftest import EMAIL, PASSWORD, StartServer
from tests.node import node_modules

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PACKAGES = ("vite@8.3.4", "better-auth@1.7.25")
GUIDE = Path(__file__).parents[2] / "docs" / "frontends.md"
SNIPPETS = dict(re.findall(r"^```js\n// (\S+)\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE))
SPELLED = "http://localhost:8000"
"""The address that the guide names."""

PAGE = '<!doctype html><title>A frontend</title><script type="module" src="/src/main.js"></script>'
MAIN = """
const modules = import.meta.glob("./*.js");
window.load = (name) => modules[`./${name}.js`]();
document.documentElement.dataset.ready = "yes";
"""

DAY = """
async ([name, email, password]) => {
  const app = await window.load(name);
  const seen = {frames: []};
  await app.signIn(email, password);
  await app.refresh();
  const until = async (condition) => { while (!condition()) await new Promise((wait) => setTimeout(wait, 20)); };
  if (app.listen) {
    const socket = app.listen((frame) => seen.frames.push(frame.type));
    await until(() => seen.frames.length > 0);
    if (app.addTask) {
      await until(() => seen.frames.includes("subscription"));
      await app.addTask("From Vite");
      await until(() => seen.frames.includes("task_created"));
    }
    socket.close();
  }
  const read = app.tasks ?? app.conversations ?? app.profile;
  seen.read = JSON.stringify(await read());
  await app.signOut();
  seen.after = await read().then(() => "still signed in", (error) => String(error.code ?? error.status));
  return seen;
}
"""


@pytest.fixture(scope="module")
def packages(request: pytest.FixtureRequest) -> Path:
    return node_modules(request.config.cache, "vite", *PACKAGES)  # type: ignore[arg-type]


@pytest.fixture(params=["cross-origin", "proxied"])
async def served(
    request: pytest.FixtureRequest, packages: Path, tmp_path: Path, start: StartServer
) -> AsyncIterator[str]:
    """The origin of the guide's app, which calls devkit one way or the other."""
    async with start() as client:
        app = await made(packages, tmp_path / "app", client.url, proxied=request.param == "proxied")
        async with vite(app) as origin:
            yield origin


async def made(packages: Path, app: Path, backend: str, *, proxied: bool) -> Path:
    """The guide's app, for a backend at that address."""
    await asyncio.to_thread(shutil.copytree, packages, app, symlinks=True)
    for name, text in ({"index.html": PAGE, "src/main.js": MAIN} | SNIPPETS).items():
        (app / name).parent.mkdir(exist_ok=True)
        if proxied or name != "vite.config.js":
            (app / name).write_text(text.replace(SPELLED, backend), encoding="utf-8")
    (app / ".env.development").write_text("" if proxied else f"VITE_API_URL={backend}\n", encoding="utf-8")
    return app


@asynccontextmanager
async def vite(app: Path) -> AsyncIterator[str]:
    """The dev server, at the first port of those that the contract lists that is free; its origin."""
    for port in filter(is_free, AGREED_PORTS):
        command = ["node", "node_modules/vite/bin/vite.js", "--port", str(port), "--strictPort"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=app, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            if await answers(f"http://localhost:{port}/", process):
                yield f"http://localhost:{port}"
                return
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
    pytest.skip("every port that the contract lists is taken")


async def answers(url: str, process: asyncio.subprocess.Process) -> bool:
    """Whether it comes up, and not only because somebody else has the port."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(60):
        while process.returncode is None:
            try:
                async with http.get(url) as answer:
                    if answer.status == 200 and process.returncode is None:
                        return True
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
    return False


async def test_the_guides_app_works_in_every_dialect(browser: Browser, served: str) -> None:
    for dialect in DIALECTS:
        seen = await day(browser, served, dialect)
        assert seen["after"] in {"unauthorized", "401"}, dialect.name
        assert len(seen["read"]) > 2
        assert bool(seen["frames"]) is (dialect.socket_path is not None)


async def day(browser: Browser, origin: str, dialect: Dialect) -> dict[str, Any]:
    """Sign in, refresh, listen, write, read, sign out: what the page saw of it."""
    page = await (await browser.new_context()).new_page()
    try:
        await page.goto(origin)
        await page.locator("html[data-ready]").wait_for(state="attached")
        async with asyncio.timeout(60):
            found: dict[str, Any] = await page.evaluate(DAY, [dialect.name, EMAIL, PASSWORD])
        return found
    finally:
        await page.context.close()


async def test_behind_vites_proxy_a_page_of_a_sandbox_reaches_that_sandbox(
    browser: Browser, packages: Path, tmp_path: Path, start: StartServer
) -> None:
    """Vite sends the target's host, where the target is a string (`changeOrigin`): the page has to tell the sandbox."""
    async with start() as client:
        app = await made(packages, tmp_path / "app", client.url, proxied=True)
        await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
        async with vite(app) as origin:
            (agreed,) = [dialect for dialect in DIALECTS if dialect.name == "agreed"]
            seen = await day(browser, origin.replace("//localhost", "//w1.localhost"), agreed)
        assert "task_created" in seen["frames"]
        hosted = client.app.sandboxes.find("w1")
        assert hosted is not None
        assert {"/api/auth/login", "/api/tasks", "/api/auth/logout"} <= {
            entry.path.partition("?")[0] for entry in hosted.sandbox.journal if isinstance(entry, RequestEntry)
        }
        assert [entry for entry in client.sandbox.journal if isinstance(entry, RequestEntry)] == []
