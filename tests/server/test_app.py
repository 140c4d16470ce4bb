"""The server as a whole: it starts, answers, and stops."""

from __future__ import annotations

from tests.conftest import Client, StartServer


async def test_health_answers_without_a_redirect(client: Client) -> None:
    for path in ("/health", "/api/health", "/api/v1/health"):
        answer = await client.send("GET", path, allow_redirects=False)
        assert (answer.status, answer.json["status"]) == (200, "healthy")


async def test_a_database_in_a_file_keeps_what_was_written(start: StartServer) -> None:
    async with start(memory=False) as client:
        await client.sign_in()
        created = await client.send("POST", "/api/tasks", json={"title": "Keep me"})
    async with start(memory=False) as client:
        await client.sign_in()
        found = await client.send("GET", created.headers["Location"])
        assert found.json == created.json


async def test_ids_are_not_drawn_again_after_a_restart(start: StartServer) -> None:
    drawn = set()
    for _ in range(3):
        async with start(memory=False) as client:
            await client.sign_in()
            drawn.add((await client.send("POST", "/api/tasks", json={"title": "One"})).json["id"])
    assert len(drawn) == 3


async def test_a_reset_brings_back_the_seeded_state(signed_in: Client) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": "Goes away"})
    await signed_in.sandbox.reset()
    assert (await signed_in.send("GET", "/api/tasks")).status == 401
    await signed_in.sign_in()
    assert (await signed_in.send("GET", "/api/tasks")).json["total"] == 57
