"""A mixed load on a server, written into a ledger as it is acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import aiohttp

from tests.chance import Chance
from tests.conftest import EMAIL, PASSWORD
from tests.reliability.ledger import Key, Ledger, Value

MARK = "kill rounds"
"""How the titles of tasks begin that these writers make."""

REGISTERED = "killed."
"""How the addresses begin of those that register."""

ROWS = "/yours/notes"
"""Where rows are of the contract in `BACKEND`."""

BACKEND = """\
contract: yours
base: /yours
resources:
  notes:
    fields: {title: string! unique, text: string!}
    pages: {style: offset, items: data, total: total, page: offset, size: limit}
    seed: 30
"""

SNAPSHOTS = ("one", "two", "three")
_GONE, _OVERTAKEN = {401, 404}, {409, 503}
"""What a call may be told behind a reset or a restore: its session or thing is gone; and an upload in the middle."""

_SIZES = (1, 900, 20_000, 70_000, 400_000)


class Refused(Exception):
    """An answer that no kill and no reset explains."""


class _Turns:
    """A reset begins the draws anew, so that an id from before it may be another task's behind it. Whoever writes to
    a task by an id that was drawn waits for a reset or a restore to end, and these wait for it; `passed` counts them.
    """

    def __init__(self) -> None:
        self._turned = asyncio.Condition()
        self._writing, self._changing = 0, False
        self.passed = 0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[None]:
        async with self._turned:
            await self._turned.wait_for(lambda: not self._changing)
            self._writing += 1
        try:
            yield
        finally:
            self._writing -= 1
            async with self._turned:
                self._turned.notify_all()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[None]:
        self._changing = True
        try:
            async with self._turned:
                await self._turned.wait_for(lambda: not self._writing)
            yield
        finally:
            self._changing = False
            self.passed += 1
            async with self._turned:
                self._turned.notify_all()


class Load:
    """Everybody who writes to one server at once. `tasks` are the ids of the tasks that are there, by their titles;
    `uploads` the ids of those that may be deleted.
    """

    def __init__(self, url: str, api_key: str, ledger: Ledger, tasks: dict[str, str], uploads: set[str]) -> None:
        self._url, self._ledger = url, ledger
        self._key = {"X-API-Key": api_key}
        self._tasks, self._uploads = tasks, uploads
        self._turns = _Turns()

    async def run(self, chance: Chance, *, until: Callable[[], Awaitable[None]]) -> None:
        """Write until `until` returns, which has killed the server. Raises Refused."""
        async with aiohttp.ClientSession(self._url, timeout=aiohttp.ClientTimeout(60)) as http:
            self._http = http
            names = [f"{name} {chance.uuid()[:8]}" for name in ("a", "b", "c", "d")]
            # One with a session, which a reset ends, the others with a key, which it leaves.
            headers = [await self._signed_in(), self._key, self._key, self._key]
            writers = [
                *(self._write_tasks(Chance(1, name), name, sent) for name, sent in zip(names, headers, strict=True)),
                *(self._upload(Chance(1, f"uploads {name}")) for name in names[:2]),
                self._write_rows(Chance(1, f"rows {names[0]}"), names[0]),
                self._rename(names[0]),
                self._register(names[0]),
                self._change(Chance(1, f"changes {names[0]}")),
            ]
            writing = [asyncio.create_task(writer) for writer in writers]
            ending = asyncio.ensure_future(until())
            await asyncio.wait({ending, *writing}, return_when=asyncio.FIRST_EXCEPTION)
            await ending
            found = await asyncio.gather(*writing, return_exceptions=True)
        for error in found:
            if not isinstance(error, aiohttp.ClientError | ConnectionError | TimeoutError):
                raise error if isinstance(error, BaseException) else AssertionError("a writer ended")

    async def _signed_in(self) -> dict[str, str]:
        async with self._http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as answer:
            if answer.status != 200:
                raise Refused(f"signing in: {answer.status} {await answer.text()}")
            return {"Authorization": f"Bearer {answer.cookies['auth-token'].value}"}

    async def _write(self, key: Key, value: Value, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Send a write; returns the status, and the JSON where there is any."""
        self._ledger.begin(key, value)
        async with self._http.request(method, path, **options) as answer:
            body = await answer.read()
            if answer.status < 300:
                self._ledger.done(key)
                return answer.status, json.loads(body) if body else None
            told = f"{method} {path}: {answer.status} {body.decode(errors='replace')[:300]}"
            if answer.status == 404 and not self._ledger.may_be_absent(key):
                raise Refused(f"what was acknowledged is not there: {told}")
            if answer.status not in (_GONE | _OVERTAKEN if key[0] == "upload" else _GONE):
                raise Refused(told)
            self._ledger.refused(key)
            return answer.status, None

    async def _write_tasks(self, chance: Chance, name: str, headers: dict[str, str]) -> None:
        mine: dict[str, str] = {}
        share, passed = [title for title in self._tasks if _share(title) == name[0]], 0
        for number in range(1_000_000):
            if passed != self._turns.passed:
                passed = self._turns.passed
                mine.clear()
                share = [title for title in share if not title.startswith(MARK)]
            status, what = 0, chance.weighted({"create": 5, "change": 3, "delete": 2})
            title = f"{MARK} {name} {number}"
            if what != "create" and (mine or share):
                title = chance.choice([*mine]) if mine and chance.happens(0.7) else chance.choice(share or [*mine])
                task_id = mine.get(title) or self._tasks[title]
                # A reset brings the seeded ones back under their ids.
                key = ("task", title if title.startswith(MARK) else task_id)
                async with self._turns.write() if title.startswith(MARK) else nullcontext():
                    if title.startswith(MARK) and passed != self._turns.passed:
                        continue
                    status = await self._write_task(key, task_id, number, name, headers, deletes=what == "delete")
                if (status == 404 or what == "delete") and title.startswith(MARK):
                    mine.pop(title, None)
                    share = [other for other in share if other != title]
            else:
                value = (f"made by {name}", False)
                body = {"title": title, "description": value[0]}
                key = ("task", title)
                status, made = await self._write(key, value, "POST", "/api/tasks", json=body, headers=headers)
                if made is not None:
                    mine[title] = made["id"]
            if status == 401:
                headers = await self._signed_in()

    async def _write_rows(self, chance: Chance, name: str) -> None:
        """Rows of a contract of somebody's own: made, changed and deleted, each with a value that no other has."""
        mine, passed = dict[str, str](), 0
        for number in range(1_000_000):
            if passed != self._turns.passed:
                passed = self._turns.passed
                mine.clear()
            what = chance.weighted({"create": 5, "change": 3, "delete": 2}) if mine else "create"
            if what == "create":
                title, text = f"{MARK} {name} {number}", f"made by {name}"
                status, made = await self._write(
                    ("row", title), text, "POST", ROWS, json={"title": title, "text": text}, headers=self._key
                )
                if made is not None:
                    mine[title] = made["id"]
                continue
            title = chance.choice([*mine])
            key, path = ("row", title), f"{ROWS}/{mine[title]}"
            async with self._turns.write():
                if passed != self._turns.passed:
                    continue
                if what == "change":
                    text = f"changed {number} by {name}"
                    status, _ = await self._write(key, text, "PATCH", path, json={"text": text}, headers=self._key)
                else:
                    status, _ = await self._write(key, None, "DELETE", path, headers=self._key)
            if what == "delete" or status == 404:
                mine.pop(title, None)

    async def _write_task(
        self, key: Key, task_id: str, number: int, name: str, headers: dict[str, str], *, deletes: bool
    ) -> int:
        path = f"/api/tasks/{task_id}"
        if deletes:
            return (await self._write(key, None, "DELETE", path, headers=headers))[0]
        value = (f"changed {number} by {name}", bool(number % 2))
        change = {"description": value[0], "completed": value[1]}
        status, changed = await self._write(key, value, "PATCH", path, json=change, headers=headers)
        if changed is not None and key[1] not in (changed["title"], changed["id"]):
            raise Refused(f"PATCH {path} met the task {changed['title']}, and not {key[1]}")
        return status

    async def _upload(self, chance: Chance) -> None:
        mine: list[str] = []
        for number in range(1_000_000):
            if mine and chance.happens(0.3):
                upload_id = mine.pop(chance.randrange(len(mine)))
                await self._write(("upload", upload_id), None, "DELETE", f"/api/uploads/{upload_id}", headers=self._key)
                again = chance.happens(0.3)
            else:
                upload_id, again = chance.uuid(), True
            if not again:
                continue
            content = f"{number} {upload_id} ".encode() * (chance.choice(_SIZES) // 40 + 1)
            form = aiohttp.FormData()
            form.add_field("file", content, filename="kill.bin", content_type="application/octet-stream")
            digest = hashlib.sha256(content).hexdigest()
            headers = self._key | {"X-Upload-Id": upload_id}
            status, _ = await self._write(
                ("upload", upload_id), digest, "POST", "/api/uploads", data=form, headers=headers
            )
            if status == 201:
                mine.append(upload_id)
            elif self._uploads:
                # One of an earlier round, so that they do not become ever more.
                old = self._uploads.pop()
                await self._write(("upload", old), None, "DELETE", f"/api/uploads/{old}", headers=self._key)
            await asyncio.sleep(0.005)

    async def _rename(self, name: str) -> None:
        for number in range(1_000_000):
            first = f"{name} {number}"
            await self._write(
                ("profile", EMAIL), first, "PATCH", "/api/auth/profile", json={"firstName": first}, headers=self._key
            )
            await asyncio.sleep(0.02)

    async def _register(self, name: str) -> None:
        for number in range(1_000_000):
            email = f"{REGISTERED}{name.replace(' ', '.')}.{number}@example.com"
            body = {"firstName": "Kill", "lastName": "Round", "email": email}
            body |= {"password": PASSWORD, "confirmPassword": PASSWORD}
            await self._write(("user", email), 0, "POST", "/api/auth/register", json=body)
            await asyncio.sleep(0.1)

    async def _change(self, chance: Chance) -> None:
        """Resets, and snapshots that are saved, restored and deleted, one after the other."""
        ledger = self._ledger
        while True:
            await asyncio.sleep(chance.seconds(0.25))
            what = chance.weighted({"reset": 3, "save": 4, "restore": 4, "delete": 1})
            name = chance.choice(SNAPSHOTS)
            path = f"/_devkit/api/snapshots/{name}"
            if what == "reset":
                async with self._turns.change():
                    ledger.begin_reset()
                    status = await self._steer("POST", "/_devkit/api/reset")
            elif what == "save":
                ledger.begin_save(name)
                status = await self._steer("PUT", path)
            elif what == "restore" and ledger.saved:
                name = chance.choice(ledger.saved)
                async with self._turns.change():
                    ledger.begin_restore(name)
                    status = await self._steer("POST", f"/_devkit/api/snapshots/{name}/restore")
            elif what == "delete":
                ledger.begin_delete(name)
                status = await self._steer("DELETE", path)
            else:
                continue
            if status < 300:
                ledger.changed()
            elif status == 404 and ledger.may_lack(name):
                ledger.unchanged()
            else:
                raise Refused(f"{what} {name}: {status}")

    async def _steer(self, method: str, path: str) -> int:
        async with self._http.request(method, path) as answer:
            await answer.read()
            return answer.status


def _share(title: str) -> str:
    """Whose task it is that an earlier round left: nobody else writes to it."""
    return "abcd"[hashlib.sha256(title.encode()).digest()[0] % 4]
