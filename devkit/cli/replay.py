"""`devkit replay PATH`: serve what was recorded; `devkit serve --contract PATH` under its shorter name."""

from __future__ import annotations

import typer

from devkit.cli.commands import App
from devkit.cli.short import like_serve

app = App()

PATH = typer.Argument(metavar="PATH", help="A folder of `devkit record`, a HAR file, or a zip file with one.")


@app.command()
@like_serve("recording", PATH, "contract", many=True)
def replay() -> None:
    """Answer as a recording did, with scenarios, journal, drills and sandboxes.

    `devkit replay recordings/shop --on-miss mock` has all options of `devkit serve`. What browsers, Playwright and
    proxies write as HAR is taken as it comes; `replay.yaml` beside it says how it is replayed.
    """
