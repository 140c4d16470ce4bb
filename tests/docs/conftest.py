from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.place import Place, made
from tests.node import node_modules

PACKAGES = ("@playwright/test@1.65.1", "supertest@7.2.2")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all blocks that a process runs: to start it takes longer than most of them."""
    with made(tmp_path_factory.mktemp("reader")) as place:
        yield place


@pytest.fixture(scope="session")
def project(place: Place, request: pytest.FixtureRequest) -> Place:
    """The same, with what the pages' JavaScript imports."""
    cache: pytest.Cache = request.config.cache  # type: ignore[assignment]  # always there, unless switched off
    modules: Path = node_modules(cache, "docs", *PACKAGES)
    (place.folder / "node_modules").symlink_to(modules / "node_modules")
    (place.folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    return place
