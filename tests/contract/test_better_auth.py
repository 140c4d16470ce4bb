"""Better Auth's dialect where its client alone cannot show it: foreign pages, faults that strike tokens, cookies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.contract.errors import DomainError
from devkit.dialects.better_auth import ROWS
from devkit.domain.origins import Origins
from devkit.domain.session_tokens import SessionTokens
from devkit.effects import Randomness
from devkit.origins import origin_of
from tests.conftest import EMAIL, PASSWORD, Answer, Client
from tests.contract.wire import bearer
from tests.faults.conftest import scenario

GUARDED = [row for row in ROWS if row.same_site]


async def sign_in(client: Client) -> Answer:
    return await client.send("POST", "/api/auth/sign-in/email", json={"email": EMAIL, "password": PASSWORD})


async def is_known(client: Client, token: str) -> bool:
    return (await client.send("GET", "/api/auth/get-session", headers=bearer(token))).json is not None


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
    signed_in: Client, row: object, headers: dict[str, str], code: str
) -> None:
    path = f"/api{row.path}"  # type: ignore[attr-defined]
    answer = await signed_in.send("POST", path, json={"newPassword": PASSWORD}, headers=headers)
    assert (answer.status, answer.json["code"]) == (403, code)


def test_every_call_that_changes_something_is_guarded() -> None:
    assert {row.path for row in ROWS if row.method == "POST" and not row.rooted} == {row.path for row in GUARDED}


@pytest.mark.parametrize("defect", ["signature", "issuer", "audience", "algorithm", "not_before", "malformed"])
@pytest.mark.parametrize("path", ["/api/auth/sign-in/email", "/api/auth/token"])
async def test_a_defective_token_is_no_good(client: Client, defect: str, path: str) -> None:
    good = (await sign_in(client)).json["token"]
    client.http.cookie_jar.clear()
    fault = {"type": "token.invalid", "defect": defect}
    await client.sandbox.engine.use(scenario({"fault": fault}))
    given = await sign_in(client) if "sign-in" in path else await client.send("GET", path, headers=bearer(good))
    await client.sandbox.engine.off("broken")
    client.http.cookie_jar.clear()

    assert not await is_known(client, given.json["token"])
    if given.set_cookies:
        cookie = given.set_cookies[0].partition(";")[0]
        assert (await client.send("GET", "/api/auth/get-session", headers={"Cookie": cookie})).json is None
    assert await is_known(client, good)


@pytest.mark.parametrize("kind", ["token.expired", "token.revoked", "session.evicted"])
async def test_a_token_that_is_ended_is_over_as_header_and_as_cookie(client: Client, kind: str) -> None:
    signed = await sign_in(client)
    cookie = signed.set_cookies[0].partition(";")[0]
    client.http.cookie_jar.clear()
    await client.sandbox.engine.use(scenario({"fault": {"type": kind}}))
    assert (await client.send("GET", "/api/auth/get-session", headers={"Cookie": cookie})).json is None
    await client.sandbox.engine.off("broken")

    assert not await is_known(client, signed.json["token"])
    assert (await client.send("GET", "/api/auth/list-sessions", headers={"Cookie": cookie})).status == 401


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
