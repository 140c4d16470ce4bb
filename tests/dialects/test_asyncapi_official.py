"""The AsyncAPI document before the specification's own judges: its JSON Schema, and its parser with further rules.

Both come from npm, so this runs on demand (`tests/node.py`).
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from devkit.dialects.asyncapi import document
from devkit.dialects.base import Dialect
from devkit.dialects.shipped import DIALECTS
from tests.node import node_modules, run_node

PARSER = "@asyncapi/parser@3.6.3"

JUDGE = """
import {readFileSync} from "node:fs";
import {Parser} from "@asyncapi/parser";

const {document, diagnostics} = await new Parser().parse(readFileSync(process.argv[1], "utf8"));
const found = diagnostics.map(({severity, code, path, message}) => ({severity, code, message, path: path.join("/")}));
console.log(JSON.stringify({understood: document !== undefined, found}));
"""

WARNING = 1
"""The parser's severities: 0 an error, 1 a warning; above are hints, such as that there is a newer specification."""


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    return node_modules(request.config.cache, "asyncapi", PARSER)  # type: ignore[arg-type]


@pytest.fixture(params=[(), *((dialect.name,) for dialect in DIALECTS)], ids=lambda names: "-".join(names) or "all")
def dialects(request: pytest.FixtureRequest) -> list[Dialect]:
    return [DIALECTS[name] for name in request.param] or [*DIALECTS]


def test_it_is_valid_by_the_specifications_schema(folder: Path, dialects: list[Dialect]) -> None:
    schema = json.loads((folder / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text("utf-8"))
    judge = jsonschema_rs.validator_for(schema)
    found = document(dialects)
    assert [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in judge.iter_errors(found)] == []
    assert not judge.is_valid({**found, "channels": []})


def test_the_official_parser_has_nothing_against_it(folder: Path, tmp_path: Path, dialects: list[Dialect]) -> None:
    file = tmp_path / "asyncapi.json"
    file.write_text(json.dumps(document(dialects)), encoding="utf-8")
    verdict = json.loads(run_node(folder, JUDGE, str(file)))
    assert verdict["understood"]
    assert [found for found in verdict["found"] if found["severity"] <= WARNING] == []
