"""Ids that say where a sandbox lives, and what a replica says of those that are not its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from devkit.config import load
from devkit.errors import SettingError
from devkit.fleet.placement import local, of_hostname, placed, replica_of
from tests.conftest import Answer, Client, StartServer

IDS = {
    "r1-3f9c": "r1",
    "devkit12-w1": "devkit12",
    "R1-w1": "r1",
    "w1": None,
    "main": None,
    "my-shop": None,
    "r1": None,
    "r1-": None,
    "s-0af1": None,
}


@pytest.mark.parametrize(("id_", "replica"), IDS.items())
def test_an_id_names_its_replica(id_: str, replica: str | None) -> None:
    assert replica_of(id_) == replica


def test_a_name_becomes_an_id_once_and_a_lone_server_changes_none() -> None:
    assert placed("w1", "r1") == placed("r1-w1", "r1") == "r1-w1"
    assert placed("w1", "") == "w1"
    assert placed("r2-w1", "r1") == "r1-r2-w1"
    assert (local("r1-w1", "r1"), local("w1", "r1"), local("r1-w1", "")) == ("w1", "w1", "r1-w1")


def test_a_replica_may_be_called_as_its_machine_is() -> None:
    """A pod of a StatefulSet is called `NAME-N` (Kubernetes, "Stable Network ID")."""
    assert of_hostname("devkit-0.devkit.test.svc.cluster.local") == "devkit0"
    with pytest.raises(ValueError, match="gives none"):
        of_hostname("3f2a9c81d7e5")


@pytest.mark.parametrize("name", ["my-replica", "r", "1", "r1-", "r12345", ""])
def test_a_replicas_name_has_a_form_of_its_own(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="replica"):
        load({"replica": name}, {"DEVKIT_REPLICA": name}, tmp_path)


def test_a_server_is_a_replica_when_told_only(tmp_path: Path) -> None:
    assert load({}, {}, tmp_path).settings.replica == ""
    assert load({}, {"DEVKIT_REPLICA": "R2"}, tmp_path).settings.replica == "r2"


@pytest.fixture
async def r1(start: StartServer) -> AsyncIterator[Client]:
    async with start(replica="r1") as client:
        yield client


async def made(client: Client, **wish: Any) -> Any:
    answer = await client.send("POST", "/_devkit/api/sandboxes", json=wish)
    assert answer.status == 201, answer.body
    return answer.json


async def test_sandboxes_of_a_replica_are_called_after_it(r1: Client) -> None:
    drawn, named, again = await made(r1), await made(r1, id="w1"), await made(r1, id="r1-w2")
    assert replica_of(drawn["id"]) == "r1"
    assert (named["id"], again["id"]) == ("r1-w1", "r1-w2")
    assert named["url"] == f"http://r1-w1.localhost:{r1.ready.port}"
    twice = await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    assert (twice.status, twice.json["message"]) == (409, "There is a sandbox 'r1-w1' already")
    elsewhere = await r1.send("POST", "/_devkit/api/sandboxes", json={"id": "r2-w1"})
    assert (elsewhere.status, elsewhere.json["details"]) == (
        400,
        {"id": "Names the replica r2, and this is r1: leave it out, or ask r2"},
    )


WAYS = ["header", "query", "path", "host", "page", "forwarded"]


async def by(client: Client, way: str, id_: str, path: str = "/api/health", method: str = "GET") -> Answer:
    headers = {
        "header": {"X-Devkit-Sandbox": id_},
        "host": {"Host": f"{id_}.localhost:{client.ready.port}"},
        "page": {"Origin": f"http://{id_}.localhost:5173"},
        "forwarded": {"X-Forwarded-Host": f"{id_}.localhost:5173"},
    }.get(way, {})
    path = f"/~{id_}{path}" if way == "path" else path
    query = {"devkit_sandbox": id_} if way == "query" else {}
    return await client.send(method, path, headers=headers, params=query)


@pytest.mark.parametrize("way", WAYS)
async def test_a_sandbox_of_another_replica_is_refused_with_its_owner(r1: Client, way: str) -> None:
    """RFC 9110, section 15.5.20: 421; never an empty sandbox, and never main."""
    for _ in range(2):  # the second time the fields are known by their bytes
        answer = await by(r1, way, "r2-w1")
        assert (answer.status, answer.json["error"]) == (421, "misdirected_request")
        assert "the replica r2, and this is r1" in answer.json["message"]
        assert answer.headers["X-Devkit-Owner"] == "r2"
    assert [entry.note is not None for entry in r1.sandbox.journal] == [True, True]
    assert len(r1.app.sandboxes) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_a_sandbox_of_its_own_is_reached(r1: Client, way: str) -> None:
    await made(r1, id="w1")
    assert (await by(r1, way, "r1-w1")).status == 200
    assert len(r1.sandbox.journal) == 0


@pytest.mark.parametrize("way", ["header", "query", "path", "host"])
async def test_one_that_it_would_have_itself_is_not_found(r1: Client, way: str) -> None:
    gone = await by(r1, way, "r1-gone")
    assert (gone.status, gone.json["message"]) == (404, "There is no sandbox 'r1-gone' here")
    bare = await by(r1, way, "w1")
    assert bare.status == 404
    assert "as r1-w1 does" in bare.json["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", "")])
async def test_the_control_plane_knows_others_sandboxes_too(r1: Client, method: str, path: str) -> None:
    answer = await r1.send(method, f"/_devkit/api/sandboxes/r2-w1{path}")
    assert (answer.status, answer.headers["X-Devkit-Owner"]) == (421, "r2")
    assert (await r1.send(method, f"/_devkit/api/sandboxes/r1-w1{path}")).status == 404


async def test_a_socket_for_another_replica_is_refused(r1: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await r1.http.ws_connect("/~r2-w1/ws")
    assert refused.value.status == 421


async def test_a_server_that_is_alone_knows_of_no_others(client: Client) -> None:
    assert (await by(client, "header", "r2-w1")).status == 404
    assert (await by(client, "page", "r2-w1")).status == 200
    assert (await made(client, id="r2-w1"))["id"] == "r2-w1"


async def test_drawn_ids_are_never_drawn_again(start: StartServer) -> None:
    """A client that still has an id from before a restart, or of another fleet, must not meet somebody else's."""
    found = []
    for _ in range(2):
        async with start(replica="r1") as client:
            found += [(await made(client))["id"] for _ in range(20)]
    assert len(set(found)) == 40


async def test_a_name_draws_the_same_on_every_replica(start: StartServer) -> None:
    found = []
    for replica in ("", "r1", "r2"):
        async with start(replica=replica) as client:
            sandbox = (await made(client, id="w1", time="2031-01-01T00:00:00Z", frozen=True))["id"]
            headers = {"X-Devkit-Sandbox": sandbox}
            for _ in range(2):
                answer = await client.send("GET", "/api/health", headers=headers)
            found.append(answer.headers["X-Request-ID"])
    assert len(set(found)) == 1


async def test_below_a_domain_of_ones_own_every_name_is_a_sandbox(start: StartServer) -> None:
    async with start(replica="r1", public_url="https://mock.test", sandbox_domain="mock.test") as client:
        sandbox = await made(client, id="w1")
        assert (sandbox["url"], sandbox["path_url"]) == ("https://r1-w1.mock.test", "https://mock.test/~r1-w1")
        for _ in range(2):
            own = await client.send("GET", "/api/health", headers={"Host": "r1-w1.mock.test"})
            other = await client.send("GET", "/api/health", headers={"Host": "r2-w1.mock.test"})
            assert (own.status, other.status, other.headers["X-Devkit-Owner"]) == (200, 421, "r2")
        assert (await client.send("GET", "/_devkit/api/status", headers={"Host": "mock.test"})).json[
            "sandbox"
        ] == "main"
        assert (await client.send("GET", "/api/health", headers={"Host": "mock.example"})).status == 403
        hosted = client.app.sandboxes.find("r1-w1")
        assert hosted is not None
        assert len(hosted.sandbox.journal) == 2


async def test_a_page_behind_a_proxy_with_a_certificate_may_steer_its_own_server(start: StartServer) -> None:
    async with start(public_url="https://mock.test") as client:
        for origin, status in {"https://mock.test": 200, "http://mock.test": 403, "https://evil.test": 403}.items():
            headers = {"Host": "mock.test", "Origin": origin}
            answer = await client.send("POST", "/_devkit/api/drain", json={"on": False}, headers=headers)
            assert answer.status == status, origin
