"""`devkit keep`: who keeps which operations, where there is a real backend."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, SandboxName, Url, print_json, print_table, server

app = App()


@app.command()
def keep(
    rules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID=BY",
            help="Operations with who keeps them from now on, such as 'tasks.*=mock': real, mock, recording, fallback.",
            show_default=False,
        ),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="No other rule holds any more; without any, the real backend keeps all.")
    ] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Tell who keeps which operations in front of a real backend, or change it while the server runs."""
    client = server(url, sandbox)
    told = client.get("/keep")
    if rules or only:
        held = {} if only else dict(told["rules"])
        for operation, by in map(_read, rules or []):
            # Behind the others: the last one that fits counts.
            held.pop(operation, None)
            held[operation] = by
        told = client.put("/keep", {"rules": held})
    if json:
        print_json(told)
        return
    typer.echo(_upstream(told["upstream"]))
    if told["rules"]:
        print_table(("OPERATIONS", "KEPT BY"), [("all others", told["usual"]), *told["rules"].items()])
    print_table(("OPERATION", "KEPT BY"), list(told["operations"].items()))


def _read(rule: str) -> tuple[str, str]:
    from devkit.errors import UsageError

    operation, sign, by = rule.partition("=")
    if not (operation and sign and by):
        raise UsageError(f"{rule!r} says of nothing who keeps it.", remedy="Write it as 'tasks.*=mock'.")
    return operation, by


def _upstream(told: dict[str, Any] | None) -> str:
    if told is None:
        return "There is no real backend: the mock keeps everything."
    return f"The real backend {in_words(told)}. Its data is the same in all sandboxes."


def in_words(upstream: dict[str, Any]) -> str:
    """What is known of the real backend, as the end of a sentence."""
    if upstream["state"] == "down":
        return f"at {upstream['url']} {upstream['trouble']} (since {upstream['since']})"
    known = "answers" if upstream["state"] == "up" else "was not asked yet"
    return f"at {upstream['url']} {known}"
