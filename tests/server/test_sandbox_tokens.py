"""A sandbox chosen by its token, for clients that can be told an API key alone, and by a cookie, for browsers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import EMAIL, Client, StartServer
from tests.rows.test_served import served
from tests.server.test_selection import journal
from tests.wire import exchange


@pytest.fixture
async def w1(client: Client) -> Any:
    return (await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})).json


# By its token


FIELDS = ("Authorization: Bearer {}", "Authorization: Token {}", "X-API-Key: {}")


async def test_a_token_is_the_test_user_of_its_sandbox_in_all_dialects(client: Client, w1: Any) -> None:
    me = (await client.send("GET", "/api/auth/me", headers={"X-API-Key": w1["token"]})).json["user"]
    assert me["email"] == EMAIL
    paths = ("/api/auth/me", "/auth/me", "/api/v2/auth/profile/", f"/api/{me['id']}/tasks", "/api/tasks?limit=1")
    for path in paths:
        for field in FIELDS:
            name, _, value = field.format(w1["token"]).partition(": ")
            answer = await client.send("GET", path, headers={name: value})
            assert answer.status == 200, answer.body
    assert len(journal(client, "w1")) == 1 + len(paths) * len(FIELDS)
    assert journal(client, "main") == []


async def test_the_express_lane_takes_it_as_well(client: Client, w1: Any) -> None:
    head = f"GET /api/tasks?limit=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {w1['token']}\r\n\r\n".encode()
    read = client.app.express._heads.read  # type: ignore[union-attr]
    seen: list[str | None] = []
    client.app.express._heads.read = lambda *given: (  # type: ignore[union-attr, method-assign]
        seen.append(found.sandbox if (found := read(*given)) else "left") or found
    )
    answers = [await exchange(client.ready.port, head) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert seen[0] == "w1"
    assert answers[0].headers["link"].count("devkit_sandbox=w1") > 0


async def test_each_sandbox_has_a_token_that_cannot_be_guessed_and_stays(client: Client, w1: Any) -> None:
    main = (await client.send("GET", "/_devkit/api/sandboxes/main")).json["token"]
    again = (await client.send("GET", "/_devkit/api/sandboxes/w1")).json["token"]
    assert w1["token"] == again
    assert w1["token"].startswith("dk_sbx_w1_")
    assert main.startswith("dk_sbx_main_")
    assert w1["token"].rpartition("_")[2] != main.rpartition("_")[2]
    assert len(main.rpartition("_")[2]) == 32
    forged = {"Authorization": f"Bearer dk_sbx_w1_{main.rpartition('_')[2]}"}
    refused = await client.send("GET", "/api/tasks", headers=forged)
    assert (refused.status, refused.json["error"]) == (401, "token_invalid")
    assert refused.json["message"] == "This is no token of the sandbox w1"


async def test_a_token_whose_sandbox_is_gone_is_told_so(client: Client, w1: Any) -> None:
    await client.send("DELETE", "/_devkit/api/sandboxes/w1")
    answer = await client.send("GET", "/api/tasks", headers={"X-API-Key": w1["token"]})
    assert answer.status == 404
    assert answer.json["message"] == "There is no sandbox 'w1' here, of which the token is"
    assert journal(client, "main")[-1][1] == 404


async def test_where_the_address_says_another_sandbox_the_token_is_no_good(client: Client, w1: Any) -> None:
    await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})
    bearer = {"Authorization": f"Bearer {w1['token']}"}
    for path, fields in (
        ("/~w2/api/tasks", bearer),
        ("/api/tasks?devkit_sandbox=w2", bearer),
        ("/api/tasks", bearer | {"X-Devkit-Sandbox": "w2"}),
        ("/api/tasks", bearer | {"Host": f"w2.localhost:{client.ready.port}"}),
    ):
        answer = await client.send("GET", path, headers=fields)
        assert (answer.status, answer.json["error"]) == (401, "token_invalid")
        assert answer.json["message"] == "This is the token of the sandbox w1, and the call is for w2"
    assert journal(client, "w1") == []


@pytest.mark.parametrize(
    ("path", "way"),
    [("/ws", "?token={}"), ("/ws", "?api_key={}"), ("/ws", "bearer"), ("/ws/health/", "?token={}")],
)
async def test_a_sockets_query_or_subprotocol_may_bring_the_token(client: Client, w1: Any, way: str, path: str) -> None:
    """JavaScript can give a WebSocket no header (WHATWG WebSockets, section 3.1)."""
    protocols = ("bearer", w1["token"]) if way == "bearer" else ()
    async with client.http.ws_connect(
        path + ("" if protocols else way.format(w1["token"])), protocols=protocols
    ) as socket:
        said = await socket.receive_json(timeout=10)
        assert said.get("type") != "error", said
        hosted = client.app.sandboxes.find("w1")
        assert hosted is not None
        assert len(hosted.sandbox.hub.subscribers()) == 1
    assert client.sandbox.hub.subscribers() == []


async def test_a_stream_is_the_sandboxs(client: Client, w1: Any) -> None:
    """Server-sent events, as a chat client with an API key asks for them."""
    body = {"model_id": "llama2", "prompt": "How do I begin?", "stream": True}
    headers = {"Authorization": f"Bearer {w1['token']}", "Accept": "text/event-stream"}
    answer = await client.send("POST", "/api/chat/completions", json=body, headers=headers)
    assert journal(client, "w1")[-1] == ("/api/chat/completions", answer.status)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"].startswith("text/event-stream")


async def test_the_journal_does_not_show_it(client: Client, w1: Any) -> None:
    await client.send("GET", f"/api/tasks?token={w1['token']}", headers={"X-API-Key": w1["token"]})
    shown = await client.send("GET", "/~w1/_devkit/api/journal")
    number = shown.json["data"][0]["number"]
    entry = await client.send("GET", f"/~w1/_devkit/api/journal/{number}")
    assert w1["token"].encode() not in shown.body + entry.body


async def test_who_has_signed_in_elsewhere_counts_as_before(client: Client, w1: Any) -> None:
    """A token of a session goes before an API key (the page of the contract); so the sandbox is the key's, and the
    session none of it.
    """
    await client.sign_in()
    answer = await client.send("GET", "/api/auth/me", headers={"X-API-Key": w1["token"]})
    assert (answer.status, answer.json["error"]) == (401, "token_invalid")


# By a cookie


@pytest.mark.parametrize("path", ["/api/health", "/api/tasks?limit=1"])
async def test_a_cookie_chooses_the_sandbox_of_a_browser(client: Client, w1: Any, path: str) -> None:
    for _ in range(2):
        await client.send("GET", path, headers={"Cookie": "theme=dark; devkit_sandbox=w1"})
    assert [entry[0] for entry in journal(client, "w1")] == [path, path]
    assert journal(client, "main") == []
    async with client.http.ws_connect("/ws", headers={"Cookie": "devkit_sandbox=w1"}) as socket:
        await socket.receive()
    assert journal(client, "main") == []
    status = await client.send("GET", "/_devkit/api/status", headers={"Cookie": "devkit_sandbox=w1"})
    assert status.json["sandbox"] == "w1"


async def test_all_that_is_closer_to_the_call_counts_before_a_cookie(client: Client, w1: Any) -> None:
    w2 = (await client.send("POST", "/_devkit/api/sandboxes", json={"id": "w2"})).json
    cookie = {"Cookie": "devkit_sandbox=w1"}
    status = "/_devkit/api/status"
    for path, fields in (
        (f"/~w2{status}", {}),
        (f"{status}?devkit_sandbox=w2", {}),
        (status, w2["header"]),
        (status, {"Host": f"w2.localhost:{client.ready.port}"}),
        (status, {"X-API-Key": w2["token"]}),
    ):
        assert (await client.send("GET", path, headers=cookie | fields)).json["sandbox"] == "w2"
    page = {"Origin": "http://w2.localhost:5173"}
    assert (await client.send("GET", status, headers=cookie | page)).json["sandbox"] == "w1"


async def test_visiting_a_sandboxs_root_keeps_the_browser_in_it(client: Client, w1: Any) -> None:
    came = await client.send("GET", "/~w1/?devkit_cookie", headers={"Sec-Fetch-Site": "none"})
    assert (came.status, came.set_cookies) == (200, ["devkit_sandbox=w1; Path=/; HttpOnly; SameSite=Lax"])
    assert b"in the sandbox w1" in came.body
    assert f"{client.url}/~main/?devkit_cookie".encode() in came.body
    left = await client.send("GET", "/~main/?devkit_cookie")
    assert left.set_cookies[0].startswith("devkit_sandbox=; Path=/; Max-Age=0")
    assert journal(client, "w1") == []


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("/api/health", 303),
        ("http://localhost:5173/tasks?page=2", 303),
        ("http://evil.example/", 403),
        ("//evil.example/", 403),
        ("javascript:alert(1)", 403),
    ],
)
async def test_a_visit_leads_on_to_pages_that_may_call_alone(client: Client, w1: Any, to: str, status: int) -> None:
    async with client.http.get("/~w1/", params={"devkit_cookie": to}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers.get("Location")) == (status, to if status == 303 else None)
        assert ("Set-Cookie" in answer.headers) is (status == 303)


async def test_another_sites_page_chooses_nobodys_sandbox(client: Client, w1: Any) -> None:
    """Fetch Metadata, section 2.2: what a page of another site leads to says `cross-site`."""
    answer = await client.send("GET", "/~w1/?devkit_cookie", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, answer.set_cookies) == (403, [])


async def test_a_cookie_whose_sandbox_is_gone_is_told_with_the_way_out(client: Client) -> None:
    for path in ("/api/health", "/_devkit/api/status", "/api/tasks?limit=1"):
        answer = await client.send("GET", path, headers={"Cookie": "devkit_sandbox=gone"})
        assert (answer.status, answer.json["message"]) == (
            404,
            "There is no sandbox 'gone' here, which the cookie devkit_sandbox names: /~main/?devkit_cookie removes it",
        )
    left = await client.send("GET", "/~main/?devkit_cookie", headers={"Cookie": "devkit_sandbox=gone"})
    assert left.status == 200


async def test_the_real_backend_is_not_told(start: StartServer) -> None:
    from tests.proxy.backend import backend

    async with backend() as real, start(upstream=real.url) as proxy:
        await proxy.send("POST", "/_devkit/api/sandboxes", json={"id": "w1"})
        for cookie in ("devkit_sandbox=w1; a=1", "a=1; devkit_sandbox=w1", "devkit_sandbox=w1"):
            await proxy.send("GET", "/anything", headers={"Cookie": cookie})
        sent = [[value.strip() for name, value in seen[2] if name.lower() == "cookie"] for seen in real.seen]
        assert sent == [["a=1"], ["a=1"], []]


BACKEND = """\
contract: library
accounts: true
resources:
  books: {fields: {title: string!}, owner: user, seed: 3}
"""


async def test_somebodys_own_backend_takes_it_too(tmp_path: Path) -> None:
    (tmp_path / "backend.yaml").write_text(BACKEND)
    async with served(tmp_path, memory=True) as (app, http):
        async with http.post("/_devkit/api/sandboxes", json={"id": "w1"}) as made:
            token = (await made.json())["token"]
        async with http.get("/books") as answer:
            assert answer.status == 401
        for _ in range(2):
            async with http.get("/books", headers={"Authorization": f"Bearer {token}"}) as answer:
                assert answer.status == 200, await answer.text()
        hosted = app.sandboxes.find("w1")
        assert hosted is not None
        assert len(hosted.sandbox.journal) == 2
