"""What callers mark rows with for themselves: favourites, bookmarks, likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.sandbox import Template
from tests.blueprint.file.reading import complaint
from tests.blueprint.file.test_people import signed_in
from tests.blueprint.serving import served
from tests.conftest import EMAIL, PASSWORD

ARTICLES = """
contract: blog
accounts: {session: {bearer: true}}
resources:
  articles:
    access: {list: optional, get: optional}
    fields: {title: string!}
    marks:
      favorites: {flag: favorited, count: favorites_count}
      bookmarks: {}
    list: {filter: {favorited: favorites}}
operations:
  favorite: {POST: "/articles/{id}/favorite", on: articles, mark: favorites}
  unfavorite: {DELETE: "/articles/{id}/favorite", on: articles, unmark: favorites}
  keep: {PUT: "/articles/{id}/bookmark", on: articles, mark: bookmarks}
  kept: {GET: /bookmarks, on: articles, marked: bookmarks}
  deleteMe: {POST: /me/delete, service: auth.delete_user}
"""


async def test_each_caller_marks_rows_for_themselves_and_all_are_counted(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "backend.yaml", ARTICLES, template) as blog:
        mine, others = await signed_in(blog, EMAIL), await signed_in(blog, "admin@example.com")
        _, one = await blog.call("POST", "/articles", {"title": "One", "favorited": True}, headers=mine)
        await blog.call("POST", "/articles", {"title": "Two"}, headers=mine)
        assert (one["favorited"], one["favorites_count"]) == (False, 0)
        at = f"/articles/{one['id']}"

        async def seen(headers: dict[str, str] | None) -> list[tuple[str, bool, int]]:
            for _ in range(3):  # the fast lane answers too, once an address is known
                _, listed = await blog.call("GET", "/articles", headers=headers)
                _, alone = await blog.call("GET", at, headers=headers)
            assert alone in listed["data"]
            return [(row["title"], row["favorited"], row["favorites_count"]) for row in listed["data"]]

        assert await seen(others) == [("Two", False, 0), ("One", False, 0)]
        for _ in range(2):  # twice is once
            status, marked = await blog.call("POST", f"{at}/favorite", headers=others)
            assert (status, marked["favorited"], marked["favorites_count"]) == (200, True, 1)
        assert await seen(others) == [("Two", False, 0), ("One", True, 1)]
        assert await seen(mine) == [("Two", False, 0), ("One", False, 1)]
        assert await seen(None) == [("Two", False, 0), ("One", False, 1)]

        _, by = await blog.call("GET", "/articles?favorited=admin")
        assert [row["title"] for row in by["data"]] == ["One"]
        assert (await blog.call("GET", "/articles?favorited=test"))[1]["data"] == []
        assert (await blog.call("POST", f"{at}/favorite"))[0] == 401
        assert (await blog.call("POST", "/articles/nothing/favorite", headers=mine))[0] == 404

        status, back = await blog.call("DELETE", f"{at}/favorite", headers=others)
        assert (status, back["favorited"], back["favorites_count"]) == (200, False, 0)
        assert await seen(others) == [("Two", False, 0), ("One", False, 0)]


async def test_who_marked_a_row_has_another_tag_for_it(tmp_path: Path, template: Template) -> None:
    async with served(tmp_path / "backend.yaml", ARTICLES, template) as blog:
        mine, others = await signed_in(blog, EMAIL), await signed_in(blog, "admin@example.com")
        _, one = await blog.call("POST", "/articles", {"title": "One"}, headers=mine)
        at = f"/articles/{one['id']}"
        await blog.call("PUT", f"{at}/bookmark", headers=mine)

        async def tag(headers: dict[str, str], **more: str) -> tuple[int, str]:
            async with blog.http.get(at, headers=headers | more) as got:
                return got.status, got.headers["ETag"]

        (_, own), (_, other) = await tag(mine), await tag(others)
        assert own != other
        assert (await tag(mine, **{"If-None-Match": own}))[0] == 304
        assert (await tag(mine, **{"If-None-Match": other}))[0] == 200
        change = {"title": "Anew"}
        assert (await blog.call("PATCH", at, change, headers=mine | {"If-Match": other}))[0] == 412
        assert (await blog.call("PATCH", at, change, headers=mine | {"If-Match": own}))[0] == 200


async def test_what_one_has_marked_is_a_list_of_ones_own_and_goes_with_the_row_and_the_account(
    tmp_path: Path, template: Template
) -> None:
    async with served(tmp_path / "backend.yaml", ARTICLES, template) as blog:
        mine, others = await signed_in(blog, EMAIL), await signed_in(blog, "admin@example.com")
        rows = [(await blog.call("POST", "/articles", {"title": title}, headers=mine))[1] for title in "abc"]
        for row in rows[:2]:
            await blog.call("PUT", f"/articles/{row['id']}/bookmark", headers=mine)
            await blog.call("POST", f"/articles/{row['id']}/favorite", headers=mine)
        assert [row["title"] for row in (await blog.call("GET", "/bookmarks", headers=mine))[1]["data"]] == ["b", "a"]
        assert (await blog.call("GET", "/bookmarks", headers=others))[1]["data"] == []
        await blog.call("DELETE", f"/articles/{rows[0]['id']}", headers=mine)
        assert (await blog.call("GET", "/bookmarks", headers=mine))[1]["total"] == 1
        assert (await blog.call("GET", f"/articles/{rows[1]['id']}"))[1]["favorites_count"] == 1
        status, _ = await blog.call("POST", "/me/delete", {"password": PASSWORD}, headers=mine)
        assert status == 200
        assert (await blog.call("GET", f"/articles/{rows[1]['id']}"))[1]["favorites_count"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("accounts: true\nresources: {n: {fields: {a: string}, marks: {likes: {flag: a}}}}", "a is no boolean"),
        ("resources: {n: {fields: {a: string}, marks: {likes: {}}}}", "nobody signs in here"),
        (
            "accounts: true\nresources: {n: {fields: {a: string}, marks: {likes: {}}}}\n"
            'operations: {like: {POST: "/n/{id}/like", on: n, mark: liks}}',
            "'likes'",
        ),
    ],
)
def test_mistakes_in_marks_are_told(tmp_path: Path, words: str, told: str) -> None:
    assert told in complaint(words, tmp_path)
