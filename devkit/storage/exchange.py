"""All that a sandbox holds, exchanged for something else: database and files as one, however the process ends.

The files are written beside their places, then the database is replaced in one commit, then the files are moved. For
as long as the data is the old one, a row in it says that an exchange is under way: what is found to be cut off, with
that row, has not happened and is undone; without it, it has happened and is finished.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal

from devkit.storage import catalogue, uploads
from devkit.storage.database import Database
from devkit.storage.folder import UploadFolder

Outcome = Literal["finished", "undone"]

TOLD: Mapping[Outcome, str] = {
    "undone": "The server was killed while it put other data in place (a reset, a restore, a first start): that is "
    "undone, and all is as it was before.",
    "finished": "The server was killed while it put other data in place (a reset, a restore, a first start): that is "
    "finished now.",
}
"""What a person at the terminal should know of it."""


async def exchange(
    database: Database,
    files: UploadFolder,
    replace: Callable[[], Awaitable[None]],
    fill: Callable[[Path], None] | None,
    *,
    run: int = 0,
) -> None:
    """`replace` the data, and the files by those that `fill` puts into a folder (None: no files of its own). What was
    drawn before that `run` is not drawn again.

    It goes on to its end also where whoever asked leaves. What it raises is what the two raise, or the disk: then
    nothing has changed, or in the worst case all but the last files is there and the next start brings those.
    """
    work = asyncio.create_task(_exchange(database, files, replace, fill, run), name="devkit-exchange")
    try:
        await asyncio.shield(work)
    finally:
        await asyncio.wait({work})


async def settle(database: Database, files: UploadFolder) -> Outcome | None:
    """Undo or finish what was cut off; None where nothing was."""
    pending = await asyncio.to_thread(files.pending)
    if database.read(catalogue.is_exchanging):
        await asyncio.to_thread(files.forget_prepared)
        await database.write(catalogue.end_exchange)
        return "undone"
    if pending is None:
        return None
    await database.write(lambda connection: catalogue.skip_runs(connection, pending))
    await asyncio.to_thread(files.switch, await database.scan(uploads.ids))
    return "finished"


async def _exchange(
    database: Database,
    files: UploadFolder,
    replace: Callable[[], Awaitable[None]],
    fill: Callable[[Path], None] | None,
    run: int,
) -> None:
    await database.write(catalogue.begin_exchange)
    try:
        await asyncio.to_thread(files.prepare, fill, run)
        await replace()
    except BaseException:
        # By what the data says: it may have been replaced before something failed.
        await settle(database, files)
        raise
    if run:
        await database.write(lambda connection: catalogue.skip_runs(connection, run))
    await asyncio.to_thread(files.switch)
