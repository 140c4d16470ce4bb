"""Every kind of fault in every dialect, at each moment it acts on: it strikes, is noted, lets go, and leaves nothing;
where it finds nothing to break, it is not noted either.

Kinds and dialects come from their registries, and what a client must do from what the kind says it acts on: neither a
new kind nor a new dialect needs a line here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import jsonschema_rs
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.contract.operations import Need
from devkit.contract.shipped import CONTRACT
from devkit.control.hosting import Wish
from devkit.dialects.base import Route
from devkit.dialects.shipped import DIALECTS
from devkit.faults.base import Moment
from devkit.faults.registry import FAULTS
from devkit.faults.reshaping import rows_of
from devkit.sandbox import Sandbox, Template
from devkit.scenario.activation import Activation
from devkit.server.hosting.app import App, Running, running
from tests.conftest import Answer
from tests.faults.conftest import scenario
from tests.faults.meeting import Meeting, Visitor, meetings, until

MEETINGS = meetings()
PATIENCE = 5.0

pytestmark = pytest.mark.asyncio(loop_scope="module")

Server = tuple[App, Running]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, template: Template) -> AsyncIterator[Server]:
    """One server for all: each meeting has a sandbox of its own in it."""
    folder = tmp_path_factory.mktemp("matrix")
    settings = Settings(port=0, memory=True, state_dir=folder, scenario_dir=folder / "scenarios")
    async with running(settings, template) as started:
        # What only starts late belongs to no meeting.
        await started[0].settled.wait()
        yield started


@pytest.mark.parametrize("meeting", MEETINGS, ids=str)
async def test_it_strikes_and_heals(server: Server, meeting: Meeting) -> None:
    app, ready = server
    before = asyncio.all_tasks()
    sandbox = (await app.sandboxes.create(Wish())).sandbox
    try:
        async with Visitor(app, ready.url, sandbox, meeting.dialect) as visitor:
            await _strikes(sandbox, visitor, meeting)
            await _heals(sandbox, visitor, meeting)
    finally:
        await app.sandboxes.remove(sandbox.id)
    async with asyncio.timeout(PATIENCE):
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left, timeout=0.02)


async def _strikes(sandbox: Sandbox, visitor: Visitor, meeting: Meeting) -> None:
    fault = {"type": meeting.kind.kind, **meeting.kind.example}
    activation = await sandbox.engine.use(scenario({"fault": fault}))
    meets = asyncio.create_task(visitor.meet(meeting))
    async with asyncio.timeout(PATIENCE):
        await until(lambda: _met(activation, meeting))
        # Time to see it fail, where it does not wait.
        await asyncio.wait({meets}, timeout=0.05)
        await sandbox.engine.off("broken")
        answer = None
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            answer = await meets
        if activation.rules[0].strikes:
            await until(lambda: _noted(sandbox, meeting))
        elif meeting.moment is not Moment.SANDBOX:
            # The smallest call has nothing that the example could break: `test_felt.py` knows of those that have.
            assert meeting.moment in {Moment.REQUEST, Moment.PREFLIGHT}
            assert not _noted(sandbox, meeting)
    if answer is not None:
        _is_spelled_as_agreed(answer, meeting)


def _met(activation: Activation, meeting: Meeting) -> bool:
    return meeting.moment is Moment.SANDBOX or activation.rules[0].matches > 0


def _noted(sandbox: Sandbox, meeting: Meeting) -> bool:
    """Whether the journal tells of it."""
    if meeting.moment is Moment.SANDBOX:
        return True
    return any(fault.kind == meeting.kind.kind for entry in sandbox.journal for fault in getattr(entry, "faults", ()))


def _is_spelled_as_agreed(answer: Answer, meeting: Meeting) -> None:
    """An error has the dialect's shape, unless another shape is what the kind is about."""
    if answer.status < 400 or not answer.headers.get("Content-Type", "").startswith("application/json"):
        return
    if meeting.kind.hooks() & {"on_reply", "on_body", "on_wire"}:
        return
    speaks = served(meeting.route) if meeting.route else meeting.dialect
    jsonschema_rs.validate(speaks.errors.schema, answer.json)


def served(route: Route) -> Route:
    """An operation that dialects have at one address is served once, as the first one's."""
    same = (route.method, route.path, route.operation.id)
    routes = (other for dialect in DIALECTS for other in dialect.routes())
    return next(other for other in routes if (other.method, other.path, other.operation.id) == same)


async def _heals(sandbox: Sandbox, visitor: Visitor, meeting: Meeting) -> None:
    """A new session works, and what was struck is not struck any more."""
    assert sandbox.engine.idle
    await visitor.sign_in()
    assert (await visitor.read_something()).status == 200
    noted = len([entry for entry in sandbox.journal if getattr(entry, "faults", ())])
    async with asyncio.timeout(PATIENCE):
        answer = await visitor.meet(meeting)
    assert answer is None or answer.status < 500
    assert answer is None or "X-Devkit-Fault" not in answer.headers
    assert len([entry for entry in sandbox.journal if getattr(entry, "faults", ())]) == noted


LISTS = CONTRACT.meeting((Need.LIST,))


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(route, id=f"{dialect.name}-{route.operation.id}-{route.path}")
        for dialect in DIALECTS
        for route in dialect.routes()
        if route.operation.id in LISTS and route.prefix == dialect.prefixes[0]
    ],
)
async def test_every_list_comes_short_and_miscounted_conversations_and_keys_too(server: Server, route: Route) -> None:
    app, ready = server
    sandbox = (await app.sandboxes.create(Wish())).sandbox
    try:
        async with Visitor(app, ready.url, sandbox, route.dialect) as visitor:
            whole = await visitor.call(route)
            await sandbox.engine.use(scenario({"fault": {"type": "page.short", "size": 0}}))
            short = await visitor.call(route)
            assert (whole.status, short.status) == (200, 200)
            assert short.headers["X-Devkit-Fault"] == "broken/rule-1=page.short"
            assert rows_of(short.json) == []
            if "X-Total-Count" not in whole.headers:
                assert "X-Total-Count" not in route.answer.headers()
                return
            await sandbox.engine.use(scenario({"fault": {"type": "count.mismatch", "delta": 3}}))
            miscounted = await visitor.call(route)
            assert int(miscounted.headers["X-Total-Count"]) == int(whole.headers["X-Total-Count"]) + 3
            assert miscounted.json == whole.json
    finally:
        await app.sandboxes.remove(sandbox.id)


async def test_the_matrix_is_whole() -> None:
    """What no dialect has is met in none; every other kind is, in each dialect that has what it acts on."""
    spoken = {route.operation.id for dialect in DIALECTS for route in dialect.routes()}
    unspoken = [name for name in CONTRACT.operations.names() if name not in spoken]
    met = {meeting.kind.kind for meeting in MEETINGS}
    missing = [kind for kind in FAULTS if kind.kind not in met]
    assert all(CONTRACT.meeting(kind.needs) <= set(unspoken) for kind in missing), missing
