"""What a signed-in user may not do any more, or now may, from the client's side."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.faults.conftest import Break
from tests.faults.test_auth import ME, TASKS, heal, told


async def test_forbidden_names_the_permission_that_is_missing(signed_in: Client, breaks: Break) -> None:
    await breaks("forbidden", permission="tasks:write", match={"operation": "tasks.create"})
    for body in ({"title": "Never stored"}, {"title": ""}):
        answer = await signed_in.send("POST", TASKS, json=body)
        assert told(answer) == (403, "forbidden")
        assert "tasks:write" in answer.json["message"]
    assert (await signed_in.send("GET", TASKS)).json["total"] == 57
    nobody = {"Authorization": "Bearer rubbish"}
    assert told(await signed_in.send("POST", TASKS, json={"title": "x"}, headers=nobody)) == (401, "token_invalid")
    await heal(signed_in)
    assert (await signed_in.send("POST", TASKS, json={"title": "Stored"})).status == 201


async def test_a_csrf_failure_meets_what_writes_and_lets_reading_go_on(signed_in: Client, breaks: Break) -> None:
    await breaks("csrf.fail")
    task = (await signed_in.send("GET", TASKS)).json["data"][0]
    address = f"{TASKS}/{task['id']}"
    for method, path in (("POST", TASKS), ("PUT", address), ("PATCH", address), ("DELETE", address)):
        answer = await signed_in.send(method, path, json={"title": "Never stored"})
        assert told(answer) == (403, "csrf_failed")
        assert "X-Devkit-Fault" in answer.headers
    read = await signed_in.send("GET", address)
    assert (read.status, read.json["title"]) == (200, task["title"])
    await heal(signed_in)
    assert (await signed_in.send("POST", TASKS, json={"title": "Stored"})).status == 201


@pytest.mark.parametrize("role", ["admin", "user"])
async def test_the_role_is_another_wherever_it_is_told_and_nothing_is_stored(
    signed_in: Client, breaks: Break, role: str
) -> None:
    await breaks("role.changed", role=role)
    assert (await signed_in.send("GET", ME)).json["user"]["role"] == role
    assert (await signed_in.sign_in()).json["user"]["role"] == role
    await heal(signed_in)
    assert (await signed_in.send("GET", ME)).json["user"]["role"] == "user"
