"""`devkit serve` read by the table of settings alone, beside what typer makes of the same words."""

from __future__ import annotations

from typing import Any

import pytest

from devkit.cli import app, plain, serve
from devkit.config import SETTINGS
from devkit.errors import OperatorError

PLAIN = [
    [],
    ["--port", "0"],
    ["--port=0"],
    ["-p", "9000"],
    ["--host", "0.0.0.0", "--db", "some file.db"],
    ["--https"],
    ["--no-https", "--memory"],
    ["--no-memory", "--no-open", "--json"],
    ["--origin", "http://a.test", "--origin=http://b.test"],
    ["--dialect", "agreed", "--scenario", "one", "--scenario", "two"],
    ["--seed", "7", "--log-level", "debug", "--open"],
    ["--db=a=b"],
    ["--port", "nonsense"],
]

SPECIAL = [
    ["--help"],
    ["-h"],
    ["--port"],
    ["--port="],
    ["--port", "-1"],
    ["--port", "--https"],
    ["-p8000"],
    ["-p=8000"],
    ["--port", "1", "-p", "2"],
    ["--https", "--no-https"],
    ["--https=yes"],
    ["--no-port", "1"],
    ["--no-no-https"],
    ["--prot", "1"],
    ["--db", ""],
    ["more"],
    ["--"],
    ["--", "more"],
    ["-"],
    [""],
]


def by_typer(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(serve, "start", told.append)
    with pytest.raises(SystemExit) as ended:
        app.main(["serve", *arguments])
    assert not ended.value.code
    return told[0]


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_plain_words_mean_what_they_mean_to_typer(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain.flags_of(["serve", *arguments], {}) == by_typer(arguments, monkeypatch)


@pytest.mark.parametrize("arguments", SPECIAL, ids=" ".join)
def test_what_is_special_is_left_to_typer(arguments: list[str]) -> None:
    assert plain.flags_of(["serve", *arguments], {}) is None


@pytest.mark.parametrize("arguments", [[], ["demo"], ["--version"], ["serves"], ["--port", "serve"]], ids=" ".join)
def test_so_are_other_commands(arguments: list[str]) -> None:
    assert plain.flags_of(arguments, {}) is None


def test_so_is_a_shell_that_completes() -> None:
    assert plain.flags_of(["serve"], {"_DEVKIT_COMPLETE": "complete_bash"}) is None


@pytest.mark.parametrize(
    "setting", [row for row in SETTINGS if row.flag and row.command == "serve"], ids=lambda setting: setting.name
)
def test_every_flag_of_the_table_is_read(setting: Any) -> None:
    words = [setting.flag] if setting.kind.metavar == "" or setting.kind is plain.kinds.BOOLEAN else [setting.flag, "x"]
    flags = plain.flags_of(["serve", *words], {})
    assert flags is not None
    assert [name for name, value in flags.items() if value is not None] == [setting.name]


def test_a_database_and_memory_exclude_each_other_either_way() -> None:
    from devkit.cli.serving import start

    with pytest.raises(OperatorError, match="exclude each other"):
        start({"db": "a", "memory": True})
