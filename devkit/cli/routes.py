"""`devkit routes`: every path that the mock answers."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Contracts, backend_told, print_json, print_table

app = App()

Dialects = Annotated[
    list[str] | None, typer.Option("--dialect", metavar="NAME", help="Only this dialect; several may be given.")
]


@app.command()
def routes(contract: Contracts = None, dialect: Dialects = None, json: AsJson = False) -> None:
    """List method, path, operation, who may call, who keeps it, and what it does."""
    from devkit.contract.keeping import kept_by

    found = [
        {
            "dialect": speaker.name,
            "method": route.method,
            "path": route.path,
            "operation": route.operation.id,
            "access": route.operation.access.value,
            "kept": kept_by(route.operation.keeper),
            "summary": route.operation.summary,
        }
        for speaker in backend_told(contract).chosen(tuple(dialect or ()))
        for route in speaker.routes()
    ]
    if json:
        print_json(found)
        return
    columns = ["dialect", "method", "path", "operation", "access", "kept", "summary"]
    if len({row["dialect"] for row in found}) < 2:
        columns.remove("dialect")
    print_table([column.upper() for column in columns], [[row[column] for column in columns] for row in found])
