"""The life of models: stopped, starting, running, failed; told as it happens, and never left hanging."""

from __future__ import annotations

import asyncio
from typing import Any

from devkit.control.hosting import Wish
from tests.conftest import Client, StartServer
from tests.contract.wire import MINUTE, SECOND, bearer, listening, token_of
from tests.faults.conftest import scenario

GIB = 1024**3


async def status_of(client: Client, model: str) -> str:
    found: str = (await client.send("GET", f"/api/models/{model}")).json["status"]
    return found


def models_tasks() -> list[Any]:
    return [task for task in asyncio.all_tasks() if "ModelService" in repr(task.get_coro())]


async def test_a_model_starts_by_itself_and_everybody_is_told(start: StartServer) -> None:
    async with start(models_start_delay=50) as client:
        await client.sign_in()
        stranger = await token_of(client, "other@example.com")
        async with listening(client, "models") as mine, listening(client, "model:mistral", token=stranger) as theirs:
            answer = await client.send("POST", "/api/models/mistral/start")
            heard = [await mine.until("model_update"), await mine.until("model_update")]
            also = [await theirs.until("model_update"), await theirs.until("model_update")]
        status = await status_of(client, "mistral")
    assert (answer.status, status) == (202, "running")
    for frames in (heard, also):
        assert [(frame["model_id"], frame["status"], frame["details"]) for frame in frames] == [
            ("mistral", "starting", {"message": "Model is starting"}),
            ("mistral", "running", {"message": "Model started"}),
        ]


async def test_who_turns_the_clock_need_not_wait(start: StartServer) -> None:
    async with start(models_start_delay=10 * MINUTE) as client:
        await client.sign_in()
        client.sandbox.clock.freeze()
        async with listening(client, "models") as listener:
            await client.send("POST", "/api/models/mistral/start")
            await listener.until("model_update")
            client.sandbox.clock.advance(9 * MINUTE)
            assert await listener.is_silent()
            assert await status_of(client, "mistral") == "starting"
            client.sandbox.clock.advance(MINUTE)
            assert (await listener.until("model_update"))["status"] == "running"


async def test_a_model_that_starts_can_be_stopped_and_stays_so(start: StartServer) -> None:
    async with start(models_start_delay=MINUTE) as client:
        await client.sign_in()
        async with listening(client, "models") as listener:
            await client.send("POST", "/api/models/mistral/start")
            assert (await client.send("POST", "/api/models/mistral/start")).status == 409
            assert (await client.send("POST", "/api/models/mistral/stop")).status == 202
            client.sandbox.clock.advance(2 * MINUTE)
            assert [(await listener.until("model_update"))["status"] for _ in range(2)] == ["starting", "stopped"]
            assert await listener.is_silent()
        assert await status_of(client, "mistral") == "stopped"
        assert models_tasks() == []


async def test_a_model_for_which_there_is_no_memory_fails_and_can_be_tried_again(start: StartServer) -> None:
    async with start(models_start_delay=0, models_memory=4 * GIB) as client:
        await client.sign_in()
        async with listening(client, "models") as listener:
            await client.send("POST", "/api/models/codellama/start")
            assert [(await listener.until("model_update"))["status"] for _ in range(2)] == ["starting", "error"]
            sentence = listener.heard[-1]["details"]["message"]
            failed = (await client.send("GET", "/api/models/codellama")).json
            await client.send("POST", "/api/models/llama2/stop")
            await client.send("POST", "/api/models/codellama/start")
            while (await listener.until("model_update"))["status"] != "running":
                pass
        running = (await client.send("GET", "/api/models/codellama")).json
    assert sentence == "Not enough memory: it needs 3.6 GiB, and 446.5 MiB are free"
    assert (failed["status"], failed["details"]["error"]) == ("error", sentence)
    assert running["status"] == "running"
    assert "error" not in running["details"]


async def test_a_failed_model_can_be_stopped(start: StartServer) -> None:
    async with start(models_start_delay=0, models_memory=4 * GIB) as client:
        await client.sign_in()
        async with listening(client, "models") as listener:
            await client.send("POST", "/api/models/mistral/start")
            while (await listener.until("model_update"))["status"] != "error":
                pass
        assert (await client.send("POST", "/api/models/mistral/stop")).status == 202
        assert (await client.send("POST", "/api/models/mistral/stop")).status == 409


async def test_each_state_has_a_tag_of_its_own(start: StartServer) -> None:
    async with start(models_start_delay=MINUTE) as client:
        await client.sign_in()
        before = (await client.send("GET", "/api/models/mistral")).headers["ETag"]
        await client.send("POST", "/api/models/mistral/start", headers={"If-Match": before})
        after = (await client.send("GET", "/api/models/mistral")).headers["ETag"]
        stale = await client.send("POST", "/api/models/mistral/stop", headers={"If-Match": before})
        seen = await client.send("GET", "/api/models/mistral", headers={"If-None-Match": before})
    assert before != after
    assert (stale.status, seen.status) == (412, 200)


async def test_a_reset_takes_models_back_and_leaves_no_task(start: StartServer) -> None:
    async with start(models_start_delay=MINUTE) as client:
        await client.sign_in()
        await client.send("POST", "/api/models/mistral/start")
        await client.send("POST", "/api/models/llama2/stop")
        assert len(models_tasks()) == 1
        await client.sandbox.reset()
        assert models_tasks() == []
        await client.sign_in()
        assert [await status_of(client, model) for model in ("llama2", "mistral")] == ["running", "stopped"]
        await client.send("POST", "/api/models/mistral/start")
    assert models_tasks() == []


async def test_a_server_that_is_started_again_goes_on_with_what_was_starting(start: StartServer) -> None:
    async with start(memory=False, models_start_delay=MINUTE) as client:
        await client.sign_in()
        await client.send("POST", "/api/models/mistral/start")
    async with start(memory=False, models_start_delay=20) as client:
        await client.sign_in()
        async with asyncio.timeout(5):
            while await status_of(client, "mistral") != "running":
                await asyncio.sleep(0.01)


async def test_a_snapshot_brings_back_a_start_that_was_under_way(start: StartServer) -> None:
    async with start(models_start_delay=MINUTE) as client:
        await client.sign_in()
        await client.send("POST", "/api/models/mistral/start")
        await client.sandbox.save_snapshot("loading")
        await client.send("POST", "/api/models/mistral/stop")
        assert models_tasks() == []
        await client.sandbox.restore_snapshot("loading")
        assert await status_of(client, "mistral") == "starting"
        client.sandbox.clock.advance(2 * MINUTE)
        async with asyncio.timeout(5):
            while await status_of(client, "mistral") != "running":
                await asyncio.sleep(0.01)


async def test_a_start_that_is_lost_starts_nothing(start: StartServer) -> None:
    async with start(models_start_delay=0) as client:
        await client.sign_in()
        lost = {"match": {"operation": "models.*"}, "fault": {"type": "write.lost"}}
        await client.sandbox.engine.use(scenario(lost))
        assert (await client.send("POST", "/api/models/mistral/start")).status == 202
        assert models_tasks() == []
        assert await status_of(client, "mistral") == "stopped"


async def test_every_sandbox_has_models_of_its_own(start: StartServer) -> None:
    async with start(models_start_delay=30 * SECOND) as client:
        await client.sign_in()
        other = (await client.app.sandboxes.create(Wish())).sandbox
        elsewhere = {"X-Devkit-Sandbox": other.id}
        login = {"username": "test", "password": "TestPass123!"}
        token = (await client.send("POST", "/auth/login", json=login, headers=elsewhere)).json["access_token"]
        await client.send("POST", "/api/models/mistral/start", headers=elsewhere | bearer(token))
        assert await status_of(client, "mistral") == "stopped"
        await client.app.sandboxes.remove(other.id)
        assert models_tasks() == []
