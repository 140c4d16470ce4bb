"""Which sandbox a request means, where no header and no host name of its own say it: the prefix, and the page."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.conftest import EMAIL, PASSWORD, Client, StartServer

SIGN_IN = {"email": EMAIL, "password": PASSWORD}


@pytest.fixture
async def w1(client: Client) -> Any:
    return (await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})).json


def journal(client: Client, sandbox: str) -> list[tuple[str, int]]:
    hosted = client.app.sandboxes.find(sandbox)
    assert hosted is not None
    return [(entry.path, entry.status) for entry in hosted.sandbox.journal if hasattr(entry, "path")]


async def test_a_prefix_of_the_path_chooses_a_sandbox(client: Client, w1: Any) -> None:
    assert w1["path_url"] == f"{client.url}/~w1"
    answer = await client.send("GET", "/~w1/api/health?x=1")
    assert answer.status == 200
    assert journal(client, "w1") == [("/api/health?x=1", 200)]
    assert journal(client, "main") == []


async def test_a_tilde_may_come_encoded(client: Client, w1: Any) -> None:
    """RFC 3986, section 2.3: `%7E` and `~` are the same."""
    async with client.http.get(URL(f"{client.url}/%7Ew1/api/health", encoded=True)) as answer:
        assert answer.status == 200
    assert journal(client, "w1") == [("/api/health", 200)]


async def test_a_prefix_that_names_no_sandbox_is_told_so(client: Client) -> None:
    answer = await client.send("GET", "/~gone/api/health")
    assert (answer.status, "no sandbox 'gone'" in answer.body.decode()) == (404, True)


async def test_a_prefix_in_absolute_form_keeps_the_targets_host(client: Client, w1: Any) -> None:
    """RFC 9112, section 3.2.2."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.ready.port)
    host = f"localhost:{client.ready.port}"
    writer.write(f"GET http://{host}/~w1/api/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head = (await reader.read()).split(b"\r\n")[0]
    writer.close()
    assert head == b"HTTP/1.1 200 OK"
    assert journal(client, "w1")[-1][1] == 200


async def test_a_session_in_a_cookie_stays_below_the_prefix(client: Client, w1: Any) -> None:
    """RFC 6265, section 5.1.4: `/~w1` is sent with `/~w1/api/tasks`, and with nothing of main's."""
    signed_in = await client.send("POST", "/~w1/api/auth/login", json=SIGN_IN)
    paths = {line.split("=")[0]: line.split("; ")[1] for line in signed_in.set_cookies}
    assert paths == {"auth-token": "Path=/~w1", "refresh-token": "Path=/~w1/api/auth"}
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    made = await client.send("POST", "/~w1/api/tasks", json={"title": "Of w1"}, headers={"Cookie": cookies})
    assert made.status == 201


async def test_addresses_in_answers_keep_the_prefix(client: Client, w1: Any) -> None:
    token = (await client.send("POST", "/~w1/api/auth/login", json=SIGN_IN)).cookies["auth-token"]
    headers = {"Authorization": f"Bearer {token}"}
    page = await client.send("GET", "/~w1/api/tasks?limit=2", headers=headers)
    (following,) = [link for link in page.headers["Link"].split(", ") if 'rel="next"' in link]
    address = str(URL(client.url).join(URL(following[1:].split(">")[0])))
    assert "/~w1/api/tasks" in address
    async with client.http.get(address, headers=headers) as answer:
        ids = [task["id"] for task in (await answer.json())["data"]]
    assert len(ids) == 2
    assert not {task["id"] for task in page.json["data"]} & set(ids)
    async with client.http.get("/~w1/api/v2/auth/profile", headers=headers, allow_redirects=False) as slash:
        assert (slash.status, slash.headers["Location"]) == (308, "/~w1/api/v2/auth/profile/")


async def test_a_socket_below_the_prefix_is_the_sandboxs(client: Client, w1: Any) -> None:
    token = (await client.send("POST", "/~w1/api/auth/login", json=SIGN_IN)).cookies["auth-token"]
    async with client.http.ws_connect(f"/~w1/ws?token={token}") as socket:
        assert (await socket.receive_json(timeout=10))["type"] != "error"
        hosted = client.app.sandboxes.find("w1")
        assert hosted is not None
        assert len(hosted.sandbox.hub.subscribers()) == 1


async def test_an_upload_below_the_prefix_is_read(client: Client, w1: Any) -> None:
    token = (await client.send("POST", "/~w1/api/auth/login", json=SIGN_IN)).cookies["auth-token"]
    form = aiohttp.FormData()
    form.add_field("file", b"x" * 100_000, filename="a.txt", content_type="text/plain")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.send("POST", "/~w1/api/uploads", data=form, headers=headers)
    assert answer.status == 201, answer.body
    content = URL(client.url).join(URL(answer.json["url"])) if "url" in answer.json else None
    if content is not None:
        assert content.path.startswith("/~w1/")
        async with client.http.get(content, headers=headers) as file:
            assert len(await file.read()) == 100_000


async def test_the_control_plane_answers_for_the_sandbox_of_the_prefix(client: Client, w1: Any) -> None:
    assert (await client.send("GET", "/~w1/_devkit/api/status")).json["sandbox"] == "w1"
    async with client.http.get("/~w1/_devkit/?x=1", allow_redirects=False) as panel:
        assert (panel.status, panel.headers["Location"]) == (307, "/_devkit/?devkit_sandbox=w1&x=1")


async def test_what_is_closest_to_the_call_counts(client: Client, w1: Any) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})
    assert (await client.send("GET", "/~w1/_devkit/api/status?devkit_sandbox=w2")).json["sandbox"] == "w2"
    header = {"X-Devkit-Sandbox": "main"}
    assert (await client.send("GET", "/~w1/_devkit/api/status?devkit_sandbox=w2", headers=header)).json[
        "sandbox"
    ] == "main"
    host = {"Host": f"w2.localhost:{client.ready.port}"}
    assert (await client.send("GET", "/~w1/_devkit/api/status", headers=host)).json["sandbox"] == "w1"


PAGES = [
    {"Origin": "http://w1.localhost:5173"},
    {"Referer": "http://w1.localhost:5173/tasks?page=2"},
    {"X-Forwarded-Host": "w1.localhost:5173"},
    {"X-Forwarded-Host": "w1.localhost:5173, localhost:5173", "Origin": "http://other.localhost:5173"},
]


@pytest.mark.parametrize("fields", PAGES, ids=str)
async def test_behind_a_proxy_that_changes_the_host_the_page_tells_the_sandbox(
    client: Client, w1: Any, fields: dict[str, str]
) -> None:
    """Vite's proxy, for a target that is a string, sends the target's host (`changeOrigin`) and the page's fields."""
    token = (await client.send("POST", "/~w1/api/auth/login", json=SIGN_IN)).cookies["auth-token"]
    before = len(journal(client, "w1"))
    for _ in range(2):
        answer = await client.send("GET", "/api/tasks", headers=fields | {"Authorization": f"Bearer {token}"})
        assert answer.status == 200, answer.body
    assert len(journal(client, "w1")) == before + 2
    assert journal(client, "main") == []


async def test_a_page_below_localhost_that_is_no_sandboxs_reaches_main(client: Client) -> None:
    await client.sign_in()
    answer = await client.send("GET", "/api/tasks", headers={"Origin": "http://shop.localhost:5173"})
    assert answer.status == 200
    assert journal(client, "main")[-1] == ("/api/tasks", 200)


async def test_whoever_names_a_sandbox_is_not_asked_for_the_page(client: Client, w1: Any) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})
    fields = {"Origin": "http://w1.localhost:5173", "X-Devkit-Sandbox": "w2"}
    await client.send("GET", "/api/health", headers=fields)
    assert (journal(client, "w1"), journal(client, "w2")) == ([], [("/api/health", 200)])


async def test_where_names_below_localhost_do_not_lead_a_sandbox_has_a_path(start: StartServer) -> None:
    async with start(host="127.0.0.2") as client:
        made = await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
        assert made.json["url"] == made.json["path_url"] == f"{client.url}/~w1"
