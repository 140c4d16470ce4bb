"""A backend.yaml becomes a blueprint (YOUR-BACKEND.md, "The file")."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from devkit.blueprint.base import ErrorPlan, SessionPlan
from devkit.blueprint.file.model import PageWords
from devkit.contract.keeping import ByAnswer, ByFunction, ByResource, ByService, ByTransition
from devkit.contract.operations import Access
from devkit.contract.resources import Events, Ids, Pages, Reference
from devkit.contract.shapes import Body
from devkit.schemas.checking import Checker
from tests.blueprint.file.reading import operation, read

SHOP = """\
contract: shop
base: /v1
names: camelCase
accounts:
  like: agreed
  session: {cookie: sid}
  operations: {loginUser: {POST: /sign-in, service: auth.login, names: {email: user}}}
errors: problem
pages: {style: page, items: data, total: meta.total, page: page, size: per_page}
resources:
  customers:
    fields: {name: string!, email: email! unique, tier: free | pro = free}
  orders:
    path: /orders
    id: prefix ord_
    owner: user
    fields:
      customer: -> customers
      placed_at: date-time!
      total: {type: number, minimum: 0, multipleOf: 0.01}
      status: draft | paid | shipped = draft
    list: {filter: [customer, placed_at], sort: [-placed_at, total], search: [status]}
    seed: 250
operations:
  shipOrder: {POST: "/orders/{id}/ship", on: orders, set: {status: shipped}, when: {status: paid}, else: conflict}
  exchangeRate: {GET: /rates, answer: {eur: 1}}
"""


def test_the_example_of_the_design_page_is_understood() -> None:
    shop = read(SHOP)
    assert (shop.name, shop.base, shop.errors) == ("shop", "/v1", ErrorPlan())
    assert shop.accounts == SessionPlan(cookie="sid", bearer=False)
    orders = shop.resources["orders"]
    assert (orders.singular, orders.owned, orders.seed) == ("order", True, 250)
    assert orders.ids == Ids(kind="prefix", prefix="ord_")
    assert [*orders.columns] == ["id", "customer", "placedAt", "total", "status", "createdAt", "updatedAt"]
    assert orders.columns["customer"].reference == Reference(resource="customers")
    assert orders.pages == Pages(items="data", total="meta.total", size="per_page")
    assert orders.listing.filters == {"customer": "customer", "placedAt": "placedAt"}
    assert (orders.listing.sorts, orders.listing.order) == (("placedAt", "total"), "-placedAt")
    assert orders.listing.search == ("status",)
    assert operation(shop, "shipOrder").keeping == ByTransition(
        resource="orders", item="id", set={"status": "shipped"}, when={"status": "paid"}
    )
    assert operation(shop, "exchangeRate").keeping == ByAnswer(status="200")
    assert operation(shop, "loginUser").keeping == ByService(operation="auth.login", names={"email": "user"})
    assert operation(shop, "loginUser").access is Access.PUBLIC
    assert operation(shop, "orders.list").access is Access.SIGNED_IN


def test_a_resource_of_three_fields_is_a_whole_one() -> None:
    notes = read("""
        resources:
          notes:
            fields: {title: string!, done: boolean = false, kind: memo | idea}
    """)
    listed = [(one.id, one.method, one.path) for one in notes.operations]
    assert listed == [
        ("notes.list", "GET", "/notes"),
        ("notes.create", "POST", "/notes"),
        ("notes.get", "GET", "/notes/{id}"),
        ("notes.replace", "PUT", "/notes/{id}"),
        ("notes.update", "PATCH", "/notes/{id}"),
        ("notes.delete", "DELETE", "/notes/{id}"),
    ]
    assert {one.access for one in notes.operations} == {Access.PUBLIC}
    resource = notes.resources["notes"]
    assert (resource.created_at, resource.updated_at) == ("created_at", "updated_at")
    assert resource.events == Events(
        created="note_created", updated="note_updated", deleted="note_deleted", topic="notes"
    )
    assert [*resource.listing.filters] == ["done", "kind"]
    assert resource.listing.sorts == ("id", "title", "done", "kind", "created_at", "updated_at")
    assert resource.listing.search == ("title",)
    assert [event.name for event in notes.events] == ["note_created", "note_updated", "note_deleted"]


def test_rows_are_listed_and_made_below_what_they_refer_to() -> None:
    shop = read("""
        resources:
          customers: {fields: {name: string!}}
          orders: {below: [customer], fields: {customer: -> customers cascade!, total: number}}
    """)
    below = operation(shop, "orders.of_customer.create")
    assert (below.method, below.path) == ("POST", "/customers/{customer}/orders")
    assert below.keeping == ByResource(resource="orders", verb="create", parent={"customer": "customer"})
    # What the path says is not asked for again.
    assert below.shape.body == Body(
        media={"application/json": {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}}
    )
    [customer] = [one for one in below.shape.parameters if one.place == "path"]
    assert customer.schema == {"type": "string", "format": "uuid"}


def test_a_resource_may_be_below_another_altogether() -> None:
    shop = read("""
        resources:
          shops: {id: integer}
          items: {path: "/shops/{shop}/items", fields: {shop: -> shops!, name: string!}}
    """)
    assert operation(shop, "items.get").path == "/shops/{shop}/items/{id}"
    keeping = ByResource(resource="items", verb="get", item="id", parent={"shop": "shop"})
    assert operation(shop, "items.get").keeping == keeping


@pytest.mark.parametrize(
    ("written", "pages"),
    [
        ("page", Pages()),
        ("offset", Pages(style="offset", page="offset")),
        ("cursor", Pages(style="cursor", page="cursor", next="next", total="", total_header="")),
        ("link", Pages(items="", total="")),
        ("none", Pages(style="none", items="", total="", link=False, total_header="")),
        ("{style: offset, page: skip, most: 10, usual: 5}", Pages(style="offset", page="skip", most=10, usual=5)),
    ],
)
def test_pages_of_each_style_are_as_they_usually_are(written: str, pages: Pages) -> None:
    assert read(f"pages: {written}\nresources: {{notes: {{}}}}").resources["notes"].pages == pages


def test_all_that_pages_can_be_can_be_said() -> None:
    assert {*PageWords.model_fields} == {field.name for field in fields(Pages)}


def test_where_things_stand_in_a_page_is_what_its_schema_says() -> None:
    shop = read("""
        pages: {items: data.rows, total: meta.count, next: links.next, previous: links.prev, addresses: true,
                more: meta.more, echo: {page: meta.page}}
        resources: {orders: {}}
    """)
    [outcome] = operation(shop, "orders.list").outcomes
    assert outcome.body is not None
    page = {
        "data": {"rows": []},
        "meta": {"count": 0, "more": False, "page": 1},
        "links": {"next": None, "prev": "/orders?page=1"},
    }
    checker = Checker(shop.components)
    [schema] = outcome.body.media.values()
    assert checker.check(schema, page) == {}
    for member in page:
        assert checker.check(schema, {name: value for name, value in page.items() if name != member})


def test_one_event_may_tell_of_more_than_one_kind_of_change() -> None:
    shop = read('events: {names: "{singular}.changed"}\nresources: {orders: {}}')
    assert [event.name for event in shop.events] == ["order.changed"]


@pytest.mark.parametrize(
    ("tenant", "path", "parent", "place"),
    [
        ("{header: X-Tenant, known: [acme]}", "/orders/{id}", {"X-Tenant": "tenant"}, "header"),
        ("{path: org, field: org, known: [acme]}", "/{org}/orders/{id}", {"org": "org"}, "path"),
    ],
)
def test_a_tenant_is_in_a_header_or_before_all_paths(
    tenant: str, path: str, parent: dict[str, str], place: str
) -> None:
    shop = read(f"tenant: {tenant}\nresources: {{orders: {{}}, plans: {{tenant: false}}}}")
    get = operation(shop, "orders.get")
    assert get.path == path
    assert get.keeping == ByResource(resource="orders", verb="get", item="id", parent=parent)
    [first] = [one for one in get.shape.parameters if one.name in parent]
    assert (first.place, first.required, first.schema) == (place, True, {"type": "string", "enum": ["acme"]})
    [column] = parent.values()
    assert shop.resources["orders"].columns[column].server
    assert operation(shop, "plans.get").path == "/plans/{id}"


def test_a_step_is_one_of_the_tenants_own_rows() -> None:
    shop = read("""
        tenant: {header: X-Tenant}
        resources: {orders: {fields: {status: draft | paid}}}
        operations: {pay: {POST: "/orders/{id}/pay", on: orders, set: {status: paid}}}
    """)
    keeping = operation(shop, "pay").keeping
    assert isinstance(keeping, ByTransition)
    assert keeping.parent == {"X-Tenant": "tenant"}
    assert [one.name for one in operation(shop, "pay").shape.parameters] == ["id", "Idempotency-Key", "X-Tenant"]


def test_what_is_for_some_is_said_for_all_or_for_each_verb() -> None:
    shop = read("""
        accounts: true
        resources:
          products:
            access: {list: public, get: public}
            requires: {create: admin, replace: admin, update: admin, delete: admin}
    """)
    said = {one.id.partition(".")[2]: (one.access, one.role) for one in shop.operations}
    assert said["list"] == said["get"] == (Access.PUBLIC, "")
    assert said["create"] == said["delete"] == (Access.SIGNED_IN, "admin")


def test_answers_come_from_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "rates.json").write_text('{\n\t"eur": 1.5}')
    (tmp_path / "terms.txt").write_text("Be kind.")
    shop = read(
        """
        operations:
          rates: {GET: /rates, answers: {usual: rates.json, none: {}}}
          terms: {GET: /terms, answer: terms.txt}
        """,
        tmp_path,
    )
    [rates] = operation(shop, "rates").outcomes
    assert rates.body is not None
    assert rates.body.examples == {"application/json": {"usual": {"eur": 1.5}, "none": {}}}
    [terms] = operation(shop, "terms").outcomes
    assert terms.body is not None
    assert terms.body.examples == {"text/plain": {"answer": "Be kind."}}
    assert shop.files == (tmp_path / "backend.yaml", tmp_path / "rates.json", tmp_path / "terms.txt")


def test_a_function_is_found_without_running_its_file(tmp_path: Path) -> None:
    (tmp_path / "prices.py").write_text("raise SystemExit\nasync def quote(call): ...\n")
    shop = read("operations: {quote: {POST: /quotes, function: prices.py, body: {item: string!}}}", tmp_path)
    assert operation(shop, "quote").keeping == ByFunction(file=tmp_path / "prices.py", name="quote")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.yaml", "- {name: Ada, age: 36, tags: [a, b]}\n- {name: Bob}\n"),
        ("rows.json", '{"people": [{"name": "Ada", "age": 36, "tags": ["a", "b"]}, {"name": "Bob"}]}'),
        ("rows.csv", "name,age,tags\nAda,36,a; b\nBob,,\n"),
    ],
)
def test_rows_come_from_files_beside_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    seed = read(
        f"resources: {{people: {{seed: {name}, fields: {{name: string!, age: integer, tags: list of string}}}}}}",
        tmp_path,
    ).resources["people"].seed  # fmt: skip
    assert not isinstance(seed, int)
    ada, bob = seed
    assert ada == {"name": "Ada", "age": 36, "tags": ["a", "b"]}
    assert {key: value for key, value in bob.items() if value is not None} == {"name": "Bob"}
