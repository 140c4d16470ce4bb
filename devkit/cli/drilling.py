"""What `devkit drill` does: begins drills, runs the command, shows how they stand, tells the verdicts."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from functools import partial
from typing import Any

import typer

from devkit.cli.style import Style, printable
from devkit.control.client import Client, segment
from devkit.drill.report import Judged, Line, Report, passages, read
from devkit.effects import stopwatch
from devkit.errors import NotRunning, OperatorError, UsageError
from devkit.records import dataclass
from devkit.sandbox import MAIN
from devkit.units import format_duration

COMMAND_TIMEOUT = "1h"
"""How long a drill waits for its command, where no --timeout says otherwise."""

POLL = 0.3
"""Seconds between two looks at a drill."""

PATIENCE = 30.0
"""Seconds that the server may be out of reach: some scenarios close its door for a while."""

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the drills are played. `sandbox` is the one to drill in, or the name of the fresh one."""

    sandbox: str | None
    fresh: bool
    timeout: str | None
    command: tuple[str, ...]
    quiet: bool
    force: bool = False


@dataclass(slots=True)
class Outcome:
    """What became of them: the reports, and how the command ended in each."""

    reports: list[Report] = field(default_factory=list)
    exits: list[int | None] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(report.verdict == "passed" for report in self.reports) and not any(self.exits)

    @property
    def data(self) -> dict[str, Any]:
        """For --json."""
        verdicts = {report.verdict for report in self.reports}
        worst = next((word for word in ("failed", "inconclusive") if word in verdicts), "passed")
        drills = [data | {"command_exit": exit_} for data, exit_ in zip(self.raw, self.exits, strict=True)]
        return {"verdict": worst, "passed": self.passed, "drills": drills}


def play(client: Client, names: Sequence[str], plan: Plan) -> Outcome:
    """Play all, and tell the verdicts on stdout unless `quiet`. Raises what calls of the server raise."""
    teller = Teller(quiet=plan.quiet)
    outcome = Outcome()
    groups = [[name] for name in names] if plan.command else [list(names)]
    for group in groups:
        started: list[dict[str, Any]] = []
        before = _newest(client)
        try:
            for name in group:
                started.append(_start(client, name, plan))
                teller.began(started[-1], plan)
            code = _run(plan.command, started[0], client) if plan.command else None
            if plan.command:
                _patient(partial(client.post, f"/drills/{segment(started[0]['id'])}/finish"))
            else:
                teller.watch(started, lambda id_: _patient(partial(client.get, f"/drills/{segment(id_)}")))
            for one in started:
                data = _patient(partial(client.get, f"/drills/{segment(one['id'])}"))
                outcome.raw.append(data)
                outcome.reports.append(read(data))
                outcome.exits.append(code)
                teller.verdict(outcome.reports[-1], code, _unseen(client, outcome.reports[-1], before))
        finally:
            # Also after Ctrl-C: no scenario stays on, and no sandbox stays behind.
            for one in started:
                with contextlib.suppress(OperatorError):
                    client.delete(f"/drills/{segment(one['id'])}")
    teller.total(outcome)
    return outcome


def _newest(client: Client) -> int:
    """The number of main's newest entry."""
    entries = client.get("/journal", {"limit": 1})["data"]
    return int(entries[0]["number"]) if entries else 0


def _unseen(client: Client, report: Report, before: int) -> str | None:
    """Why a drill saw nothing, as far as that can be known; None where it saw something. `before` is main's newest
    entry when it began.
    """
    if report.seen:
        return None
    place = report.sandbox
    elsewhere = 0 if place.id == MAIN else _newest(client) - before
    if elsewhere <= 0:
        return f"Nobody called {place.path_url}, nor {place.url}: that is where the frontend has to find its backend."
    return (
        f"Nothing reached the sandbox {place.id}; main was reached meanwhile ({elsewhere} entries). The frontend has "
        f"to call {place.path_url} with all of its path, or {place.url}, or send X-Devkit-Sandbox: {place.id}."
    )


def _start(client: Client, name: str, plan: Plan) -> dict[str, Any]:
    wish: dict[str, Any] = {"scenario": name, "fresh": plan.fresh, "early": not plan.command}
    if plan.sandbox:
        wish["sandbox"] = plan.sandbox
    if plan.force:
        wish["force"] = True
    timeout = plan.timeout or (COMMAND_TIMEOUT if plan.command else None)
    if timeout:
        wish["timeout"] = timeout
    found: dict[str, Any] = client.post("/drills", wish)
    return found


def _run(command: Sequence[str], started: dict[str, Any], client: Client) -> int:
    """Run the command with the drill in its environment; how it ended."""
    place = started["sandbox"]
    environment = os.environ | {
        # Not by host: names below localhost resolve in browsers, and elsewhere only by luck.
        "DEVKIT_URL": client.url if place["id"] == MAIN else place["path_url"],
        "DEVKIT_SANDBOX": place["id"],
        "DEVKIT_SCENARIO": started["scenario"]["name"],
        "DEVKIT_DRILL": started["id"],
    }
    # Its output must not mix with a report on stdout.
    return subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode  # noqa: S603 - the user's own


def found(command: Sequence[str]) -> tuple[str, ...]:
    """The command with its program's path. Raises UsageError where there is none."""
    if not command:
        return ()
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"There is no command {command[0]!r}.", remedy="What stands behind `--` is run as it is.")
    return program, *command[1:]


def _patient(call: Callable[[], Any]) -> Any:
    """The answer of a call that is tried again while the server is out of reach."""
    deadline = stopwatch() + PATIENCE
    while True:
        try:
            return call()
        except NotRunning:
            if stopwatch() > deadline:
                raise
            time.sleep(POLL)


class Teller:
    """Says how things stand, on stderr, and what the verdicts are, on stdout."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._style = Style.of(sys.stdout)

    def began(self, started: dict[str, Any], plan: Plan) -> None:
        place, scenario = started["sandbox"], started["scenario"]
        what = f"{scenario['name']} is on in the sandbox {place['id']}"
        longest = format_duration(started["timeout_ms"])
        do = "" if plan.command else f": use your frontend with {place['url']}, for {longest} at the most"
        typer.echo(f"{what}{do}", err=True)

    def watch(self, started: Sequence[dict[str, Any]], ask: Callable[[str], Any]) -> None:
        """Return when all have ended; meanwhile show how they stand, where somebody can see it."""
        latest = list(started)
        with self._display() as show:
            while True:
                latest = [ask(one["id"]) if one["state"] == "running" else one for one in latest]
                show(latest)
                if all(one["state"] != "running" for one in latest):
                    return
                time.sleep(POLL)

    @contextlib.contextmanager
    def _display(self) -> Iterator[Callable[[list[dict[str, Any]]], None]]:
        if not Style.moves(sys.stderr):
            yield lambda _: None
            return
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:
            yield lambda latest: live.update(_table(latest), refresh=True)

    def verdict(self, report: Report, code: int | None, unseen: str | None) -> None:
        if self._quiet:
            if unseen:
                typer.echo(unseen, err=True)
            return
        style = self._style
        took = style.dim(f"{report.elapsed_ms / 1000:.1f} s, {report.seen} entries seen")
        lines = [
            "",
            f"{self._word(report.verdict)}  {style.bold(report.scenario.name)} – {report.scenario.title}  {took}",
        ]
        if report.reason:
            lines.append(f"  {style.yellow(report.reason)}.")
        if unseen:
            lines.append(f"  {style.yellow(unseen)}")
        lines += [f"  {style.yellow(printable(said))}." for said in passages(report)]
        known = {line.number: line for line in report.entries}
        for one in report.expectations:
            lines += self._expectation(one, [known[number] for number in one.evidence if number in known])
        if code:
            lines.append(f"  {style.red('✕')} The command ended with {code}.")
        typer.echo("\n".join(lines))

    def total(self, outcome: Outcome) -> None:
        if self._quiet or len(outcome.reports) < 2:
            return
        counts = [
            f"{sum(report.verdict == word for report in outcome.reports)} {word}"
            for word in ("passed", "failed", "inconclusive")
        ]
        typer.echo(f"\n{len(outcome.reports)} drills: {', '.join(counts)}.")

    def _expectation(self, one: Judged, evidence: Sequence[Line]) -> Iterator[str]:
        style = self._style
        mark = {"passed": style.green("✓"), "failed": style.red("✕")}.get(one.verdict, style.yellow("?"))
        yield f"  {mark} {printable(one.title)}"
        yield f"    {style.dim(printable(one.reason))}"
        if one.verdict == "passed":
            return
        for line in evidence[:_SHOWN]:
            yield f"      #{line.number:<4} +{line.from_ms / 1000:7.3f} s  {printable(line.text)}"
        if len(evidence) > _SHOWN:
            yield f"      … and {len(evidence) - _SHOWN} more"

    def _word(self, verdict: str) -> str:
        style = self._style
        return {"passed": style.green("PASSED"), "failed": style.red("FAILED")}.get(
            verdict, style.yellow("INCONCLUSIVE")
        )


def _table(latest: Sequence[dict[str, Any]]) -> Any:
    """How the drills stand, for the live display."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for one in latest:
        left = max(0, one["timeout_ms"] - one["elapsed_ms"]) // 1000
        time_left = f"{left} s left" if one["state"] == "running" else one["verdict"]
        table.add_row(Text(one["scenario"]["name"], style="bold"), Text(time_left, style="dim"), f"{one['seen']} seen")
        if len(latest) <= 4:
            for judged in one["expectations"]:
                mark = {"passed": "[green]✓", "failed": "[red]✕"}.get(judged["verdict"], "[yellow]…")
                table.add_row(Text.from_markup(f"  {mark}[/] ").append(judged["title"]), "", "")
    return table
