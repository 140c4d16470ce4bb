"""Accounts, sign-in and everything that a token can be (CONTRACT.md, "`agreed`": `auth.*`)."""

from __future__ import annotations

import asyncio

import pytest

from devkit.storage import sessions
from tests.conftest import EMAIL, Client, StartServer
from tests.contract.wire import (
    API_KEY,
    DAY,
    HOUR,
    NOBODYS_ID,
    PASSWORD,
    SECOND,
    UUID,
    attributes,
    bearer,
    cookie,
    is_error,
    link_token,
    log_in,
    mailbox,
    register,
    token_of,
)

ACCESS_ATTRIBUTES = {"HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=86400"}
REFRESH_ATTRIBUTES = {"HttpOnly", "Secure", "SameSite=Lax", "Path=/api/auth", "Max-Age=2592000"}


# Registration


async def test_registering_answers_the_sentence_and_the_id_and_sends_one_mail(client: Client) -> None:
    answer = await register(client, firstName="Ada", lastName="Lovelace")
    assert (answer.status, answer.json["message"]) == (201, "Registration successful. Verification email sent.")
    assert answer.json.keys() == {"message", "userId"}
    assert UUID.fullmatch(answer.json["userId"])
    assert [mail.kind for mail in mailbox(client, "ada@example.com")] == ["verify"]
    assert not answer.set_cookies


async def test_every_bad_field_of_a_registration_is_reported_at_once(client: Client) -> None:
    answer = await client.send(
        "POST",
        "/api/auth/register",
        json={"firstName": "x" * 51, "lastName": 7, "email": "no", "password": "short", "confirmPassword": "other"},
    )
    assert is_error(answer, 400, "validation_error", "firstName", "lastName", "email", "password", "confirmPassword")
    assert answer.json["message"] == "Validation failed"


async def test_a_taken_address_is_a_conflict_in_any_case_of_its_letters(client: Client) -> None:
    answer = await register(client, "TEST@Example.com")
    assert is_error(answer, 409, "email_taken")
    assert answer.json["message"] == "Email already in use"


async def test_of_two_registrations_at_once_one_wins(client: Client) -> None:
    answers = await asyncio.gather(register(client), register(client, "ADA@example.com"))
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert len(mailbox(client, "ada@example.com")) == 1


@pytest.mark.parametrize("email", ["a@b.museum", "a+b@example.co.uk", "x@xn--bcher-kva.example", "ada@mail.test"])
async def test_addresses_of_any_top_level_domain_are_accepted(client: Client, email: str) -> None:
    assert (await register(client, email)).status == 201


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example..com", "ada@x"])
async def test_what_is_no_address_is_refused(client: Client, email: str) -> None:
    assert is_error(await register(client, email), 400, "validation_error", "email")


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"name": "Ada Lovelace"}, "Ada", "Lovelace"),
        ({"name": "  Ada  King  Lovelace "}, "Ada", "King  Lovelace"),
        ({"name": "Ada"}, "Ada", ""),
        ({"firstName": "  Ada ", "lastName": "L"}, "Ada", "L"),
        ({"firstName": "Ada", "name": "Somebody Else"}, "Ada", ""),
        ({"firstName": None, "lastName": None, "name": None}, "", ""),
        ({}, "", ""),
        ({"name": "x" * 50 + " " + "y" * 50}, "x" * 50, "y" * 50),
    ],
)
async def test_names_are_trimmed_and_a_single_one_is_split_at_its_first_space(
    client: Client, given: dict[str, str], first: str, last: str
) -> None:
    assert (await register(client, **given)).status == 201
    await client.send("GET", "/api/auth/verify", params={"token": link_token(client, "ada@example.com")})
    user = (await log_in(client, "ada@example.com")).json["user"]
    assert (user["firstName"], user["lastName"]) == (first, last)
    assert user["name"] == f"{first} {last}".strip()


@pytest.mark.parametrize("name", ["x" * 51, "x" * 51 + " y", "x " + "y" * 51])
async def test_the_halves_of_a_single_name_are_no_longer_than_the_fields_they_become(client: Client, name: str) -> None:
    assert is_error(await register(client, name=name), 400, "validation_error", "name")


async def test_a_password_is_never_trimmed(client: Client) -> None:
    spaced = "  spaced password  "
    assert (await register(client, password=spaced, confirmPassword=spaced)).status == 201
    await client.send("GET", "/api/auth/verify", params={"token": link_token(client, "ada@example.com")})
    assert (await log_in(client, "ada@example.com", spaced.strip())).status == 401
    assert (await log_in(client, "ada@example.com", spaced)).status == 200


async def test_eight_characters_are_enough_for_a_password_whatever_their_bytes(client: Client) -> None:
    assert is_error(
        await register(client, password="x" * 7, confirmPassword="x" * 7), 400, "validation_error", "password"
    )
    assert (await register(client, password="🔑" * 8, confirmPassword="🔑" * 8)).status == 201


async def test_the_repeated_password_must_be_there(client: Client) -> None:
    answer = await client.send("POST", "/api/auth/register", json={"email": "ada@example.com", "password": PASSWORD})
    assert is_error(answer, 400, "validation_error", "confirmPassword")


# Signing in


async def test_a_login_answers_the_user_and_sets_both_cookies(client: Client) -> None:
    answer = await log_in(client)
    assert answer.status == 200
    assert answer.json.keys() == {"user"}
    assert answer.json["user"].keys() == {
        "id", "email", "firstName", "lastName", "name", "emailVerified", "role", "createdAt",
    }  # fmt: skip
    assert attributes(answer, "auth-token") == ACCESS_ATTRIBUTES
    assert attributes(answer, "refresh-token") == REFRESH_ATTRIBUTES


async def test_a_login_below_v1_scopes_the_refresh_cookie_there(client: Client) -> None:
    answer = await client.send("POST", "/api/v1/auth/login", json={"email": "test@example.com", "password": PASSWORD})
    assert attributes(answer, "refresh-token") == REFRESH_ATTRIBUTES - {"Path=/api/auth"} | {"Path=/api/v1/auth"}
    assert attributes(answer, "auth-token") == ACCESS_ATTRIBUTES


async def test_a_wrong_password_and_an_unknown_address_cannot_be_told_apart(client: Client) -> None:
    wrong, unknown = await log_in(client, password="WrongPass123!"), await log_in(client, "nobody@example.com")
    for answer in (wrong, unknown):
        assert is_error(answer, 401, "invalid_credentials")
        assert answer.json["message"] == "Invalid credentials"
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="devkit"'
        assert not answer.set_cookies


async def test_an_unverified_address_may_not_sign_in(client: Client) -> None:
    answer = await log_in(client, "unverified@example.com")
    assert is_error(answer, 403, "email_not_verified")
    assert answer.json["message"] == "Email not verified"
    assert is_error(await log_in(client, "unverified@example.com", "WrongPass123!"), 401, "invalid_credentials")


async def test_the_address_is_trimmed_and_its_case_does_not_matter_when_signing_in(client: Client) -> None:
    answer = await log_in(client, "  Test@EXAMPLE.com ")
    assert (answer.status, answer.json["user"]["email"]) == (200, "test@example.com")


async def test_a_login_names_every_field_that_is_missing(client: Client) -> None:
    for body in ({}, {"email": "", "password": ""}, {"email": None, "password": 1}):
        answer = await client.send("POST", "/api/auth/login", json=body)
        assert is_error(answer, 400, "validation_error", "email", "password")


async def test_bearer_transport_hands_out_tokens_and_no_cookie(start: StartServer) -> None:
    async with start(auth_transport="bearer") as client:
        answer = await log_in(client)
        assert answer.json.keys() == {"token", "refreshToken", "user"}
        assert not answer.set_cookies
        assert (await client.send("GET", "/api/auth/me", headers=bearer(answer.json["token"]))).status == 200
        again = await client.send("POST", "/api/auth/refresh", json={"refreshToken": answer.json["refreshToken"]})
        assert again.json.keys() == {"token", "refreshToken", "user"}
        assert not again.set_cookies


async def test_transport_both_hands_out_both(start: StartServer) -> None:
    async with start(auth_transport="both") as client:
        answer = await log_in(client)
        assert answer.json["token"] == answer.cookies["auth-token"]
        assert answer.json["refreshToken"] == answer.cookies["refresh-token"]


async def test_cookies_are_not_secure_where_the_configuration_says_so(start: StartServer) -> None:
    async with start(cookies_secure=False) as client:
        answer = await log_in(client)
        assert attributes(answer, "auth-token") == ACCESS_ATTRIBUTES - {"Secure"}
        assert attributes(answer, "refresh-token") == REFRESH_ATTRIBUTES - {"Secure"}
        assert (await client.send("GET", "/api/auth/me")).status == 200
        gone = await client.send("POST", "/api/auth/logout")
        assert "Secure" not in attributes(gone, "auth-token")
        assert (await client.send("GET", "/api/auth/me")).status == 401


# What a request may be signed with


async def test_a_token_is_taken_from_the_header_and_from_the_cookie(client: Client) -> None:
    token = await token_of(client)
    for headers in (bearer(token), {"Authorization": f"bearer {token}"}, cookie(auth_token=token)):
        assert (await client.send("GET", "/api/auth/me", headers=headers)).json["user"]["email"] == "test@example.com"


async def test_an_api_key_signs_in_its_owner(client: Client) -> None:
    answer = await client.send("GET", "/api/auth/me", headers={"X-API-Key": API_KEY})
    assert answer.json["user"]["email"] == "test@example.com"


async def test_a_revoked_api_key_is_told_from_an_unknown_one(client: Client) -> None:
    def revoke(connection: object) -> None:
        connection.execute("UPDATE api_keys SET revoked_at = 1")  # type: ignore[attr-defined]

    assert is_error(await client.send("GET", "/api/auth/me", headers={"X-API-Key": "dk_nobodys"}), 401, "token_invalid")
    await client.sandbox.database.write(revoke)
    assert is_error(await client.send("GET", "/api/auth/me", headers={"X-API-Key": API_KEY}), 401, "token_revoked")


async def test_a_bearer_goes_before_a_key_and_a_key_before_a_cookie(client: Client) -> None:
    other, empty = await token_of(client, "other@example.com"), await token_of(client, "empty@example.com")
    key = {"X-API-Key": API_KEY}

    async def who(headers: dict[str, str]) -> str:
        answer = await client.send("GET", "/api/auth/me", headers=headers)
        return answer.json["user"]["email"] if answer.status == 200 else answer.json["error"]

    assert await who(bearer(other) | key | cookie(auth_token=empty)) == "other@example.com"
    assert await who(key | cookie(auth_token=empty)) == "test@example.com"
    assert await who(cookie(auth_token=empty)) == "empty@example.com"
    assert await who(bearer("rubbish") | key | cookie(auth_token=empty)) == "token_invalid"
    assert await who({"Authorization": "Basic dTpw"} | cookie(auth_token=empty)) == "empty@example.com"


async def test_of_two_cookies_of_one_name_the_first_counts(client: Client) -> None:
    other, empty = await token_of(client, "other@example.com"), await token_of(client, "empty@example.com")
    headers = {"Cookie": f"auth-token={other}; theme=dark; auth-token={empty}"}
    assert (await client.send("GET", "/api/auth/me", headers=headers)).json["user"]["email"] == "other@example.com"


async def test_the_reasons_of_a_401_are_told_apart_and_each_has_its_challenge(client: Client) -> None:
    token = await token_of(client)

    async def me(headers: dict[str, str]) -> tuple[str, str]:
        answer = await client.send("GET", "/api/auth/me", headers=headers)
        assert is_error(answer, 401, answer.json["error"])
        return answer.json["error"], answer.headers["WWW-Authenticate"].partition(", error_desc")[0]

    said = 'Bearer realm="devkit", error="invalid_token"'
    assert await me({}) == ("unauthorized", 'Bearer realm="devkit"')
    assert await me(bearer("rubbish")) == ("token_invalid", said)
    assert await me(bearer(token[:-2])) == ("token_invalid", said)
    assert await me(cookie(auth_token="rubbish")) == ("token_invalid", said)
    client.sandbox.clock.advance(DAY + SECOND)
    assert await me(bearer(token)) == ("token_expired", said)
    token = await token_of(client)
    await client.send("POST", "/api/auth/logout", headers=bearer(token))
    assert await me(bearer(token)) == ("token_revoked", said)


async def test_a_token_lives_for_a_day_by_the_sandboxs_clock(client: Client) -> None:
    client.sandbox.clock.freeze()
    token = await token_of(client)
    client.sandbox.clock.advance(DAY - SECOND)
    assert (await client.send("GET", "/api/auth/me", headers=bearer(token))).status == 200
    client.sandbox.clock.advance(SECOND)
    assert is_error(await client.send("GET", "/api/auth/me", headers=bearer(token)), 401, "token_expired")


async def test_rubbish_credentials_do_not_shut_anybody_out_of_public_operations(client: Client) -> None:
    for method, path in [("GET", "/api/config"), ("GET", "/api/health"), ("POST", "/api/auth/logout")]:
        assert (await client.send(method, path, headers=bearer("rubbish"))).status in {200, 204}


# Refreshing


async def test_a_refresh_rotates_the_token_and_sets_both_cookies_again(client: Client) -> None:
    first = await log_in(client)
    second = await client.send(
        "POST", "/api/auth/refresh", headers=cookie(refresh_token=first.cookies["refresh-token"])
    )
    assert (second.status, second.json.keys()) == (200, {"user"})
    assert second.cookies["refresh-token"] != first.cookies["refresh-token"]
    assert attributes(second, "auth-token") == ACCESS_ATTRIBUTES
    assert attributes(second, "refresh-token") == REFRESH_ATTRIBUTES
    me = await client.send("GET", "/api/auth/me", headers=bearer(second.cookies["auth-token"]))
    assert me.status == 200


async def test_a_refresh_token_is_also_taken_from_the_body_which_goes_first(client: Client) -> None:
    token = (await log_in(client)).cookies["refresh-token"]
    answer = await client.send(
        "POST", "/api/auth/refresh", json={"refreshToken": token}, headers=cookie(refresh_token="rubbish")
    )
    assert answer.status == 200


async def test_a_null_in_the_body_leaves_the_token_to_the_cookie(client: Client) -> None:
    sent = cookie(refresh_token=(await log_in(client)).cookies["refresh-token"])
    assert (await client.send("POST", "/api/auth/refresh", json={"refreshToken": None}, headers=sent)).status == 200


async def test_a_browser_sends_the_refresh_cookie_below_the_path_it_signed_in_at_only(start: StartServer) -> None:
    async with start(cookies_secure=False) as client:
        await client.send("POST", "/api/v1/auth/login", json={"email": "test@example.com", "password": PASSWORD})
        assert is_error(await client.send("POST", "/api/auth/refresh"), 401, "unauthorized")
        assert (await client.send("POST", "/api/v1/auth/refresh")).status == 200


async def test_without_a_refresh_token_there_is_nothing_to_refresh(client: Client) -> None:
    for headers in ({}, cookie(refresh_token=""), bearer(await token_of(client))):
        assert is_error(await client.send("POST", "/api/auth/refresh", headers=headers), 401, "unauthorized")
    assert is_error(
        await client.send("POST", "/api/auth/refresh", json={"refreshToken": "rubbish"}), 401, "token_invalid"
    )


async def test_a_used_refresh_token_works_again_within_the_grace(client: Client) -> None:
    token = (await log_in(client)).cookies["refresh-token"]
    client.sandbox.clock.freeze()
    assert (await client.send("POST", "/api/auth/refresh", json={"refreshToken": token})).status == 200
    client.sandbox.clock.advance(10 * SECOND)
    again = await client.send("POST", "/api/auth/refresh", json={"refreshToken": token})
    assert again.status == 200
    assert (await client.send("GET", "/api/auth/me", headers=bearer(again.cookies["auth-token"]))).status == 200


async def test_reusing_a_refresh_token_after_the_grace_revokes_its_family_and_no_other(client: Client) -> None:
    stranger = await token_of(client)
    login = await log_in(client)
    used = login.cookies["refresh-token"]
    current = await client.send("POST", "/api/auth/refresh", json={"refreshToken": used})
    client.sandbox.clock.advance(10 * SECOND + 1)
    assert is_error(await client.send("POST", "/api/auth/refresh", json={"refreshToken": used}), 401, "token_revoked")
    newest = current.cookies["refresh-token"]
    assert is_error(await client.send("POST", "/api/auth/refresh", json={"refreshToken": newest}), 401, "token_revoked")
    for token in (login.cookies["auth-token"], current.cookies["auth-token"]):
        assert is_error(await client.send("GET", "/api/auth/me", headers=bearer(token)), 401, "token_revoked")
    assert (await client.send("GET", "/api/auth/me", headers=bearer(stranger))).status == 200


async def test_a_refresh_token_expires_after_thirty_days(client: Client) -> None:
    token = (await log_in(client)).cookies["refresh-token"]
    client.sandbox.clock.advance(30 * DAY + SECOND)
    assert is_error(await client.send("POST", "/api/auth/refresh", json={"refreshToken": token}), 401, "token_expired")


async def test_refreshing_prolongs_the_session_by_thirty_days_each_time(client: Client) -> None:
    token = (await log_in(client)).cookies["refresh-token"]
    for _ in range(3):
        client.sandbox.clock.advance(29 * DAY)
        answer = await client.send("POST", "/api/auth/refresh", json={"refreshToken": token})
        assert answer.status == 200
        token = answer.cookies["refresh-token"]


# Signing out


async def test_a_logout_clears_the_cookies_with_the_same_attributes_and_revokes_the_tokens(client: Client) -> None:
    login = await log_in(client)
    answer = await client.send(
        "POST",
        "/api/auth/logout",
        headers=cookie(auth_token=login.cookies["auth-token"], refresh_token=login.cookies["refresh-token"]),
    )
    assert (answer.status, answer.body) == (204, b"")
    expired = "Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    assert attributes(answer, "auth-token") - {expired} == ACCESS_ATTRIBUTES - {"Max-Age=86400"} | {"Max-Age=0"}
    assert attributes(answer, "refresh-token") - {expired} == REFRESH_ATTRIBUTES - {"Max-Age=2592000"} | {"Max-Age=0"}
    assert answer.cookies == {"auth-token": "", "refresh-token": ""}
    me = await client.send("GET", "/api/auth/me", headers=bearer(login.cookies["auth-token"]))
    assert is_error(me, 401, "token_revoked")
    again = await client.send("POST", "/api/auth/refresh", json={"refreshToken": login.cookies["refresh-token"]})
    assert is_error(again, 401, "token_revoked")


async def test_a_logout_without_a_session_is_a_204_too(client: Client) -> None:
    for options in ({}, {"headers": cookie(auth_token="", refresh_token="")}, {"json": {"refreshToken": "rubbish"}}):
        answer = await client.send("POST", "/api/auth/logout", **options)
        assert answer.status == 204
        assert answer.cookies.keys() == {"auth-token", "refresh-token"}


async def test_a_logout_with_an_expired_token_still_ends_the_session_by_its_refresh_token(client: Client) -> None:
    login = await log_in(client)
    client.sandbox.clock.advance(DAY + SECOND)
    sent = {"auth_token": login.cookies["auth-token"], "refresh_token": login.cookies["refresh-token"]}
    assert (await client.send("POST", "/api/auth/logout", headers=cookie(**sent))).status == 204
    again = await client.send("POST", "/api/auth/refresh", json={"refreshToken": sent["refresh_token"]})
    assert is_error(again, 401, "token_revoked")


@pytest.mark.parametrize(
    ("login", "logout", "refresh"),
    [
        ("/api/auth/login", "/api/auth/logout", "/api/auth/refresh"),
        ("/auth/login", "/auth/logout", "/auth/refresh"),
        ("/api/v2/auth/login/", "/api/v2/auth/logout/", "/api/v2/auth/token/refresh/"),
    ],
    ids=["agreed", "webplus", "promptcraft"],
)
async def test_a_logout_with_nothing_but_an_expired_access_token_ends_the_session(
    start: StartServer, login: str, logout: str, refresh: str
) -> None:
    # CONTRACT.md, `auth.logout`: "tokens revoked, also where the access token has run out".
    async with start(auth_transport="both") as client:
        body = (await client.send("POST", login, json={"email": EMAIL, "username": EMAIL, "password": PASSWORD})).json
        access, spent = [
            next(body[name] for name in names if name in body)
            for names in (("token", "access_token", "access"), ("refreshToken", "refresh_token", "refresh"))
        ]
        client.http.cookie_jar.clear()
        client.sandbox.clock.advance(DAY + SECOND)
        session_id = client.sandbox.sessions.session_of(spent)
        assert session_id is not None

        def revoked() -> bool:
            found = client.sandbox.database.read(lambda connection: sessions.find(connection, session_id))
            return found is not None and found[1] is not None

        for token, ends in ((access[:-6] + "AAAAAA", False), (access, True)):
            assert (await client.send("POST", logout, headers=bearer(token))).status in {200, 204}
            assert revoked() == ends
        client.http.cookie_jar.clear()
        sent = {"refreshToken": spent, "refresh_token": spent, "refresh": spent}
        assert (await client.send("POST", refresh, json=sent)).status == 401


async def test_a_logout_ends_one_session_and_no_other(client: Client) -> None:
    first, second = await token_of(client), await token_of(client)
    await client.send("POST", "/api/auth/logout", headers=bearer(first))
    assert (await client.send("GET", "/api/auth/me", headers=bearer(second))).status == 200


# The account


async def test_the_profile_changes_only_what_is_given(signed_in: Client) -> None:
    answer = await signed_in.send("PATCH", "/api/auth/profile", json={"firstName": " Ada "})
    assert (answer.status, answer.json["user"]["name"]) == (200, "Ada User")
    assert (await signed_in.send("PATCH", "/api/auth/profile", json={})).json["user"]["name"] == "Ada User"
    await signed_in.send("PATCH", "/api/auth/profile", json={"firstName": "", "lastName": ""})
    assert (await signed_in.send("GET", "/api/auth/me")).json["user"]["name"] == ""
    answer = await signed_in.send("PATCH", "/api/auth/profile", json={"firstName": "x" * 51, "lastName": None})
    assert is_error(answer, 400, "validation_error", "firstName", "lastName")


async def test_changing_the_password_keeps_this_session_and_revokes_the_others(signed_in: Client) -> None:
    other = await log_in(signed_in)
    new = "AnotherPass123!"
    answer = await signed_in.send(
        "POST",
        "/api/auth/change-password",
        json={"currentPassword": PASSWORD, "password": new, "confirmPassword": new},
    )
    assert (answer.status, answer.json.keys()) == (200, {"message"})
    assert (await signed_in.send("GET", "/api/auth/me")).status == 200
    me = await signed_in.send("GET", "/api/auth/me", headers=bearer(other.cookies["auth-token"]))
    assert is_error(me, 401, "token_revoked")
    again = await signed_in.send("POST", "/api/auth/refresh", json={"refreshToken": other.cookies["refresh-token"]})
    assert is_error(again, 401, "token_revoked")
    assert (await log_in(signed_in)).status == 401
    assert (await log_in(signed_in, password=new)).status == 200


async def test_a_wrong_current_password_is_a_400_on_that_field(signed_in: Client) -> None:
    answer = await signed_in.send(
        "POST",
        "/api/auth/change-password",
        json={"currentPassword": "WrongPass123!", "password": "NewPass123!", "confirmPassword": "NewPass123!"},
    )
    assert is_error(answer, 400, "validation_error", "currentPassword")
    assert (await log_in(signed_in)).status == 200


# Links in mails


async def test_a_verification_link_works_once(client: Client) -> None:
    await register(client)
    assert is_error(await log_in(client, "ada@example.com"), 403, "email_not_verified")
    token = link_token(client, "ada@example.com")
    answer = await client.send("GET", "/api/auth/verify", params={"token": token})
    assert (answer.status, answer.json.keys(), answer.json["redirect"]) == (200, {"message", "redirect"}, "/login")
    assert (await log_in(client, "ada@example.com")).json["user"]["emailVerified"] is True
    assert is_error(await client.send("GET", "/api/auth/verify", params={"token": token}), 400, "token_invalid")


async def test_the_link_of_the_mail_itself_verifies(client: Client) -> None:
    await register(client)
    link = mailbox(client, "ada@example.com")[0].link
    assert link
    assert link.startswith(client.url)
    assert (await client.send("GET", link)).status == 200


async def test_verification_links_expire_after_a_day_and_can_be_had_again(client: Client) -> None:
    await register(client)
    token = link_token(client, "ada@example.com")
    client.sandbox.clock.advance(DAY + SECOND)
    assert is_error(await client.send("GET", "/api/auth/verify", params={"token": token}), 410, "token_expired")
    await client.send("POST", "/api/auth/resend-verification", json={"email": "ADA@example.com"})
    fresh = link_token(client, "ada@example.com")
    assert (await client.send("GET", "/api/auth/verify", params={"token": fresh})).status == 200


async def test_a_verification_needs_a_token_that_was_mailed(client: Client) -> None:
    assert is_error(await client.send("GET", "/api/auth/verify?token=rubbish"), 400, "token_invalid")
    for query in ("", "?token=", "?token=%20"):
        assert is_error(await client.send("GET", f"/api/auth/verify{query}"), 400, "validation_error", "token")


@pytest.mark.parametrize("path", ["/api/auth/forgot", "/api/auth/resend-verification"])
async def test_asking_for_a_mail_does_not_tell_whether_the_account_exists(client: Client, path: str) -> None:
    answers = [
        await client.send("POST", path, json={"email": email})
        for email in ("test@example.com", "unverified@example.com", "nobody@example.com")
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(200, answers[0].body)}
    assert not mailbox(client, "nobody@example.com")
    assert is_error(await client.send("POST", path, json={"email": "no"}), 400, "validation_error", "email")


async def test_a_forgotten_password_is_reset_once_by_the_mail_and_ends_all_sessions(client: Client) -> None:
    before = await token_of(client)
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    new = {"token": link_token(client, "test@example.com"), "password": "NewPass123!", "confirmPassword": "NewPass123!"}
    answer = await client.send("POST", "/api/auth/reset", json=new)
    assert (answer.status, answer.json.keys()) == (200, {"message"})
    assert is_error(await client.send("GET", "/api/auth/me", headers=bearer(before)), 401, "token_revoked")
    assert (await log_in(client)).status == 401
    assert (await log_in(client, password="NewPass123!")).status == 200
    assert is_error(await client.send("POST", "/api/auth/reset", json=new), 400, "token_invalid")


async def test_reset_links_expire_after_an_hour(client: Client) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    new = {"token": link_token(client, "test@example.com"), "password": PASSWORD, "confirmPassword": PASSWORD}
    client.sandbox.clock.advance(HOUR + SECOND)
    assert is_error(await client.send("POST", "/api/auth/reset", json=new), 410, "token_expired")


async def test_a_reset_that_fails_its_validation_does_not_use_up_the_link(client: Client) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    token = link_token(client, "test@example.com")
    bad = await client.send("POST", "/api/auth/reset", json={"token": token, "password": "x", "confirmPassword": "y"})
    assert is_error(bad, 400, "validation_error", "password", "confirmPassword")
    new = {"token": token, "password": "NewPass123!", "confirmPassword": "NewPass123!"}
    assert (await client.send("POST", "/api/auth/reset", json=new)).status == 200


async def test_a_link_serves_only_the_purpose_it_was_mailed_for(client: Client) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    token = link_token(client, "test@example.com")
    assert is_error(await client.send("GET", "/api/auth/verify", params={"token": token}), 400, "token_invalid")


async def test_two_resets_by_one_link_at_once_succeed_once(client: Client) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    token = link_token(client, "test@example.com")
    new = {"token": token, "password": "NewPass123!", "confirmPassword": "NewPass123!"}
    answers = await asyncio.gather(*(client.send("POST", "/api/auth/reset", json=new) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400]


# Sessions


async def test_sessions_are_listed_newest_first_and_the_asking_one_is_marked(client: Client) -> None:
    await log_in(client, headers={"User-Agent": "Phone"})
    client.sandbox.clock.advance(SECOND)
    token = (await log_in(client, headers={"User-Agent": "Laptop"})).cookies["auth-token"]
    answer = await client.send("GET", "/api/auth/sessions", headers=bearer(token))
    assert answer.json.keys() == {"data", "total", "page", "limit"}
    assert [(session["userAgent"], session["current"]) for session in answer.json["data"]] == [
        ("Laptop", True),
        ("Phone", False),
    ]
    assert answer.json["data"][0].keys() == {"id", "userAgent", "current", "createdAt", "expiresAt"}
    assert answer.headers["X-Total-Count"] == "2"


async def test_a_revoked_session_is_gone_from_the_list_and_its_token_is_dead(signed_in: Client) -> None:
    other = await token_of(signed_in)
    sessions = (await signed_in.send("GET", "/api/auth/sessions")).json["data"]
    [other_id] = [session["id"] for session in sessions if not session["current"]]
    answer = await signed_in.send("DELETE", f"/api/auth/sessions/{other_id}")
    assert (answer.status, answer.body) == (204, b"")
    assert (await signed_in.send("GET", "/api/auth/sessions")).json["total"] == 1
    assert is_error(await signed_in.send("GET", "/api/auth/me", headers=bearer(other)), 401, "token_revoked")
    assert is_error(await signed_in.send("DELETE", f"/api/auth/sessions/{other_id}"), 404, "not_found")


async def test_somebody_elses_session_is_not_there(signed_in: Client) -> None:
    other = await token_of(signed_in, "other@example.com")
    [theirs] = (await signed_in.send("GET", "/api/auth/sessions", headers=bearer(other))).json["data"]
    for session_id in (theirs["id"], NOBODYS_ID, "no-uuid"):
        assert is_error(await signed_in.send("DELETE", f"/api/auth/sessions/{session_id}"), 404, "not_found")
    assert (await signed_in.send("GET", "/api/auth/me", headers=bearer(other))).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/me"),
        ("PATCH", "/api/auth/profile"),
        ("POST", "/api/auth/change-password"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", f"/api/auth/sessions/{NOBODYS_ID}"),
    ],
)
async def test_what_is_ones_own_needs_a_sign_in(client: Client, method: str, path: str) -> None:
    assert is_error(await client.send(method, path), 401, "unauthorized")


async def test_a_password_changed_while_a_login_is_under_way_ends_that_login(client: Client) -> None:
    await client.sign_in()
    change = {"currentPassword": "TestPass123!", "password": "Changed123!", "confirmPassword": "Changed123!"}
    login = {"email": "test@example.com", "password": "TestPass123!"}
    changed, *logins = await asyncio.gather(
        client.send("POST", "/api/auth/change-password", json=change),
        *(client.send("POST", "/api/auth/login", json=login) for _ in range(8)),
    )
    assert changed.status == 200
    tokens = [answer.cookies["auth-token"] for answer in logins if answer.status == 200]
    for token in tokens:
        answer = await client.send("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 401
