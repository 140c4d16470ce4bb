"""`devkit verify`: ask a running backend whether it is what the frontend was built for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, backend_told, print_json, print_table
from devkit.errors import ExitCode, OperatorError, UsageError

app = App()

Names = list[str] | None


@app.command()
def verify(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="The backend, as the frontend reaches it.")] = None,
    contract: Annotated[
        str | None,
        typer.Option("--contract", metavar="FILE", help="A backend.yaml or an OpenAPI document to measure it by."),
    ] = None,
    dialect: Annotated[
        str | None, typer.Option("--dialect", metavar="NAME", help="The dialect it speaks: agreed, unless told.")
    ] = None,
    user: Annotated[
        Names,
        typer.Option("--user", metavar="EMAIL:PASSWORD", help="Who signs in; a second one is somebody else."),
    ] = None,
    suite: Annotated[Names, typer.Option("--suite", metavar="NAME", help="Only these, such as auth,cookies.")] = None,
    check: Annotated[Names, typer.Option("--check", metavar="GLOB", help="Only these, such as auth.*.")] = None,
    skip: Annotated[Names, typer.Option("--skip", metavar="GLOB", help="Not these checks, or not this suite.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Ask only what changes nothing.")] = False,
    setup: Annotated[
        str | None, typer.Option("--setup", metavar="URL", help="What arranges states that no client can bring about.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--origin", metavar="ORIGIN", help="The page's that calls: http://localhost:3000.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Take whatever certificate it shows.")] = False,
    cafile: Annotated[
        Path | None, typer.Option("--cafile", metavar="FILE", help="Authorities whose certificates are trusted, too.")
    ] = None,
    timeout: Annotated[
        str, typer.Option("--timeout", metavar="DURATION", help="How long one answer may take.")
    ] = "10s",
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with every request and answer.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Write the findings as SARIF, for code scanning.")
    ] = None,
    fuzz: Annotated[
        bool, typer.Option("--fuzz", help="Let Schemathesis send each operation whatever its schema allows, too.")
    ] = False,
    as_dialect: Annotated[
        Path | None,
        typer.Option("--as-dialect", metavar="FILE", help="Write how it departs, for devkit serve --contract FILE."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the checks and exit.")] = False,
    json: AsJson = False,
) -> None:
    """Measure a running backend against a contract, from the outside, as a browser would meet it.

    Exits with 0 if everything that could be asked passed, and with 1 if anything failed or stayed inconclusive, or
    nothing could be asked.
    """
    from devkit.verify.catalogue import chosen

    checks = chosen(_words(suite), _words(check), _words(skip))
    if list_:
        if json:
            print_json([{"id": one.id, "asks": one.asks, "why": one.why, "read_only": one.read_only} for one in checks])
        else:
            print_table(("CHECK", "ASKS", "WHY"), [[one.id, one.asks, one.why] for one in checks])
        return
    if url is None:
        raise UsageError("Which backend?", remedy="`devkit verify http://localhost:8000` names it by its address.")
    from devkit.cli.verifying import Wanted, play, target_of
    from devkit.verify.reports import WRITERS

    if as_dialect is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}\.yaml", as_dialect.name):
        raise UsageError(
            f"{as_dialect.name} is no name for a contract that departs.",
            remedy="It ends in .yaml, and has small letters, digits and dashes before that: measured.yaml.",
        )
    if fuzz:
        from devkit.verify.fuzzing import require

        require()
    backend = backend_told([contract] if contract else ["agreed"] if dialect is None else [dialect], alone=True)
    (spoken,) = backend.chosen([dialect] if dialect and not contract else [backend.dialects.names()[0]])
    target = target_of(url, spoken, origin=origin, insecure=insecure, cafile=cafile, timeout=timeout)
    wanted = Wanted(
        checks=checks, users=_words(user, apart=False), read_only=read_only, setup=setup or "", quiet=json, fuzz=fuzz
    )
    files = {"junit": junit, "html": html, "sarif": sarif}
    for path in (*files.values(), as_dialect):
        _writable(path)
    report = play(target, wanted)
    for kind, path in files.items():
        if path is not None:
            path.write_bytes(WRITERS[kind](report))
    if as_dialect is not None:
        from devkit.verify.departing import departures

        base = os.path.relpath(contract, as_dialect.parent) if contract else spoken.name
        as_dialect.write_text(departures(report, target, base, as_dialect.stem), encoding="utf-8")
    if json:
        from devkit.verify.report import as_data

        print_json(as_data(report))
    if report.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.DONE if report.verdict == "passed" else ExitCode.FAILED)


def _words(given: Names, *, apart: bool = True) -> list[str]:
    """Several options, or one with commas."""
    words = given or []
    return [word.strip() for one in words for word in (one.split(",") if apart else [one]) if word.strip()]


def _writable(path: Path | None) -> None:
    """Raises OperatorError now, and not after a minute's run."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None
