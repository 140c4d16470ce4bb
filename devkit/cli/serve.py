"""`devkit serve`: run the server until Ctrl-C."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.common import command_app, loaded
from devkit.config import Settings
from devkit.config import setting as _setting
from devkit.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from devkit.cli.banner import Running
    from devkit.cli.printer import Printer
    from devkit.cli.requestlog import RequestLog
    from devkit.server.app import Beside

app = command_app()


def option(name: str, *declarations: str, metavar: str | None = None) -> typer.models.OptionInfo:
    """The option of a setting: help from the table of settings, the value as text, which that table parses."""
    row = _setting(name)
    found: typer.models.OptionInfo = typer.Option(
        *(declarations or (str(row.flag),)), help=row.help, metavar=metavar or row.kind.metavar, show_default=False
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
    origin: Annotated[list[str] | None, option("origins")] = None,
    dialect: Annotated[list[str] | None, option("dialects")] = None,
    scenario: Annotated[list[str] | None, option("scenarios")] = None,
    open_: Annotated[bool | None, switch("open")] = None,
    json_: Annotated[bool | None, switch("json")] = None,
    log_level: Annotated[str | None, option("log_level")] = None,
) -> None:
    """Start the mock backend and show each request.

    Settings come from these flags, then from DEVKIT_* variables, then from devkit.yaml. --origin, --dialect and
    --scenario may be given several times. Ctrl-C stops the server once running requests are done; a second one stops
    it at once.
    """
    if db is not None and memory:
        raise UsageError("--db and --memory exclude each other.", remedy="Leave one of them out.")
    result = loaded(
        {
            "host": host,
            "port": port,
            "https": https,
            # A file that is named on the command line goes before `memory: true` in devkit.yaml.
            "memory": False if db is not None and memory is None else memory,
            "db": db,
            "seed": seed,
            "origins": origin,
            "dialects": dialect,
            "scenarios": scenario,
            "open": open_,
            "json": json_,
            "log_level": log_level,
        }
    )
    run(result.settings)


def run(settings: Settings, *, beside: Beside | None = None, page: str | None = None) -> None:
    """Serve until stopped. Raises OperatorError where the server cannot start.

    `page` is the address of what is served `beside` the backend, for people to open.
    """
    from devkit.cli.printer import Printer
    from devkit.cli.requestlog import RequestLog
    from devkit.cli.style import Style

    style = Style.of(sys.stdout)
    log = RequestLog(style, as_json=settings.json, level=settings.log_level, narrow=sys.stdout.isatty())
    _set_up_logging(settings)
    printer = Printer(sys.stdout)
    try:
        _serve(settings, printer, log, coloured=style.enabled, beside=beside, page=page)
        printer.line(json.dumps({"event": "stopped"}) if settings.json else style.dim("stopped"))
    finally:
        printer.close()


def _serve(
    settings: Settings, printer: Printer, log: RequestLog, *, coloured: bool, beside: Beside | None, page: str | None
) -> None:
    import asyncio

    from devkit.cli.banner import PANEL, banner, ready
    from devkit.cli.style import Style
    from devkit.journal import Entry
    from devkit.server.app import serve as serve_until_stopped

    def announce(running: Running) -> None:
        printer.line(json.dumps(ready(running, page)) if settings.json else banner(running, Style(coloured), page))
        _spare_the_collector()
        if settings.open:
            _open(page or running.url + PANEL)

    def listen(entry: Entry) -> None:
        text = log.lines(entry)
        if text is not None:
            printer.line(text)

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve_until_stopped(settings, ready=announce, listener=listen, beside=beside))
    except KeyboardInterrupt:
        # Ctrl-C before the server could handle it itself: there is nothing to drain yet.
        return


def _spare_the_collector() -> None:
    """Look through what a start leaves behind no more: it stays, but for a few hundred objects that are not worth the
    search. What requests leave behind is looked through later, and in larger heaps; nearly all of it goes without the
    collector.
    """
    import gc

    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where that is installed (`pip install 'devkit[fast]'`), else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _open(url: str) -> None:
    import threading
    import webbrowser

    # Starting a browser may take seconds, and some of them stay in the foreground.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _set_up_logging(settings: Settings) -> None:
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    # At debug these tell about every select and every SQL statement, which hides what devkit itself says.
    for name in ("asyncio", "aiosqlite", "watchfiles"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
