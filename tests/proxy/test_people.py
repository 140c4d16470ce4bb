"""Whom the real backend's calls are of, told by what passes: `match: {user: …}` and `count_by: user` know them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from devkit.upstream.people import People, named_in
from tests.conftest import Client, StartServer
from tests.faults.conftest import scenario
from tests.proxy.backend import Backend, backend


@pytest.fixture
async def real() -> AsyncIterator[Backend]:
    async with backend() as found:
        yield found


@pytest.fixture
async def proxy(start: StartServer, real: Backend) -> AsyncIterator[Client]:
    async with start(upstream=real.url) as client:
        yield client


async def refused_of(client: Client, user: str, *sent: dict[str, str]) -> list[bool]:
    """Which calls a fault strikes that is for one user's."""
    rule = {"match": {"path": "/orders*", "user": user}, "fault": {"type": "http.abort", "status": 503}}
    await client.sandbox.engine.use(scenario(rule))
    found = [(await client.send("GET", "/orders/3", headers=headers)).status == 503 for headers in sent]
    await client.sandbox.engine.off("broken")
    return found


async def sign_in(client: Client, email: str, **more: Any) -> str:
    """The session's cookie."""
    answer = await client.send("POST", "/sign-in", **(more or {"json": {"email": email, "password": "x"}}))
    client.http.cookie_jar.clear()
    return answer.cookies["session"]


async def test_a_session_belongs_to_whoever_signed_in(proxy: Client) -> None:
    ada, ben = await sign_in(proxy, "ada@x.test"), await sign_in(proxy, "ben@x.test")
    calls = [{"Cookie": f"theme=dark; session={ada}"}, {"Cookie": f"session={ben}"}, {}]
    assert await refused_of(proxy, "ada@x.test", *calls) == [True, False, False]
    assert await refused_of(proxy, "ben@x.test", *calls) == [False, True, False]


async def test_a_form_signs_in_as_well(proxy: Client) -> None:
    """OAuth 2.0's password grant (RFC 6749, section 4.3.2), as FastAPI's own form has it."""
    cookie = await sign_in(proxy, "", data={"username": "ada@x.test", "password": "x"})
    assert await refused_of(proxy, "ada@x.test", {"Cookie": f"session={cookie}"}) == [True]


async def test_the_answer_to_who_am_i_says_whose_a_session_is(proxy: Client) -> None:
    """A session from before devkit was started."""
    sent = {"Cookie": "sid=s-1"}
    assert await refused_of(proxy, "a@b.test", sent) == [False]
    assert (await proxy.send("GET", "/me", headers=sent)).status == 200
    assert await refused_of(proxy, "a@b.test", sent) == [True]


async def test_a_token_says_itself_whose_it_is(proxy: Client) -> None:
    """OpenID Connect Core 1.0, section 5.1."""
    token = f"eyJhbGciOiJub25lIn0.{_part({'sub': '17', 'email': 'ada@x.test'})}.x"
    sent = {"Authorization": f"Bearer {token}"}
    assert await refused_of(proxy, "ada@x.test", sent, {"Authorization": "Bearer other"}) == [True, False]


async def test_strikes_are_counted_for_each_user(proxy: Client) -> None:
    calls = [{"Cookie": f"session={await sign_in(proxy, name)}"} for name in ("ada@x.test", "ben@x.test")]
    rule = {
        "match": {"path": "/orders*"},
        "when": {"times": 1, "count_by": "user"},
        "fault": {"type": "http.abort", "status": 503},
    }
    await proxy.sandbox.engine.use(scenario(rule))
    statuses = [(await proxy.send("GET", "/orders/3", headers=sent)).status for sent in [*calls, *calls]]
    assert statuses == [503, 503, 200, 200]


async def test_sandboxes_know_users_of_their_own(proxy: Client) -> None:
    cookie = await sign_in(proxy, "ada@x.test")
    made = await proxy.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    assert made.status == 201, made.body
    hosted = proxy.app.sandboxes.find("w1")
    assert hosted is not None
    assert (hosted.sandbox.levers.people.who([cookie]), proxy.sandbox.levers.people.who([cookie])) == (
        None,
        "ada@x.test",
    )


def test_of_a_secret_nothing_is_kept_but_its_digest() -> None:
    people = People()
    people.met(["s3cret-of-ada"], "ada@x.test")
    assert people.who(["s3cret-of-ada"]) == "ada@x.test"
    assert "s3cret" not in repr(vars(people))


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ({"user": {"email": "a@x.test", "username": "ada"}}, "a@x.test"),
        ({"username": "ada", "password": "x"}, "ada"),
        ({"data": {"attributes": {"email_address": "a@x.test"}}}, "a@x.test"),
        ({"user": {"id": 3}}, None),
        ([{"email": "a@x.test"}], None),
        ("a@x.test", None),
    ],
)
def test_who_is_named(value: Any, user: str | None) -> None:
    assert named_in(value) == user


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
