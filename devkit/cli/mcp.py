"""`devkit mcp`: a running devkit as tools for coding assistants."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import Url, server
from devkit.cli.told import loaded
from devkit.errors import ExitCode, OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from devkit.control.client import Client
    from devkit.mcp.answering import Answering

app = App()


@app.command()
def mcp(
    http: Annotated[
        int | None,
        typer.Option(
            "--http",
            metavar="PORT",
            min=0,
            max=65535,
            help="Speak streamable HTTP at that port, not on stdin and stdout.",
        ),
    ] = None,
    save: Annotated[
        bool | None,
        typer.Option(
            "--save/--no-save",
            help="Whether scenarios may be written to scenarios/: yes on stdin, no over HTTP.",
            show_default=False,
        ),
    ] = None,
    url: Url = None,
) -> None:
    """Give coding assistants tools for this backend (Model Context Protocol): an assistant starts it, and speaks on
    stdin and stdout. It joins the server that runs in this folder, or has one of its own for as long as it lives. Each
    client has a sandbox of its own, and reaches no other.
    """
    if importlib.util.find_spec("mcp") is None:
        raise OperatorError(
            "`devkit mcp` needs the package mcp, which is not installed.",
            remedy="`pip install 'devkit-mock[mcp]'` brings it along.",
        )
    from devkit.cli.measuring import judged, measure
    from devkit.mcp.answering import Answering
    from devkit.mcp.base import Means
    from devkit.mcp.home import Home

    settings = loaded().settings
    # Its own server is nobody's but the tools': on loopback, at whatever port is free, and leaving nothing behind.
    own = dataclasses.replace(settings, host="127.0.0.1", port=0, memory=True, https=False, open=False)
    means = Means(measure=measure, judge=judged, saves=http is None if save is None else save)

    def made() -> Answering:
        return Answering(Home(lambda: _running(url), None if url else own), means)

    if http is None:
        _standard(made)
    else:
        _web(made, http, settings.state_dir)


def _running(url: str | None) -> Client:
    return server(url, None)


def _standard(made: Callable[[], Answering]) -> None:
    import asyncio

    from devkit.mcp import standard

    if sys.stdin.isatty():
        typer.echo(
            "An assistant starts this, and speaks the Model Context Protocol to it: `devkit init --agents` writes what "
            "it needs for that. Ctrl-D ends it.",
            err=True,
        )

    async def main() -> bool:
        return await standard.serve(made())

    if not asyncio.run(main()):
        raise typer.Exit(ExitCode.INTERRUPTED)


def _web(made: Callable[[], Answering], port: int, state_dir: Path) -> None:
    import asyncio

    from devkit.control.guard import project_token
    from devkit.mcp import web
    from devkit.server.hosting import ports
    from devkit.server.hosting.signals import stopping

    token = project_token(state_dir)
    listeners = ports.listen("127.0.0.1", port)
    address = f"http://127.0.0.1:{listeners[0].getsockname()[1]}{web.PATH}"

    def ready() -> None:
        typer.echo(f"{address}\nIt wants the header `Authorization: Bearer` and what {state_dir}/control-token holds.")
        sys.stdout.flush()

    async def main() -> None:
        stop = asyncio.Event()
        with stopping(stop):
            await web.serve(made(), listeners, token, ready, stop)

    try:
        asyncio.run(main())
    finally:
        ports.close(listeners)
