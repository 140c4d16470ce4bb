from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devkit.cli.checks import findings
from devkit.cli.init import settings_file
from devkit.config import SETTINGS, Settings, load

Devkit = Callable[..., "subprocess.CompletedProcess[str]"]


def test_init_writes_the_files_of_a_project_and_keeps_what_exists(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "users.yaml").write_text("mine", encoding="utf-8")
    first = devkit("init")
    assert first.returncode == 0
    assert "wrote           devkit.yaml" in first.stdout
    assert "kept (exists)   seed/users.yaml" in first.stdout
    assert (tmp_path / "seed" / "users.yaml").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "seed" / "tasks.yaml").exists()
    again = json.loads(devkit("init", "--json").stdout)
    assert {row["outcome"] for row in again} == {"kept (exists)"}


def test_init_ignores_the_state_folder_in_a_git_repository(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_bytes(b"node_modules\r\ndist")
    devkit("init")
    devkit("init")
    assert (tmp_path / ".gitignore").read_bytes() == b"node_modules\r\ndist\r\n.devkit/\r\n"


def test_init_tells_when_a_file_is_in_the_way(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("", encoding="utf-8")
    result = devkit("init")
    assert result.returncode == 1
    assert "cannot be written" in result.stderr


def test_every_line_of_the_written_settings_can_be_uncommented(tmp_path: Path) -> None:
    lines = [line for line in settings_file().splitlines() if not line.startswith("##")]
    (tmp_path / "devkit.yaml").write_text("\n".join(line.removeprefix("# ") for line in lines), encoding="utf-8")
    loaded = load({}, {}, tmp_path)
    assert [name for name, origin in loaded.origins.items() if not origin.startswith("devkit.yaml:")] == []
    defaults = Settings()
    differing = [row.name for row in SETTINGS if row.show(loaded.settings) != row.show(defaults)]
    shown = [
        "db",
        "replica",
        "public_url",
        "sandbox_domain",
        "upstream",
        "record",
        "replay.on_miss",
        "auth.refresh_rotation",
    ]
    assert differing == [*shown, "state_dir", "seed_dir", "scenario_dir", "demo.color"]


def test_routes_are_listed_for_people_and_programs(devkit: Devkit) -> None:
    table = devkit("routes")
    assert table.stdout.splitlines()[0].split()[:2] in (["METHOD", "PATH"], ["DIALECT", "METHOD"])
    rows = json.loads(devkit("routes", "--json", "--dialect", "agreed").stdout)
    assert {"method": "GET", "path": "/api/tasks", "operation": "tasks.list"}.items() <= next(
        row for row in rows if row["operation"] == "tasks.list" and row["path"] == "/api/tasks"
    ).items()


def test_an_unknown_dialect_names_the_nearest(devkit: Devkit) -> None:
    result = devkit("routes", "--dialect", "agred")
    assert result.returncode == 2
    assert "Did you mean 'agreed'?" in result.stderr


def test_the_contract_is_listed_and_shown(devkit: Devkit) -> None:
    assert "tasks.list" in devkit("contract", "list").stdout
    shown = json.loads(devkit("contract", "show", "tasks.create", "--json").stdout)
    assert {"title"} <= {field["name"] for field in shown["input"]}
    wrong = devkit("contract", "show", "task.list")
    assert wrong.returncode == 2
    assert "Did you mean 'tasks.list'?" in wrong.stderr


def test_the_doctor_finds_a_sound_machine_and_shows_the_settings(devkit: Devkit) -> None:
    result = devkit("doctor", "--json", DEVKIT_PORT="0", DEVKIT_PROT="1")
    report = json.loads(result.stdout)
    assert [check for check in report["checks"] if check["state"] == "fail"] == []
    assert (report["ok"], result.returncode) == (True, 0)
    assert {"name": "port", "value": "0", "from": "environment DEVKIT_PORT"} in report["settings"]
    assert "DEVKIT_PROT" in next(check["found"] for check in report["checks"] if check["name"] == "environment")


def test_the_doctor_fails_on_broken_settings_and_a_broken_database(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "devkit.yaml").write_text("port: x\n", encoding="utf-8")
    assert devkit("doctor", DEVKIT_PORT="0").returncode == 1
    (tmp_path / "devkit.yaml").unlink()
    (tmp_path / "x.db").write_bytes(b"this is no database" * 100)
    result = devkit("doctor", DEVKIT_PORT="0", DEVKIT_DB="x.db")
    assert result.returncode == 1
    assert "The database x.db is not a sound SQLite database" in result.stdout


def test_the_doctor_fails_on_broken_seed_files(devkit: Devkit, tmp_path: Path) -> None:
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "users.yaml").write_text("users:\n\t- x\n", encoding="utf-8")
    result = devkit("doctor", DEVKIT_PORT="0")
    assert result.returncode == 1
    assert "users.yaml:2" in result.stdout


@pytest.mark.slow
def test_seeding_grows_a_database_file(devkit: Devkit) -> None:
    result = devkit("seed", "--users", "2", "--tasks-per-user", "3", "--db", "big.db", "--json")
    assert result.returncode == 0, result.stderr
    grown = json.loads(result.stdout)
    assert (grown["users"], grown["tasks"]) == (2, 6)


def test_seeding_tells_whom_to_sign_in_as(devkit: Devkit) -> None:
    told = devkit("seed", "--users", "2", "--db", "big.db").stdout
    assert "Sign in as user000001@example.com … user000002@example.com, password TestPass123!" in told
    assert "Sign in as user000003@example.com, password" in devkit("seed", "--users", "1", "--db", "big.db").stdout


def test_seeding_needs_a_file(devkit: Devkit) -> None:
    assert devkit("seed", "--users", "2", DEVKIT_MEMORY="true").returncode == 2


@pytest.mark.parametrize("command", [["reset"], ["mail"], ["mail", "list"], ["mail", "show", "x"], ["mail", "--link"]])
def test_a_command_that_needs_a_server_says_so_where_there_is_none(devkit: Devkit, command: list[str]) -> None:
    result = devkit(*command)
    assert result.returncode == 4
    assert "No devkit server is running in this folder." in result.stderr
    assert "devkit serve" in result.stderr


def test_the_documents_are_printed_or_written(devkit: Devkit, tmp_path: Path) -> None:
    printed = json.loads(devkit("contract", "asyncapi", "--dialect", "agreed", "--server", "https://mock:8443").stdout)
    assert printed["asyncapi"] == "3.0.0"
    assert printed["servers"]["devkit"] | {"description": ""} == {
        "host": "mock:8443",
        "protocol": "wss",
        "description": "",
    }
    for name, version in (("asyncapi", "3.0.0"), ("openapi", "3.1.0")):
        written = devkit("contract", name, "--output", f"{name}.json")
        assert (written.returncode, written.stdout) == (0, "")
        assert json.loads((tmp_path / f"{name}.json").read_text("utf-8"))[name] == version


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--server", "nowhere"], "'nowhere' is no address"),
        (["--output", "not/there.json"], "cannot be written: No such file or directory"),
        (["--dialect", "agred"], "Did you mean 'agreed'?"),
    ],
)
def test_a_document_that_cannot_be_had_is_explained(devkit: Devkit, arguments: list[str], sentence: str) -> None:
    result = devkit("contract", "asyncapi", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({}, "ok"),
        ({"https": True}, "warn"),
        ({"https": True, "frontend_url": "https://localhost:3000"}, "ok"),
        ({"frontend_url": "https://localhost:3000"}, "warn"),
        ({"https": True, "auth_transport": "bearer"}, "ok"),
    ],
)
def test_the_doctor_knows_that_the_scheme_is_part_of_the_site(settings: dict[str, Any], state: str) -> None:
    """RFC 6265bis, section 5.2: Chromium sends no cookie of https://localhost for a page at http://localhost."""
    (found,) = [one for one in findings(Settings(port=0, **settings)) if one.name == "same site"]
    assert found.state == state
    if state == "warn":
        assert "https" in (found.remedy or "")
