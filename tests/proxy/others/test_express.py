"""Express 5 on Node behind devkit."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import StartServer
from tests.proxy.others.playing import Visitor, both, program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def url(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    files = tmp_path_factory.mktemp("static")
    (files / "long.txt").write_text("".join(f"line {n}\n" for n in range(20_000)))
    os.utime(files / "long.txt", (1_700_000_000, 1_700_000_000))
    with program("node", "express_app.mjs", str(files), folder=modules, NODE_ENV="production") as address:
        yield address


async def test_an_app_of_it_is_the_same_through_devkit(start: StartServer, url: str) -> None:
    async def play(visitor: Visitor) -> None:
        ask = visitor.ask
        await ask("GET", "/me")
        await ask("POST", "/login", json={"name": "Ada"})
        await ask("GET", "/me")
        await ask("POST", "/login", data=b"{", headers={"Content-Type": "application/json"})
        await ask("POST", "/form", data={"from": "a&b"})
        await ask("POST", "/logout")
        await ask("GET", "/me")
        whole = await ask("GET", "/static/long.txt")
        for method in ("HEAD", "OPTIONS", "POST"):
            await ask(method, "/static/long.txt")
        await ask("GET", "/static/long.txt", headers={"If-None-Match": whole.headers["ETag"]})
        await ask("GET", "/static/long.txt", headers={"Range": "bytes=10-19"})
        await ask("GET", "/static/long.txt", headers={"Range": "bytes=9999999-"})
        await ask("GET", "/static")
        await ask("GET", "/packed/long.txt", headers={"Accept-Encoding": "gzip"})
        await ask("GET", "/packed/long.txt", headers={"Accept-Encoding": "gzip, br"})
        await ask("GET", "/chunks", headers={"Accept-Encoding": "gzip"})
        await ask("GET", "/chunks")
        await ask("GET", "/ended")
        await ask("GET", "/hints")
        await ask("GET", "/fails")
        await ask("GET", "/nowhere")
        await ask("GET", "/seen")
        await ask("GET", "/named")

    seen = await both(play, url, start)
    statuses = [200, 201, 200, 400, 302, 204, 200, 200, 200, 404, 404, 304, 206, 416, 301, 200, 200, 200, 200, 200, 200]
    assert [one.status for one in seen] == [*statuses, 418, 404, 200, 200]
    assert [json.loads(seen[place].body)["name"] for place in (0, 2, 6)] == [None, "Ada", None]
    assert seen[19].body == "broke off"
    assert [dict(seen[place].fields)["Content-Encoding"] for place in (15, 16, 17)] == ["gzip", "br", "gzip"]
