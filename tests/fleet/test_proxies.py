"""Two replicas behind a real proxy that runs on the file of `devkit fleet config`: nobody meets another's sandbox.

The long one, with four replicas and a thousand sandboxes, is `python -m tests.fleet.crowd` (CONTRIBUTING).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.fleet.agent import state
from devkit.fleet.members import Member
from tests.conftest import EMAIL, PASSWORD
from tests.fleet.proxies import PROXIES, fleet_of, free_port, program, proxied, replicas, seen_by
from tests.process import Process

SIGN_IN = {"email": EMAIL, "password": PASSWORD}


class Place:
    """A proxy with its replicas, and a client that keeps no cookies."""

    def __init__(self, url: str, running: dict[str, Process], http: aiohttp.ClientSession) -> None:
        self.url, self.running, self.http = url, running, http

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        async with self.http.request(method, self.url + path, **options) as answer:
            body = await answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, await answer.json() if is_json else body, answer

    async def made(self, **wish: Any) -> Any:
        status, told, _ = await self.call("POST", "/_devkit/api/sandboxes", json=wish)
        assert status == 201, told
        return told


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Process], int]]:
    agents = free_port("0.0.0.0")
    with replicas(tmp_path_factory.mktemp("fleet"), 2, DEVKIT_FLEET_AGENT_PORT=str(agents)) as found:
        yield found, agents


@pytest.fixture(scope="module", params=PROXIES)
def url(
    request: pytest.FixtureRequest, running: tuple[dict[str, Process], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    program(request.param)
    fleet = fleet_of(running[0], free_port(), agents=running[1])
    # And one that is down.
    fleet = replace(fleet, members=(*fleet.members, Member("r3", "127.0.0.3", free_port("127.0.0.3"))))
    with proxied(request.param, tmp_path_factory.mktemp(request.param), fleet) as found:
        seen_by(found, set(running[0]))
        yield found


@pytest_asyncio.fixture
async def place(url: str, running: tuple[dict[str, Process], int]) -> AsyncIterator[Place]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Place(url, running[0], http)


async def on_both(place: Place) -> list[dict[str, Any]]:
    """Sandboxes on both replicas: Envoy chooses by chance between those that have nothing to do."""
    made = [await place.made() for _ in range(4)]
    while len({one["id"].partition("-")[0] for one in made}) < 2:
        assert len(made) < 60
        made.append(await place.made())
    return made


def ways(sandbox: dict[str, Any]) -> dict[str, tuple[str, dict[str, str]]]:
    """What a client may be told of a sandbox: a prefix of the path or a query, and header fields."""
    id_ = sandbox["id"]
    return {
        "header": ("", {"X-Devkit-Sandbox": id_}),
        "query": (f"?devkit_sandbox={id_}", {}),
        "path": (f"/~{id_}", {}),
        "encoded path": (f"/%7E{id_}", {}),
        "host": ("", {"Host": f"{id_}.localhost"}),
        "token": ("", {"Authorization": f"Bearer {sandbox['token']}"}),
        "api key": ("", {"X-API-Key": sandbox["token"]}),
        "cookie": ("", {"Cookie": f"a=b; devkit_sandbox={id_}"}),
        "page": ("", {"Origin": f"http://{id_}.localhost:5173"}),
        "referer": ("", {"Referer": f"http://{id_}.localhost:5173/x"}),
        "dev server": ("", {"X-Forwarded-Host": f"{id_}.localhost:5173"}),
        "the closest": (
            f"/~{id_}",
            {"Origin": "http://r1-other.localhost:5173", "Cookie": "devkit_sandbox=r2-other"},
        ),
    }


def target(way: str, path: str) -> str:
    return f"{path}{way}" if way.startswith("?") else f"{way}{path}"


@pytest.mark.slow
async def test_every_way_to_name_a_sandbox_leads_to_its_replica(place: Place) -> None:
    made = await on_both(place)
    for sandbox in made:
        for name, (way, headers) in ways(sandbox).items():
            status, told, _ = await place.call("GET", target(way, "/_devkit/api/status"), headers=headers)
            assert (status, told.get("sandbox")) == (200, sandbox["id"]), (name, told)
        status, told, _ = await place.call("GET", f"/_devkit/api/sandboxes/{sandbox['id']}")
        assert (status, told["id"]) == (200, sandbox["id"])
        async with place.http.ws_connect(f"{place.url}/ws?token={sandbox['token']}") as socket:
            assert (await socket.receive_json(timeout=30))["type"] != "error"
    for sandbox in made:
        assert (await place.call("DELETE", f"/_devkit/api/sandboxes/{sandbox['id']}"))[0] == 200


@pytest.mark.slow
async def test_what_names_no_sandbox_is_one_and_the_same_mains(place: Place) -> None:
    answers = [
        await place.call("GET", "/_devkit/api/status", headers=headers)
        for headers in (
            {},
            {},
            {},
            {"X-Devkit-Sandbox": "main", "Cookie": "devkit_sandbox=r2-w1"},
            {"Origin": "http://my-shop.localhost:5173"},
        )
    ]
    assert {(told["sandbox"], told["pid"]) for _, told, _ in answers} == {("main", place.running["r1"].pid)}


@pytest.mark.slow
async def test_a_sandbox_of_nobody_is_told_with_its_owner(place: Place) -> None:
    status, told, answer = await place.call("GET", "/api/tasks", headers={"X-Devkit-Sandbox": "r9-w1"})
    assert (status, answer.headers["X-Devkit-Owner"]) == (421, "r9")
    assert "kept by the replica r9" in told["message"]


@pytest.mark.slow
async def test_twenty_at_once_do_not_meet(place: Place) -> None:
    """Each writes, uploads, listens at a socket, and finds what is its own and nothing else."""

    async def user(number: int) -> str:
        sandbox = await place.made()
        root, title = f"/~{sandbox['id']}", f"Of {sandbox['id']} alone"
        _, _, signed_in = await place.call("POST", f"{root}/api/auth/login", json=SIGN_IN)
        token = signed_in.headers.getall("Set-Cookie")[0].partition("=")[2].partition(";")[0]
        headers = {"Authorization": f"Bearer {token}"}
        async with place.http.ws_connect(f"{place.url}{root}/ws?token={token}") as socket:
            assert (await socket.receive_json(timeout=30))["type"] != "error"
            await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
            while "subscribed" not in (await socket.receive_str(timeout=30)):
                pass
            status, _, _ = await place.call("POST", f"{root}/api/tasks", json={"title": title}, headers=headers)
            assert status == 201
            while title not in (await socket.receive_str(timeout=30)):
                pass
        form = aiohttp.FormData()
        form.add_field("file", f"{title}\n".encode() * 20_000, filename="own.txt", content_type="text/plain")
        status, upload, _ = await place.call("POST", f"{root}/api/uploads", data=form, headers=headers)
        assert status == 201, upload
        _, content, _ = await place.call("GET", f"{root}/api/uploads/{upload['id']}/content", headers=headers)
        assert content == f"{title}\n".encode() * 20_000
        _, found, _ = await place.call("GET", f"{root}/api/tasks?limit=100", headers=headers)
        assert [task["title"] for task in found["data"] if task["title"].startswith("Of ")] == [title]
        await place.call("DELETE", f"/_devkit/api/sandboxes/{sandbox['id']}")
        replica: str = sandbox["id"].partition("-")[0]
        return replica

    homes = Counter(await asyncio.gather(*map(user, range(20))))
    assert set(homes) == {"r1", "r2"}


@pytest.mark.slow
async def test_a_sandbox_whose_replica_is_down_is_told_so_and_reaches_nobody(place: Place) -> None:
    status, told, answer = await place.call("GET", "/~r3-w1/api/tasks")
    assert status == 503
    if isinstance(told, dict):  # Envoy has words of its own
        assert "The replica r3 does not answer" in told["message"]
        assert answer.headers["Retry-After"] == "5"


@pytest.mark.slow
async def test_a_drained_replica_gets_no_new_ones_and_keeps_its_own(place: Place) -> None:
    kept = next(one for one in await on_both(place) if one["id"].startswith("r2"))
    await place.http.post(f"{place.running['r2'].url}/_devkit/api/drain", json={})
    try:
        # At once: whoever is sent there still is answered 503, which the proxy takes to the next.
        made = await asyncio.gather(*(place.made() for _ in range(10)))
        assert {one["id"].partition("-")[0] for one in made} == {"r1"}
        assert (await place.call("GET", f"/~{kept['id']}/api/health"))[0] == 200
    finally:
        await place.http.post(f"{place.running['r2'].url}/_devkit/api/drain", json={"on": False})


@pytest.mark.slow
async def test_haproxy_sends_new_ones_to_the_emptiest(running: tuple[dict[str, Process], int], tmp_path: Path) -> None:
    """By the weights that replicas tell at their agent port (HAProxy's configuration manual, "agent-check")."""
    program("haproxy")
    replicas_, agents = running
    fleet = fleet_of(replicas_, free_port(), agents=agents)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        full = Place(replicas_["r1"].url, replicas_, http)
        there = [await full.made() for _ in range(250)]
        reader, writer = await asyncio.open_connection("127.0.0.1", agents)
        told = (await reader.read()).decode()
        writer.close()
        assert told == state(0.75, draining=False) == "ready up 32%\n"
        with proxied("haproxy", tmp_path, fleet) as url:
            place = Place(url, replicas_, http)
            async with asyncio.timeout(60):
                # HAProxy asks each second: until it has, they go in turn.
                while True:
                    made = [await place.made() for _ in range(12)]
                    homes = Counter(one["id"].partition("-")[0] for one in made)
                    there += made
                    if homes["r2"] >= 2 * homes["r1"]:
                        break
        for sandbox in there:
            url = replicas_[sandbox["id"].partition("-")[0]].url
            await (await http.delete(f"{url}/_devkit/api/sandboxes/{sandbox['id']}")).read()


def test_what_a_replica_tells_falls_with_its_room() -> None:
    told = [state(room / 100, draining=False) for room in range(1, 101)]
    weights = [int(line.removeprefix("ready up ").removesuffix("%\n")) for line in told]
    assert weights == sorted(weights)
    assert (weights[0], weights[-1]) == (1, 100)
    assert state(0.0, draining=False) == state(1.0, draining=True) == "drain\n"
