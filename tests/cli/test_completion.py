"""What Tab offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from devkit.cli.completion import fault_kinds, scenario_names


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "expired-by-me.yaml").write_text("not: [even", encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_tab_offers_shipped_scenarios_and_own_ones_even_where_they_are_broken() -> None:
    offered = scenario_names("expired-")
    assert offered == ["expired-by-me", "expired-everything", "expired-token"]


def test_tab_offers_kinds_of_faults() -> None:
    assert {"http.abort", "http.conflict"} <= set(fault_kinds("http."))
    assert fault_kinds("no-such") == []


def test_tab_says_nothing_about_a_broken_configuration() -> None:
    Path("devkit.yaml").write_text("port: [", encoding="utf-8")
    assert "expired-token" in scenario_names("")
