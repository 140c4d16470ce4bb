"""What the log says beside errors that a setting would have spared a frontend (issue 14, b and c)."""

from __future__ import annotations

import pytest

from devkit.journal import RequestEntry
from tests.conftest import Client, StartServer


def last_note(client: Client) -> str:
    journal = client.sandbox.journal
    entry = journal.find(journal.newest)
    assert isinstance(entry, RequestEntry)
    return entry.note or ""


@pytest.mark.parametrize("path", ["/api/auth/register", "/api/v1/auth/register"])
async def test_a_form_without_a_second_password_is_told_the_setting(client: Client, path: str) -> None:
    await client.send("POST", path, json={"email": "ada@example.com", "password": "TestPass123!"})
    assert "confirmPassword" in last_note(client)
    assert "auth.confirm_password: optional" in last_note(client)
    await client.send("POST", path, json={"email": "a@example.com", "password": "x", "confirmPassword": "y"})
    assert not last_note(client)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/api/tasks", "auth.transport: both"),
        ("/api/models", "`access_token` of POST /auth/login"),
        ("/api/v2/auth/profile/", "`access` of POST /api/v2/auth/login/"),
        ("/api/00000000-0000-4000-8000-000000000000/tasks", "`token` of GET /api/auth/token"),
    ],
)
@pytest.mark.parametrize("sent", ["undefined", "null", "[object Object]", "None"])
async def test_a_page_without_a_token_is_told_where_there_is_one(
    client: Client, path: str, found: str, sent: str
) -> None:
    answer = await client.send("GET", path, headers={"Authorization": f"Bearer {sent}"})
    assert answer.status == 401
    assert f"`Bearer {sent}` is no token" in last_note(client)
    assert found in last_note(client)


async def test_a_token_that_is_merely_wrong_is_not_taken_for_one_that_is_missing(client: Client) -> None:
    assert (await client.send("GET", "/api/tasks", headers={"Authorization": "Bearer nullified"})).status == 401
    assert not last_note(client)


async def test_refresh_tokens_rotate_as_the_settings_say(start: StartServer) -> None:
    """CONTRACT.md, "Where rows meet": the setting `auth.refresh_rotation`, for one dialect or all."""
    for setting, wanted in {
        (): ("used up", "good"),
        (("*", "on"),): ("used up", "used up"),
        (("*", "off"),): ("good", "good"),
        (("*", "off"), ("agreed", "on")): ("used up", "good"),
    }.items():
        async with start(auth_refresh_rotation=setting, auth_transport="both") as client:
            found = []
            for path, name in (("/api/auth/refresh", "refreshToken"), ("/api/v2/auth/refresh/", "refresh")):
                body = {name: (await client.sign_in()).json["refreshToken"]}
                assert (await client.send("POST", path, json=body)).status == 200
                client.sandbox.clock.advance(11_000)
                again = await client.send("POST", path, json=body)
                found.append("good" if again.status == 200 else "used up")
            assert tuple(found) == wanted, setting
