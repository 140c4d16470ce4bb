"""The recipes for HTTP clients, as printed: each is put into the file that it names, and run beside a server."""

from __future__ import annotations

import sys

import pytest

from tests.docs.blocks import BLOCKS, Block
from tests.docs.place import Place

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
NODE = ("node", "--test")
PLUGIN = (*PYTEST, "-p", "devkit.pytest_plugin")
PYTHON: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("docs/tests.md", "test_with_plugin.py"): (PLUGIN, "5 passed"),
    ("docs/tests.md", "test_with_any_client.py"): (PLUGIN, "2 passed"),
    ("docs/tests.md", "test_with_requests.py"): (PYTEST, "2 passed"),
    ("docs/tests.md", "test_with_httpx.py"): (PYTEST, "1 passed"),
    ("docs/tests.md", "with_urllib.py"): ((sys.executable,), "57 tasks"),
}
JAVASCRIPT: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("docs/tests.md", "fetch.test.mjs"): (NODE, "# pass 2"),
    ("docs/tests.md", "supertest.test.mjs"): (NODE, "# pass 1"),
}
"""Block → what runs its file, and what that says when all is well."""
RUN = {*PYTHON, *JAVASCRIPT}


def blocks(table: dict[tuple[str, str], tuple[tuple[str, ...], str]]) -> list[Block]:
    return [one for one in BLOCKS if one.key in table]


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(PYTHON), ids=lambda block: block.title)
async def test_a_recipe_in_python_works(place: Place, block: Block) -> None:
    await works(place, block, *PYTHON[block.key])


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks(JAVASCRIPT), ids=lambda block: block.title)
async def test_a_recipe_in_javascript_works(project: Place, block: Block) -> None:
    await works(project, block, *JAVASCRIPT[block.key])


async def works(place: Place, block: Block, command: tuple[str, ...], said: str) -> None:
    """It does what it should, in a sandbox that is gone in the end: nobody else sees anything of it."""
    place.prepare({block.title: block.text})
    before = len(place.call("GET", "/_devkit/api/journal?limit=100")["data"])
    done = await place.run(*command, block.title)
    assert done.status == 0, done.output
    assert said in done.output, done.output
    assert [one["id"] for one in place.call("GET", "/_devkit/api/sandboxes")["data"]] == ["main"]
    assert len(place.call("GET", "/_devkit/api/journal?limit=100")["data"]) == before
