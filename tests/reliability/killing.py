"""Kills a process at each of its writes, one after the other, and looks at what the next start makes of it.

`python -m tests.reliability.killing PLAY FOLDER` prints a line of JSON for each kill (see `Report`). It runs as a
process without threads of its own, so that it can fork: each play and each start afterwards is a process by itself.

A write is whatever changes what a file's name stands for (rename, unlink, link, mkdir, rmdir) or commits a transaction.
They are counted as they are made, so a new one is met without being listed anywhere; the process kills itself before
or after the n-th.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import json
import logging
import os
import re
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from devkit.cli.told import loaded
from devkit.config import Settings
from devkit.contract.entities import Principal
from devkit.contract.uploads import CreateUpload, UploadId
from devkit.dialects.shipped import BACKEND
from devkit.domain.base import Caller
from devkit.domain.passwords import hash_password
from devkit.server.hosting.opening import Hosted, Speakers, open_main, template_of
from devkit.storage import seeding, users
from devkit.storage.seeded import EPOCH
from devkit.storage.template import Template

Report = dict[str, Any]
"""`write`: what was done last, or next. `killed`: whether it was (not where there are fewer writes). `state`: what data
and files were afterwards, as a digest; `wrong`: what does not fit together; `told`: what the next start said, `again`
the one after that.
"""

_UPLOADS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
_LATER = "33333333-3333-4333-8333-333333333333"


class _Writes:
    """Counts the writes of this process, and ends it at one of them."""

    def __init__(self, folder: Path, at: int, *, after: bool) -> None:
        self._folder, self._at, self._after = str(folder), at, after
        self._count = 0
        self.armed = False
        self._log = (folder.parent / "write.txt").open("w", encoding="utf-8")

    def around(self, name: str, write: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if not self.armed:
            return write(*args, **options)
        here, self._count = self._count == self._at, self._count + 1
        if here:
            self._log.write(name)
            self._log.flush()
        if here and not self._after:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return write(*args, **options)
        finally:
            if here:
                os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        for name in ("rename", "replace", "unlink", "remove", "link", "mkdir", "rmdir"):
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        writes = self

        class Traced(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                run = super().execute
                word = sql.split(None, 1)[0].upper()
                alone = word in {"INSERT", "DELETE", "UPDATE", "CREATE", "DROP", "ALTER"} and not self.in_transaction
                if word == "COMMIT" or alone:
                    found: sqlite3.Cursor = writes.around(f"commit ({word})", run, sql, *parameters)
                    return found
                return run(sql, *parameters)

            def backup(self, *args: Any, **options: Any) -> None:
                writes.around("commit (backup)", super().backup, *args, **options)

        setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Traced))  # noqa: B010 - as those above

    def _wrapped(self, name: str, write: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            paths = [str(arg) for arg in args[:2] if isinstance(arg, str | os.PathLike)]
            shown = " ".join(self._shown(path) for path in paths)
            return self.around(f"{name} {shown}", write, *args, **options)

        return wrapped

    def _shown(self, path: str) -> str:
        short = path.removeprefix(self._folder + "/")
        short = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", short)
        return re.sub(r"(?<=/)\.[a-z0-9_]{8}\b|\.secret-\w+", "BEGUN", short)


def _settings(folder: Path) -> Settings:
    return loaded({"db": str(folder / "d.db")}).settings


async def _open(folder: Path, template: Template) -> Hosted:
    hosted = await open_main(_settings(folder), template, Speakers(BACKEND, BACKEND.dialects["agreed"]))
    # The same play leaves the same rows, whenever it is played.
    hosted.sandbox.clock.freeze(EPOCH)
    return hosted


def _caller(hosted: Hosted) -> Caller:
    user = hosted.sandbox.database.read(lambda on: users.find_by_email(on, hosted.sandbox.test_user[0]))
    assert user is not None
    return Caller(user=Principal(user=user, session_id=None))


class _File:
    def __init__(self, content: bytes) -> None:
        self.filename, self.content_type, self._content = "a.txt", "text/plain", content

    async def chunks(self) -> Any:
        yield self._content


class _Body:
    def __init__(self, content: bytes) -> None:
        self.total, self.received, self._content = len(content), len(content), content

    async def files(self) -> Any:
        yield _File(self._content)


async def _upload(hosted: Hosted, upload_id: str, content: bytes) -> None:
    await hosted.sandbox.keepers["uploads.create"](_caller(hosted), CreateUpload(upload_id=upload_id), _Body(content))


async def _delete(hosted: Hosted, upload_id: str) -> None:
    await hosted.sandbox.keepers["uploads.delete"](_caller(hosted), UploadId(id=upload_id))


async def _base(folder: Path, template: Template) -> None:
    """What a play begins with: a snapshot `one` with two uploads, and data that has gone on since."""
    hosted = await _open(folder, template)
    await _upload(hosted, _UPLOADS[0], b"first")
    await _upload(hosted, _UPLOADS[1], b"second")
    await hosted.sandbox.save_snapshot("one")
    await _delete(hosted, _UPLOADS[1])
    await _upload(hosted, _LATER, b"later")
    await hosted.close()


async def _reset(hosted: Hosted) -> None:
    await hosted.sandbox.reset()


async def _restore(hosted: Hosted) -> None:
    await hosted.sandbox.restore_snapshot("one")


async def _overwrite(hosted: Hosted) -> None:
    await hosted.sandbox.save_snapshot("one")


async def _forget(hosted: Hosted) -> None:
    await hosted.sandbox.snapshots.delete("one")


async def _send(hosted: Hosted) -> None:
    await _upload(hosted, _UPLOADS[1], b"anew")


async def _remove(hosted: Hosted) -> None:
    await _delete(hosted, _UPLOADS[0])


PLAYS: dict[str, Callable[[Hosted], Awaitable[None]]] = {
    "reset": _reset,
    "restore": _restore,
    "overwrite": _overwrite,
    "forget": _forget,
    "send": _send,
    "remove": _remove,
}
"""Besides these: `start` (the first one) and `seed`."""


def _play(name: str, folder: Path, template: Template, writes: _Writes) -> None:
    async def on_main() -> None:
        hosted = await _open(folder, template)
        writes.armed = True
        await PLAYS[name](hosted)

    writes.install()
    if name in PLAYS:
        asyncio.run(on_main())
        return
    writes.armed = True
    if name == "start":
        asyncio.run(_open(folder, template))
    else:
        settings = _settings(folder)
        seeding.grow_file(
            settings.database_path, settings, users=2, tasks_per_user=2, progress=lambda *_: None, hasher=hash_password
        )


def _forked(work: Callable[[], None]) -> int:
    """Run it in a process of its own; its exit status, negative for a signal."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:  # noqa: BLE001 - told to whoever waits, by the status
            traceback.print_exception(error)
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _rows(database: Path) -> tuple[str, dict[str, str]]:
    """A digest of all rows but the notes and the sessions, and the uploads' digests by their ids."""
    digest = hashlib.sha256()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        for table in ("users", "tasks", "task_counts", "uploads", "models", "conversations"):
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):  # noqa: S608 - names of ours
                digest.update(repr((table, *row)).encode())
        uploads = dict(connection.execute("SELECT id, sha256 FROM uploads"))
    return digest.hexdigest()[:16], uploads


def _files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def _look(folder: Path, found: Report) -> None:
    """What is there, and whether rows and files fit together."""
    state, uploads = _rows(folder / "d.db")
    found["state"], wrong = [state], []
    if _files(folder / "d.db.uploads") != uploads:
        wrong.append("rows and files of the uploads are not the same")
    wrong += [f"left behind: {path.name}" for path in (folder / "d.db.uploads").iterdir() if path.is_dir()]
    snapshots = folder / ".devkit" / "snapshots"
    for saved in sorted(snapshots.iterdir()) if snapshots.is_dir() else ():
        if saved.name.startswith("."):
            wrong.append(f"left behind: {saved.name}")
            continue
        state, uploads = _rows(saved / "data.db")
        found["state"].append(f"{saved.name} {state}")
        if _files(saved / "uploads") != uploads:
            wrong.append(f"rows and files of the snapshot {saved.name} are not the same")
    found["wrong"] = wrong


def _start(folder: Path, template: Template, told: Path) -> None:
    """The next start, which ends properly; what it says goes to a file."""
    logging.basicConfig(filename=told, level=logging.WARNING, format="%(message)s", force=True)

    async def start() -> None:
        await (await _open(folder, template)).close()

    asyncio.run(start())


def visit(name: str, place: Path, template: Template, at: int, *, after: bool) -> Report:
    """Kill the play at its write `at`, and start twice."""
    folder, base = place / "work", place / "base"
    shutil.rmtree(folder, ignore_errors=True)
    if name in PLAYS:
        shutil.copytree(base, folder)
    else:
        folder.mkdir()
    os.chdir(folder)
    writes = _Writes(folder, at, after=after)
    status = _forked(lambda: _play(name, folder, template, writes))
    found: Report = {
        "write": (place / "write.txt").read_text("utf-8"),
        "after": after,
        "killed": status == -signal.SIGKILL,
    }
    if status > 0:
        return found | {"wrong": [f"the play ended with {status}"], "state": [], "told": "", "again": ""}
    for when in ("told", "again"):
        (place / "told.txt").unlink(missing_ok=True)
        ended = _forked(lambda: _start(folder, template, place / "told.txt"))
        found[when] = (place / "told.txt").read_text("utf-8") if ended == 0 else f"ended with {ended}"
    _look(folder, found)
    return found


def _tell(report: Report) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def main() -> None:
    name, place = sys.argv[1], Path(sys.argv[2]).resolve()
    os.chdir(place)
    template = template_of(_settings(place))
    template.content(EPOCH)
    base = place / "base"
    base.mkdir()
    os.chdir(base)
    if name in PLAYS and _forked(lambda: asyncio.run(_base(base, template))) != 0:
        raise SystemExit("the base could not be made")
    before: Report = {}
    if name in PLAYS:
        _look(base, before)
    _tell({"before": before.get("state")})
    at = 0
    while True:
        for after in (False, True):
            found = visit(name, place, template, at, after=after)
            _tell(found)
        if not found["killed"]:
            return
        at += 1


if __name__ == "__main__":
    main()
