"""`devkit graduate`: what was recorded becomes a backend that answers the same, and lives on (REAL-BACKEND.md)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from devkit import yamlfile
from devkit.blueprint.reading import read
from devkit.contract.shipped import CONTRACT
from devkit.recording.base import Recorded
from devkit.recording.reading import open_recording
from tests.cli.conftest import Run
from tests.learning.passing import Tape, shop
from tests.learning.playing import Player
from tests.learning.serving import graduated


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def test_what_was_recorded_is_answered_equally_and_what_was_not_works_too(inside: Path, run: Run) -> None:
    def made() -> list[Recorded]:
        recording = shop().write(inside / "recording")
        assert run("graduate recording")[0] == 0
        assert run("contract check backend.yaml")[0] == 0
        return [one for one in open_recording(recording) if one.target != "/"]

    exchanges = await asyncio.to_thread(made)

    async with graduated(inside / "backend.yaml") as (http, url):
        played = await Player(url).play(http, exchanges)
        token = next(one.body["token"] for one in played if one.exchange.target == "/api/login")
        headers = {"Authorization": f"Bearer {token}"}
        async with http.post(f"{url}/api/orders", json={"product_id": 1}, headers=headers) as got:
            new = await got.json()
        async with http.get(f"{url}/api/orders", headers=headers) as got:
            listed = await got.json()
        async with http.post(f"{url}/api/products", json={}) as got:
            never_seen = got.status

    assert [(one.exchange.method, one.exchange.target, one.differs) for one in played if one.differs] == []
    assert new["id"].startswith("ord_")
    assert (new["status"], new["user"]) == ("open", "ada@example.com")
    assert listed[-1] == new
    assert never_seen in {404, 405}


def test_the_file_says_what_was_told_and_comments_what_was_not(inside: Path, run: Run) -> None:
    shop().write(inside / "recording")
    run("graduate recording -o mine.yaml")

    text = Path("mine.yaml").read_text()
    said = yamlfile.read(Path("mine.yaml")).value

    assert isinstance(said, dict)
    assert said["accounts"] == {
        "like": "agreed",
        "session": {"bearer": True},
        "operations": {"POST /api/login": "auth.login"},
    }
    orders, products = said["resources"]["orders"], said["resources"]["products"]
    assert (orders["fills"], orders["only_by"]) == ({"user": "{user.email}"}, "user")
    assert orders["list"]["order"] == "created_at"
    assert products["list"]["filter"] == {"kind": "kind"}
    assert json.loads(Path("mine/orders.json").read_text())[0]["id"] == "ord_0a1b2c3d4e5f"
    assert [row["name"] for row in json.loads(Path("mine/products.json").read_text())] == ["Tea", "Bread"]
    steps = said["operations"]
    assert steps["POST /api/orders/{id}/pay"] == {"on": "orders", "set": {"status": "paid"}}
    assert set(steps["rates.get"]["answers"]) == {"EUR", "USD"}
    assert steps["rates.get"]["else"] == "not_found"
    assert json.loads(Path("mine/answers/GET-api-about.json").read_text()) == {"name": "Shop", "version": "1.2"}
    assert "1 × pages, scripts, styles and pictures" in text


def test_the_people_who_were_there_are_seeded_with_what_stands_for_their_passwords(inside: Path, run: Run) -> None:
    shop().write(inside / "recording")
    run("graduate recording")

    users = yamlfile.read(Path("seed/users.yaml")).value

    assert isinstance(users, dict)
    assert [user["email"] for user in users["users"]] == ["ada@example.com", "ben@example.com"]
    assert all(user["password"].startswith("devkit-secret-") for user in users["users"])


def test_what_refers_to_other_rows_is_told_by_its_values(inside: Path, run: Run) -> None:
    tape = Tape()
    people = [{"id": f"6b1f2d52-6c0f-4c4e-9d0a-1f2e3d4c5b{number}a", "name": f"P{number}"} for number in range(3)]
    cards = [{"id": n + 1, "assignee": people[n]["id"], "points": 1, "done": False} for n in range(3)]
    tape.add("GET", "/people", people)
    tape.add("GET", f"/people/{people[0]['id']}", people[0])
    tape.add("GET", "/cards", cards)
    tape.add("GET", "/cards/1", cards[0])
    made = {"id": 4, "assignee": people[1]["id"], "points": 2, "done": False}
    tape.add("POST", "/cards", made, status=201, sent={"assignee": people[1]["id"], "points": 2})
    tape.write(inside / "recording")
    run("graduate recording")

    cards_of = read(Path("backend.yaml"), CONTRACT).resources["cards"].columns

    assert {name: column.reference.resource for name, column in cards_of.items() if column.reference} == {
        "assignee": "people"
    }


def test_nothing_is_written_over_unless_that_is_said(inside: Path, run: Run) -> None:
    shop().write(inside / "recording")
    Path("backend.yaml").write_text("mine")

    status, _, complaint = run("graduate recording")
    assert (status, "backend.yaml would be written over" in complaint) == (2, True)
    assert Path("backend.yaml").read_text() == "mine"
    assert not Path("backend").exists()

    assert run("graduate recording --force")[0] == 0
    assert Path("backend.yaml").read_text() != "mine"


def test_a_recording_without_an_api_and_a_file_that_is_none_are_told(inside: Path, run: Run) -> None:
    tape = Tape()
    tape.add("GET", "/", b"<html>", back=(("Content-Type", "text/html"),))
    tape.write(inside / "pages")
    Path("no.har").write_text("no")

    assert "no exchange that tells of an operation" in run("graduate pages")[2]
    assert run("graduate no.har")[0] != 0
    assert "Traceback" not in run("graduate no.har")[2]
    assert "would be no YAML file" in run("graduate pages -o x.json")[2]


async def test_rows_that_were_only_made_and_listed_are_kept_and_everybody_has_the_password_that_is_given(
    inside: Path, run: Run
) -> None:
    def made() -> None:
        tape = Tape()
        first = {"id": 1, "title": "Milk", "done": False}
        cookie = (("Cookie", "sid=0123456789abcdef0123"),)
        told = {"email": "ada@example.com", "password": "hers"}
        user = {"user": {"id": 1, "email": "ada@example.com", "name": "Ada"}}
        tape.add("POST", "/login", user, sent=told, back=(("Set-Cookie", "sid=0123456789abcdef0123; HttpOnly"),))
        tape.add("GET", "/notes", [first], fields=cookie)
        tape.add("POST", "/notes", {**first, "id": 2, "title": "Tea"}, status=201, sent={"title": "Tea"}, fields=cookie)
        tape.add("GET", "/notes", [first, {**first, "id": 2, "title": "Tea"}], fields=cookie)
        tape.write(inside / "recording")
        status, said, _ = run("graduate recording --password another-one")
        assert (status, "ada@example.com signs in with another-one" in said) == (0, True)

    await asyncio.to_thread(made)
    async with graduated(inside / "backend.yaml") as (http, url):
        told = {"email": "ada@example.com", "password": "another-one"}
        async with http.post(f"{url}/login", json=told) as got:
            headers = {"Cookie": got.headers["Set-Cookie"].partition(";")[0]}
        async with http.post(f"{url}/notes", json={"title": "Never recorded"}, headers=headers) as got:
            new = (got.status, await got.json())
        async with http.get(f"{url}/notes", headers=headers) as got:
            listed = await got.json()
    assert new == (201, {"id": 2, "title": "Never recorded", "done": False})
    assert [row["title"] for row in listed] == ["Milk", "Never recorded"]
