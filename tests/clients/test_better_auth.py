"""Better Auth's official client, unchanged, against dialect `taskapp`: every method that CONTRACT.md lists."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests import social
from tests.clients.conftest import AuthClient, Open
from tests.conftest import EMAIL, PASSWORD, Client
from tests.contract.wire import DAY, HOUR, bearer, mailbox

ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "password": PASSWORD}
ME = {"email": EMAIL, "password": PASSWORD}
SECRET = "AnotherPass456!"


async def my_tasks(client: Client, token: str, user_id: str) -> int:
    """The status of a call that needs a token."""
    return (await client.send("GET", f"/api/{user_id}/tasks", headers=bearer(token))).status


def link_of(client: Client, to: str) -> str:
    return mailbox(client, to)[0].link or ""


async def test_signing_up_signs_in_and_keeps_the_cookie(auth: AuthClient) -> None:
    signed_up = await auth.done("signUp.email", ADA)
    found = await auth.done("getSession")

    assert signed_up["user"] == found["user"]
    assert found["user"]["name"] == "Ada Lovelace"
    assert found["session"]["token"] == signed_up["token"]
    assert [*await auth.done("cookies")] == ["better-auth.session_token"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": EMAIL}, (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")),
        ({"password": "short"}, (400, "PASSWORD_TOO_SHORT")),
        ({"password": "x" * 129}, (400, "PASSWORD_TOO_LONG")),
        ({"email": "nope"}, (400, "VALIDATION_ERROR")),
        ({"callbackURL": "https://evil.example"}, (403, "INVALID_CALLBACK_URL")),
    ],
)
async def test_signing_up_is_refused_with_its_codes(
    auth: AuthClient, changes: dict[str, str], code: tuple[int, str]
) -> None:
    assert (await auth.call("signUp.email", ADA | changes)).code == code
    assert await auth.done("getSession") is None


async def test_signing_in_and_out(auth: AuthClient) -> None:
    assert await auth.done("getSession") is None
    assert (await auth.call("signIn.email", ME | {"password": "wrong"})).code == (401, "INVALID_EMAIL_OR_PASSWORD")
    assert (await auth.call("signIn.email", ME | {"email": "nope"})).code == (400, "INVALID_EMAIL")

    signed_in = await auth.done("signIn.email", ME)
    assert signed_in["redirect"] is False
    assert (await auth.done("getSession"))["user"]["email"] == EMAIL

    assert await auth.done("signOut") == {"success": True}
    assert await auth.done("getSession") is None
    assert await auth.done("cookies") == {}


async def test_a_forgotten_password_is_set_anew_by_the_link_of_the_mail(auth: AuthClient, client: Client) -> None:
    page = "http://localhost:3000/new-password"
    assert (await auth.done("requestPasswordReset", {"email": EMAIL, "redirectTo": page}))["status"] is True
    opened = await client.send("GET", link_of(client, EMAIL), allow_redirects=False)
    assert opened.headers["Location"].startswith(f"{page}?token=")
    [token] = parse_qs(urlsplit(opened.headers["Location"]).query)["token"]

    assert (await auth.call("resetPassword", {"newPassword": "short", "token": token})).code[1] == "PASSWORD_TOO_SHORT"
    assert await auth.done("resetPassword", {"newPassword": SECRET, "token": token}) == {"status": True}
    again = await auth.call("resetPassword", {"newPassword": SECRET, "token": token})
    assert again.code == (400, "INVALID_TOKEN")
    await auth.done("signIn.email", ME | {"password": SECRET})


async def test_an_address_is_verified_by_the_link_of_the_mail(auth: AuthClient, client: Client) -> None:
    await auth.done("signUp.email", ADA | {"callbackURL": "/welcome"})
    [first] = parse_qs(urlsplit(link_of(client, ADA["email"])).query)["token"]
    assert await auth.done("sendVerificationEmail", {"email": ADA["email"], "callbackURL": "/again"}) == {
        "status": True
    }
    [second] = parse_qs(urlsplit(link_of(client, ADA["email"])).query)["token"]
    assert second != first

    assert (await auth.call("verifyEmail", {"query": {"token": "nothing"}})).code == (401, "INVALID_TOKEN")
    assert (await auth.done("verifyEmail", {"query": {"token": second}}))["status"] is True
    assert (await auth.done("getSession"))["user"]["emailVerified"] is True
    again = await auth.call("sendVerificationEmail", {"email": ADA["email"]})
    assert again.code == (400, "EMAIL_ALREADY_VERIFIED")
    assert (await auth.call("sendVerificationEmail", {"email": EMAIL})).code == (400, "EMAIL_MISMATCH")


async def test_a_verification_link_that_is_over_says_so(auth: AuthClient, client: Client) -> None:
    await auth.done("signUp.email", ADA)
    [token] = parse_qs(urlsplit(link_of(client, ADA["email"])).query)["token"]
    client.sandbox.clock.advance(DAY + HOUR)
    assert (await auth.call("verifyEmail", {"query": {"token": token}})).code == (401, "TOKEN_EXPIRED")


async def test_sessions_are_listed_and_revoked(browser: Open) -> None:
    first, second, third = await browser(), await browser(), await browser()
    tokens = [(await one.done("signIn.email", ME))["token"] for one in (first, second, third)]

    assert {session["token"] for session in await first.done("listSessions")} == set(tokens)
    assert await first.done("revokeSession", {"token": tokens[1]}) == {"status": True}
    assert await second.done("getSession") is None
    assert await first.done("revokeOtherSessions") == {"status": True}
    assert await third.done("getSession") is None
    assert [session["token"] for session in await first.done("listSessions")] == [tokens[0]]
    assert await first.done("revokeSessions") == {"status": True}
    assert await first.done("getSession") is None
    assert (await first.call("listSessions")).code == (401, "UNAUTHORIZED")


async def test_nobody_revokes_a_session_of_somebody_else(browser: Open) -> None:
    mine, other = await browser(), await browser()
    await mine.done("signIn.email", ME)
    token = (await other.done("signIn.email", ME | {"email": "other@example.com"}))["token"]
    assert await mine.done("revokeSession", {"token": token}) == {"status": True}
    assert await other.done("getSession") is not None


async def test_the_profile_is_changed(auth: AuthClient) -> None:
    await auth.done("signIn.email", ME)
    before = (await auth.done("getSession"))["user"]
    assert await auth.done("updateUser", {"name": "Tess Tester", "image": "https://example.com/t.png"}) == {
        "status": True
    }
    after = (await auth.done("getSession"))["user"]

    assert (after["name"], after["image"]) == ("Tess Tester", "https://example.com/t.png")
    assert after["updatedAt"] > before["updatedAt"] == before["createdAt"]
    assert (await auth.call("updateUser", {"email": "t@example.com"})).code == (400, "EMAIL_CAN_NOT_BE_UPDATED")


async def test_the_password_is_changed_with_and_without_signing_others_out(browser: Open) -> None:
    mine, other = await browser(), await browser()
    token = (await mine.done("signIn.email", ME))["token"]
    await other.done("signIn.email", ME)
    change = {"currentPassword": PASSWORD, "newPassword": SECRET}

    wrong = await mine.call("changePassword", change | {"currentPassword": "wrong"})
    assert wrong.code == (400, "INVALID_PASSWORD")
    assert (await mine.done("changePassword", change))["token"] is None
    assert await other.done("getSession") is not None
    back = {"currentPassword": SECRET, "newPassword": PASSWORD, "revokeOtherSessions": True}
    renewed = (await mine.done("changePassword", back))["token"]
    assert await other.done("getSession") is None
    assert (await mine.done("getSession"))["session"]["token"] == renewed != token


async def test_another_address_counts_once_its_mail_was_opened(auth: AuthClient, client: Client) -> None:
    await auth.done("signIn.email", ME)
    assert await auth.done("changeEmail", {"newEmail": "tess@example.com", "callbackURL": "/x"}) == {"status": True}
    assert (await auth.done("getSession"))["user"]["email"] == EMAIL
    opened = await client.send("GET", link_of(client, "tess@example.com"), allow_redirects=False)
    assert (opened.status, opened.headers["Location"]) == (302, "/x")
    assert (await auth.done("getSession"))["user"]["email"] == "tess@example.com"
    assert (await auth.call("changeEmail", {"newEmail": "nope"})).code == (400, "VALIDATION_ERROR")


async def test_an_address_that_was_taken_meanwhile_is_not_given_away(browser: Open, client: Client) -> None:
    mine, other = await browser(), await browser()
    await mine.done("signIn.email", ME)
    await mine.done("changeEmail", {"newEmail": ADA["email"]})
    link = link_of(client, ADA["email"])
    await other.done("signUp.email", ADA)
    assert (await client.send("GET", link, allow_redirects=False)).status == 422
    assert (await mine.done("getSession"))["user"]["email"] == EMAIL


async def test_accounts_are_listed(auth: AuthClient) -> None:
    user = (await auth.done("signIn.email", ME))["user"]
    [account] = await auth.done("listAccounts")
    assert (account["providerId"], account["accountId"]) == ("credential", user["id"])


async def test_a_token_for_others_is_verified_with_the_published_keys(auth: AuthClient, client: Client) -> None:
    user = (await auth.done("signIn.email", ME))["user"]
    token = (await auth.done("token"))["token"]

    by_jose = await auth.done("verify token", token)
    [key] = (await auth.done("jwks"))["keys"]
    by_pyjwt = jwt.decode(token, jwt.PyJWK(key), algorithms=["EdDSA"], audience=client.url, issuer=client.url)

    assert by_jose["payload"] == by_pyjwt
    assert by_jose["header"] == {"alg": "EdDSA", "kid": key["kid"], "typ": "JWT"}
    assert (by_pyjwt["sub"], by_pyjwt["id"], by_pyjwt["email"]) == (user["id"], user["id"], EMAIL)
    assert by_pyjwt["exp"] - by_pyjwt["iat"] == 900


async def test_a_token_for_others_comes_with_the_session_too(auth: AuthClient) -> None:
    await auth.done("signIn.email", ME)
    await auth.done("getSession")
    headers = await auth.done("headers")
    assert "set-auth-jwt" in headers["access-control-expose-headers"]
    assert (await auth.done("verify token", headers["set-auth-jwt"]))["payload"]["email"] == EMAIL


async def test_a_token_for_others_dies_with_its_session(auth: AuthClient, client: Client) -> None:
    user_id = (await auth.done("signIn.email", ME))["user"]["id"]
    token = (await auth.done("token"))["token"]
    assert await my_tasks(client, token, user_id) == 200
    await auth.done("signOut")
    assert await my_tasks(client, token, user_id) == 401


async def test_keys_rotate_and_the_old_ones_still_verify(auth: AuthClient, client: Client) -> None:
    user_id = (await auth.done("signIn.email", ME))["user"]["id"]
    old = (await auth.done("token"))["token"]
    client.sandbox.sessions.signer.keys.rotate()
    new = (await auth.done("token"))["token"]

    kids = [(await auth.done("verify token", token))["header"]["kid"] for token in (old, new)]
    assert kids == [key["kid"] for key in (await auth.done("jwks"))["keys"]][::-1]
    assert [await my_tasks(client, token, user_id) for token in (old, new)] == [200, 200]


async def test_signing_in_with_an_account_elsewhere(auth: AuthClient, client: Client) -> None:
    begun = await auth.done("signIn.social", {"provider": "google", "callbackURL": "http://localhost:3000/in"})
    assert begun["redirect"] is True
    [state] = parse_qs(urlsplit(begun["url"]).query)["state"]
    code = await social.consent(client, state, identity=social.TEST_USER)
    returned = await auth.done("visit", f"/api/auth/callback/google?code={code}&state={state}")

    assert (returned["status"], returned["location"]) == (302, "http://localhost:3000/in")
    assert (await auth.done("getSession"))["user"]["email"] == EMAIL
    assert [account["providerId"] for account in await auth.done("listAccounts")] == ["credential", "google"]


async def test_a_provider_that_there_is_not_is_refused(auth: AuthClient) -> None:
    assert (await auth.call("signIn.social", {"provider": "myspace"})).code == (404, "PROVIDER_NOT_FOUND")


async def test_a_login_page_in_place_of_the_session_is_a_session_to_it(client: Client, auth: AuthClient) -> None:
    """better-auth 1.7.25 takes a text for data where it is no JSON: `if (data)` sees somebody signed in."""
    await auth.done("signIn.email", ME)
    await client.send("POST", "/_devkit/api/scenarios/html-instead-of-session/use")

    page = await auth.done("getSession")
    again = await auth.done("getSession")

    assert page.startswith("<!doctype html>")
    assert again["user"]["email"] == EMAIL
