"""Errors and warnings, told on stderr: a sentence and what to do about it; or a line of JSON each where that is asked.

The words that a command was called with decide which: what is wrong may be these very words.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from devkit.cli.style import Style
from devkit.errors import ExitCode, FileError, OperatorError

_SERVING = ("serve", "demo")


def error(found: OperatorError) -> None:
    """Tell each of what is wrong."""
    for mistake in found.mistakes:
        if json_is_asked():
            _line(_data(mistake, found.exit_code))
        else:
            style = Style.of(sys.stderr)
            remedy = f"\n  {mistake.remedy}" if mistake.remedy else ""
            _print(f"{style.red('error:')} {mistake.message}{remedy}")


def warning(text: str) -> None:
    """Tell what one should know, although it is done."""
    if json_is_asked():
        _line({"event": "warning", "message": text})
    else:
        _print(f"{Style.of(sys.stderr).yellow('warning:')} {text}")


def json_is_asked() -> bool:
    """Whether this process was asked for JSON: by the last such flag, else for a server by its settings."""
    words = sys.argv[1:]
    own = words[: words.index("--")] if "--" in words else words
    asked = [word == "--json" for word in own if word in {"--json", "--no-json"}]
    if asked or not own or own[0] not in _SERVING:
        return asked[-1:] == [True]
    from devkit.config import load

    # What is wrong may be the file: then the environment decides.
    for folder in (Path(), Path(os.devnull)):
        with contextlib.suppress(OperatorError):
            return load({}, os.environ, folder).settings.json
    return False


def _data(mistake: OperatorError, code: ExitCode) -> dict[str, Any]:
    data = {"event": "error", "exit_code": int(code), "message": mistake.message, "remedy": mistake.remedy}
    if isinstance(mistake, FileError):
        data |= {"file": str(mistake.path), "line": mistake.line, "column": mistake.column}
    return data


def _line(data: dict[str, Any]) -> None:
    import json

    _print(json.dumps(data, ensure_ascii=False))


def _print(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the terminal is what this module is for
