"""The commands as a table. A command's module is imported when that command runs, or when help lists it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from devkit import __version__
from devkit.cli.commands import App, Group
from devkit.cli.plain import COMPLETION
from devkit.errors import ExitCode

PROGRAM = "devkit"

COMMANDS = {
    "serve": "devkit.cli.serve",
    "proxy": "devkit.cli.proxy",
    "record": "devkit.cli.record",
    "replay": "devkit.cli.replay",
    "demo": "devkit.cli.demo",
    "status": "devkit.cli.status",
    "stop": "devkit.cli.stop",
    "init": "devkit.cli.init",
    "validate": "devkit.cli.validate",
    "seed": "devkit.cli.seed",
    "reset": "devkit.cli.reset",
    "mail": "devkit.cli.mail",
    "scenario": "devkit.cli.scenario",
    "faults": "devkit.cli.faults",
    "drill": "devkit.cli.drill",
    "verify": "devkit.cli.verify",
    "keep": "devkit.cli.keep",
    "sandbox": "devkit.cli.sandbox",
    "fleet": "devkit.cli.fleet",
    "clock": "devkit.cli.clock",
    "snapshot": "devkit.cli.snapshot",
    "log": "devkit.cli.log",
    "token": "devkit.cli.token",
    "event": "devkit.cli.event",
    "barrier": "devkit.cli.barrier",
    "routes": "devkit.cli.routes",
    "contract": "devkit.cli.contract",
    "graduate": "devkit.cli.graduate",
    "mcp": "devkit.cli.mcp",
    "doctor": "devkit.cli.doctor",
    "help": "devkit.cli.help",
}
"""Command → module, in the order of `devkit --help`. Each module has an `app`."""


class LazyGroup(Group):
    """A group that knows its commands by name before any of them is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = get_command(importlib.import_module(module).app)
        command.name = cmd_name
        return command


app = App(
    name="devkit",
    cls=LazyGroup,
    add_completion=True,
    help="The mock backend that behaves like the real one, and fails like the real one.",
    # The first line keeps the others as they are.
    epilog="\b\n`devkit serve` starts it.\n`devkit COMMAND --help` tells about one command.\n"
    "`devkit help exit-codes` tells how commands end.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"devkit {__version__}")
        raise typer.Exit


@app.callback()
def _devkit(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line. Raises SystemExit, or OperatorError for what a person can mend."""
    command: Any = get_command(app)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETION in os.environ:
        command.main(words, prog_name=PROGRAM)
    try:
        # Not typer's own `main`: it has its own words for what went wrong, and its own exit codes.
        with command.make_context(PROGRAM, words) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        sys.exit(exit_.exit_code)
    sys.exit(ExitCode.DONE)
