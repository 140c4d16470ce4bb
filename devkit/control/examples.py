"""An answer that passed, kept as an example of the contract: in the file of one's own that is served, else in one that
is begun in the state folder.
"""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devkit.blueprint.file.exemplifying import Example, NoRoom, with_example
from devkit.control.base import Call, ControlError, ControlOperation, Json, Parameter
from devkit.excerpts import BODY_KEPT
from devkit.journal import RequestEntry
from devkit.masking import mask_text

if TYPE_CHECKING:
    from devkit.dialects.base import Route
    from devkit.journal import Message

BEGUN = "kept.yaml"
_HEAD = "# Answers that were kept as examples, by devkit. `devkit serve --contract FILE` answers so.\ncontract: kept\n"
_PARAMETER = re.compile(r"\{[^{}]+\}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


async def keep(call: Call) -> Json:
    """`{operation, example, file}`: what the answer is an example of, how it is called, and where that stands."""
    number = call.values["number"]
    entry = call.sandbox.journal.find(number)
    if not isinstance(entry, RequestEntry):
        raise ControlError(404, "not_found", f"The journal has no call {number} (any more)")
    detail = call.sandbox.journal.detail(number)
    if detail is None:
        raise ControlError(409, "conflict", f"Of entry {number} the body is no longer kept")
    value = _value(detail.response, entry.status)
    route = next(
        (one for dialect in call.dialects if dialect.name == entry.dialect for one in dialect.routes()
         if one.operation.id == entry.operation and one.method == entry.method),
        None,
    )  # fmt: skip
    return await asyncio.to_thread(_kept, call, entry, route, value)


def _value(message: Message, status: int) -> Any:
    """Raises ControlError."""
    if status >= 500 or status < 200 or message.body is None:
        raise ControlError(409, "conflict", "There is no answer to keep: only what has a JSON body is an example")
    if len(message.body) >= BODY_KEPT:
        told = f"The journal keeps the first {len(message.body)} bytes of that answer alone; record it instead"
        raise ControlError(409, "conflict", told)
    try:
        return json.loads(mask_text(message.body.decode("utf-8", "replace")))
    except ValueError:
        raise ControlError(409, "conflict", "Only an answer that is JSON can be an example") from None


def _kept(call: Call, entry: RequestEntry, route: Route | None, value: Any) -> Json:
    path, is_own = _file(call)
    text = path.read_text("utf-8") if path.exists() else _HEAD
    base = _base(text)
    address = entry.path.partition("?")[0]
    template = route.path if route is not None else address
    if not template.startswith(base + "/"):
        raise ControlError(409, "conflict", f"{template} is not below {base}, where all paths of {path} begin")
    if entry.method not in _METHODS:
        raise ControlError(409, "conflict", f"A contract's file has no {entry.method}")
    template = template[len(base) :]
    if is_own and entry.operation is not None and not _has(text, entry.operation):
        told = f"{entry.operation} is kept by rows of {path.name}, or by devkit itself"
        raise ControlError(409, "conflict", f"{told}: an example would never be asked for")
    example = Example(
        name=entry.operation or _named(entry.method, template),
        method=entry.method,
        path=template,
        example=_called(template, address[len(base) :]),
        value=value,
        status=entry.status,
    )
    try:
        changed = with_example(text, example)
    except NoRoom as why:
        raise ControlError(409, "conflict", f"It cannot stand in {path}: {why}") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(changed, "utf-8")
        beside.replace(path)
    except OSError as error:
        raise ControlError(409, "not_writable", f"{path} cannot be written: {error.strerror or error}") from None
    return {"operation": example.name, "example": example.example, "file": str(path)}


def _file(call: Call) -> tuple[Path, bool]:
    """Where it is written, and whether that is a file of the user's own which is served."""
    settings = call.sandbox.settings
    for path in map(Path, settings.contract):
        if path.suffix not in {".yaml", ".yml"} or not path.is_file():
            continue
        if re.search(r"^contract\s*:", path.read_text("utf-8"), re.MULTILINE):
            return path, True
    return settings.state_dir / BEGUN, False


def _base(text: str) -> str:
    found = re.search(r"^base\s*:\s*[\"']?(/[^\s\"'#]*)", text, re.MULTILINE)
    return found[1].rstrip("/") if found else ""


def _has(text: str, operation: str) -> bool:
    import yaml

    return operation in ((yaml.safe_load(text) or {}).get("operations") or {})


def _named(method: str, template: str) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", _PARAMETER.sub("", template)) if word]
    return "-".join([*words, method.lower()]) or method.lower()


def _called(template: str, address: str) -> str:
    """By the last parameter's value, so that a request with that one is answered so."""
    pattern = re.compile("([^/]+)".join(map(re.escape, _PARAMETER.split(template))) + "/?")
    found = pattern.fullmatch(address)
    return found[found.lastindex] if found and found.lastindex else "kept"


ROWS = (
    ControlOperation(
        id="journal.keep",
        method="POST",
        path="/_devkit/api/journal/{number}/keep",
        summary="Keep an answer as an example of the contract, in the file that is served; secrets masked",
        handler=keep,
        parameters=(Parameter(name="number", summary="The entry's number", type="integer", minimum=1, required=True),),
    ),
)
