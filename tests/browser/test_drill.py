"""An end-to-end test asks for a drill: the two lines of docs/drills.md, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Frontend
from tests.conftest import EMAIL, PASSWORD, Client

pytestmark = pytest.mark.browser

FRONTEND = """async ([api, email, password, single]) => {
  const ask = (method, path, body) => fetch(api + path, {
    method, credentials: 'include', headers: body ? {'Content-Type': 'application/json'} : {},
    body: body && JSON.stringify(body),
  });
  let refreshing = null;
  const refresh = () => {
    if (!single) return ask('POST', '/auth/refresh', {});
    refreshing ??= ask('POST', '/auth/refresh', {}).finally(() => { refreshing = null; });
    return refreshing;
  };
  const call = async path => {
    const answer = await ask('GET', path);
    if (answer.status !== 401) return answer.status;
    await refresh();
    return (await ask('GET', path)).status;
  };
  await ask('POST', '/auth/login', {email, password});
  await call('/tasks');
  await call('/tasks');
  return Promise.all(['/tasks', '/auth/me', '/tasks?page=2'].map(call));
}"""


@pytest.mark.parametrize(("single", "verdict"), [(True, "passed"), (False, "failed")])
async def test_a_browser_test_asks_for_a_drill_in_two_lines(
    browser: Browser, frontend: Frontend, devkit: Client, single: bool, verdict: str
) -> None:
    context = await browser.new_context()
    page, request = await context.new_page(), context.request
    drills = f"{devkit.url}/_devkit/api/drills"

    drill = await (await request.post(drills, data={"scenario": "expired-token", "fresh": True})).json()
    # The page is at the sandbox's own host, so that cookies stay first-party.
    api = drill["sandbox"]["url"]
    await page.goto(frontend.origin.replace("localhost", f"{drill['sandbox']['id']}.localhost"))
    statuses = await page.evaluate(FRONTEND, [f"{api}/api", EMAIL, PASSWORD, single])
    found = await (await request.post(f"{drills}/{drill['id']}/finish")).json()

    assert (found["verdict"], statuses) == (verdict, [200, 200, 200]), found["expectations"]
