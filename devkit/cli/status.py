"""`devkit status`: the servers that run in this folder, and how each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Url, clients, print_json, print_table
from devkit.cli.keep import in_words
from devkit.errors import OperatorError

if TYPE_CHECKING:
    from devkit.control.client import Client

app = App()


@app.command()
def status(url: Url = None, json: AsJson = False) -> None:
    """Tell which servers run in this folder, and what is on in them."""
    rows = [_row(client) for client in clients(url)]
    if json:
        print_json(rows)
        return
    print_table(
        ("ADDRESS", "PID", "UP", "DATABASE", "SANDBOXES", "ON"),
        [
            (
                row["url"],
                str(row["pid"] or "–"),
                _span(row["uptime_seconds"]),
                row["database"] or row["error"] or "–",
                str(row["sandboxes"]),
                ", ".join(row["scenarios"]) or "–",
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["upstream"]:
            typer.echo(f"{row['url']}: the real backend {in_words(row['upstream'])}.")


def _row(client: Client) -> dict[str, Any]:
    row: dict[str, Any] = {"url": client.url, "pid": client.pid, "error": None}
    try:
        told = client.get("/status")
        sandboxes = client.get("/sandboxes")["data"]
        scenarios = [activation["name"] for activation in client.get("/active")]
    except OperatorError as error:
        nothing = dict.fromkeys(("version", "uptime_seconds", "database", "counts", "upstream"))
        return row | nothing | {"sandboxes": 0, "scenarios": [], "error": error.message}
    known = {name: told[name] for name in ("version", "uptime_seconds", "database", "counts", "upstream")}
    return row | known | {"sandboxes": len(sandboxes), "scenarios": scenarios}


def _span(seconds: float | None) -> str:
    from devkit.units import format_duration

    return "–" if seconds is None else format_duration(round(seconds) * 1000) + ("s" if round(seconds) == 0 else "")
