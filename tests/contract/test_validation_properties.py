"""Validation and pagination, whatever they are given."""

# ruff: noqa: PT017 - an error is one of two right outcomes here, and is judged where it is caught
from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.contract.entities import Page
from devkit.contract.errors import DomainError
from devkit.contract.operations import CONDITIONS, Input, Media
from devkit.contract.paging import ROWS_MAX, Paged
from devkit.contract.validation import validate
from devkit.dialects.agreed import AGREED
from devkit.dialects.answers import Many, links
from devkit.dialects.base import HEADER_FIELDS, Route
from devkit.dialects.raw import RawRequest
from devkit.dialects.reading import read_input
from devkit.dialects.spelling import Spelling, WireContext, snake
from devkit.domain.filenames import safe_filename
from devkit.domain.paging import window
from devkit.domain.preconditions import names_tag
from devkit.effects import isoformat, parse_instant
from devkit.server.http.body import parse_json
from devkit.server.http.files import RangeNotSatisfiable, parse_range

ROUTES = [route for route in AGREED.routes() if route.prefix == "/api"]
WITH_BODY = [route for route in ROUTES if route.operation.media is Media.JSON]
WITH_QUERY = [route for route in ROUTES if not route.sends_body and route.operation.input.model_fields]

# Every character there is, lone surrogates included: JSON's escapes can say them.
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PLAUSIBLE = st.sampled_from(
    ["", " ", "x" * 201, "x" * 1001, "2026-01-20T10:00:00Z", "a@example.com", "high", "TestPass123!", "\x00", "\ud800"]
)


def names(route: Route) -> list[str]:
    return [route.name_of(name) for name in route.operation.input.model_fields]


def judge(route: Route, raw: RawRequest) -> Input | None:
    """The input; None where a validation error was raised, as it should be."""
    try:
        return read_input(route, raw)
    except DomainError as error:
        assert error.code == "validation_error"
        assert error.fields
        assert error.fields.keys() <= set(route.operation.input.model_fields)
        assert all(isinstance(message, str) and message for message in error.fields.values())
        return None


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.operation.id)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_body_is_either_valid_or_a_validation_error_on_known_fields(route: Route, data: st.DataObject) -> None:
    body = data.draw(
        st.dictionaries(st.sampled_from(names(route)), PLAUSIBLE | JSON, max_size=8)
        | st.dictionaries(TEXT | st.sampled_from(names(route)), JSON, max_size=8)
    )
    headers = data.draw(st.dictionaries(st.sampled_from(sorted(HEADER_FIELDS.values())), TEXT, max_size=3))
    raw = RawRequest(path=dict.fromkeys(route.path_fields, "x"), body=body, headers=headers)
    found = judge(route, raw)
    if found is not None:
        # What is valid can be stored and written: nothing in it is beyond UTF-8.
        body_fields = found.model_dump(exclude={*CONDITIONS, "upload_id"})
        json.dumps(body_fields, ensure_ascii=False, default=str).encode()


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.operation.id)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_bad_field_is_named_at_once(route: Route, data: st.DataObject) -> None:
    fields = [name for name in route.fields if name not in (*route.path_fields, *HEADER_FIELDS)]
    example = {name: value for name, value in route.operation.example.items() if name in fields}
    bad = data.draw(st.sets(st.sampled_from(fields), min_size=1))
    broken = example | {name: [] for name in bad}
    try:
        raw = dict.fromkeys(route.path_fields, "x") | broken
        validate(route.operation.input, raw, strict=True)
    except DomainError as error:
        assert bad <= error.fields.keys() <= bad | {"confirm_password", *route.operation.input.model_fields}
    else:
        pytest.fail(f"{bad} were lists, and nobody minded")


@pytest.mark.parametrize("route", WITH_QUERY, ids=lambda route: route.operation.id)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_query_is_either_valid_or_a_validation_error_on_known_fields(route: Route, data: st.DataObject) -> None:
    pair = st.tuples(st.sampled_from([*names(route), "x"]), TEXT | st.integers().map(str) | PLAUSIBLE)
    query = tuple(data.draw(st.lists(pair, max_size=5)))
    judge(route, RawRequest(path=dict.fromkeys(route.path_fields, "x"), query=query))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    raw=st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | TEXT.map(lambda t: t.encode(errors="replace"))
)
def test_any_bytes_are_an_object_or_an_error_of_the_contract(raw: bytes) -> None:
    try:
        assert isinstance(parse_json(raw), dict)
    except DomainError as error:
        assert error.code in {"invalid_json", "validation_error"}
        error.message.encode()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=TEXT)
def test_a_filename_is_always_one_safe_part(text: str) -> None:
    name = safe_filename(text)
    assert 1 <= len(name) <= 255
    assert not {"/", "\\", "\x00", "\r", "\n"} & set(name)
    assert name not in {".", ".."}
    name.encode()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(field=TEXT | st.from_regex(r"bytes=[0-9]{0,4}-[0-9]{0,4}", fullmatch=True), size=st.integers(0, 500))
def test_a_range_lies_within_the_content(field: str, size: int) -> None:
    try:
        span = parse_range(field, size)
    except RangeNotSatisfiable:
        return
    if span is not None:
        assert 0 <= span[0] < span[1] <= size


@settings(max_examples=200, deadline=None, derandomize=True)
@given(condition=TEXT, tag=st.text("abc", min_size=1, max_size=3))
def test_an_entity_tag_is_named_only_where_it_stands(condition: str, tag: str) -> None:
    if names_tag(condition, tag, weak=True):
        assert f'"{tag}"' in condition or condition.strip() == "*"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(instant=st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_instant_comes_back_as_it_was_written(instant: int) -> None:
    assert parse_instant(isoformat(instant)) == instant


# Pagination


def _relations(field: str) -> dict[str, int]:
    """Relation → page number."""
    found = {}
    for address, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', field):
        found[relation] = int(parse_qs(urlsplit(address).query)["page"][0])
    return found


def _page(rows: list[int], number: int, limit: int) -> Page[int]:
    offset, size = window(Paged(page=number, limit=limit))
    return Page(tuple(rows[offset : offset + size]), len(rows), number, limit)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(count=st.integers(0, 300), limit=st.integers(1, 100))
def test_following_the_links_visits_everything_once(count: int, limit: int) -> None:
    rows = list(range(count))
    seen: list[int] = []
    number: int | None = 1
    while number is not None:
        page = _page(rows, number, limit)
        seen += page.items
        relations = _relations(links(page, "http://localhost/api/tasks", ()))
        assert relations["first"] == 1
        assert relations["last"] == max(1, -(-count // limit))
        assert ("prev" in relations) is (number > 1)
        assert relations.get("prev", number - 1) == number - 1
        assert relations.get("next", number + 1) == number + 1
        number = relations.get("next")
    assert seen == rows


@settings(max_examples=200, deadline=None, derandomize=True)
@given(count=st.integers(0, 10), limit=st.integers(1, 100), number=st.integers(1, 2**63 - 1))
def test_beyond_the_end_the_way_back_is_known(count: int, limit: int, number: int) -> None:
    page = _page(list(range(count)), number, limit)
    relations = _relations(links(page, "http://localhost/api/tasks", ()))
    last = relations["last"]
    assert all(1 <= target <= last for target in relations.values())
    assert 0 <= window(Paged(page=number, limit=limit))[0] < 2**63


@settings(max_examples=200, deadline=None, derandomize=True)
@given(start=st.integers(0, 2**63 - 1) | st.none(), end=st.integers(0, 2**63 - 1) | st.none())
def test_rows_are_as_many_as_asked_for_or_refused(start: int | None, end: int | None) -> None:
    try:
        offset, rows = window(Paged(start=start, end=end))
    except DomainError as error:
        assert error.fields.keys() == {"end"}
        assert end is not None
        assert not 0 <= end - (start or 0) <= ROWS_MAX
    else:
        assert (0 <= offset < 2**63, 0 <= rows <= ROWS_MAX) == (True, True)
        if end is not None:
            assert rows == end - (start or 0)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(query=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4))
def test_links_keep_the_rest_of_the_query(query: list[tuple[str, str]]) -> None:
    context = WireContext(base_url="http://localhost", prefix="/api", path="/api/tasks", query=tuple(query))
    reply = Many(entity=int).reply(Page((), 5, 1, 1), context, Spelling(snake, []))
    field = reply.headers["Link"]
    field.encode("ascii")
    assert not {"\r", "\n"} & set(field)
    address = re.findall(r"<([^>]*)>", field)[0]
    kept = parse_qs(urlsplit(address).query, keep_blank_values=True)
    expected: dict[str, Any] = {}
    for name, value in query:
        if name != "page":
            expected.setdefault(name, []).append(value)
    assert kept == expected | {"page": ["1"]}


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    titles=st.lists(st.text("abÄß🎉 ", min_size=1, max_size=5).filter(str.strip), max_size=12),
    limit=st.integers(1, 5),
    sort=st.sampled_from(
        ["created_at", "-title", "title", "priority", "-due_date", "due_date", "-completed", "updated_at"]
    ),
)
def test_pages_of_tasks_partition_the_list(titles: list[str], limit: int, sort: str) -> None:
    from devkit.contract.entities import Task, User
    from devkit.storage import tasks, users
    from devkit.storage.database import MemoryDatabase

    async def run() -> None:
        database = MemoryDatabase()
        user = User("u", "u@example.com", "", "", True, "user", 0)

        def fill(connection: Any) -> None:
            assert users.insert(connection, user, "hash").number == 1
            for number, title in enumerate(titles):
                due = None if number % 3 else number % 2
                task = Task(f"t{number}", title, None, number % 2 == 0, "low", due, number // 3, 0, 1)
                tasks.insert(connection, 1, task)

        await database.write(fill)
        selection = tasks.Selection(sort=sort)
        pages = [
            database.read(lambda c, at=offset: tasks.page(c, 1, selection, limit, at))  # type: ignore[misc]
            for offset in range(0, len(titles) + limit, limit)
        ]
        found = [task.id for page in pages for task in page]
        assert sorted(found) == sorted(f"t{number}" for number in range(len(titles)))
        whole = database.read(lambda c: tasks.page(c, 1, selection, 100, 0))
        assert found == [task.id for task in whole]
        await database.close()

    asyncio.run(run())
