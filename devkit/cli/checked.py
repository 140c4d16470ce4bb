"""What was found out about files that a person wrote: said alike by every command that checks some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from devkit.cli import complaint
from devkit.cli.common import print_json
from devkit.errors import ExitCode, OperatorError

Finding = dict[str, Any]


def finding(path: Path, mistakes: Iterable[OperatorError], warnings: Iterable[str] = ()) -> Finding:
    """One file's: `error` is null where nothing is wrong, else the first of `mistakes`."""
    told = [f"{mistake.message}\n  {mistake.remedy}" if mistake.remedy else mistake.message for mistake in mistakes]
    return {"file": str(path), "error": told[0] if told else None, "mistakes": told, "warnings": list(warnings)}


def report(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Say what was found. Raises Exit with status 2 where anything is wrong."""
    broken = [one for one in findings if one["mistakes"]]
    if as_json:
        print_json(findings)
    else:
        for one in findings:
            for warning in one["warnings"]:
                complaint.warning(warning)
            for mistake in one["mistakes"]:
                complaint.error(OperatorError(mistake))
        files = "file" if len(findings) == 1 else "files"
        told = f"{len(findings)} {files} checked, {len(broken)} broken."
        typer.echo(told if findings else "Nothing of your own is here to check.")
    if broken:
        raise typer.Exit(ExitCode.USAGE)
