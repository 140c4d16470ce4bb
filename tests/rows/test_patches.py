"""JSON Patch (RFC 6902), by the examples of its appendix, and transitions."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.contract.errors import DomainError
from devkit.contract.keeping import ByTransition
from devkit.contract.shapes import Told
from devkit.domain.rows.patches import merged, patched
from tests.rows.shop import notes, orders
from tests.rows.test_rows import fails

# Name, document, patch, result; None: it does not fit.
APPENDIX: list[tuple[str, Any, list[dict[str, Any]], Any]] = [
    ("A.1", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ("A.2", {"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ("A.3", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ("A.5", {"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
    (
        "A.6",
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7",
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        "A.8",
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    ("A.9", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], None),
    (
        "A.10",
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    ("A.11", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": 1, "xyz": 123}], {"foo": "bar", "baz": 1}),
    ("A.12", {"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], None),
    ("A.14", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ("A.15", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], None),
    ("A.16", {"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["x"]}], {"foo": ["bar", ["x"]]}),
]


@pytest.mark.parametrize(("document", "patch", "result"), [case[1:] for case in APPENDIX], ids=lambda _: "")
def test_the_appendix_of_rfc_6902(document, patch, result):
    before = repr(document)
    if result is None:
        with pytest.raises(DomainError) as failure:
            patched(document, patch)
        assert failure.value.kind.name == "conflict"
    else:
        assert patched(document, patch) == result
    assert repr(document) == before


@pytest.mark.parametrize(
    ("operation", "kind", "field"),
    [
        ({"path": "/a", "value": 1}, "validation_error", "[0].op"),
        ({"op": "set", "path": "/a", "value": 1}, "validation_error", "[0].op"),
        ({"op": ["add"], "path": "/a", "value": 1}, "validation_error", "[0].op"),
        ({"op": "add", "path": "a", "value": 1}, "validation_error", "[0].path"),
        ({"op": "add", "path": "/a"}, "validation_error", "[0].value"),
        ({"op": "copy", "path": "/a"}, "validation_error", "[0].from"),
        ({"op": "move", "from": "/o", "path": "/o/p/q"}, "validation_error", "[0].from"),
        ("x", "validation_error", "[0]"),
        ({"op": "add", "path": "/l/01", "value": 1}, "conflict", None),
        ({"op": "add", "path": "/l/3", "value": 1}, "conflict", None),
        ({"op": "remove", "path": "/l/-"}, "conflict", None),
        ({"op": "remove", "path": "/l/-1"}, "conflict", None),
        ({"op": "replace", "path": "/none", "value": 1}, "conflict", None),
        ({"op": "add", "path": "/s/x", "value": 1}, "conflict", None),
        ({"op": "test", "path": "/one", "value": True}, "conflict", None),
    ],
)
def test_a_patch_that_is_none_and_one_that_does_not_fit_are_told_apart(operation, kind, field):
    document = {"l": [1, 2], "s": "text", "one": 1, "o": {"p": {}}}
    with pytest.raises(DomainError) as failure:
        patched(document, [operation])
    assert (failure.value.kind.name, next(iter(failure.value.fields), None)) == (kind, field)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    # RFC 7396, appendix A.
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_appendix_of_rfc_7396(target, patch, result):
    assert merged(target, patch) == result


JSON_PATCH = "application/json-patch+json"


async def test_a_json_patch_changes_a_row_and_what_the_server_gives_stays(shop):
    kept = shop(notes())
    made = await kept.create("notes", title="A", about={"x": [1]})
    patch = [
        {"op": "test", "path": "/title", "value": "A"},
        {"op": "add", "path": "/about/x/-", "value": 2},
        {"op": "replace", "path": "/id", "value": "other"},
        {"op": "remove", "path": "/size"},
    ]
    changed = await kept.update("notes", made.id, body=patch, media=f"{JSON_PATCH}; charset=utf-8")
    assert (changed.id, changed.values["id"], changed.values["about"]) == (made.id, made.id, {"x": [1, 2]})
    assert "size" not in changed.values
    await fails("conflict", kept.update("notes", made.id, body=patch, media=JSON_PATCH))
    for wrong in (
        {"title": "B"},
        [{"op": "remove", "path": "/title"}],
        [{"op": "replace", "path": "", "value": 1}],
        [{"op": "replace", "path": "/title", "value": 1}],
    ):
        await fails("validation_error", kept.update("notes", made.id, body=wrong, media=JSON_PATCH))
    assert await kept.get("notes", made.id) == changed


async def test_a_transition_is_for_rows_that_are_as_it_says(shop):
    kept = shop(orders())
    order = await kept.create("orders")
    pay = ByTransition(resource="orders", item="id", when={"status": ["open", "late"]}, set={"status": "paid"})
    told = Told(path={"id": order.id})
    paid = await kept.call(pay, told)
    assert (paid.values["status"], paid.version) == ("paid", 2)
    failure = await fails("conflict", kept.call(pay, told))
    assert failure.message == "The order's status is paid, and must be open or late for this"
    forbidden = ByTransition(resource="orders", item="id", when={"paid": True}, set={}, otherwise="forbidden")
    await fails("forbidden", kept.call(forbidden, told))
    await fails("not_found", kept.call(pay, Told(path={"id": "x"})))
    stale = Told(path={"id": order.id}, headers={"if-match": f'"{order.tag}"'})
    await fails("precondition_failed", kept.call(pay, stale))
    assert [name for name, _ in await kept.told()] == ["order_updated"]
