"""The rules that hold for the code as a whole: who imports whom, and where a line belongs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from grimp import build_graph

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "devkit").rglob("*.py"))
LONGEST = 400
"""Lines of a module; most have about 120."""

HEAVY = (
    "aiohttp",
    "aiosqlite",
    "asyncio",
    "cryptography",
    "email_validator",
    "faker",
    "jwt",
    "pydantic",
    "rich",
    "watchfiles",
)

_STATEMENT = re.compile(
    r"\b(SELECT\b.+\bFROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX|TRIGGER)|DROP TABLE)\b",
    re.DOTALL,
)
_TIME_AND_CHANCE = {
    "random": None,
    "secrets": None,
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"},
    "uuid": {"uuid1", "uuid4"},
    "os": {"urandom"},
}
"""Module → names in it that only `effects.py` may ask for; None: all of them."""


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def each(modules: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", modules, ids=name_of)


@pytest.mark.slow
def test_the_import_rules_hold() -> None:
    # In a process of its own: it sets up logging, and silences the loggers that other tests listen to.
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    found = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_no_import_goes_in_a_circle() -> None:
    """Neither inside a function nor for types alone: that hides a circle, and two modules that need each other are one,
    or need a third.
    """
    graph = build_graph("devkit", cache_dir=None)
    try:
        TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()
    except CycleError as error:
        pytest.fail(" is imported by ".join(error.args[1]))


@each(MODULES)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), f"{name_of(path)} begins with no docstring"


@each(MODULES)
def test_modules_stay_readable(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{name_of(path)} has {lines} lines: what in it is a thing of its own?"


def test_sql_lives_in_storage_alone() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if ROOT / "devkit" / "storage" not in path.parents
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _STATEMENT.search(node.value)
    ]
    assert found == []


def test_dataclasses_are_those_that_a_start_need_not_wait_for() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        if path.name != "records.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(name.name == "dataclass" for name in node.names)
    ]
    assert found == [], "take it from devkit.records"


def test_time_and_chance_come_from_effects_alone() -> None:
    found = [
        f"{name_of(path)}:{line} {what}"
        for path in MODULES
        if path.name != "effects.py"
        for line, what in _time_and_chance(tree_of(path))
    ]
    assert found == []


def _time_and_chance(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _TIME_AND_CHANCE.get(alias.name, ()) is None:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            banned = _TIME_AND_CHANCE.get(node.module or "", ())
            for alias in node.names:
                if banned is None or alias.name in banned:
                    yield node.lineno, f"from {node.module} import {alias.name}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = node.value.id
            if node.attr in (_TIME_AND_CHANCE.get(owner) or ()) or (
                owner in {"datetime", "date"} and node.attr in {"now", "utcnow", "today"}
            ):
                yield node.lineno, f"{owner}.{node.attr}"


def test_only_server_and_control_speak_http_as_a_server() -> None:
    found = []
    for path in MODULES:
        if {"server", "control"} & {folder.name for folder in path.parents}:
            continue
        for node in ast.walk(tree_of(path)):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            if any(name.startswith("aiohttp.web") for name in names):
                found.append(f"{name_of(path)}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from devkit.cli.app import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout
    assert done.stderr.strip() == "[]"


def test_what_each_control_operation_answers_is_told_in_its_document() -> None:
    """Here, since a new one is easily forgotten: tests/control/test_document.py compares what is really answered."""
    from devkit.control.answers.table import ANSWERS
    from devkit.control.table import OPERATIONS

    assert set(ANSWERS) == set(OPERATIONS.names())
