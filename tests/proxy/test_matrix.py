"""Every kind of fault on the real backend's traffic as on the mock's: a client that calls either meets the same.

The real backend is another devkit, which speaks the same contract: what differs then is what is in between. Sockets are
looked at in `test_sockets.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from devkit.config import Settings
from devkit.control.base import ControlError
from devkit.control.hosting import Wish
from devkit.control.proxied import unable
from devkit.faults.base import Fault, Moment
from devkit.faults.registry import FAULTS
from devkit.sandbox import Sandbox, Template
from devkit.scenario.fronting import of_mock
from devkit.server.hosting.app import App, Running, running
from tests.conftest import EMAIL, PASSWORD, Answer
from tests.faults.conftest import scenario
from tests.faults.meeting import Meeting, Visitor, meetings, until

PATIENCE = 5.0
_CALLS = {Moment.REQUEST, Moment.PREFLIGHT}
OTHERWISE = {"read.stale"}
"""Kinds that tell of the same in another way: a test of their own looks at each."""
_ENDING = ("token.", "session.", "refresh.", "login.", "verify.", "reset.")
"""Families behind which somebody may be signed out."""
MEETINGS = [
    meeting
    for meeting in meetings()
    if meeting.dialect.name == "agreed" and meeting.moment in _CALLS
    if meeting.kind.kind not in OTHERWISE and not of_mock(meeting.kind)
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Pair:
    """A server, and one in front of it. Faults are switched on in `front`'s main sandbox, or in one of the real one's
    that the proxy does not call.
    """

    real: tuple[App, Running]
    front: tuple[App, Running]
    apart: Sandbox
    visitors: tuple[Visitor, Visitor]
    """Of the mock, and of what is in front of the real backend: both signed in."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory, template: Template) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("proxied")
    given: dict[str, Any] = {"port": 0, "memory": True, "state_dir": folder, "scenario_dir": folder / "scenarios"}
    async with running(Settings(**given, dialects=("agreed",)), template) as real:
        in_front = Settings(**given, contract=("agreed",), upstream=real[1].url)
        async with running(in_front, template) as proxy:
            await real[0].settled.wait()
            await proxy[0].settled.wait()
            home, apart = real[0].sandboxes.main.sandbox, (await real[0].sandboxes.create(Wish())).sandbox
            dialect = MEETINGS[0].dialect
            async with Visitor(real[0], real[1].url, apart, dialect) as mock:
                async with Visitor(proxy[0], proxy[1].url, home, dialect) as through:
                    yield Pair(real, proxy, apart, (mock, through))


@dataclass
class Outcome:
    """What a client met: its answer's status, or what it raised; and what was noted of faults."""

    status: int | str
    struck: list[str]
    noted: list[str]


@pytest.mark.parametrize("meeting", MEETINGS, ids=str)
async def test_it_strikes_as_in_the_mock(pair: Pair, meeting: Meeting) -> None:
    mock, through = pair.visitors
    met = await asyncio.gather(
        _met(mock, pair.apart, meeting), _met(through, pair.front[0].sandboxes.main.sandbox, meeting)
    )
    assert met[0] == met[1]
    if meeting.kind.kind.startswith(_ENDING):
        await asyncio.gather(mock.sign_in(), through.sign_in())


async def _met(visitor: Visitor, sandbox: Sandbox, meeting: Meeting) -> Outcome:
    """What comes of a fault that is switched on in a sandbox."""
    sandbox.journal.clear()
    fault = {"type": meeting.kind.kind, **meeting.kind.example}
    activation = await sandbox.engine.use(scenario({"fault": fault}))
    meets = asyncio.create_task(visitor.meet(meeting))
    async with asyncio.timeout(PATIENCE):
        await until(lambda: activation.rules[0].matches > 0 or meets.done())
        await asyncio.wait({meets}, timeout=0.05)
        await sandbox.engine.off("broken")
        status: int | str
        answer = None
        try:
            answer = await meets
            status = answer.status if answer else 0
        except (aiohttp.ClientError, ConnectionError) as error:
            status = type(error).__name__
        if activation.rules[0].strikes:
            await until(lambda: _noted(sandbox))
    return Outcome(status, _marks(answer), sorted({*_noted(sandbox)}))


def _marks(answer: Answer | None) -> list[str]:
    return answer.headers.getall("X-Devkit-Fault", []) if answer else []


def _noted(sandbox: Sandbox) -> list[str]:
    return [fault.kind for entry in sandbox.journal for fault in getattr(entry, "faults", ())]


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if of_mock(kind)], ids=lambda kind: str(kind.kind))
async def test_what_needs_the_mock_is_refused_and_says_why(pair: Pair, kind: type[Fault]) -> None:
    one = scenario({"fault": {"type": kind.kind, **kind.example}})
    sandbox = pair.front[0].sandboxes.main.sandbox
    with pytest.raises(ControlError) as refused:
        unable(one, sandbox, force=False)
    assert (refused.value.status, refused.value.code) == (409, "needs_mock")
    assert of_mock(kind) in refused.value.message
    assert of_mock(kind) in unable(one, sandbox, force=True)[0]
    assert unable(one, pair.apart, force=False) == []


@pytest.mark.parametrize(
    ("kind", "by", "parameters"),
    [
        *(
            ("token.invalid", "login", {"defect": defect})
            for defect in ("signature", "algorithm", "issuer", "malformed")
        ),
        ("refresh.loop", "refresh", {}),
    ],
)
async def test_tokens_that_are_handed_out_are_worth_nothing(
    pair: Pair, kind: str, by: str, parameters: dict[str, str]
) -> None:
    """The backend itself refuses them: it finds the defect, or is not told them."""
    sandbox = pair.front[0].sandboxes.main.sandbox
    async with aiohttp.ClientSession(pair.front[1].url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as signed_in:
            cookies = {name: morsel.value for name, morsel in signed_in.cookies.items()}
        await sandbox.engine.use(scenario({"fault": {"type": kind, **parameters}}))
        body = {"email": EMAIL, "password": PASSWORD} if by == "login" else {}
        sent = {} if by == "login" else {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        async with http.post(f"/api/auth/{by}", json=body, headers=sent) as handed_out:
            assert handed_out.status == 200, await handed_out.text()
            token = handed_out.cookies["auth-token"].value
        await sandbox.engine.off("broken")
        async with http.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}) as refused:
            assert (refused.status, refused.headers["X-Devkit-Kept-By"]) == (401, "real")


@pytest.mark.parametrize(
    ("kind", "parameters", "pause"), [("refresh.reuse_detected", {}, 0), ("refresh.rotated", {"grace": "2s"}, 3_000)]
)
async def test_a_refresh_token_that_is_used_up_signs_out_whoever_sends_it_once_more(
    pair: Pair, kind: str, parameters: dict[str, str], pause: int
) -> None:
    """As RFC 9700, section 4.14.2, has it, although this backend would take it for another ten seconds: it is told
    neither that token any more nor what was got for it.
    """
    sandbox = pair.front[0].sandboxes.main.sandbox
    async with aiohttp.ClientSession(pair.front[1].url, cookie_jar=aiohttp.DummyCookieJar()) as http:

        async def call(method: str, path: str, cookies: dict[str, str], body: Any = None) -> tuple[int, dict[str, str]]:
            sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
            async with http.request(method, path, json=body, headers=sent) as answer:
                return answer.status, {name: morsel.value for name, morsel in answer.cookies.items()}

        _, first = await call("POST", "/api/auth/login", {}, {"email": EMAIL, "password": PASSWORD})
        await sandbox.engine.use(scenario({"fault": {"type": kind, **parameters}}))
        status, second = await call("POST", "/api/auth/refresh", first)
        assert status == 200
        assert (await call("GET", "/api/auth/me", second))[0] == 200
        sandbox.clock.advance(pause)
        assert (await call("POST", "/api/auth/refresh", first))[0] == 401
        assert (await call("GET", "/api/auth/me", second))[0] == 401
        await sandbox.engine.off("broken")
        assert (await call("POST", "/api/auth/refresh", second))[0] == 401
        _, again = await call("POST", "/api/auth/login", {}, {"email": EMAIL, "password": PASSWORD})
        assert (await call("GET", "/api/auth/me", again))[0] == 200
        sandbox.clock.reset()
