"""`devkit validate`: whatever a person has written for devkit in this folder, checked without a server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from devkit.cli.common import AsJson, command_app, print_json
from devkit.config import FILE_NAME, Settings, load
from devkit.errors import FileError, OperatorError

app = command_app()


@app.command()
def validate(json: AsJson = False) -> None:
    """Check devkit.yaml, seed files and scenarios: every mistake of every file at once."""
    findings = list(_findings(Path()))
    broken = [finding for finding in findings if finding["mistakes"]]
    if json:
        print_json(findings)
    else:
        for finding in findings:
            for warning in finding["warnings"]:
                typer.echo(f"warning: {warning}", err=True)
            for mistake in finding["mistakes"]:
                typer.echo(f"error: {mistake}", err=True)
        files = f"{len(findings)} file{'s' if len(findings) != 1 else ''}"
        typer.echo(f"{files} checked, {len(broken)} broken." if findings else "Nothing of your own is here to check.")
    if broken:
        raise typer.Exit(2)


def _findings(folder: Path) -> Iterator[dict[str, Any]]:
    settings = Settings()
    if any((folder / FILE_NAME).with_suffix(suffix).exists() for suffix in (".yaml", ".yml")):
        yield _finding(folder / FILE_NAME, lambda: load({}, os.environ, folder).warnings)
    # Where they are wrong, that is told; the other files are looked for where they are by default.
    with contextlib.suppress(OperatorError):
        settings = load({}, os.environ, folder).settings
    from devkit.shipped import folder as shipped
    from devkit.shipped import has_yaml

    if has_yaml(settings.seed_dir):
        yield from _seed(settings.seed_dir)
    from devkit.scenario.library import Library

    for entry in Library(shipped("scenarios"), settings.scenario_dir).entries():
        if not entry.shipped:
            yield _told(entry.path, entry.error, entry.warnings)


def _seed(folder: Path) -> Iterator[dict[str, Any]]:
    """One finding for each file."""
    from devkit.storage import seeded, seedfiles

    error: FileError | None = None
    try:
        seedfiles.load(folder)
    except FileError as found:
        error = found
    mistakes = error.mistakes if error else ()
    names = {*seeded.yaml_names(folder), *(mistake.path.name for mistake in mistakes)}
    for name in sorted(names):
        yield {
            "file": str(folder / name),
            "mistakes": [mistake.message for mistake in mistakes if mistake.path.name == name],
            "warnings": [],
        }


def _finding(path: Path, read: Any) -> dict[str, Any]:
    try:
        return _told(path, None, read())
    except OperatorError as error:
        return _told(path, error, ())


def _told(path: Path, error: OperatorError | None, warnings: Any) -> dict[str, Any]:
    mistakes = [mistake.message for mistake in error.mistakes] if error else []
    return {"file": str(path), "mistakes": mistakes, "warnings": list(warnings)}
