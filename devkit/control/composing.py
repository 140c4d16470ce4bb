"""Scenarios that are being written: checked, tried without a file, kept as YAML in the user's folder."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.control.proxied import FORCE, unable
from devkit.control.scenarios import TTL, located, switched_on
from devkit.errors import FileError, StorageError

if TYPE_CHECKING:
    from devkit.scenario.loading import LoadedScenario

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NAME_RULE = "Must be 1 to 64 of a-z, 0-9 and dashes, with no dash in front: it is the file's name too"
_WIDTH = 110


async def check(call: Call) -> Json:
    """`{text, scenario, warnings, problem}`: the draft as YAML and as JSON, and what is wrong with it (null: nothing).

    `scenario` is null where the text is no YAML.
    """
    await call.library.current()
    return await asyncio.to_thread(_checked, call)


async def try_(call: Call) -> Json:
    """The activation, as `use` tells it. Nothing is written; the name may be that of a file."""
    await call.library.current()
    scenario = await asyncio.to_thread(lambda: call.library.resolve(_valid(call)))
    return await switched_on(call, scenario)


async def save(call: Call) -> Json:
    """`{name, file, hides_shipped, warnings}`; where the scenario is on, it goes on with its new rules."""
    name = call.values["name"]
    if not _NAME.fullmatch(name):
        raise _unusable({"name": _NAME_RULE})
    await call.library.current()
    path = call.sandbox.settings.scenario_dir / f"{name}.yaml"
    shipped = next((entry for entry in call.library.entries() if entry.name == name and entry.shipped), None)
    if shipped is not None and shipped.path.parent.resolve() == path.parent.resolve():
        raise ControlError(409, "conflict", f"{name} comes along with devkit, in this very folder: take another name")
    loaded = await asyncio.to_thread(_save, call, path)
    await call.library.current()
    return {"name": name, "file": str(path), "hides_shipped": shipped is not None, "warnings": list(loaded.warnings)}


async def source(call: Call) -> Json:
    """`{name, file, shipped, text, problem}`: a scenario's file as it is now."""
    await call.library.current()
    name = call.values["name"]
    entry = next((entry for entry in call.library.entries() if entry.name == name), None)
    if entry is None:
        raise ControlError(404, "not_found", f"There is no file of a scenario {name[:80]!r}")
    try:
        text = await asyncio.to_thread(entry.path.read_text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise ControlError(409, "broken_file", f"{entry.path} cannot be read: {error.strerror or error}") from None
    problem = located(entry.error) if entry.error else None
    return {"name": name, "file": str(entry.path), "shipped": entry.shipped, "text": text, "problem": problem}


def _save(call: Call, path: Path) -> LoadedScenario:
    """Write the draft, over what has the name only where that was asked for. Not in the loop's thread."""
    text = _text(call)
    loaded = _valid(call, path)
    twin = path.with_suffix(".yml")
    if (path.exists() or twin.exists()) and not call.values["replace"]:
        raise ControlError(409, "conflict", f"There is a file {path.name} already; `replace` writes over it")
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
        twin.unlink(missing_ok=True)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise StorageError(f"{path} cannot be written: {error.strerror or error}.") from None
    return loaded


def _checked(call: Call) -> Json:
    from devkit import yamlfile

    text, value, warnings, problem = _text(call), None, [], None
    try:
        value = yamlfile.parse(Path("draft.yaml"), text).value
        loaded = _understood(call)
        scenario = call.library.resolve(loaded)
        warnings = [warning.partition(": ")[2] for warning in loaded.warnings]
        warnings += unable(scenario, call.sandbox, force=True)
    except FileError as error:
        problem = located(error)
    return {"text": text, "scenario": value, "warnings": warnings, "problem": problem}


def _valid(call: Call, path: Path | None = None) -> LoadedScenario:
    """The draft, what it extends included. Raises ControlError 400."""
    try:
        loaded = _understood(call, path)
        call.library.resolve(loaded)
    except FileError as error:
        told = f"{error.message} {error.remedy}" if error.remedy else error.message
        raise ControlError(400, "invalid_scenario", told) from None
    return loaded


def _understood(call: Call, path: Path | None = None) -> LoadedScenario:
    """The draft, if it is a valid scenario. Raises FileError, ControlError 400."""
    from devkit import yamlfile

    document = yamlfile.parse(path or Path("draft.yaml"), _text(call))
    if path is None:
        # A draft has no file whose name it must share.
        name = document.value.get("name") if isinstance(document.value, dict) else None
        if isinstance(name, str) and _NAME.fullmatch(name):
            document.path = Path(f"{name}.yaml")
    return call.library.understand(document)


def _text(call: Call) -> str:
    """The draft as YAML. Raises ControlError 400 where there is none, or are two."""
    text, scenario = call.values["text"], call.values["scenario"]
    if (text is None) == (scenario is None):
        raise _unusable({"scenario": "Either this or `text` is required"})
    if text is not None:
        return str(text)
    from devkit import yamlcore

    return yamlcore.dump(scenario, width=_WIDTH)


def _unusable(details: dict[str, str]) -> ControlError:
    return ControlError(400, "validation_error", "Some parameters are not usable", details=details)


_DRAFT = (
    Parameter(name="scenario", summary="The scenario as JSON, with the keys of the file", type="object"),
    Parameter(name="text", summary="Or as the YAML that the file shall hold"),
)
_OF_NAME = Parameter(name="name", summary="The scenario's name", required=True)

ROWS = (
    ControlOperation(
        id="scenario.check",
        method="POST",
        path="/_devkit/api/scenarios/check",
        summary="What is wrong with a scenario that has no file yet, and its YAML",
        handler=check,
        parameters=_DRAFT,
    ),
    ControlOperation(
        id="scenario.try",
        method="POST",
        path="/_devkit/api/scenarios/try",
        summary="Switch a scenario on in the sandbox that has no file yet",
        handler=try_,
        parameters=(
            *_DRAFT,
            TTL,
            FORCE,
        ),
    ),
    ControlOperation(
        id="scenario.save",
        method="PUT",
        path="/_devkit/api/scenarios/{name}",
        summary="Write a scenario as YAML into the user's folder",
        handler=save,
        parameters=(
            _OF_NAME,
            *_DRAFT,
            Parameter(
                name="replace", summary="Whether a file of that name may be overwritten", type="boolean", default=False
            ),
        ),
    ),
    ControlOperation(
        id="scenario.source",
        method="GET",
        path="/_devkit/api/scenarios/{name}/source",
        summary="The YAML of a scenario's file, as it is now",
        handler=source,
        parameters=(_OF_NAME,),
    ),
)
