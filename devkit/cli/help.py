"""`devkit help`: the same as `--help`, for who types it so."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.common import command_app

app = command_app()


@app.command(name="help")
def help_(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="A command, and one of its own: scenario use.")
    ] = None,
) -> None:
    """Tell about devkit, or about one of its commands."""
    from devkit.cli.app import main

    main([*(words or ()), "--help"])
