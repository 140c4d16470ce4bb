"""A document that cannot be read is an error with the place in it, and what would be right (issue 16, "Bad input")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devkit.blueprint.documents import reading
from devkit.blueprint.documents.loading import load
from devkit.errors import FileError
from tests.blueprint.documents.writing import answer, document, written


def _refused(folder: Path, value: object, name: str = "openapi.json") -> str:
    with pytest.raises(FileError) as refused:
        load(written(folder, value, name))
    return "\n".join(f"{mistake.message} {mistake.remedy or ''}" for mistake in refused.value.mistakes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("[]", "its root is no object"),
        ("{", ":1:2: is not JSON"),
        ('{"name": "shop"}', "does not say which version it has"),
        ('{"swagger": "2.0"}', ":1:2: swagger: this is Swagger 2.0"),
        ('{"openapi": "4.0.0"}', ":1:2: openapi: version 4.0.0 is not known"),
        ('{"openapi": "3.1.0", "info": {}}', "no operations"),
    ],
)
def test_what_is_no_document_of_ours_is_refused_with_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    assert told in _refused(tmp_path, text)


def test_swagger_2_names_a_converter(tmp_path: Path) -> None:
    assert "swagger2openapi" in _refused(tmp_path, 'swagger: "2.0"\n', "openapi.yaml")


def _with(schema: Any, **components: Any) -> dict[str, Any]:
    return document({"/x": {"get": {"responses": answer(schema)}}}, components={"schemas": components})


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_reference_to_nothing_is_told_with_its_line_and_the_nearest_name(tmp_path: Path, suffix: str) -> None:
    texts = {
        "json": '{"openapi": "3.1.0",\n "paths": {"/x": {"get": {"responses": {"200": {"content": {"text/json": {\n'
        '   "schema": {"$ref": "#/components/schemas/Ordr"}}}}}}}},\n "components": {"schemas": {"Order": {}}}}',
        "yaml": "openapi: 3.1.0\npaths: {/x: {get: {responses: {200: {content: {application/json: {\n"
        "   schema: {$ref: '#/components/schemas/Ordr'}}}}}}}}\ncomponents: {schemas: {Order: {}}}\n",
    }
    told = _refused(tmp_path, texts[suffix], f"openapi.{suffix}")

    assert f"openapi.{suffix}:3:{15 if suffix == 'json' else 13}: " in told
    assert "components.schemas has no 'Ordr'. Did you mean 'Order'?" in told


@pytest.mark.parametrize("elsewhere", ["https://example.com/order.json", "//example.com/o", "file:///etc/passwd"])
def test_nothing_is_fetched_from_elsewhere(tmp_path: Path, elsewhere: str) -> None:
    assert "nothing is fetched from the network" in _refused(tmp_path, _with({"$ref": elsewhere}))


def test_a_file_that_is_not_there_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    written(tmp_path, "{}", "order.json")

    assert "Did you mean 'order.json'?" in _refused(tmp_path, _with({"$ref": "ordr.json"}))


def test_a_circle_of_nothing_but_references_is_told(tmp_path: Path) -> None:
    a, b = {"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/A"}

    assert "in a circle" in _refused(tmp_path, _with(a, A=a, B=b))


def test_paths_that_differ_by_a_name_alone_are_told_where_both_have_a_method(tmp_path: Path) -> None:
    """OAS 3.1.1, "Path Templating Matching". GitHub's own document has two of them, with different methods: that is
    one path for us, and a warning.
    """
    one, other = {"get": {"responses": {}}}, {"delete": {"responses": {}}}

    told = _refused(tmp_path, document({"/x/{a}": one, "/x/{b}": one}))
    blueprint = load(written(tmp_path, document({"/x/{a}": one, "/x/{b}": other})))

    assert "differs from /x/{a} by the names of parameters alone: nobody can tell which GET is meant" in told
    assert any("they are one path" in warning for warning in blueprint.warnings)


def test_a_parameter_that_nobody_described_is_a_text_and_one_that_the_path_lacks_means_nothing(tmp_path: Path) -> None:
    other = [{"name": "b", "in": "path", "required": True, "schema": {"type": "integer"}}]
    blueprint = load(written(tmp_path, document({"/x/{a}": {"get": {"parameters": other, "responses": {}}}})))

    assert [(p.name, p.schema) for p in blueprint.operations[0].shape.parameters] == [("a", {"type": "string"})]
    assert ["{a} is not described" in w or "has no {b}" in w for w in blueprint.warnings] == [True, True]


def test_an_operation_id_is_one_operations_and_is_made_where_there_is_none(tmp_path: Path) -> None:
    paths = {"/x": {"get": {"operationId": "a"}, "post": {"operationId": "a"}}}
    nameless = document({"/x/{id}/y": {"get": {}}, "/x/id-y": {"get": {}}})

    assert "paths./x.post.operationId: the operationId 'a' is that of /x.get as well" in _refused(
        tmp_path, document(paths)
    )
    assert [o.id for o in load(written(tmp_path, nameless)).operations] == ["get_x_id_y", "get_x_id_y_2"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    told = _refused(
        tmp_path, document({"x": {}, "/x": {"get": {"responses": answer({"$ref": "#/no"})}}, "/y": {"$ref": "n.yaml"}})
    )

    assert [line.partition(":")[2].split(":")[2] for line in told.splitlines() if "openapi.json" in line] == [
        " paths.x",
        " paths./x.get.responses.200.content.application/json.schema.$ref",
        " paths./y.$ref",
    ]


def test_aliases_of_aliases_are_bounded(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    assert "the aliases come to more than" in _refused(tmp_path, "\n".join(lines), "openapi.yaml")


def test_an_alias_within_what_it_stands_for_is_told(tmp_path: Path) -> None:
    assert "stands for nothing, or for what it is in" in _refused(tmp_path, "a: &a [*a]\n", "openapi.yaml")


def test_what_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    with pytest.raises(FileError, match="has 100 MiB; more than 64 MiB are not read"):
        load(path)
    assert reading.MOST_BYTES == 64 * 1024 * 1024


@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_what_is_nested_without_end_is_told(tmp_path: Path, name: str) -> None:
    told = _refused(tmp_path, "[" * 100_000, name)

    assert "levels deep" in told or "is not JSON" in told


def _warnings(folder: Path, value: object) -> str:
    return "\n".join(load(written(folder, value)).warnings)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 1}, "minimum 5 is above maximum 1"),
        ({"type": "string", "minLength": 9, "maxLength": 3}, "minLength 9 is above maxLength 3"),
        ({"type": "integer", "exclusiveMinimum": 1, "maximum": 1}, "exclusiveMinimum 1 leaves nothing up to maximum 1"),
        ({"enum": []}, "its `enum` is empty"),
        ({"type": "integer", "enum": ["a"]}, "none of its `enum` is of type integer"),
        ({"allOf": [{"type": "string"}, {"type": "object"}]}, "it must be string and object at once"),
        ({"allOf": [{"minimum": 5}, {"maximum": 1}]}, "minimum 5 is above maximum 1"),
        ({"$ref": "#/components/schemas/Endless"}, "it needs itself, without end"),
    ],
)
def test_a_schema_that_nothing_fits_is_named(tmp_path: Path, schema: Any, told: str) -> None:
    needs = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Endless"}}}
    warnings = _warnings(tmp_path, _with(schema, Endless=needs))

    assert f"nothing fits this schema: {told}" in warnings
    assert ("components.schemas.Endless" if "$ref" in schema else "application/json.schema") in warnings


def test_what_may_end_is_not_called_endless(tmp_path: Path) -> None:
    """A tree ends in leaves: lists may be empty, members null or missing, and of alternatives one will do."""
    tree = {"$ref": "#/components/schemas/Tree"}
    properties = {
        "children": {"type": "array", "items": tree},
        "parent": {"anyOf": [tree, {"type": "null"}]},
        "next": tree,
        "last": {"type": ["object", "null"], "required": ["of"], "properties": {"of": tree}},
    }
    required = ["children", "parent", "last"]

    assert (
        _warnings(tmp_path, _with(tree, Tree={"type": "object", "required": required, "properties": properties})) == ""
    )


def test_a_pattern_that_cannot_be_read_is_named_and_those_of_javascript_are_read(tmp_path: Path) -> None:
    """ECMA-262, annex B.1.2, has what engines of other languages refuse."""
    good, bad = {"type": "string", "pattern": r"^[\w-.]+$"}, {"type": "string", "pattern": "^([a-z"}

    assert _warnings(tmp_path, _with(good)) == ""
    assert "schema.pattern: '^([a-z' is no pattern that can be read" in _warnings(tmp_path, _with(bad))


def test_what_json_schema_does_not_know_is_named_and_the_rest_still_counts(tmp_path: Path) -> None:
    """`required: true` is of draft 3, and many a document still has it."""
    schema = {"type": "object", "properties": {"a": {"type": "int", "required": True}, "b": {"type": "integer"}}}
    blueprint = load(written(tmp_path, _with({"$ref": "#/components/schemas/A"}, A=schema)))

    assert blueprint.components["A"]["properties"] == {"a": {}, "b": {"type": "integer"}}
    assert "a.type: the type 'int' is none of" in blueprint.warnings[0]
    assert "a.required: `required` is a list of members' names" in blueprint.warnings[1]


def test_an_example_that_breaks_its_schema_is_named(tmp_path: Path) -> None:
    """`writeOnly` members are in no answer, and missing in none (OAS 3.1.1, "Schema Object")."""
    secret = {"type": "string", "writeOnly": True}
    schema = {
        "type": "object",
        "required": ["id", "secret"],
        "properties": {"id": {"type": "integer"}, "secret": secret},
    }
    value = document({"/x": {"get": {"operationId": "read", "responses": answer(schema)}}})
    media = value["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/json"]
    media["examples"] = {"good": {"value": {"id": 1}}, "bad": {"value": {"id": "one"}}}

    assert _warnings(tmp_path, value).endswith(
        "read, 200: its example 'bad' breaks the schema at id: must be a whole number"
    )


def test_many_examples_that_break_their_schemas_are_counted(tmp_path: Path) -> None:
    value = document({"/x": {"get": {"responses": answer({"type": "integer"})}}})
    media = value["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/json"]
    media["examples"] = {f"n{number}": {"value": "x"} for number in range(25)}

    warnings = load(written(tmp_path, value)).warnings

    assert len(warnings) == 21
    assert warnings[-1].endswith("5 more examples break their schemas")
