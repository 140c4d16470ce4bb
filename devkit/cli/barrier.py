"""`devkit barrier`: let go what a scenario holds."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, print_table, server

app = App()


@app.callback()
def barrier() -> None:
    """See and release the barriers at which a scenario holds calls."""


@app.command("list")
def list_(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """List the barriers that calls wait at."""
    answer = server(url, sandbox).get("/barriers")
    if json:
        print_json(answer)
    elif not answer["data"]:
        typer.echo("Nothing waits at a barrier.")
    else:
        print_table(("NAME", "WAITING"), [(row["name"], str(row["waiting"])) for row in answer["data"]])


@app.command()
def release(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The barrier's name, as the scenario has it.")],
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Let go what waits at a barrier; what comes later waits anew."""
    from devkit.control.client import segment

    answer = server(url, sandbox).post(f"/barriers/{segment(name)}/release")
    if json:
        print_json(answer)
    else:
        typer.echo(f"released {answer['released']} at {answer['name']}")
