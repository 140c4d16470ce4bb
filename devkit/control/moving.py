"""Sandboxes that move: all of one in a file, and out of it again, on the same server or another."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from devkit.control.base import Call, Content, ControlError, ControlOperation, Json, Parameter
from devkit.control.hosting import Wish
from devkit.control.journal import written as entry_written
from devkit.control.sandboxes import described, unknown
from devkit.control.scenarios import written as scenario_written
from devkit.faults.parameters import AGAIN
from devkit.sandbox import Sandbox
from devkit.scenario.model import Scenario
from devkit.storage import parcels
from devkit.storage.parcels import ParcelError

MEDIA = "application/zip"

_NUMBERS = itertools.count(1)
_IMPORTED = "imported"


async def export(call: Call) -> Content:
    """A zip file with data, uploads, mails, sessions, clock and what is on; with the journal, for people, if wished."""
    lodger = call.host.find(call.values["id"])
    if lodger is None:
        raise unknown(call)
    sandbox = lodger.sandbox
    name = f"export-{next(_NUMBERS)}"
    await sandbox.save_snapshot(name)
    try:
        about = _about(sandbox, lodger.key)
        journal = "".join(f"{json.dumps(entry_written(entry))}\n" for entry in sandbox.journal)
        told = journal if call.values["journal"] else None
        return Content(await asyncio.to_thread(parcels.pack, sandbox.snapshots.path(name), about, told), MEDIA)
    finally:
        await sandbox.snapshots.delete(name)


async def import_(call: Call) -> Json:
    """The sandbox, which begins where it was exported. Raises ControlError 400 for a file that is none: then nothing
    has changed.
    """
    with tempfile.TemporaryDirectory(prefix="devkit-") as scratch:
        folder = Path(scratch) / "snapshot"
        try:
            about = await asyncio.to_thread(parcels.unpack, call.values["body"], folder)
            wish = _wish(call, about, folder)
        except ParcelError as error:
            raise ControlError(400, "validation_error", error.message) from None
        lodger = await call.host.create(wish)
    return described(lodger) | {"warnings": []}


def _about(sandbox: Sandbox, key: bytes) -> dict[str, Any]:
    start = sandbox.start
    return {
        "id": sandbox.id,
        "name": sandbox.name,
        "seed": sandbox.settings.seed,
        "key": key.hex(),
        "start": {"at": start.at, "frozen": start.frozen},
        "resources": sorted(sandbox.contract.resources),
        "scenarios": [
            {
                "scenario": scenario_written(on.scenario, AGAIN),
                "since": on.since,
                "until": on.until,
                "state": on.state,
                "forced": on.forced,
                "rules": [{"matched": rule.matched, "struck": rule.struck} for rule in on.rules],
            }
            for on in sandbox.engine.active()
        ],
    }


def _wish(call: Call, about: dict[str, Any], folder: Path) -> Wish:
    """Raises ParcelError."""
    lacking = [name for name in about["resources"] if name not in call.sandbox.contract.resources]
    if lacking:
        raise ParcelError(f"holds rows of another contract, with {', '.join(lacking)}: serve that contract here")
    try:
        on = [(Scenario.model_validate(one["scenario"]), one) for one in about["scenarios"]]
        wish = Wish(
            id=call.values["id"] or (None if about["name"] == "main" else about["name"]),
            seed=int(about["seed"]),
            time=about["start"]["at"],
            frozen=bool(about["start"]["frozen"]),
            ttl=call.values["ttl"],
            key=bytes.fromhex(about["key"]),
            fill=partial(_fill, folder=folder, on=on),
        )
    except (ValidationError, ValueError, KeyError, TypeError):
        raise ParcelError("has something in it that this devkit does not understand") from None
    return wish


async def _fill(sandbox: Sandbox, *, folder: Path, on: list[tuple[Scenario, dict[str, Any]]]) -> None:
    await asyncio.to_thread(_move, folder, sandbox.snapshots.path(_IMPORTED))
    try:
        if await sandbox.restore_snapshot(_IMPORTED) is None:
            raise ControlError(400, "validation_error", "The file's snapshot cannot be read. Nothing has changed.")
    finally:
        await sandbox.snapshots.delete(_IMPORTED)
    for scenario, told in on:
        left = None if told["until"] is None else max(1, told["until"] - sandbox.clock.straight())
        activation = await sandbox.engine.use(scenario, left, forced=told["forced"])
        activation.since, activation.state = told["since"], told["state"]
        for rule, counted in zip(activation.rules, told["rules"], strict=False):
            rule.matched.update(counted["matched"])
            rule.struck.update(counted["struck"])


def _move(folder: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, target)


ROWS = (
    ControlOperation(
        id="sandbox.export",
        method="GET",
        path="/_devkit/api/sandboxes/{id}/export",
        summary="All of a sandbox in one file: data, uploads, mails, sessions, clock, scenarios",
        handler=export,
        parameters=(
            Parameter(name="id", summary="The sandbox's id", required=True),
            Parameter(name="journal", summary="With its journal, to be read", type="boolean", default=False),
        ),
    ),
    ControlOperation(
        id="sandbox.import",
        method="POST",
        path="/_devkit/api/sandboxes/import",
        summary="A sandbox out of such a file, which is the body; under its own name unless told otherwise",
        handler=import_,
        status=201,
        brings=MEDIA,
        parameters=(
            Parameter(name="id", summary="How it is called here"),
            Parameter(name="ttl", summary="After this time it removes itself, such as 30m", type="duration", minimum=1),
        ),
    ),
)
