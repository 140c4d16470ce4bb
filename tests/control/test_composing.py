"""Scenarios that are composed: checked, tried, saved, read back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from devkit.dialects.shipped import BACKEND
from devkit.scenario.loading import load
from tests.conftest import Client, StartServer
from tests.control.conftest import Control, until

DRAFT: dict[str, Any] = {
    "name": "my-outage",
    "title": "Lists are down",
    "description": "First line\nand a second",
    "rules": [
        {"id": "down", "match": {"operation": ["tasks.list"]}, "when": {"times": 2, "after": "0"},
         "fault": {"type": "http.abort", "status": 503, "retry_after": 2}}
    ],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's own folder of scenarios, in a temporary place."""
    return tmp_path / "scenarios"


@pytest.fixture
async def client(start: StartServer, folder: Path) -> AsyncIterator[Client]:
    async with start(scenario_dir=folder) as client:
        yield client


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name: x\ntitle: !!binary aGk=\n", "draft.yaml:2:8"),
        ("name: x\n!!binary dGl0bGU=: T\n", "draft.yaml:2:1"),
        ("name: x\nrules:\n- fault: {type: http.abort, status: !!binary aGk=}\n", "draft.yaml:3:37"),
    ],
)
async def test_binary_in_the_text_of_a_scenario_is_400_with_its_place(control: Control, text: str, where: str) -> None:
    # Issue 21, point 9.
    for method, path, more in (("POST", "/scenarios/try", {}), ("PUT", "/scenarios/x", {"replace": True})):
        answer = await control(method, path, text=text, **more)
        assert (answer.status, answer.json["error"]) == (400, "invalid_scenario")
        assert where.partition(":")[2] in answer.json["message"]
        assert "tag:yaml.org,2002:binary" in answer.json["message"]


async def test_a_draft_is_answered_as_yaml_and_with_its_first_problem(control: Control) -> None:
    good = (await control("POST", "/scenarios/check", scenario=DRAFT)).json
    assert good["problem"] is None
    assert "fault: {type: http.abort, status: 503, retry_after: 2}" in good["text"]
    assert "description: |-\n  First line\n  and a second" in good["text"]
    again = (await control("POST", "/scenarios/check", text=good["text"])).json
    assert again["scenario"] == DRAFT
    rule = DRAFT["rules"][0] | {"fault": {"type": "http.abrt", "status": 503}}
    bad = (await control("POST", "/scenarios/check", scenario=DRAFT | {"rules": [rule]})).json
    assert "http.abort" in bad["problem"]["message"]
    assert bad["text"].splitlines()[bad["problem"]["line"] - 1] == bad["problem"]["source"]


async def test_a_draft_may_hold_what_json_libraries_choke_on(control: Control) -> None:
    found = await control("POST", "/scenarios/check", text=f"name: {2**70}\ntitle: .nan\n")
    assert (found.status, found.json["scenario"]["name"]) == (200, 2**70)


async def test_text_that_is_no_yaml_is_a_problem_with_its_line(control: Control) -> None:
    found = (await control("POST", "/scenarios/check", text="name: x\ntitle: [\n")).json
    assert found["scenario"] is None
    assert found["problem"]["line"] >= 2


async def test_a_warning_says_what_can_never_happen(control: Control) -> None:
    rule = DRAFT["rules"][0] | {"match": {"event": "task_created"}}
    found = (await control("POST", "/scenarios/check", scenario=DRAFT | {"rules": [rule]})).json
    assert found["problem"] is None
    assert found["warnings"]


@pytest.mark.parametrize("given", [{}, {"scenario": DRAFT, "text": "name: x"}])
async def test_either_json_or_yaml_is_wanted(control: Control, given: dict[str, Any]) -> None:
    assert (await control("POST", "/scenarios/check", **given)).status == 400
    assert (await control("POST", "/scenarios/try", **given)).json["details"].keys() == {"scenario"}


async def test_a_draft_can_be_tried_without_a_file(signed_in: Client, control: Control) -> None:
    tried = (await control("POST", "/scenarios/try", scenario=DRAFT, ttl="5m")).json
    assert (tried["name"], tried["rules"][0]["struck"]) == ("my-outage", 0)
    assert (await signed_in.send("GET", "/api/tasks")).status == 503
    row = next(row for row in (await control("GET", "/scenarios")).json["data"] if row["name"] == "my-outage")
    assert (row["source"], row["active"], "error" in row) == ("unsaved", True, False)
    shown = (await control("GET", "/scenarios/my-outage")).json
    assert (shown["source"], shown["rules"][0]["id"]) == ("unsaved", "down")
    await control("POST", "/scenarios/my-outage/off")
    assert (await signed_in.send("GET", "/api/tasks")).status == 200


async def test_a_draft_that_is_wrong_is_neither_tried_nor_saved(control: Control, folder: Path) -> None:
    wrong = DRAFT | {"rules": [{"id": "down", "fault": {"type": "http.abort", "status": 42}}]}
    tried = await control("POST", "/scenarios/try", scenario=wrong)
    assert (tried.status, tried.json["error"]) == (400, "invalid_scenario")
    saved = await control("PUT", "/scenarios/my-outage", scenario=wrong)
    assert (saved.status, saved.json["error"]) == (400, "invalid_scenario")
    assert not folder.exists()


async def test_a_saved_draft_is_a_file_that_loads_and_can_be_used(
    signed_in: Client, control: Control, folder: Path
) -> None:
    saved = await control("PUT", "/scenarios/my-outage", scenario=DRAFT)
    assert saved.json == {
        "name": "my-outage", "file": str(folder / "my-outage.yaml"), "hides_shipped": False, "warnings": [],
    }  # fmt: skip
    loaded = await asyncio.to_thread(load, folder / "my-outage.yaml", BACKEND)
    assert loaded.scenario.title == "Lists are down"
    assert [path.name for path in folder.iterdir()] == ["my-outage.yaml"]
    assert (await control("POST", "/scenarios/my-outage/use")).status == 200
    assert (await signed_in.send("GET", "/api/tasks")).status == 503
    source = (await control("GET", "/scenarios/my-outage/source")).json
    assert source["text"] == (folder / "my-outage.yaml").read_text()
    assert (source["shipped"], source["problem"]) == (False, None)


async def test_nothing_is_overwritten_unasked_and_what_is_on_follows(
    signed_in: Client, control: Control, folder: Path
) -> None:
    await control("PUT", "/scenarios/my-outage", scenario=DRAFT)
    await control("POST", "/scenarios/my-outage/use")
    rule = DRAFT["rules"][0] | {"fault": {"type": "http.abort", "status": 500}}
    changed = DRAFT | {"rules": [rule]}
    refused = await control("PUT", "/scenarios/my-outage", scenario=changed)
    assert (refused.status, refused.json["error"]) == (409, "conflict")
    assert (await control("PUT", "/scenarios/my-outage", scenario=changed, replace=True)).status == 200
    engine = signed_in.sandbox.engine
    # Whoever reads the folder first, this call or the watcher, puts the new rules into what is on.
    await until(lambda: engine.active()[0].scenario.rules[0].fault.status == 500)  # type: ignore[attr-defined]
    assert (await signed_in.send("GET", "/api/tasks")).status == 500


async def test_a_draft_may_extend_a_shipped_scenario_and_hide_one(control: Control, folder: Path) -> None:
    extending = DRAFT | {"name": "flaky", "extends": ["maintenance"]}
    assert (await control("PUT", "/scenarios/flaky", scenario=extending)).json["hides_shipped"] is True
    shown = (await control("GET", "/scenarios/flaky")).json
    assert len(shown["rules"]) > 1
    nobody = await control("POST", "/scenarios/try", scenario=DRAFT | {"extends": ["maintenence"]})
    assert "maintenance" in nobody.json["message"]


@pytest.mark.parametrize("name", ["..%2Fescape", "Upper", "-dash", "a" * 65, "x.yaml"])
async def test_a_name_that_is_no_file_name_is_refused(client: Client, folder: Path, name: str) -> None:
    from yarl import URL

    path = URL(f"{client.url}/_devkit/api/scenarios/{name}", encoded=True)
    answer = await client.send("PUT", path, json={"scenario": DRAFT})  # type: ignore[arg-type]  # as it stands
    assert answer.status == 400
    assert not folder.exists()


async def test_the_name_in_the_file_must_be_the_address_one(control: Control, folder: Path) -> None:
    answer = await control("PUT", "/scenarios/another", scenario=DRAFT)
    assert (answer.status, "my-outage" in answer.json["message"]) == (400, True)


async def test_a_folder_that_cannot_be_written_is_told(control: Control, folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    answer = await control("PUT", "/scenarios/my-outage", scenario=DRAFT)
    assert (answer.status, answer.json["error"]) == (507, "insufficient_storage")


async def test_a_broken_file_is_listed_with_its_line(control: Control, folder: Path) -> None:
    folder.mkdir()
    (folder / "broken.yaml").write_text("name: broken\ntitle: X\nrulse: []\n")
    await control("PUT", "/scenarios/my-outage", scenario=DRAFT)
    row = next(row for row in (await control("GET", "/scenarios")).json["data"] if row["name"] == "broken")
    assert row["problem"]["line"] == 3
    assert row["problem"]["source"] == "rulse: []"
    assert "rules" in row["problem"]["message"] + str(row["problem"]["remedy"])
    assert (await control("GET", "/scenarios/broken/source")).json["problem"] == row["problem"]


async def test_a_scenario_without_a_file_has_no_source(control: Control) -> None:
    assert (await control("GET", "/scenarios/nothing/source")).status == 404


async def test_every_fault_comes_with_the_schema_of_its_parameters(control: Control) -> None:
    from devkit.faults.registry import FAULTS

    found = (await control("GET", "/faults")).json
    assert [row["kind"] for row in found["data"]] == FAULTS.names()
    abort = next(row for row in found["data"] if row["kind"] == "http.abort")
    assert abort["schema"]["required"] == ["status"]
    assert abort["acts_on"] == ["request"]
