"""`devkit mcp`: a running devkit as tools for coding assistants."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import Url, server
from devkit.cli.told import loaded
from devkit.errors import ExitCode, OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.control.client import Client
    from devkit.mcp.answering import Answering
    from devkit.mcp.base import Progress

app = App()

EXTRA = "pip install 'devkit-mock[mcp]'"


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
        raise OperatorError("`devkit mcp` needs the package mcp, which is not installed.", remedy=f"`{EXTRA}`.")
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


def _standard(made: Any) -> None:
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


def _web(made: Any, port: int, state_dir: Path) -> None:
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


async def measure(
    url: str, *, contract: str, suites: list[str], users: list[str], read_only: bool, progress: Progress
) -> Any:
    """What `devkit verify --json` tells of a backend. When it is cancelled, so are the questions."""
    from devkit.cli.verifying import account, target_of
    from devkit.verify.catalogue import chosen
    from devkit.verify.report import Result, as_data
    from devkit.verify.running import Plan, run

    checks = chosen(suites, [], [])
    backend = await asyncio.to_thread(_measured_by, contract)
    [spoken, *_] = backend.chosen(())
    target = target_of(url, spoken, origin=None, insecure=False, cafile=None, timeout="10s")
    plan = Plan(checks=checks, users=[account(one) for one in users], read_only=read_only)
    done = 0
    told: asyncio.Queue[Result] = asyncio.Queue()
    running = asyncio.ensure_future(run(target, plan, told.put_nowait))
    try:
        while not running.done():
            waiting = asyncio.ensure_future(told.get())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                done += 1
                await progress(done, len(checks), f"{waiting.result().check.id}: {waiting.result().verdict}")
            else:
                waiting.cancel()
        return as_data(await running)
    finally:
        # Whoever asked has had enough: what is under way is asked to its end by nobody.
        if not running.done():
            running.cancel()


def _measured_by(contract: str) -> Any:
    from devkit.cli.common import backend_told
    from devkit.dialects.shipped import DIALECTS

    name = contract or "agreed"
    if name not in DIALECTS:
        name = str(_of_project(name))
    return backend_told([name], alone=True)


def judged(file: str) -> dict[str, Any]:
    """What is wrong with a contract's file, and what it comes to."""
    from devkit.cli import contract_files

    path = _of_project(file)
    found, blueprint = contract_files.judged(path)
    told = {"file": file, "sound": not found["mistakes"], "mistakes": found["mistakes"], "warnings": found["warnings"]}
    if blueprint is not None:
        told["operations"] = [f"{one.id}: {one.method} {one.path}" for one in blueprint.operations]
        told["resources"] = list(blueprint.resources)
    return told


def _of_project(file: str) -> Path:
    """A file of this folder. Raises UsageError for any other: what is wrong in a file is told with its lines."""
    here, path = Path.cwd().resolve(), Path(file)
    if not path.resolve().is_relative_to(here):
        raise UsageError(f"{file[:200]!r} is outside of the project's folder.", remedy=f"Name a file below {here}.")
    if not path.is_file():
        raise UsageError(f"There is no file {file[:200]!r}.", remedy=f"Write its path as it is seen from {here}.")
    return path
