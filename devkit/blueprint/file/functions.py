"""Functions of the user's that keep an operation: found in their file without running it."""

from __future__ import annotations

from pathlib import Path

from devkit.blueprint.file.context import Reading, file_beside
from devkit.errors import FileError
from devkit.yamlfile import KeyPath


def found(reading: Reading, written: str, usual: str, where: KeyPath) -> tuple[Path, str] | None:
    """File and name of `rates.py:quote`, or of `rates.py` for a function called as the operation; None where there is
    none, which is told.
    """
    import ast

    file, _, name = written.partition(":")
    name = name or usual
    if not file.endswith(".py"):
        reading.wrong(where, f"{written!r} is no function in a Python file", "Such as `rates.py:quote`.")
        return None
    path = file_beside(reading, where, file)
    if path is None:
        return None
    try:
        module = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
        reading.mistakes.add(
            FileError(path, f"is not Python: {getattr(error, 'msg', error)}", line=line, column=column)
        )
        return None
    names = [one.name for one in module.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    if name not in names:
        reading.unknown(where, f"function in {path.name}", name, names)
        return None
    return path, name
