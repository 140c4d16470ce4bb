"""An answer of the real backend is kept as an example, and the mock answers so from then on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.conftest import Client, StartServer
from tests.proxy.backend import backend

FILE = "contract: shop\n# What nobody has built yet.\noperations:\n  tip: {GET: /tip, answer: {text: hi}}  # kind\n"


async def kept(client: Client) -> tuple[int, dict[str, str]]:
    number = next(entry.number for entry in reversed([*client.sandbox.journal]))
    answer = await client.send("POST", f"/_devkit/api/journal/{number}/keep")
    return answer.status, answer.json


async def test_it_is_written_into_the_file_that_is_served_and_served_at_once(
    start: StartServer, tmp_path: Path
) -> None:
    path = tmp_path / "backend.yaml"
    path.write_text(FILE)
    async with backend() as real, start(upstream=real.url, contract=(str(path),)) as client:
        was = (await client.send("GET", "/orders/3")).json
        status, told = await kept(client)
        assert (status, told) == (200, {"operation": "orders-3-get", "example": "kept", "file": str(path)})
        assert path.read_text().startswith(FILE)
        await client.send("PUT", "/_devkit/api/keep", json={"rules": {"*": "mock"}})
        async with asyncio.timeout(10):
            while (answer := await client.send("GET", "/orders/3")).status != 200:
                await asyncio.sleep(0.05)
        assert (answer.json, answer.headers["X-Devkit-Kept-By"]) == (was, "mock")


async def test_without_a_file_one_is_begun_which_can_be_served(start: StartServer, tmp_path: Path) -> None:
    path = tmp_path / ".devkit" / "kept.yaml"
    async with backend() as real, start(upstream=real.url) as client:
        for number in (3, 4):
            await client.send("GET", f"/orders/{number}")
        async with asyncio.timeout(5):
            while not any(one.id == "orders.get" for one in client.sandbox.contract.operations):
                await asyncio.sleep(0.01)
        for number in (5, 6):
            was = (await client.send("GET", f"/orders/{number}")).json
            assert await kept(client) == (
                200,
                {"operation": "orders.get", "example": str(number), "file": str(path)},
            )
    async with start(contract=(str(path),)) as client:
        assert (await client.send("GET", "/orders/6")).json == was


async def test_what_is_no_example_is_refused_with_the_reason(start: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "backend.yaml"
    path.write_text("contract: shop\nresources: {orders: {fields: {title: string}}}\n")
    async with backend() as real, start(upstream=real.url, contract=(str(path),)) as client:
        for target, why in (
            ("/orders/3", "kept by rows of backend.yaml"),
            ("/large", "first 8192 bytes"),
            ("/nothing", "Only an answer that is JSON"),
        ):
            await client.send("GET", target)
            status, told = await kept(client)
            assert (status, why in told["message"]) == (409, True), (target, told)
        assert (await client.send("POST", "/_devkit/api/journal/999/keep")).status == 404
