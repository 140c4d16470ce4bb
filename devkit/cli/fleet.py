"""`devkit fleet`: several servers behind a proxy of somebody else's, each with sandboxes of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Url, print_json, print_table, server

if TYPE_CHECKING:
    from devkit.control.client import Client

app = App()

_PROXIES = ("haproxy", "nginx", "envoy", "traefik")
_MEMBER = "A replica and where the proxy reaches it, such as r1=http://10.0.0.1:8000."


@app.callback()
def fleet() -> None:
    """Write a proxy's file for several servers, look at them, and take one out. Each is started with --replica."""


@app.command()
def config(
    proxy: Annotated[str, typer.Argument(metavar="KIND", help=f"The proxy: {', '.join(_PROXIES)}.")],
    replicas: Annotated[list[str], typer.Argument(metavar="NAME=URL", help=_MEMBER)],
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where the proxy listens.")
    ] = "0.0.0.0:8080",
    main: Annotated[
        str | None,
        typer.Option("--main", metavar="NAME", help="Who answers what names no sandbox; the first one when not given."),
    ] = None,
    agent_port: Annotated[
        int,
        typer.Option(
            "--agent-port",
            min=0,
            max=65535,
            metavar="PORT",
            help="Where replicas tell HAProxy how much room they have.",
        ),
    ] = 0,
) -> None:
    """Write the proxy's file: to the replica that an id names, by host, path, header, token or cookie."""
    import importlib

    from devkit.errors import UsageError, did_you_mean
    from devkit.fleet.members import Fleet, address, members

    if proxy not in _PROXIES:
        raise UsageError(
            f"There is no file for {proxy!r}.{did_you_mean(proxy, _PROXIES)}",
            remedy=f"Name one of {', '.join(_PROXIES)}.",
        )
    found = members(replicas)
    named = [one for one in found if one.name == (main or found[0].name)]
    if not named:
        raise UsageError(f"{main!r} is none of the replicas.", remedy=f"They are {', '.join(o.name for o in found)}.")
    told = Fleet(members=found, main=named[0], listen=address(listen), agents=agent_port)
    text: str = importlib.import_module(f"devkit.fleet.{proxy}").written(told)
    typer.echo(text, nl=False)


@app.command()
def status(
    replicas: Annotated[list[str], typer.Argument(metavar="NAME=URL", help=_MEMBER)],
    json: AsJson = False,
) -> None:
    """Ask each replica how it is, and whether it is the one that it is taken for."""
    from devkit.errors import ExitCode, OperatorError
    from devkit.fleet.members import members

    rows: list[dict[str, Any]] = []
    for one in members(replicas):
        row: dict[str, Any] = {"name": one.name, "url": f"http://{one.address}", "told": None, "error": None}
        try:
            told = server(row["url"], None).ask("/health")
        except OperatorError as error:
            row["error"] = error.message
        else:
            row["told"] = told
            if told["replica"] != one.name:
                called = f"calls itself {told['replica']}" if told["replica"] else "was started without --replica"
                row["error"] = f"The server at {row['url']} {called}, and not {one.name}."
        rows.append(row)
    if json:
        print_json(rows)
    else:
        table = [(row["name"], row["url"], *_cells(row["told"]), row["error"] or "–") for row in rows]
        print_table(("REPLICA", "ADDRESS", "STATE", "SANDBOXES", "SOCKETS", "ROOM", "WRONG"), table)
    if any(row["error"] for row in rows):
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def drain(
    off: Annotated[bool, typer.Option("--off", help="Take new sandboxes again.")] = False,
    wait: Annotated[
        str | None,
        typer.Option("--wait", metavar="DURATION", help="Wait until its last sandbox is gone, this long at the most."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="PATH", help="Folder to write each of its sandboxes to, for another replica."),
    ] = None,
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Take no new sandboxes; those there are go on. The proxy sends new ones elsewhere."""
    import time

    from devkit.effects import stopwatch
    from devkit.errors import OperatorError, UsageError
    from devkit.units import parse_duration

    try:
        patience = parse_duration(wait) / 1000 if wait else 0.0
    except ValueError as error:
        raise UsageError(f"--wait cannot be {wait!r}: {error}.", remedy="Write it as 10m.") from None
    client = server(url, None)
    told = client.post("/drain", {"on": not off})
    if export is not None and not off:
        _export(client, export)
    deadline = stopwatch() + patience
    while not off and told["sandboxes"] and stopwatch() < deadline:
        time.sleep(0.2)
        told = client.ask("/health")
    if json:
        print_json(told)
    else:
        left = f"{told['sandboxes']} sandbox{'' if told['sandboxes'] == 1 else 'es'}"
        typer.echo(f"{client.url}: {'takes new sandboxes' if off else 'takes no new sandboxes'}, has {left}")
    if wait and not off and told["sandboxes"]:
        raise OperatorError(
            f"{told['sandboxes']} sandboxes are still there after {wait}.",
            remedy="Remove them, take them along with `devkit sandbox export`, or wait longer.",
        )


def _export(client: Client, folder: Path) -> None:
    """Raises OperatorError."""
    from devkit.cli.sandbox import write
    from devkit.errors import StorageError
    from devkit.sandbox import MAIN

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror or error}.") from None
    for row in client.get("/sandboxes")["data"]:
        if row["id"] != MAIN:
            write(client, row["id"], folder / f"{row['id']}.sandbox.zip")


def _cells(told: dict[str, Any] | None) -> tuple[str, str, str, str]:
    if told is None:
        return "down", "–", "–", "–"
    return told["status"], str(told["sandboxes"]), str(told["sockets"]), f"{told['room']:.0%}"
