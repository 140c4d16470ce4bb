"""`devkit drill`: play scenarios to a frontend and judge what it does about them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from devkit.cli.commands import App, Command
from devkit.cli.common import AsJson, Junit, SandboxName, Url, print_json, server, writable
from devkit.cli.completion import scenario_names
from devkit.errors import ExitCode, UsageError

app = App()

_COMMAND = "devkit.command"


class WithCommand(Command):
    """A command that keeps what stands behind `--` apart: another command line, to be run as it is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--" in args:
            position = args.index("--")
            ctx.meta[_COMMAND] = args[position + 1 :]
            if not ctx.meta[_COMMAND] and not ctx.resilient_parsing:
                raise UsageError(
                    "Behind `--` stands no command.", remedy="Write it as `devkit drill NAME -- npx playwright test`."
                )
            args = args[:position]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


@app.command(cls=WithCommand)
def drill(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Scenarios to drill.", autocompletion=scenario_names),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Drill all scenarios that expect something.")] = False,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Drill all with this tag.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Make a sandbox for it; several drills always get one each.")
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="DURATION", help="How long each takes at the most, such as 60s."),
    ] = None,
    junit: Junit = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with a timeline, which needs no network."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Even where it ends the dev server that calls come through, or cannot act.")
    ] = False,
    upstream: Annotated[
        str | None,
        typer.Option("--upstream", metavar="URL", help="Serve in front of this real backend as long as it takes."),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of a drill and exit.")] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Play a scenario to your frontend, and judge what it does.

    Use the frontend meanwhile; or let a command behind `--` do it: it finds the address of its backend in DEVKIT_URL,
    besides DEVKIT_SANDBOX, DEVKIT_SCENARIO and DEVKIT_DRILL, and the verdict comes when it ends. Several drills run
    side by side, each in a sandbox of its own; with a command, one after the other.

    With --upstream, what it is played to is a real backend: nothing has to run but that, and the frontend.

    Exits with 0 if all passed, and with 1 if anything failed or stayed inconclusive, or the command did not end with 0.
    """
    from devkit.cli.drilling import Plan, found, play

    if schema:
        from devkit.drill.report import schema as schema_of

        print_json(schema_of())
        return
    if upstream and url:
        raise UsageError(
            "--upstream and --url exclude each other.", remedy="Leave one of them out, or unset DEVKIT_URL."
        )
    writable(junit, html)
    with _in_front_of(upstream) if upstream else contextlib.nullcontext(url) as address:
        client = server(address, None)
        wanted = _wanted(client, names or [], every=all_, tag=tag)
        plan = Plan(
            sandbox=sandbox,
            fresh=fresh or len(wanted) > 1,
            timeout=timeout,
            command=found(context.meta.get(_COMMAND, ())),
            quiet=json,
            force=force,
        )
        if sandbox and len(wanted) > 1:
            raise UsageError("Several drills get a sandbox each: leave --sandbox out, and DEVKIT_SANDBOX unset.")
        outcome = play(client, wanted, plan)
    if junit is not None:
        from devkit.drill.junit import suites

        junit.write_bytes(suites(outcome.reports))
    if html is not None:
        from devkit.drill.html import page

        html.write_text(page(outcome.reports), encoding="utf-8")
    if json:
        print_json(outcome.data)
    raise typer.Exit(ExitCode.DONE if outcome.passed else ExitCode.FAILED)


@contextlib.contextmanager
def _in_front_of(upstream: str) -> Iterator[str]:
    from devkit.cli.fronted import fronted

    with fronted(upstream) as address:
        typer.echo(f"{address} stands in front of {upstream}", err=True)
        yield address


def _wanted(client: Any, names: list[str], *, every: bool, tag: str | None) -> list[str]:
    """The scenarios that are meant. Raises UsageError, ServerRefused for a name that is not there."""
    if sum((bool(names), every, tag is not None)) != 1:
        raise UsageError("Which scenarios?", remedy="Name them, or take --all or --tag TAG: one of these.")
    if names:
        return list(dict.fromkeys(names))
    rows = client.get("/scenarios")["data"]
    rows = [row for row in rows if row["expects"] and not row.get("error")]
    meant = [row["name"] for row in rows if tag is None or tag in row["tags"]]
    if not meant:
        known = sorted({one for row in rows for one in row["tags"]})
        raise UsageError(f"No scenario has the tag {tag!r}.", remedy=f"Tags: {', '.join(known)}.")
    return meant
