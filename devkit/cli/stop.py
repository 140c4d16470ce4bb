"""`devkit stop`: end the server that runs in this folder, as Ctrl-C would."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Url, clients, print_json, server
from devkit.effects import stopwatch
from devkit.errors import OperatorError

app = App()

_PATIENCE = 15.0
"""Seconds that a server gets: it drains within three."""
_LOOK_EVERY = 0.05


@app.command()
def stop(
    url: Url = None,
    everything: Annotated[bool, typer.Option("--all", help="Every server of this folder.")] = False,
    json: AsJson = False,
) -> None:
    """Stop the server of this folder; calls under way are answered."""
    stopped = []
    for client in clients(url) if everything else [server(url, None)]:
        if client.pid is None:
            raise OperatorError(
                f"{client.url} was not started in this folder, so its process is not known.",
                remedy="Stop it where it runs: Ctrl-C in its terminal, or `devkit stop` in its folder.",
            )
        _end(client.pid, client.url)
        stopped.append({"url": client.url, "pid": client.pid})
    if json:
        print_json(stopped)
    else:
        typer.echo("\n".join(f"stopped {one['url']}" for one in stopped))


def _end(pid: int, url: str) -> None:
    from devkit.control.runtime import is_alive

    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError:
        raise OperatorError(f"{url} belongs to another user (process {pid}).") from None
    deadline = stopwatch() + _PATIENCE
    while is_alive(pid):
        if stopwatch() > deadline:
            raise OperatorError(f"{url} (process {pid}) does not end.", remedy=f"End it by force: kill -9 {pid}")
        time.sleep(_LOOK_EVERY)
