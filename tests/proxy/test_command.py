"""The guide to the proxy: its command and its settings, as somebody types them."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path

from devkit.config import load
from tests.docs.blocks import BLOCKS
from tests.process import serving
from tests.proxy.backend import backend

PAGE = "docs/proxy.md"
ALL = {block.language: block for block in BLOCKS if block.page == PAGE}
RUN = {block.key for block in BLOCKS if block.page == PAGE}


def _get(url: str) -> tuple[object, str | None]:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - an address of the test's own
        return json.load(answer), answer.headers["X-Devkit-Kept-By"]


def _through(folder: Path, arguments: list[str]) -> tuple[object, str | None]:
    with serving(folder, *arguments, "--memory", command="proxy") as process:
        return _get(f"{process.url}/orders/2")


async def test_the_command_stands_in_front_of_the_backend(tmp_path: Path) -> None:
    devkit, proxy, address = ALL["sh"].text.split()
    assert (devkit, proxy, address) == ("devkit", "proxy", "http://localhost:9000")
    async with backend() as real:
        found = await asyncio.to_thread(_through, tmp_path, [real.url])
    assert found == ({"id": 2, "title": "Row 2"}, "real")


def test_the_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "devkit.yaml").write_text(ALL["yaml"].text)
    settings = load({}, {}, tmp_path).settings
    assert settings.upstream == "http://localhost:9000"
    assert settings.keep == (("*", "real"), ("invoices.*", "mock"))


def test_there_is_no_block_that_nobody_looks_at() -> None:
    assert len(RUN) == len(ALL)
