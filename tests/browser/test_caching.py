"""What caches of browsers keep of a scenario: nothing. A page that is not loaded again sees the good answer as soon as
the scenario is off, and every call that it makes meanwhile arrives (RFC 9110, section 15.1; RFC 9111, section 4).
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.browser.stage import Stage
from tests.conftest import EMAIL

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ONE_LIST: dict[str, Any] = {"operation": "tasks.list"}
ONE_TASK: dict[str, Any] = {"operation": "tasks.get"}
_limits = itertools.count(2)


def fresh() -> str:
    """An address that no cache has met."""
    return f"/api/tasks?limit={next(_limits)}"


async def a_task(stage: Stage) -> str:
    """The address of a task that the page has read once, so that its cache has it with its tag."""
    made = await stage.client.send("POST", "/api/tasks", json={"title": "Buy milk"})
    path = f"/api/tasks/{made.json['id']}"
    assert (await stage.call(path))["status"] == 200
    return path


@pytest.fixture
async def signed_in(stage: Stage) -> Stage:
    await stage.client.sign_in()
    await stage.sign_in()
    stage.client.sandbox.journal.clear()
    return stage


@pytest.mark.parametrize("status", [300, 301, 308, 404, 405, 410, 414, 501])
async def test_what_browsers_keep_unasked_is_gone_with_its_scenario(signed_in: Stage, status: int) -> None:
    path = fresh()
    await signed_in.breaks("http.abort", ONE_LIST, status=status)
    assert [(await signed_in.call(path))["status"] for _ in range(3)] == [status] * 3
    await signed_in.heal()
    assert (await signed_in.call(path))["status"] == 200
    assert [call.status for call in signed_in.calls] == [status] * 3 + [200]


@pytest.mark.parametrize("status", [301, 308])
async def test_a_page_is_led_elsewhere_no_longer_than_the_scenario_lasts(signed_in: Stage, status: int) -> None:
    path = fresh()
    await signed_in.breaks("http.redirect", ONE_LIST, status=status, to="/api/auth/me")
    for _ in range(2):
        assert EMAIL in (await signed_in.call(path))["body"]
    await signed_in.heal()
    assert "x-total-count" in (await signed_in.call(path))["headers"]
    assert [call.status for call in signed_in.calls] == [status, 200] * 2 + [200]


@pytest.mark.parametrize("status", [404, 410])
async def test_what_a_fault_wants_kept_is_kept(signed_in: Stage, status: int) -> None:
    """So the browsers' caches are at work here, and the tests above say something. Firefox 153 asks again for every
    error but 410, however long it may be kept.
    """
    path = fresh()
    await signed_in.breaks("http.abort", ONE_LIST, status=status, headers={"Cache-Control": "max-age=600"})
    assert (await signed_in.call(path))["status"] == status
    await signed_in.heal()
    kept = status == 410 or signed_in.browser == "chromium"
    assert (await signed_in.call(path))["status"] == (status if kept else 200)
    assert [call.status for call in signed_in.calls] == ([status] if kept else [status, 200])


async def test_a_page_sees_200_where_the_wire_has_304(signed_in: Stage) -> None:
    """RFC 9111, section 4.3.3: the answer that was kept is good again, and is what scripts get."""
    path = await a_task(signed_in)
    again = await signed_in.call(path, json=True)
    assert (again["status"], again["body"]["title"]) == (200, "Buy milk")
    assert [call.status for call in signed_in.calls if call.method == "GET"] == [200, 304]


@pytest.mark.parametrize(
    ("kind", "parameters", "status"),
    [
        ("http.wrong_status", {"to": 203}, 203),
        ("http.abort", {"status": 503}, 503),
        ("field.null", {"path": "title"}, 200),
        ("etag", {"mode": "wrong"}, 200),
        ("conn.truncate", {"fraction": 0.5}, None),
    ],
)
async def test_a_fault_reaches_a_page_that_has_the_answer_already(
    signed_in: Stage, kind: str, parameters: dict[str, Any], status: int | None
) -> None:
    path = await a_task(signed_in)
    good = await signed_in.call(path)
    await signed_in.breaks(kind, ONE_TASK, **parameters)
    seen = await signed_in.call(path)
    assert seen.get("status") == status
    assert seen["headers"] != good["headers"] if status else seen["failed"].startswith("TypeError")
    struck = [call for call in signed_in.calls if call.faults]
    assert [call.status for call in struck] == [status or 200]

    await signed_in.heal()
    healed = await signed_in.call(path)
    assert (healed["status"], healed["body"]) == (200, good["body"])
