"""What the tests share: a real server on a free port of this machine, and a client that speaks to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from blockbuster import blockbuster_ctx

from devkit.config import Settings
from devkit.dialects.shipped import DIALECTS
from devkit.sandbox import Sandbox, Template
from devkit.server.hosting.app import App, Running, running
from devkit.server.hosting.opening import template_of

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.chromium import Chromium
    from tests.firefox import Firefox


def pytest_configure() -> None:
    # A shell that runs the tests in the background lets them ignore Ctrl-C, and what they start would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if THROUGH_PROXY:
        from tests.through_proxy import leave_out

        leave_out(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.scheduling import CasesTogether

    # The default of `-n`; whoever names another way with `--dist` gets that.
    return CasesTogether(config, log) if config.getvalue("dist") == "load" else None


THROUGH_PROXY = os.environ.get("DEVKIT_TEST_THROUGH_PROXY") == "1"
"""Whether each server of the tests has a second one before it, as `devkit proxy` starts it, which clients speak to."""

EMAIL, PASSWORD = "test@example.com", "TestPass123!"


_BLOCKS = ("time.sleep", "io.", "socket.", "ssl.", "builtins.input")
"""What must not be waited for in the loop's thread. Not SQLite: reads bounded by an index are meant to be there."""


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    """A call of devkit's that blocks the loop's thread is an error."""
    with blockbuster_ctx("devkit") as blocker:
        for name, function in blocker.functions.items():
            if not name.startswith(_BLOCKS):
                function.deactivate()
        yield


class Client:
    """A client of one server: `send` gives status, headers and JSON at once. Cookies are kept as a browser would."""

    def __init__(self, app: App, ready: Running) -> None:
        self.app, self.ready, self.url = app, ready, ready.url
        self.http = aiohttp.ClientSession(ready.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.token = ""

    @property
    def sandbox(self) -> Sandbox:
        return self.app.sandboxes.main.sandbox

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def send(self, method: str, path: str, **options: Any) -> Answer:
        async with self.http.request(method, path, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Answer:
        """Sign in, and send the token with every later request."""
        # aiohttp keeps no Secure cookies of http://localhost as browsers do: the token goes as a header instead.
        answer = await self.send("POST", "/api/auth/login", json={"email": email, "password": password})
        assert answer.status == 200, answer.body
        self.token = answer.cookies["auth-token"]
        self.http.headers.update(self.bearer)
        return answer

    async def sign_out_locally(self) -> None:
        self.http.headers.popall("Authorization", None)
        self.http.cookie_jar.clear()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.close()


class Answer:
    """A response that was read."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.body)

    @property
    def set_cookies(self) -> list[str]:
        return self.headers.getall("Set-Cookie", [])

    @property
    def cookies(self) -> dict[str, str]:
        """Values of the cookies that were set, by name."""
        return dict(cookie.split(";")[0].split("=", 1) for cookie in self.set_cookies)


@pytest.fixture(scope="session")
def template() -> Template:
    """The shipped seed, made once."""
    return template_of(Settings(seed_dir=Path("no-seed-of-the-users-own")))


@pytest.fixture(autouse=True)
def rows_of_nobody(request: pytest.FixtureRequest) -> Iterator[None]:
    """What an edited contract begins with is in the shared template, and no other test's."""
    yield
    if "template" in request.fixturenames:
        request.getfixturevalue("template").adopt(None)


StartServer = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def start(tmp_path: Path, template: Template) -> StartServer:
    """Start a server with any settings: `async with start(memory=False) as client`."""

    @asynccontextmanager
    async def start(**changes: Any) -> AsyncIterator[Client]:
        # Cookies as browsers get them, which this client is none of.
        given: dict[str, Any] = {"port": 0, "memory": True, "state_dir": tmp_path / ".devkit"}
        given["cookies_secure"] = "auto" if changes.get("upstream") else True
        async with running(Settings(**(given | changes)), template) as (app, ready):
            if not THROUGH_PROXY or changes.get("upstream"):
                async with Client(app, ready) as client:
                    yield client
                return
            # What it says itself, of requests that reach nobody, it says as the server behind it would.
            names = ("origins", "allowed_hosts", "limits_header_timeout", "limits_body_timeout")
            same = {name: changes[name] for name in names if name in changes}
            before = Settings(
                port=0,
                memory=True,
                state_dir=tmp_path / ".devkit-proxy",
                upstream=ready.url,
                contract=changes.get("dialects") or tuple(DIALECTS.names()),
                cookies_secure=given["cookies_secure"],
                **same,
            )
            async with running(before, template) as (_, there), Client(app, there) as client:
                yield client

    return start


@pytest.fixture
async def client(start: StartServer) -> AsyncIterator[Client]:
    """A client of a server in memory that nobody has signed in to."""
    async with start() as client:
        yield client


@pytest.fixture
async def signed_in(client: Client) -> Client:
    """The same, signed in as the shared test user."""
    await client.sign_in()
    return client


@pytest.fixture
def _function_scoped_runner(request: pytest.FixtureRequest) -> asyncio.Runner:
    """pytest-asyncio's, which has a loop for each test. What is shared by tests, as the browser is, lives in one loop;
    so tests with a browser, and all their fixtures, run in that one.
    """
    shared = request.node.get_closest_marker("browser") is not None
    runner: asyncio.Runner = request.getfixturevalue(f"_{'session' if shared else 'function'}_scoped_runner")
    return runner


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Chromium]:
    """The browser of this process, and the loop that everything of it lives in."""
    from tests.chromium import Chromium, executable

    chromium = Chromium(executable())
    yield chromium
    await chromium.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def firefox() -> AsyncIterator[Firefox]:
    """The other browser of this process, started when first lent; tests without it are skipped then."""
    from tests.firefox import Firefox

    firefox = Firefox()
    yield firefox
    await firefox.stop()


@pytest.fixture
async def browser(chromium: Chromium, request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """A browser in which nothing is open, and nothing stays open."""
    assert request.node.get_closest_marker("browser"), "only what is marked `browser` runs in the browser's loop"
    async with chromium.lent() as browser:
        yield browser
