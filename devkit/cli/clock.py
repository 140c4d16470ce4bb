"""`devkit clock`: turn the sandbox's time, and with it everything that expires."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from devkit.cli.commands import App, Signed
from devkit.cli.common import AsJson, SandboxName, Url, print_json, server

app = App()

At = Annotated[str, typer.Argument(metavar="TIME", help="A moment in ISO 8601 with an offset: 2026-01-20T10:00:00Z.")]


@app.callback()
def clock() -> None:
    """Turn the clock of the running server. Tokens, mail links, rate limits and the windows of rules follow it."""


@app.command()
def show(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Show what the clock says, and how it goes."""
    _tell(server(url, sandbox).get("/clock"), as_json=json)


@app.command(cls=Signed)
def advance(
    by: Annotated[str, typer.Argument(metavar="DURATION", help="How far, such as 25h; -5m turns it back.")],
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Turn the clock forward, or back."""
    _tell(server(url, sandbox).post("/clock/advance", {"by": by}), as_json=json)


@app.command()
def freeze(
    at: Annotated[
        str | None, typer.Argument(metavar="TIME", help="What it shows then; what it shows now if left out.")
    ] = None,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Stop the clock."""
    _tell(server(url, sandbox).post("/clock/freeze", {"at": at} if at else {}), as_json=json)


@app.command("set")
def set_(at: At, url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Set the clock; it goes on from there, or stands there if it stood."""
    _tell(server(url, sandbox).post("/clock/set", {"at": at}), as_json=json)


@app.command(cls=Signed)
def rate(
    factor: Annotated[
        str, typer.Argument(metavar="FACTOR", help="Its seconds in one of the machine's, such as 60 or 0.5.")
    ],
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Let the clock go faster, or slower, from where it is."""
    _tell(server(url, sandbox).post("/clock/run", {"rate": factor}), as_json=json)


@app.command()
def run(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Let a clock go that was stopped, from where it stands, at the usual speed."""
    _tell(server(url, sandbox).post("/clock/run"), as_json=json)


@app.command()
def reset(url: Url = None, sandbox: SandboxName = None, json: AsJson = False) -> None:
    """Back to the machine's time, or to where the sandbox's clock began."""
    _tell(server(url, sandbox).post("/clock/reset"), as_json=json)


def _tell(state: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(state)
        return
    from devkit.units import format_duration

    seconds = round(state["offset"] / 1000)
    where = f"{format_duration(abs(seconds) * 1000)} {'ahead' if seconds > 0 else 'behind'}" if seconds else "in step"
    pace = "stands still" if state["frozen"] else "" if state["rate"] == 1 else f"{state['rate']:g} times as fast"
    typer.echo(f"{state['time']}  ({', '.join(part for part in (pace, where) if part)})")
    if state.get("apart"):
        typer.echo(f"{state['apart']}.")
