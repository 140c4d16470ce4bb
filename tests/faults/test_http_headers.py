from __future__ import annotations

import pytest
from pydantic import ValidationError

from devkit.faults.http_headers import Header
from tests.conftest import Client
from tests.faults.conftest import Break


async def test_a_field_is_missing_or_says_something_else_and_nothing_else_changes(
    signed_in: Client, breaks: Break
) -> None:
    path = "/api/tasks?limit=1"
    before = await signed_in.send("GET", path)
    await breaks("http.header", name="Link", named="missing")
    await breaks("http.header", name="x-total-count", value="9", named="other")

    after = await signed_in.send("GET", path)

    assert "Link" in before.headers
    assert "Link" not in after.headers
    assert after.headers.getall("X-Total-Count") == ["9"]
    assert (after.status, after.body) == (before.status, before.body)


async def test_with_only_answers_of_that_status_alone_are_touched(client: Client, breaks: Break) -> None:
    await breaks("http.header", name="X-Request-ID", only=401)
    assert "X-Request-ID" in (await client.send("GET", "/api/auth/me")).headers
    await client.sign_out_locally()
    assert "X-Request-ID" not in (await client.send("GET", "/api/auth/me")).headers


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_how_the_answer_is_sent_is_not_changed_in_this_way(name: str) -> None:
    with pytest.raises(ValidationError, match=r"conn\.content_length"):
        Header.model_validate({"name": name})
