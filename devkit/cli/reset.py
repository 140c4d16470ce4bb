"""`devkit reset`: back to the seeded state, while the server runs."""

from __future__ import annotations

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, server

app = App()


@app.command()
def reset(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Bring the running server back to its seeded state. Everything else in it is forgotten."""
    answer = server(url, sandbox).post("/reset")
    if json:
        print_json(answer)
        return
    told = answer if isinstance(answer, dict) else {}
    seconds = told.get("seconds")
    took = f" ({seconds:.2f} s)" if isinstance(seconds, int | float) else ""
    typer.echo(f"{told.get('message') or 'Reset'}{took}")
