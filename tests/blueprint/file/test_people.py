"""What accounts of a contract of somebody's own have besides, and what rows say of whoever made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devkit.sandbox import Template
from tests.blueprint.file.reading import complaint
from tests.blueprint.serving import Served, served
from tests.conftest import EMAIL, PASSWORD

BLOG = """
contract: blog
accounts:
  session: {bearer: true}
  fields: {bio: text = "", age: integer?, plan: free | pro = free}
  operations:
    changeMe: {PATCH: /me, service: auth.update_profile}
resources:
  posts:
    access: {list: public, get: public}
    fields: {title: string!, author: object, by: string}
    fills: {author: {name: "{user.username}", bio: "{user.bio}", kind: author}, by: "{user.name}, {user.plan}"}
    only_by: author
    list: {filter: {by: author.name}}
"""


async def signed_in(on: Served, email: str, password: str = PASSWORD) -> dict[str, str]:
    _, told = await on.call("POST", "/auth/login", {"email": email, "password": password})
    return {"Authorization": f"Bearer {told['token']}"}


async def test_accounts_have_fields_of_ones_own(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "backend.yaml", BLOG, template) as blog:
        mine, others = await signed_in(blog, EMAIL), await signed_in(blog, "admin@example.com")

        async def me(whose: dict[str, str]) -> Any:
            return (await blog.call("GET", "/auth/me", headers=whose))[1]["user"]

        first = await me(mine)
        assert {name: first[name] for name in ("email", "bio", "age", "plan")} == {
            "email": EMAIL, "bio": "", "age": None, "plan": "free",
        }  # fmt: skip
        status, _ = await blog.call("PATCH", "/me", {"bio": "I count.", "plan": "pro"}, headers=mine)
        assert (status, (await me(mine))["bio"]) == (200, "I count.")
        await blog.call("PATCH", "/me", {"age": 36, "bio": "Still"}, headers=mine)
        assert {name: (await me(mine))[name] for name in ("bio", "age", "plan")} == {
            "bio": "Still", "age": 36, "plan": "pro",
        }  # fmt: skip
        assert (await me(others))["bio"] == ""
        status, refused = await blog.call("PATCH", "/me", {"plan": "gold", "age": "old"}, headers=mine)
        assert (status, {one["pointer"] for one in refused["errors"]}) == (400, {"#/plan", "#/age"})


async def test_what_must_be_given_is_asked_for_at_registration(tmp_path: Path, template: Template) -> None:
    text = "contract: c\naccounts: {fields: {company: string!, seats: integer = 1}}\n"
    async with served(tmp_path / "backend.yaml", text, template) as on:
        person = {"email": "new@example.com", "password": PASSWORD, "first_name": "N", "last_name": "O"}
        status, refused = await on.call("POST", "/auth/register", {**person, "email": "no"})
        assert (status, {one["pointer"] for one in refused["errors"]}) == (
            400,
            {"#/company", "#/email", "#/confirmPassword"},
        )
        whole = {**person, "confirmPassword": PASSWORD, "company": "Acme"}
        status, made = await on.call("POST", "/auth/register", whole)
        assert status == 201, made
        _, document = await on.call("GET", "/_devkit/openapi.json")
        body = document["components"]["schemas"]["AuthRegisterRequest"]
        assert ("company" in body["required"], body["properties"]["seats"]["default"]) == (True, 1)


async def test_rows_say_of_who_made_them_what_that_person_is_now(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "backend.yaml", BLOG, template) as blog:
        mine, others = await signed_in(blog, EMAIL), await signed_in(blog, "admin@example.com")
        _, post = await blog.call("POST", "/posts", {"title": "One"}, headers=mine)
        await blog.call("POST", "/posts", {"title": "Two"}, headers=others)
        assert post["author"] == {"name": "test", "bio": "", "kind": "author"}

        await blog.call("PATCH", "/me", {"bio": "I count."}, headers=mine)
        for _ in range(3):  # the fast lane answers too, once an address is known
            _, listed = await blog.call("GET", "/posts")
            assert [one["author"]["bio"] for one in listed["data"]] == ["", "I count."]
        async with blog.http.get(f"/posts/{post['id']}") as got:
            after, tag = await got.json(), got.headers["ETag"]
        assert (after["author"]["bio"], after["updated_at"]) == ("I count.", post["updated_at"])
        status, _ = await blog.call(
            "PATCH", f"/posts/{post['id']}", {"title": "Mine"}, headers=mine | {"If-Match": tag}
        )
        assert status == 200, "who has changed is who they were"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("accounts: {fields: {email: string}}", "'email' is what every account has"),
        ("accounts: {fields: {best: -> notes}}", "accounts have plain fields"),
        ("accounts: {fields: {bio: txt}}", "txt"),
        ('accounts: {fields: {bio: text}}\nresources: {n: {fields: {by: text}, fills: {by: "{user.boi}"}}}', "'bio'"),
    ],
)
def test_mistakes_in_fields_of_accounts_are_told(tmp_path: Path, words: str, told: str) -> None:
    assert told in complaint(words, tmp_path)
