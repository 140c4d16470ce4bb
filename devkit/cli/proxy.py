"""`devkit proxy URL`: in front of a real backend; `devkit serve --upstream URL` under its shorter name."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli import short
from devkit.cli.commands import App

app = App()


@app.command(context_settings=short.SETTINGS)
def proxy(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The real backend, such as http://localhost:9000.")],
) -> None:
    """Stand in front of a real backend, with scenarios, journal, drills and sandboxes.

    All options of `devkit serve` hold here too: `devkit proxy http://localhost:9000 --port 8000 --keep 'tasks.*=mock'`.
    """
    short.serve(context, "--upstream", url)
