from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from devkit.contract.resources import Resource
from devkit.storage.database import Database, FileDatabase, MemoryDatabase
from tests.rows.shop import Shop, fill

Open = Callable[..., Shop]


@pytest.fixture(params=["file", "memory"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    found: Database = await FileDatabase.open(tmp_path / "x.db") if request.param == "file" else MemoryDatabase()
    await found.write(fill)
    yield found
    await found.close()


@pytest.fixture
def shop(database: Database) -> Open:
    def opened(*kinds: Resource, **more: Any) -> Shop:
        return Shop(database, *kinds, **more)

    return opened
