"""Rows of a contract on a server: what they begin with, resets, snapshots, an edited contract, and the next start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from devkit.config import Settings
from devkit.server.hosting.app import App, running
from devkit.server.hosting.backends import backend_for

BACKEND = """\
contract: library
resources:
  books:
    id: integer
    fields: {title: string!, pages: any}
    seed: 5
"""


@asynccontextmanager
async def served(folder: Path, **more: Any) -> AsyncIterator[tuple[App, aiohttp.ClientSession]]:
    file = folder / "backend.yaml"
    if not file.exists():
        file.write_text(BACKEND)
    settings = Settings(port=0, state_dir=folder, scenario_dir=folder / "scenarios", contract=(str(file),), **more)
    backend = await asyncio.to_thread(backend_for, settings)
    async with running(settings, None, backend) as (app, ready), aiohttp.ClientSession(ready.url) as http:
        yield app, http


async def titles(http: aiohttp.ClientSession, resource: str = "books", **headers: str) -> list[str]:
    async with http.get(f"/{resource}?limit=100", headers=headers) as response:
        assert response.status == 200, await response.text()
        return [row["title"] for row in (await response.json())["data"]]


async def add(http: aiohttp.ClientSession, **body: Any) -> int:
    async with http.post("/books", json=body) as response:
        assert response.status == 201, await response.text()
        made: int = (await response.json())["id"]
        return made


async def test_seeded_rows_are_there_come_back_with_a_reset_and_are_any_sandbox_s(tmp_path: Path) -> None:
    async with served(tmp_path, memory=True) as (app, http):
        seeded = await titles(http)
        assert len(seeded) == len(set(seeded)) == 5
        assert await add(http, title="Mine") == 6
        async with http.delete("/books/1") as response:
            assert response.status == 204
        assert len(await titles(http)) == 5
        await app.sandboxes.main.sandbox.save_snapshot("mine")
        await app.sandboxes.main.sandbox.reset()
        assert await titles(http) == seeded
        await app.sandboxes.main.sandbox.restore_snapshot("mine")
        assert (await titles(http))[0] == "Mine"
        async with http.post("/_devkit/api/sandboxes", json={"id": "other"}) as response:
            assert response.status in (200, 201), await response.text()
        assert await titles(http, **{"X-Devkit-Sandbox": "other"}) == seeded


async def test_the_next_start_has_what_was_kept_and_names_what_does_not_fit_its_contract(tmp_path, caplog):
    async with served(tmp_path, memory=False, db=tmp_path / "d.db") as (app, http):
        await add(http, title="Fits", pages=7)
        await add(http, title="Does not", pages="many")
        seeded = await titles(http)
    edited = BACKEND.replace("pages: any", "pages: integer?, stars: integer = 3").replace("seed: 5", "seed: 9")
    (tmp_path / "backend.yaml").write_text(edited + "  shelves:\n    fields: {title: string!}\n    seed: 2\n")
    caplog.clear()
    async with served(tmp_path, memory=False, db=tmp_path / "d.db") as (app, http):
        found = await titles(http)
        assert "Fits" in found
        assert "Does not" not in found
        assert "books 7 (pages: " in caplog.text
        assert len(await titles(http, "shelves")) == 2
        async with http.get("/books/6") as response:
            assert (await response.json())["stars"] == 3
        await app.sandboxes.main.sandbox.reset()
        assert len(await titles(http)) == 9
    assert len(seeded) == 7


async def test_an_edited_contract_goes_on_with_its_rows_and_those_that_are_new_in_it(tmp_path: Path) -> None:
    async with served(tmp_path, memory=False, db=tmp_path / "d.db") as (app, http):
        await add(http, title="Mine", pages=1)
        edited = BACKEND.replace("pages: any", "pages: integer?, isbn: string?")
        edited += "  shelves:\n    fields: {title: string!}\n    seed: 2\n"
        (tmp_path / "other.yaml").write_text(edited)
        settings = Settings(port=0, state_dir=tmp_path, contract=(str(tmp_path / "other.yaml"),))
        await app.adopt(await asyncio.to_thread(backend_for, settings))
        assert "Mine" in await titles(http)
        assert len(await titles(http, "shelves")) == 2
        async with http.get("/books/6") as response:
            assert (await response.json())["isbn"] is None
        await app.sandboxes.main.sandbox.reset()
        assert len(await titles(http, "shelves")) == 2
        assert "Mine" not in await titles(http)
