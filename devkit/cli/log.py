"""`devkit log`: what happened in the running server, and what happens now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, server
from devkit.errors import UsageError

app = App()

_NUMBER = 7
"""Columns of an entry's number and what stands behind it."""


def _filter(name: str, help: str, metavar: str) -> Any:  # noqa: A002 - as typer calls it
    return typer.Option(f"--{name}", metavar=metavar, help=help)


@app.command()
def log(
    number: Annotated[
        int | None, typer.Argument(min=1, metavar="NUMBER", help="One entry, with its headers and bodies.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")] = False,
    type_: Annotated[str | None, _filter("type", "Only these: request, mail, socket.", "TYPE")] = None,
    operation: Annotated[str | None, _filter("operation", "Only these operations, such as `tasks.*`.", "GLOB")] = None,
    status: Annotated[str | None, _filter("status", "Only this status: 404, or 4xx.", "STATUS")] = None,
    fault: Annotated[str | None, _filter("fault", "Only what such a fault, or rule, struck: `http.*`.", "GLOB")] = None,
    user: Annotated[str | None, _filter("user", "Only what this user did or was sent.", "EMAIL")] = None,
    path: Annotated[str | None, _filter("path", "Only requests to such paths: `/api/tasks*`.", "GLOB")] = None,
    after: Annotated[int, typer.Option("--after", min=0, metavar="N", help="Only entries with a higher number.")] = 0,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10_000, metavar="N", help="At most the last N.")
    ] = 50,
    har: Annotated[
        Path | None, typer.Option("--har", metavar="FILE", help="Write requests and sockets to this HAR file instead.")
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="Every column, however narrow the terminal is.")] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Show requests, mails and WebSocket frames, oldest first.

    With --json each entry is a line of its own. Quote globs, or your shell takes them for file names.
    """
    filters = {
        "type": type_, "operation": operation, "status": status, "fault": fault, "user": user, "path": path,
    }  # fmt: skip
    client = server(url, sandbox)
    if number is not None:
        if har is not None:
            raise UsageError("One entry is shown as it is: leave --har out, or the number.")
        if follow or after or any(filters.values()):
            raise UsageError("One entry is shown as it is: leave the filters out.")
        _show(client.get(f"/journal/{number}"), as_json=json, wide=wide)
        return
    if har is not None:
        if follow:
            raise UsageError("--har writes what there is: leave --follow out.")
        from devkit.cli import loghar

        entries = client.get("/journal", filters | {"after": after, "limit": limit})["data"]
        count = loghar.write(har, client, reversed(entries))
        if json:
            print_json({"file": str(har), "entries": count})
        else:
            typer.echo(f"Wrote {har}: {count} exchange{'' if count == 1 else 's'}")
        return
    tell = _teller(as_json=json, wide=wide)
    answer = client.get("/journal", filters | {"after": after, "limit": limit})
    for entry in reversed(answer["data"]):
        tell(entry)
    if follow:
        client.follow("/journal/follow", filters | {"after": max(after, answer["newest"])}, tell)
        typer.echo("The server ended it.", err=True)


def _teller(*, as_json: bool, wide: bool) -> Any:
    import json

    from devkit.cli.requestlog import RequestLog, entry_of
    from devkit.cli.serving import fitting
    from devkit.cli.style import Style

    fits = fitting(wide=wide)
    # A number stands before each line; and each preflight has one of its own.
    width = (lambda: fits["width"]() - _NUMBER) if fits else None
    lines = RequestLog(Style.of(sys.stdout), as_json=False, level="debug", width=width)

    def tell(data: dict[str, Any]) -> None:
        if as_json:
            text = json.dumps(data, ensure_ascii=False)
        elif data["type"] == "gap":
            text = f"… {data['missed']} entries were passed over: they came faster than they were read"
        else:
            text = f"{data['number']:>5}  {lines.lines(entry_of(data)) or ''}"
        typer.echo(text)
        # Whoever follows through a pipe wants each line now.
        sys.stdout.flush()

    return tell


def _show(entry: dict[str, Any], *, as_json: bool, wide: bool) -> None:
    if as_json:
        print_json(entry)
        return
    from devkit.cli.style import printable

    _teller(as_json=False, wide=wide)(entry)
    for side in ("request", "response"):
        message = entry.get(side)
        if message is None:
            continue
        lines = ["", f"{side}:"]
        lines += [f"  {printable(name)}: {printable(value)}" for name, value in message["headers"]]
        if message["body"]:
            lines += ["", *(f"  {printable(line)}" for line in message["body"].splitlines())]
        if message["cut"]:
            lines.append(f"  … ({message['size']} bytes in all)")
        typer.echo("\n".join(lines))
