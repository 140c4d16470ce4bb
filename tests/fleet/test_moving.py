"""A sandbox that moves: everything in it goes along, its clients notice nothing, and a bad file changes nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devkit.control.scenarios import written
from devkit.dialects.shipped import BACKEND
from devkit.faults.parameters import AGAIN
from devkit.scenario.library import Library
from devkit.scenario.model import Scenario
from devkit.shipped import folder
from tests.conftest import EMAIL, PASSWORD, Answer, Client, StartServer

SHIPPED = sorted(path.stem for path in folder("scenarios").glob("*.yaml"))
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
async def r1(start: StartServer) -> AsyncIterator[Client]:
    async with start(replica="r1") as client:
        yield client


async def exported(client: Client, id_: str, query: str = "") -> bytes:
    answer = await client.send("GET", f"/_devkit/api/sandboxes/{id_}/export{query}")
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "application/zip")
    body: bytes = answer.body
    return body


async def imported(client: Client, content: bytes, query: str = "") -> Answer:
    return await client.send("POST", f"/_devkit/api/sandboxes/import{query}", data=content, headers=ZIP)


async def lived_in(client: Client) -> dict[str, str]:
    """A sandbox `w1` in which somebody did one of everything; the header with which they go on."""
    wish = {"id": "w1", "seed": 7, "time": "2031-01-01T00:00:00Z", "frozen": True, "scenarios": ["slow-api"]}
    await client.send("POST", "/_devkit/api/sandboxes", json=wish)
    signed_in = await client.send("POST", "/~r1-w1/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.cookies['auth-token']}"}
    await client.send("POST", "/~r1-w1/api/tasks", json={"title": "Mine"}, headers=headers)
    form = aiohttp.FormData()
    form.add_field("file", b"mine\n" * 1000, filename="mine.txt", content_type="text/plain")
    await client.send("POST", "/~r1-w1/api/uploads", data=form, headers=headers)
    await client.send("POST", "/~r1-w1/api/auth/forgot", json={"email": EMAIL})
    await client.send("POST", "/~r1-w1/_devkit/api/clock/advance", json={"by": "3h"})
    return headers


async def seen(client: Client, root: str, headers: dict[str, str]) -> Any:
    """What a client sees of all that."""
    tasks = await client.send("GET", f"{root}/api/tasks?limit=100", headers=headers)
    assert tasks.status == 200, tasks.body
    uploads = (await client.send("GET", f"{root}/api/uploads", headers=headers)).json["data"]
    contents = [
        (await client.send("GET", f"{root}/api/uploads/{one['id']}/content", headers=headers)).body for one in uploads
    ]
    control = f"{root}/_devkit/api"
    mails = (await client.send("GET", f"{control}/mail")).json["data"]
    return (
        [(task["id"], task["title"]) for task in tasks.json["data"]],
        [one["id"] for one in uploads],
        contents,
        [(mail["id"], mail["subject"]) for mail in mails],
        [(await client.send("GET", f"{control}/clock")).json[name] for name in ("time", "rate")],
        [one["name"] for one in (await client.send("GET", f"{control}/active")).json],
    )


async def test_everything_goes_along_to_another_replica_sessions_too(r1: Client, start: StartServer) -> None:
    headers = await lived_in(r1)
    before = await seen(r1, "/~r1-w1", headers)
    assert [title for _, title in before[0] if title == "Mine"]
    assert b"mine\n" * 1000 in before[2]
    parcel = await exported(r1, "r1-w1")
    async with start(replica="r2") as r2:
        made = await imported(r2, parcel)
        assert (made.status, made.json["id"], made.json["seed"]) == (201, "r2-w1", 7)
        assert await seen(r2, "/~r2-w1", headers) == before
        assert (await imported(r2, parcel)).json["message"] == "There is a sandbox 'r2-w1' already"
        assert (await imported(r2, parcel, "?id=copy&ttl=10m")).json["id"] == "r2-copy"
        # Nothing that was drawn before is drawn again.
        again = [
            (await client.send("POST", f"{root}/api/tasks", json={"title": "Next"}, headers=headers)).json["id"]
            for client, root in ((r1, "/~r1-w1"), (r2, "/~r2-w1"))
        ]
        assert not set(again) & {id_ for id_, _ in before[0]}
        await r2.send("POST", "/~r2-w1/_devkit/api/reset", json={})
        assert (await r2.send("GET", "/~r2-w1/_devkit/api/clock")).json["time"] == "2031-01-01T00:00:00.000Z"
    assert (await seen(r1, "/~r1-w1", headers))[2] == before[2]


async def test_a_replica_that_starts_again_has_them_under_their_ids_and_tokens(r1: Client, start: StartServer) -> None:
    await lived_in(r1)
    token = (await r1.send("GET", "/_devkit/api/sandboxes/r1-w1")).json["token"]
    parcel = await exported(r1, "r1-w1")
    async with start(replica="r1") as restarted:
        assert (await imported(restarted, parcel)).json["token"] == token
        answer = await restarted.send("GET", "/api/tasks", headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 200


async def test_what_a_scenario_counted_goes_on(r1: Client, start: StartServer) -> None:
    draft = {
        "name": "twice",
        "title": "Fails twice",
        "rules": [
            {
                "id": "down",
                "when": {"times": 2},
                "match": {"operation": "health.get"},
                "fault": {"type": "http.abort", "status": 500},
            }
        ],
    }
    await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    tried = await r1.send("POST", "/~r1-w1/_devkit/api/scenarios/try", json={"text": json.dumps(draft)})
    assert tried.status == 200, tried.body
    assert (await r1.send("GET", "/~r1-w1/api/health")).status == 500
    parcel = await exported(r1, "r1-w1")
    async with start(replica="r2") as r2:
        await imported(r2, parcel)
        assert [(await r2.send("GET", "/~r2-w1/api/health")).status for _ in range(2)] == [500, 200]


@cache
def library() -> Library:
    found = Library(folder("scenarios"), Path("no-scenarios-of-the-users-own"), BACKEND)
    found.refresh()
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_every_scenario_can_be_read_again_as_it_goes_along(name: str) -> None:
    scenario = library().get(name)
    assert Scenario.model_validate(written(scenario, AGAIN)) == scenario


async def test_main_goes_along_as_a_sandbox(client: Client) -> None:
    await client.sign_in()
    await client.send("POST", "/api/tasks", json={"title": "Of main"})
    made = (await imported(client, await exported(client, "main"))).json
    found = await client.send("GET", "/api/tasks?limit=100", headers={"X-Devkit-Sandbox": made["id"]})
    assert "Of main" in [task["title"] for task in found.json["data"]]


async def test_the_journal_goes_along_when_wished(client: Client) -> None:
    await client.send("GET", "/api/health")
    for query, there in (("", False), ("?journal=true", True)):
        with zipfile.ZipFile(io.BytesIO(await exported(client, "main", query))) as parcel:
            assert ("journal.jsonl" in parcel.namelist()) is there
    with zipfile.ZipFile(io.BytesIO(await exported(client, "main", "?journal=true"))) as parcel:
        assert json.loads(parcel.read("journal.jsonl").splitlines()[0])["path"] == "/api/health"


def rewritten(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as parcel:
        members = {name: parcel.read(name) for name in parcel.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parcel:
        for name, value in members.items():
            parcel.writestr(name, value)
    return out.getvalue()


def _head(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], None]:
    def changed(members: dict[str, bytes]) -> None:
        head = json.loads(members["parcel.json"])
        change(head)
        members["parcel.json"] = json.dumps(head).encode()

    return changed


BAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda content: b"", "is no zip file"),
    "text": (lambda content: b"hello", "is no zip file"),
    "cut": (lambda content: content[: len(content) // 2], "is no zip file"),
    "another zip": (lambda content: rewritten(content, lambda members: members.pop("parcel.json")), "is no sandbox"),
    "a part is missing": (
        lambda content: rewritten(content, lambda members: members.pop("snapshot/data.db")),
        "a part of it is missing",
    ),
    "damaged": (
        lambda content: rewritten(
            content, lambda members: members.update({"snapshot/data.db": members["snapshot/data.db"][:-1] + b"!"})
        ),
        "snapshot/data.db is not what was written",
    ),
    "newer": (
        lambda content: rewritten(content, _head(lambda head: head.update(version=2, devkit="99.0"))),
        "written by a newer devkit (99.0)",
    ),
    "another contract": (
        lambda content: rewritten(content, _head(lambda head: head["about"].update(resources=["pets"]))),
        "another contract, with pets",
    ),
    "what leads elsewhere": (
        lambda content: rewritten(
            content, _head(lambda head: head["members"].update({"snapshot/uploads/../../x": {"size": 1, "sha256": ""}}))
        ),
        "is no sandbox",
    ),
    "what nobody understands": (
        lambda content: rewritten(content, _head(lambda head: head["about"].update(scenarios=[{"scenario": 1}]))),
        "does not understand",
    ),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_file_is_a_sentence_and_changes_nothing(client: Client, what: str) -> None:
    change, sentence = BAD[what]
    answer = await imported(client, change(await exported(client, "main")))
    assert (answer.status, sentence in answer.json["message"]) == (400, True), answer.body
    assert (await client.send("GET", "/_devkit/api/sandboxes")).json["total"] == 1
    assert (await client.send("GET", "/_devkit/api/snapshots")).json["total"] == 0


async def test_a_body_of_another_kind_is_refused(client: Client) -> None:
    answer = await client.send("POST", "/_devkit/api/sandboxes/import", json={})
    assert (answer.status, "must be application/zip" in answer.json["message"]) == (415, True)


async def test_a_drained_replica_imports_nothing(r1: Client) -> None:
    parcel = await exported(r1, "main")
    await r1.send("POST", "/_devkit/api/drain", json={})
    assert (await imported(r1, parcel)).status == 503
