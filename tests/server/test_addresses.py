"""What answers, mails and events name is reached by whoever is told of it: at the address it really used.

Relative where the format allows that (RFC 8288, section 3; RFC 9110, section 10.2.2), with the sandbox where the host
does not tell it. What a proxy on this machine says of its client counts (RFC 7239; `X-Forwarded-*` as http-proxy's
`xfwd` writes them, which is Vite's).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest

from devkit.control.hosting import Wish
from devkit.storage import mails
from tests.conftest import EMAIL, PASSWORD, Client
from tests.contract.wire import mailbox

VITE = {"X-Forwarded-Host": "localhost:5173", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "5173"}
PAGE = "http://localhost:5173"


async def bearer_of(client: Client, headers: Mapping[str, str]) -> dict[str, str]:
    login = {"email": EMAIL, "password": PASSWORD}
    answer = await client.send("POST", "/api/auth/login", json=login, headers=headers)
    return {"Authorization": f"Bearer {answer.cookies['auth-token']}"} | dict(headers)


async def upload(client: Client, headers: Mapping[str, str]) -> Any:
    form = aiohttp.FormData()
    form.add_field("file", b"x", filename="a.txt", content_type="text/plain")
    return await client.send("POST", "/api/uploads", data=form, headers=headers)


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        (VITE, PAGE),
        ({"X-Forwarded-Host": "localhost:5173, inner:1"}, PAGE),
        ({"X-Forwarded-Host": "app.test", "X-Forwarded-Proto": "https"}, "https://app.test"),
        ({"X-Forwarded-Host": "app.test", "X-Forwarded-Port": "8443"}, "http://app.test:8443"),
        ({"Forwarded": 'for=127.0.0.1;host="localhost:5173";proto=http, for=10.0.0.1;host=b'}, PAGE),
        ({"Forwarded": "proto=https;host=app.test", "X-Forwarded-Host": "other"}, "https://app.test"),
        ({"X-Forwarded-Host": "what is this", "X-Forwarded-Proto": "gopher"}, None),
        ({"Forwarded": 'host="'}, None),
    ],
)
async def test_a_proxy_on_this_machine_says_where_its_client_is(
    client: Client, headers: dict[str, str], origin: str | None
) -> None:
    sent = await upload(client, await bearer_of(client, headers))
    assert sent.status == 201
    assert sent.json["url"].startswith(f"{origin or client.url}/api/uploads/")


async def test_references_are_relative_where_they_may_be(signed_in: Client) -> None:
    made = await signed_in.send("POST", "/api/tasks", json={"title": "x"})
    assert made.headers["Location"] == f"/api/tasks/{made.json['id']}"
    page = await signed_in.send("GET", "/api/tasks?limit=2")
    assert page.headers["Link"].startswith('</api/tasks?limit=2&page=1>; rel="first"')
    # As the pipeline has it, which answers what has a header that the express lane leaves.
    slow = await signed_in.send("GET", "/api/tasks?limit=2", headers=VITE)
    assert slow.headers["Link"] == page.headers["Link"]


@pytest.mark.parametrize("lane", [{}, {"X-Request-ID": "by-the-pipeline"}], ids=["express", "pipeline"])
async def test_a_sandbox_that_only_a_header_named_is_in_every_address(client: Client, lane: dict[str, str]) -> None:
    await client.app.sandboxes.create(Wish(id="w1"))
    headers = await bearer_of(client, {"X-Devkit-Sandbox": "w1"})
    made = await client.send("POST", "/api/tasks", json={"title": "Of w1"}, headers=headers | lane)
    page = await client.send("GET", "/api/tasks?limit=1", headers=headers | lane)
    sent = await upload(client, headers | lane)
    del headers["X-Devkit-Sandbox"]
    following = next(link for link in page.headers["Link"].split(", ") if 'rel="next"' in link)
    for address in (made.headers["Location"], following[1:].split(">")[0], sent.json["url"], sent.headers["Location"]):
        assert "devkit_sandbox=w1" in address
        found = await client.send("GET", urljoin(client.url, address), headers=headers)
        assert found.status == 200, address
    assert page.headers["Link"].count("devkit_sandbox=w1") == page.headers["Link"].count("<")


async def test_a_sandbox_that_the_query_named_is_named_once(client: Client) -> None:
    await client.app.sandboxes.create(Wish(id="w1"))
    headers = await bearer_of(client, {"X-Devkit-Sandbox": "w1"})
    del headers["X-Devkit-Sandbox"]
    page = await client.send("GET", "/api/tasks?devkit_sandbox=w1&limit=1", headers=headers)
    assert page.headers["Link"].count("devkit_sandbox=w1") == page.headers["Link"].count("<")


async def test_a_host_or_a_prefix_tells_the_sandbox_by_itself(client: Client) -> None:
    await client.app.sandboxes.create(Wish(id="w1"))
    by_host = {"Host": f"w1.localhost:{client.ready.port}"}
    headers = await bearer_of(client, by_host)
    sent = await upload(client, headers)
    assert sent.json["url"].startswith(f"http://w1.localhost:{client.ready.port}/api/uploads/")
    assert "devkit_sandbox" not in sent.json["url"] + sent.headers["Location"]
    forwarded = await upload(client, headers | {"Host": "localhost", "X-Forwarded-Host": "w1.localhost:5173"})
    assert forwarded.json["url"].startswith("http://w1.localhost:5173/api/uploads/")
    assert "devkit_sandbox" not in forwarded.json["url"]


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"Host": "127.0.0.1:8000"}, "http://127.0.0.1:8000"),
        ({"Host": "10.0.2.2:8000"}, "http://10.0.2.2:8000"),
        (VITE, PAGE),
    ],
    ids=["loopback", "emulator", "vite"],
)
async def test_the_link_of_a_mail_leads_to_where_its_reader_is(
    client: Client, headers: dict[str, str], origin: str
) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "confirmPassword": PASSWORD}
    assert (await client.send("POST", "/api/auth/register", json=body, headers=headers)).status == 201
    [mail] = mailbox(client, "ada@example.com")
    assert (mail.link or "").startswith(f"{origin}/api/auth/verify?")


async def test_the_link_of_a_mail_leads_into_its_sandbox(client: Client) -> None:
    """By a prefix of the path, since a mail's reader sends no header, and not every program resolves `w1.localhost`."""
    await client.app.sandboxes.create(Wish(id="w1"))
    body = {"email": "ada@example.com", "password": PASSWORD, "confirmPassword": PASSWORD}
    await client.send("POST", "/api/auth/register", json=body, headers={"X-Devkit-Sandbox": "w1"})
    hosted = client.app.sandboxes.find("w1")
    assert hosted is not None
    [mail] = hosted.sandbox.database.read(
        lambda connection: mails.newest(connection, hosted.sandbox.clock.now(), "ada@example.com")
    )
    link = mail.link or ""
    assert link.startswith(f"{client.url}/~w1/api/auth/verify?")
    assert (await client.send("GET", link)).status == 200


async def test_the_consent_page_of_a_social_sign_in_is_where_the_page_is(client: Client) -> None:
    path = "/api/v2/auth/social/google/initiate/?redirect_uri=http://localhost:3000/cb"
    begun = await client.send("GET", path, headers=VITE)
    assert begun.status == 200, begun.body
    assert begun.json["auth_url"].startswith(f"{PAGE}/oauth/google/authorize?")


async def test_each_socket_is_told_the_address_that_its_client_uses(signed_in: Client) -> None:
    by_page = f"/ws?token={signed_in.token}"
    async with (
        signed_in.http.ws_connect(by_page) as direct,
        signed_in.http.ws_connect(by_page, headers=VITE) as proxied,
    ):
        for socket in (direct, proxied):
            await socket.receive_json()
            await socket.send_json({"type": "subscribe", "topics": ["uploads"]})
            await socket.receive_json()
        await upload(signed_in, {})
        for socket, origin in ((direct, signed_in.url), (proxied, PAGE)):
            async with asyncio.timeout(10):
                while (frame := await socket.receive_json())["type"] != "upload_complete":
                    pass
            url = urlsplit(frame["upload"]["url"])
            assert f"{url.scheme}://{url.netloc}" == origin
