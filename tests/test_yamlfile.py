from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from devkit import yamlfile
from devkit.errors import FileError


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str
    age: int = 0


class People(BaseModel):
    model_config = ConfigDict(extra="forbid")

    people: list[Person]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (b"", None, "is empty"),
        (b"# only this\n", None, "is empty"),
        (b"~\n", None, "is empty"),
        (b"a:\n\tb: 1\n", 2, "tab"),
        (b"a: 1\nb: 2\na: 3\n", 3, "'a' stands here twice"),
        (b"a: &x [1]\nb: *x\n", 2, "alias"),
        (b"a: 1\n---\nb: 2\n", 2, "second document"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        (b"a: [1, 2\n", 2, "expected"),
        (b"a: !!python/object:os.system {}\n", 1, "a tag"),
        (b"a: !secret x\n", 1, "make sense"),
        (b"[1, 2]: x\n", 1, "no plain text"),
        (b"[" * 60 + b"]" * 60, 1, "levels deep"),
    ],
)
def test_what_is_not_strict_yaml_is_told_with_its_line(
    tmp_path: Path, text: bytes, line: int | None, told: str
) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    with pytest.raises(FileError, match=told) as caught:
        yamlfile.read(path)
    assert caught.value.line == line
    assert str(path) in caught.value.message


def test_a_complaint_quotes_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("people:\n  - email: a@b.test\n    agee: 3\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"unknown key 'agee'\. Did you mean 'age'") as caught:
        yamlfile.read(path).parse(People)
    assert (caught.value.line, caught.value.column) == (3, 5)
    assert "    agee: 3" in caught.value.message
    assert caught.value.remedy == "Known keys: email, age."


def test_a_missing_key_is_told_at_its_mapping(tmp_path: Path) -> None:
    document = yamlfile.parse(tmp_path / "x.yaml", "people:\n  - age: 3\n")
    with pytest.raises(FileError, match="'email' is missing") as caught:
        document.parse(People)
    assert caught.value.line == 2


def test_a_value_of_the_wrong_type_is_told_at_its_key(tmp_path: Path) -> None:
    document = yamlfile.parse(tmp_path / "x.yaml", "people:\n  - email: a\n    age: old\n")
    with pytest.raises(FileError, match=r"people\.0\.age") as caught:
        document.parse(People)
    assert caught.value.line == 3


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        yamlfile.read(tmp_path / "none.yaml")


def test_a_byte_order_mark_and_dates_are_taken_as_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("\ufeffa: 2026-01-20\n".encode())
    document = yamlfile.read(path)
    assert document.value == {"a": "2026-01-20"}
    assert document.line(("a",)) == 1
