"""Whatever describes a backend is told by what stands in it (issue 16, "Bad input")."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.blueprint.reading import read
from devkit.contract.shipped import CONTRACT
from devkit.errors import FileError

OPENAPI = '{"info": {"title": "T", "version": "1"}, "openapi": "3.1.0", "paths": {"/a": {"get": {"responses": {}}}}}'


@pytest.mark.parametrize(
    ("name", "text", "called"),
    [
        ("a.yaml", "# mine\ncontract: shop\nopenapi: other.yaml\n", "no file"),
        ("a.txt", "contract: shop\noperations: {a: {GET: /a, answer: 1}}\n", "shop"),
        ("a.json", '{"contract": "shop", "operations": {"a": {"GET": "/a", "answer": 1}}}', "shop"),
        ("a.json", '{"operations": {"a": {"GET": "/a", "answer": 1}}, "contract": "shop"}', "shop"),
        ("doc.json", OPENAPI, "doc"),
        ("doc.yaml", OPENAPI, "doc"),
        ("doc.yaml", "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {responses: {}}}}\n", "doc"),
        ("doc.yaml", '"openapi": 3.1.0\n"info": {title: T}\n"paths": {/a: {get: {responses: {}}}}\n', "doc"),
    ],
)  # fmt: skip
def test_a_file_is_what_stands_in_it(tmp_path: Path, name: str, text: str, called: str) -> None:
    (tmp_path / name).write_text(text)
    if called == "no file":
        with pytest.raises(FileError, match=r"there is no file '.*other.yaml'"):
            read(tmp_path / name, CONTRACT)
    else:
        assert read(tmp_path / name, CONTRACT).name == called


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.yaml", "", "is empty"),
        ("a.yaml", "hello\n", "is neither a contract of yours nor an OpenAPI document"),
        ("a.json", "[1, 2]", "is neither a contract of yours nor an OpenAPI document"),
        ("a.json", '{"log": {"entries": []}}', "looks like a recording (HAR)"),
        ("a.json", '{"info": {"schema": "x"}, "item": []}', "looks like a Postman collection"),
        ("a.yaml", "asyncapi: 3.0.0\n", "looks like an AsyncAPI document"),
        ("a.json", '{"openapi": "3.1.0"', "is not JSON"),
        ("a.json", '{"other": 1', "is not JSON"),
        ("a.yaml", "swagger: '2.0'\n", "this is Swagger 2.0"),
        ("a.json", '{"swagger": "2.0"}', "this is Swagger 2.0"),
        ("a.yaml", "contrct: shop\nresources: {a: {}}\n", "unknown key 'contrct'. Did you mean 'contract'?"),
        ("a.yaml", "contrat: shop\n", "unknown key 'contrat'. Did you mean 'contract'?"),
        ("a.yaml", "resources: {a: {}}\n", "the key 'contract' is missing"),
        ("a.yaml", "contract: {a\n", "this is not YAML"),
        ("missing.yaml", None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_neither_is_told_as_what_it_is(tmp_path: Path, name: str, text: str | None, problem: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(FileError) as raised:
        read(tmp_path / name, CONTRACT)
    assert problem in raised.value.problem


def test_a_folder_is_no_contract(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        read(tmp_path, CONTRACT)


def test_what_is_too_large_is_not_even_opened(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(FileError, match="has 100 MiB; more than 64 MiB are not read"):
        read(large, CONTRACT)
