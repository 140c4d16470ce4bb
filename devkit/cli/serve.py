"""`devkit serve`: run the server until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.serving import start
from devkit.config import setting as _setting
from devkit.kinds import CHOICE

app = App()


def option(name: str, *declarations: str) -> typer.models.OptionInfo:
    """The option of a setting: help from the table of settings, the value as text, which that table parses."""
    row = _setting(name)
    words = f"  [{row.kind.wanted}]" if row.kind.metavar == CHOICE else ""
    found: typer.models.OptionInfo = typer.Option(
        *(declarations or (str(row.flag),)),
        help=row.help + words,
        metavar=row.kind.metavar,
        show_default=False,
    )
    return found


def switch(name: str) -> typer.models.OptionInfo:
    """The same for a setting that is on or off."""
    row = _setting(name)
    found: typer.models.OptionInfo = typer.Option(
        f"{row.flag}/--no-{str(row.flag).removeprefix('--')}", help=row.help, show_default=False
    )
    return found


@app.command()
def serve(
    host: Annotated[str | None, option("host")] = None,
    port: Annotated[str | None, option("port", "--port", "-p")] = None,
    https: Annotated[bool | None, switch("https")] = None,
    memory: Annotated[bool | None, switch("memory")] = None,
    db: Annotated[str | None, option("db")] = None,
    seed: Annotated[str | None, option("seed")] = None,
    seed_dates: Annotated[str | None, option("seed.dates")] = None,
    origin: Annotated[list[str] | None, option("origins")] = None,
    contract: Annotated[list[str] | None, option("contract")] = None,
    upstream: Annotated[str | None, option("upstream")] = None,
    keep: Annotated[list[str] | None, option("keep")] = None,
    record: Annotated[str | None, option("record")] = None,
    insecure: Annotated[bool | None, switch("proxy.insecure")] = None,
    cors: Annotated[str | None, option("proxy.cors")] = None,
    on_miss: Annotated[str | None, option("replay.on_miss")] = None,
    time_as_delay: Annotated[bool | None, switch("replay.time_as_delay")] = None,
    rewrite_body: Annotated[bool | None, switch("proxy.rewrite_body")] = None,
    dialect: Annotated[list[str] | None, option("dialects")] = None,
    scenario: Annotated[list[str] | None, option("scenarios")] = None,
    replica: Annotated[str | None, option("replica")] = None,
    open_: Annotated[bool | None, switch("open")] = None,
    until_stdin_closes: Annotated[bool | None, switch("until_stdin_closes")] = None,
    json_: Annotated[bool | None, switch("json")] = None,
    log_level: Annotated[str | None, option("log_level")] = None,
    wide: Annotated[bool | None, switch("log_wide")] = None,
) -> None:
    """Start the mock backend and show each request.

    Settings come from these flags, then from DEVKIT_* variables, then from devkit.yaml. --contract, --origin, --keep,
    --dialect and --scenario may be given several times. Ctrl-C stops the server once running requests are done; a
    second one stops it at once.
    """
    start(
        {
            "host": host,
            "port": port,
            "https": https,
            "memory": memory,
            "db": db,
            "seed": seed,
            "seed.dates": seed_dates,
            "origins": origin,
            "contract": contract,
            "upstream": upstream,
            "keep": keep,
            "record": record,
            "proxy.insecure": insecure,
            "proxy.cors": cors,
            "proxy.rewrite_body": rewrite_body,
            "replay.on_miss": on_miss,
            "replay.time_as_delay": time_as_delay,
            "dialects": dialect,
            "scenarios": scenario,
            "replica": replica,
            "open": open_,
            "until_stdin_closes": until_stdin_closes,
            "json": json_,
            "log_level": log_level,
            "log_wide": wide,
        }
    )
