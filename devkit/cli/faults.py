"""`devkit faults`: the vocabulary of what can break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, Contracts, backend_told, print_json, print_table
from devkit.cli.completion import fault_kinds

if TYPE_CHECKING:
    from devkit.contract.base import Contract
    from devkit.faults.base import Fault

app = App()


@app.command()
def faults(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", help="A kind such as http.abort, or a family such as http.", autocompletion=fault_kinds
        ),
    ] = None,
    contract: Contracts = None,
    json: AsJson = False,
) -> None:
    """List the kinds of faults, or tell everything about one: which operations it reaches, too."""
    from devkit.faults.registry import FAULTS

    about = backend_told(contract).contract
    if kind is None:
        _list(list(FAULTS), about, as_json=json)
    elif kind in FAULTS:
        _show(FAULTS[kind], about, as_json=json)
    elif family := [known for known in FAULTS if known.kind.split(".")[0] == kind]:
        _list(family, about, as_json=json)
    else:
        _unknown(kind)


def _unknown(kind: str) -> NoReturn:
    from devkit.errors import UsageError, did_you_mean
    from devkit.faults.registry import FAULTS

    known = [*FAULTS.names(), *{fault.kind.split(".")[0] for fault in FAULTS}]
    raise UsageError(
        f"There is no fault, and no family of faults, named {kind!r}.{did_you_mean(kind, known)}",
        remedy="`devkit faults` lists them.",
    )


def _list(kinds: list[type[Fault]], about: Contract, *, as_json: bool) -> None:
    if as_json:
        print_json([_described(kind, about) for kind in kinds])
    else:
        print_table(("KIND", "WHAT THE CLIENT SEES"), [(kind.kind, _first_sentence(kind.story())) for kind in kinds])
        typer.echo(f"\n{len(kinds)} kinds; `devkit faults KIND` tells everything about one.")


def _show(kind: type[Fault], about: Contract, *, as_json: bool) -> None:
    import textwrap

    described = _described(kind, about)
    if as_json:
        print_json(described)
        return
    typer.echo(f"{kind.kind}\n\n{textwrap.fill(kind.story(), 100, initial_indent='  ', subsequent_indent='  ')}\n")
    if described["parameters"]:
        rows = [
            [row["name"], row["type"], "required" if row["required"] else _default(row["default"])]
            for row in described["parameters"]
        ]
        print_table(("PARAMETER", "TYPE", "DEFAULT"), rows)
        typer.echo("")
    typer.echo(f"Acts on     {', '.join(described['acts_on'])}")
    if described["needs"]:
        typer.echo(f"Needs       {' or '.join(' + '.join(need) for need in described['needs'])}")
        typer.echo(f"Operations  {', '.join(described['operations'])}")
    typer.echo(f"\n  fault: {{{', '.join(_yaml(key, value) for key, value in described['example'].items())}}}")


def _described(kind: type[Fault], about: Contract) -> dict[str, Any]:
    from devkit.scenario.schema import parameters_schema

    schema = parameters_schema(kind)
    required = set(schema.get("required", []))
    met = about.meeting(kind.needs)
    operations = [name for name in about.operations.names() if name in met] if kind.needs else ["*"]
    return {
        "kind": kind.kind,
        "story": kind.story(),
        "acts_on": sorted(moment.value for moment in kind.moments()),
        "needs": [[one.word for one in need] for need in kind.needs],
        "operations": operations,
        "terminal": kind.terminal,
        "parameters": [
            {"name": name, "type": _type(part), "required": name in required, "default": part.get("default")}
            for name, part in schema.get("properties", {}).items()
        ],
        "example": {"type": kind.kind, **kind.example},
        "schema": schema,
    }


def _type(part: dict[str, Any]) -> str:
    """A word or two for a JSON Schema."""
    if "enum" in part:
        return " | ".join(map(str, part["enum"]))
    if "const" in part:
        return str(part["const"])
    options = [_type(option) for option in part.get("anyOf", ()) if option.get("type") != "null"]
    if options:
        return " | ".join(dict.fromkeys(options))
    if part.get("description") == "A number and a unit":
        return "duration"
    if part.get("type") == "array":
        return f"list of {_type(part.get('items', {}))}"
    return str(part.get("type", "anything"))


def _first_sentence(story: str) -> str:
    return story.split(". ", maxsplit=1)[0].rstrip(".") + "."


def _yaml(key: str, value: Any) -> str:
    import json

    shown = value if isinstance(value, str) and value.replace(".", "").replace("_", "").isalnum() else json.dumps(value)
    return f"{key}: {shown}"


def _default(value: Any) -> str:
    return "–" if value is None or value in ({}, []) else str(value)
