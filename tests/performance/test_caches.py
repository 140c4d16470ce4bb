"""Nothing that is kept outlives what it was made from.

Each test asks often enough that the answer must come from memory, changes something, and asks again.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devkit.effects import DAY
from tests.conftest import EMAIL, Answer, Client, StartServer

LIST = "/api/tasks?limit=3"
CHANGING = {"Date", "X-Request-ID", "X-Process-Time"}


async def settled(client: Client, path: str, **options: Any) -> Answer:
    """The answer, asked for three times: the last one is a kept one, and says the same."""
    answers = [await client.send("GET", path, **options) for _ in range(3)]
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    return answers[-1]


def kept(client: Client) -> int:
    return len(client.app.sandboxes.main.answers)


@pytest.fixture(params=["memory", "file"])
async def anna(request: pytest.FixtureRequest, start: StartServer):
    async with start(memory=request.param == "memory") as client:
        await client.sign_in()
        yield client


async def test_a_list_is_kept_at_all(anna):
    await settled(anna, LIST)
    assert kept(anna) == 1


async def test_a_created_task_is_in_the_list_at_once(anna):
    before = (await settled(anna, LIST)).json
    created = await anna.send("POST", "/api/tasks", json={"title": "New"})
    after = (await anna.send("GET", LIST)).json
    assert after["data"][0] == created.json
    assert after["total"] == before["total"] + 1


async def test_a_changed_task_is_changed_in_list_and_alone(anna):
    task = (await settled(anna, LIST)).json["data"][0]
    path = f"/api/tasks/{task['id']}"
    tag = (await settled(anna, path)).headers["ETag"]
    changed = await anna.send("PATCH", path, json={"title": "Otherwise"})
    assert changed.status == 200
    alone = await anna.send("GET", path)
    assert alone.json["title"] == "Otherwise"
    assert alone.headers["ETag"] != tag
    assert "Otherwise" in [task["title"] for task in (await anna.send("GET", "/api/tasks?limit=100")).json["data"]]


async def test_a_deleted_task_is_gone_from_list_and_alone(anna):
    before = (await settled(anna, LIST)).json
    path = f"/api/tasks/{before['data'][0]['id']}"
    await settled(anna, path)
    assert (await anna.send("DELETE", path)).status == 204
    assert (await anna.send("GET", path)).status == 404
    assert (await anna.send("GET", LIST)).json["total"] == before["total"] - 1


async def test_a_repeated_page_of_a_filter_counts_anew_after_a_write(anna):
    path = "/api/tasks?completed=true&priority=high"
    before = (await settled(anna, path)).json["total"]
    await anna.send("POST", "/api/tasks", json={"title": "x", "completed": True, "priority": "high"})
    assert (await anna.send("GET", path)).json["total"] == before + 1


async def test_one_user_never_gets_what_is_kept_for_another(anna):
    mine = await settled(anna, LIST)
    path = f"/api/tasks/{mine.json['data'][0]['id']}"
    await settled(anna, path)
    other = await anna.sandbox.mint_token("admin@example.com", lifetime=3600)
    assert other is not None
    headers = {"Authorization": f"Bearer {other.token}"}
    theirs = await anna.send("GET", LIST, headers=headers)
    assert theirs.json != mine.json
    assert (await anna.send("GET", path, headers=headers)).status == 404


async def test_another_user_writing_leaves_what_is_kept(anna):
    await settled(anna, LIST)
    answers = anna.app.sandboxes.main.answers
    stamp = anna.sandbox.database.changes.general
    other = await anna.sandbox.mint_token("admin@example.com", lifetime=3600)
    assert other is not None
    general = anna.sandbox.database.changes.general
    assert general > stamp  # a session was made: that concerns everybody
    await anna.send("POST", "/api/tasks", json={"title": "x"}, headers={"Authorization": f"Bearer {other.token}"})
    assert anna.sandbox.database.changes.general == general
    assert len(answers) == 1


async def test_a_revoked_session_is_out_at_once(anna):
    await settled(anna, LIST)
    (session,) = [s for s in (await anna.send("GET", "/api/auth/sessions")).json["data"] if s["current"]]
    assert (await anna.send("DELETE", f"/api/auth/sessions/{session['id']}")).status == 204
    answer = await anna.send("GET", LIST)
    assert (answer.status, answer.json["error"]) == (401, "token_revoked")


async def test_a_token_that_is_ended_by_hand_is_out_at_once(anna):
    await settled(anna, LIST)
    anna.sandbox.sessions.signer.end(anna.token, "expired")
    answer = await anna.send("GET", LIST)
    assert (answer.status, answer.json["error"]) == (401, "token_expired")


async def test_a_token_expires_when_the_sandboxs_clock_is_advanced_and_comes_back_with_it(anna):
    await settled(anna, LIST)
    anna.sandbox.clock.advance(2 * DAY)
    assert (await anna.send("GET", LIST)).json["error"] == "token_expired"
    anna.sandbox.clock.advance(-2 * DAY)
    assert (await anna.send("GET", LIST)).status == 200


async def test_a_changed_profile_is_seen_by_the_next_request(anna):
    await settled(anna, "/api/auth/me")
    await settled(anna, LIST)
    await anna.send("PATCH", "/api/auth/profile", json={"firstName": "Zoe"})
    assert (await anna.send("GET", "/api/auth/me")).json["user"]["firstName"] == "Zoe"


async def test_a_reset_forgets_everything(anna):
    fresh = (await settled(anna, LIST)).json
    await anna.send("POST", "/api/tasks", json={"title": "Later gone"})
    assert (await settled(anna, LIST)).json != fresh
    token = anna.token
    await anna.sandbox.reset()
    old = await anna.send("GET", LIST, headers={"Authorization": f"Bearer {token}"})
    assert old.status == 401
    await anna.sign_in()
    assert (await anna.send("GET", LIST)).json == fresh


async def test_a_restored_snapshot_is_what_is_read(anna):
    before = (await settled(anna, LIST)).json
    await anna.sandbox.save_snapshot("before")
    await anna.send("POST", "/api/tasks", json={"title": "Later gone"})
    assert (await settled(anna, LIST)).json != before
    await anna.sandbox.restore_snapshot("before")
    assert (await anna.send("GET", LIST)).json == before


async def test_a_scenario_strikes_the_very_next_request_and_leaves_no_trace(anna):
    before = (await settled(anna, LIST)).json
    fault = {"type": "http.abort", "status": 503}
    rules = [{"id": "r", "match": {"operation": "tasks.list"}, "fault": fault}]
    await anna.app.library.ready()
    from devkit.scenario.model import Scenario

    await anna.sandbox.engine.use(Scenario.model_validate({"name": "down", "title": "Down", "rules": rules}))
    assert (await anna.send("GET", LIST)).status == 503
    await anna.sandbox.engine.off("down")
    assert (await anna.send("GET", LIST)).json == before


async def test_sandboxes_keep_apart(anna):
    mine = (await settled(anna, LIST)).json
    made = await anna.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
    assert made.status == 201
    headers = {"X-Devkit-Sandbox": "w1"}
    refused = await anna.send("GET", LIST, headers=headers)
    assert refused.status == 401  # main's token is not of this sandbox
    hosted = anna.app.sandboxes.find("w1")
    assert hosted is not None
    minted = await hosted.sandbox.mint_token(EMAIL, lifetime=3600)
    assert minted is not None
    headers |= {"Authorization": f"Bearer {minted.token}"}
    await settled(anna, LIST, headers=headers)
    await anna.send("POST", "/api/tasks", json={"title": "Only in w1"}, headers=headers)
    assert (await anna.send("GET", LIST, headers=headers)).json["total"] == mine["total"] + 1
    assert (await anna.send("GET", LIST)).json == mine
    await anna.send("DELETE", "/_devkit/api/sandboxes/w1")
    assert (await anna.send("GET", LIST, headers=headers)).status == 404


async def test_a_write_whose_client_has_left_is_seen_by_the_next_reader(anna):
    total = (await settled(anna, LIST)).json["total"]
    body = b'{"title": "Nobody waits for it"}'
    _, writer = await asyncio.open_connection("127.0.0.1", anna.ready.port)
    writer.write(
        b"POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + f"Authorization: Bearer {anna.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await writer.drain()
    writer.transport.abort()
    async with asyncio.timeout(15):
        while (await anna.send("GET", LIST)).json["total"] == total:
            await asyncio.sleep(0.01)


def plain(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """An answer without what is new in each, which an error's body tells too."""
    headers = {name: value for name, value in answer.headers.items() if name not in CHANGING}
    if answer.status < 400:
        return answer.status, headers, answer.body
    return answer.status, {}, answer.json["error"].encode()


PATHS = st.one_of(
    st.builds(
        "/api/tasks?page={}&limit={}&sort={}{}".format,
        st.integers(0, 30),
        st.integers(0, 120),
        st.sampled_from(["createdAt", "-createdAt", "title", "-dueDate", "dueDate", "priority", "-updatedAt", "wrong"]),
        st.sampled_from(["", "&completed=true", "&priority=high", "&q=e", "&q=%22", "&page=1", "&x=%0d%0a", "&q=ä"]),
    ),
    st.sampled_from(
        ["/api/tasks", "/api/v1/tasks", "/api/tasks/", "/api//tasks", "/api/tasks/nobody", "/api/tasks/%2e"]
    ),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "Accept-Encoding": st.sampled_from(["identity", "gzip", "gzip;q=0", "br, gzip"]),
        "Origin": st.sampled_from(["http://localhost:3000", "https://evil.example"]),
        "If-None-Match": st.just("*"),
        "Accept": st.sampled_from(["application/json", "text/html"]),
    },
)


@given(path=PATHS, fields=FIELDS)
@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_express_lane_answers_as_the_pipeline_does(lanes, path, fields):
    loop, both = lanes
    express, pipeline, express_again = loop.run_until_complete(both(path, fields))
    assert express == pipeline == express_again


@pytest.fixture(scope="module")
def lanes(tmp_path_factory, template):
    """One server, asked by its express lane and without it."""
    from devkit.config import Settings
    from devkit.server.hosting.app import running

    loop = asyncio.new_event_loop()
    settings = Settings(port=0, memory=True, state_dir=tmp_path_factory.mktemp("lanes"))
    manager = running(settings, template)
    app, ready = loop.run_until_complete(manager.__aenter__())

    async def open_client() -> Client:
        client = Client(app, ready)
        await client.sign_in()
        return client

    client = loop.run_until_complete(open_client())

    async def both(path: str, fields: dict[str, str]) -> list[Any]:
        return [
            plain(await client.send("GET", path, headers=fields)),
            # A second field of a name that the lane leaves to the pipeline; it says nothing else.
            plain(await client.send("GET", path, headers=fields | {"Expect": ""})),
            plain(await client.send("GET", path, headers=fields)),
        ]

    yield loop, both
    loop.run_until_complete(client.http.close())
    loop.run_until_complete(manager.__aexit__(None, None, None))
    loop.close()
