"""Struck and seen are the same thing: a fault that the journal and `X-Devkit-Fault` tell of has reached the client, and
one that could not reach it did not strike. (Issue 14, point 10.)

Every kind of the registry that acts on requests, met by the clients for which something is easily lost on the way: one
that revalidates (`If-None-Match`), one that asks for gzip, one that sends HEAD, one that sends a range, one with an API
key.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.control.hosting import Wish
from devkit.dialects.base import Dialect, Route
from devkit.dialects.shipped import DIALECTS
from devkit.faults.base import Fault, Moment
from devkit.faults.registry import FAULTS
from devkit.journal import RequestEntry
from devkit.sandbox import Sandbox, Template
from devkit.scenario.reach import reach
from devkit.server.hosting.app import App, Running, running
from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.faults.meeting import ORIGIN, Visitor, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

AGREED: Dialect = DIALECTS["agreed"]
CLIENTS = ("plain", "revalidates", "gzip", "head", "range", "api-key")
LATER = {
    "conn.keepalive_drop": "what it breaks is the next request on the connection",
    "clock.skew": "what it changes is `Date`, which is new in each answer",
}
"""Kinds whose effect is not in the answer that they strike."""

FELT: dict[str, dict[str, Any]] = {
    "http.wrong_status": {"to": 203},
    "delay.uniform": {"lower": "2s", "upper": "3s"},
    "delay.normal": {"mean": "2s", "stddev": "1ms"},
    "delay.lognormal": {"median": "2s", "sigma": 0.01, "max": "3s"},
    "delay.ramp": {"from": "2s"},
    "bandwidth": {"down_kbps": 1},
}
"""Parameters of kinds whose examples are gentle, so that nobody has to look at a clock."""

VARIES = {"date", "x-request-id", "x-process-time", "x-devkit-fault", "cache-control"}
"""Header fields that say nothing of an effect: new in each answer, or marks of a strike."""

_MOMENT = re.compile(rb'"(timestamp|uptime|checked_at|checkedAt|latency_ms|latencyMs)":("[^"]*"|[\d.]+)')
"""Parts of bodies that are new in each."""

WAITS = 0.3
"""Seconds that an answer may take before it counts as held back. On a slow machine more do: the test asks less then."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client sees of a call: an answer, or how it failed. `held` says that it had to be let go."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failed: bool = False
    held: bool = field(default=False, compare=False)
    told: bool = field(default=False, compare=False)


def _routes(kind: type[Fault]) -> list[Route]:
    """Reads that the kind acts on, best first: one thing with a version, then anything."""
    [found, *_] = [found for found in reach(kind, AGREED) if found and found.moment is Moment.REQUEST] or [None]
    order = ("tasks.get", "uploads.content", "tasks.list", "uploads.get", "auth.me")
    ids = [*order, *(route.operation.id for route in found.routes)] if found else []
    reads = {r.operation.id: r for r in found.routes if r.method == "GET" and r.prefix == "/api"} if found else {}
    return [
        reads[name]
        for name in dict.fromkeys(ids)
        if name in reads
        and not name.startswith("social.")
        and not any(
            info.is_required() and field not in reads[name].path_fields
            for field, info in reads[name].operation.input.model_fields.items()
        )
    ]


CASES = [
    (kind, client, route)
    for kind in FAULTS
    if Moment.REQUEST in kind.moments() and kind.kind not in LATER
    for routes in [_routes(kind)]
    for client in CLIENTS
    for route in routes[:1]
    + ([r for r in routes[1:] if r.operation.id == "uploads.content"] if client == "range" else [])
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, template: Template) -> AsyncIterator[tuple[App, Running]]:
    folder = tmp_path_factory.mktemp("felt")
    settings = Settings(port=0, memory=True, state_dir=folder, scenario_dir=folder / "scenarios")
    async with running(settings, template) as started:
        yield started


class Reader:
    """A client of one sandbox, of one of the CLIENTS."""

    def __init__(self, url: str, sandbox: Sandbox, visitor: Visitor, route: Route) -> None:
        self.sandbox, self._visitor, self._route = sandbox, visitor, route
        self._http = aiohttp.ClientSession(
            # Else it repeats by itself what breaks on a connection that it kept.
            url,
            auto_decompress=False,
            connector=aiohttp.TCPConnector(force_close=True),
        )
        self._headers = {"X-Devkit-Sandbox": sandbox.id, "Origin": ORIGIN, "Accept-Encoding": "identity"}
        self._method, self._path = "GET", route.path

    async def __aenter__(self) -> Reader:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def become(self, client: str) -> None:
        self._headers |= self._visitor.bearer
        if "{id}" in self._path:
            self._path = self._path.replace("{id}", await self._made())
        if client == "api-key":
            del self._headers["Authorization"]
            self._headers["X-API-Key"] = self.sandbox.seed.api_key or ""
        elif client == "head":
            self._method = "HEAD"
        elif client == "gzip":
            self._headers["Accept-Encoding"] = "gzip"
        elif client == "range":
            self._headers["Range"] = "bytes=0-9"
        elif client == "revalidates":
            first = await self.call()
            self._headers["If-None-Match"] = first.headers.get("etag", '"none"')

    async def _made(self) -> str:
        """Something to read: big enough to be compressed."""
        headers = self._headers
        if self._route.operation.area == "uploads":
            form = aiohttp.FormData()
            form.add_field("file", b"x" * 5_000, filename="a.txt", content_type="text/plain")
            sent = self._http.post("/api/uploads", data=form, headers=headers)
        elif self._route.operation.area == "tasks":
            sent = self._http.post("/api/tasks", json={"title": "x", "description": "y" * 1_000}, headers=headers)
        else:
            return str(self._route.operation.example["id"])
        async with sent as answer:
            made: str = (await answer.json())["id"]
            return made

    async def call(self, *, release: bool = False) -> Seen:
        """Do it; what is held back is let go after a while."""
        calling = asyncio.create_task(self._call())
        done, _ = await asyncio.wait({calling}, timeout=WAITS if release else 10)
        if not done:
            await self.sandbox.engine.off("broken")
        seen = await calling
        return Seen(seen.status, seen.headers, seen.body, seen.failed, held=not done, told=seen.told)

    async def _call(self) -> Seen:
        try:
            async with self._http.request(
                self._method, self._path, headers=self._headers, allow_redirects=False
            ) as answer:
                told = "X-Devkit-Fault" in answer.headers
                fields = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in VARIES}
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    return Seen(answer.status, fields, _MOMENT.sub(b"", await answer.read()), told=told)
                return Seen(answer.status, fields, failed=True, told=told)
        except (aiohttp.ClientError, ConnectionError):
            return Seen(failed=True)


@pytest.mark.parametrize(
    ("kind", "client", "route"), CASES, ids=[f"{k.kind}-{client}-{r.operation.id}" for k, client, r in CASES]
)
async def test_what_struck_is_seen_and_what_is_not_seen_did_not_strike(
    server: tuple[App, Running], kind: type[Fault], client: str, route: Route
) -> None:
    app, ready = server
    sandbox = (await app.sandboxes.create(Wish())).sandbox
    try:
        async with (
            Visitor(app, ready.url, sandbox, AGREED) as visitor,
            Reader(ready.url, sandbox, visitor, route) as it,
        ):
            await it.become(client)
            usual = await it.call()
            assert usual == await it.call()
            fault: dict[str, Any] = {"type": kind.kind, **kind.example, **FELT.get(kind.kind, {})}
            activation = await sandbox.engine.use(scenario({"fault": fault}))
            before = len(sandbox.journal)
            seen = await it.call(release=True)
            await until(lambda: len(sandbox.journal) > before)
            # A client may repeat by itself what breaks before its answer.
            entry = next(entry for entry in [*sandbox.journal][before:] if isinstance(entry, RequestEntry))
            struck = any(one.kind == kind.kind for one in entry.faults)
            assert struck == (activation.rules[0].strikes > 0)
            if seen.status:
                assert seen.told == struck
            if struck and seen == usual and not seen.held:
                # Its effect may be there for the next call alone.
                assert await it.call(release=True) != usual, "it struck, and nobody saw it"
            if not struck:
                assert seen == usual, "it was seen, and did not strike"
    finally:
        await app.sandboxes.remove(sandbox.id)


async def test_each_kind_that_acts_on_reads_is_met() -> None:
    met = {kind.kind for kind, _, _ in CASES}
    assert len(met) > 60
    assert {"http.wrong_status", "conn.truncate", "etag", "token.expired", "body.malformed"} <= met


async def test_a_strike_that_was_none_is_left_for_another_call(start: StartServer) -> None:
    async with start() as client:
        await client.sign_in()
        rule = {
            "fault": {"type": "body.malformed", "mode": "truncated"},
            "when": {"times": 1},
            "then": {"state": "hurt"},
        }
        activation = await client.sandbox.engine.use(scenario(rule))
        assert (await client.send("HEAD", "/api/tasks")).status == 200
        assert (activation.rules[0].strikes, activation.state) == (0, "start")
        with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
            _ = (await client.send("GET", "/api/tasks")).json
        assert (activation.rules[0].strikes, activation.state) == (1, "hurt")


async def test_a_token_fault_leaves_calls_by_api_key_alone(start: StartServer) -> None:
    """Also where a cookie comes along: the key is what counts."""
    async with start() as client:
        await _keyed(client)


async def _keyed(client: Client) -> None:
    await client.sign_in()
    await client.sandbox.engine.use(scenario({"fault": {"type": "token.expired"}}))
    key = {"X-API-Key": client.sandbox.seed.api_key or "", "Cookie": f"auth-token={client.token}"}
    client.http.headers.popall("Authorization")
    answer = await client.send("GET", "/api/tasks", headers=key)
    assert (answer.status, "X-Devkit-Fault" in answer.headers) == (200, False)
    await client.sandbox.engine.off("broken")
    assert (await client.send("GET", "/api/tasks", headers=client.bearer)).status == 200
