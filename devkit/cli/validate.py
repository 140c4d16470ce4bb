"""`devkit validate`: whatever a person has written for devkit in this folder, checked without a server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.cli.checked import Finding, finding, report
from devkit.cli.commands import App
from devkit.cli.common import AsJson, backend_told, library_of
from devkit.config import FILE_NAME, Settings, load
from devkit.errors import FileError, OperatorError

if TYPE_CHECKING:
    from devkit.dialects.backend import Backend
    from devkit.scenario.model import Scenario

app = App()


@app.command()
def validate(json: AsJson = False) -> None:
    """Check devkit.yaml, contracts of your own, seed and scenarios: all mistakes at once."""
    report(list(_findings(Path())), as_json=json)


def _findings(folder: Path) -> Iterator[Finding]:
    settings = Settings()
    if any((folder / FILE_NAME).with_suffix(suffix).exists() for suffix in (".yaml", ".yml")):
        yield _settings(folder)
    # Where they are wrong, that is told; the other files are looked for where they are by default.
    with contextlib.suppress(OperatorError):
        settings = load({}, os.environ, folder).settings
    yield from _contracts(settings)
    from devkit.shipped import has_yaml

    if has_yaml(settings.seed_dir):
        yield from _seed(settings)
    backend = None
    with contextlib.suppress(OperatorError):
        backend = backend_told()
    if backend is None:
        # What their operations are, nobody knows.
        return
    for entry in library_of(settings.scenario_dir, backend).entries():
        if not entry.shipped:
            warnings = (*entry.warnings, *_unable(entry.scenario, backend, settings))
            yield finding(entry.path, entry.error.mistakes if entry.error else (), warnings)


def _unable(scenario: Scenario | None, backend: Backend, settings: Settings) -> Iterator[str]:
    """What of a scenario cannot act, where the settings name a real backend."""
    if scenario is None or not settings.upstream:
        return
    from devkit.scenario.fronting import standing
    from devkit.upstream.base import KeptBy

    found = standing(scenario, backend.contract, KeptBy(settings.keep, fronts=True))
    yield from (*found.idle, *found.partly)


def _contracts(settings: Settings) -> Iterator[Finding]:
    """One finding for each file that `contract` names."""
    if not settings.contract:
        return
    from devkit.cli.contract_files import judged
    from devkit.dialects.shipped import BACKEND

    for given in settings.contract:
        if given not in BACKEND.dialects:
            yield judged(Path(given))[0]


def _seed(settings: Settings) -> Iterator[Finding]:
    """One finding for each file."""
    from devkit.storage import seeded, seedfiles

    folder = settings.seed_dir
    error: FileError | None = None
    try:
        seedfiles.load(folder, settings.seed_dates)
    except FileError as found:
        error = found
    mistakes = error.mistakes if error else ()
    names = {*seeded.yaml_names(folder), *(mistake.path.name for mistake in mistakes)}
    for name in sorted(names):
        yield finding(folder / name, [mistake for mistake in mistakes if mistake.path.name == name])


def _settings(folder: Path) -> Finding:
    try:
        return finding(folder / FILE_NAME, (), load({}, os.environ, folder).warnings)
    except OperatorError as error:
        return finding(folder / FILE_NAME, error.mistakes)
