"""Tasks and pagination (CONTRACT.md, "`agreed`": `tasks.*`; "Where rows meet", lists)."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Answer, Client
from tests.contract.wire import INSTANT, NOBODYS_ID, SECOND, UUID, bearer, is_error, token_of

FIELDS = ["id", "title", "description", "completed", "priority", "dueDate", "createdAt", "updatedAt"]


async def create(client: Client, title: str = "Buy milk", **body: Any) -> dict[str, Any]:
    answer = await client.send("POST", "/api/tasks", json={"title": title, **body})
    assert answer.status == 201, answer.body
    return dict(answer.json)


async def listed(client: Client, **params: Any) -> list[dict[str, Any]]:
    answer = await client.send("GET", "/api/tasks", params=params)
    assert answer.status == 200, answer.body
    return list(answer.json["data"])


def links(answer: Answer) -> dict[str, str]:
    """The Link header: relation → address."""
    return {relation: address for address, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}


@pytest.fixture
async def empty(client: Client) -> Client:
    """Signed in as the user who owns nothing."""
    await client.sign_in("empty@example.com")
    return client


# Pages


async def test_three_pages_of_twenty_hold_each_of_the_57_tasks_once(signed_in: Client) -> None:
    seen = []
    for page, size in ((1, 20), (2, 20), (3, 17)):
        answer = await signed_in.send("GET", "/api/tasks", params={"page": page})
        body = answer.json
        assert list(body) == ["data", "total", "page", "limit"]
        assert (body["total"], body["page"], body["limit"], len(body["data"])) == (57, page, 20, size)
        assert answer.headers["X-Total-Count"] == "57"
        seen += [task["id"] for task in body["data"]]
    assert len(set(seen)) == 57


async def test_a_client_that_follows_the_next_links_sees_every_page_with_its_own_filters(signed_in: Client) -> None:
    answer = await signed_in.send("GET", "/api/tasks?limit=10&sort=title&completed=false&q=e")
    total, seen = answer.json["total"], len(answer.json["data"])
    while following := links(answer).get("next"):
        assert parse_qs(urlsplit(following).query).items() >= {"limit": ["10"], "sort": ["title"], "q": ["e"]}.items()
        assert following.startswith("/api/tasks?")
        answer = await signed_in.send("GET", following)
        seen += len(answer.json["data"])
    assert seen == total > 10


@pytest.mark.parametrize(
    ("page", "relations"),
    [
        (1, {"first": 1, "next": 2, "last": 3}),
        (2, {"first": 1, "prev": 1, "next": 3, "last": 3}),
        (3, {"first": 1, "prev": 2, "last": 3}),
        (9, {"first": 1, "prev": 3, "last": 3}),
    ],
)
async def test_link_names_the_neighbours_that_there_are(
    signed_in: Client, page: int, relations: dict[str, int]
) -> None:
    answer = await signed_in.send("GET", "/api/tasks", params={"page": page})
    found = {name: int(parse_qs(urlsplit(address).query)["page"][0]) for name, address in links(answer).items()}
    assert found == relations


async def test_a_page_beyond_the_end_is_empty_and_no_error(signed_in: Client) -> None:
    for page in (4, 10**18, 2**63 - 1):
        answer = await signed_in.send("GET", "/api/tasks", params={"page": page})
        assert (answer.status, answer.json["data"], answer.json["total"]) == (200, [], 57)
        assert answer.json["page"] == page


async def test_an_empty_list_has_one_page_of_nothing(empty: Client) -> None:
    answer = await empty.send("GET", "/api/tasks")
    assert answer.json == {"data": [], "total": 0, "page": 1, "limit": 20}
    assert links(answer).keys() == {"first", "last"}
    assert answer.headers["X-Total-Count"] == "0"


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "", "9" * 5000])
async def test_a_page_that_is_no_number_from_one_up_is_refused(signed_in: Client, value: str) -> None:
    answer = await signed_in.send("GET", "/api/tasks", params={"page": value})
    assert is_error(answer, 400, "validation_error", "page")


async def test_every_bad_parameter_is_reported_at_once(signed_in: Client) -> None:
    answer = await signed_in.send("GET", "/api/tasks?page=0&limit=101&sort=size&completed=maybe&priority=urgent&q=%00")
    assert is_error(answer, 400, "validation_error", "page", "limit", "sort", "completed", "priority", "q")


async def test_a_hundred_rows_are_the_most_a_page_may_have(signed_in: Client) -> None:
    assert len(await listed(signed_in, limit=100)) == 57
    assert is_error(await signed_in.send("GET", "/api/tasks?limit=101"), 400, "validation_error", "limit")


async def test_a_parameter_given_twice_is_refused(signed_in: Client) -> None:
    answer = await signed_in.send("GET", "/api/tasks?completed=true&completed=false")
    assert is_error(answer, 400, "validation_error", "completed")


# Orders and filters


@pytest.mark.parametrize("name", ["createdAt", "updatedAt", "title", "completed"])
async def test_sorting_by_a_field_and_against_it(signed_in: Client, name: str) -> None:
    def key(task: dict[str, Any]) -> Any:
        return task[name].casefold() if name == "title" else task[name]

    rising, falling = await listed(signed_in, sort=name, limit=100), await listed(signed_in, sort=f"-{name}", limit=100)
    assert [key(task) for task in rising] == sorted(key(task) for task in rising)
    assert [task["id"] for task in falling] == [task["id"] for task in reversed(rising)]


async def test_the_newest_come_first_where_no_order_is_asked_for(signed_in: Client) -> None:
    assert await listed(signed_in) == await listed(signed_in, sort="-createdAt")


async def test_tasks_without_a_due_date_come_last_in_both_directions(signed_in: Client) -> None:
    for sort, reverse in (("dueDate", False), ("-dueDate", True)):
        dates = [task["dueDate"] for task in await listed(signed_in, sort=sort, limit=100)]
        given = [date for date in dates if date]
        assert dates == sorted(given, reverse=reverse) + [None] * (57 - len(given))


async def test_priorities_sort_by_their_weight_not_by_their_letters(signed_in: Client) -> None:
    weights = {"low": 0, "medium": 1, "high": 2}
    found = [weights[task["priority"]] for task in await listed(signed_in, sort="-priority", limit=100)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("sort", ["created_at", "-due_date", "ID", "--title", "", "-"])
async def test_an_order_is_named_as_this_dialect_names_fields(signed_in: Client, sort: str) -> None:
    answer = await signed_in.send("GET", "/api/tasks", params={"sort": sort})
    assert is_error(answer, 400, "validation_error", "sort")
    assert "-createdAt" in answer.json["details"]["sort"]
    assert "created_at" not in answer.json["details"]["sort"]


async def test_filters_narrow_the_list_and_the_count(signed_in: Client) -> None:
    everything = await listed(signed_in, limit=100)
    for completed in (True, False):
        for priority in ("low", "medium", "high"):
            wanted = [t for t in everything if t["completed"] is completed and t["priority"] == priority]
            params = {"completed": str(completed).lower(), "priority": priority, "limit": 100}
            answer = await signed_in.send("GET", "/api/tasks", params=params)
            assert answer.json["data"] == wanted
            assert answer.json["total"] == len(wanted) > 0


async def test_an_empty_filter_is_no_filter(signed_in: Client) -> None:
    for query in ("completed=&priority=&q=", "q=%20%20"):
        assert (await signed_in.send("GET", f"/api/tasks?{query}")).json["total"] == 57


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("100%", ["Save 100% of it"]),
        ("%", ["Save 100% of it"]),
        ("_", ["snake_case"]),
        ("MILK", ["Buy milk"]),
        ("ÉTÉ", ["Café d'été"]),
        ("москв", ["Билет в МОСКВУ"]),
        ("two litres", ["Buy milk"]),
        ("  milk ", ["Buy milk"]),
        ("🎁", ["Gift 🎁"]),
        ("'; DROP TABLE tasks; --", []),
        ("\\", []),
        ("*", []),
    ],
)
async def test_q_is_a_substring_in_any_case_and_nothing_in_it_is_special(
    empty: Client, q: str, found: list[str]
) -> None:
    for title in ("Save 100% of it", "snake_case", "Café d'été", "Билет в МОСКВУ", "Gift 🎁"):
        await create(empty, title)
    await create(empty, "Buy milk", description="Two LITRES")
    assert [task["title"] for task in await listed(empty, q=q)] == found


# One task


async def test_a_created_task_has_every_field_and_a_location_that_leads_to_it(empty: Client) -> None:
    answer = await empty.send(
        "POST",
        "/api/tasks",
        json={
            "title": "  Buy milk  ",
            "description": " Two litres ",
            "priority": "high",
            "dueDate": "2026-02-01T10:00:00+01:00",
            "completed": True,
        },
    )
    task = answer.json
    assert answer.status == 201
    assert list(task) == FIELDS
    assert UUID.fullmatch(task["id"])
    assert INSTANT.fullmatch(task["createdAt"])
    assert task["createdAt"] == task["updatedAt"]
    assert {name: task[name] for name in FIELDS[1:6]} == {
        "title": "Buy milk",
        "description": "Two litres",
        "completed": True,
        "priority": "high",
        "dueDate": "2026-02-01T09:00:00.000Z",
    }
    assert answer.headers["Location"] == f"/api/tasks/{task['id']}"
    found = await empty.send("GET", answer.headers["Location"])
    assert (found.json, found.headers["ETag"]) == (task, answer.headers["ETag"])


async def test_a_title_is_all_that_a_task_needs(empty: Client) -> None:
    task = await create(empty, "Buy milk")
    assert [task[name] for name in ("description", "completed", "priority", "dueDate")] == [None, False, "medium", None]


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("x", 201),
        ("x" * 200, 201),
        (" " + "👍" * 200 + " ", 201),
        ("x" * 201, 400),
        ("", 400),
        ("   ", 400),
        (None, 400),
        (5, 400),
    ],
)
async def test_a_title_has_1_to_200_characters_after_trimming(empty: Client, title: Any, status: int) -> None:
    answer = await empty.send("POST", "/api/tasks", json={"title": title})
    assert answer.status == status
    if status == 400:
        assert is_error(answer, 400, "validation_error", "title")
    else:
        assert answer.json["title"] == title.strip()


async def test_a_description_has_at_most_1000_characters(empty: Client) -> None:
    assert len((await create(empty, description="é" * 1000))["description"]) == 1000
    answer = await empty.send("POST", "/api/tasks", json={"title": "x", "description": "x" * 1001})
    assert is_error(answer, 400, "validation_error", "description")


async def test_every_bad_field_of_a_task_is_reported_at_once(empty: Client) -> None:
    bad = {"title": " ", "description": 1, "priority": "urgent", "dueDate": "tomorrow", "completed": "yes"}
    answer = await empty.send("POST", "/api/tasks", json=bad)
    assert is_error(answer, 400, "validation_error", *bad)
    assert (await empty.send("GET", "/api/tasks")).json["total"] == 0


async def test_put_resets_what_is_left_out_and_patch_keeps_it(empty: Client) -> None:
    full = {"description": "d", "priority": "high", "dueDate": "2026-02-01T09:00:00.000Z", "completed": True}
    task = await create(empty, "One", **full)
    path = f"/api/tasks/{task['id']}"
    patched = (await empty.send("PATCH", path, json={"title": "Two"})).json
    assert {name: patched[name] for name in full} == full
    assert patched["title"] == "Two"
    cleared = (await empty.send("PATCH", path, json={"description": None, "dueDate": None})).json
    assert (cleared["description"], cleared["dueDate"], cleared["priority"]) == (None, None, "high")
    await empty.send("PATCH", path, json=full)
    replaced = (await empty.send("PUT", path, json={"title": "Three"})).json
    assert replaced | {"updatedAt": 0} == task | {"title": "Three", "description": None, "priority": "medium",
                                                  "dueDate": None, "completed": False, "updatedAt": 0}  # fmt: skip
    assert is_error(await empty.send("PUT", path, json={"completed": True}), 400, "validation_error", "title")


async def test_patch_refuses_null_where_a_task_has_a_value(empty: Client) -> None:
    task = await create(empty)
    answer = await empty.send(
        "PATCH", f"/api/tasks/{task['id']}", json={"title": None, "priority": None, "completed": None}
    )
    assert is_error(answer, 400, "validation_error", "title", "priority", "completed")


async def test_a_change_moves_updated_at_and_the_tag_and_no_change_does_not(empty: Client) -> None:
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path = created.headers["Location"]
    empty.sandbox.clock.advance(SECOND)
    same = await empty.send("PATCH", path, json={"title": "One"})
    assert (same.json, same.headers["ETag"]) == (created.json, created.headers["ETag"])
    changed = await empty.send("PATCH", path, json={"title": "Two"})
    assert changed.json["createdAt"] == created.json["createdAt"]
    assert changed.json["updatedAt"] > created.json["updatedAt"]
    assert changed.headers["ETag"] != created.headers["ETag"]


async def test_complete_ticks_a_task_off_and_back(empty: Client) -> None:
    task = await create(empty)
    path = f"/api/tasks/{task['id']}/complete"
    for completed in (True, False):
        answer = await empty.send("PATCH", path, json={"completed": completed})
        assert (answer.status, answer.json["completed"]) == (200, completed)
    for body in ({}, {"completed": "true"}, {"completed": None}):
        assert is_error(await empty.send("PATCH", path, json=body), 400, "validation_error", "completed")


async def test_a_deleted_task_is_gone(empty: Client) -> None:
    path = f"/api/tasks/{(await create(empty))['id']}"
    answer = await empty.send("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert is_error(await empty.send("GET", path), 404, "not_found")
    assert is_error(await empty.send("DELETE", path), 404, "not_found")


@pytest.mark.parametrize("task_id", [NOBODYS_ID, "1", "abc", "%00", "..%2f..%2fetc", "x" * 3000])
async def test_an_id_that_is_not_there_or_no_id_at_all_is_a_404(signed_in: Client, task_id: str) -> None:
    assert is_error(await signed_in.send("GET", f"/api/tasks/{task_id}"), 404, "not_found")


async def test_somebody_elses_task_is_not_there_for_any_method(signed_in: Client) -> None:
    mine = (await listed(signed_in))[0]
    path, other = f"/api/tasks/{mine['id']}", bearer(await token_of(signed_in, "other@example.com"))
    bodies = {"GET": None, "PUT": {"title": "x"}, "PATCH": {"title": "x"}, "DELETE": None}
    for method, body in bodies.items():
        assert is_error(await signed_in.send(method, path, json=body, headers=other), 404, "not_found")
    answer = await signed_in.send("PATCH", f"{path}/complete", json={"completed": True}, headers=other)
    assert is_error(answer, 404, "not_found")
    theirs = (await signed_in.send("GET", "/api/tasks?limit=100", headers=other)).json["data"]
    assert not {task["id"] for task in theirs} & {task["id"] for task in await listed(signed_in, limit=100)}
    assert (await signed_in.send("GET", path)).json == mine


async def test_all_of_tasks_needs_a_sign_in(client: Client) -> None:
    for method, path in [("GET", ""), ("POST", ""), ("GET", "/x"), ("PUT", "/x"), ("PATCH", "/x"), ("DELETE", "/x"),
                         ("PATCH", "/x/complete")]:  # fmt: skip
        assert is_error(await client.send(method, f"/api/tasks{path}"), 401, "unauthorized")


# Versions


async def test_if_none_match_answers_304_until_the_task_changes(empty: Client) -> None:
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path, tag = created.headers["Location"], created.headers["ETag"]
    assert re.fullmatch(r'"[^"]+"', tag)
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await empty.send("GET", path, headers={"If-None-Match": condition})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
        assert answer.headers["Vary"]
    await empty.send("PATCH", path, json={"title": "Two"})
    assert (await empty.send("GET", path, headers={"If-None-Match": tag})).status == 200


async def test_if_match_on_a_stale_version_is_a_412_and_changes_nothing(empty: Client) -> None:
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path, stale = created.headers["Location"], {"If-Match": created.headers["ETag"]}
    changed = await empty.send("PATCH", path, json={"title": "Two"}, headers=stale)
    assert changed.status == 200
    calls = [("GET", path, None), ("PUT", path, {"title": "x"}), ("PATCH", path, {"title": "x"}),
             ("PATCH", f"{path}/complete", {"completed": True}), ("DELETE", path, None)]  # fmt: skip
    for method, address, body in calls:
        assert is_error(await empty.send(method, address, json=body, headers=stale), 412, "precondition_failed")
    assert (await empty.send("GET", path)).json == changed.json
    assert (await empty.send("DELETE", path, headers={"If-Match": changed.headers["ETag"]})).status == 204


async def test_if_match_star_means_any_version_and_a_weak_tag_none(empty: Client) -> None:
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path, tag = created.headers["Location"], created.headers["ETag"]
    weak = await empty.send("PATCH", path, json={"title": "x"}, headers={"If-Match": f"W/{tag}"})
    assert is_error(weak, 412, "precondition_failed")
    assert (await empty.send("PATCH", path, json={"title": "x"}, headers={"If-Match": "*"})).status == 200


async def test_if_none_match_refuses_to_change_or_delete_a_version_that_it_names(empty: Client) -> None:
    """RFC 9110, sections 13.1.2 (any version for `*`, weak comparison) and 13.2.2 (412 where it is not GET or HEAD)."""
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path, tag = created.headers["Location"], created.headers["ETag"]
    calls = [("PUT", path, {"title": "x"}), ("PATCH", path, {"title": "x"}), ("DELETE", path, None),
             ("PATCH", f"{path}/complete", {"completed": True})]  # fmt: skip
    for condition in ("*", tag, f"W/{tag}", f'"other", {tag}'):
        for method, address, body in calls:
            answer = await empty.send(method, address, json=body, headers={"If-None-Match": condition})
            assert is_error(answer, 412, "precondition_failed"), (condition, method)
            assert "If-None-Match" in answer.json["message"]
    assert (await empty.send("GET", path)).json == created.json
    for method, address, body in [*calls[:2], calls[3], calls[2]]:
        answer = await empty.send(method, address, json=body, headers={"If-None-Match": '"other", W/"another"'})
        assert answer.status in {200, 204}, method


async def test_if_match_is_looked_at_before_if_none_match(empty: Client) -> None:
    """RFC 9110, section 13.2.2: the first of the two that fails answers."""
    created = await empty.send("POST", "/api/tasks", json={"title": "One"})
    path, tag = created.headers["Location"], created.headers["ETag"]
    read = await empty.send("GET", path, headers={"If-Match": '"other"', "If-None-Match": tag})
    assert is_error(read, 412, "precondition_failed")
    assert (await empty.send("GET", path, headers={"If-Match": tag, "If-None-Match": tag})).status == 304
    write = await empty.send("PATCH", path, json={"title": "x"}, headers={"If-Match": tag, "If-None-Match": tag})
    assert is_error(write, 412, "precondition_failed")


async def test_what_is_not_there_is_missed_whatever_the_condition_says(empty: Client) -> None:
    """RFC 9110, section 13.2.1: a condition counts only where the answer would be 2xx or 412 without it."""
    missing = "/api/tasks/00000000-0000-4000-8000-000000000000"
    for method in ("PUT", "PATCH", "DELETE"):
        body = None if method == "DELETE" else {"title": "x"}
        answer = await empty.send(method, missing, json=body, headers={"If-None-Match": "*"})
        assert is_error(answer, 404, "not_found")


# Idempotency


async def test_the_same_idempotency_key_gives_the_same_answer_and_one_task(empty: Client) -> None:
    async def send() -> Answer:
        return await empty.send("POST", "/api/tasks", json={"title": "Once"}, headers={"Idempotency-Key": "k1"})

    first, second = await send(), await send()
    assert (first.status, first.json) == (second.status, second.json)
    assert first.headers["Location"] == second.headers["Location"]
    assert (await empty.send("GET", "/api/tasks")).json["total"] == 1


async def test_an_idempotency_key_with_another_body_is_a_422(empty: Client) -> None:
    key = {"Idempotency-Key": "k1"}
    await empty.send("POST", "/api/tasks", json={"title": "Once"}, headers=key)
    answer = await empty.send("POST", "/api/tasks", json={"title": "Other"}, headers=key)
    assert is_error(answer, 422, "idempotency_key_reused")


async def test_ten_of_the_same_call_at_once_make_one_task(empty: Client) -> None:
    calls = (
        empty.send("POST", "/api/tasks", json={"title": "Once"}, headers={"Idempotency-Key": "k1"}) for _ in range(10)
    )
    answers = await asyncio.gather(*calls)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert (await empty.send("GET", "/api/tasks")).json["total"] == 1


async def test_an_idempotency_key_is_each_users_own(empty: Client) -> None:
    key = {"Idempotency-Key": "k1"}
    other = bearer(await token_of(empty, "other@example.com"))
    mine = await empty.send("POST", "/api/tasks", json={"title": "Mine"}, headers=key)
    theirs = await empty.send("POST", "/api/tasks", json={"title": "Theirs"}, headers=key | other)
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.json["id"] != theirs.json["id"]
