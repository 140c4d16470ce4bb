"""What openapi-typescript makes of a backend of one's own: types that compile, and that say what the file says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from devkit.blueprint.file.starter import starter
from devkit.blueprint.reading import read
from devkit.contract.shipped import CONTRACT
from devkit.dialects.openapi.document import document
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from tests.node import node_modules

GENERATOR, COMPILER = "openapi-typescript@7.13.0", "typescript@5.9.3"
USED = """\
import type {components, paths} from "./types";

type Order = components["schemas"]["Order"];
type NewOrder = paths["/api/orders"]["post"]["requestBody"]["content"]["application/json"];
type Listed = paths["/api/orders"]["get"]["responses"][200]["content"]["application/json"];

const given: NewOrder = {customer: "c", placed_at: "2026-01-20T10:00:00Z"};
export const statusOf = (order: Order): "draft" | "paid" | "shipped" | null => order.status ?? null;
export const first = (listed: Listed): string | undefined => listed.data[0]?.id;
export const sent = JSON.stringify(given);
"""
WRONG = 'const wrong: NewOrder = {customer: 5, placed_at: "2026-01-20T10:00:00Z"};\n'


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    return node_modules(request.config.cache, "types", GENERATOR, COMPILER)  # type: ignore[arg-type]


def test_types_of_a_backend_of_ones_own_compile_and_know_its_fields(folder: Path, tmp_path: Path) -> None:
    """It is the file that `devkit contract init` writes."""
    file = tmp_path / "backend.yaml"
    file.write_text(starter("shop"), encoding="utf-8")
    described = document(backend_of(read(file, CONTRACT), BACKEND).chosen(()))
    (tmp_path / "openapi.json").write_text(json.dumps(described), encoding="utf-8")
    bin_ = folder / "node_modules" / ".bin"
    subprocess.run(
        [bin_ / "openapi-typescript", "openapi.json", "-o", "types.ts"], cwd=tmp_path, check=True, capture_output=True
    )

    def compiled(text: str) -> str:
        (tmp_path / "used.ts").write_text(text, encoding="utf-8")
        command = [bin_ / "tsc", "--noEmit", "--strict", "--skipLibCheck", "used.ts"]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True).stdout

    assert compiled(USED) == ""
    assert "Type 'number' is not assignable to type 'string'" in compiled(USED + WRONG)
