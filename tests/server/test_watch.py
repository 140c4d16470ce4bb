"""Answers are held against the contract while they are sent (DESIGN: "The mock is not laxer than the real thing")."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Any

import pytest

from devkit.contract.entities import Ready, User
from devkit.contract.operations import Media
from devkit.dialects.agreed import AGREED
from devkit.dialects.base import Dialect, Route
from devkit.dialects.shipped import DIALECTS
from devkit.domain.accounts import AccountService
from devkit.domain.tasks import TaskService
from devkit.journal import Journal, RequestEntry
from devkit.server.hosting import watch
from devkit.server.hosting.watch import WAITING, Seen, Watch
from tests.conftest import Client, StartServer
from tests.contract.speaker import Speaker
from tests.contract.wire import bearer
from tests.faults.conftest import scenario

USER = "/api/auth/me"


@pytest.fixture(autouse=True)
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is passed over because a machine is slow."""
    monkeypatch.setattr(watch, "SAVED_SECONDS", 3_600)


@pytest.fixture
async def watched(client: Client) -> Client:
    """Signed in at a server that has settled."""
    await client.sign_in()
    await client.app.settled.wait()
    return client


async def judged(client: Client) -> None:
    """Until all that was taken is judged."""
    async with asyncio.timeout(10):
        while client.app.watch.judged < client.app.watch.taken:
            await asyncio.sleep(0.01)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def spoil(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the service give the signed-in user with these changes."""
    usual = AccountService.me

    async def spoiled(self: AccountService, caller: Any, data: Any) -> User:
        return dataclasses.replace(await usual(self, caller, data), **changes)

    monkeypatch.setattr(AccountService, "me", spoiled)


async def test_what_a_service_spoils_is_one_warning_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, start: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(monkeypatch, first_name=7)
    async with start() as client:
        await client.sign_in()
        await client.app.settled.wait()
        for _ in range(3):
            assert (await client.send("GET", USER)).json["user"]["firstName"] == 7
            await judged(client)
        [told] = warnings(caplog)
        found, right = "/user/firstName is the number 7", "where the contract has a text"
        assert told == f"auth.me (agreed) answered 200 otherwise than the contract says: {found} {right}"
        entries = [entry for entry in client.sandbox.journal if getattr(entry, "operation", "") == "auth.me"]
        notes = [entry.note for entry in entries if isinstance(entry, RequestEntry)]
        assert [note in told if note else note for note in notes] == [True, None, None]


async def test_an_answer_of_the_express_lane_is_seen_once_for_each_time_it_is_made(
    monkeypatch: pytest.MonkeyPatch, watched: Client, caplog: pytest.LogCaptureFixture
) -> None:
    [first, second] = (await watched.send("GET", "/api/tasks?limit=2")).json["data"]
    await judged(watched)
    taken = watched.app.watch.taken
    for task in (first, second, first, second, first):
        assert (await watched.send("GET", f"/api/tasks/{task['id']}")).json == task
    await judged(watched)
    assert watched.app.watch.taken == taken + 2
    assert warnings(caplog) == []


async def test_what_the_express_lane_is_given_is_judged_too(
    monkeypatch: pytest.MonkeyPatch, start: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    usual_get, usual_then = TaskService.get_at_once, TaskService.create_then

    def spoiled(ready: Any) -> Any:
        text = ready.text.replace('"completed":', '"finished":')
        assert text != ready.text
        return Ready(ready.kind, ready.id, text, ready.tag)

    def get_at_once(self: TaskService, caller: Any, data: Any) -> Any:
        return spoiled(usual_get(self, caller, data))

    def create_then(self: TaskService, caller: Any, data: Any, then: Any) -> None:
        usual_then(self, caller, data, lambda result, error: then(result and spoiled(result), error))

    monkeypatch.setattr(TaskService, "get_at_once", get_at_once)
    monkeypatch.setattr(TaskService, "create_then", create_then)
    async with start() as client:
        await client.sign_in()
        await client.app.settled.wait()
        made = await client.send("POST", "/api/tasks", json={"title": "x", "description": "long " * 199})
        assert "finished" in made.json
        read = await client.send("GET", f"/api/tasks/{made.json['id']}")
        assert "finished" in read.json
        assert read.headers["Content-Encoding"] == "gzip"
        await judged(client)
    unknown = "/finished is there, and the contract knows of no such field"
    says = "otherwise than the contract says"
    assert sorted(warnings(caplog)) == sorted(
        f"{operation} (agreed) answered {status} {says}: {what}"
        for operation, status in (("tasks.create", 201), ("tasks.get", 200))
        for what in (unknown, "/completed is missing")
    )


async def test_a_server_that_is_only_asked_whether_it_is_up_judges_nothing_yet(client: Client) -> None:
    await client.app.settled.wait()
    assert (await client.send("GET", "/health")).status == 200
    async with asyncio.timeout(10):
        while client.app.watch.taken:
            await asyncio.sleep(0.01)
    assert client.app.watch.judged == 0
    await client.sign_in()
    await judged(client)
    assert client.app.watch.judged == 1


async def test_it_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, start: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(monkeypatch, first_name=7)
    async with start(contract_watch=False) as client:
        await client.sign_in()
        await client.app.settled.wait()
        await client.send("GET", USER)
        assert client.app.watch.taken == 0
    assert warnings(caplog) == []


async def test_what_a_fault_touched_is_not_judged(watched: Client, caplog: pytest.LogCaptureFixture) -> None:
    for fault in (
        {"type": "field.null", "path": "email"},
        {"type": "http.wrong_status", "to": 418},
        {"type": "body.malformed", "mode": "truncated"},
    ):
        before = watched.app.watch.taken
        await watched.sandbox.engine.use(scenario({"match": {"operation": "auth.me"}, "fault": fault}))
        assert "X-Devkit-Fault" in (await watched.send("GET", USER)).headers
        await watched.sandbox.engine.off("broken")
        assert watched.app.watch.taken == before
    await judged(watched)
    assert warnings(caplog) == []


async def test_files_streams_preflights_and_the_control_plane_are_not_judged(watched: Client) -> None:
    origin = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PATCH"}
    before = watched.app.watch.taken
    assert (await watched.send("OPTIONS", USER, headers=origin)).status == 204
    assert (await watched.send("OPTIONS", USER)).status == 204
    assert (await watched.send("GET", "/_devkit/api/status")).status == 200
    [upload, *_] = (await watched.send("GET", "/api/uploads?limit=1")).json["data"]
    await watched.send("GET", f"/api/uploads/{upload['id']}/content")
    # The list is the one.
    assert watched.app.watch.taken == before + 1


@pytest.mark.parametrize("dialect", [*DIALECTS], ids=lambda dialect: dialect.name)
async def test_a_plain_session_through_all_operations_departs_nowhere(
    start: StartServer, dialect: Dialect, caplog: pytest.LogCaptureFixture
) -> None:
    """Signed in and not, with the operations' examples: what succeeds and what fails is as the documents say."""
    async with start(cookies_secure=False, chat_tokens_per_second=0) as client, Speaker(client, dialect) as ada:
        await client.app.settled.wait()
        await ada.register()
        await ada.call("auth.login", email="test@example.com", password="wrong")
        await ada.sign_in("test@example.com")
        token = ada.token
        routes = [route for route in ada.routes.values() if route.operation.media is not Media.MULTIPART]
        # What ends the session comes last.
        last = [route for route in routes if route.operation.area == "auth" and route.method != "GET"]
        asked = [route for route in routes if route not in last] + last
        for route in asked:
            await _call(ada, route)
            await judged(client)
        ada.token = None
        ada.http.cookie_jar.clear()
        for route in asked:
            await _call(ada, route, **bearer(token or "x"))
            await judged(client)
        assert (await ada.http.get(f"{dialect.prefixes[0]}/nowhere")).status in {401, 404}
        assert (await ada.http.request("PATCH", asked[0].path)).status >= 400
        await judged(client)
        statuses = {entry.status for entry in client.sandbox.journal if isinstance(entry, RequestEntry)}
        assert {200, 401, 404} <= statuses
        assert client.app.watch.judged > len(asked)
    assert warnings(caplog) == []


async def _call(ada: Speaker, route: Route, **headers: str) -> None:
    identifier = "00000000-0000-4000-8000-000000000000"
    places = {name: identifier for name in route.path_fields if name not in route.operation.example}
    await ada.send(route, places, **headers)


def seen(route: Route, status: int = 200) -> Seen:
    return Seen(
        speaks=route, method="GET", status=status, fields={}, body=b"{}", code=None, journal=Journal(), number=1
    )


async def test_only_so_many_wait_and_what_was_passed_over_is_a_first_answer_still() -> None:
    routes, it = [*AGREED.routes()], Watch(on=True)
    for count in range(WAITING):
        assert it.wants(routes[0], 200)
        it.take(seen(routes[0]))
        assert it.taken == count + 1
    assert not it.wants(routes[0], 200)
    assert not it.wants(routes[1], 200)
    judging = asyncio.create_task(it.run())
    while it.judged < WAITING:
        await asyncio.sleep(0.01)
    judging.cancel()
    await asyncio.wait({judging})


async def test_what_cost_too_much_is_paid_for_by_passing_answers_over_but_never_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spent = iter([0.0, 7_200.0])
    monkeypatch.setattr(watch, "thread_seconds", lambda: next(spent))
    monkeypatch.setattr(watch, "GATHER_SECONDS", 0)
    [one, other, *_], it = [*AGREED.routes()], Watch(on=True)
    judging = asyncio.create_task(it.run())
    assert it.wants(one, 200)
    it.take(seen(one))
    while it.judged < 1:
        await asyncio.sleep(0.01)
    assert not it.wants(one, 200)
    assert it.wants(one, 404)
    assert it.wants(other, 200)
    judging.cancel()
    await asyncio.wait({judging})
