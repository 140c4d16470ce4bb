"""`devkit snapshot`: put data aside, and bring it back."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, print_table, server

app = App()

Name = Annotated[str, typer.Argument(metavar="NAME", help="The snapshot's name.")]


@app.callback()
def snapshot() -> None:
    """Save data, uploads and clock under a name; bring them back."""


@app.command()
def save(name: Name, url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Save a snapshot, over what had the name before."""
    from devkit.control.client import segment
    from devkit.units import format_size

    saved = server(url, sandbox).put(f"/snapshots/{segment(name)}")
    if json:
        print_json(saved)
    else:
        typer.echo(f"saved {saved['name']} ({format_size(saved['size'])}, {saved['uploads']} uploads)")


@app.command()
def restore(name: Name, url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Bring a snapshot back. What is there now is gone; open WebSockets are closed."""
    from devkit.control.client import segment

    restored = server(url, sandbox).post(f"/snapshots/{segment(name)}/restore")
    if json:
        print_json(restored)
    else:
        typer.echo(f"restored {restored['name']}, saved at {restored['saved_at']}")


@app.command("list")
def list_(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """List the snapshots, newest first."""
    from devkit.units import format_size

    answer = server(url, sandbox).get("/snapshots")
    if json:
        print_json(answer)
    elif not answer["data"]:
        typer.echo("No snapshots yet.")
    else:
        rows = [
            (row["name"], row["saved_at"], row["time"], format_size(row["size"]), str(row["uploads"]))
            for row in answer["data"]
        ]
        print_table(("NAME", "SAVED", "ITS TIME", "DATA", "UPLOADS"), rows)


@app.command()
def delete(name: Name, url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Throw a snapshot away."""
    from devkit.control.client import segment

    answer = server(url, sandbox).delete(f"/snapshots/{segment(name)}")
    if json:
        print_json(answer)
    else:
        typer.echo(answer["message"])
