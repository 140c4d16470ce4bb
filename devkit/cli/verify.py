"""`devkit verify`: ask a running backend whether it is what the frontend was built for."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Junit, backend_told, print_json, print_table, writable
from devkit.errors import ExitCode, OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.verify.base import Check
    from devkit.verify.report import Report
    from devkit.verify.target import Target

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
        typer.Option(
            "--user",
            metavar="EMAIL:PASSWORD",
            help="Who signs in; a second one is somebody else. - reads them from stdin, a line each.",
        ),
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
    junit: Junit = None,
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
    lines: Annotated[
        bool,
        typer.Option("--lines", help="With --json: each verdict is a line, told at once; the last one is the sum."),
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the checks and exit.")] = False,
    json: AsJson = False,
) -> None:
    """Measure a running backend against a contract, from the outside, as a browser would meet it.

    Exits with 0 if everything that could be asked passed, and with 1 if anything failed or stayed inconclusive, or
    nothing could be asked.
    """
    from devkit.verify.catalogue import chosen

    if lines and not json:
        raise UsageError("--lines says how --json is written.", remedy="Give both, or leave --lines out.")
    checks = chosen(_words(suite), _words(check), _words(skip))
    if list_:
        _list(checks, json=json)
        return
    if url is None:
        raise UsageError("Which backend?", remedy="`devkit verify http://localhost:8000` names it by its address.")
    from devkit.cli.verifying import Wanted, play, print_line, target_of

    if as_dialect is not None and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}\.yaml", as_dialect.name):
        raise UsageError(
            f"{as_dialect.name} is no name for a contract that departs.",
            remedy="It ends in .yaml, and has small letters, digits and dashes before that: measured.yaml.",
        )
    if fuzz:
        from devkit.verify.fuzzing import require

        require()
    from devkit.dialects.shipped import BACKEND

    backend = backend_told([contract], alone=True) if contract else BACKEND
    (spoken,) = backend.chosen([dialect or backend.dialects.names()[0]])
    target = target_of(url, spoken, origin=origin, insecure=insecure, cafile=cafile, timeout=timeout)
    wanted = Wanted(
        checks=checks,
        users=_users(user),
        read_only=read_only,
        setup=setup or "",
        fuzz=fuzz,
        shown="lines" if lines else "nothing" if json else "text",
    )
    files = {"junit": junit, "html": html, "sarif": sarif}
    writable(*files.values(), as_dialect)
    with _reported(files, target) as written:
        report = written(play(target, wanted))
    if as_dialect is not None:
        from devkit.verify.departing import departures

        base = os.path.relpath(contract, as_dialect.parent) if contract and backend.files else spoken.name
        as_dialect.write_text(departures(report, target, base, as_dialect.stem), encoding="utf-8")
    if json:
        from devkit.verify.report import as_data

        print_line({"event": "report", **as_data(report, verdicts=False)}) if lines else print_json(as_data(report))
    if report.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.DONE if report.verdict == "passed" else ExitCode.FAILED)


def _list(checks: list[Check], *, json: bool) -> None:
    if json:
        print_json([{"id": one.id, "asks": one.asks, "why": one.why, "read_only": one.read_only} for one in checks])
    else:
        print_table(("CHECK", "ASKS", "WHY"), [[one.id, one.asks, one.why] for one in checks])


@contextlib.contextmanager
def _reported(files: Mapping[str, Path | None], target: Target) -> Iterator[Callable[[Report], Report]]:
    """Writes the report to the files; where there is none because of an OperatorError, one that says so: whoever reads
    nothing else has to see that nothing was verified.
    """
    from devkit.cli.verifying import unverified
    from devkit.verify.reports import WRITERS

    def write(report: Report) -> Report:
        for kind, path in files.items():
            if path is not None:
                path.write_bytes(WRITERS[kind](report))
        return report

    try:
        yield write
    except OperatorError as error:
        write(unverified(target, error))
        raise


def _words(given: Names) -> list[str]:
    """Several options, or one with commas."""
    return [word.strip() for one in given or [] for word in one.split(",") if word.strip()]


def _users(given: Names) -> list[str]:
    """`-` stands for what stdin says: a password is seen by others of this machine where it is a command's word."""
    found = [line.strip() for one in given or [] for line in (sys.stdin.read().splitlines() if one == "-" else [one])]
    return [one for one in found if one]
