from __future__ import annotations

from tests.conftest import Client
from tests.faults.conftest import Break


async def test_abort_answers_with_the_dialects_error(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=503, retry_after=2, match={"operation": "tasks.*"})
    answer = await signed_in.send("GET", "/api/tasks", headers={"Origin": "http://localhost:3000"})
    assert (answer.status, answer.json["error"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["X-Devkit-Fault"] == "broken/rule-1=http.abort"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert (await signed_in.send("GET", "/api/auth/me")).status == 200


async def test_abort_after_commit_lets_the_work_happen(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=500, phase="after_commit", match={"operation": "tasks.create"})
    assert (await signed_in.send("POST", "/api/tasks", json={"title": "Stored"})).status == 500
    assert (await signed_in.send("GET", "/api/tasks")).json["data"][0]["title"] == "Stored"


async def test_switching_off_heals(signed_in: Client, breaks: Break) -> None:
    await breaks("http.abort", status=418, match={"operation": "tasks.list"}, when={"times": 1})
    assert (await signed_in.send("GET", "/api/tasks")).status == 418
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
    await breaks("http.wrong_status", to=202)
    assert (await signed_in.send("GET", "/api/tasks")).status == 202
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200
