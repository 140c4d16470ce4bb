"""What `devkit verify` does: runs the checks, shows how they stand, tells what was found."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import typer

from devkit.cli.style import Style, printable
from devkit.effects import isoformat, machine_now
from devkit.errors import OperatorError, UsageError
from devkit.records import dataclass
from devkit.units import parse_duration
from devkit.verify.arranging import arranger
from devkit.verify.base import Check
from devkit.verify.case import Account
from devkit.verify.report import Report, Result, evidence_lines, result_data
from devkit.verify.running import Plan, Watcher, run
from devkit.verify.target import ORIGIN, Target
from devkit.verify.wire import Door

if TYPE_CHECKING:
    from devkit.dialects.base import Dialect

_ORIGIN = re.compile(r"https?://[^/?#@\s]+|null")
_MOST = 400
"""Characters of a line of evidence in the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for; users are `email:password`. `shown` is what stdout gets:
    the verdicts as text, each as a line of JSON, or nothing.
    """

    checks: Sequence[Check]
    users: Sequence[str]
    read_only: bool
    setup: str
    fuzz: bool = False
    shown: Literal["text", "lines", "nothing"] = "text"


def target_of(
    url: str, dialect: Dialect, *, origin: str | None, insecure: bool, cafile: Path | None, timeout: str
) -> Target:
    """Raises UsageError for what is no address."""
    given = address_of(url, "is no address of a backend")
    try:
        patience = parse_duration(timeout) / 1000
    except ValueError as error:
        raise UsageError(f"--timeout cannot be {timeout!r}: {error}.") from None
    if not patience:
        raise UsageError("--timeout cannot be 0: no answer is there at once.", remedy="Give it a time such as 10s.")
    if origin is not None and not _ORIGIN.fullmatch(origin):
        raise UsageError(f"{origin!r} is no origin of a page.", remedy="Write it as https://app.example.com.")
    try:
        # Looked at whether it is needed or not: who names one means it.
        if cafile is not None:
            ssl.create_default_context(cafile=str(cafile))
        door = Door.of(given, insecure=insecure, patience=patience, cafile=str(cafile) if cafile else None)
    except OSError as error:
        raise UsageError(f"{cafile} cannot be read as certificates: {error.strerror or error}.") from None
    return Target(door, dialect, origin=origin or ORIGIN)


def address_of(url: str, trouble: str) -> str:
    """With its scheme. Raises UsageError."""
    given = url if "://" in url else f"http://{url}"
    parts = urlsplit(given)
    try:
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{url!r} {trouble}.", remedy="Write it as http://localhost:8000.")
    return given


def play(target: Target, wanted: Wanted) -> Report:
    """Run, show and tell. Raises OperatorError where nothing can be verified."""
    plan = Plan(
        checks=wanted.checks,
        users=[account(one) for one in wanted.users],
        read_only=wanted.read_only,
        fuzz=wanted.fuzz,
        arrange=arranger(address_of(wanted.setup, "is no address that arranges states")) if wanted.setup else None,
    )
    if wanted.shown == "lines":
        print_line({"event": "started", "url": target.root + target.base, "checks": [one.id for one in wanted.checks]})
        return asyncio.run(_interruptible(target, plan, _line))
    with _display(len(wanted.checks)) as show:
        report = asyncio.run(_interruptible(target, plan, show))
    if wanted.shown == "text":
        tell(report)
    return report


def unverified(target: Target, error: OperatorError) -> Report:
    """The report of a run that could not begin."""
    contract, dialect = target.dialect.contract.name, target.dialect.name
    return Report(
        url=target.root + target.base, contract=contract, dialect=dialect, started_at=isoformat(machine_now()),
        seconds=0.0, results=(), ended=error.message, secrets={},
    )  # fmt: skip


def print_line(data: dict[str, Any]) -> None:
    """A line of JSON, which whoever follows through a pipe gets now."""
    typer.echo(json.dumps(data, ensure_ascii=False))
    sys.stdout.flush()


def _line(result: Result, secrets: Mapping[str, str]) -> None:
    print_line({"event": "check", **result_data(result, secrets)})


async def _interruptible(target: Target, plan: Plan, show: Watcher) -> Report:
    """The run, which the first Ctrl-C ends with a report of what it has."""
    task = asyncio.ensure_future(run(target, plan, show))
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        loop.add_signal_handler(signal.SIGINT, _first, loop, task)
    return await task


def _first(loop: asyncio.AbstractEventLoop, task: asyncio.Task[Report]) -> None:
    loop.remove_signal_handler(signal.SIGINT)
    task.cancel()


def account(given: str) -> Account:
    email, colon, password = given.partition(":")
    if not email or not colon or not password:
        raise UsageError(f"--user {email or given!r} has no password.", remedy="Write it as EMAIL:PASSWORD.")
    return Account(email, password)


@contextlib.contextmanager
def _display(count: int) -> Iterator[Watcher]:
    """How far it is, where somebody can see it."""
    if not Style.moves(sys.stderr):
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("signing in", total=count)
        yield lambda result, _: progress.update(task, advance=1, description=result.check.id)


def tell(report: Report) -> None:
    """The verdicts, on stdout: what did not pass with its reason and its evidence."""
    style = Style.of(sys.stdout)
    marks = {
        "passed": style.green("✓"), "failed": style.red("✕"), "skipped": style.dim("–"),
        "inconclusive": style.yellow("?"),
    }  # fmt: skip
    lines = [f"{style.bold(report.url)}  {style.dim(f'{report.contract}, as {report.dialect} has it')}"]
    suite = ""
    for one in report.results:
        if one.check.suite != suite:
            suite = one.check.suite
            lines.append(f"\n{style.bold(suite)}")
        lines.append(f"  {marks[one.verdict]} {one.check.asks}  {style.dim(one.check.id)}")
        if one.reason:
            lines.append(f"    {style.dim(printable(one.reason))}" if one.verdict == "skipped" else _reason(one))
        if one.verdict in {"failed", "inconclusive"}:
            lines.append(f"    {style.dim(one.check.why)}")
            lines += [f"      {style.dim(_cut(line))}" for line in evidence_lines(report, one)]
    word = {"passed": style.green("PASSED"), "failed": style.red("FAILED")}.get(
        report.verdict, style.yellow("INCONCLUSIVE")
    )
    lines.append(f"\n{word}  {report.sentence()}  {style.dim(f'{report.seconds:.1f} s')}")
    typer.echo("\n".join(lines))


def _reason(one: Result) -> str:
    """The sentence; what is told in several lines stands as it was told."""
    lines = [printable(line) for line in one.reason.splitlines()]
    if len(lines) == 1:
        return f"    {lines[0][:1].upper()}{lines[0][1:]}."
    return "\n".join(f"    {line}".rstrip() for line in lines)


def _cut(line: str) -> str:
    line = printable(line)
    return line if len(line) <= _MOST else f"{line[:_MOST]}…"
