"""A document that was read once is kept in a folder, and read anew when anything of it has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devkit.blueprint.base import Blueprint
from devkit.blueprint.documents import compiled
from devkit.blueprint.documents.loading import load
from tests.blueprint.documents.writing import answer, document, takes, written

ORDER = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": ["string", "null"]}}}


def _written(folder: Path) -> Path:
    written(folder, ORDER, "order.json")
    listed = answer({"type": "array", "items": {"$ref": "order.json"}})
    page = {"name": "page", "in": "query", "schema": {"type": "integer", "maximum": 10**30}}
    paths = {
        "/orders": {"get": {"parameters": [page], "responses": listed}, "post": {"requestBody": takes(ORDER)}},
        "/orders/{id}": {"get": {"responses": answer({"$ref": "order.json"})}},
        "/rates": {"get": {"security": [{"key": []}], "responses": answer({})}},
    }
    keys = {"securitySchemes": {"key": {"type": "apiKey", "in": "cookie", "name": "sid"}}}
    return written(folder, document(paths, components=keys))


def _told(blueprint: Blueprint) -> dict[str, Any]:
    resources = {name: vars(resource) for name, resource in blueprint.resources.items()}
    return vars(blueprint) | {"resources": resources}


def test_what_was_kept_is_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = _written(tmp_path), tmp_path / "data" / "contracts"
    first = load(path, cache)

    monkeypatch.setattr("devkit.blueprint.documents.loading._Reader", None)  # nothing is read again
    second = load(path, cache)

    assert _told(second) == _told(first)
    assert [type(operation.keeping).__name__ for operation in second.operations] == [*["ByResource"] * 3, "ByAnswer"]


@pytest.mark.parametrize("changed", ["openapi.json", "order.json"])
def test_a_change_of_any_file_is_seen(tmp_path: Path, changed: str) -> None:
    path, cache = _written(tmp_path), tmp_path / "data"
    load(path, cache)
    before = (tmp_path / changed).read_text()
    (tmp_path / changed).write_text(before.replace('"object"', '"object", "title": "New"').replace('"Shop"', '"Stall"'))

    again = load(path, cache)

    assert "Stall" in again.title or again.components["order"]["title"] == "New"


@pytest.mark.parametrize("spoiled", [b"", b"{}", b'{"version": 1}', b"\xff"])
def test_what_cannot_be_used_is_read_anew(tmp_path: Path, spoiled: bytes) -> None:
    path, cache = _written(tmp_path), tmp_path / "data"
    load(path, cache)
    (kept,) = cache.iterdir()
    kept.write_bytes(spoiled)

    assert load(path, cache).resources
    assert len(kept.read_bytes()) > 100


def test_another_version_reads_it_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = _written(tmp_path), tmp_path / "data"
    load(path, cache)
    (kept,) = cache.iterdir()
    before = kept.read_bytes()

    monkeypatch.setattr(compiled, "_FORM", 0)
    load(path, cache)

    assert kept.read_bytes() != before


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    path = _written(tmp_path)
    (tmp_path / "data").write_text("in the way")

    assert load(path, tmp_path / "data").resources
