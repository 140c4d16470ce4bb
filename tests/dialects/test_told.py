"""What a request says is read as OpenAPI has it: 3.1, "Parameter Object", "Style Examples"; "Media Type Object"."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from devkit.contract.errors import DomainError
from devkit.contract.shapes import Body, Encoding, Parameter, Place, Shape, Told
from devkit.dialects.pairs import nested
from devkit.dialects.raw import Payload, RawRequest, SentFile
from devkit.dialects.told import read_told
from devkit.schemas.checking import Checker

COLORS = {"type": "array", "items": {"type": "string"}}
RGB = {"type": "object", "properties": {name: {"type": "integer"} for name in "RGB"}}
LIST = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def told(shape: Shape, *, components: Any = None, partial: bool = False, **raw: Any) -> Told:
    return read_told(shape, RawRequest(**raw), Checker(components or {}, "readOnly"), partial=partial)


def refused(shape: Shape, **raw: Any) -> DomainError:
    with pytest.raises(DomainError) as raised:
        told(shape, **raw)
    assert raised.value.fields.keys() == raised.value.reasons.keys()
    return raised.value


def one(place: Place, schema: Any, style: str, explode: bool, text: str) -> Any:
    """The value of the parameter `color`, where that text was sent."""
    shape = Shape(parameters=(Parameter(name="color", place=place, schema=schema, style=style, explode=explode),))
    sent: dict[str, Any] = {
        "path": {"path": {"color": text}},
        "query": {"query": tuple(parse_qsl(text, keep_blank_values=True))},
        "header": {"headers": CIMultiDict(color=text)},
        "cookie": {"cookies": {"color": text}},
    }[place]
    found = told(shape, **sent)
    return {"path": found.path, "query": found.query, "header": found.headers, "cookie": found.cookies}[place]["color"]


@pytest.mark.parametrize(
    ("place", "style", "explode", "scalar", "array", "thing"),
    [
        ("path", "matrix", False, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"),
        ("path", "matrix", True, ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"),
        ("path", "label", False, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"),
        ("path", "label", True, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"),
        ("path", "simple", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
        ("path", "simple", True, "blue", "blue,black,brown", "R=100,G=200,B=150"),
        ("header", "simple", False, "blue", "blue, black, brown", "R,100,G,200,B,150"),
        ("query", "form", False, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("query", "form", True, "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("query", "spaceDelimited", False, None, "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("query", "pipeDelimited", False, None, "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        ("query", "deepObject", True, None, None, "color[R]=100&color[G]=200&color[B]=150"),
        ("cookie", "form", False, "blue", "blue,black,brown", "R,100,G,200,B,150"),
    ],
)  # fmt: skip
def test_each_style_of_the_specification_is_read(
    place: Place, style: str, explode: bool, scalar: str | None, array: str | None, thing: str | None
) -> None:
    """The rows of the table "Style Examples"."""
    if scalar is not None:
        assert one(place, {"type": "string"}, style, explode, scalar) == "blue"
    if array is not None:
        assert one(place, COLORS, style, explode, array) == LIST
    if thing is not None:
        assert one(place, RGB, style, explode, thing) == OBJECT


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, "1e2", 100.0),
        ({"type": "boolean"}, "false", False),
        ({"type": ["integer", "null"]}, "null", None),
        ({"type": "string"}, "7", "7"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "7", 7),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "seven", "seven"),
        ({"anyOf": [{"type": "string"}, COLORS]}, "blue", "blue"),
        ({"$ref": "#/components/schemas/Count"}, "3", 3),
        ({"enum": [10, 20]}, "20", 20),
        ({}, "7", "7"),
    ],
)
def test_a_text_becomes_what_its_schema_means(schema: Any, text: str, value: Any) -> None:
    shape = Shape(parameters=(Parameter(name="q", place="query", schema=schema),))

    found = told(shape, components={"Count": {"type": "integer"}}, query=(("q", text),)).query["q"]

    assert (found, type(found)) == (value, type(value))


def test_all_mistakes_are_told_at_once_as_the_client_wrote_them() -> None:
    lines = {"type": "array", "items": {"required": ["title"]}}
    shape = Shape(
        parameters=(
            Parameter(name="id", place="path", schema={"type": "integer"}, required=True),
            Parameter(name="limit", place="query", schema={"type": "integer", "maximum": 100}),
            Parameter(name="tags", place="query", schema={"type": "array", "items": {"enum": ["a", "b"]}}),
            Parameter(
                name="when", place="query", style="deepObject", schema={"properties": {"gte": {"type": "integer"}}}
            ),
            Parameter(name="X-Tenant", place="header", required=True),
            Parameter(name="filter", place="query", schema={"type": "object"}, media_type=JSON),
        ),
        body=Body(media={JSON: {"type": "object", "properties": {"items": lines}}}),
    )

    error = refused(
        shape,
        path={"id": "one"},
        query=(("limit", "101"), ("tags", "a"), ("tags", "z"), ("when[gte]", "now"), ("filter", "{"), ("other", "1")),
        payload=Payload(JSON, {"items": [{}]}),
    )

    assert error.code == "validation_error"
    assert error.fields == {
        "id": "Must be a whole number",
        "limit": "Must be at most 100",
        "tags[1]": "Must be one of: a, b",
        "when[gte]": "Must be a whole number",
        "X-Tenant": "Required",
        "filter": "Must be JSON",
        "items[0].title": "Required",
    }


def test_a_value_that_comes_twice_where_one_may_is_a_mistake() -> None:
    shape = Shape(parameters=(Parameter(name="limit", place="query", schema={"type": "integer"}),))

    assert refused(shape, query=(("limit", "1"), ("limit", "2"))).fields == {"limit": "Was given more than once"}


def test_defaults_are_filled_in_beside_the_body_and_in_it() -> None:
    item = {"type": "object", "properties": {"count": {"type": "integer", "default": 1}}}
    schema = {"type": "object", "properties": {"tier": {"default": "free"}, "items": {"type": "array", "items": item}}}
    shape = Shape(
        parameters=(Parameter(name="limit", place="query", schema={"type": "integer", "default": 20}),),
        body=Body(media={JSON: schema}),
    )
    sent = {"payload": Payload(JSON, {"items": [{}, {"count": 3}]})}

    found = told(shape, **sent)

    assert found.query == {"limit": 20}
    assert found.body == {"tier": "free", "items": [{"count": 1}, {"count": 3}]}
    assert told(shape, partial=True, **sent).body == {"items": [{}, {"count": 3}]}


@pytest.mark.parametrize("media_type", [FORM, "multipart/form-data"])
def test_members_of_forms_are_written_as_their_encoding_says(media_type: str) -> None:
    """OpenAPI 3.1, "Encoding Object", "Style Examples"; Stripe's document has `deepObject` for all that is deep."""
    whole, text = {"type": "integer"}, {"type": "string"}
    address = {"type": "object", "properties": {"city": text, "zip": whole}}
    schema = {
        "type": "object",
        "properties": {
            "tags": {"type": "array", "items": text},
            "sizes": {"type": "array", "items": whole},
            "codes": {"type": "array", "items": whole},
            "deep": {"type": "object", "properties": {"lines": {"type": "array", "items": address}}},
            "flat": {"type": "object", "properties": {"street": text, "number": whole}},
            "turned": {"type": "object", "properties": {"x": whole}},
            "usual": address,
            "several": {"type": "array", "items": address},
            "word": {},
            "some": {"type": "array", "items": address},
        },
        "additionalProperties": False,
    }
    encoding = {
        "tags": Encoding(style="form"),
        "sizes": Encoding(style="pipeDelimited"),
        "codes": Encoding(style="spaceDelimited"),
        "deep": Encoding(style="deepObject", explode=True),
        "flat": Encoding(style="form", explode=True),
        "turned": Encoding(style="form"),
        "word": Encoding(content_type="application/json"),
        "some": Encoding(content_type="application/json"),
    }
    shape = Shape(body=Body(media={media_type: schema}, encoding={media_type: encoding}))
    pairs = (
        ("tags", "a,b"), ("sizes", "1|2"), ("codes", "7 8"),
        ("deep[lines][0][zip]", "5"), ("deep[lines][1][city]", "X"),
        ("street", "Main"), ("number", "3"), ("turned", "x,1"), ("usual", '{"city": "Y", "zip": 9}'), ("word", '"7"'),
        ("several", '{"zip": 1}'), ("several", '{"zip": 2}'), ("some", '[{"zip": 1}]'),
    )  # fmt: skip

    assert told(shape, payload=Payload(media_type, pairs)).body == {
        "tags": ["a", "b"],
        "sizes": [1, 2],
        "codes": [7, 8],
        "deep": {"lines": [{"zip": 5}, {"city": "X"}]},
        "flat": {"street": "Main", "number": 3},
        "turned": {"x": 1},
        "usual": {"city": "Y", "zip": 9},
        "several": [{"zip": 1}, {"zip": 2}],
        "word": "7",
        "some": [{"zip": 1}],
    }
    wrong = refused(shape, payload=Payload(media_type, (("word", "{"), ("turned", "x"), ("deep[lines][0][zip]", "b"))))
    assert wrong.fields == {
        "word": "Must be JSON",
        "turned": "Must be names and values in turn, such as R,100,G,200",
        "deep[lines][0][zip]": "Must be a whole number",
    }


def test_what_is_read_only_is_ignored_where_it_is_sent_back() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
        "additionalProperties": False,
    }

    found = told(Shape(body=Body(media={JSON: schema})), payload=Payload(JSON, {"id": "x", "name": "Ada"}))

    assert found.body == {"name": "Ada"}


@pytest.mark.parametrize("odd", [10**400, float("inf"), "\ud800", [[{"a": 10**400}]]])
def test_what_the_schema_knows_nothing_of_counts_for_nothing_whatever_it_holds(odd: Any) -> None:
    """RFC 8259, section 6, lets a number be of any size; what JavaScript's JSON writes for one that it cannot hold is
    null.
    """
    open_to_all = {"type": "object", "properties": {"size": {"type": "number"}}}
    closed, free = {**open_to_all, "additionalProperties": False}, {"type": "object"}

    def sent(schema: Any, **body: Any) -> tuple[Shape, dict[str, Any]]:
        return Shape(body=Body(media={JSON: schema})), {"payload": Payload(JSON, body)}

    shape, given = sent(open_to_all, size=1, odd=odd)
    assert told(shape, **given).body == {"size": 1, "odd": None}
    for schema, field in ((closed, "odd"), (free, "odd"), (open_to_all, "size")):
        shape, given = sent(schema, **{field: odd})
        assert [name.partition("[")[0].partition(".")[0] for name in refused(shape, **given).fields] == [field]


@pytest.mark.parametrize("value", [[1, 2], 3, None, "x", {"a": 1}])
def test_a_body_may_be_any_json(value: Any) -> None:
    assert (
        told(Shape(body=Body(media={JSON: {}})), payload=Payload("application/json; charset=utf-8", value)).body
        == value
    )


def test_alternatives_that_are_open_are_told_apart_by_their_mark() -> None:
    """OpenAPI 3.1, "Discriminator Object": to JSON Schema, a value that fits two of `oneOf` fits none."""
    components = {
        name: {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}, member: {"type": kind}},
        }
        for name, member, kind in (("Cat", "lives", "integer"), ("Dog", "barks", "boolean"))
    }
    references = [{"$ref": f"#/components/schemas/{name}"} for name in components]
    mapping = {"kitty": "#/components/schemas/Cat"}
    pet = {"oneOf": references, "discriminator": {"propertyName": "kind", "mapping": mapping}}
    shape = Shape(body=Body(media={JSON: pet}))

    def sent(value: Any) -> dict[str, Any]:
        return {"components": components, "payload": Payload(JSON, value)}

    assert told(shape, **sent({"kind": "kitty", "lives": 9})).body == {"kind": "kitty", "lives": 9}
    for value, fields in [
        ({"kind": "Dog", "barks": 3}, {"barks": "Must be true or false"}),
        ({"lives": 9}, {"kind": "Required"}),
    ]:
        with pytest.raises(DomainError) as raised:
            told(shape, **sent(value))
        assert raised.value.fields == fields


def test_a_form_goes_as_deep_as_stripe_writes_it() -> None:
    line = {"type": "object", "properties": {"price": {"type": "string"}, "quantity": {"type": "integer"}}}
    schema = {
        "type": "object",
        "properties": {
            "amount": {"type": "integer"},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
            "items": {"type": "array", "items": line},
            "expand": {"type": "array", "items": {"type": "string"}},
            "off_session": {"anyOf": [{"type": "boolean"}, {"enum": ["one_off", "recurring"], "type": "string"}]},
        },
    }  # fmt: skip
    text = (
        "amount=100&metadata[order]=6735&items[0][price]=p&items[0][quantity]=2&expand[]=a&expand[]=b&off_session=true"
    )
    shape = Shape(body=Body(media={FORM: schema}))

    found = told(shape, payload=Payload(FORM, tuple(parse_qsl(text))))

    assert found.body == {
        "amount": 100,
        "metadata": {"order": "6735"},
        "items": [{"price": "p", "quantity": 2}],
        "expand": ["a", "b"],
        "off_session": True,
    }
    wrong = refused(shape, payload=Payload(FORM, (("items[0][quantity]", "many"), ("amount", "1"))))
    assert wrong.fields == {"items[0][quantity]": "Must be a whole number"}


def test_a_form_lists_objects_as_rails_writes_them() -> None:
    """Rails' guides, "Form Helpers", "Combining Them": a name that was given already begins the next object."""
    items = {"type": "array", "items": {"properties": {"n": {"type": "integer"}, "tags": {"type": "array"}}}}
    shape = Shape(body=Body(media={FORM: {"type": "object", "properties": {"items": items}}}))
    text = "items[][n]=1&items[][tags][]=a&items[][tags][]=b&items[][n]=2"

    found = told(shape, payload=Payload(FORM, tuple(parse_qsl(text))))

    assert found.body == {"items": [{"n": 1, "tags": ["a", "b"]}, {"n": 2}]}


def test_a_multipart_form_tells_of_its_files_and_reads_json_in_its_texts() -> None:
    """OpenAPI 3.1, "Special Considerations for multipart Content": a member that is an object comes as JSON."""
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "address": {"type": "object", "properties": {"zip": {"type": "integer"}}},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    shape = Shape(body=Body(media={"multipart/form-data": schema}))
    pairs = (("file", SentFile("a.png", "image/png", 12)), ("address", '{"zip": 1}'), ("tags", "one"))

    found = told(shape, payload=Payload("multipart/form-data", pairs))

    assert found.body == {
        "file": {"filename": "a.png", "content_type": "image/png", "size": 12},
        "address": {"zip": 1},
        "tags": ["one"],
    }
    assert refused(shape, payload=Payload("multipart/form-data", (("tags", "x"),))).fields == {"file": "Required"}


def test_another_media_type_is_415_and_ranges_take_what_they_name() -> None:
    shape = Shape(body=Body(media={JSON: {}, "image/*": {}}, required=False))

    assert refused(shape, payload=Payload("text/plain", "x")).code == "unsupported_media_type"
    assert told(shape, payload=Payload("image/png", b"\x89")).body == b"\x89"
    assert told(shape).body is None


def test_a_body_that_is_demanded_is_missed() -> None:
    assert refused(Shape(body=Body(media={JSON: {}}))).fields == {"body": "Required"}


def test_conditions_and_idempotency_are_told_whether_named_or_not() -> None:
    headers = CIMultiDict({"IF-Match": '"1"', "Idempotency-Key": "k", "X-Other": "o", "Authorization": "Bearer t"})
    shape = Shape(parameters=(Parameter(name="Authorization", place="header", schema={"type": "integer"}),))

    found = told(shape, headers=headers)

    assert (found.if_match, found.idempotency_key) == ('"1"', "k")
    assert found.headers.keys() == {"if-match", "idempotency-key"}


TEXTS = st.text(st.sampled_from("abc01[]-"), max_size=8)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6))
def test_whatever_brackets_come_are_read_or_told(pairs: list[tuple[str, str]]) -> None:
    found, torn = nested(pairs)

    assert found or torn or not pairs


@given(st.lists(st.tuples(st.sampled_from(["color", "color[a]", "color[0]", "color[]", "R"]), TEXTS), max_size=4))
def test_whatever_a_query_says_is_read_or_a_mistake_with_a_name(pairs: list[tuple[str, str]]) -> None:
    for schema, style in [(COLORS, ""), (RGB, ""), (RGB, "deepObject"), ({"type": "integer"}, "")]:
        shape = Shape(parameters=(Parameter(name="color", place="query", schema=schema, style=style),))
        try:
            value = told(shape, query=tuple(pairs)).query.get("color")
        except DomainError as error:
            assert error.fields  # noqa: PT017 - one of two right outcomes
        else:
            assert value is None or Checker({}).fits(schema, value)
