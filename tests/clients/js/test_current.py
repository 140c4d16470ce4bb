"""@devkit/test is of one piece with the server: version, and the types made of the control API's document."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from devkit import __version__
from devkit.cli.common import json_text
from devkit.control.answers.table import ANSWERS, Raw
from devkit.control.table import OPERATIONS, openapi

PACKAGE = Path(__file__).parents[3] / "clients" / "js"


def test_its_types_are_made_of_the_document_as_it_is() -> None:
    """`npm run generate` in clients/js makes them anew."""
    text = re.sub(r'^ {4}"version": .*\n', "", json_text(openapi()), count=1, flags=re.MULTILINE)
    digest = hashlib.sha256(text.encode()).hexdigest()
    for name in ("control.ts", "table.ts"):
        source = (PACKAGE / "src" / "generated" / name).read_text(encoding="utf-8")
        assert digest in source.splitlines()[0], f"{name} is not current"
    for operation in OPERATIONS:
        # What is a file on its way there or back is nothing for `control.call`.
        answer = ANSWERS[operation.id]
        is_file = operation.brings or (isinstance(answer, Raw) and "application/zip" in answer.media_types)
        row = f"'{operation.id}': {{method: '{operation.method}', path: '{operation.path}'"
        assert (row in source) != bool(is_file), operation.id


def test_it_has_the_servers_version() -> None:
    assert json.loads((PACKAGE / "package.json").read_text())["version"] == __version__
    assert json.loads((PACKAGE / "package-lock.json").read_text())["version"] == __version__
    assert f"VERSION = '{__version__}'" in (PACKAGE / "src" / "version.ts").read_text()


def test_it_depends_on_nothing_but_node() -> None:
    package = json.loads((PACKAGE / "package.json").read_text())
    assert "dependencies" not in package
    assert {*package["peerDependencies"]} == {*package["peerDependenciesMeta"]}
    assert all(one["optional"] for one in package["peerDependenciesMeta"].values())
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
