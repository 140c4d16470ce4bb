"""`devkit scenario`: what breaks, switched on and off; and the files it is written in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devkit.cli import complaint
from devkit.cli.checked import Finding, finding, report
from devkit.cli.commands import App
from devkit.cli.common import (
    AsJson,
    Contracts,
    SandboxName,
    Url,
    backend_told,
    library_of,
    print_json,
    print_table,
    server,
)
from devkit.cli.completion import fault_kinds, scenario_names
from devkit.cli.told import loaded
from devkit.errors import FileError, NotRunning, OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.faults.base import Fault
    from devkit.scenario.library import Library

app = App()
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A scenario's name, as `devkit scenario list` shows it.",
        autocompletion=scenario_names,
    ),
]

_SKELETON = """\
name: {name}
title: Say in a few words what goes wrong
description: |
  Tell the story: what happens, and what the user of the frontend would see.
tags: []
rules:
  - id: first
{match}    when:
      times: 3
    fault: {fault}
expect:
  - id: shows-content-again
    title: The list is fetched again and shown
    calls: {{match: {{operation: [tasks.list]}}, status: 200, at_least: 1}}
"""


@app.callback()
def scenario() -> None:
    """Switch failures on and off, and write your own."""


@app.command("list")
def list_(
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only those with this tag.")] = None,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """List the scenarios; those that are on are marked where a server runs."""
    try:
        rows = server(url, sandbox).get("/scenarios")["data"]
    except NotRunning:
        if url or sandbox:
            raise
        rows = [_row(entry) for entry in _library().entries()]
    known = {found for row in rows for found in row["tags"]}
    rows = [row for row in rows if tag is None or tag in row["tags"]]
    if json:
        print_json(rows)
        return
    if tag is not None and not rows:
        raise UsageError(f"No scenario has the tag {tag!r}.", remedy=f"Tags: {', '.join(sorted(known))}.")
    print_table(
        ("", "NAME", "TITLE", "TAGS"),
        [("●" if row.get("active") else "", row["name"], _title(row), ", ".join(row["tags"])) for row in rows],
    )


@app.command()
def show(name: Name, json: AsJson = False) -> None:
    """Tell a scenario's story, its rules and what a good frontend does about it."""
    found = _library().get(name)
    value = found.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for rule, written in zip(found.rules, value.get("rules", []), strict=True):
        written["fault"] = {"type": type(rule.fault).kind, **written["fault"]}
    if json:
        print_json(value)
        return
    typer.echo(f"{found.name} – {found.title}\n")
    if found.description:
        typer.echo(f"{found.description.strip()}\n")
    rows = [
        (
            rule.id,
            ", ".join(rule.match.operation or rule.match.needs or rule.match.event or rule.match.path or ["*"]),
            _when(written.get("when", {})),
            type(rule.fault).kind,
        )
        for rule, written in zip(found.rules, value.get("rules", []), strict=True)
    ]
    print_table(("RULE", "MATCHES", "WHEN", "FAULT"), rows)
    if found.expect:
        typer.echo("\nA good frontend:")
        for expectation in found.expect:
            typer.echo(f"  – {expectation.title}")


@app.command()
def use(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Scenarios; several may be on at once.", autocompletion=scenario_names),
    ],
    ttl: Annotated[
        str | None, typer.Option("--ttl", metavar="DURATION", help="Off again after this time, such as 5m.")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Even where it ends the dev server that calls come through, or cannot act."),
    ] = False,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Switch scenarios on; one that is on already begins anew."""
    from devkit.control.client import segment

    client = server(url, sandbox)
    body = ({"ttl": ttl} if ttl else {}) | ({"force": True} if force else {})
    if len(names) > 1:
        # All or none: a name that is wrong is told before anything is switched on.
        for name in names:
            client.get(f"/scenarios/{segment(name)}")
    answers = [client.post(f"/scenarios/{segment(name)}/use", body) for name in names]
    if json:
        print_json(answers)
        return
    for answer in answers:
        until = f", until {answer['until']}" if answer.get("until") else ""
        typer.echo(f"on: {answer['name']}{until} – {answer['title']}")
        for warning in answer["warnings"]:
            complaint.warning(warning)
        if answer.get("error"):
            complaint.warning(f"this is its last good version, for {answer['error']}")


@app.command()
def off(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Scenarios; all that are on where none is named.", autocompletion=scenario_names
        ),
    ] = None,
    url: Url = None,
    sandbox: SandboxName = None,
    json: AsJson = False,
) -> None:
    """Switch scenarios off."""
    from devkit.control.client import segment

    client = server(url, sandbox)
    if names:
        for name in names:
            client.post(f"/scenarios/{segment(name)}/off")
        ended = list(names)
    else:
        ended = client.post("/scenarios/off")["names"]
    if json:
        print_json(ended)
    else:
        typer.echo(f"off: {', '.join(ended)}" if ended else "Nothing was on.")


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Files; your scenarios/ folder where none is named."),
    ] = None,
    contract: Contracts = None,
    json: AsJson = False,
) -> None:
    """Check scenario files without a server: every mistake, and warnings about what can never happen."""
    from devkit.scenario.loading import load

    findings: list[Finding] = []
    if paths:
        backend = backend_told(contract)
        for path in paths:
            try:
                findings.append(finding(path, (), load(path, backend).warnings))
            except FileError as error:
                findings.append(finding(path, error.mistakes))
    else:
        findings = [
            finding(entry.path, entry.error.mistakes if entry.error else (), entry.warnings)
            for entry in _library(contract).entries()
            if not entry.shipped
        ]
    report(findings, as_json=json)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it shall be called: a-z, 0-9, dashes.")],
    fault: Annotated[
        str, typer.Option("--fault", metavar="KIND", help="The fault it begins with.", autocompletion=fault_kinds)
    ] = "http.abort",
    json: AsJson = False,
) -> None:
    """Write a new scenario into your scenarios/ folder; nothing is overwritten."""
    import re

    from devkit.faults.registry import FAULTS

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise UsageError(
            f"{name!r} cannot be the name of a scenario.",
            remedy="Take up to 64 of a-z, 0-9 and dashes, with no dash in front: my-outage.",
        )
    path = loaded().settings.scenario_dir / f"{name}.yaml"
    if path.exists():
        raise UsageError(f"{path} is there already.", remedy="Choose another name, or edit that file.")
    kind = FAULTS.find(fault)
    library = _library()
    hides = any(entry.name == name and entry.shipped for entry in library.entries())
    text = skeleton(name, kind)
    from devkit import yamlfile

    library.understand(yamlfile.parse(path, text))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None
    if json:
        print_json({"name": name, "file": str(path), "hides_shipped": hides})
        return
    typer.echo(f"wrote {path}; `devkit scenario use {name}` switches it on.")
    if hides:
        complaint.warning(f"it goes before the shipped scenario {name!r}.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for your editor."""
    from devkit.scenario.schema import scenario_schema

    print_json(scenario_schema())


def _library(contract: list[str] | None = None) -> Library:
    return library_of(loaded().settings.scenario_dir, backend_told(contract))


def _row(entry: Any) -> dict[str, Any]:
    found = entry.scenario
    return {
        "name": entry.name,
        "title": found.title if found else "",
        "description": found.description if found else "",
        "tags": list(found.tags) if found else [],
        "expects": len(found.expect) if found else 0,
        "source": "shipped" if entry.shipped else str(entry.path),
        "active": False,
        "warnings": list(entry.warnings),
    } | ({"error": entry.error.message} if entry.error else {})


def skeleton(name: str, kind: type[Fault]) -> str:
    """The text of a new scenario's file: one rule, at which this kind of fault can strike."""
    import json

    fault = json.dumps({"type": kind.kind, **kind.example})
    return _SKELETON.format(name=name, match=_match_of(kind), fault=fault)


def _when(written: dict[str, Any]) -> str:
    """What a rule has below `when`, in one line."""
    from devkit.units import format_duration

    spans = {key: format_duration(written[key]) for key in ("after", "for") if key in written}
    return ", ".join(f"{key} {value}" for key, value in (written | spans).items()) or "always"


def _match_of(kind: type[Fault]) -> str:
    """The lines of a `match` that a fault of this kind can meet; none for what belongs to no call and no event."""
    from devkit.faults.base import Moment
    from devkit.scenario.matching import any_glob

    moments = kind.moments()
    if moments & {Moment.REQUEST, Moment.PREFLIGHT}:
        met = sorted(backend_told().contract.meeting(kind.needs))
        if not met:
            return ""
        line = f"operation: [{'tasks.list' if 'tasks.list' in met else met[0]}]"
    elif Moment.FRAME in moments and any_glob(kind.events, "task_created"):
        line = "event: [task_*]"
    else:
        return ""
    return f"    match:\n      {line}\n"


def _title(row: dict[str, Any]) -> str:
    return f"{row['title']} (broken: {row['error'].splitlines()[0]})".strip() if row.get("error") else row["title"]
