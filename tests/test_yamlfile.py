from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from devkit import yamlcore, yamlfile
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
        (b"a: !secret x\n", 1, "a tag"),
        (b"a: !!binary aGk=\n", 1, "a tag"),
        (b"a: !!int x\n", 1, "make sense"),
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12:30", "12:30"),
        ("1:30:00", "1:30:00"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("On", "On"),
        ("y", "y"),
        ("2026-01-20", "2026-01-20"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("<<", "<<"),
        ("=", "="),
        ("010", 10),
        ("0123", 123),
        ("08", 8),
        ("0o17", 15),
        ("0x1F", 31),
        ("-12", -12),
        ("1e3", 1000.0),
        ("1E-2", 0.01),
        ("+.5", 0.5),
        ("1.", 1.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("inf", "inf"),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("'010'", "010"),
        ('"true"', "true"),
        ("!!str 010", "010"),
        ("!!int 010", 10),
        ("! 12", "12"),
    ],
)
def test_a_plain_word_means_what_the_core_schema_says(tmp_path: Path, written: str, meant: object) -> None:
    """YAML 1.2.2, section 10.3.2; PyYAML's own are those of YAML 1.1."""
    value = yamlfile.parse(tmp_path / "x.yaml", f"a: {written}\n").value["a"]
    assert (type(value), value) == (type(meant), meant)


def test_what_is_no_number_is_none_either(tmp_path: Path) -> None:
    value = yamlfile.parse(tmp_path / "x.yaml", "a: .nan\n").value["a"]
    assert value != value  # noqa: PLR0124 - that is what it is known by


WORDS = st.one_of(
    st.text(max_size=8),
    st.from_regex(r"\A[-+]?[0-9][0-9_:.]{0,6}([eE][-+]?[0-9]{1,2})?\Z"),
    st.sampled_from(["12:30", "NO", "yes", "010", "0o17", "1e3", "0x1f", "~", "null", "=", "<<", ".inf", "2026-01-20"]),
)
PLAIN = st.recursive(
    WORDS | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_what_is_written_is_read_as_it_was(value: object) -> None:
    """Reader and writer agree, and a reader of YAML 1.1 sees the same texts."""
    text = yamlcore.dump({"value": value}, width=110)
    assert yamlfile.parse(Path("x.yaml"), text).value == {"value": value}
    assert yaml.safe_load(text) == {"value": value}


def test_all_mistakes_of_a_file_are_told_in_its_order(tmp_path: Path) -> None:
    text = "people:\n  - emial: a\n    age: old\n  - email: b\n    agee: 3\n  - age: 4\n  - email: 010\n"
    with pytest.raises(FileError) as caught:
        yamlfile.parse(tmp_path / "x.yaml", text).parse(People)
    assert [(one.line, one.problem) for one in caught.value.mistakes] == [
        (2, "unknown key 'emial'. Did you mean 'email'?"),
        (3, "people.0.age: input should be a valid integer, unable to parse string as an integer"),
        (5, "unknown key 'agee'. Did you mean 'age'?"),
        (6, "the key 'email' is missing"),
        (7, "people.3.email: must be text, and 010 without quotes is none: write '010'"),
    ]


def test_what_yaml_allows_and_we_do_not_is_told_all_at_once(tmp_path: Path) -> None:
    text = "a: &x 1\nb: *x\nc: !secret y\na: 2\nd: [1\n"
    with pytest.raises(FileError) as caught:
        yamlfile.parse(tmp_path / "x.yaml", text)
    assert [one.line for one in caught.value.mistakes] == [2, 3, 4, 6]
    assert "this is not YAML" in caught.value.mistakes[-1].problem
