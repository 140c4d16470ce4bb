"""What operations have, and that nothing is told by their names: a contract that devkit never saw is struck alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit import yamlfile
from devkit.config import Settings
from devkit.contract.base import Contract
from devkit.contract.entities import Page, Task
from devkit.contract.needs import NEEDS, WORDS
from devkit.contract.operations import Media, Need, Operation
from devkit.contract.shipped import CONTRACT
from devkit.contract.tasks import CreateTask, ListTasks
from devkit.dialects import asyncapi
from devkit.dialects.agreed import AGREED
from devkit.dialects.answers import Many, One
from devkit.dialects.backend import Backend
from devkit.dialects.base import Dialect, Row
from devkit.dialects.openapi import document as openapi
from devkit.effects import HOUR, Clock
from devkit.errors import FileError
from devkit.faults.base import Moment
from devkit.faults.hit import Subject
from devkit.registry import Registry
from devkit.sandbox import Template
from devkit.scenario.engine import Engine
from devkit.scenario.library import Library
from devkit.scenario.loading import LoadedScenario, understand
from devkit.server.hosting.app import App, Running, running
from devkit.shipped import folder

SHOP = Contract(
    name="shop",
    operations=Registry(
        "operation",
        [
            Operation(
                id="listOrders",
                summary="All orders",
                keeper="tasks.list",
                result=Page[Task],
                input=ListTasks,
                has=Need.RESOURCE,
            ),
            Operation(
                id="placeOrder",
                summary="Place an order",
                keeper="tasks.create",
                result=Task,
                media=Media.JSON,
                input=CreateTask,
                has=Need.CREATE,
            ),
        ],
        key=lambda operation: operation.id,
    ),
    # A service of ours tells its events, whichever operation it keeps.
    events=Registry("event", [CONTRACT.events["task_created"]], key=lambda kind: kind.name),
)
SPOKEN = Dialect(
    name="shop",
    contract=SHOP,
    title="The shop",
    summary="orders",
    prefixes=("/v2",),
    rows=(
        Row(operation="listOrders", method="GET", path="/orders", answer=Many(entity=Task, key="orders")),
        Row(operation="placeOrder", method="POST", path="/orders", answer=One(201, Task)),
    ),
    spelling=AGREED.spelling,
    errors=AGREED.errors,
    access_lifetime=3600,
    refresh_lifetime=86_400,
)
BACKEND = Backend(SHOP, Registry("dialect", [SPOKEN], key=lambda dialect: dialect.name))

RULES = """\
name: sample
title: Every list is down, and no upload works
rules:
  - id: lists
    match: {needs: list}
    fault: {type: http.abort, status: 503}
  - id: uploads
    fault: {type: upload.stall, at: 0.5}
"""


def read(text: str) -> LoadedScenario:
    return understand(yamlfile.parse(Path("sample.yaml"), text), BACKEND)


def test_every_need_has_its_words_and_an_operation_that_meets_it() -> None:
    assert [*WORDS] == [*Need]
    assert [word for word, need in NEEDS.items() if not CONTRACT.meeting((need,))] == []


@pytest.mark.parametrize(
    ("need", "operations"),
    [
        (
            Need.LIST,
            {
                *("tasks.list", "uploads.list", "conversations.list", "conversations.messages"),
                *("api_keys.list", "auth.sessions"),
            },
        ),
        (Need.UPLOAD, {"uploads.create"}),
        (Need.STREAM, {"chat.complete"}),
        (Need.REFRESH, {"auth.refresh"}),
        (Need.TOKENS, {"auth.login", "auth.refresh", "auth.token", "social.callback"}),
        (Need.RESOURCE | Need.CREATE, {"tasks.create"}),
    ],
)
def test_an_operation_meets_what_its_types_and_it_itself_tell(need: Need, operations: set[str]) -> None:
    assert CONTRACT.meeting((need,)) == operations


def test_a_scenario_is_read_by_the_contract_that_it_is_for() -> None:
    loaded = read(RULES)
    assert loaded.warnings == ("sample.yaml:8: this can never hold: nothing in the contract shop takes files",)
    with pytest.raises(FileError, match=r"there is no operation 'tasks.list'"):
        read(RULES.replace("needs: list", "operation: tasks.list"))
    with pytest.raises(FileError, match=r"there is no operation 'listOrder'\. Did you mean 'listOrders'\?"):
        read(RULES.replace("type: http.abort, status: 503", "type: reorder, operations: [listOrder]"))
    with pytest.raises(FileError, match=r"there is no dialect 'agreed'"):
        read(RULES.replace("needs: list", "dialect: agreed"))


def test_shipped_scenarios_are_for_any_contract_and_say_what_of_them_it_has_nothing_for(tmp_path: Path) -> None:
    library = Library(folder("scenarios"), tmp_path, BACKEND)
    assert library.errors() == []
    said = {entry.name: entry.warnings for entry in library.entries()}
    idle = {name for name, warnings in said.items() if warnings}
    assert {"concurrent-refresh", "upload-stalls", "chat-stream-cut"} <= idle
    assert not {"maintenance", "rate-limited", "expired-token"} & idle


async def test_the_engine_strikes_what_the_contract_has() -> None:
    class Levers:
        clock = Clock()

    engine = Engine("main", 1, Levers(), SHOP)  # type: ignore[arg-type]
    await engine.use(read(RULES).scenario)

    def struck(operation: str) -> bool:
        return bool(engine.strike(Moment.REQUEST, Subject(operation=operation)))

    assert (struck("listOrders"), struck("placeOrder"), struck("tasks.list")) == (True, False, False)


def test_documents_describe_that_contract_and_nothing_else() -> None:
    described = openapi.document([SPOKEN])
    found = {operation["x-devkit-operation"] for item in described["paths"].values() for operation in item.values()}
    assert found == {"listOrders", "placeOrder"}
    assert asyncapi.document([SPOKEN])["channels"] == {}


@pytest_asyncio.fixture
async def shop(tmp_path: Path, template: Template) -> AsyncIterator[tuple[App, Running, aiohttp.ClientSession]]:
    """A server that stands in for the shop, and a client of it that is signed in."""
    settings = Settings(port=0, memory=True, state_dir=tmp_path, scenario_dir=tmp_path / "scenarios")
    async with running(settings, template, BACKEND) as (app, ready):
        minted = await app.sandboxes.main.sandbox.mint_token("test@example.com", lifetime=HOUR // 1000)
        assert minted is not None
        async with aiohttp.ClientSession(ready.url, headers={"Authorization": f"Bearer {minted.token}"}) as http:
            yield app, ready, http


async def test_a_fault_moves_the_rows_of_an_operation_whatever_it_is_called(
    shop: tuple[App, Running, aiohttp.ClientSession],
) -> None:
    _, ready, http = shop
    text = "name: moved\ntitle: A row comes in between\nrules: [{id: a, fault: {type: page.insert, at: 1}}]\n"
    async with http.post(f"{ready.url}/_devkit/api/scenarios/try", json={"text": text}) as answer:
        assert (answer.status, (await answer.json())["warnings"]) == (200, [])
    pages = []
    for page in (1, 2):
        async with http.get(f"{ready.url}/v2/orders?limit=2&page={page}") as answer:
            pages.append([order["id"] for order in (await answer.json())["orders"]])
    assert pages[0][1] == pages[1][0]


async def test_a_server_stands_in_for_it_with_faults_and_all(
    shop: tuple[App, Running, aiohttp.ClientSession],
) -> None:
    _, ready, http = shop

    async def call(method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with http.request(method, path, **options) as response:
            return response.status, await response.json()

    status, placed = await call("POST", "/v2/orders", json={"title": "One lamp"})
    assert status == 201
    _, listed = await call("GET", "/v2/orders")
    assert listed["orders"][0] == placed

    _, kinds = await call("GET", "/_devkit/api/faults")
    acts_on = {kind["kind"]: kind["operations"] for kind in kinds["data"]}
    assert (acts_on["page.short"], acts_on["upload.stall"]) == (["listOrders"], [])
    status, on = await call("POST", "/_devkit/api/scenarios/try", json={"text": RULES})
    assert status == 200, on
    assert on["warnings"] == ["uploads can never strike: nothing in the contract shop takes files"]
    assert (await call("GET", "/v2/orders"))[0] == 503
    assert (await call("POST", "/v2/orders", json={"title": "Another"}))[0] == 201
    assert ready.dialects == ("shop",)
