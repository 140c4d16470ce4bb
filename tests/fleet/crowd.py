"""A thousand sandboxes on four replicas behind a real proxy, two hundred users at once: nobody meets another.

    python -m tests.fleet.crowd haproxy          a minute or two; also nginx, envoy
    python -m tests.fleet.crowd nginx --sandboxes 100 --at-once 20

Each user makes a sandbox, signs in, writes, uploads, listens at a socket and finds what is its own and nothing else. In
the middle of it one replica is killed and another drained. Whoever is on the killed one is told so (502, 503, or a
connection that ends) and must never be answered by another; nobody else may notice anything.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp

from tests.conftest import EMAIL, PASSWORD
from tests.fleet.proxies import PROXIES, fleet_of, free_port, proxied, replicas, seen_by
from tests.process import Process

KILLED, DRAINED = "r4", "r3"
_DOWN = {502, 503}


class Wrong(Exception):
    """An answer that nobody should have got."""


class Crowd:
    """All users of a run, and what became of them."""

    def __init__(self, url: str, running: dict[str, Process], http: aiohttp.ClientSession, most: int) -> None:
        self.url, self.running, self.http = url, running, http
        self.most, self.made = most, 0
        self.homes: Counter[str] = Counter()
        self.after_drain: Counter[str] = Counter()
        self.lost = 0
        self.wrong: list[str] = []
        self.killed = self.drained = False

    async def work(self) -> None:
        """One after the other, until there are enough."""
        while self.made < self.most:
            self.made += 1
            number, home = self.made, ""
            if number == self.most // 2:
                await self.disturb()
            try:
                home = await self.user(number)
            except Lost:
                self.lost += 1
            except (Wrong, AssertionError, KeyError, TimeoutError, aiohttp.ClientError) as error:
                self.wrong.append(f"user {number} {home}: {type(error).__name__} {error}")

    async def disturb(self) -> None:
        """Kill one, drain another."""
        self.killed = True
        self.running[KILLED].kill()
        async with self.http.post(f"{self.running[DRAINED].url}/_devkit/api/drain", json={}) as answer:
            assert answer.status == 200
        self.drained = True

    async def user(self, number: int) -> str:
        after = self.drained
        sandbox = await self.create()
        home: str = sandbox["id"].partition("-")[0]
        self.homes[home] += 1
        if after:
            self.after_drain[home] += 1
        try:
            await self.live(sandbox["id"], number)
        except (Wrong, aiohttp.ClientError, TimeoutError) as error:
            # Only whose replica was killed may be cut off; and a wrong answer is wrong there too.
            if home == KILLED and self.killed and (not isinstance(error, Wrong) or str(error).startswith("status 50")):
                raise Lost from None
            raise
        return home

    async def create(self) -> Any:
        for attempt in range(30):
            try:
                async with self.http.post(f"{self.url}/_devkit/api/sandboxes", json={}) as answer:
                    if answer.status == 201:
                        return await answer.json()
                    if not (self.killed and answer.status in _DOWN):
                        raise Wrong(f"status {answer.status} of a new sandbox: {await answer.text()}")
            except aiohttp.ClientError:
                if not self.killed:
                    raise
            # The proxy has not seen yet that one is gone.
            await asyncio.sleep(0.1 * (attempt + 1))
        raise Wrong("no sandbox was made in half a minute")

    async def call(self, method: str, path: str, want: int, **options: Any) -> Any:
        async with self.http.request(method, self.url + path, **options) as answer:
            body = await answer.read()
            if answer.status != want:
                raise Wrong(f"status {answer.status} of {method} {path}: {body[:300]!r}")
            if method == "POST" and "/auth/" in path:
                return answer.headers.getall("Set-Cookie")[0].partition("=")[2].partition(";")[0]
            return await answer.json() if "json" in answer.headers.get("Content-Type", "") else body

    async def live(self, id_: str, number: int) -> None:
        root, title = f"/~{id_}", f"Of {id_} alone"
        told = await self.call("GET", f"{root}/_devkit/api/status", 200)
        if told["sandbox"] != id_:
            raise Wrong(f"{id_} was answered by {told['sandbox']}")
        token = await self.call("POST", f"{root}/api/auth/login", 200, json={"email": EMAIL, "password": PASSWORD})
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.ws_connect(f"{self.url}{root}/ws?token={token}") as socket:
            await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
            while "subscribed" not in (await _text(socket)):
                pass
            await self.call("POST", f"{root}/api/tasks", 201, json={"title": title}, headers=headers)
            while title not in (text := await _text(socket)):
                if "Of r" in text:
                    raise Wrong(f"{id_} heard of another: {text}")
        own = f"{title} {number}\n".encode() * 2_000
        form = aiohttp.FormData()
        form.add_field("file", own, filename="own.txt", content_type="text/plain")
        upload = await self.call("POST", f"{root}/api/uploads", 201, data=form, headers=headers)
        if await self.call("GET", f"{root}/api/uploads/{upload['id']}/content", 200, headers=headers) != own:
            raise Wrong(f"{id_} got another's file")
        for _ in range(3):
            found = await self.call("GET", "/api/tasks?limit=100", 200, headers=headers | {"X-Devkit-Sandbox": id_})
            titles = [task["title"] for task in found["data"] if task["title"].startswith("Of ")]
            if titles != [title]:
                raise Wrong(f"{id_} has {titles}")


class Lost(Exception):
    """The user's replica was killed."""


async def _text(socket: aiohttp.ClientWebSocketResponse) -> str:
    message = await socket.receive(timeout=120)
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise aiohttp.ClientConnectionError(f"the socket ended: {message.type.name}")
    return str(message.data)


async def run(url: str, running: dict[str, Process], most: int, at_once: int) -> Crowd:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=300)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http:
        crowd = Crowd(url, running, http, most)
        await asyncio.gather(*(crowd.work() for _ in range(at_once)))
    return crowd


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("proxy", choices=PROXIES)
    told.add_argument("--sandboxes", type=int, default=1000)
    told.add_argument("--at-once", type=int, default=200)
    options = told.parse_args()
    agents = free_port("0.0.0.0")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with replicas(folder, 4, DEVKIT_FLEET_AGENT_PORT=str(agents), DEVKIT_LOG_LEVEL="error") as running:
            with proxied(options.proxy, folder, fleet_of(running, free_port(), agents=agents)) as url:
                seen_by(url, set(running))
                crowd = asyncio.run(run(url, running, options.sandboxes, options.at_once))
    say(f"{options.proxy}: {crowd.made} sandboxes, {options.at_once} users at once; homes {dict(crowd.homes)}")
    say(f"{KILLED} killed, {DRAINED} drained in the middle; made after that on {dict(crowd.after_drain)}")
    say(f"{crowd.lost} users were on {KILLED} when it was killed; wrong: {len(crowd.wrong)}")
    say("\n".join(crowd.wrong[:20]))
    late = sum(count for name, count in crowd.after_drain.items() if name in {KILLED, DRAINED})
    sys.exit(bool(crowd.wrong or late))


if __name__ == "__main__":
    main()
