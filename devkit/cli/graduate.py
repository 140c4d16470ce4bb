"""`devkit graduate`: a recording becomes a backend that goes on living."""

from __future__ import annotations

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devkit.cli.commands import App
from devkit.cli.common import AsJson, print_json
from devkit.config import Settings
from devkit.errors import OperatorError, UsageError

if TYPE_CHECKING:
    from devkit.blueprint.base import Blueprint
    from devkit.learning.graduating import Graduated

app = App()

Source = Annotated[Path, typer.Argument(metavar="PATH", help="A recording: its folder, or a HAR file.")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The backend.yaml that is written.")]
Password = Annotated[
    str,
    typer.Option("--password", metavar="TEXT", help="What everybody signs in with, since no recording has passwords."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]


@app.command()
def graduate(
    recording: Source,
    output: Output = Path("backend.yaml"),
    password: Password = "",
    force: Force = False,
    json: AsJson = False,
) -> None:
    """Make a backend.yaml of a recording, with the recorded rows as its seed."""
    if output.suffix not in {".yaml", ".yml"}:
        raise UsageError(f"{output} would be no YAML file.", remedy="Give it a name that ends in .yaml.")
    from devkit.learning.learning import learn
    from devkit.recording.reading import open_recording

    opened = open_recording(recording)
    learned = learn(opened, _name(output))
    for warning in opened.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if not learned.operations:
        raise OperatorError(
            f"{recording} has no exchange that tells of an operation.",
            remedy="Record an API: what answers with JSON, and not with pages, scripts and pictures alone.",
        )
    found = learned_text(learned, output, password)
    files = written_of(found, output)
    taken = sorted(str(path) for path in files if path.exists())
    if taken and not force:
        raise UsageError(
            f"{', '.join(taken[:3])}{' and more' if len(taken) > 3 else ''} would be written over.",
            remedy="Choose another name with -o, or say --force.",
        )
    write(files)
    if json:
        print_json({"file": str(output), "files": [str(path) for path in files], "operations": len(learned.operations)})
        return
    for path in files:
        typer.echo(f"wrote  {path}")
    if found.people:
        typer.echo("")
    for secret, people in found.people.items():
        typer.echo(f"{', '.join(people)} signs in with {secret}" + ("" if password else _OTHERWISE))
    if found.people and (output.parent / Settings().database_path).exists():
        typer.echo("A server has run here before: `devkit reset` gives its database these people, once it runs again.")
    typer.echo(f"\nNext: `devkit contract show {output}` tells what it comes to; `devkit serve --contract {output}`.")


_OTHERWISE = ": no recording has passwords, and this stands for it. --password gives another."


def learned_text(learned: object, output: Path, password: str = "") -> Graduated:
    """What comes of what was learned."""
    from devkit.dialects.shipped import DIALECTS
    from devkit.learning.graduating import Means, graduated
    from devkit.learning.learning import Learned
    from devkit.schemas.checking import Checker

    assert isinstance(learned, Learned)  # noqa: S101 - named as an object so that a start need not load it
    check = Checker({})
    errors = {dialect.name: partial(check.fits, dialect.errors.schema) for dialect in DIALECTS}
    return graduated(learned, Means(folder=output.stem, load=_load, errors=errors, password=password))


def written_of(found: Graduated, output: Path) -> dict[Path, str]:
    """All files by their paths, the backend.yaml first."""
    return {output: found.text, **{output.parent / name: text for name, text in found.files.items()}}


def write(files: dict[Path, str]) -> None:
    """Write them. Raises OperatorError."""
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise OperatorError(f"{path} cannot be written: {error.strerror}.") from None


def _load(text: str) -> Blueprint:
    """The blueprint of a document."""
    from devkit.blueprint.documents.loading import load

    with tempfile.TemporaryDirectory(prefix="devkit-") as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(text, encoding="utf-8")
        return load(path)


def _name(output: Path) -> str:
    """What the contract is called: as the folder, else as the file."""
    for text in (output.absolute().parent.name, output.stem):
        found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64]
        if found and found[0].isalnum():
            return found
    return "mine"
