"""A Better Auth server behind devkit. Its `baseURL` and `trustedOrigins` know nothing of devkit, which need not be
said: it is asked as if its own page did (docs/proxy.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import StartServer
from tests.proxy.others.playing import PAGE, Visitor, both, program, visiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["plain", "secure"])
def url(request: pytest.FixtureRequest, modules: Path) -> Iterator[str]:
    with program("node", "better_auth_server.mjs", request.param, folder=modules) as address:
        yield address.replace("127.0.0.1", "localhost")


USERS = iter(range(1000))


async def test_signing_up_in_and_out_is_the_same_through_devkit(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        email = f"user-{next(USERS):03}@example.com"
        ask, given = visitor.ask, {"email": email, "password": "a long password", "name": "Ada"}
        await ask("GET", "/api/auth/get-session")
        await ask("POST", "/api/auth/sign-up/email", json=given)
        await ask("GET", "/api/auth/get-session")
        await ask("POST", "/api/auth/sign-up/email", json=given)
        await ask("POST", "/api/auth/sign-out", json={})
        await ask("GET", "/api/auth/get-session")
        await ask("POST", "/api/auth/sign-in/email", json=given | {"password": "not the password"})
        await ask("POST", "/api/auth/sign-in/email", json=given | {"callbackURL": "/home"})
        await ask("POST", "/api/auth/update-user", json={"name": "Grace"})
        await ask("GET", "/api/auth/list-sessions")
        for one in visitor.seen:
            if isinstance(one.body, str):
                one.body = one.body.replace(email, "<email>")
                # They are told in bodies too, of which the length is that of the address.

    seen = await both(play, url, start)
    assert [one.status for one in seen] == [200, 200, 200, 422, 200, 200, 401, 200, 200, 200]
    assert all("Grace" not in one.body for one in seen[:8])


async def test_a_page_of_nobody_known_is_refused_by_it(start: StartServer, url: str) -> None:
    """Pages that devkit lets in are local ones; another is a stranger to the backend too (docs/proxy.md, CORS)."""
    given = {"email": "nobody@example.com", "password": "a long password", "name": "Eve"}
    async with start(upstream=url) as client:
        for page, status in ((PAGE, 401), ("https://evil.example", 403)):
            async with visiting(client.url, page, through=True) as visitor:
                visitor.cookies["other"] = "1"  # it asks for the origin where cookies come with a request
                answer = await visitor.ask("POST", "/api/auth/sign-in/email", json=given)
                assert answer.status == status, await answer.text()


@pytest.mark.browser
async def test_chromium_stays_signed_in(start: StartServer, url: str, browser: Browser) -> None:
    email = f"user-{next(USERS):03}@example.com"
    script = """async ([base, email]) => {
      const call = async (path, body) => {
        const options = body && {
          method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
        };
        const answer = await fetch(base + "/api/auth" + path, { credentials: "include", ...options });
        return [answer.status, (await answer.json())?.user?.email ?? null];
      };
      const given = { email, password: "a long password", name: "Ada" };
      return [await call("/sign-up/email", given), await call("/get-session"), await call("/sign-out", {}),
        await call("/get-session"), await call("/sign-in/email", given), await call("/get-session")];
    }"""
    async with start(upstream=url) as client:
        tab = await browser.new_page()
        await tab.goto(f"{client.url}/api/auth/ok")
        found: Any = await tab.evaluate(script, [client.url, email])
    signed_in, out = [200, email], [200, None]
    assert found == [signed_in, signed_in, out, out, signed_in, signed_in]
