"""The command line: one module per command; what is heavy is imported when a command needs it."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from collections.abc import Callable

from devkit.errors import ExitCode, OperatorError


def run() -> None:
    """The `devkit` command: runs, tells what went wrong in a sentence or two, and exits."""
    # What a start makes stays: the collector would look through it a hundred times and find nothing.
    gc.set_threshold(500_000, 20, 20)
    _prepare()
    status = ended(_run)
    if status == ExitCode.INTERRUPTED:
        # Who presses Ctrl-C again while things are put away wants no trace of them.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(ended(_flush) or status)


def _prepare() -> None:
    """Make standard output and errors such that nothing that is written to them stops a command."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Closed by whoever started devkit (`>&-`).
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - until the process ends
        elif hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character must not stop a command.
            stream.reconfigure(errors="backslashreplace")


def ended(step: Callable[[], None]) -> int:
    """How a step ended; what went wrong is told."""
    try:
        step()
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else ExitCode.FAILED if exit_.code else ExitCode.DONE
    except OperatorError as error:
        return _told(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _cut_off()
    except Exception as error:  # noqa: BLE001 - the last net: a person gets a sentence, not a stack trace
        return _told(_unwritable(error) or _not_installed(error) or _bug(error))
    return ExitCode.DONE


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


def _told(error: OperatorError) -> ExitCode:
    from devkit.cli import complaint

    try:
        complaint.error(error)
    except BrokenPipeError:
        return _cut_off()
    return error.exit_code


class _Bug(OperatorError):
    """Nothing that a person can mend."""

    exit_code = ExitCode.BUG


def _bug(error: Exception) -> _Bug:
    debug = "debug" in (os.environ.get("DEVKIT_LOG_LEVEL", "").lower(), _log_level_flag(sys.argv))
    if debug:
        import traceback

        traceback.print_exc()
    first_line = str(error).partition("\n")[0]
    what = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    hint = None if debug else "Set DEVKIT_LOG_LEVEL=debug for the stack trace."
    return _Bug(f"devkit failed in a way it should not ({what}).", remedy=hint)


def _log_level_flag(arguments: list[str]) -> str:
    for position, argument in enumerate(arguments):
        if argument == "--log-level" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.startswith("--log-level="):
            return argument.partition("=")[2]
    return ""


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def _cut_off() -> ExitCode:
    _forget_output()
    return ExitCode.CLOSED_PIPE


def _unwritable(error: Exception) -> OperatorError | None:
    """What is to be said where standard output leads to a disk that is full."""
    if not isinstance(error, OSError) or error.errno != errno.ENOSPC or error.filename is not None:
        return None
    _forget_output()
    return OperatorError(f"The output cannot be written: {error.strerror}.")


def _not_installed(error: Exception) -> OperatorError | None:
    """What is to be said where a checkout is run by a Python that lacks what devkit needs."""
    package = (getattr(error, "name", None) or "devkit").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or package == "devkit":
        return None
    return OperatorError(
        f"devkit needs the package {package}, which is not installed for {sys.executable}.",
        remedy="In devkit's folder `python3 docs/install.py` installs all of them; then it is `.venv/bin/devkit`.",
    )


def _forget_output() -> None:
    """Let what is buffered go nowhere: the interpreter flushes once more on its way out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
