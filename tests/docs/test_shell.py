"""Every shell block of the pages, typed into a bash beside a server that runs; only the server's address is another."""

from __future__ import annotations

import json

import pytest

from tests.docs.blocks import BLOCKS, Block
from tests.docs.place import Place

SAYS: dict[tuple[str, str], tuple[str, ...]] = {
    ("README.md", ".venv/bin/devkit scenario list                     # what can go wrong"): (
        "expired-token",
        "auth.login",
        "HTTP/1.1 503",
        "X-Devkit-Fault",
    ),
    ("README.md", ".venv/bin/devkit contract init                     # a backend.yaml to begin with"): (
        "wrote backend.yaml",
        "Dialects",
        "Ctrl-C stops it",
    ),
    ("README.md", ".venv/bin/devkit demo"): ("Panel", "Ctrl-C stops it"),
    ("docs/demo.md", "devkit demo"): ("Panel", "Ctrl-C stops it"),
    ("docs/verify.md", "devkit verify http://localhost:8000 --suite cors,cookies --junit verify.xml"): (
        "✓ Are the session's cookies out of reach of scripts?",
        "PASSED",
    ),
    ("docs/assistants.md", "devkit init --agents"): ("AGENTS.md", "llms.txt"),
    ("docs/frontends.md", "DEVKIT_AUTH_TRANSPORT=both devkit serve"): ("Address", "Ctrl-C stops it"),
}
"""Block → what it must have said."""
WALK = ("README.md", "url=http://localhost:8000/api")
SCHEMA = ("docs/scenarios.md", "devkit scenario schema > scenarios/schema.json")
RUN = {*SAYS, WALK, SCHEMA}


@pytest.mark.slow
@pytest.mark.parametrize("block", [one for one in BLOCKS if one.key in SAYS], ids=lambda block: block.id)
async def test_a_shell_block_runs_as_printed(place: Place, block: Block) -> None:
    place.prepare({})
    done = await place.shell(block.text)
    assert done.status == 0, done.output
    assert [words for words in SAYS[block.key] if words not in done.output] == [], done.output
    assert "Traceback" not in done.output


@pytest.mark.slow
async def test_the_readmes_walk_meets_no_error_but_its_last(place: Place) -> None:
    """The README says of the last call that it is refused."""
    [walk] = [one for one in BLOCKS if one.key == WALK]
    place.prepare({})
    done = await place.shell("curl() { command curl -sS -w '\\n' \"$@\"; }\n" + walk.text)
    assert done.status == 0, done.output
    assert done.output.count('"error"') == 1, done.output
    assert json.loads(done.output.splitlines()[-1])["error"] == "token_revoked"


async def test_the_schema_for_editors_is_written(place: Place) -> None:
    place.prepare({})
    [block] = [one for one in BLOCKS if one.key == SCHEMA]
    assert (await place.shell(block.text)).status == 0
    assert json.loads((place.folder / "scenarios" / "schema.json").read_text())["title"]
