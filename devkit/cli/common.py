"""What the commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli.told import loaded
from devkit.errors import OperatorError

if TYPE_CHECKING:
    from devkit.control.client import Client
    from devkit.dialects.backend import Backend
    from devkit.scenario.library import Library

AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="DEVKIT_URL", metavar="URL", help="The server, where it runs in another folder."),
]
SandboxName = Annotated[
    str | None, typer.Option("--sandbox", envvar="DEVKIT_SANDBOX", metavar="ID", help="The sandbox that is meant.")
]
Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")]


def print_json(value: Any) -> None:
    """One JSON value, indented, with its characters as they are."""
    typer.echo(json_text(value))


def json_text(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need; the last one runs on, so that nothing is cut off when it is piped."""
    import sys

    from devkit.cli.style import Style, printable

    cleaned = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in (list(head), *cleaned)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (list(head), *cleaned)
    ]
    typer.echo("\n".join([Style.of(sys.stdout).dim(lines[0]), *lines[1:]]))


def server(url: str | None, sandbox: str | None) -> Client:
    """A client of the running server. Raises NotRunning where there is none, UsageError where there are several."""
    from devkit.control.client import connect
    from devkit.server.hosting.tls import ca_path

    return connect(loaded().settings.state_dir, url=url, sandbox=sandbox, cafile=ca_path())


def clients(url: str | None) -> list[Client]:
    """A client of every server of this folder, or of the one at `url`. Raises NotRunning where there is none."""
    from devkit.control.client import connect_all
    from devkit.server.hosting.tls import ca_path

    return connect_all(loaded().settings.state_dir, url=url, cafile=ca_path())


def writable(*paths: Path | None) -> None:
    """Make room for reports, and raise OperatorError now where there is none, not after a minute's work. What stood
    there is no report of what begins now: it goes.
    """
    for path in paths:
        if path is None:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        except OSError as error:
            raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None


Contracts = Annotated[
    list[str] | None,
    typer.Option("--contract", metavar="FILE", help="A contract of your own, else that of devkit.yaml."),
]


def backend_told(contract: list[str] | None = None, *, alone: bool = False) -> Backend:
    """What a server in this folder would stand in for; with `alone`, what another backend does that is described so.
    Raises OperatorError.
    """
    settings = loaded({"contract": contract}).settings
    if not settings.contract:
        from devkit.dialects.shipped import BACKEND

        return BACKEND
    from devkit.server.hosting.backends import backend_for

    return backend_for(settings, alone=alone)


def library_of(own: Path, backend: Backend) -> Library:
    """The shipped scenarios, and the user's in the folder `own`, as they are about that backend."""
    from devkit.scenario.library import Library
    from devkit.shipped import folder

    return Library(folder("scenarios"), own, backend)
