"""The command line: one module per command; what is heavy is imported when a command needs it."""

from __future__ import annotations

import gc
import os
import sys

from devkit.cli.style import Style
from devkit.errors import OperatorError

INTERNAL = 70
"""Exit status of a bug in devkit (EX_SOFTWARE of sysexits.h)."""


def run() -> None:
    """The `devkit` command: runs, tells what went wrong in a sentence or two, and exits."""
    status = 0
    # What a start makes stays: the collector would look through it a hundred times and find nothing.
    gc.set_threshold(500_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character must not stop a command.
            stream.reconfigure(errors="backslashreplace")
    try:
        _run()
    except SystemExit as exit_:
        status = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except OperatorError as error:
        for mistake in error.mistakes:
            _tell(mistake.message, mistake.remedy)
        status = error.exit_code
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        status = 1
    except Exception as error:  # noqa: BLE001 - the last net: a person gets a sentence, not a stack trace
        _tell_bug(error)
        status = INTERNAL
    _flush()
    sys.exit(status)


def _run() -> None:
    if sys.argv[1:2] == ["serve"]:
        from devkit.cli.plain import flags_of

        flags = flags_of(sys.argv[1:], os.environ)
        if flags is not None:
            from devkit.cli.serving import start

            start(flags)
            return
    from devkit.cli.app import main

    main()


def _tell(message: str, remedy: str | None = None) -> None:
    style = Style.of(sys.stderr)
    print(f"{style.red('error:')} {message}", file=sys.stderr)  # noqa: T201 - the terminal is what this module is for
    if remedy:
        print(f"  {remedy}", file=sys.stderr)  # noqa: T201


def _tell_bug(error: Exception) -> None:
    debug = "debug" in (os.environ.get("DEVKIT_LOG_LEVEL", "").lower(), _log_level_flag(sys.argv))
    if debug:
        import traceback

        traceback.print_exc()
    first_line = str(error).partition("\n")[0]
    what = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    hint = None if debug else "Set DEVKIT_LOG_LEVEL=debug for the stack trace."
    _tell(f"devkit failed in a way it should not ({what}).", hint)


def _log_level_flag(arguments: list[str]) -> str:
    for position, argument in enumerate(arguments):
        if argument == "--log-level" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--log-level="):
            return argument.partition("=")[2]
    return ""


def _flush() -> None:
    """Write out what is buffered; a reader that has gone (`devkit routes | head`) is no error worth a stack trace."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more on its way out: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
