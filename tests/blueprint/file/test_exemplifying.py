"""An answer is written into a `backend.yaml`, and nothing else in it is touched."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml

from devkit.blueprint.file.exemplifying import Example, NoRoom, with_example

FILE = """\
# Ours, and dear to us.
contract: shop   # the shop

resources:
  orders: {fields: {name: string!}}   # rows

operations:
  # The weather comes from elsewhere.
  forecast:
    GET: /forecast/{day}
    answers:
      monday: {sky: blue}     # as ever
      tuesday:
        sky: grey

  rates: {GET: /rates, answers: {usual: [1, 2]}}   # in one line
  tip:
    GET: /tip
    schema: {type: object}
  fixed: {GET: /fixed, answer: 1}
  quote: {POST: /quotes, function: "prices.py:quote"}

# The end.
"""


def example(name: str, value: Any, **more: Any) -> Example:
    return Example(**{"name": name, "method": "GET", "path": f"/{name}", "example": "kept", "value": value, **more})


def added(text: str, one: Example) -> str:
    """The lines that are new; none is taken away, but where something was added within one."""
    lines = list(difflib.ndiff(text.splitlines(), with_example(text, one).splitlines()))
    return "\n".join(line[2:] for line in lines if line.startswith("+ "))


def test_a_new_operation_stands_behind_the_others() -> None:
    one = example("orders.get", {"id": 17, "note": "a: b\n# no comment"}, path="/api/orders/{id}", example="17")
    changed = with_example(FILE, one)
    assert yaml.safe_load(changed)["operations"]["orders.get"] == {
        "GET": "/api/orders/{id}",
        "answers": {"17": {"id": 17, "note": "a: b\n# no comment"}},
    }
    assert [line for line in FILE.splitlines() if line not in changed.splitlines()] == []
    assert changed.rstrip().endswith("# The end.")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("forecast", "      kept: {sky: green}"),
        ("rates", "  rates: {GET: /rates, answers: {usual: [1, 2], kept: {sky: green}}}   # in one line"),
        ("tip", "    answers:\n      kept: {sky: green}"),
    ],
)
def test_an_operation_of_the_files_own_gets_one_answer_more(name: str, line: str) -> None:
    assert added(FILE, example(name, {"sky": "green"})) == line


def test_an_answer_that_is_there_is_not_written_again_and_another_has_another_name() -> None:
    assert with_example(FILE, example("forecast", {"sky": "blue"}, example="monday")) == FILE
    assert added(FILE, example("forecast", {"sky": "red"}, example="monday")) == "      monday-2: {sky: red}"


def test_where_nothing_is_kept_so_far_there_is_a_place_for_it() -> None:
    text = with_example("contract: kept\n", example("a-get", [1], status=404))
    assert yaml.safe_load(text)["operations"] == {"a-get": {"GET": "/a-get", "answers": {"kept": [1]}, "status": 404}}
    assert yaml.safe_load(with_example("contract: kept", example("a", None)))["operations"]["a"]["answers"] == {
        "kept": None
    }


@pytest.mark.parametrize(
    ("text", "one", "why"),
    [
        (FILE, example("fixed", 2), "give it `answers` instead"),
        (FILE, example("quote", 2), "said by its `function` already"),
        (FILE, example("rates", 2, status=201), "answers with 200, and this was 201"),
        (FILE, example("tip", {"at": "{now}"}), "filled in"),
        ('{"contract": "a"}', example("tip", 1), "no plain YAML mapping"),
        ("contract: a\noperations: {}\n", example("tip", 1), "there and empty"),
    ],
)
def test_what_has_no_room_is_told(text: str, one: Example, why: str) -> None:
    with pytest.raises(NoRoom, match=why):
        with_example(text, one)
