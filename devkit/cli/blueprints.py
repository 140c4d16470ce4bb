"""What a backend of one's own comes to, as a table: each operation, what keeps it, and why."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import typer

from devkit.blueprint.base import Blueprint, ErrorPlan, Planned, SessionPlan
from devkit.cli.style import Style, printable
from devkit.contract.keeping import (
    ByAnswer,
    ByEvents,
    ByFunction,
    ByRecording,
    ByResource,
    ByService,
    ByTransition,
    ByUpstream,
    kept_by,
)
from devkit.contract.operations import Access

_SHAPES = {"problem": "RFC 9457", "template": "a template of yours"}


def row(operation: Planned) -> dict[str, Any]:
    """One operation, for programs."""
    return {
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "kept_by": _kind(operation),
        "keeper": _keeper(operation),
        "reason": operation.reason or _why(operation),
        "access": operation.access.value,
        "role": operation.role or None,
    }


def show(path: Path, blueprint: Blueprint) -> None:
    """Print what the file comes to. Yellow is what nothing keeps but a schema: there is something left to do."""
    style = Style.of(sys.stdout)
    head = blueprint.title or blueprint.name
    below = f" below {blueprint.base}" if blueprint.base else ""
    typer.echo(f"{style.bold(printable(head))}  {style.dim(f'{path}, {len(blueprint.operations)} operations{below}')}")
    typer.echo(f"{_session(blueprint.accounts)}; {_errors(blueprint.errors)}.")
    if blueprint.accounts:
        told = f"What that brings along (refreshing, signing out, mails) lists `devkit routes --contract {path}`."
        typer.echo(style.dim(printable(told)))
    lines = [
        (one, [one.id, one.method, one.path, _access(one), _keeper(one), one.reason or _why(one)])
        for one in blueprint.operations
    ]
    headings = ["OPERATION", "METHOD", "PATH", "FOR", "KEPT BY", "WHY"]
    widths = [
        max(len(printable(cells[column])) for cells in (headings, *(line for _, line in lines))) for column in range(6)
    ]
    typer.echo(f"\n{style.dim(_joined(headings, widths))}")
    for number, (_, group) in enumerate(groupby(lines, key=lambda line: line[0].area)):
        if number:
            typer.echo()
        for operation, cells in group:
            text = _joined(cells, widths)
            typer.echo(style.yellow(text) if _is_left(operation) else text)
    typer.echo(f"\n{_sum(blueprint)}")


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(printable(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _kind(operation: Planned) -> str:
    kinds = {
        ByResource: "resource", ByTransition: "resource", ByService: "service", ByFunction: "function",
        ByEvents: "service", ByUpstream: "upstream", ByRecording: "recording",
    }  # fmt: skip
    found = kinds.get(type(operation.keeping))
    return found or ("example" if _has_example(operation) else "schema")


def _keeper(operation: Planned) -> str:
    if not isinstance(operation.keeping, ByAnswer):
        return kept_by(operation.keeping)
    if not any(outcome.body for outcome in operation.outcomes):
        return "no body"
    return "an example" if _has_example(operation) else "its schema"


def _has_example(operation: Planned) -> bool:
    keeping = operation.keeping
    wanted = keeping.status if isinstance(keeping, ByAnswer) else ""
    return any(
        examples
        for outcome in operation.outcomes
        if outcome.status == wanted or (not wanted and outcome.status.startswith("2"))
        if outcome.body is not None
        for examples in outcome.body.examples.values()
    )


def _is_left(operation: Planned) -> bool:
    return isinstance(operation.keeping, ByAnswer) and bool(operation.keeping.why)


def _why(operation: Planned) -> str:
    return operation.keeping.why if isinstance(operation.keeping, ByAnswer) else ""


def _access(operation: Planned) -> str:
    if operation.role:
        return operation.role
    return {Access.PUBLIC: "all", Access.OPTIONAL: "all", Access.SIGNED_IN: "signed in"}[operation.access]


def _session(plan: SessionPlan | None) -> str:
    if plan is None:
        return "Nobody signs in"
    ways = [f"cookie {plan.cookie}"] * bool(plan.cookie) + ["bearer token"] * plan.bearer
    ways += [f"header {plan.header}"] * bool(plan.header)
    return f"People sign in as in {plan.like} ({', '.join(ways) or 'nowhere'})"


def _errors(plan: ErrorPlan) -> str:
    return f"errors are {_SHAPES.get(plan.like, f'as in {plan.like}')}"


def _sum(blueprint: Blueprint) -> str:
    counted = Counter(_kind(one) for one in blueprint.operations)
    names = {
        "resource": "by rows", "service": "by devkit's services", "function": "by functions of yours",
        "example": "by an example", "schema": "by a schema alone",
    }  # fmt: skip
    return f"Kept: {', '.join(f'{counted[kind]} {name}' for kind, name in names.items() if counted[kind])}."
