from __future__ import annotations

import pytest
from pydantic import ValidationError

from devkit.faults.http_headers import Header
from tests.conftest import Client, StartServer
from tests.faults.conftest import Break, scenario
from tests.proxy.backend import backend

TASKS = "/api/tasks?limit=1"
EVERYWHERE = {"path": "*"}


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


@pytest.mark.parametrize(
    ("name", "path"),
    [("Date", TASKS), ("Server", TASKS), ("Content-Type", TASKS), ("Cache-Control", "/api/nothing")],
)
async def test_what_the_server_says_of_itself_is_missing_too_or_says_something_else(
    signed_in: Client, breaks: Break, name: str, path: str
) -> None:
    """RFC 9110, section 6.6.1: without a clock an origin server must not send Date, so that frontends meet none."""
    assert name in (await signed_in.send("GET", path)).headers
    await breaks("http.header", name=name.lower(), match=EVERYWHERE, named="header")
    for method in ("GET", "HEAD"):
        missing = await signed_in.send(method, path)
        assert name not in missing.headers
        assert "header/" in missing.headers["X-Devkit-Fault"]
    # Where faults send the bytes themselves, too.
    await breaks("conn.dribble", chunks=2, duration="1ms", match=EVERYWHERE, named="wire")
    assert name not in (await signed_in.send("GET", path)).headers

    await breaks("http.header", name=name, value="text/other", match=EVERYWHERE, named="header")
    assert (await signed_in.send("GET", path)).headers.getall(name) == ["text/other"]


async def test_a_real_backends_own_are_missing_too(start: StartServer) -> None:
    async with backend() as real, start(upstream=real.url) as client:
        assert {"Date", "Server", "Content-Type"} <= {*(await client.send("GET", "/orders/1")).headers}
        rules = [{"fault": {"type": "http.header", "name": name}} for name in ("Date", "Server", "Content-Type")]
        await client.sandbox.engine.use(scenario(*rules))
        assert not {"Date", "Server", "Content-Type"} & {*(await client.send("GET", "/orders/1")).headers}


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_how_the_answer_is_sent_is_not_changed_in_this_way(name: str) -> None:
    with pytest.raises(ValidationError, match=r"conn\.content_length"):
        Header.model_validate({"name": name})
