"""Signing in with an account elsewhere: who is let in, as whom, and who is not."""

from __future__ import annotations

import asyncio
import dataclasses
import io

import pytest

from devkit.control.hosting import Wish
from tests.conftest import EMAIL, PASSWORD, Client, StartServer
from tests.contract.wire import MINUTE, bearer, log_in
from tests.social import (
    BROWSER,
    CALLBACK,
    DONE,
    EMMY,
    INITIATE,
    NORA,
    NOT_ADA,
    PRIYA,
    TEST_USER,
    UNAI,
    ask,
    begin,
    come_back,
    consent,
    decide,
    sign_in,
    told,
)


async def test_the_account_with_the_same_verified_address_is_linked_and_stays_so(client: Client) -> None:
    first = await sign_in(client, identity=TEST_USER)
    assert first.json["user"]["email"] == EMAIL
    assert first.json["is_new_user"] is False

    again = await sign_in(client, identity=TEST_USER)

    assert again.json["user"] == first.json["user"]
    profile = await client.send("GET", "/api/v2/auth/profile/", headers=bearer(again.json["access"]))
    assert profile.json == first.json["user"]


async def test_somebody_new_gets_an_account_once(client: Client) -> None:
    first = await sign_in(client, identity=NORA)
    again = await sign_in(client, identity=NORA)

    assert (first.json["is_new_user"], again.json["is_new_user"]) == (True, False)
    assert first.json["user"] == again.json["user"]
    me = await client.send("GET", "/api/auth/me", headers=bearer(first.json["access"]))
    assert me.json["user"]["emailVerified"] is True
    assert me.json["user"]["name"] == "Nora Newcomer"


async def test_the_same_person_at_another_provider_comes_into_the_same_account(client: Client) -> None:
    at_google = await sign_in(client, "google", identity=NORA)
    at_github = await sign_in(client, "github", identity=NORA)
    assert at_google.json["user"] == at_github.json["user"]
    assert at_github.json["is_new_user"] is False


async def test_a_new_account_whose_address_is_not_verified_gets_a_mail(client: Client) -> None:
    answer = await sign_in(client, identity=UNAI)
    assert answer.json["is_new_user"] is True
    mails = (await client.send("GET", "/_devkit/api/mail")).json["data"]
    assert [(mail["to"], mail["kind"]) for mail in mails] == [("unai@example.net", "verify")]


async def test_an_account_made_so_has_no_password_that_anybody_could_know(client: Client) -> None:
    await sign_in(client, identity=NORA)
    for password in ("!", "nobody's password", PASSWORD):
        assert (await log_in(client, "nora@example.net", password)).status == 401


async def test_an_account_made_so_can_be_given_a_password(client: Client) -> None:
    await sign_in(client, identity=NORA)
    await client.send("POST", "/api/auth/forgot", json={"email": "nora@example.net"})
    [mail] = (await client.send("GET", "/_devkit/api/mail")).json["data"]
    new = {"password": "Another123!", "confirmPassword": "Another123!"}
    token = mail["link"].partition("token=")[2]
    assert (await client.send("POST", "/api/auth/reset", json={"token": token, **new})).status == 200
    assert (await log_in(client, "nora@example.net", "Another123!")).status == 200


async def test_nobody_takes_over_an_account_by_claiming_its_address(client: Client) -> None:
    answer = await sign_in(client, identity=NOT_ADA)
    assert (answer.status, answer.json["error"]) == (409, "account_not_linked")


async def test_nobody_shares_an_account_that_was_registered_before_its_address_was_verified(client: Client) -> None:
    """Whoever registered it may be waiting, password in hand, for the address's owner to come."""
    answer = await sign_in(client, name="Una Verified", email="unverified@example.com", verified="true")
    assert (answer.status, answer.json["error"]) == (409, "account_not_linked")


async def test_an_identity_is_its_account_at_the_provider_not_its_address(client: Client) -> None:
    """The link was made when the address was verified; that the provider says otherwise now ends no link."""
    await sign_in(client, name="Test User", email=EMAIL, verified="true")
    answer = await sign_in(client, name="Test User", email=EMAIL)
    assert (answer.status, answer.json["user"]["email"]) == (200, EMAIL)


async def test_without_an_address_nobody_comes_in(client: Client) -> None:
    answer = await sign_in(client, "github", identity=PRIYA)
    assert (answer.status, answer.json["error"]) == (400, "email_missing")
    assert answer.json["message"] == "GitHub tells no email address"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://localhost:3001/",
        "http://localhost.evil.example:3000/",
        "http://localhost:3000@evil.example/",
        "http://localhost:3000\\@evil.example/",
        "http:\\\\evil.example",
        "//evil.example/",
        "/done",
        "javascript:alert(1)",
        "data:text/html,hello",
        "http://localhost:3000/\r\nSet-Cookie: a=b",
        "http://localhost:3000/done#token",
        "http://",
        "http://[::1/",
        "http://localhost:99999999/",
        "http://ｌocalhost:3000/",
        "",
        "x" * 3000,
    ],
)
async def test_a_browser_is_sent_to_no_foreign_origin(client: Client, address: str) -> None:
    answer = await client.send("GET", INITIATE.format("google"), params={"redirect_uri": address})
    assert answer.status == 400, answer.body
    assert list(answer.json) == ["message", "error", "detail", "redirect_uri"]


@pytest.mark.parametrize(
    "address",
    [DONE, "http://127.0.0.1:5173/", "http://w1.localhost:3000/x?y=z", "https://app.example/done", "http://shop.test"],
)
async def test_a_browser_is_sent_to_origins_that_may_call(start: StartServer, address: str) -> None:
    settings = {"origins": ("https://app.example",), "frontend_url": "http://shop.test"}
    async with start(**settings) as client:
        state = await begin(client, redirect_uri=address)
        code = await consent(client, state, identity=TEST_USER)
        answer = await client.send("GET", CALLBACK, params={"state": state, "code": code}, allow_redirects=False)
        mark = "&" if "?" in address else "?"
        assert answer.headers["Location"].startswith(f"{address}{mark}provider=google&is_new_user=false&code=")


async def test_a_browser_may_come_back_to_the_server_itself(client: Client) -> None:
    await begin(client, redirect_uri=f"{client.url}/_devkit/")


async def test_without_an_address_it_goes_back_to_where_the_frontend_runs(client: Client) -> None:
    answer = await client.send("GET", INITIATE.format("google"))
    state = answer.json["state"]
    code = await consent(client, state, identity=TEST_USER)
    back = await client.send("GET", CALLBACK, params={"state": state, "code": code}, allow_redirects=False)
    assert back.headers["Location"].startswith("http://localhost:3000?provider=google&is_new_user=false&code=")


async def test_the_consent_page_leads_where_it_was_told_at_the_beginning_alone(client: Client) -> None:
    state = await begin(client)
    query = {"state": state, "redirect_uri": "https://evil.example/steal"}
    answer = await client.send("GET", "/oauth/google/authorize", params=query)
    assert (answer.status, list(answer.json)) == (400, ["message", "error", "detail", "redirect_uri"])


async def test_a_state_is_good_at_its_own_provider_alone(client: Client) -> None:
    state = await begin(client, "google")
    answer = await client.send("GET", "/oauth/github/authorize", params={"state": state})
    assert (answer.status, answer.json["error"]) == (400, "state_invalid")


async def test_a_code_is_good_with_its_own_state_alone(client: Client) -> None:
    mine, yours = await begin(client), await begin(client)
    code = await consent(client, yours, identity=TEST_USER)
    answer = await come_back(client, mine, code=code)
    assert (answer.status, answer.json["error"]) == (400, "code_invalid")


async def test_a_state_is_over_with_its_first_code(client: Client) -> None:
    state = await begin(client)
    first = await consent(client, state, identity=TEST_USER)
    second = await consent(client, state, identity=EMMY)
    assert (await come_back(client, state, code=first)).status == 200

    late = await come_back(client, state, code=second)
    page = await client.send("GET", "/oauth/google/authorize", params={"state": state})

    assert (late.status, late.json["error"]) == (400, "state_invalid")
    assert (page.status, page.json["message"]) == (400, "The state was used before")


async def test_a_state_is_over_when_the_user_has_denied(client: Client) -> None:
    state = await begin(client)
    denied = told(await decide(client, await ask(client, state), deny="true"))
    assert (denied["error"], denied["state"]) == ("access_denied", state)
    assert (await come_back(client, state, error=denied["error"])).status == 403
    assert (await come_back(client, state, error=denied["error"])).json["error"] == "state_invalid"


async def test_of_two_who_come_with_one_code_one_is_let_in(client: Client) -> None:
    state = await begin(client)
    code = await consent(client, state, identity=TEST_USER)
    answers = await asyncio.gather(*(come_back(client, state, code=code) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]


async def test_codes_and_states_end_on_the_sandboxs_clock(client: Client) -> None:
    client.sandbox.clock.freeze()
    state = await begin(client)
    code = await consent(client, state, identity=TEST_USER)
    client.sandbox.clock.advance(MINUTE - 1)
    assert (await come_back(client, state, code=code)).status == 200

    state = await begin(client)
    client.sandbox.clock.advance(10 * MINUTE)
    answer = await client.send("GET", "/oauth/google/authorize", params={"state": state})
    assert (answer.status, answer.json["message"]) == (400, "The state has expired: begin again")


async def test_a_form_of_another_browser_is_refused(client: Client) -> None:
    """A page elsewhere can open the consent page for itself, but can give its visitor's browser no cookie of ours."""
    state = await begin(client)
    theirs, mine = await ask(client, state), await ask(client, await begin(client))
    client.http.cookie_jar.clear()
    for forged in (
        dataclasses.replace(theirs, browser=""),
        dataclasses.replace(theirs, browser=f"{theirs.browser}x"),
        dataclasses.replace(theirs, csrf=mine.csrf),
        dataclasses.replace(theirs, csrf=""),
        dataclasses.replace(theirs, csrf="é"),
    ):
        answer = await decide(client, forged, identity=TEST_USER)
        assert (answer.status, answer.json["error"]) == (403, "forbidden")
    assert (await decide(client, theirs, identity=TEST_USER)).status == 303


async def test_two_tabs_of_a_browser_do_not_disturb_each_other(client: Client) -> None:
    first = await ask(client, await begin(client))
    cookie = {"Cookie": f"oauth-browser={first.browser}", **BROWSER}
    page = await client.send("GET", f"/oauth/google/authorize?state={await begin(client)}", headers=cookie)
    assert page.cookies["oauth-browser"] == first.browser
    assert (await decide(client, first, identity=TEST_USER)).status == 303


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"identity": "nobody"}, "identity"),
        ({"name": "Somebody", "email": "nonsense"}, "email"),
        ({"name": "x" * 51}, "name"),
        ({"email": "somebody@example.com"}, "name"),
        ({"name": "Somebody", "verified": "perhaps"}, "verified"),
    ],
)
async def test_a_choice_that_cannot_be_is_told_by_its_field(client: Client, chosen: dict[str, str], field: str) -> None:
    answer = await decide(client, await ask(client, await begin(client)), **chosen)
    assert answer.status == 400
    assert field in answer.json


async def test_a_form_that_is_json_is_the_wrong_type(client: Client) -> None:
    answer = await client.send("POST", "/oauth/google/authorize", json={"state": "x"})
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")
    assert "application/x-www-form-urlencoded" in answer.json["message"]


@pytest.mark.parametrize(
    ("form", "status", "complaint"),
    [
        ("state=a&state=b", 400, "Was given more than once"),
        ("state=%ff", 400, "not UTF-8"),
        ("state=\u00ff", 400, "not UTF-8"),
        ("&".join(f"f{number}=1" for number in range(201)), 400, "broken"),
        ("state=" + "x" * 1024 * 1024, 413, "at most"),
    ],
)
async def test_a_broken_form_is_refused(client: Client, form: str, status: int, complaint: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.send("POST", "/oauth/google/authorize", data=io.BytesIO(form.encode()), headers=headers)
    assert answer.status == status
    assert complaint in answer.body.decode()


async def test_what_a_person_types_is_text_on_the_page_and_no_html(client: Client) -> None:
    query = {"state": '"><script>alert(1)</script>'}
    for path in ("/oauth/google/authorize", "/oauth/<script>alert(1)<%2Fscript>/authorize"):
        answer = await client.send("GET", path, params=query, headers=BROWSER)
        assert answer.status in {400, 404}
        assert b"<script" not in answer.body


async def test_a_page_that_complains_leads_back_to_the_question(client: Client) -> None:
    asked = await ask(client, await begin(client))
    answer = await client.send(
        "POST",
        f"/oauth/google/authorize?state={asked.state}",
        data={"state": asked.state, "csrf": asked.csrf, "name": "Somebody", "email": "nonsense"},
        headers={"Cookie": f"oauth-browser={asked.browser}", **BROWSER},
    )
    assert answer.status == 400
    page = answer.body.decode()
    assert "Email: Must be a valid email address." in page
    assert f"/oauth/google/authorize?state={asked.state}" in page


async def test_an_unknown_state_brings_a_person_back_to_where_the_frontend_runs(client: Client) -> None:
    query = {"state": "made-up", "code": "made-up"}
    answer = await client.send("GET", CALLBACK, params=query, headers=BROWSER, allow_redirects=False)
    assert (answer.status, answer.headers["Location"].partition("?")[0]) == (302, "http://localhost:3000")
    assert told(answer)["error"] == "state_invalid"
    assert answer.set_cookies == []


async def test_a_sandbox_that_a_header_names_stays_named_in_the_addresses(client: Client) -> None:
    await client.app.sandboxes.create(Wish(id="apart"))
    client.http.headers["X-Devkit-Sandbox"] = "apart"
    begun = (await client.send("GET", INITIATE.format("google"), params={"redirect_uri": DONE})).json
    del client.http.headers["X-Devkit-Sandbox"]
    page = await client.send("GET", begun["auth_url"].removeprefix(client.url), headers=BROWSER)
    assert page.status == 200
    assert f"state={begun['state']}&amp;devkit_sandbox=apart" in page.body.decode()


async def test_a_sandbox_that_the_host_names_is_named_by_it(client: Client) -> None:
    await client.app.sandboxes.create(Wish(id="apart"))
    host = {"Host": f"apart.localhost:{client.ready.port}"}
    begun = (await client.send("GET", INITIATE.format("google"), headers=host)).json
    assert begun["auth_url"].startswith(f"http://apart.localhost:{client.ready.port}/oauth/google/authorize?")
    assert "devkit_sandbox" not in begun["auth_url"]


async def test_a_reset_forgets_links_and_sign_ins_under_way(client: Client) -> None:
    await sign_in(client, identity=NORA)
    state = await begin(client)
    await client.send("POST", "/_devkit/api/reset")
    assert (await come_back(client, state, code="x")).json["error"] == "state_invalid"
    assert (await sign_in(client, identity=NORA)).json["is_new_user"] is True
