"""`devkit doctor`: what could keep the mock from working here, and where each setting came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, print_json, print_table
from devkit.config import FILE_NAME, SETTINGS, Loaded, Settings, load
from devkit.errors import ExitCode, OperatorError

if TYPE_CHECKING:
    from devkit.cli.checks import Finding

app = App()


@app.command()
def doctor(json: AsJson = False) -> None:
    """Check this machine and this folder's settings. Exits with 1 if anything fails."""
    from devkit.cli.checks import findings

    loaded, found = _configuration()
    found += findings(loaded.settings)
    rows = [[row.name, row.show(loaded.settings) or "–", loaded.origins[row.name]] for row in SETTINGS]
    failed = any(finding.state == "fail" for finding in found)
    if json:
        table = [{"name": name, "value": value, "from": origin} for name, value, origin in rows]
        print_json({"ok": not failed, "checks": [asdict(finding) for finding in found], "settings": table})
    else:
        _print(found)
        typer.echo()
        print_table(("SETTING", "VALUE", "FROM"), rows)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _configuration() -> tuple[Loaded, list[Finding]]:
    """The settings, or the defaults where they are broken, and what is to be said about them."""
    from devkit.cli.checks import Finding

    here = Path()
    try:
        loaded = load({}, os.environ, here)
    except OperatorError as error:
        defaults = Loaded(Settings(), {row.name: "default (settings are broken)" for row in SETTINGS})
        return defaults, [Finding("settings", "fail", error.message, error.remedy)]
    file = f"{FILE_NAME} is valid" if (here / FILE_NAME).exists() else f"no {FILE_NAME} here, which is fine"
    found = [Finding("settings", "ok", file)]
    found += [Finding("environment", "warn", warning, "Correct its name, or unset it.") for warning in loaded.warnings]
    return loaded, found


def _print(found: Sequence[Finding]) -> None:
    from devkit.cli.style import Style, printable

    style = Style.of(sys.stdout)
    paint = {"ok": style.green, "warn": style.yellow, "fail": style.red}
    width = max(len(finding.name) for finding in found)
    for finding in found:
        first, *rest = finding.found.splitlines() or [""]
        typer.echo(f"{paint[finding.state](finding.state.ljust(4))}  {finding.name.ljust(width)}  {printable(first)}")
        indent = " " * (width + 8)
        for line in rest:
            typer.echo(f"{indent}{printable(line)}")
        if finding.remedy:
            typer.echo(f"{indent}{style.dim(finding.remedy)}")
