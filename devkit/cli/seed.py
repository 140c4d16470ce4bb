"""`devkit seed`: grow the database to the size of a real one."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, print_json
from devkit.cli.serve import option
from devkit.cli.told import loaded
from devkit.errors import UsageError

app = App()

_MOST = 10_000_000


@app.command()
def seed(
    users: Annotated[int, typer.Option("--users", min=1, max=_MOST, metavar="N", help="Users to add.")],
    tasks_per_user: Annotated[
        int, typer.Option("--tasks-per-user", min=0, max=_MOST, metavar="N", help="Tasks that each of them gets.")
    ] = 0,
    db: Annotated[str | None, typer.Option("--db", metavar="PATH", help="Database file.")] = None,
    number: Annotated[
        str | None, typer.Option("--seed", metavar="N", help="Number that the data is drawn from.")
    ] = None,
    dates: Annotated[str | None, option("seed.dates")] = None,
    json: AsJson = False,
) -> None:
    """Add generated users and tasks to the database file. No running server may use it meanwhile."""
    settings = loaded({"db": db, "seed": number, "seed.dates": dates}).settings
    if settings.memory and db is None:
        raise UsageError(
            "`memory` is set, so there is no database file to grow.", remedy="Name one with --db PATH, or unset it."
        )
    from devkit.domain.passwords import hash_password
    from devkit.storage import growing, seeding

    path = settings.database_path
    with _progress(quiet=json) as progress:
        growth = seeding.grow_file(
            path,
            settings,
            users=users,
            tasks_per_user=tasks_per_user,
            progress=progress,
            hasher=hash_password,
        )
    if json:
        print_json({"database": str(path), **dataclasses.asdict(growth), "password": growing.PASSWORD})
        return
    typer.echo(f"Added {growth.users:,} users and {growth.tasks:,} tasks to {path} in {growth.seconds:.1f} s.")
    addresses = growth.first if growth.users == 1 else f"{growth.first} … {growth.last}"
    typer.echo(f"Sign in as {addresses}, password {growing.PASSWORD}")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function to be called with (done, total); it shows a bar on stderr where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Seeding"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("seed", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
