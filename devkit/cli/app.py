"""The commands as a table. A command's module is imported when that command runs, or when help lists it."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from devkit import __version__

COMMANDS = {
    "serve": "devkit.cli.serve",
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
    "sandbox": "devkit.cli.sandbox",
    "clock": "devkit.cli.clock",
    "snapshot": "devkit.cli.snapshot",
    "log": "devkit.cli.log",
    "token": "devkit.cli.token",
    "event": "devkit.cli.event",
    "barrier": "devkit.cli.barrier",
    "routes": "devkit.cli.routes",
    "contract": "devkit.cli.contract",
    "doctor": "devkit.cli.doctor",
    "help": "devkit.cli.help",
}
"""Command → module, in the order of `devkit --help`. Each module has an `app`."""


def _plain(command: Any) -> None:
    """Let arguments be described by their names and sentences: `list[str]` is Python, which nobody has to know."""
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            parameter.display_type_rich = _nothing  # type: ignore[method-assign]
    for inner in getattr(command, "commands", {}).values():
        _plain(inner)


def _nothing(ctx: Any) -> None:
    return None


class LazyGroup(TyperGroup):
    """A group that knows its commands by name before any of them is imported."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = get_command(importlib.import_module(module).app)
        command.name = cmd_name
        _plain(command)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # Typer offers near names from the commands it holds itself; it holds none here.
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from devkit.errors import UsageError, did_you_mean

            raise UsageError(
                f"There is no command {args[0]!r}.{did_you_mean(args[0], COMMANDS)}",
                remedy=f"Commands: {', '.join(COMMANDS)}. `devkit COMMAND --help` tells more.",
            )
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="devkit",
    cls=LazyGroup,
    help="The mock backend that behaves like the real one, and fails like the real one.",
    epilog="`devkit serve` starts it; `devkit COMMAND --help` tells about one command.",
    # Without markup typer leaves rich alone, which would take longer to import than everything else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
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


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Raises SystemExit, or OperatorError for what a person can mend."""
    get_command(app).main(args=arguments, prog_name="devkit")
