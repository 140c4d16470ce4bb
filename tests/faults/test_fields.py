from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from pydantic import ValidationError

from devkit.faults.registry import fault_of
from tests.conftest import Client
from tests.faults.conftest import Break, scenario

TASKS = "/api/tasks"


async def page(client: Client) -> Any:
    return (await client.send("GET", TASKS)).json


async def user(client: Client) -> Any:
    return (await client.send("GET", "/api/auth/me")).json["user"]


@pytest.fixture
async def good(signed_in: Client) -> Any:
    """The page as it should be."""
    return await page(signed_in)


async def heals(client: Client, good: Any) -> None:
    await client.sandbox.engine.off("broken")
    assert await page(client) == good


async def test_a_dropped_field_is_found_in_rows_and_inside(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.drop", path="title")
    assert not any("title" in task for task in (await page(signed_in))["data"])
    assert "title" not in (await signed_in.send("GET", f"{TASKS}/{good['data'][0]['id']}")).json
    await breaks("field.drop", path="email")
    assert "email" not in await user(signed_in)
    await breaks("field.drop", path="user.email")
    assert "email" not in await user(signed_in)
    await heals(signed_in, good)


async def test_a_path_at_the_top_means_the_top(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.drop", path="total")
    assert await page(signed_in) == {key: value for key, value in good.items() if key != "total"}
    await breaks("field.drop", path="nowhere.at.all")
    assert await page(signed_in) == good


async def test_an_errors_fields_are_fields_too(signed_in: Client, breaks: Break) -> None:
    await breaks("field.drop", path="message")
    answer = await signed_in.send("GET", f"{TASKS}/nowhere")
    assert answer.status == 404
    assert "message" not in answer.json


async def test_a_field_is_null(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.null", path="data.title")
    assert {task["title"] for task in (await page(signed_in))["data"]} == {None}
    await heals(signed_in, good)


async def test_a_field_is_renamed(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.rename", path="title", to="name")
    task = (await page(signed_in))["data"][0]
    assert (task["name"], "title" in task) == (good["data"][0]["title"], False)
    await heals(signed_in, good)


async def test_a_field_is_added_where_its_path_says(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.add", path="data.archived", value={"by": "nobody"})
    assert all(task["archived"] == {"by": "nobody"} for task in (await page(signed_in))["data"])
    await breaks("field.add", path="extra", value=1)
    assert await page(signed_in) == good | {"extra": 1}
    await breaks("field.add", path="user.extra", value=1)
    assert (await user(signed_in))["extra"] == 1
    await heals(signed_in, good)


@pytest.mark.parametrize(
    ("path", "to", "expected"),
    [
        ("total", "string", "57"),
        ("total", "boolean", True),
        ("total", "array", [57]),
        ("total", "object", {"value": 57}),
        ("total", "null", None),
        ("data", "number", 0),
    ],
)
async def test_a_field_has_another_type(
    signed_in: Client, breaks: Break, good: Any, path: str, to: str, expected: Any
) -> None:
    await breaks("field.type", path=path, to=to)
    found = (await page(signed_in))[path]
    assert (found, type(found)) == (expected, type(expected))
    await heals(signed_in, good)


async def test_booleans_and_texts_change_their_type_as_json_would(signed_in: Client, breaks: Break) -> None:
    await breaks("field.type", path="completed", to="string")
    assert {task["completed"] for task in (await page(signed_in))["data"]} <= {"true", "false"}
    await breaks("field.type", path="title", to="number")
    assert {task["title"] for task in (await page(signed_in))["data"]} == {0}


async def test_an_enum_has_a_value_nobody_knows(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("field.enum_unknown", path="priority")
    assert not {task["priority"] for task in (await page(signed_in))["data"]} & {"low", "medium", "high"}
    await heals(signed_in, good)


@pytest.mark.parametrize("value", [-1, 9007199254740993, 0.5])
async def test_a_number_is_out_of_bounds(signed_in: Client, breaks: Break, good: Any, value: float) -> None:
    await breaks("field.range", path="total", value=value)
    assert (await page(signed_in))["total"] == value
    await heals(signed_in, good)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ({"format": "unix"}, lambda value: datetime.fromtimestamp(value, UTC)),
        ({"format": "unix_ms"}, lambda value: datetime.fromtimestamp(value / 1000, UTC)),
        ({"format": "rfc2822"}, parsedate_to_datetime),
        ({"format": "rfc2822", "zone": "-05:00"}, parsedate_to_datetime),
        ({"zone": "+02:00"}, instant),
        ({"zone": "none"}, lambda text: instant(text).replace(tzinfo=UTC)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_dates_look_otherwise_and_mean_the_same(
    signed_in: Client, breaks: Break, good: Any, parameters: Any, read: Any
) -> None:
    await breaks("field.date", **parameters)
    task, was = (await page(signed_in))["data"][0], good["data"][0]
    assert task["createdAt"] != was["createdAt"]
    assert read(task["createdAt"]) == instant(was["createdAt"])
    assert task["title"] == was["title"]
    if parameters == {"zone": "+02:00"}:
        assert instant(task["createdAt"]).utcoffset() == timedelta(hours=2)
    if parameters == {"zone": "none"}:
        assert instant(task["createdAt"]).tzinfo is None
    await heals(signed_in, good)


async def test_dates_may_be_days_american_or_none_at_all(signed_in: Client, breaks: Break, good: Any) -> None:
    was = instant(good["data"][0]["createdAt"])
    await breaks("field.date", format="date")
    assert (await page(signed_in))["data"][0]["createdAt"] == f"{was:%Y-%m-%d}"
    await breaks("field.date", format="us")
    assert (await page(signed_in))["data"][0]["createdAt"] == f"{was:%m/%d/%Y %I:%M %p}"
    await breaks("field.date", format="invalid")
    with pytest.raises(ValueError, match="month"):
        instant((await page(signed_in))["data"][0]["createdAt"])


@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("long", lambda text: len(text) == 5_000 and " " not in text),
        ("rtl", lambda text: "\u202e" in text),
        ("emoji", lambda text: "\u200d" in text),
        ("html", lambda text: "<script>" in text),
        ("zalgo", lambda text: text.count("\u0300") > 3),
    ],
)
async def test_texts_break_layouts(signed_in: Client, good: Any, kind: str, holds: Any) -> None:
    rule = {"fault": {"type": "text", "path": "title", "kind": kind}}
    await signed_in.sandbox.engine.use(scenario(rule))
    tasks = (await page(signed_in))["data"]
    assert all(holds(task["title"]) for task in tasks)
    assert tasks[0]["id"] == good["data"][0]["id"]
    await heals(signed_in, good)


@pytest.mark.parametrize(
    "written",
    [
        {"type": "field.drop", "path": "a..b"},
        {"type": "field.drop", "path": ""},
        {"type": "field.add", "path": "a"},
        {"type": "field.type", "path": "a", "to": "date"},
        {"type": "field.range", "path": "a", "value": "many"},
        {"type": "field.range", "path": "a", "value": float("inf")},
        {"type": "field.date"},
        {"type": "field.date", "zone": "+2"},
        {"type": "text", "path": "a", "kind": "short"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        fault_of(written)


async def test_references_lead_to_nothing_and_own_ids_stay(signed_in: Client, breaks: Break) -> None:
    talk = (await signed_in.send("GET", "/api/chat/conversations")).json["conversations"][0]
    path = f"/api/chat/conversations/{talk['id']}/messages"
    good = (await signed_in.send("GET", path)).json["messages"]
    assert {message["conversation_id"] for message in good} == {talk["id"]}
    await breaks("ref.dangling")
    bad = (await signed_in.send("GET", path)).json["messages"]
    assert [message["id"] for message in bad] == [message["id"] for message in good]
    for message in bad:
        found = await signed_in.send("GET", f"/api/chat/conversations/{message['conversation_id']}")
        assert found.status == 404
    await signed_in.sandbox.engine.off("broken")
    assert (await signed_in.send("GET", path)).json["messages"] == good


async def test_one_reference_is_chosen_by_its_path(signed_in: Client, breaks: Break, good: Any) -> None:
    await breaks("ref.dangling", path="data.id")
    assert not {task["id"] for task in (await page(signed_in))["data"]} & {task["id"] for task in good["data"]}
