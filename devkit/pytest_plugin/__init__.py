"""The pytest plugin: a server for the suite, and a backend of its own for each test that asks for `devkit`.

pytest loads this module in every suite of an environment that has devkit: it imports nothing of devkit before a test
asks for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from devkit.pytest_plugin.handle import Devkit
    from devkit.pytest_plugin.server import Server
    from devkit.pytest_plugin.servers import Servers

MARKER = (
    "devkit(scenario=…, clock=…, frozen=…, seed=…, contract=…, dialect=…): how the test's sandbox begins, and which "
    "server it is in"
)
_HELD = pytest.StashKey["Devkit"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("devkit").addoption(
        "--devkit-url",
        metavar="URL",
        help="a devkit server that runs already, for the fixture `devkit`; else DEVKIT_URL, else one is started",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)


# Wrappers of the old kind, which every pytest knows: this one may be loaded by any.
@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    outcome = yield
    if isinstance(collector, pytest.Module | pytest.Class):
        marked = [item for item in outcome.get_result().result or () if _is_marked(item)]
        if marked:
            from devkit.pytest_plugin.marks import complaint

            if told := complaint(marked):
                report = outcome.get_result()
                report.outcome, report.longrepr, report.result = "failed", told, []


def _is_marked(node: pytest.Item | pytest.Collector) -> bool:
    return isinstance(node, pytest.Item) and node.get_closest_marker("devkit") is not None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    held = item.stash.get(_HELD, None)
    if held is not None and outcome.get_result().failed:
        from devkit.pytest_plugin.telling import sections

        outcome.get_result().sections += sections(held, call)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    for side in (left, right):
        if type(side).__module__.startswith("devkit.pytest_plugin."):
            from devkit.pytest_plugin.telling import compared

            return compared(op, left, right)
    return None


@pytest.fixture(scope="session")
def _devkit_servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    from devkit.pytest_plugin.servers import Servers

    with Servers.of(request.config, tmp_path_factory.getbasetemp()) as servers:
        yield servers


@pytest.fixture(scope="session")
def devkit_server(_devkit_servers: Servers) -> Server:
    """The suite's server: one, however many workers there are. It ends when the last of them does."""
    return _devkit_servers.usual()


@pytest.fixture
def devkit(request: pytest.FixtureRequest, _devkit_servers: Servers) -> Iterator[Devkit]:
    """A backend of the test's own: data, clock, mails, failures and journal that no other test has."""
    from devkit.pytest_plugin.marks import wanted

    with _devkit_servers.sandbox(request.node, wanted(request.node)) as made:
        request.node.stash[_HELD] = made
        yield made
