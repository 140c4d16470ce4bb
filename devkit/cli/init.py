"""`devkit init`: the files of a project's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, print_json
from devkit.cli.contract_files import From, written
from devkit.config import FILE_NAME, SETTINGS, Setting
from devkit.errors import OperatorError, UsageError
from devkit.records import dataclass

app = App()

_HEAD = """\
## Settings of devkit, the mock backend of this project.
##
## Every line shows a default. To change one, take the "# " away in front of it (and in front of its group's name).
## Flags and DEVKIT_* variables go before this file; `devkit doctor` shows which value came from where.
"""

_SCENARIOS = """\
# Scenarios

Put your own scenarios here, one YAML file each. Those that devkit brings along are there without any file; one of
yours with the same name goes before it.
"""

_CONTRACT = Path("backend.yaml")

_NAMES = {row.name for row in SETTINGS}

# What a default alone would not show how to write.
_EXAMPLES = {
    "db": ".devkit/devkit.db",
    "replica": "r1",
    "public_url": "http://localhost:8080",
    "sandbox_domain": "mock.example.com",
    "upstream": "http://localhost:9000",
    "record": "recording",
    "replay.on_miss": "fail",
    "replay.time_as_delay": "false",
    "auth.refresh_rotation": "{promptcraft: off}",
    "demo.color": '"#0d6b5e"',
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: `wrote`, `added to`, `renewed`, `kept (exists)` or `kept (current)`."""

    path: str
    outcome: str


@app.command()
def init(
    document: From = None,
    agents: Annotated[
        bool,
        typer.Option("--agents", help="Write AGENTS.md and llms.txt instead, for coding assistants; or renew them."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Write devkit.yaml, seed/ and scenarios/ into this folder. Nothing that exists is overwritten; of AGENTS.md and
    llms.txt only devkit's own section is.
    """
    if agents and document is not None:
        raise UsageError("--agents and --from exclude each other.", remedy="First --from, then --agents.")
    if agents:
        _init_agents(as_json=json)
        return
    outcomes = list(write_project(Path(), document))
    if json:
        print_json([asdict(outcome) for outcome in outcomes])
        return
    for outcome in outcomes:
        typer.echo(f"{outcome.outcome:14}  {outcome.path}")
    typer.echo("\nNext: `devkit serve`.")


def _init_agents(*, as_json: bool) -> None:
    from devkit.cli.agents import write_agents

    outcomes = [Outcome(*told) for told in write_agents(Path())]
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
        return
    for outcome in outcomes:
        typer.echo(f"{outcome.outcome:14}  {outcome.path}")
    typer.echo("\nAGENTS.md says how assistants get the tools of `devkit mcp`: what stands there for .mcp.json.")


def write_project(directory: Path, document: Path | None = None) -> Iterator[Outcome]:
    """Write the files, each told as it is done; with a backend.yaml for an OpenAPI document, where one is given. Raises
    OperatorError where one cannot be written, FileError where the document cannot be read.
    """
    from devkit.shipped import folder

    settings = settings_file()
    if document is not None:
        _, text = written(directory / _CONTRACT, document)
        settings = settings.replace("# contract: []", f"contract: [{_CONTRACT}]", 1)
        yield _write(directory, _CONTRACT, text.encode())
    yield _write(directory, Path(FILE_NAME), settings.encode())
    shipped = folder("seed")
    for source in sorted(path for path in shipped.rglob("*") if path.is_file()):
        yield _write(directory, Path("seed") / source.relative_to(shipped), source.read_bytes())
    yield _write(directory, Path("scenarios", "README.md"), _SCENARIOS.encode())
    if _in_git(directory):
        yield _ignore(directory)


def settings_file() -> str:
    """The text of a `devkit.yaml` in which every setting stands, commented out, with its help and default."""
    lines = [_HEAD]
    group = ""
    for row in SETTINGS:
        prefix, _, name = row.name.rpartition(".")
        if prefix in _NAMES:
            # YAML has no place for a value and a group of the same name.
            prefix, name = "", row.name
        if prefix != group:
            lines += [""] * bool(group) + [f"# {prefix}:"] * bool(prefix)
        group = prefix
        if prefix:
            lines.append(f"#   {name}: {_yaml(row)}  # {row.help}")
        else:
            lines += [f"## {row.help}", f"# {name}: {_yaml(row)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _yaml(row: Setting) -> str:
    value: Any = row.default
    if row.name in _EXAMPLES:
        return _EXAMPLES[row.name]
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return value.as_posix() if isinstance(value, Path) else row.kind.show(value)


def _write(directory: Path, path: Path, content: bytes) -> Outcome:
    target = directory / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        if not target.parent.is_dir():
            raise _unwritable(target, "its folder's name is taken by a file") from None
        return Outcome(path.as_posix(), "kept (exists)")
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None
    return Outcome(path.as_posix(), "wrote")


def _ignore(directory: Path) -> Outcome:
    target = directory / ".gitignore"
    try:
        before = target.read_bytes() if target.exists() else None
        if before is not None and {line.strip().strip(b"/") for line in before.splitlines()} & {b".devkit"}:
            return Outcome(".gitignore", "kept (exists)")
        with target.open("ab") as file:
            ending = b"\r\n" if b"\r\n" in (before or b"") else b"\n"
            file.write((ending if before and not before.endswith(b"\n") else b"") + b".devkit/" + ending)
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from None
    return Outcome(".gitignore", "wrote" if before is None else "added to")


def _in_git(directory: Path) -> bool:
    here = directory.resolve()
    return any((folder / ".git").exists() for folder in (here, *here.parents))


def _unwritable(path: Path, why: str) -> OperatorError:
    return OperatorError(f"{path} cannot be written: {why}.", remedy="Give yourself write permission here.")
