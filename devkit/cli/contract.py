"""`devkit contract`: what the mock promises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli import contract_files
from devkit.cli.commands import App
from devkit.cli.common import AsJson, Contracts, backend_told, json_text, print_json, print_table
from devkit.errors import UsageError

if TYPE_CHECKING:
    from devkit.contract.operations import Operation
    from devkit.dialects.base import Dialect

app = App()
app.command()(contract_files.check)
app.command()(contract_files.init)

_URL = re.compile(r"(https?|wss?)://[^/\s]+/?$")


@app.callback()
def contract() -> None:
    """Show the contract, or one of your own; print it as OpenAPI or AsyncAPI."""


@app.command("list")
def list_(contract: Contracts = None, json: AsJson = False) -> None:
    """List the operations."""
    operations = backend_told(contract).contract.operations
    if json:
        print_json([_brief(operation) for operation in operations])
    else:
        rows = [[operation.id, operation.access.value, operation.summary] for operation in operations]
        print_table(("OPERATION", "ACCESS", "SUMMARY"), rows)


@app.command()
def show(
    what: Annotated[
        str, typer.Argument(metavar="OPERATION", help="Such as tasks.list; or a file of yours: backend.yaml.")
    ],
    json: AsJson = False,
) -> None:
    """Show one operation: what it takes, what can go wrong, how each dialect spells it. Of a file of yours: all that it
    comes to, who keeps each operation, and why.
    """
    from devkit.contract.shipped import CONTRACT

    if what not in CONTRACT.operations and (what.endswith(contract_files.SUFFIXES) or Path(what).exists()):
        contract_files.show(Path(what), json)
        return
    found = CONTRACT.operations.find(what)
    details = _details(found)
    if json:
        print_json(details)
        return
    typer.echo(f"{found.id}: {found.summary}")
    if found.description:
        typer.echo(f"\n{found.description}")
    typer.echo(f"\naccess  {found.access.value}")
    typer.echo(f"errors  {', '.join(found.errors) or '–'}")
    typer.echo(f"events  {', '.join(found.emits) or '–'}\n")
    if details["input"]:
        print_table(("FIELD", "TYPE", "NEEDED"), [[f["name"], f["type"], f["needed"]] for f in details["input"]])
        typer.echo()
    print_table(("DIALECT", "METHOD", "PATH"), [[r["dialect"], r["method"], r["path"]] for r in details["routes"]])


Dialects = Annotated[
    list[str] | None, typer.Option("--dialect", metavar="NAME", help="Only this dialect; several may be given.")
]
Server = Annotated[str | None, typer.Option("--server", metavar="URL", help="Address to put into it.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to this file, not to the terminal.")
]


@app.command()
def openapi(
    contract: Contracts = None,
    dialect: Dialects = None,
    server: Server = None,
    output: Output = None,
    control: Annotated[
        bool, typer.Option("--control", help="Of what steers a server, below /_devkit/, and not of the backend.")
    ] = False,
) -> None:
    """Print the OpenAPI 3.1 document, as JSON."""
    if control:
        if contract or dialect:
            raise UsageError("The control API has no contracts and dialects.", remedy="Leave --control out.")
        from devkit.control import table

        _give(table.openapi(server), output)
        return
    from devkit.dialects.openapi.document import document

    _give(document(backend_told(contract).chosen(tuple(dialect or ())), server_url=server), output)


@app.command()
def asyncapi(
    contract: Contracts = None, dialect: Dialects = None, server: Server = None, output: Output = None
) -> None:
    """Print the AsyncAPI 3.0 document of the WebSockets, as JSON."""
    _give(_asyncapi(backend_told(contract).chosen(tuple(dialect or ())), server), output)


def _asyncapi(dialects: Sequence[Dialect], server: str | None) -> dict[str, Any]:
    from devkit.dialects.asyncapi import SERVER_URL, document

    if server is not None and not _URL.match(server):
        raise UsageError(f"{server!r} is no address.", remedy=f"Write scheme and host, such as {SERVER_URL}.")
    return document(dialects, server_url=server or SERVER_URL)


@app.command()
def export(
    file: contract_files.File,
    events: Annotated[
        bool, typer.Option("--asyncapi", help="What its WebSocket tells, as AsyncAPI 3.0, and not as OpenAPI.")
    ] = False,
    server: Server = None,
    output: Output = None,
) -> None:
    """Print what a file of yours promises, as an OpenAPI 3.1 document."""
    dialects = backend_told([str(file)]).chosen(())
    if events:
        _give(_asyncapi(dialects, server), output)
        return
    from devkit.dialects.openapi.document import document

    _give(document(dialects, server_url=server), output)


@app.command()
def schema(output: Output = None) -> None:
    """Print the JSON Schema of a backend.yaml, for your editor."""
    from devkit.blueprint.file.schema import file_schema

    _give(file_schema(), output)


def _give(document: dict[str, Any], output: Path | None) -> None:
    if output is None:
        print_json(document)
        return
    try:
        output.write_text(json_text(document) + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{output} cannot be written: {error.strerror}.", remedy="Name a file in a folder that is there and yours."
        ) from None


def _brief(operation: Operation) -> dict[str, Any]:
    return {"id": operation.id, "summary": operation.summary, "access": operation.access.value}


def _details(operation: Operation) -> dict[str, Any]:
    from devkit.dialects.shipped import DIALECTS

    schema = operation.input.model_json_schema()
    needed = schema.get("required", [])
    fields = [
        {"name": name, "type": _type(part), "needed": "yes" if name in needed else "no"}
        for name, part in schema.get("properties", {}).items()
    ]
    routes = [
        {"dialect": dialect.name, "method": route.method, "path": route.path}
        for dialect in DIALECTS
        for route in dialect.routes()
        if route.operation.id == operation.id
    ]
    return {
        **_brief(operation),
        "description": operation.description,
        "media": operation.media.value,
        "errors": list(operation.errors),
        "events": list(operation.emits),
        "input": fields,
        "routes": routes,
        "example": dict(operation.example),
    }


def _type(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_type(option) for option in part["anyOf"])
    if "enum" in part:
        return " or ".join(str(option) for option in part["enum"])
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    return str(part.get("format") or part.get("type") or "any")
