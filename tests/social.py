"""A sign-in with an account elsewhere, step by step, as a browser that runs no JavaScript goes through it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tests.conftest import Answer, Client

INITIATE = "/api/v2/auth/social/{}/initiate/"
CALLBACK = "/api/v2/auth/social/callback/"
DONE = "http://localhost:3000/done"
TEST_USER, EMMY, NORA, UNAI, NOT_ADA, PRIYA = (f"10000000000000000000{number}" for number in range(1, 7))
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@dataclass(frozen=True)
class Asked:
    """An open consent page: the form's token and the cookie that it belongs to."""

    provider: str
    state: str
    csrf: str
    browser: str


async def begin(client: Client, provider: str = "google", **query: str) -> str:
    """Begin; the state."""
    params = {"redirect_uri": DONE, **query}
    answer = await client.send("GET", INITIATE.format(provider), params=params)
    assert answer.status == 200, answer.body
    state: str = answer.json["state"]
    return state


async def ask(client: Client, state: str, provider: str = "google") -> Asked:
    """Open the consent page."""
    answer = await client.send("GET", f"/oauth/{provider}/authorize", params={"state": state}, headers=BROWSER)
    assert answer.status == 200, answer.body
    csrf = re.search(r'name="csrf" value="([^"]+)"', answer.body.decode())
    assert csrf
    return Asked(provider, state, csrf[1], answer.cookies["oauth-browser"])


async def decide(client: Client, asked: Asked, **chosen: str) -> Answer:
    """Send the page's form."""
    return await client.send(
        "POST",
        f"/oauth/{asked.provider}/authorize",
        data={"state": asked.state, "csrf": asked.csrf, **chosen},
        headers={"Cookie": f"oauth-browser={asked.browser}"},
        allow_redirects=False,
    )


def told(answer: Answer) -> dict[str, str]:
    """What the address that a browser is sent to says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


async def consent(client: Client, state: str, provider: str = "google", **chosen: str) -> str:
    """Choose somebody; the code."""
    answer = await decide(client, await ask(client, state, provider), **chosen)
    assert answer.status == 303, answer.body
    return told(answer)["code"]


async def come_back(client: Client, state: str, **given: str) -> Answer:
    """What the frontend posts when it has the code."""
    return await client.send("POST", CALLBACK, json={"state": state, **given})


async def sign_in(client: Client, provider: str = "google", **chosen: str) -> Answer:
    """The whole way; the callback's answer."""
    state = await begin(client, provider)
    return await come_back(client, state, code=await consent(client, state, provider, **chosen))
