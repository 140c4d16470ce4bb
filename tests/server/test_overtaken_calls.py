"""An account that is deleted under a call of its own: the call is let in, and when its body is here nobody is left."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from devkit.dialects.base import Dialect
from devkit.dialects.openapi.document import document
from devkit.dialects.shipped import DIALECTS
from devkit.storage import users
from tests.conftest import EMAIL, Client, StartServer

FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--x--\r\n'


def writes(dialect: Dialect) -> list[tuple[str, str, str, bytes]]:
    """Method, path, media type and body of what brings a body, by the dialect's own examples."""
    found = []
    for path, operations in document([dialect])["paths"].items():
        for method, operation in operations.items():
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                if media == "multipart/form-data":
                    found.append((method, path, f"{media}; boundary=x", FORM))
                elif media == "application/json":
                    found.append((method, path, media, json.dumps(content.get("example", {})).encode()))
    return found


async def call(client: Client, method: str, path: str, media: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON of a call whose user is deleted once it was let in (RFC 9110, section 10.1.1)."""
    sandbox = client.sandbox
    user = sandbox.database.read(lambda on: users.find_by_email(on, EMAIL))
    minted = await sandbox.mint_token(EMAIL, lifetime=60_000)
    assert user is not None
    assert minted is not None

    async def late() -> AsyncIterator[bytes]:
        await sandbox.database.write(lambda on: users.delete(on, user.id))
        yield body

    headers = {"Authorization": f"Bearer {minted.token}", "Content-Type": media}
    target = path.replace("{user_id}", user.id)
    async with client.http.request(method, target, data=late(), headers=headers, expect100=True) as answer:
        return answer.status, await answer.json() if answer.content_type == "application/json" else None


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("memory", [True, False], ids=["memory", "file"])
async def test_a_deleted_account_makes_no_call_of_its_own_fail_in_a_way_it_should_not(
    start: StartServer, dialect: Dialect, memory: bool
) -> None:
    async with start(memory=memory, auth_origin_check=False) as client:
        wrong = {}
        for method, path, media, body in writes(dialect):
            status, told = await call(client, method, path, media, body)
            if status >= 500 and (status != 503 or "deleted" not in str(told)):
                wrong[f"{method} {path}"] = (status, told)
            await client.sandbox.reset()
        assert wrong == {}


async def test_an_upload_of_a_deleted_account_leaves_nothing_and_is_not_called_a_second_one(
    start: StartServer,
) -> None:
    async with start(memory=False) as client:
        status, told = await call(client, "POST", "/api/uploads", "multipart/form-data; boundary=x", FORM)
        assert (status, told["error"]) == (503, "service_unavailable")
        # The seeded ones belong to the account that was deleted: rows are gone, and their files come back by a reset.
        assert client.sandbox.arriving_uploads() == ()
