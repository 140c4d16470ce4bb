"""Resumable uploads: @tus/server behind devkit, as its official client sees it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartServer
from tests.proxy.others.playing import program

pytestmark = pytest.mark.slow


@pytest.fixture
def url(modules: Path, tmp_path: Path) -> Iterator[str]:
    with program("node", "tus_server.mjs", str(tmp_path / "uploads"), folder=modules) as address:
        yield address


async def played(modules: Path, address: str) -> Any:
    command = ("node", "tus_play.mjs", address)
    process = await asyncio.create_subprocess_exec(*command, cwd=modules, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return json.loads(output)


async def test_uploads_are_resumed_as_without_devkit(start: StartServer, modules: Path, url: str) -> None:
    direct = await played(modules, url)
    async with start(upstream=url) as client:
        through = await played(modules, client.url)
    place = next(index for index, step in enumerate(direct) if step[0] == "resumed")
    assert through[: place + 1] == direct[: place + 1]
    # Where a break-off finds an upload differs from one time to the next; how it ends does not.
    assert [step for step in through if step[0] not in {"POST", "PATCH", "HEAD"}] == [
        step for step in direct if step[0] not in {"POST", "PATCH", "HEAD"}
    ]
    created = next(step for step in through if step[0] == "POST")
    assert created[:4] == ["POST", "<origin>/files", 201, "<origin>/files/<id>"]
    assert [step for step in through if step[0] == 2_500_000] == [[2_500_000, True]] * 3
    assert ["after a break-off", "<origin>/files/<id>", True] in through
