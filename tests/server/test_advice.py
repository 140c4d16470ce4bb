"""What the log says beside errors that a setting would have spared a frontend (issue 14, b and c)."""

from __future__ import annotations

import pytest

from devkit.contract.operations import Media
from devkit.dialects.agreed import AGREED
from devkit.dialects.base import HEADER_FIELDS, Route
from devkit.dialects.openapi.parts import spelled_example
from devkit.dialects.raw import RawRequest
from devkit.dialects.reading import unheard
from devkit.dialects.shipped import DIALECTS
from devkit.journal import RequestEntry, SocketEntry
from tests.conftest import Client, StartServer


async def test_json_that_is_sent_as_a_form_shows_no_secret(client: Client) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = '{"email": "a@b.test", "password": "hush-hush-1"}'
    await client.send("POST", "/api/auth/sign-in/email", data=sent, headers=form)
    assert "unknown to auth.login" in last_note(client)
    assert "hush" not in last_note(client)


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


@pytest.mark.parametrize("sent", ["undefined", "null"])
async def test_so_is_a_socket_that_was_opened_without_one(client: Client, sent: str) -> None:
    async with client.http.ws_connect("/ws", params={"token": sent}) as socket:
        assert (await socket.receive_json())["error"] == "token_invalid"
        await socket.receive()
    opened, *_ = (entry for entry in client.sandbox.journal.latest(10) if getattr(entry, "direction", "") == "open")
    assert isinstance(opened, SocketEntry)
    assert opened.note == f"`?token={sent}` is no token: the page had none. In `agreed` it is " + AGREED.bearer_from


async def test_a_token_that_is_merely_wrong_is_not_taken_for_one_that_is_missing(client: Client) -> None:
    assert (await client.send("GET", "/api/tasks", headers={"Authorization": "Bearer nullified"})).status == 401
    assert not last_note(client)


async def test_a_page_that_finds_no_token_and_signs_in_again_is_told_the_setting(start: StartServer) -> None:
    """A right password showed "wrong password" in one team's app, and nothing said why."""
    login = {"email": "test@example.com", "password": "TestPass123!"}
    async with start() as client:
        for expected in ("", "auth.transport: both", "auth.transport: both"):
            answer = await client.send("POST", "/api/auth/login", json=login)
            assert answer.status == 200
            assert (expected in last_note(client)) is True
            assert bool(last_note(client)) is bool(expected)
        # Whose cookie travels signs in as often as they like; so does another client, and whoever is given a token.
        sent = {"Cookie": f"auth-token={answer.cookies['auth-token']}"}
        assert (await client.send("GET", "/api/auth/me", headers=sent)).status == 200
        await client.send("POST", "/api/auth/login", json=login)
        assert not last_note(client)
        await client.send("POST", "/api/auth/login", json=login, headers={"User-Agent": "Another/1.0"})
        assert not last_note(client)
    async with start(auth_transport="both") as client:
        for _ in range(2):
            await client.send("POST", "/api/auth/login", json=login)
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


# What has no effect is told (issue 14, g)


async def test_a_field_that_nobody_knows_is_told_once(signed_in: Client) -> None:
    path, body = "/api/v2/auth/profile/", {"bio": "Writes programs", "first_name": "Ada", "frist_name": "x"}
    answer = await signed_in.send("PATCH", path, json=body)
    assert (answer.status, answer.json["first_name"]) == (200, "Ada")
    assert "`bio`, `frist_name`: unknown to auth.update_profile, and ignored" in last_note(signed_in)
    await signed_in.send("PATCH", path, json=body)
    assert not last_note(signed_in)
    # In another dialect it is another form.
    await signed_in.send("PATCH", "/api/auth/profile", json={"bio": "Writes programs"})
    assert "`bio`" in last_note(signed_in)


async def test_the_name_that_was_perhaps_meant_is_told(signed_in: Client) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "Buy milk", "due_date": "2026-02-01T09:00:00Z"})
    assert "Did you mean 'dueDate'?" in last_note(signed_in)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/tasks?titel=milk", "titel"),
        ("/api/tasks?page=1&titel=milk", "titel"),
        ("/api/models?titel=milk", "titel"),
        ("/api/v2/auth/profile/?titel=milk", "titel"),
    ],
)
async def test_a_parameter_that_nobody_knows_is_told_in_every_lane(signed_in: Client, path: str, name: str) -> None:
    assert (await signed_in.send("GET", path)).status == 200
    assert f"`{name}`: unknown to" in last_note(signed_in)
    assert (await signed_in.send("GET", path)).status == 200
    assert not last_note(signed_in)


async def test_what_is_known_or_steers_devkit_itself_is_not_told(signed_in: Client) -> None:
    for path in (
        "/api/tasks?page=2&limit=5&sort=title&q=a&completed=false&priority=low",
        "/api/tasks?devkit_sandbox=main",
    ):
        assert (await signed_in.send("GET", path)).status == 200
        assert not last_note(signed_in)


async def test_a_thing_that_is_sent_back_as_it_was_read_is_no_mistake(signed_in: Client) -> None:
    """FACTS.md, "OpenAPI documents": a `readOnly` field is ignored when an object is sent back."""
    task = (await signed_in.send("POST", "/api/tasks", json={"title": "Buy milk"})).json
    changed = await signed_in.send("PUT", f"/api/tasks/{task['id']}", json=task | {"title": "Buy bread"})
    assert (changed.status, changed.json["title"]) == (200, "Buy bread")
    assert not last_note(signed_in)
    me = (await signed_in.send("GET", "/api/auth/me")).json["user"]
    assert (await signed_in.send("PATCH", "/api/auth/profile", json=me | {"lastName": "King"})).status == 200
    assert not last_note(signed_in)
    await signed_in.send("PATCH", "/api/auth/profile", json={"email": "other@example.org"})
    assert "`email`" in last_note(signed_in)


async def test_hostile_names_are_bounded_in_the_log(signed_in: Client) -> None:
    body = {"title": "x"} | {f"{'n' * 5_000}{number}": 1 for number in range(50)}
    assert (await signed_in.send("POST", "/api/tasks", json=body)).status == 201
    assert 0 < len(last_note(signed_in)) < 1_000


@pytest.mark.parametrize(
    ("path", "given", "field", "wanted"),
    [
        ("/api/auth/profile", {"name": "Ada King Lovelace"}, "name", "Ada King Lovelace"),
        ("/api/auth/profile", {"name": "Ada King Lovelace"}, "lastName", "King Lovelace"),
        ("/api/auth/profile", {"name": "Ada King", "lastName": "Byron"}, "name", "Ada Byron"),
        ("/api/v2/auth/profile/", {"name": "Ada Lovelace"}, "last_name", "Lovelace"),
        ("/api/v2/auth/profile/", {"username": "lovelace"}, "username", "lovelace"),
    ],
)
async def test_every_field_of_a_profile_that_is_known_is_stored(
    signed_in: Client, path: str, given: dict[str, str], field: str, wanted: str
) -> None:
    """Issue 14, g: a `name` answered 200 and was dropped, though registration splits one."""
    for _ in range(2):
        answer = await signed_in.send("PATCH", path, json=given)
        assert answer.status == 200
        assert answer.json.get("user", answer.json)[field] == wanted
    assert wanted in str((await signed_in.send("GET", path.replace("/api/auth/profile", "/api/auth/me"))).json)


async def test_a_username_that_is_taken_is_refused_and_the_old_one_stays(signed_in: Client) -> None:
    path = "/api/v2/auth/profile/"
    before = (await signed_in.send("GET", path)).json
    answer = await signed_in.send("PATCH", path, json={"username": "ADMIN", "first_name": "Ada"})
    assert (answer.status, answer.json["error"]) == (409, "username_taken")
    assert (await signed_in.send("GET", path)).json == before


JSON_ROUTES = [
    route for dialect in DIALECTS for route in dialect.routes() if route.media in {Media.JSON, Media.FORM}
]  # fmt: skip


@pytest.mark.parametrize("route", JSON_ROUTES, ids=lambda route: f"{route.method} {route.path} ({route.dialect.name})")
def test_of_every_write_what_is_known_is_known_and_what_is_not_is_told(route: Route) -> None:
    body = spelled_example(route, route.fields)
    names = [name for name in body if name in route.body_names]
    assert {*names} == {route.name_of(name) for name in route.operation.example if name in inside(route)}
    told = unheard(route, RawRequest(query=(("surely", "x"),), body={name: body[name] for name in names} | {"not": 1}))
    assert told == ("surely", "not")


def inside(route: Route) -> set[str]:
    """The fields that a body here holds."""
    return {*route.fields} - {*route.path_fields, *route.row.unsaid, *HEADER_FIELDS}
