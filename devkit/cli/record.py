"""`devkit record URL -o FOLDER`: in front of a real backend, writing down what passes."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli import short
from devkit.cli.commands import App

app = App()


@app.command(context_settings=short.SETTINGS)
def record(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The real backend, such as http://localhost:9000.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="PATH", help="The folder; a recording that is there is kept.")
    ] = "recording",
) -> None:
    """Stand in front of a real backend and write down what passes, until Ctrl-C; `devkit replay` answers from that.

    All options of `devkit serve` hold here too: `devkit record http://localhost:9000 -o recordings/shop --port 8000`.
    Cookies, tokens, passwords and keys are replaced while it is written.
    """
    short.serve(context, "--upstream", url, "--record", output)
