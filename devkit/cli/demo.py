"""`devkit demo`: the backend, and beside it a small frontend that survives what it does."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.serve import option, switch
from devkit.cli.serving import run
from devkit.cli.told import loaded
from devkit.errors import SettingError

app = App()


@app.command()
def demo(
    host: Annotated[str | None, option("host")] = None,
    port: Annotated[str | None, option("port", "--port", "-p")] = None,
    frontend_port: Annotated[
        str | None,
        typer.Option(
            "--frontend-port",
            metavar="PORT",
            help="Port of the page; the first free one of 3000, 5173 and 5174 when not given.",
            show_default=False,
        ),
    ] = None,
    https: Annotated[bool | None, switch("https")] = None,
    memory: Annotated[bool | None, switch("memory")] = None,
    seed: Annotated[str | None, option("seed")] = None,
    seed_dates: Annotated[str | None, option("seed.dates")] = None,
    scenario: Annotated[list[str] | None, option("scenarios")] = None,
    title: Annotated[str | None, option("demo.title")] = None,
    color: Annotated[str | None, option("demo.color")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json_: Annotated[bool | None, switch("json")] = None,
    log_level: Annotated[str | None, option("log_level")] = None,
) -> None:
    """Start the backend with a frontend that survives it.

    The frontend runs on an origin of its own, as yours does, and each of the things it does right can be switched off
    in the page. Other settings come from DEVKIT_* variables and devkit.yaml, as with `devkit serve`. Ctrl-C stops both.
    """
    wanted = None if frontend_port is None else _port(frontend_port)
    result = loaded(
        {
            "host": host,
            "port": port,
            "https": https,
            "memory": memory,
            "seed": seed,
            "seed.dates": seed_dates,
            "scenarios": scenario,
            "demo.title": title,
            "demo.color": color,
            "json": json_,
            "log_level": log_level,
        }
    )
    settings = dataclasses.replace(result.settings, open=open_)
    if result.origins["seed.dates"] == "default":
        # Who looks at it sees dates of these days, not of the day for which tests were written.
        settings = dataclasses.replace(settings, seed_dates="relative")
    if result.origins["auth.transport"] == "default":
        # The chat is part of an API that takes no cookie: the page needs the session's token as well.
        settings = dataclasses.replace(settings, auth_transport="both")
    # Only here: it loads the server, and `devkit --help` does without.
    from devkit.server.hosting import demo as page

    address = page.bind(settings, wanted)
    with contextlib.closing(address):
        run(
            page.suited(settings, address),
            beside=lambda backend, running: page.serving(backend, running, address),
            page=address.origin,
        )


def _port(text: str) -> int:
    from devkit import kinds

    try:
        return int(kinds.PORT.parse(text))
    except ValueError as error:
        raise SettingError(
            f"The option --frontend-port cannot be {text!r}: {error}.", remedy=f"Give it {kinds.PORT.wanted}."
        ) from None
