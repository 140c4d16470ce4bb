"""`devkit proxy URL`: in front of a real backend; `devkit serve --upstream URL` under its shorter name."""

from __future__ import annotations

import typer

from devkit.cli.commands import App
from devkit.cli.short import like_serve

app = App()

URL = typer.Argument(metavar="URL", help="The real backend, such as http://localhost:9000.")


@app.command()
@like_serve("url", URL, "upstream")
def proxy() -> None:
    """Stand in front of a real backend, with scenarios, journal, drills and sandboxes.

    `devkit proxy http://localhost:9000 --keep 'tasks.*=mock'` has all options of `devkit serve`.
    """
