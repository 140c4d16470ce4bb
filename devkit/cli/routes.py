"""`devkit routes`: every path that the mock answers."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, print_json, print_table

app = App()

Dialects = Annotated[
    list[str] | None, typer.Option("--dialect", metavar="NAME", help="Only this dialect; several may be given.")
]


@app.command()
def routes(dialect: Dialects = None, json: AsJson = False) -> None:
    """List method, path, operation, who may call, and what it does."""
    from devkit.dialects.shipped import BACKEND

    found = [
        {
            "dialect": speaker.name,
            "method": route.method,
            "path": route.path,
            "operation": route.operation.id,
            "access": route.operation.access.value,
            "summary": route.operation.summary,
        }
        for speaker in BACKEND.chosen(tuple(dialect or ()))
        for route in speaker.routes()
    ]
    if json:
        print_json(found)
        return
    columns = ["dialect", "method", "path", "operation", "access", "summary"]
    if len({row["dialect"] for row in found}) < 2:
        columns.remove("dialect")
    print_table([column.upper() for column in columns], [[row[column] for column in columns] for row in found])
