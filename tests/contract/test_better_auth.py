"""Better Auth's dialect where its client alone cannot show it: foreign pages, faults that strike tokens, cookies."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.contract.errors import DomainError
from devkit.contract.providers import PROVIDERS
from devkit.contract.social_entities import SocialStart
from devkit.dialects.base import Row
from devkit.dialects.better_auth.answers import SPELLING
from devkit.dialects.better_auth.rows import ROWS
from devkit.dialects.better_auth.social import SocialUrl
from devkit.dialects.spelling import WireContext
from devkit.domain.origins import Origins
from devkit.domain.session_tokens import SessionTokens
from devkit.effects import Randomness
from devkit.origins import origin_of
from tests import social
from tests.conftest import EMAIL, PASSWORD, Answer, Client, StartServer
from tests.contract.wire import ORIGIN, bearer
from tests.faults.conftest import scenario

GUARDED = [row for row in ROWS if row.same_site]


async def sign_in(client: Client) -> Answer:
    return await client.send("POST", "/api/auth/sign-in/email", json={"email": EMAIL, "password": PASSWORD})


def cookie_of(answer: Answer) -> dict[str, str]:
    """The session's cookie, as a header."""
    return {"Cookie": answer.set_cookies[0].partition(";")[0]}


async def is_known(client: Client, headers: dict[str, str]) -> bool:
    return (await client.send("GET", "/api/auth/get-session", headers=headers)).json is not None


@pytest.mark.parametrize("row", GUARDED, ids=lambda row: row.path)
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.example"}, "INVALID_ORIGIN"),
        ({"Referer": "https://evil.example/page"}, "INVALID_ORIGIN"),
        ({"Origin": "null"}, "MISSING_OR_NULL_ORIGIN"),
        ({"Sec-Fetch-Site": "cross-site"}, "MISSING_OR_NULL_ORIGIN"),
    ],
)
async def test_a_foreign_page_cannot_make_a_browser_call(
    client: Client, row: Row, headers: dict[str, str], code: str
) -> None:
    cookie = (await sign_in(client)).set_cookies[0].partition(";")[0]
    headers = headers | {"Cookie": cookie}
    answer = await client.send("POST", f"/api{row.path}", json={"newPassword": PASSWORD}, headers=headers)
    assert (answer.status, answer.json["code"]) == (403, code)


def test_every_call_that_changes_something_is_guarded() -> None:
    assert {row.path for row in ROWS if row.method == "POST" and not row.rooted} == {row.path for row in GUARDED}


@pytest.mark.parametrize("defect", ["signature", "issuer", "audience", "algorithm", "not_before", "malformed"])
@pytest.mark.parametrize("path", ["/api/auth/sign-in/email", "/api/auth/token"])
async def test_a_defective_token_is_no_good(client: Client, defect: str, path: str) -> None:
    good = cookie_of(await sign_in(client))
    client.http.cookie_jar.clear()
    fault = {"type": "token.invalid", "defect": defect}
    await client.sandbox.engine.use(scenario({"fault": fault}))
    given = await sign_in(client) if "sign-in" in path else await client.send("GET", path, headers=good)
    await client.sandbox.engine.off("broken")
    client.http.cookie_jar.clear()

    assert not await is_known(client, bearer(given.json["token"]))
    if given.set_cookies:
        assert not await is_known(client, cookie_of(given))
    assert await is_known(client, good)


@pytest.mark.parametrize("kind", ["token.expired", "token.revoked", "session.evicted"])
async def test_a_token_that_is_ended_is_over_in_every_call(client: Client, kind: str) -> None:
    cookie = cookie_of(await sign_in(client))
    client.http.cookie_jar.clear()
    await client.sandbox.engine.use(scenario({"fault": {"type": kind}}))
    assert not await is_known(client, cookie)
    await client.sandbox.engine.off("broken")

    assert not await is_known(client, cookie)
    assert (await client.send("GET", "/api/auth/list-sessions", headers=cookie)).status == 401


async def test_a_bare_session_token_is_no_session_and_the_refusal_says_what_it_is(client: Client) -> None:
    """As Better Auth 1.7.25 without its bearer plugin: the cookie's signature is what makes it one."""
    signed = await sign_in(client)
    client.http.cookie_jar.clear()
    token, signed_token = signed.json["token"], signed.cookies["better-auth.session_token"]
    for headers in (bearer(token), bearer(unquote(signed_token)), {"Cookie": f"better-auth.session_token={token}"}):
        assert not await is_known(client, headers)
        assert (await client.send("GET", "/api/auth/list-sessions", headers=headers)).status == 401
    refused = await client.send("GET", "/api/auth/list-sessions", headers=bearer(token))
    assert "a session's own token" in refused.headers["WWW-Authenticate"]
    assert await is_known(client, cookie_of(signed))


@pytest.mark.parametrize("path", ["/api/auth/sign-out", "/api/auth/revoke-sessions", "/api/auth/update-user"])
async def test_without_a_cookie_nobody_can_be_tricked_and_the_origin_is_not_asked_for(
    client: Client, path: str
) -> None:
    """Better Auth 1.7.25: only signing in and up ask for it then."""
    answer = await client.send("POST", path, json={}, headers={"Origin": "https://evil.example"})
    assert answer.status != 403


async def test_the_log_says_what_a_script_can_do_that_sends_a_cookie_and_no_origin(client: Client) -> None:
    heard: list[Any] = []
    client.sandbox.journal.listen(heard.append)
    cookie = cookie_of(await sign_in(client))
    assert (await client.send("POST", "/api/auth/sign-out", json={}, headers=cookie)).status == 403
    assert "DEVKIT_AUTH_ORIGIN_CHECK=false" in heard[-1].note


async def test_a_page_that_sends_no_referrer_is_known_by_what_the_browser_says_of_it(client: Client) -> None:
    """`Referrer-Policy: no-referrer` makes the origin of a form `null`; `Sec-Fetch-Site` tells that it is our own."""
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"} | cookie_of(await sign_in(client))
    assert (await client.send("POST", "/api/auth/sign-out", json={}, headers=headers)).status == 200


@pytest.mark.parametrize("path", ["/api/auth/sign-in", "/api/auth/sign-up/phone", "/api/auth/revoke-session/1"])
async def test_an_unknown_address_beside_its_own_is_answered_in_its_shape(client: Client, path: str) -> None:
    answer = await client.send("POST", path, json={})
    assert (answer.status, list(answer.json), answer.json["code"]) == (404, ["message", "code"], "NOT_FOUND")


async def test_a_wrong_method_is_told_in_its_shape(client: Client) -> None:
    answer = await client.send("GET", "/api/auth/sign-out")
    assert (answer.status, answer.json) == (405, {"message": "Method not allowed", "code": "METHOD_NOT_ALLOWED"})


async def test_an_unknown_address_that_could_be_anybodys_is_answered_as_the_cookie_speaks(client: Client) -> None:
    """A plugin's address, such as `/api/auth/two-factor/enable`, lies beside those of two dialects."""
    client.http.cookie_jar.clear()
    cookie, path = cookie_of(await sign_in(client)), "/api/auth/two-factor/enable"
    client.http.cookie_jar.clear()
    assert "code" in (await client.send("POST", path, json={}, headers=cookie)).json
    assert "error" in (await client.send("POST", path, json={})).json


@pytest.mark.parametrize(("path", "shape"), [("/api/auth/nothing", "code"), ("/api/nothing", "detail")])
async def test_served_alone_it_answers_unknown_addresses_itself(start: StartServer, path: str, shape: str) -> None:
    async with start(dialects=("taskapp",)) as client:
        assert shape in (await client.send("GET", path)).json


async def test_the_cookie_that_says_not_to_remember_goes_with_the_next_sign_in(client: Client) -> None:
    me = {"email": EMAIL, "password": PASSWORD}
    first = await client.send("POST", "/api/auth/sign-in/email", json=me | {"rememberMe": False})
    client.http.cookie_jar.clear()
    kept = "; ".join(line.partition(";")[0] for line in first.set_cookies)
    headers = {"Cookie": kept, "Origin": ORIGIN}

    again = await client.send("POST", "/api/auth/sign-in/email", json=me, headers=headers)

    assert [line.partition("=")[0] for line in again.set_cookies] == [
        "better-auth.session_token",
        "better-auth.dont_remember",
    ]
    assert "Max-Age=0" in again.set_cookies[1]


async def test_a_password_change_that_signs_out_all_others_does_not_remember_what_was_not_remembered(
    client: Client,
) -> None:
    me = {"email": EMAIL, "password": PASSWORD, "rememberMe": False}
    kept = cookie_of(await client.send("POST", "/api/auth/sign-in/email", json=me))
    client.http.cookie_jar.clear()
    body = {"currentPassword": PASSWORD, "newPassword": PASSWORD, "revokeOtherSessions": True}
    answer = await client.send("POST", "/api/auth/change-password", json=body, headers=kept | {"Origin": ORIGIN})
    assert all("Max-Age" not in line for line in answer.set_cookies)
    assert len(answer.set_cookies) == 2


async def test_a_deleted_user_is_gone_with_everything_and_the_address_is_free(client: Client) -> None:
    ada = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    cookie = cookie_of(await client.send("POST", "/api/auth/sign-up/email", json=ada))
    client.http.cookie_jar.clear()
    token = (await client.send("GET", "/api/auth/token", headers=cookie)).json["token"]
    form = aiohttp.FormData()
    form.add_field("file", b"hers", filename="hers.txt")
    upload = (await client.send("POST", "/api/uploads", data=form, headers=bearer(token))).json
    assert (await client.send("POST", "/api/tasks", json={"title": "Hers"}, headers=bearer(token))).status == 201
    file = client.sandbox.uploads.folder / upload["id"]
    assert file.exists()
    async with client.http.ws_connect(f"/ws?token={token}") as socket:
        await socket.receive_json()

        deleted = await client.send("POST", "/api/auth/delete-user", json={}, headers=cookie | {"Origin": ORIGIN})

        assert deleted.json == {"success": True, "message": "User deleted"}
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == 4401
    assert not file.exists()
    assert not await is_known(client, cookie)
    assert (await client.send("GET", "/api/tasks", headers=bearer(token))).status == 401
    assert (await client.send("POST", "/api/auth/sign-in/email", json=ada)).status == 401
    assert (await client.send("POST", "/api/auth/sign-up/email", json=ada)).status == 200


async def test_a_session_that_was_signed_out_links_nothing(client: Client) -> None:
    """Better Auth 1.7.25: `unable_to_link_account`, for whoever began is not there any more."""
    cookie = cookie_of(await sign_in(client)) | {"Origin": ORIGIN}
    client.http.cookie_jar.clear()
    begun = await client.send("POST", "/api/auth/link-social", json={"provider": "google"}, headers=cookie)
    [state] = parse_qs(urlsplit(begun.json["url"]).query)["state"]
    code = await social.consent(client, state, identity=social.TEST_USER)
    await client.send("POST", "/api/auth/sign-out", json={}, headers=cookie)
    client.http.cookie_jar.clear()
    answer = await client.send(
        "GET",
        f"/api/auth/callback/google?code={code}&state={state}",
        headers={"Cookie": f"better-auth.state={begun.cookies['better-auth.state']}"},
        allow_redirects=False,
    )
    assert social.told(answer) == {"error": "unable_to_link_account"}


async def test_a_state_that_links_signs_nobody_in_elsewhere(client: Client) -> None:
    cookie = cookie_of(await sign_in(client)) | {"Origin": ORIGIN}
    client.http.cookie_jar.clear()
    begun = await client.send("POST", "/api/auth/link-social", json={"provider": "google"}, headers=cookie)
    [state] = parse_qs(urlsplit(begun.json["url"]).query)["state"]
    code = await social.consent(client, state, identity=social.NORA)
    answer = await social.come_back(client, state, code=code)
    assert (answer.status, answer.json["error"]) == (400, "state_invalid")


def test_over_https_the_cookie_of_the_state_has_the_prefix_of_secure_ones() -> None:
    start = SocialStart(PROVIDERS["google"], "state", "/api/auth/callback/google", kept="state.signature")
    context = WireContext(base_url="https://localhost:8000", prefix="/api")
    [cookie] = SocialUrl().reply(start, context, SPELLING).cookies
    assert (cookie.name, cookie.secure) == ("__Secure-better-auth.state", True)


def test_a_session_token_names_its_session_and_cannot_be_made_up() -> None:
    ours, theirs = SessionTokens(b"ours"), SessionTokens(b"theirs")
    session_id = Randomness(1).uuid()
    token = ours.token(session_id)

    assert (len(token), ours.session_of(token), theirs.session_of(token)) == (32, session_id, None)
    assert ours.bare(ours.cookie(token)) == token
    assert ours.bare(theirs.cookie(token)) != token


@given(st.text())
def test_no_text_is_a_session_token_by_chance(text: str) -> None:
    tokens = SessionTokens(b"ours")
    assert tokens.session_of(tokens.bare(text)) is None


@given(st.text("/\\@:.?#%& \thtps localevix"))
def test_whatever_is_let_through_stays_on_a_site_of_ours(text: str) -> None:
    origins = Origins()
    try:
        origins.check_redirect("callback_url", text)
    except DomainError:
        return
    assert not text or (text[0] == "/" and text[1:2] not in {"/", "\\"}) or origins.allows(origin_of(text) or "")
