"""`devkit replay PATH`: serve what was recorded; `devkit serve --contract PATH` under its shorter name."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli import short
from devkit.cli.commands import App

app = App()


@app.command(context_settings=short.SETTINGS)
def replay(
    context: typer.Context,
    recording: Annotated[
        str,
        typer.Argument(metavar="PATH", help="A folder of `devkit record`, a HAR file, or a zip file with one."),
    ],
) -> None:
    """Answer as a recording did, with scenarios, journal, drills and sandboxes.

    All options of `devkit serve` hold here too: `devkit replay recordings/shop --port 8000 --on-miss mock`. What
    browsers, Playwright and proxies write as HAR is taken as it comes; `replay.yaml` beside it says how it is replayed.
    """
    short.serve(context, "--contract", recording)
