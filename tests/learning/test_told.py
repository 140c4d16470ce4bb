"""What a recording tells of a resource's columns and of errors, besides rows: what is unique, and which shape it is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from devkit import yamlfile
from tests.cli.conftest import Run
from tests.learning.passing import Tape
from tests.learning.serving import graduated


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parts(taken: Any, status: int) -> Tape:
    """A list of parts, of which one was refused because its number was there."""
    tape = Tape()
    bolt = {"id": 1, "number": "B-1", "name": "Bolt"}
    tape.add("GET", "/parts", [bolt])
    tape.add("GET", "/parts/1", bolt)
    nut = {"id": 2, "number": "N-1", "name": "Bolt"}
    tape.add("POST", "/parts", nut, status=201, sent={"number": "N-1", "name": "Bolt"})
    tape.add("POST", "/parts", taken, status=status, sent={"number": "B-1", "name": "Another"})
    tape.add("GET", "/parts/9", {"detail": "No part 9"}, status=404)
    return tape


def told(run: Run) -> Any:
    assert run("graduate recording --password a-password")[0] == 0
    return yamlfile.read(Path("backend.yaml")).value


@pytest.mark.parametrize(("status", "said"), [(409, "There is one"), (422, "This number is taken")])
async def test_what_a_row_was_refused_for_that_another_had_is_unique(
    inside: Path, run: Run, status: int, said: str
) -> None:
    def made() -> Any:
        parts({"detail": said}, status).write(inside / "recording")
        return told(run)

    found = await asyncio.to_thread(made)
    assert found["resources"]["parts"]["unique"] == ["number"]
    async with graduated(inside / "backend.yaml") as (http, url):
        first = {"number": "W-1", "name": "Washer"}
        async with http.post(f"{url}/parts", json=first) as got:
            assert got.status == 201
        async with http.post(f"{url}/parts", json=first) as got:
            assert (got.status, await got.json()) == (status, {"detail": said})


@pytest.mark.parametrize("said", ["A name is bad", "There is one"])
def test_what_was_refused_for_another_reason_is_not(inside: Path, run: Run, said: str) -> None:
    parts({"detail": said}, 400).write(inside / "recording")
    assert "unique" not in told(run)["resources"]["parts"]


@pytest.mark.parametrize(
    ("errors", "like"),
    [
        (
            [{"detail": "No"}, {"detail": [{"type": "missing", "loc": ["body", "name"], "msg": "Field required"}]}],
            "taskapp",
        ),
        ([{"message": "No", "error": "not_found", "detail": "No"}], "promptcraft"),
        ([{"detail": "No"}, {"problem": "No"}], None),
    ],
)
def test_errors_that_all_have_a_shape_that_ships_are_called_by_its_name(
    inside: Path, run: Run, errors: list[Any], like: str | None
) -> None:
    tape = Tape()
    tape.add("GET", "/parts", [{"id": 1, "name": "Bolt"}])
    tape.add("GET", "/parts/1", {"id": 1, "name": "Bolt"})
    for number, error in enumerate(errors):
        tape.add("GET", f"/parts/{number + 7}", error, status=404)
    tape.write(inside / "recording")
    found = told(run)["errors"]
    assert (found.get("like"), found["examples"]) == (like, True)
    assert run("contract check backend.yaml")[0] == 0


async def test_what_people_change_of_themselves_is_theirs_and_is_said_in_their_rows(inside: Path, run: Run) -> None:
    def made() -> Any:
        tape = Tape()
        for name in ("ada", "ben"):
            token = (("Authorization", f"Bearer token-of-{name}-0123456789"),)
            user = {"id": 1 + (name == "ben"), "email": f"{name}@example.com", "city": None, "plan": "free"}
            sent = {"email": user["email"], "password": f"password-of-{name}"}
            tape.add("POST", "/login", {"token": token[0][1][7:], "user": user}, sent=sent)
            tape.add("GET", "/me", user, fields=token)
            if name == "ada":
                user = {**user, "city": "London"}
                tape.add("PATCH", "/me", user, sent={"city": "London"}, fields=token)
                tape.add("GET", "/me", user, fields=token)
            post = {"id": user["id"], "text": "x", "by": {"email": user["email"], "city": user["city"]}}
            tape.add("POST", "/posts", post, status=201, sent={"text": "x"}, fields=token)
            tape.add("GET", f"/posts/{user['id']}", post, fields=token)
        tape.add("GET", "/posts", [post])
        tape.write(inside / "recording")
        return told(run)

    found = await asyncio.to_thread(made)
    assert found["accounts"]["fields"] == {"city": {"type": "string"}}
    assert found["accounts"]["operations"]["PATCH /me"] == "auth.update_profile"
    assert found["resources"]["posts"]["fills"] == {"by": {"email": "{user.email}", "city": "{user.city}"}}
    async with graduated(inside / "backend.yaml") as (http, url):
        login = {"email": "ben@example.com", "password": "a-password"}
        async with http.post(f"{url}/login", json=login) as got:
            headers = {"Authorization": f"Bearer {(await got.json())['token']}"}
        async with http.post(f"{url}/posts", json={"text": "y"}, headers=headers) as got:
            assert (await got.json())["by"] == {"email": "ben@example.com", "city": None}
        async with http.patch(f"{url}/me", json={"city": "Paris"}, headers=headers) as got:
            assert (got.status, (await got.json())["city"]) == (200, "Paris")
        async with http.get(f"{url}/posts", headers=headers) as got:
            assert (await got.json())[0]["by"]["city"] == "Paris"


async def test_what_people_mark_is_each_ones_own(inside: Path, run: Run) -> None:
    def made() -> Any:
        tape, row = Tape(), {"id": 1, "name": "Tea", "liked": False, "likes": 3}
        people = {name: (("Authorization", f"Bearer token-of-{name}-0123456789"),) for name in ("ada", "ben")}
        for name, token in people.items():
            user = {"id": 1 + (name == "ben"), "email": f"{name}@example.com", "username": name}
            sent = {"email": user["email"], "password": f"password-of-{name}"}
            tape.add("POST", "/login", {"token": token[0][1][7:], "user": user}, sent=sent)
        tape.add("GET", "/teas", [row])
        tape.add("GET", "/teas/1", row)
        tape.add("PUT", "/teas/1/like", {**row, "liked": True, "likes": 4}, fields=people["ada"])
        tape.add("GET", "/teas/1", {**row, "likes": 4}, fields=people["ben"])
        tape.add("GET", "/teas?liked_by=ada", [{**row, "likes": 4}])
        tape.add("GET", "/teas?liked_by=ben", [])
        tape.add("DELETE", "/teas/1/like", row, fields=people["ada"])
        tape.write(inside / "recording")
        return told(run)

    found = await asyncio.to_thread(made)
    teas, operations = found["resources"]["teas"], found["operations"]
    assert teas["marks"] == {"like": {"flag": "liked", "count": "likes"}}
    assert teas["list"]["filter"]["liked_by"] == "like"
    assert operations == {
        "PUT /teas/{id}/like": {"on": "teas", "mark": "like"},
        "DELETE /teas/{id}/like": {"on": "teas", "unmark": "like"},
    }
    assert await asyncio.to_thread(run, "contract check backend.yaml") == (0, *([ANY] * 2))


async def test_a_flag_that_all_see_is_a_step_and_no_mark(inside: Path, run: Run) -> None:
    def made() -> Any:
        tape, row = Tape(), {"id": 1, "name": "Tea", "archived": False}
        token = (("Authorization", "Bearer token-of-ada-0123456789"),)
        sent = {"email": "ada@example.com", "password": "password-of-ada"}
        tape.add("POST", "/login", {"token": token[0][1][7:], "email": "ada@example.com"}, sent=sent)
        tape.add("GET", "/teas", [row])
        tape.add("GET", "/teas/1", row)
        tape.add("POST", "/teas/1/archive", {**row, "archived": True}, fields=token)
        tape.add("GET", "/teas/1", {**row, "archived": True})
        tape.add("DELETE", "/teas/1/archive", row, fields=token)
        tape.write(inside / "recording")
        return told(run)

    found = await asyncio.to_thread(made)
    assert "marks" not in found["resources"]["teas"]
    assert found["operations"]["POST /teas/{id}/archive"] == {"on": "teas", "set": {"archived": True}}
