"""The walk of a frontend developer's first day, in one piece: from registering to the 401 after signing out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import aiohttp

from tests.conftest import StartServer
from tests.contract.wire import ORIGIN, PASSWORD, Listener, form, mailbox


async def test_from_registering_to_the_401_after_signing_out(start: StartServer) -> None:
    # Cookies without Secure: this client is as strict as Safari about them on http://localhost.
    async with start(cookies_secure=False) as client:
        client.http.headers["Origin"] = ORIGIN
        account = {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "email": "ada@example.com",
            "password": PASSWORD,
            "confirmPassword": PASSWORD,
        }
        registered = await client.send("POST", "/api/auth/register", json=account)
        assert registered.status == 201

        credentials = {"email": "ada@example.com", "password": PASSWORD}
        assert (await client.send("POST", "/api/auth/login", json=credentials)).status == 403

        mail = mailbox(client, "ada@example.com")[0]
        assert mail.link
        assert mail.link in mail.text
        verified = await client.send("GET", mail.link)
        assert (verified.status, verified.json["redirect"]) == (200, "/login")

        login = await client.send("POST", "/api/auth/login", json=credentials)
        assert (login.status, login.json["user"]["id"]) == (200, registered.json["userId"])
        assert login.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert (await client.send("GET", "/api/auth/me")).json == login.json

        for number in range(45):
            created = await client.send("POST", "/api/tasks", json={"title": f"Task {number:02}"})
            assert created.status == 201
        seen: list[str] = []
        following = "/api/tasks?sort=title"
        pages = 0
        while following:
            page = await client.send("GET", following)
            assert (page.status, page.json["total"], page.headers["X-Total-Count"]) == (200, 45, "45")
            seen += [task["title"] for task in page.json["data"]]
            found = re.search(r'<([^>]+)>; rel="next"', page.headers["Link"])
            following, pages = found[1] if found else "", pages + 1
        assert (pages, seen) == (3, [f"Task {number:02}" for number in range(45)])

        async with client.http.ws_connect("/ws") as socket:
            listener = Listener(socket)
            assert (await listener.next())["user_id"] == registered.json["userId"]
            assert (await listener.say(type="subscribe", topics=["uploads", "tasks"]))["status"] == "subscribed"
            sent = await client.send("POST", "/api/uploads", data=form(("notes.txt", b"Bernoulli" * 50_000)))
            assert sent.status == 201
            assert (await listener.until("upload_complete"))["upload"] == sent.json
            percents = [frame["percent"] for frame in listener.heard if frame["type"] == "upload_progress"]
            assert (percents[0], percents[-1]) == (0, 100)
            assert (await client.send("GET", urlsplit(sent.json["url"]).path)).body == b"Bernoulli" * 50_000

            out = await client.send("POST", "/api/auth/logout")
            assert (out.status, out.body) == (204, b"")
            assert await listener.closed() == 4401

        after = await client.send("GET", "/api/tasks")
        assert (after.status, after.json["error"]) == (401, "unauthorized")
        old = {"Authorization": f"Bearer {login.cookies['auth-token']}"}
        async with aiohttp.ClientSession(client.url) as stranger, stranger.get("/api/tasks", headers=old) as kept:
            assert (kept.status, (await kept.json())["error"]) == (401, "token_revoked")
