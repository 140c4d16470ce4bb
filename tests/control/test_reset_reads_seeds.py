"""A reset reads edited seed files anew (README, "Your own test data"), and says what it read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devkit.config import Settings
from devkit.server.hosting.app import running
from tests.conftest import Client

USERS = """\
users:
  - email: ann@example.com
    password: Password1!
    first_name: Ann
    last_name: Ames
"""
MORE = """\
  - email: ben@example.com
    password: Password2!
    first_name: Ben
    last_name: Bell
"""


@asynccontextmanager
async def serving(folder: Path, *, memory: bool = True) -> AsyncIterator[Client]:
    seed = folder / "seed"
    if not seed.exists():
        seed.mkdir()
        (seed / "users.yaml").write_text(USERS)
    settings = Settings(port=0, memory=memory, state_dir=folder / ".devkit", seed_dir=seed, cookies_secure=True)
    async with running(settings) as (app, ready), Client(app, ready) as client:
        yield client


async def reset(client: Client, **headers: str) -> Any:
    return await client.send("POST", "/_devkit/api/reset", headers=headers)


async def sign_in(client: Client, email: str, password: str, **headers: str) -> int:
    body = {"email": email, "password": password}
    return (await client.send("POST", "/api/auth/login", json=body, headers=headers)).status


@pytest.mark.parametrize("memory", [True, False])
async def test_who_was_added_to_the_seed_files_is_there_after_a_reset(tmp_path: Path, memory: bool) -> None:
    async with serving(tmp_path, memory=memory) as client:
        assert await sign_in(client, "ben@example.com", "Password2!") == 401
        (tmp_path / "seed" / "users.yaml").write_text(USERS + MORE)

        answer = await reset(client)

        assert answer.status == 200, answer.body
        assert answer.json["seed"]["edited"] is True
        assert answer.json["seed"]["counts"]["users"] == 2
        assert "2 users" in answer.json["message"]
        assert "since they were edited" in answer.json["message"]
        assert await sign_in(client, "ben@example.com", "Password2!") == 200
        assert (await client.send("GET", "/_devkit/api/status")).json["seed"]["stale"] is False
        assert (await reset(client)).json["seed"]["edited"] is False


async def test_a_mistake_leaves_everything_as_it_was_and_all_mistakes_are_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        assert await sign_in(client, "ann@example.com", "Password1!") == 200
        made = await client.send("POST", "/api/auth/register", json={})
        assert made.status == 400
        users = tmp_path / "seed" / "users.yaml"
        users.write_text(USERS + "  - email: nobody\n    password: x\n    first_name: N\n    last_name: O\n")
        (tmp_path / "seed" / "tasks.yaml").write_text("owners:\n  - email: ann@example.com\n    tusks: []\n")
        before = (await client.send("GET", "/_devkit/api/status")).json["counts"]

        answer = await reset(client)

        told = str(answer.json)
        assert answer.status == 409, told
        assert "users.yaml:6" in told
        assert "users.yaml:7" in told
        assert "tasks.yaml:3" in told
        after = (await client.send("GET", "/_devkit/api/status")).json
        assert {name: after["counts"][name] for name in ("users", "tasks")} == {
            name: before[name] for name in ("users", "tasks")
        }
        assert after["counts"]["journal"] > 0, "the journal is emptied by a reset alone"
        users.write_text(USERS)
        (tmp_path / "seed" / "tasks.yaml").unlink()
        assert (await reset(client)).status == 200


async def test_a_sandbox_stays_as_it_is_until_it_is_reset_itself(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        assert (await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})).status in {200, 201}
        seven = await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w7", "seed": 7})
        assert seven.status in {200, 201}
        (tmp_path / "seed" / "users.yaml").write_text(USERS.replace("ann@", "eve@"))
        assert (await reset(client)).json["seed"]["edited"] is True

        for name in ("w1", "w7"):
            header = {"X-Devkit-Sandbox": name}
            status = (await client.send("GET", "/_devkit/api/status", headers=header)).json
            assert (status["test_user"]["email"], status["seed"]["stale"]) == ("ann@example.com", name == "w1")
            assert await sign_in(client, "ann@example.com", "Password1!", **header) == 200
            assert (await reset(client, **header)).status == 200
            assert await sign_in(client, "eve@example.com", "Password1!", **header) == 200
