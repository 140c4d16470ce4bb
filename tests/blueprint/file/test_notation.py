"""What the few words of a field mean."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.blueprint.file.notation import NotationError, read
from devkit.contract.resources import Reference

NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        ("string!", {"type": "string"}),
        ("string", {"type": ["string", "null"]}),
        ("string!?", {"type": ["string", "null"]}),
        ("date-time!", {"type": "string", "format": "date-time"}),
        ("url!", {"type": "string", "format": "uri"}),
        ("integer = 0", {"type": "integer", "default": 0}),
        ("integer? = null", {"type": ["integer", "null"], "default": None}),
        ("number = 0", {"type": "number", "default": 0}),
        ("string = 12", {"type": "string", "default": "12"}),
        ("string = a = b", {"type": "string", "default": "a = b"}),
        ("boolean = false", {"type": "boolean", "default": False}),
        ("free | pro = free", {"type": "string", "enum": ["free", "pro"], "default": "free"}),
        ("[free, pro] = free", {"type": "string", "enum": ["free", "pro"], "default": "free"}),
        ("1 | 2 | 3!", {"type": "integer", "enum": [1, 2, 3]}),
        ("free | pro", {"type": ["string", "null"], "enum": ["free", "pro", None]}),
        ("list of string!", {"type": "array", "items": {"type": "string"}}),
        ("list of a | b = []", {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "default": []}),
        ("any", {}),
    ],
)
def test_words_are_json_schema(words: str, schema: dict[str, Any]) -> None:
    assert read(words).complete() == schema


def test_marks_say_what_a_column_knows() -> None:
    email, secret, number = read("email! unique"), read("password! write-only"), read("integer read-only")
    assert (email.required, email.unique) == (True, True)
    assert (secret.required, secret.hidden) == (True, True)
    assert (number.required, number.server) == (False, True)


@pytest.mark.parametrize(
    ("words", "reference", "required"),
    [
        ("-> customers", Reference(resource="customers"), False),
        ("-> customers!", Reference(resource="customers"), True),
        ("-> customers cascade", Reference(resource="customers", on_delete="cascade"), False),
        ("-> customers! clear", Reference(resource="customers", on_delete="clear"), True),
        ("-> customers clear!", Reference(resource="customers", on_delete="clear"), True),
    ],
)
def test_an_arrow_is_a_reference(words: str, reference: Reference, required: bool) -> None:
    found = read(words)
    assert (found.reference, found.required) == (reference, required)
    wanted: Any = {"type": "integer"} if required else {"type": ["integer", "null"]}
    assert found.complete({"type": "integer"}) == wanted


def test_several_references_are_a_list_of_ids() -> None:
    found = read("list of -> tags!")
    assert found.reference == Reference(resource="tags")
    assert found.complete({"type": "integer"}) == {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("strng!", "there is no type 'strng'. Did you mean 'string'?"),
        ("email! uniqe", "there is no word 'uniqe' for a field. Did you mean 'unique'?"),
        ("-> ", "the arrow leads nowhere"),
        ("-> a casade", "there is no 'casade' for a reference. Did you mean 'cascade'?"),
        ("free | pro = fre", "the default 'fre' is none of the values. Did you mean 'free'?"),
        ("free | free", "the value 'free' stands here twice"),
        ("free | ", "there is nothing on one side of a `|`"),
        ("integer = many", "the default 'many' is no integer"),
        ("boolean = no", "the default 'no' is no boolean"),
        ("string! = x", "what must be given has no default"),
        ("string read-only write-only", "`read-only` and `write-only` leave nobody who sees it"),
        ("!", "it is not said what the field holds"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_would(words: str, problem: str) -> None:
    with pytest.raises(NotationError) as raised:
        read(words)
    assert raised.value.problem == problem
    assert raised.value.remedy
