"""`devkit contract` for a backend of one's own: a `backend.yaml`, or an OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.checked import Finding, finding, report
from devkit.cli.common import AsJson, print_json
from devkit.errors import FileError, OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.blueprint.base import Blueprint

SUFFIXES = (".yaml", ".yml", ".json")
File = Annotated[Path, typer.Argument(metavar="FILE", help="A backend.yaml, or an OpenAPI document.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="A backend.yaml, or an OpenAPI document.")]
From = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="What it comes to that an OpenAPI document says, to be changed."),
]
NewFile = Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="It is a mistake, too, if nothing keeps an operation but its schema.")
]


def read(path: Path) -> Blueprint:
    """The blueprint that a file describes. Raises FileError."""
    from devkit.blueprint import reading
    from devkit.contract.shipped import CONTRACT

    return reading.read(path, CONTRACT)


def check(files: Files, strict: Strict = False, json: AsJson = False) -> None:
    """Check files of yours: all mistakes at once."""
    findings = []
    for path in files:
        found, blueprint = judged(path, strict=strict)
        if blueprint is not None and not json and not found["mistakes"]:
            typer.echo(_sound(path, blueprint))
        findings.append(found)
    report(findings, as_json=json)


def judged(path: Path, *, strict: bool = False) -> tuple[Finding, Blueprint | None]:
    """What is wrong with a file, and what it describes where that can be read."""
    try:
        blueprint = read(path)
    except FileError as error:
        return finding(path, error.mistakes), None
    return finding(path, _unkept(path, blueprint) if strict else (), blueprint.warnings), blueprint


def show(path: Path, as_json: bool) -> None:
    """Tell what a file comes to: each operation, what keeps it, and why."""
    from devkit.cli import blueprints

    blueprint = read(path)
    if as_json:
        print_json([blueprints.row(operation) for operation in blueprint.operations])
    else:
        blueprints.show(path, blueprint)


def init(file: NewFile = Path("backend.yaml"), document: From = None, json: AsJson = False) -> None:
    """Write a backend.yaml to begin with; nothing is overwritten."""
    if file.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{file} would be no YAML file.", remedy="Give it a name that ends in .yaml.")
    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Choose another name, or edit that file.")
    name, text = written(file, document)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}.") from None
    if json:
        print_json({"name": name, "file": str(file)})
        return
    typer.echo(f"wrote {file}; `devkit contract show {file}` tells what it comes to.")


def written(file: Path, document: Path | None) -> tuple[str, str]:
    """What a new file is called as a contract, and its text: one to begin with, or what a document comes to. Raises
    FileError where the document cannot be read.
    """
    folder = re.sub(r"[^a-z0-9]+", "-", file.absolute().parent.name.lower()).strip("-")
    name = folder[:64] if folder and folder[0].isalnum() else "mine"
    if document is None:
        from devkit.blueprint.file.starter import starter

        return name, starter(name)
    import os

    from devkit.blueprint.documents.loading import load
    from devkit.blueprint.file.drafting import drafted
    from devkit.contract.shipped import CONTRACT

    blueprint = load(document)
    beside = Path(os.path.relpath(document.absolute(), file.absolute().parent)).as_posix()
    return name, drafted(blueprint, beside, str(file), name, CONTRACT.events.names())


def _sound(path: Path, blueprint: Blueprint) -> str:
    operations, resources = len(blueprint.operations), len(blueprint.resources)
    kept = f"{resources} resource{'s' * (resources != 1)}"
    return f"{path} is sound: {blueprint.name}, {operations} operation{'s' * (operations != 1)}, {kept}."


def _unkept(path: Path, blueprint: Blueprint) -> list[FileError]:
    from devkit.contract.keeping import ByAnswer

    return [
        FileError(
            path,
            f"{one.method} {one.path} ({one.id}) is kept by nothing but its answers' examples and schemas: "
            f"{one.keeping.why}",
            remedy="Bind it in a backend.yaml, or leave out --strict.",
        )
        for one in blueprint.operations
        if isinstance(one.keeping, ByAnswer) and one.keeping.why
    ]
