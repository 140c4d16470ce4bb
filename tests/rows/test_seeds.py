"""What a contract's resources begin with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devkit import shipped
from devkit.contract.resources import Column, Events, Ids, Reference, Resource
from devkit.domain.rows.seeds import RowSeeds
from devkit.effects import DAY, parse_instant
from devkit.storage import seeded
from devkit.storage.database import MemoryDatabase
from devkit.storage.seeded import EPOCH
from devkit.storage.template import Template
from tests.rows.shop import ID, Shop, columns, contract, customers, notes, orders, text


def plain(password: str, salt: bytes) -> str:
    """Quick, unlike Argon2."""
    return f"{password}/{salt.hex()}"


def template(*kinds: Resource, number: int = 1, folder: Path | None = None) -> Template:
    return Template(folder or shipped.folder("seed"), number, plain, rows=RowSeeds(contract(*kinds)))


@contextlib.contextmanager
def opened(content: bytes) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        yield connection


def rows_of(content: bytes, resource: str) -> list[dict[str, Any]]:
    with opened(content) as connection:
        found = connection.execute("SELECT json FROM rows WHERE resource = ? ORDER BY number", (resource,))
        return [json.loads(row[0]) for row in found]


SHOP = (customers(seed=20, owned=True), orders(seed=50, owned=True))


def test_the_same_number_makes_the_same_rows_and_another_makes_others():
    made = template(*SHOP).content(0)
    assert made == template(*SHOP).content(0)
    other = template(*SHOP, number=2).content(0)
    assert rows_of(made, "orders") != rows_of(other, "orders")


def test_seeded_rows_are_as_many_as_were_asked_for_and_fit_their_columns():
    content = template(*SHOP).content(0)
    names = [row["name"] for row in rows_of(content, "customers")]
    assert len(names) == 20
    assert all(isinstance(name, str) and name for name in names)
    emails = [row["email"] for row in rows_of(content, "customers") if "email" in row]
    assert len(set(emails)) == len(emails)
    made = rows_of(content, "orders")
    assert len(made) == 50
    assert all(isinstance(row["total"], (int, float)) for row in made if "total" in row)
    with opened(content) as connection:
        counts = dict(connection.execute("SELECT resource, sum(count) FROM row_counts GROUP BY resource"))
    assert counts == {"customers": 20, "orders": 50}


def test_references_hold_and_no_user_s_row_refers_to_another_s():
    content = template(*SHOP).content(0)
    with opened(content) as connection:
        owners = dict(connection.execute("SELECT id, owner FROM rows"))
        first = connection.execute("SELECT number FROM users ORDER BY number").fetchone()[0]
    referring = [row for row in rows_of(content, "orders") if row["customer"] is not None]
    assert len(referring) > 10
    assert all(owners[row["customer"]] == owners[row["id"]] for row in referring)
    assert list(owners.values()).count(first) > len(owners) / 2
    assert len(set(owners.values())) > 1


def test_rows_that_must_refer_to_each_other_do():
    to = lambda name: columns(text("other", required=True, reference=Reference(resource=name)))  # noqa: E731
    eggs = notes(name="eggs", columns=to("hens"), seed=4, events=Events())
    hens = notes(name="hens", columns=to("eggs"), seed=4, events=Events())
    content = template(eggs, hens).content(0)
    ids = {row["id"] for name in ("eggs", "hens") for row in rows_of(content, name)}
    assert len(ids) == 8
    assert all(row["other"] in ids for name in ("eggs", "hens") for row in rows_of(content, name))


def test_rows_were_made_one_after_another_before_the_epoch():
    content = template(notes(seed=30)).content(0)
    made = [parse_instant(row["made"]) for row in rows_of(content, "notes")]
    assert made == sorted(made)
    assert made[0] > EPOCH - 60 * DAY
    assert made[-1] < EPOCH
    assert {row["revision"] for row in rows_of(content, "notes")} == {1}


def test_rows_that_are_written_down_are_those_and_the_rest_is_as_nobody_said_it():
    told = [{"id": 7, "title": "A", "secret": "s"}, {"title": "B", "size": 4}, {"title": "C", "about": {"x": 1}}]
    content = template(notes(seed=told, ids=Ids(kind="integer"))).content(0)
    found = rows_of(content, "notes")
    assert [(row["id"], row["title"], row["size"], row["about"]) for row in found] == [
        (7, "A", 1, None),
        (1, "B", 4, None),
        (2, "C", 1, {"x": 1}),
    ]
    assert all("secret" not in row for row in found)
    with opened(content) as connection:
        assert connection.execute("SELECT hidden FROM rows WHERE id = '7'").fetchone()[0] == '{"secret":"s"}'


async def test_ids_that_count_go_on_behind_the_seeded_ones():
    kind = notes(seed=[{"id": 7, "title": "A"}, {"title": "B"}], ids=Ids(kind="integer"))
    content = await asyncio.to_thread(template(kind).content, 0)
    kept = Shop(MemoryDatabase(content), kind)
    assert (await kept.create("notes", title="C")).id == "8"


def test_a_resource_that_nothing_fits_is_named_and_the_others_are_there(caplog):
    impossible = Column(name="n", schema={"type": "integer", "minimum": 2, "maximum": 1}, required=True)
    content = template(notes(name="never", columns=columns(impossible), seed=3), notes(seed=2)).content(0)
    assert (len(rows_of(content, "never")), len(rows_of(content, "notes"))) == (0, 2)
    assert "never has no rows to begin with" in caplog.text


def test_rows_that_would_refer_to_nothing_are_not_made(caplog):
    above = lambda name: columns(ID, text("above", required=True, reference=Reference(resource=name)))  # noqa: E731
    middle = notes(name="middle", columns=above("top"), seed=3, events=Events())
    bottom = notes(name="bottom", columns=above("middle"), seed=3, events=Events())
    content = template(notes(name="top", events=Events()), middle, bottom).content(0)
    assert (rows_of(content, "middle"), rows_of(content, "bottom")) == ([], [])
    assert caplog.text.count("there is nothing that they could refer to") == 2


def test_a_user_who_has_nothing_to_refer_to_has_no_row_that_must(caplog):
    few = notes(name="few", seed=2, owned=True, events=Events())
    many = notes(name="many", columns=columns(ID, text("of", required=True, reference=Reference(resource="few"))))
    content = template(few, replace(many, seed=20, owned=True, events=Events())).content(0)
    ids = {row["id"] for row in rows_of(content, "few")}
    found = rows_of(content, "many")
    assert len(found) == 16
    assert {row["of"] for row in found} <= ids
    itself = notes(
        name="itself", columns=columns(ID, text("of", required=True, reference=Reference(resource="itself")))
    )
    made = rows_of(template(replace(itself, seed=5, events=Events())).content(0), "itself")
    assert {row["of"] for row in made} <= {row["id"] for row in made}


def test_another_contract_is_another_fingerprint_and_none_is_that_of_the_files():
    files = Template(shipped.folder("seed"), 1, plain).seeded.fingerprint
    one, again = template(notes(seed=2)), template(notes(seed=2))
    assert one.seeded.fingerprint == again.seeded.fingerprint
    assert len({files, one.seeded.fingerprint, template(notes(seed=3)).seeded.fingerprint}) == 3
    with opened(one.content(0)) as connection:
        assert seeded.seed_state(connection) == (1, one.seeded.fingerprint)
    # What is remembered until the next start is said of the files, and true whatever the contract.
    again.prepare(one.of_files)
    assert (again.of_files, again.seeded) == (one.of_files, one.seeded)


def test_another_number_of_the_same_template_has_rows_too_and_an_adopted_contract_its_own():
    main = template(notes(seed=2))
    assert len(rows_of(main.with_number(5).content(0), "notes")) == 2
    main.adopt(RowSeeds(contract(notes(seed=4))))
    assert len(rows_of(main.content(0), "notes")) == 4
    assert len(rows_of(main.with_number(5).content(0), "notes")) == 4


@pytest.fixture
def filled() -> bytes:
    return template(notes(seed=2)).content(0)


async def test_what_is_seeded_needs_nothing_when_it_is_opened(filled):
    database = MemoryDatabase(filled)
    kept = Shop(database, notes(seed=2))
    before = database.changes.stamp("anything")
    assert not await kept.rows.open()
    assert database.changes.stamp("anything") == before


async def test_a_resource_that_is_new_in_a_contract_has_its_rows_when_it_is_opened(filled):
    database = MemoryDatabase(filled)
    kinds = notes(seed=2), replace(orders(seed=3), events=Events()), replace(customers(seed=2), events=Events())
    kept = Shop(database, *kinds)
    assert not await kept.rows.open()
    assert (await kept.list("orders")).total == 3
    ids = {record.id for record in (await kept.list("customers")).items}
    assert {record.values["customer"] for record in (await kept.list("orders")).items} <= ids | {None}
    assert (await kept.list("notes")).total == 2
    # What was deleted since does not come back.
    await kept.delete("orders", (await kept.list("orders")).items[0].id)
    assert not await Shop(database, *kinds).rows.open()
    assert (await kept.list("orders")).total == 2
