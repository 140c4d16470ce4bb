"""Steps on the way of dialect `agreed`; others may use them as well, for there is one store."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from devkit.domain import uploads
from devkit.storage.failures import file_errors
from tests.conftest import Client
from tests.contract.golden_steps import Known, step
from tests.contract.wire import DAY, SECOND, bearer, form, link_token, log_in, register, token_of


@step("signed in")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.sign_in()


@step("signed in as empty@example.com")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.sign_in("empty@example.com")


@step("a login")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await log_in(client)
    given = {"auth-token": answer.json.get("token"), "refresh-token": answer.json.get("refreshToken")} | answer.cookies
    known.update(access=given["auth-token"], refresh=given["refresh-token"])


@step("it is refreshed")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    answer = await client.send("POST", "/api/auth/refresh", json={"refreshToken": known["refresh"]})
    assert answer.status == 200


@step("eleven seconds pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(11 * SECOND)


@step("thirty-one days pass")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    client.sandbox.clock.advance(31 * DAY)


@step("a registration")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await register(client)
    known["link"] = link_token(client, "ada@example.com")


@step("the link is opened")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    assert (await client.send("GET", f"/api/auth/verify?token={known['link']}")).status == 200


@step("a forgotten password")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await client.send("POST", "/api/auth/forgot", json={"email": "test@example.com"})
    known["link"] = link_token(client, "test@example.com")


@step("another session")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await token_of(client)
    sessions = (await client.send("GET", "/api/auth/sessions")).json["data"]
    [known["session"]] = [session["id"] for session in sessions if not session["current"]]


@step("a stranger's session")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    stranger = bearer(await token_of(client, "other@example.com"))
    [session] = (await client.send("GET", "/api/auth/sessions", headers=stranger)).json["data"]
    known["session"] = session["id"]


async def _make_task(client: Client, known: Known, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    answer = await client.send("POST", "/api/tasks", json=body, headers=headers or {})
    known.update(task=answer.json["id"], tag=answer.headers["ETag"])


@step("a task")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    more = {"description": "Two litres", "priority": "high", "dueDate": "2026-02-01T09:00:00Z"}
    await _make_task(client, known, {"title": "Buy milk", **more})


@step("a task made with the key k1")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_task(client, known, {"title": "Buy milk"}, {"Idempotency-Key": "k1"})


@step("a stranger's task")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_task(client, known, {"title": "Not yours"}, bearer(await token_of(client, "other@example.com")))


@step("three tasks")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    for title in ("Cheese", "Apples", "Bread"):
        await _make_task(client, known, {"title": title})


async def _make_upload(client: Client, known: Known, headers: dict[str, str] | None = None) -> None:
    answer = await client.send("POST", "/api/uploads", data=form(("hello.txt", b"hello")), headers=headers or {})
    known.update(upload=answer.json["id"], tag=answer.headers["ETag"])


@step("an upload")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_upload(client, known)


@step("a stranger's upload")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    await _make_upload(client, known, bearer(await token_of(client, "other@example.com")))


@step("the disk is full")
async def _(client: Client, known: Known, patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        with file_errors():
            raise OSError(errno.ENOSPC, "No space left on device")

    patch.setattr(uploads, "_append", full)
