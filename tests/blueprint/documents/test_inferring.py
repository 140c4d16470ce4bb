"""Which resources a document has, and what keeps each operation (YOUR-BACKEND.md, "From an OpenAPI document")."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devkit.blueprint.base import Blueprint
from devkit.blueprint.documents.loading import load
from devkit.contract.keeping import ByAnswer, ByResource
from devkit.contract.resources import Ids, Resource
from tests.blueprint.documents.writing import answer, document, takes, written

ORDER = {
    "type": "object",
    "required": ["id", "status", "created_at"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "readOnly": True},
        "status": {"type": "string", "enum": ["open", "paid"]},
        "customer_id": {"type": ["integer", "null"]},
        "note": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time", "readOnly": True},
    },
}
NEW_ORDER = {
    "type": "object",
    "required": ["customer_id"],
    "properties": {"customer_id": {"type": "integer"}, "note": {"type": "string"}, "secret": {"type": "string"}},
}
REF = {"$ref": "#/components/schemas/Order"}

Read = Callable[..., Blueprint]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(paths: dict[str, Any], **schemas: Any) -> Blueprint:
        return load(written(tmp_path, document(paths, components={"schemas": {"Order": ORDER, **schemas}})))

    return reading


def _kept(blueprint: Blueprint) -> dict[str, Any]:
    return {f"{operation.method} {operation.path}": operation.keeping for operation in blueprint.operations}


def _crud(listed: Any, one: Any, *, at: str = "/orders", parameter: str = "id", **query: Any) -> dict[str, Any]:
    asked = [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()]
    return {
        at: {
            "get": {"parameters": asked, "responses": answer(listed)},
            "post": {"requestBody": takes(NEW_ORDER), "responses": answer(one, "201")},
        },
        f"{at}/{{{parameter}}}": {
            "get": {"responses": answer(one)},
            "patch": {"requestBody": takes(NEW_ORDER), "responses": answer(one)},
            "put": {"requestBody": takes(NEW_ORDER), "responses": answer(one)},
            "delete": {"responses": {"204": {"description": "Gone"}}},
        },
    }


def _only(blueprint: Blueprint) -> Resource:
    (resource,) = blueprint.resources.values()
    return resource


def test_a_collection_with_items_is_a_resource_and_says_why(read: Read) -> None:
    blueprint = read(_crud({"type": "array", "items": REF}, REF))
    resource = _only(blueprint)

    assert [(key, keeping.verb, keeping.item) for key, keeping in _kept(blueprint).items()] == [
        ("GET /orders", "list", ""),
        ("POST /orders", "create", ""),
        ("GET /orders/{id}", "get", "id"),
        ("PUT /orders/{id}", "replace", "id"),
        ("PATCH /orders/{id}", "update", "id"),
        ("DELETE /orders/{id}", "delete", "id"),
    ]
    assert {operation.reason for operation in blueprint.operations} == {
        "collection /orders with item /orders/{id}: rows of Order, called by id"
    }
    assert (resource.name, resource.singular, resource.ids) == ("orders", "order", Ids(name="id", kind="uuid"))
    assert resource.created_at == "created_at"
    assert resource.seed


def test_columns_say_what_a_client_gives_and_what_is_made_so_that_answers_fit(read: Read) -> None:
    resource = _only(read(_crud({"type": "array", "items": REF}, REF)))
    columns = resource.columns

    assert list(columns) == ["id", "status", "customer_id", "note", "created_at", "secret"]
    assert [name for name, column in columns.items() if column.required] == ["customer_id"]
    assert [name for name, column in columns.items() if column.server] == ["id", "status", "created_at"]
    assert [name for name, column in columns.items() if column.made] == ["status"]
    assert [name for name, column in columns.items() if column.hidden] == ["secret"]
    assert "made from the schema where nobody gives them: status" in resource.summary


def test_what_is_given_in_one_shape_and_answered_in_another_is_made(read: Read) -> None:
    """As GitHub's labels, which are given by their names and answered as objects."""
    tag = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    item = {"type": "object", "properties": {"id": {"type": "integer"}, "tags": {"type": "array", "items": tag}}}
    body = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    paths = {
        "/posts": {
            "get": {"responses": answer({"type": "array", "items": item})},
            "post": {"requestBody": takes(body)},
        },
        "/posts/{post_id}": {"get": {"responses": answer(item)}},
    }
    tags = _only(read(paths)).columns["tags"]

    assert (tags.server, tags.made) == (True, True)


@pytest.mark.parametrize(
    ("envelope", "asked", "expected"),
    [
        (
            {"data": ["Order"], "total": "integer"},
            {"page": "integer", "per_page": "integer"},
            ("page", "data", "total", ""),
        ),
        (
            {"items": ["Order"], "total": "integer", "page": "integer", "size": "integer", "pages": "integer"},
            {"page": "integer", "size": "integer"},
            ("page", "items", "total", ""),
        ),
        (
            {"count": "integer", "next": "uri", "previous": "uri", "results": ["Order"]},
            {"limit": "integer", "offset": "integer"},
            ("offset", "results", "count", "next"),
        ),
        (
            {"_embedded": {"orders": ["Order"]}, "page": {"totalElements": "integer", "number": "integer"}},
            {"page": "integer", "size": "integer"},
            ("page", "_embedded.orders", "page.totalElements", ""),
        ),
        (
            {"orders": ["Order"], "meta": {"total": "integer"}, "links": {"pages": {"next": "string"}}},
            {"page": "integer"},
            ("page", "orders", "meta.total", "links.pages.next"),
        ),
        (
            {"data": ["Order"], "nextPageToken": "string"},
            {"pageToken": "string", "pageSize": "integer"},
            ("cursor", "data", "", "nextPageToken"),
        ),
        ({"order_list": ["Order"], "has_more": "boolean"}, {"limit": "integer"}, ("none", "order_list", "", "")),
        (["Order"], {"page": "integer"}, ("page", "", "", "")),
    ],
    ids=["data", "fastapi-pagination", "drf", "hal", "digitalocean", "google", "own-name", "bare"],
)
def test_lists_are_known_in_the_shapes_that_frameworks_have(
    read: Read, envelope: Any, asked: Any, expected: Any
) -> None:
    """fastapi-pagination's `Page`, Django REST framework's `LimitOffsetPagination`, HAL as Spring Data REST writes it
    (draft-kelly-json-hal), DigitalOcean's and Google's (AIP-158) public documents.
    """
    parameters = {name: {"type": kind} for name, kind in asked.items()}
    pages = _only(read(_crud(_schema(envelope), REF, **parameters))).pages

    assert (pages.style, pages.items, pages.total, pages.next) == expected


def _schema(written: Any) -> Any:
    if isinstance(written, list):
        return {"type": "array", "items": REF}
    if isinstance(written, dict):
        return {"type": "object", "properties": {name: _schema(value) for name, value in written.items()}}
    return {"type": ["string", "null"], "format": "uri"} if written == "uri" else {"type": written}


def test_what_must_be_around_a_list_and_is_not_known_is_made(read: Read) -> None:
    """As Stripe's lists have `object` and `url`."""
    envelope = {
        "type": "object",
        "required": ["object", "data", "has_more", "url"],
        "properties": {
            "object": {"const": "list"},
            "data": {"type": "array", "items": REF},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
        },
    }
    keeping = _kept(read(_crud(envelope, REF)))["GET /orders"]

    assert keeping.around["required"] == ["object", "url"]


@pytest.mark.parametrize("member", ["data", "order"])
def test_rows_below_a_member_are_found_there_in_answers_and_bodies(read: Read, member: str) -> None:
    wrapped = {"type": "object", "properties": {member: REF}}
    paths = _crud({"type": "array", "items": REF}, wrapped)
    paths["/orders"]["post"]["requestBody"] = takes({"type": "object", "properties": {member: NEW_ORDER}})
    kept = _kept(read(paths))

    assert (kept["GET /orders/{id}"].wraps, kept["POST /orders"].wraps, kept["POST /orders"].takes) == (member,) * 3
    assert (kept["PATCH /orders/{id}"].wraps, kept["PATCH /orders/{id}"].takes) == (member, "")


@pytest.mark.parametrize(
    ("parameter", "members", "expected"),
    [
        ("orderId", {"id": "integer", "name": "string"}, ("id", "integer")),
        ("issue_number", {"id": "integer", "number": "integer"}, ("number", "integer")),
        ("username", {"id": "integer", "login": "string", "name": "string"}, ("login", "given")),
        ("slug", {"id": "integer", "slug": "string"}, ("slug", "given")),
        ("custom_property_name", {"property_name": "string", "url": "string"}, ("property_name", "given")),
        ("repository_tag", {"repository": "string", "tag": "string"}, ("tag", "given")),
        ("order_uuid", {"uuid": "string", "name": "string"}, ("uuid", "uuid")),
    ],
)
def test_the_member_that_a_path_calls_rows_by_is_found(read: Read, parameter: str, members: Any, expected: Any) -> None:
    item = {"type": "object", "properties": {name: {"type": kind} for name, kind in members.items()}}
    kind = members[expected[0]]
    one = {"parameters": [{"name": parameter, "in": "path", "required": True, "schema": {"type": kind}}]}
    paths = {
        "/orders": {"get": {"responses": answer({"type": "array", "items": item})}},
        f"/orders/{{{parameter}}}": {**one, "get": {"responses": answer(item)}},
    }
    ids = _only(
        read(
            paths if "tag" not in parameter else {key.replace("orders", "tags"): value for key, value in paths.items()}
        )
    ).ids

    assert (ids.name, ids.kind) == expected


@pytest.mark.parametrize(
    ("schema", "kind", "prefix"),
    [
        ({"type": "string", "pattern": "^ord_[A-Za-z0-9]+$"}, "prefix", "ord_"),
        ({"type": "string", "examples": ["ord_1Mq8xK2eZv"]}, "prefix", "ord_"),
        ({"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"}, "ulid", ""),
        ({"type": "string", "maxLength": 20}, "prefix", ""),
        ({"type": "string"}, "uuid", ""),
    ],
)
def test_ids_are_made_so_that_they_fit_their_schema(read: Read, schema: Any, kind: str, prefix: str) -> None:
    item = {"type": "object", "properties": {"id": schema, "note": {"type": "string"}}}
    ids = _only(read(_crud({"type": "array", "items": item}, item))).ids

    assert (ids.kind, ids.prefix) == (kind, prefix)


def test_nested_collections_refer_to_the_rows_they_are_below(read: Read) -> None:
    customer = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    line = {"type": "object", "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}
    paths = {
        **_crud({"type": "array", "items": customer}, customer, at="/customers"),
        **_crud({"type": "array", "items": REF}, REF),
        **_crud({"type": "array", "items": REF}, REF, at="/customers/{id}/orders", parameter="order_id"),
        **_crud({"type": "array", "items": line}, line, at="/orders/{id}/lines", parameter="lineId"),
    }
    blueprint = read(paths)
    kept = _kept(blueprint)

    assert list(blueprint.resources) == ["customers", "orders", "lines"]
    reference = blueprint.resources["orders"].columns["customer_id"].reference
    assert reference
    assert reference.resource == "customers"
    assert kept["GET /customers/{id}/orders"] == ByResource(
        resource="orders", verb="list", parent={"id": "customer_id"}
    )
    assert kept["GET /customers/{id}/orders/{order_id}"].parent == {"id": "customer_id"}
    assert kept["GET /customers/{id}/orders/{order_id}"].item == "order_id"
    lines = kept["POST /orders/{id}/lines"]
    (hidden,) = lines.parent.values()
    column = blueprint.resources["lines"].columns[hidden]
    assert (column.hidden, column.server, column.reference and column.reference.resource) == (True, False, "orders")


def test_parameters_that_call_no_row_are_a_place_of_the_rows_below_them(read: Read) -> None:
    customer = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    text = {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}
    texts = "/shops/{shop}/{branch}/customers/{id}/notes/{kind}/texts"
    paths = {
        **_crud({"type": "array", "items": customer}, customer, at="/shops/{shop}/{branch}/customers"),
        **_crud({"type": "array", "items": REF}, REF, at="/shops/{name}/{branch}/orders"),
        **_crud({"type": "array", "items": REF}, REF, at="/receipts"),
        **_crud({"type": "array", "items": text}, text, at=texts, parameter="text_id"),
    }
    blueprint = read(paths)
    kept, resources = _kept(blueprint), blueprint.resources

    assert resources["customers"].apart == ("/shops/{}", "/shops/{}/{}")
    assert kept["GET /shops/{name}/{branch}/orders"].places == {
        "orders": ("name", "branch"),
        "customers": ("name", "branch"),
    }
    # Rows of which nobody knows where they are refer to none of them.
    assert kept["GET /receipts"].places == {}
    assert resources["receipts"].columns["customer_id"].reference is None
    assert kept[f"GET {texts}"].places == {"texts": ("shop", "branch", "kind"), "customers": ("shop", "branch")}
    (reason,) = {operation.reason for operation in blueprint.operations if operation.path == texts}
    assert reason.endswith(", below customers, apart for each {shop} and {branch} and {kind}")


def test_filters_sorting_and_search_are_those_that_are_columns(read: Read) -> None:
    text = {"type": "string"}
    asked = {
        "status": text,
        "customer_id": {"type": "array", "items": {"type": "integer"}},
        "colour": text,
        "note": {"type": "string", "enum": ["good", "all"]},
        "q": text,
        "sort": {"type": "string", "enum": ["created_at", "-created_at", "note"]},
        "page": {"type": "integer", "default": 0},
        "size": {"type": "integer", "default": 25, "maximum": 50},
    }
    resource = _only(read(_crud({"type": "array", "items": REF}, REF, **asked)))
    listing, pages = resource.listing, resource.pages

    assert listing.filters == {"status": "status", "customer_id": "customer_id"}
    assert (listing.sort, listing.sorts, listing.q, listing.search) == ("sort", ("note", "created_at"), "q", ("note",))
    assert (pages.first, pages.usual, pages.most, pages.size) == (0, 25, 50, "size")


def test_a_put_or_a_post_at_an_item_is_what_it_is_where_nothing_else_changes_it(read: Read) -> None:
    """As Stripe's documents change a customer by POST at its address."""
    item = {"get": {"responses": answer(REF)}, "post": {"requestBody": takes(NEW_ORDER), "responses": answer(REF)}}
    kept = _kept(
        read({"/orders": {"get": {"responses": answer({"type": "array", "items": REF})}}, "/orders/{id}": item})
    )

    assert kept["POST /orders/{id}"].verb == "update"


def test_slashes_at_the_end_and_json_behind_a_path_are_no_other_paths(read: Read) -> None:
    """As Django REST framework and Rails write them."""
    django = _crud({"type": "array", "items": REF}, REF)
    django = {f"{path}/": value for path, value in django.items()}
    rails = {f"{path}.json": value for path, value in _crud({"type": "array", "items": REF}, REF, at="/o").items()}

    assert all(isinstance(keeping, ByResource) for keeping in _kept(read({**django, **rails})).values())


def test_what_is_no_resource_says_why_it_is_answered_as_it_is(read: Read) -> None:
    example = answer(ORDER)
    example["200"]["content"]["application/json"]["example"] = {"id": 1}
    nameless = {"type": "array", "items": {"type": "object", "properties": {"weight": {"type": "number"}}}}
    paths = {
        "/rates": {"get": {"responses": example}},
        "/users/{id}": {"get": {"responses": answer(ORDER)}},
        "/weights": {"get": {"responses": answer(nameless)}},
        "/weights/{id}": {"get": {"responses": answer(nameless["items"])}},
    }
    blueprint = read(paths)

    assert not blueprint.resources
    assert all(isinstance(operation.keeping, ByAnswer) for operation in blueprint.operations)
    assert [operation.reason for operation in blueprint.operations] == [
        "answered from its example: /rates has no items (/rates/{id})",
        "answered from its schema: /users/{id} has no collection beside it",
        "answered from its schema: no member of a row is the {id} that its path calls it by",
        "answered from its schema: no member of a row is the {id} that its path calls it by",
    ]


def test_equal_names_at_different_places_are_told_apart(read: Read) -> None:
    hook = {"type": "object", "properties": {"id": {"type": "integer"}}}
    paths = {
        **_crud({"type": "array", "items": hook}, hook, at="/orgs/{org}/hooks"),
        **_crud({"type": "array", "items": hook}, hook, at="/repos/{repo}/hooks"),
    }

    assert [(name, each.singular) for name, each in read(paths).resources.items()] == [
        ("orgs_hooks", "orgs_hook"),
        ("repos_hooks", "repos_hook"),
    ]


def test_an_id_is_never_a_name(read: Read) -> None:
    """As in a serializer of Django REST framework that leaves the id out: a `Location` alone tells it."""
    item = {"type": "object", "properties": {"name": {"type": "string"}, "email": {"type": "string"}}}

    orders = read(_crud({"type": "array", "items": item}, item)).resources["orders"]
    # It is in no answer, then.
    assert (orders.ids.name, orders.visible) == ("id", ("name", "email"))


def test_parts_that_a_client_cannot_give_whole_are_made(read: Read) -> None:
    """As the specialties of Spring Petclinic's vets: an id is in each that is answered, and `readOnly`."""
    number = {"type": "integer", "readOnly": True}
    part = {"type": "object", "required": ["id", "name"], "properties": {"id": number, "name": {"type": "string"}}}
    vet = {"type": "object", "properties": {"id": number, "parts": {"type": "array", "items": part}, "one": part}}
    paths = {
        "/vets": {"get": {"responses": answer({"type": "array", "items": vet})}, "post": {"requestBody": takes(vet)}},
        "/vets/{id}": {"get": {"responses": answer(vet)}},
    }
    columns = _only(read(paths)).columns

    assert [(name, column.server) for name, column in columns.items()] == [("id", True), ("parts", True), ("one", True)]


def test_what_is_given_as_a_text_or_a_number_is_what_was_given(read: Read) -> None:
    """As the title of an issue in GitHub's document."""
    body = {**NEW_ORDER, "properties": {"note": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}, "required": []}
    paths = _crud({"type": "array", "items": REF}, REF)
    paths["/orders"]["post"]["requestBody"] = takes(body)

    assert not _only(read(paths)).columns["note"].server


def test_rows_that_are_made_and_listed_are_a_resource_though_none_is_asked_for_by_itself(read: Read) -> None:
    whole = _crud({"type": "object", "properties": {"items": {"type": "array", "items": REF}}}, REF)
    blueprint = read({"/orders": whole["/orders"]})
    assert [(key, keeping.verb) for key, keeping in _kept(blueprint).items()] == [
        ("GET /orders", "list"),
        ("POST /orders", "create"),
    ]
    assert _only(blueprint).ids == Ids(name="id")
    assert "collection /orders listed and made" in blueprint.operations[0].reason


@pytest.mark.parametrize("made", [{"type": "object", "properties": {"taken": {"type": "boolean"}}}, {}])
def test_what_is_sent_to_a_list_and_is_none_of_its_rows_makes_none(read: Read, made: Any) -> None:
    orders = _crud({"type": "array", "items": REF}, made)["/orders"]
    assert not read({"/orders": orders}).resources
