"""Uploads: streamed to the sandbox's folder in constant memory; one that is given up leaves nothing behind."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterable, MutableSequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import BinaryIO

from devkit.contract.entities import Page, Upload, UploadContent
from devkit.contract.errors import DomainError, invalid
from devkit.contract.events import UploadComplete, UploadFailed, UploadProgress
from devkit.contract.uploads import UUID, CreateUpload, ListUploads, UploadId
from devkit.domain.arrivals import Arrivals, Arriving, IncomingBody, IncomingFile
from devkit.domain.base import Caller, Resources
from devkit.domain.filenames import safe_filename
from devkit.domain.paging import window
from devkit.domain.preconditions import require, require_match
from devkit.storage import uploads
from devkit.storage.committing import DISCARDING
from devkit.storage.failures import file_errors

_STEP = 5
"""Percent between two progress events (CONTRACT.md, "Where rows meet")."""
_GAP = 1 / 20
"""Seconds between two looks at how much has arrived: at most 20 events a second. The machine's seconds, for a clock
that was stopped or turned back must not silence them."""
_UUID = re.compile(UUID)


class UploadService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources
        self._arrivals = Arrivals()

    async def create(self, caller: Caller, data: CreateUpload, body: IncomingBody) -> tuple[Upload, ...]:
        """Store the files of a body. Progress is told of the body as a whole, under the id of its first file."""
        user_id, first_id = caller.user_id, self._free_id(data.upload_id)
        with self._arrivals.arriving(first_id, user_id, body) as arriving:
            progress = _Progress(self._on, first_id, user_id, body)
            begun = [first_id]
            try:
                async with progress.told():
                    stored = await self._store(arriving, begun)
            except BaseException as error:
                await self._discard(begun)
                code = error.code if isinstance(error, DomainError) else "aborted"
                self._on.events.publish("upload_failed", UploadFailed(first_id, code), user_id=user_id)
                raise
            if DISCARDING.get():
                await self._discard(begun)
        progress.end()
        for upload in stored:
            self._on.events.publish("upload_complete", UploadComplete(upload), user_id=user_id)
        return stored

    async def list(self, caller: Caller, data: ListUploads) -> Page[Upload]:
        offset, limit = window(data)
        rows, total = self._on.database.read(partial(uploads.page, user_id=caller.user_id, limit=limit, offset=offset))
        return Page(rows, total, data.page, data.limit, offset)

    async def get(self, caller: Caller, data: UploadId) -> Upload:
        found = self._on.database.read(partial(uploads.find, user_id=caller.user_id, upload_id=data.id))
        if found is None:
            raise _missing()
        require_match(data, found.tag)
        return found

    async def content(self, caller: Caller, data: UploadId) -> UploadContent:
        upload = await self.get(caller, data)
        return UploadContent(upload, str(self._on.uploads.path(upload.id)))

    async def delete(self, caller: Caller, data: UploadId) -> None:
        user_id = caller.user_id

        def delete(connection: Connection) -> Upload:
            upload = uploads.find(connection, user_id, data.id)
            if upload is None:
                raise _missing()
            require(data, upload.tag)
            uploads.delete(connection, user_id, upload.id)
            return upload

        with self._arrivals.leaving(data.id):
            upload = await self._on.database.write(delete)
            if not DISCARDING.get():
                await self._discard([upload.id])

    def may_watch(self, upload_id: str, user_id: str) -> bool:
        """Whether an upload of that id is the user's, or may become so: nobody else has it, or is sending it. Ids are
        written in lower case, as they are told.
        """
        found = self._arrivals.find(upload_id)
        if found is not None:
            return found.user_id == user_id
        owner = self._on.database.read(partial(uploads.owner, upload_id=upload_id))
        return _UUID.fullmatch(upload_id) is not None if owner is None else owner == user_id

    def arriving(self) -> tuple[Arriving, ...]:
        """Everybody's uploads that are under way, in the order they began."""
        return self._arrivals.all()

    async def halt(self) -> None:
        """What arrives is told that it was overtaken; nothing arrives or is removed until `resume`."""
        await self._arrivals.pause()

    def resume(self) -> None:
        self._arrivals.resume()

    async def sweep(self) -> None:
        """Remove files that no row tells of: a server was killed between writing and committing."""
        known = await self._on.database.scan(uploads.ids)
        await asyncio.to_thread(self._on.uploads.sweep, known)

    def _free_id(self, given: str | None) -> str:
        upload_id = given.lower() if given else self._on.randomness.uuid()
        if not _UUID.fullmatch(upload_id):
            raise invalid(upload_id="Must be a UUID")
        if self._arrivals.is_busy(upload_id) or self._on.database.read(partial(uploads.owner, upload_id=upload_id)):
            raise DomainError("conflict", "There is an upload of this id already")
        return upload_id

    async def _store(self, arriving: Arriving, begun: MutableSequence[str]) -> tuple[Upload, ...]:
        """Each file of the body, and then all rows at once; `begun` tells of the files that are there."""
        stored: MutableSequence[Upload] = []
        async for file in arriving.unless_overtaken(arriving.body.files()):
            if stored:
                begun.append(self._on.randomness.uuid())
            stored.append(await self._receive(begun[-1], file, arriving))
        if not stored:
            raise invalid(file="Required")
        arriving.check()
        await self._on.database.write(partial(_insert_all, arriving.user_id, stored))
        return tuple(stored)

    async def _discard(self, upload_ids: Iterable[str]) -> None:
        """Remove their files, also where whoever asked is cancelled meanwhile."""
        removing = asyncio.ensure_future(asyncio.to_thread(self._on.uploads.discard, tuple(upload_ids)))
        try:
            await asyncio.shield(removing)
        finally:
            await asyncio.wait({removing})

    async def _receive(self, upload_id: str, file: IncomingFile, arriving: Arriving) -> Upload:
        size, digest = 0, hashlib.sha256()
        with ExitStack() as stack:
            target = stack.enter_context(await asyncio.to_thread(_open, partial(self._on.uploads.partial, upload_id)))
            async for chunk in arriving.unless_overtaken(file.chunks()):
                size += len(chunk)
                if size > self._on.limits.upload:
                    raise DomainError("payload_too_large", f"A file may have {self._on.limits.upload} bytes at most")
                # One hop for both: hashing and writing a chunk take longer than the hop does.
                await asyncio.to_thread(_append, target, digest, chunk)
        await asyncio.to_thread(_keep, partial(self._on.uploads.keep, upload_id))
        return Upload(
            id=upload_id,
            filename=safe_filename(file.filename),
            content_type=file.content_type,
            size=size,
            sha256=digest.hexdigest(),
            created_at=self._on.clock.now(),
        )


class _Progress:
    """Tells how much of a body is here: at 0 %, then each 5 % but never more than 20 times a second, and at 100 %."""

    def __init__(self, resources: Resources, upload_id: str, user_id: str, body: IncomingBody) -> None:
        self._on, self._upload_id, self._user_id, self._body = resources, upload_id, user_id, body
        self._percent = 0

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Tell of the body's arrival until the block is left."""
        self._publish(0, 0)
        ticker = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticker.cancel()
            await asyncio.wait({ticker})

    async def _tick(self) -> None:
        # Looks at what has arrived rather than at what was read: a reader of multipart lags behind a slow client.
        while self._body.total:
            await asyncio.sleep(_GAP)
            received = self._body.received
            percent = received * 100 // self._body.total
            if percent // _STEP > self._percent // _STEP:
                self._publish(received, percent)

    def end(self) -> None:
        if self._percent < 100:
            self._publish(self._body.total or self._body.received, 100)

    def _publish(self, received: int, percent: int) -> None:
        self._percent = percent
        payload = UploadProgress(self._upload_id, received, self._body.total, percent)
        self._on.events.publish("upload_progress", payload, user_id=self._user_id)


def _insert_all(user_id: str, stored: Iterable[Upload], connection: Connection) -> None:
    for upload in stored:
        uploads.insert(connection, user_id, upload)


def _open(place: Callable[[], Path]) -> BinaryIO:
    with file_errors():
        return place().open("wb")


def _append(target: BinaryIO, digest: hashlib._Hash, chunk: bytes) -> None:
    digest.update(chunk)
    with file_errors():
        target.write(chunk)
        # A full disk must show here, not when the file is closed.
        target.flush()


def _keep(keep: Callable[[], None]) -> None:
    with file_errors():
        keep()


def _missing() -> DomainError:
    return DomainError("not_found", "There is no such upload")
