"""`devkit sandbox`: backends of their own inside the running server, for tests that run at once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from devkit.cli import complaint
from devkit.cli.commands import App
from devkit.cli.common import AsJson, Url, print_json, print_table, server

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


def _header(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in row["header"].items())
