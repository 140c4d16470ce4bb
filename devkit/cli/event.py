"""`devkit event`: tell the connected WebSockets something, as if it had happened."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, server
from devkit.errors import UsageError

app = App()


@app.command()
def event(
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="Where it is told, such as notifications, tasks or upload:ID.")
    ],
    payload: Annotated[
        str, typer.Argument(metavar="JSON", help="The event's fields as a JSON object; - reads them from stdin.")
    ] = "{}",
    type_: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="Which event; not needed where the topic has only one."),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="EMAIL", help="Whose event it is; everybody's if left out.")
    ] = None,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Push an event to the connected WebSockets.

    For example: devkit event notifications '{"kind": "info", "message": "Hello"}'
    """
    wish = {"topic": topic, "payload": _parsed(payload), "type": type_, "user": user}
    told = server(url, sandbox).post("/events", {name: value for name, value in wish.items() if value is not None})
    if json:
        print_json(told)
        return
    heard = told["receivers"]
    typer.echo(f"told {told['type']} (event {told['id']}); {heard} connection{'' if heard == 1 else 's'} heard it")


def _parsed(text: str) -> Any:
    import json

    try:
        value = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise UsageError(
            f"The event's fields are not JSON: {error}.", remedy='Write them as \'{"message": "Hello"}\'.'
        ) from None
    if not isinstance(value, dict):
        raise UsageError("The event's fields must be a JSON object.")
    return value
