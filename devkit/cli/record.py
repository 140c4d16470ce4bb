"""`devkit record URL -o FOLDER`: in front of a real backend, writing down what passes."""

from __future__ import annotations

import typer

from devkit.cli.commands import App
from devkit.cli.proxy import URL
from devkit.cli.short import like_serve

app = App()

FOLDER = typer.Option("--output", "-o", metavar="PATH", help="The folder; a recording that is there is kept.")


@app.command()
@like_serve("url", URL, "upstream", record=(FOLDER, "recording"))
def record() -> None:
    """Stand in front of a real backend and write down what passes, until Ctrl-C; `devkit replay` answers from that.

    `devkit record http://localhost:9000 -o recordings/shop` has all options of `devkit serve`. Cookies, tokens,
    passwords and keys are replaced while it is written.
    """
