"""`devkit help`: the same as `--help`, for who types it so; and how commands end."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.errors import ExitCode

app = App()

EXIT_CODES = "exit-codes"


@app.command(name="help")
def help_(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="A command and one of its own, or exit-codes."),
    ] = None,
) -> None:
    """Tell about devkit, about one of its commands, or about exit codes."""
    from devkit.cli.app import main

    if words == [EXIT_CODES]:
        typer.echo(exit_codes())
    else:
        main([*(words or ()), "--help"])


def exit_codes() -> str:
    """Each code that a command ends with, and what it means; a line each."""
    return "\n".join(f"{code:>3}  {code.meaning}" for code in ExitCode)
