"""`devkit sandbox`: backends of their own inside the running server, for tests that run at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli import complaint
from devkit.cli.commands import App
from devkit.cli.common import AsJson, Url, print_json, print_table, server

if TYPE_CHECKING:
    from devkit.control.client import Client

app = App()

Id = Annotated[str, typer.Argument(metavar="ID", help="The sandbox's id, as `devkit sandbox list` shows it.")]


@app.callback()
def sandbox() -> None:
    """Make and remove sandboxes, which live in memory. Each has data, clock, mails, events, faults and a journal."""


@app.command()
def create(
    id_: Annotated[
        str | None, typer.Argument(metavar="ID", help="How it is called, and its host name; drawn if left out.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, metavar="N", help="Number that its data is drawn from.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="A scenario that is on in it; several may be given."),
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="TIME", help="What its clock says, such as 2026-01-20T10:00:00Z.")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Let its clock stand still.")] = False,
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="DURATION", help="Let it remove itself after this time.")
    ] = None,
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Make a sandbox and print its address."""
    wish = {"id": id_, "seed": seed, "scenarios": scenario, "time": time, "frozen": frozen, "ttl": ttl}
    made = server(url, None).post(
        "/sandboxes", {name: value for name, value in wish.items() if value not in (None, [])}
    )
    if json:
        print_json(made)
        return
    typer.echo(made["url"])
    typer.echo(f"id {made['id']}; or send {_header(made)} with each request", err=True)
    for warning in made["warnings"]:
        complaint.warning(warning)


@app.command("list")
def list_(url: Url = None, json: AsJson = False) -> None:
    """List the sandboxes."""
    answer = server(url, None).get("/sandboxes")
    if json:
        print_json(answer)
        return
    rows = [
        (
            row["id"],
            row["url"],
            row["time"],
            ", ".join(row["scenarios"]) or "–",
            str(row["journal"]),
            row["expires_at"] or "never",
        )
        for row in answer["data"]
    ]
    print_table(("ID", "ADDRESS", "ITS TIME", "SCENARIOS", "JOURNAL", "EXPIRES"), rows)


@app.command()
def show(id_: Id, url: Url = None, json: AsJson = False) -> None:
    """Show a sandbox: its address, how else to choose it, what is on in it."""
    from devkit.control.client import segment

    found = server(url, None).get(f"/sandboxes/{segment(id_)}")
    if json:
        print_json(found)
        return
    lines = [
        ("Address", found["url"]),
        ("Header", _header(found)),
        ("Query", "&".join(f"{name}={value}" for name, value in found["query"].items())),
        ("Seed", found["seed"]),
        ("Its time", f"{found['time']}{' (stands still)' if found['rate'] == 0 else ''}"),
        ("Scenarios", ", ".join(found["scenarios"]) or "none"),
        ("Created", found["created_at"]),
        ("Expires", found["expires_at"] or "never"),
    ]
    typer.echo("\n".join(f"{name + ':':11} {value}" for name, value in lines))


@app.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Sandboxes to remove.")],
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Remove sandboxes and everything in them."""
    from devkit.control.client import segment

    client = server(url, None)
    answers = [client.delete(f"/sandboxes/{segment(id_)}") for id_ in ids]
    if json:
        print_json(answers)
        return
    for answer in answers:
        typer.echo(answer["message"])


@app.command()
def export(
    id_: Id,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PATH", help="The file; ID.sandbox.zip when not given.")
    ] = None,
    journal: Annotated[bool, typer.Option("--journal", help="Let the journal go along, to be read.")] = False,
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Write all of a sandbox into one file: data, uploads, mails, sessions, clock, scenarios. It holds its keys."""
    path = write(server(url, None), id_, output or Path(f"{id_}.sandbox.zip"), journal=journal)
    if json:
        print_json({"id": id_, "file": str(path), "size": path.stat().st_size})
    else:
        typer.echo(path)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="What `devkit sandbox export` wrote.")],
    id_: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="How it is called here; as it was when not given.")
    ] = None,
    url: Url = None,
    json: AsJson = False,
) -> None:
    """Make sandboxes of such files, here or on another server; each goes on where it was."""
    from urllib.parse import urlencode

    from devkit.errors import FileError, UsageError

    if id_ is not None and len(files) > 1:
        raise UsageError("Several files cannot have one --id.", remedy="Import them one by one, or under their names.")
    client = server(url, None)
    made = []
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FileError(path, f"cannot be read: {error.strerror or error}") from None
        wish = f"?{urlencode({'id': id_})}" if id_ else ""
        try:
            made.append(client.call("POST", f"/sandboxes/import{wish}", content))
        except UsageError as error:
            raise UsageError(f"{path}: {error.message}") from None
    if json:
        print_json(made)
        return
    for row in made:
        typer.echo(row["url"])
        typer.echo(f"id {row['id']}; or send {_header(row)} with each request", err=True)


def write(client: Client, id_: str, path: Path, *, journal: bool = False) -> Path:
    """Export a sandbox into a file, which is whole or not there. Raises OperatorError."""
    from devkit.control.client import segment
    from devkit.errors import UsageError

    content: bytes = client.call("GET", f"/sandboxes/{segment(id_)}/export{'?journal=true' if journal else ''}")
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content)
        # It holds what signs the sandbox's tokens.
        beside.chmod(0o600)
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Name a file in a folder that is there and yours.",
        ) from None
    return path


def _header(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in row["header"].items())
