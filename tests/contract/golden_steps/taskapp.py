"""Steps on the way of dialect `taskapp`."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import social
from tests.conftest import Client
from tests.contract.golden_steps import Known, step
from tests.contract.wire import DAY, HOUR, ORIGIN, bearer, mailbox, token_of

PASSWORD = "TestPass123!"


@step("a session of Better Auth's")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["cookie"], known["token"] = await _sign_in(client)


@step("one that is not to be remembered")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["cookie"], _ = await _sign_in(client, rememberMe=False)


async def _sign_in(client: Client, **more: object) -> tuple[str, str]:
    """The cookie and the token of a new session, which the client does not keep."""
    body = {"email": "test@example.com", "password": PASSWORD, **more}
    answer = await client.send("POST", "/api/auth/sign-in/email", json=body)
    client.http.cookie_jar.clear()
    return f"better-auth.session_token={answer.cookies['better-auth.session_token']}", answer.json["token"]


@step("another session of Better Auth's")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    _, known["other"] = await _sign_in(client)


@step("that session is signed out")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    # The client's own bearer token would be looked at first.
    client.http.headers.popall("Authorization", None)
    headers = {"Cookie": known["cookie"], "Origin": ORIGIN}
    answer = await client.send("POST", "/api/auth/sign-out", json={}, headers=headers)
    assert answer.json == {"success": True}


@step("two days pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(2 * DAY)


@step("two hours pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(2 * HOUR)


@step("a registration with Better Auth")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    body = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD, "callbackURL": "/welcome"}
    answer = await client.send("POST", "/api/auth/sign-up/email", json=body)
    client.http.cookie_jar.clear()
    known["cookie"] = f"better-auth.session_token={answer.cookies['better-auth.session_token']}"
    known["link"] = _token(client, "ada@example.com", r"/api/auth/verify-email\?token=([\w-]+)&callbackURL=%2Fwelcome$")


@step("its address is verified")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("GET", f"/api/auth/verify-email?token={known['link']}")
    assert answer.json == {"status": True, "user": None}


@step("a password forgotten with Better Auth")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    body = {"email": "test@example.com", "redirectTo": "http://localhost:3000/new-password"}
    await client.send("POST", "/api/auth/request-password-reset", json=body)
    page = "http%3A%2F%2Flocalhost%3A3000%2Fnew-password"
    known["link"] = _token(client, "test@example.com", rf"/api/auth/reset-password/([\w-]+)\?callbackURL={page}$")


@step("another address asked for")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    body = {"newEmail": "tess@example.com", "callbackURL": "/changed"}
    headers = {"Cookie": known["cookie"], "Origin": ORIGIN}
    await client.send("POST", "/api/auth/change-email", json=body, headers=headers)
    known["link"] = _token(
        client, "tess@example.com", r"/api/auth/verify-email\?token=([\w-]+)&callbackURL=%2Fchanged$"
    )


def _token(client: Client, to: str, pattern: str) -> str:
    """What the link of the newest mail to that address has for a token."""
    link = mailbox(client, to)[0].link or ""
    found = re.search(pattern, link)
    assert found, link
    return found[1]


@step("one's own id")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["me"] = (await client.send("GET", "/api/auth/me")).json["user"]["id"]


@step("a stranger's id")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    stranger = bearer(await token_of(client, "other@example.com"))
    known["stranger"] = (await client.send("GET", "/api/auth/me", headers=stranger)).json["user"]["id"]


@step("a talk with the bot")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("POST", f"/api/{known['me']}/chat", json={"message": "thanks"})
    known["talk"] = answer.json["conversation_id"]


@step("a social login with Better Auth")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _begin(client, known, errorCallbackURL="/sorry")


@step("one that names no page for errors")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _begin(client, known)


async def _begin(client: Client, known: Known, **more: str) -> None:
    body = {"provider": "google", "callbackURL": "/dashboard", **more}
    answer = await client.send("POST", "/api/auth/sign-in/social", json=body)
    client.http.cookie_jar.clear()
    [known["state"]] = parse_qs(urlsplit(answer.json["url"]).query)["state"]
    known["kept"] = f"better-auth.state={answer.cookies['better-auth.state']}"


@step("a session of Nora's, who has no password")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _begin(client, known)
    code = await social.consent(client, known["state"], identity=social.NORA)
    query = {"code": code, "state": known["state"]}
    headers = {"Cookie": known["kept"]}
    path = "/api/auth/callback/google"
    answer = await client.send("GET", path, params=query, headers=headers, allow_redirects=False)
    client.http.cookie_jar.clear()
    known["cookie"] = f"better-auth.session_token={answer.cookies['better-auth.session_token']}"


@step("an account at Google is linked")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    assert (await social.sign_in(client, identity=social.TEST_USER)).status == 200
    client.http.cookie_jar.clear()


@step("one's accounts are listed")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("GET", "/api/auth/list-accounts", headers={"Cookie": known["cookie"]})
    known |= {f"account_{account['providerId']}": account["id"] for account in answer.json}


@step("the user consents")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    known["code"] = await social.consent(client, known["state"], identity=social.TEST_USER)
    client.http.cookie_jar.clear()
