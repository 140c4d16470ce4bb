"""Recording what passes to the real backend: begun, ended and taken home while the server runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devkit.control.base import Call, Content, ControlError, ControlOperation, Json, Parameter
from devkit.effects import isoformat, machine_now
from devkit.errors import OperatorError

if TYPE_CHECKING:
    from devkit.control.hosting import Recording

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


async def show(call: Call) -> Json:
    """`{upstream, running, folder, exchanges}`: of the recording that runs, or ran last; `upstream` says whether there
    is a real backend, of which alone something can be recorded.
    """
    tape = call.host.tape
    folder = tape.folder if tape is not None else None
    return {
        "upstream": tape is not None,
        "running": tape is not None and tape.running,
        "folder": str(folder) if folder is not None else None,
        "exchanges": tape.count if tape is not None else 0,
    }


async def start(call: Call) -> Json:
    tape = _tape(call)
    if tape.running:
        raise ControlError(409, "conflict", f"What passes is being recorded already, into {tape.folder}")
    name = call.values["name"] or re.sub(r"[^0-9t]", "-", isoformat(machine_now()).lower()).strip("-")
    if not _NAME.fullmatch(name):
        told = "Must be 1 to 64 of a-z, 0-9 and dashes, with no dash in front"
        raise ControlError(400, "validation_error", "Some parameters are not usable", details={"name": told})
    try:
        await tape.start(name)
    except OperatorError as error:
        raise ControlError(409, "not_writable", error.message) from None
    return await show(call)


async def stop(call: Call) -> Json:
    tape = _tape(call)
    if not tape.running:
        raise ControlError(409, "conflict", "Nothing is being recorded")
    await tape.stop()
    return await show(call)


async def download(call: Call) -> Content:
    """A zip file, which `devkit replay` takes as it is."""
    tape = _tape(call)
    name = call.values["name"]
    if tape.folder is None or tape.folder.name != name:
        raise ControlError(404, "not_found", f"The recording that ran last is not called {name!r}")
    if tape.running:
        raise ControlError(409, "conflict", "Stop the recording first")
    return Content(await tape.packed(), "application/zip")


def _tape(call: Call) -> Recording:
    if call.host.tape is None:
        raise ControlError(
            409, "no_upstream", "There is no real backend here: `devkit proxy URL` stands in front of one"
        )
    return call.host.tape


ROWS = (
    ControlOperation(
        id="recording.show",
        method="GET",
        path="/_devkit/api/recording",
        summary="Whether what passes to the real backend is recorded, and where",
        handler=show,
    ),
    ControlOperation(
        id="recording.start",
        method="POST",
        path="/_devkit/api/recording",
        summary="Record what passes from now on, with secrets replaced",
        handler=start,
        parameters=(
            Parameter(
                name="name", summary="Of its folder, below `recordings` in the state folder; the time if left out"
            ),
        ),
    ),
    ControlOperation(
        id="recording.stop",
        method="DELETE",
        path="/_devkit/api/recording",
        summary="Record no more, and write what has passed to its end",
        handler=stop,
    ),
    ControlOperation(
        id="recording.download",
        method="GET",
        path="/_devkit/api/recording/{name}/zip",
        summary="The recording that ran last, as a zip file for `devkit replay`",
        handler=download,
        parameters=(Parameter(name="name", summary="Of its folder", required=True),),
    ),
)
