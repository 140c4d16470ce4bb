"""What npm's servers need. They take a minute, so they run by a command of their own (CONTRIBUTING.md)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.node import locked_modules
from tests.proxy.others.playing import HERE

VARIABLE = "DEVKIT_TEST_OTHERS"


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest) -> Path:
    """A folder with the servers' scripts beside the modules that `package-lock.json` pins."""
    if os.environ.get(VARIABLE) != "1":
        pytest.skip(f"{VARIABLE}=1 runs servers of npm's")
    return locked_modules(request.config.cache, HERE)  # type: ignore[arg-type]  # always there, unless switched off
