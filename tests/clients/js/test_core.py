"""What of @devkit/test depends on no runner: compiled here, and run by Node's own test runner against a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.clients.js.conftest import PACKAGE, Project

TESTS = PACKAGE / "test" / "core.test.mjs"


@pytest.mark.slow
def test_all_of_it_works(core: Project) -> None:
    told = core.done("node", "--test", "--test-reporter=tap", str(TESTS), DEVKIT_PACKAGE=str(core.folder / "core"))
    assert re.search(r"^# fail 0$", told, re.MULTILINE)
    assert not (core.folder / ".devkit" / "servers").exists() or not list(
        Path(core.folder, ".devkit", "servers").iterdir()
    )
