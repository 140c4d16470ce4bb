"""Rows below parameters that call none (GitHub's `/repos/{owner}/{repo}/…`): each place has its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.sandbox import Template
from devkit.server.hosting.app import running
from devkit.server.hosting.backends import backend_for
from tests.blueprint.documents.writing import answer, document, takes, written
from tests.conftest import EMAIL, PASSWORD

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def _thing(required: list[str], **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": members}


SCHEMAS = {
    "Team": _thing(["slug", "name"], slug=TEXT, name=TEXT),
    "Member": _thing(["id", "login"], id=NUMBER, login=TEXT),
    "Secret": _thing(["name", "value"], name=TEXT, value=TEXT),
    "Credentials": _thing(["username", "password"], username=TEXT, password=TEXT),
    "Issue": _thing(["number", "title"], number=NUMBER, title=TEXT),
}


def _crud(at: str, item: str, kind: str, body: dict[str, Any], *, put: bool = False, **query: Any) -> dict[str, Any]:
    one = {"$ref": f"#/components/schemas/{kind}"}
    collection: dict[str, Any] = {"get": {"responses": answer({"type": "array", "items": one}), **query}}
    change = {"requestBody": takes(body), "responses": answer(one)}
    if not put:
        collection["post"] = {"requestBody": takes(body), "responses": answer(one, "201")}
    gone = {"responses": {"204": {"description": "Gone"}}}
    items = {"get": {"responses": answer(one)}, "put" if put else "patch": change, "delete": gone}
    return {at: collection, f"{at}/{{{item}}}": items}


_SECRET = _thing(["value"], value=TEXT)
_PAGES = {"parameters": [{"name": name, "in": "query", "schema": NUMBER} for name in ("page", "per_page")]}
_FORM = {"content": {"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Credentials"}}}}
PATHS: dict[str, Any] = {
    "/token": {"post": {"requestBody": _FORM, "responses": answer(_thing([], access_token=TEXT)), "security": []}},
    **_crud("/orgs/{org}/teams", "team_slug", "Team", _thing(["slug"], slug=TEXT, name=TEXT), **_PAGES),
    **_crud("/orgs/{org}/teams/{team_slug}/members", "id", "Member", _thing([], login=TEXT), **_PAGES),
    **_crud("/orgs/{org}/teams/{team_slug}/badges", "name", "Secret", _SECRET, put=True, **_PAGES),
    **_crud("/repos/{owner}/{repo}/secrets", "name", "Secret", _SECRET, put=True, **_PAGES),
    **_crud("/repos/{owner}/{repo}/issues", "number", "Issue", _thing(["title"], title=TEXT), **_PAGES),
}
_OAUTH = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {}}}}
DOCUMENTS = {
    "nobody": document(PATHS, components={"schemas": SCHEMAS}),
    "somebody": document(
        PATHS, security=[{"oauth": []}], components={"schemas": SCHEMAS, "securitySchemes": {"oauth": _OAUTH}}
    ),
}

Call = Callable[..., Awaitable[tuple[int, Any]]]


@pytest_asyncio.fixture(params=list(DOCUMENTS))
async def call(tmp_path: Path, template: Template, request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    """Calls as nobody go through the pipeline, those of somebody who is signed in by the express lane."""
    path = written(tmp_path, DOCUMENTS[request.param])
    settings = Settings(
        port=0, memory=True, state_dir=tmp_path, scenario_dir=tmp_path / "scenarios", contract=(str(path),)
    )
    async with (
        running(settings, template, await asyncio.to_thread(backend_for, settings)) as (_, ready),
        aiohttp.ClientSession(ready.url) as http,
    ):
        if request.param == "somebody":
            async with http.get("/orgs/acme/teams") as response:
                assert response.status == 401
            async with http.post("/token", data={"username": EMAIL, "password": PASSWORD}) as response:
                http.headers["Authorization"] = f"Bearer {(await response.json())['access_token']}"

        async def calling(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with http.request(method, path, json=body) as response:
                text = await response.read()
                return response.status, await response.json(content_type=None) if text else None

        yield calling


async def test_what_is_made_at_one_place_is_at_no_other(call: Call) -> None:
    _, before = await call("GET", "/orgs/acme/teams?per_page=100")
    status, made = await call("POST", "/orgs/acme/teams", {"name": "Core", "slug": "core"})
    assert (status, set(made)) == (201, {"slug", "name"})
    at = f"teams/{made['slug']}"

    assert (await call("GET", f"/orgs/acme/{at}"))[1] == made
    _, listed = await call("GET", "/orgs/acme/teams?per_page=100")
    assert made in listed
    assert len(listed) == len(before) + 1
    assert (await call("GET", "/orgs/other/teams?per_page=100"))[1] == before
    for method, body in (("GET", None), ("PATCH", {**made, "name": "x"}), ("DELETE", None)):
        assert (await call(method, f"/orgs/other/{at}", body))[0] == 404, method
    assert (await call("GET", f"/orgs/acme/{at}"))[1] == made


async def test_an_id_need_be_the_only_one_at_its_place_alone(call: Call) -> None:
    for repo in ("octo/one", "octo/two", "octo%2Fone/x"):
        status, made = await call("PUT", f"/repos/{repo}/secrets/TOKEN", {"value": repo})
        assert (status, made) == (200, {"name": "TOKEN", "value": repo})
    assert (await call("PUT", "/repos/octo/two/secrets/TOKEN", {"value": "new"}))[0] == 200
    assert (await call("GET", "/repos/octo/one/secrets/TOKEN"))[1]["value"] == "octo/one"
    assert (await call("DELETE", "/repos/octo/one/secrets/TOKEN"))[0] == 204
    assert (await call("GET", "/repos/octo/one/secrets/TOKEN"))[0] == 404
    assert (await call("GET", "/repos/octo/two/secrets/TOKEN"))[1]["value"] == "new"
    # Issues are counted in each repository by themselves.
    numbers = [(await call("POST", f"/repos/{at}/issues", {"title": at}))[1]["number"] for at in ("a/b", "a/c", "a/b")]
    assert numbers == [numbers[0], numbers[0], numbers[0] + 1]


async def test_what_there_is_at_the_beginning_is_everywhere_until_it_changes_at_one_place(call: Call) -> None:
    _, seeded = await call("GET", "/repos/octo/one/issues?per_page=100")
    first, second = seeded[:2]
    assert (await call("GET", f"/repos/octo/two/issues/{first['number']}"))[1] == first

    _, changed = await call("PATCH", f"/repos/octo/one/issues/{first['number']}", {"title": "Changed"})
    assert (await call("DELETE", f"/repos/octo/one/issues/{second['number']}"))[0] == 204

    assert (await call("GET", "/repos/octo/one/issues?per_page=100"))[1] == [changed, *seeded[2:]]
    assert (await call("GET", "/repos/octo/two/issues?per_page=100"))[1] == seeded
    # What is refused leaves the place as it was.
    assert (await call("PATCH", "/repos/octo/two/issues/0", {"title": "x"}))[0] == 404
    assert (await call("GET", "/repos/octo/two/issues?per_page=100"))[1] == seeded


async def test_what_is_below_a_row_goes_with_it_at_its_place_alone(call: Call) -> None:
    for org in ("acme", "other"):
        assert (await call("POST", f"/orgs/{org}/teams", {"slug": "core", "name": "Core"}))[0] == 201
        _, made = await call("POST", f"/orgs/{org}/teams/core/members", {"login": org})
        assert (await call("GET", f"/orgs/{org}/teams/core/members"))[1] == [made]
    _, (seeded, *_) = await call("GET", "/orgs/third/teams?per_page=100")
    below = f"teams/{seeded['slug']}/members"
    _, members = await call("GET", f"/orgs/third/{below}")

    for slug in ("core", seeded["slug"]):
        assert (await call("DELETE", f"/orgs/acme/teams/{slug}"))[0] == 204
        assert (await call("GET", f"/orgs/acme/teams/{slug}/members"))[0] == 404
    assert (await call("POST", "/orgs/acme/teams", seeded))[0] == 201

    assert (await call("GET", f"/orgs/acme/{below}")) == (200, [])
    assert (await call("GET", f"/orgs/third/{below}")) == (200, members)
    assert [one["login"] for one in (await call("GET", "/orgs/other/teams/core/members"))[1]] == ["other"]
    assert (await call("GET", "/orgs/third/teams/core/members"))[0] == 404


async def test_a_name_may_be_given_once_below_each_row(call: Call) -> None:
    """As at GitHub's, where somebody is a member of two teams, and `TOKEN` a secret of two environments."""
    _, teams = await call("GET", "/orgs/acme/teams?per_page=100")
    _, seeded = await call("GET", "/orgs/other/teams?per_page=100")
    below = [f"/orgs/acme/teams/{team['slug']}/badges" for team in teams[:2]]
    before = [(await call("GET", at))[1] for at in below]
    name = before[0][0]["name"]
    for at in below:
        assert (await call("PUT", f"{at}/STAR", {"value": at})) == (200, {"name": "STAR", "value": at})
    for at, had in zip(below, before, strict=True):
        assert (await call("GET", at))[1] == [{"name": "STAR", "value": at}, *had]
    # A name of the seed's that another row has is free, too.
    assert (await call("GET", f"{below[1]}/{name}"))[0] == 404
    assert (await call("PUT", f"{below[1]}/{name}", {"value": "mine"})) == (200, {"name": name, "value": "mine"})
    assert (await call("GET", f"{below[0]}/{name}"))[1] == before[0][0]

    assert (await call("DELETE", f"/orgs/acme/teams/{teams[0]['slug']}"))[0] == 204
    assert (await call("POST", "/orgs/acme/teams", teams[0]))[0] == 201
    assert (await call("GET", below[0])) == (200, [])
    assert (await call("GET", f"{below[1]}/STAR"))[1]["value"] == below[1]
    assert (await call("GET", "/orgs/other/teams?per_page=100"))[1] == seeded == teams
    assert (await call("GET", below[0].replace("acme", "other")))[1] == before[0]
