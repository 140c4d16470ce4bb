"""Suites of others, played: small test files that use the plugin as people do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.pytest_plugin.server import Server
from devkit.pytest_plugin.servers import Servers

Play = Callable[..., pytest.RunResult]

ALONE = ("-p", "devkit.pytest_plugin", "-p", "no:cacheprovider", "-q", "-o", "filterwarnings=error")
"""Without what else is installed here, so that a suite starts in no time."""


@pytest.fixture
def nothing_blocks_the_loop() -> None:
    """Here it may: a suite that is played in this process waits for a server that is another one."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all suites that need none of their own."""
    folder = tmp_path_factory.mktemp("servers")
    with Servers(folder, folder, None) as servers:
        yield servers.usual()


@pytest.fixture
def play(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Run a suite of that one file, in this process or (`apart`) in one of its own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("DEVKIT_URL", "DEVKIT_SANDBOX", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)

    def play(code: str, *arguments: str, apart: bool = False, **files: str) -> Any:
        pytester.makepyfile(test_suite=code)
        for name, text in files.items():
            Path(pytester.path, name.replace("_yaml", ".yaml")).write_text(text)
        run = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return run(*ALONE, *arguments)

    return play


@pytest.fixture
def suite(play: Play, server: Server) -> Play:
    """The same against the shared server."""

    def suite(code: str, *arguments: str, **more: Any) -> Any:
        return play(code, "--devkit-url", server.url, *arguments, **more)

    return suite
