"""What is said of wrong words, and what help looks like: alike for every command, at every level.

Nothing here runs a command: each of these ends before that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from devkit.cli.app import app
from devkit.errors import ExitCode
from tests.cli.conftest import Run
from tests.cli.test_every_command import COMMANDS

WORDS = {
    "COLOR", "COMMAND", "DURATION", "EMAIL", "EMAIL:PASSWORD", "FACTOR", "FILE", "GLOB", "HOST", "HOST:PORT", "ID=BY",
    "ID", "JSON", "KIND", "N", "NAME", "NAME=URL", "NUMBER", "OPERATION", "ORIGIN", "PATH", "PORT", "STATUS",
    "TAG", "TEXT", "TIME", "TOPIC", "TYPE", "URL", "WORD",
}  # fmt: skip
"""What stands for a value, in any command's help. One thing has one word."""
SHELLS = {"install-completion", "show-completion"}
"""Typer's own options, whose sentences are typer's."""

Node = tuple[str, Any, Any]


def nodes(command: Any, path: str = "") -> Iterator[Node]:
    """Every command and group: its words, itself, a context of it."""
    context = command.make_context("devkit", [], resilient_parsing=True)
    yield path, command, context
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from nodes(command.get_command(context, name), f"{path} {name}".strip())


ALL = list(nodes(get_command(app)))
PARAMETERS = {path: command.params for path, command, _ in ALL}
GROUPS = [node for node in ALL if hasattr(node[1], "list_commands")]
each = pytest.mark.parametrize("node", ALL, ids=lambda node: node[0] or "devkit")


def options(node: Node) -> list[Any]:
    return [one for one in node[1].get_params(node[2]) if one.param_type_name == "option"]


def arguments(node: Node) -> list[Any]:
    return [one for one in node[1].params if one.param_type_name == "argument"]


def mistakes(node: Node) -> Iterator[tuple[str, str]]:
    """Wrong words behind the command's own, and what has to be said of them."""
    path, command, _ = node
    yield "--nope-at-all", "has no option '--nope-at-all'"
    yield "-Q", "has no option '-Q'"
    yield "--hlep", "Did you mean '--help'?"
    for option in options(node):
        name = max(option.opts, key=len)
        if option.is_flag:
            yield f"{name}=x", f"The option {name} takes no value"
            continue
        yield name, f"The option {name} needs a value"
        yield f"{name} {name}", f"The option {name} needs a value"
        if option.type_descriptor.annotation is int:
            yield f"{name} many", f"The option {name} cannot be 'many'."
            if option.min is not None:
                yield f"{name}={option.min - 1}", f"Give it a whole number from {option.min}"
    if needed := [one for one in command.params if one.required]:
        yield "", f"`devkit {path}` needs "
        assert needed[0].help
    if node in GROUPS:
        yield "nothing-like-it", "has no command 'nothing-like-it'.\n  Commands: "
        first, *_ = command.list_commands(node[2])
        yield f"{first}x", f"Did you mean '{first}'?"
        if not command.invoke_without_command:
            yield "", "needs a command.\n  Commands: "
    elif all(one.nargs == 1 for one in arguments(node)):
        words = ["1"] * len(arguments(node))
        needed_options = " ".join(f"{one.opts[0]} 1" for one in options(node) if one.required)
        yield f"{' '.join(words)} one-more {needed_options}", "has no use for 'one-more'"
    for argument in arguments(node):
        if argument.type_descriptor.annotation is int:
            yield "many", f"The argument {argument.metavar} cannot be 'many'."


@each
def test_wrong_words_are_told_in_a_sentence_and_what_would_be_right(node: Node, run: Run) -> None:
    for words, told in mistakes(node):
        status, out, err = run(f"{node[0]} {words}")
        assert (status, out) == (ExitCode.USAGE, ""), (words, out, err)
        assert told in err, words
        first, *rest = err.splitlines()
        assert first.startswith("error: "), err
        assert first.endswith((".", "?")), err
        assert rest, f"no remedy: {err}"
        assert all(line.startswith("  ") for line in rest), err
        assert not re.search(r"<\w+|Try '|Error:|\x1b|Input should", err)


@each
def test_with_json_the_same_is_a_line_of_json(node: Node, run: Run) -> None:
    status, out, err = run(f"{node[0]} --json --nope-at-all")
    told = json.loads(err)
    assert (status, out) == (ExitCode.USAGE, "")
    assert (told["event"], told["exit_code"]) == ("error", ExitCode.USAGE)
    assert "has no option" in told["message"]
    assert told["remedy"]


def test_json_is_what_the_last_flag_says_and_not_what_is_told_to_another_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("serve --json --no-json --nope")[2].startswith("error: ")
    assert run("drill --nope -- npx something --json")[2].startswith("error: ")
    monkeypatch.setenv("DEVKIT_JSON", "yes")
    assert json.loads(run("serve --nope")[2])["event"] == "error"
    assert run("status --nope")[2].startswith("error: ")
    (tmp_path / "devkit.yaml").write_text("prot: 1\n", encoding="utf-8")
    assert json.loads(run("serve")[2])["line"] == 1
    monkeypatch.delenv("DEVKIT_JSON")
    assert run("serve")[2].startswith("error: devkit.yaml:1:1: ")
    (tmp_path / "devkit.yaml").write_text("json: true\n", encoding="utf-8")
    assert json.loads(run("serve --nope")[2])["event"] == "error"


@each
@pytest.mark.parametrize("columns", [80, 200])
def test_help_fits_the_terminal_and_speaks_no_python(
    node: Node, columns: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    status, out, err = run(f"{node[0]} --help")
    assert (status, err) == (ExitCode.DONE, "")
    lines = out.splitlines()
    assert max(map(len, lines)) <= min(columns, 100) - 2
    assert lines[0].startswith(f"Usage: devkit {node[0]}".rstrip())
    assert not re.search(r"<\w+|list\[|\{\w+\}|[a-z]\.\.\.|x<|\bNone\b|\|", out)
    for section in re.findall(r"^\w+:\n(?:  .*\n)+", out, re.MULTILINE):
        starts = {
            len(found[1]) for found in re.finditer(r"^((?:      |  -. *|  \w)\S*(?: \S+)*  +)\S", section, re.MULTILINE)
        }
        assert len(starts) <= 1, section
    assert run(f"{node[0]} -h") == (status, out, err)
    assert run(f"help {node[0]}") == (status, out, err)


@each
def test_every_option_is_told_in_one_sentence_and_its_value_in_one_word(node: Node) -> None:
    for parameter in node[1].get_params(node[2]):
        if max(parameter.opts, key=len).removeprefix("--") in SHELLS:
            continue
        text, _, words = (parameter.help or "").partition("  [")
        assert words.startswith("one of: ") or not words
        assert text.rstrip("`").endswith("."), text
        assert text[0].isupper(), text
        assert not re.search(r"[.!?] [A-Z]", text), text
        if not getattr(parameter, "is_flag", False):
            assert parameter.metavar in WORDS, parameter.opts
    assert (node[1].help or "").split("\n\n")[0].strip().endswith("."), node[0]


def test_words_that_stand_for_values_are_all_used() -> None:
    used = {one.metavar for node in ALL for one in node[1].params if not getattr(one, "is_flag", False)}
    assert WORDS - used == set()


def test_a_duration_may_be_negative_and_is_no_option(run: Run) -> None:
    for words in ("-2h", "-2h --json", "--url http://localhost:1 -0.5s"):
        assert run(f"clock advance {words}")[0] == ExitCode.NOT_RUNNING


def test_exit_codes_are_listed(run: Run) -> None:
    status, out, _ = run("help exit-codes")
    assert status == ExitCode.DONE
    assert [line.split()[0] for line in out.splitlines()] == [str(int(code)) for code in ExitCode]


@pytest.mark.parametrize("path", [path for path in COMMANDS if any("--url" in one.opts for one in PARAMETERS[path])])
def test_ctrl_c_leaves_no_trace(path: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("devkit.control.client.connect_all", press)
    line = f"{path} {COMMANDS[path][0]}".format(mail=1)
    for words in (line, f"{line} --json"):
        assert run(words) == (ExitCode.INTERRUPTED, "", "")
