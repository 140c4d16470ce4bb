"""The control API's own OpenAPI document: valid, whole, and true of what is really answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from devkit.cli.app import app
from devkit.control.answers.table import ANSWERS, Raw
from devkit.control.table import OPERATIONS, openapi
from devkit.errors import UsageError
from tests.conftest import Answer, Client, StartServer

DOCUMENT = openapi()
DRAFT = {
    "name": "my-draft",
    "title": "Mine",
    "rules": [{"id": "down", "fault": {"type": "http.abort", "status": 503}}],
    "expect": [],
}


def closed(schema: Any) -> Any:
    """The schema with no room for a field that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(part) for name, part in schema.items()}
    return inner | {"additionalProperties": False} if isinstance(inner.get("properties"), dict) else inner


COMPONENTS = {"components": {"schemas": closed(DOCUMENT["components"]["schemas"])}}


def schema_of(name: str) -> Any:
    operation = OPERATIONS.find(name)
    responses = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    if operation.stream is not None:
        return responses["101"]["x-message"]
    return responses[str(operation.status)]["content"]["application/json"]["schema"]


def misfit(schema: Any, value: Any) -> list[str]:
    """Why an answer is not as the document has it, fields that it does not name included."""
    validator = Draft202012Validator(closed(schema) | COMPONENTS)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


class Caller:
    """Makes control calls by the operations' names, and holds each answer against the document."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.seen: set[str] = set()

    async def __call__(self, name: str, /, *, sandbox: str = "main", **values: Any) -> Any:
        operation = OPERATIONS.find(name)
        path = operation.path.format(**values)
        others = {key: value for key, value in values.items() if key not in operation.in_path}
        options: dict[str, Any] = {"json": others} if operation.takes_body else {"params": others}
        answer = await self._client.send(operation.method, path, headers={"X-Devkit-Sandbox": sandbox}, **options)
        assert answer.status == operation.status, (name, answer.body)
        self.seen.add(name)
        if isinstance(raw := ANSWERS[name], Raw):
            assert answer.headers["Content-Type"].partition(";")[0] in raw.media_types
            return answer.body
        assert misfit(schema_of(name), answer.json) == [], name
        return answer.json

    async def bring(self, name: str, content: bytes, **query: str) -> None:
        """A call that brings a file."""
        operation = OPERATIONS.find(name)
        options: dict[str, Any] = {"params": query, "headers": {"Content-Type": operation.brings}, "data": content}
        answer = await self._client.send(operation.method, operation.path, **options)
        assert answer.status == operation.status, answer.body
        self.seen.add(name)
        assert misfit(schema_of(name), answer.json) == [], name

    async def hear(self, name: str, **values: Any) -> Any:
        """The first message of a stream."""
        operation = OPERATIONS.find(name)
        others = {key: value for key, value in values.items() if key not in operation.in_path}
        async with self._client.http.ws_connect(operation.path.format(**values), params=others) as socket:
            message = await socket.receive_json()
        self.seen.add(name)
        assert misfit(schema_of(name), message) == [], name
        return message


def test_the_document_is_valid_and_has_every_operation_with_its_answer() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []
    told = {one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()}
    assert told == set(OPERATIONS.names()) == set(ANSWERS)
    for operation in OPERATIONS:
        written = DOCUMENT["paths"][operation.path][operation.method.lower()]
        body = written.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        names = {one["name"] for one in written["parameters"] if "name" in one} | {*body.get("properties", {})}
        assert names == {parameter.name for parameter in operation.parameters}, operation.id


def test_a_field_that_is_not_told_would_be_noticed() -> None:
    assert misfit(schema_of("mail.clear"), {"message": "Deleted 0 mails", "deleted": 0}) == []
    assert misfit(schema_of("mail.clear"), {"message": "", "deleted": 0, "more": 1})
    assert misfit(schema_of("drill.list"), {"data": [{}], "total": 1})


async def test_every_answer_is_as_the_document_has_it(start: StartServer, tmp_path: Path) -> None:
    """Each operation is called on a real server, in the order of a day's work."""
    async with start(scenario_dir=tmp_path / "scenarios") as client:
        await client.sign_in()
        call = Caller(client)
        await about_the_server(call)
        await about_scenarios(call, client)
        await about_what_is_stored(call, client)
        await about_what_happened(call, client)
        await about_drills(call)
        await about_verifying(call)
        await about_the_replica(call)
    async with backend() as url, start(upstream=url, contract=("agreed",)) as client:
        call.seen |= await in_front(client)
    assert set(OPERATIONS.names()) - call.seen == set()


async def about_the_server(call: Caller) -> None:
    for name in ("control.list", "control.openapi", "state.status", "state.memory", "state.reset", "sandbox.list"):
        await call(name)
    for name in ("contract.routes", "contract.openapi", "contract.asyncapi", "fault.list"):
        await call(name)
    made = await call("sandbox.create", id="w1", scenarios=["maintenance"], ttl="10m")
    assert (await call("sandbox.show", id="w1"))["id"] == made["id"] == "w1"
    await call("clock.show", sandbox="w1")
    await call("clock.advance", sandbox="w1", by="2h")
    await call("clock.freeze", sandbox="w1")
    await call("clock.set", sandbox="w1", at="2026-01-20T10:00:00Z")
    await call("clock.run", sandbox="w1", rate=2)
    await call("clock.reset", sandbox="w1")
    await call("snapshot.save", sandbox="w1", name="first")
    assert (await call("snapshot.list", sandbox="w1"))["total"] == 1
    await call("snapshot.restore", sandbox="w1", name="first")
    await call("snapshot.delete", sandbox="w1", name="first")
    packed = await call("sandbox.export", id="w1")
    await call("sandbox.delete", id="w1")
    await call.bring("sandbox.import", packed, id="w2")
    await call("sandbox.delete", id="w2")


async def about_scenarios(call: Caller, client: Client) -> None:
    assert (await call("scenario.list"))["total"]
    await call("scenario.show", name="maintenance")
    await call("scenario.use", name="maintenance", ttl="5m")
    assert await call("scenario.active")
    await call("scenario.off", name="maintenance")
    assert (await call("scenario.check", text="rules: ["))["problem"]
    assert (await call("scenario.check", scenario=DRAFT))["problem"] is None
    await call("scenario.try", scenario=DRAFT)
    await call("scenario.off_all")
    await call("scenario.save", name="my-draft", scenario=DRAFT)
    source = await call("scenario.source", name="my-draft")
    await asyncio.to_thread(Path(source["file"]).write_text, "rules: [")
    assert "problem" in next(row for row in (await call("scenario.list"))["data"] if row["name"] == "my-draft")
    waiting = asyncio.create_task(client.sandbox.levers.barrier("gate"))
    await asyncio.sleep(0)
    assert (await call("barrier.list"))["total"] == 1
    await call("barrier.release", name="gate")
    await waiting


async def about_what_is_stored(call: Caller, client: Client) -> None:
    await client.sign_in()
    for name in ("user.list", "session.list", "task.list", "upload.list", "upload.arriving", "model.list"):
        await call(name)
    await call("token.mint", lifetime="5m")
    [session, *_] = (await call("session.list"))["data"]
    await call("session.expire", id=session["id"])
    await call("session.revoke", id=session["id"])
    model = next(one for one in (await call("model.list"))["data"] if one["status"] == "stopped")
    await call("model.start", id=model["id"])
    await call("model.stop", id=model["id"])
    login = {"firstName": "Ada", "email": "ada@example.com", "password": "TestPass123!"}
    registered = await client.send("POST", "/api/auth/register", json=login | {"confirmPassword": "TestPass123!"})
    assert registered.status == 201
    [mail, *_] = (await call("mail.list"))["data"]
    await call("mail.show", id=mail["id"])
    await call("mail.clear")


async def about_what_happened(call: Caller, client: Client) -> None:
    await client.sign_in()
    await call("scenario.use", name="maintenance")
    assert (await client.send("GET", "/api/tasks")).status == 503
    await call("scenario.off_all")
    async with client.http.ws_connect("/ws", headers=client.bearer) as socket:
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "topics": ["tasks"]})
        await socket.receive_json()
        await call("event.list")
        await call("event.push", topic="tasks", type="task_created", payload={"task": {"title": "Buy milk"}})
        [connection] = (await call("connection.list"))["data"]
        await call("connection.close", id=connection["id"], code=4000)
        await socket.receive()
    listed = (await call("journal.list", limit=1000))["data"]
    assert {entry["type"] for entry in listed} == {"request", "mail", "socket"}
    assert any(entry["faults"] for entry in listed)
    for entry in listed:
        await call("journal.show", number=entry["number"])
    await call("journal.keep", number=entry["number"])
    await call("journal.wait", operation="tasks.list")
    await call.hear("journal.follow", after=0)
    await call("journal.clear")


async def about_drills(call: Caller) -> None:
    drill = await call("drill.start", scenario="maintenance", fresh=True)
    await call("drill.show", id=drill["id"])
    await call.hear("drill.follow", id=drill["id"])
    await call("drill.finish", id=drill["id"])
    await call("drill.list")
    await call("drill.html", id=drill["id"])
    await call("drill.junit", id=drill["id"])
    await call("drill.delete", id=drill["id"])


async def about_verifying(call: Caller) -> None:
    await call("scenario.try", scenario=DRAFT | {"rules": [{"id": "lax", "fault": {"type": "cors.vary_missing"}}]})
    await call("verify.show")
    await call("verify.start", suites=["cors"])
    await call.hear("verify.follow")
    async with asyncio.timeout(60):
        while (await call("verify.show"))["run"]["state"] == "running":
            await asyncio.sleep(0.1)
    assert (await call("verify.check", id="cors.vary"))["evidence"]
    for kind in ("html", "json", "junit", "sarif"):
        await call("verify.report", kind=kind)
    await call("verify.start", suites=["cors"])
    await call("verify.cancel")
    for action in ("setup", "teardown"):
        await call("verify.arrange", state="time-passed", action=action, seconds=60)


async def about_the_replica(call: Caller) -> None:
    for name in ("fleet.health", "fleet.ready", "fleet.metrics"):
        await call(name)
    for on in (True, False):
        await call("fleet.drain", on=on)


async def in_front(client: Client) -> set[str]:
    """What has something to tell in front of a real backend alone."""
    call = Caller(client)
    assert (await client.send("GET", "/api/tasks")).status == 200
    assert (await call("state.status"))["upstream"]["state"] == "up"
    await call("keep.show")
    await call("keep.change", rules={"tasks.*": "mock"})
    await call("recording.start", name="first")
    await call("recording.show")
    await call("recording.stop")
    await call("recording.download", name="first")
    [passed] = (await call("journal.list"))["data"]
    assert passed["leg"]
    await call("journal.show", number=passed["number"])
    return call.seen


@asynccontextmanager
async def backend() -> AsyncIterator[str]:
    """A real backend, of which one path matters."""
    from aiohttp import web

    async def tasks(_: web.BaseRequest) -> web.Response:
        return web.json_response({"data": []})

    server = web.Server(tasks)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_what_is_refused_is_as_the_document_has_it(client: Client) -> None:
    failure = DOCUMENT["components"]["schemas"]["Failure"]
    answers: list[Answer] = [
        await client.send("GET", "/_devkit/api/mail?limit=0"),
        await client.send("GET", "/_devkit/api/sandboxes/nobody"),
        await client.send("POST", "/_devkit/api/recording", json={}),
        await client.send("POST", "/_devkit/api/reset", headers={"Origin": "http://evil.example"}),
    ]
    assert [answer.status for answer in answers] == [400, 404, 409, 403]
    for answer in answers:
        assert misfit(failure, answer.json) == []


async def test_the_server_tells_its_own_address_in_it(client: Client) -> None:
    told = (await client.send("GET", "/_devkit/api/openapi.json")).json
    assert told["servers"] == [{"url": client.url}]
    assert told["paths"] == DOCUMENT["paths"]


def test_the_command_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    app(["contract", "openapi", "--control"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out) == DOCUMENT
    with pytest.raises(UsageError, match="no contracts and dialects"):
        app(["contract", "openapi", "--control", "--dialect", "agreed"], standalone_mode=False)
