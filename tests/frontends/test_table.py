"""The table of real clients is whole; measuring it takes `python -m tests.frontends.table`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devkit.dialects.shipped import BACKEND
from devkit.scenario.loading import load
from tests.frontends import table
from tests.frontends.table import CLIENTS, DOCS, LEFT_OUT, MEASURED, SCENARIOS, Measured, Play, plays, written


def test_every_shipped_scenario_has_its_row() -> None:
    measured = json.loads(MEASURED.read_text())["scenarios"]
    assert {path.stem for path in SCENARIOS} == measured.keys() | LEFT_OUT.keys(), "see CONTRIBUTING.md: measure it"
    assert all(tuple(one["clients"]) == CLIENTS[one["kind"]] for one in measured.values())


def test_expectations_are_those_of_the_scenarios_as_they_are_now() -> None:
    """A verdict on what a scenario no longer expects says nothing."""
    measured = json.loads(MEASURED.read_text())["scenarios"]
    expected = {path.stem: [one.id for one in load(path, BACKEND).scenario.expect] for path in SCENARIOS}
    found = {
        name: {tuple(one["id"] for one in result["expectations"]) for result in row["clients"].values()}
        for name, row in measured.items()
    }
    assert found == {name: {tuple(expected[name])} for name in measured}


def test_what_is_not_passed_says_why() -> None:
    measured = json.loads(MEASURED.read_text())["scenarios"]
    every = [one for row in measured.values() for client in row["clients"].values() for one in client["expectations"]]
    assert [one for one in every if one["verdict"] != "passed" and not one["reason"]] == []


def test_the_page_is_what_was_measured() -> None:
    assert DOCS.read_text("utf-8") == written(json.loads(MEASURED.read_text()))


def test_a_run_that_is_cut_keeps_the_scenarios_that_were_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MEASURED", tmp_path / "measured.json")
    monkeypatch.setattr(table, "DOCS", tmp_path / "clients.md")
    versions = json.loads(MEASURED.read_text())["versions"]
    result = {"verdict": "passed", "expectations": []}
    measured = Measured.read(versions)

    *all_but_one, last = plays(["chaos"])
    for play in [*all_but_one, Play("flaky", "http", "ky")]:
        measured.add(play, result)
    assert Measured.read(versions).scenarios == {}, "no client of these two is the last one"
    measured.add(last, result)

    assert [*Measured.read(versions).scenarios] == ["chaos"]
    assert Measured.read(versions | {"ky": "3.0.0"}).scenarios == {}, "measured with another ky"
