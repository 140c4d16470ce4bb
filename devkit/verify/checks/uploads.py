"""Files on their way there and back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from devkit.contract.operations import Access, Need
from devkit.dialects.base import Route
from devkit.dialects.calling import BOUNDARY, File
from devkit.effects import fresh_secret
from devkit.verify.base import Check
from devkit.verify.case import Case, id_of, row_of, rows_of
from devkit.verify.exchange import Answer, Exchange
from devkit.verify.pages import key_of
from devkit.verify.verdicts import expect, skip, unclear
from devkit.verify.visitor import Visitor, leaves
from devkit.verify.wire import WireError

TEXT = b"devkit verify: forty-two bytes of a text.\n" * 4
LETTERS = "R\u00fcckblick \u65e5\u672c 2026.txt"
_MOJIBAKE = LETTERS.encode().decode("latin-1")
NOTICED = 0.2
"""Seconds within which a server sees what came, and that a connection has ended."""
_FAILED = re.compile(r"fail|abort|cancel|broken|incomplete|partial|error")
_HUGE = 100 * 1024**3


class Uploads:
    """Where files are taken, and where they are given out again."""

    def __init__(self, case: Case, visitor: Visitor) -> None:
        self.case, self.visitor, self.route = case, visitor, case.route(Need.UPLOAD)

    async def send(self, *files: File) -> Answer:
        """The answer to those files; what was stored is taken away in the end."""
        answer = await self.visitor.call(self.route, files=files)
        self.leave(answer)
        return answer

    async def send_raw(self, body: bytes, content_type: str) -> Answer:
        call = self.visitor.spelled(self.route)
        headers: dict[str, str | None] = {**call.headers, "Content-Type": content_type}
        answer = await self.visitor.send(call.method, call.target, headers=headers, body=body)
        self.leave(answer)
        return answer

    def leave(self, answer: Answer) -> None:
        if answer.ok:
            self.case.leave(self.visitor, self._item("DELETE"), id_of(answer))

    def of(self, route: Route, row: str) -> dict[str, Any]:
        return {self.case.target.parameters(route)[-1]: row}

    def _item(self, method: str) -> Route | None:
        below = re.compile(re.escape(self.route.path.rstrip("/")) + r"/\{[^{}/]+\}/?")
        found = (one for one in self.case.target.routes if one.method == method and below.fullmatch(one.path))
        return next(found, None)

    @property
    def deletes(self) -> Route:
        return self._item("DELETE") or skip("uploads cannot be deleted")

    async def stored(self, file: File) -> Answer:
        answer = await self.send(file)
        if answer.status == 415:
            skip(f"files of the type {file.content_type} are refused")
        if not answer.ok:
            unclear(f"{self.route.operation.id} was answered with {answer.status}")
        return answer

    async def fetch(self, answer: Answer, **headers: str) -> Answer:
        """The bytes of what that answer tells of."""
        row = id_of(answer)
        found = self.case.target.meeting(Need.DOWNLOAD, lambda one: len(self.case.target.parameters(one)) == 1)
        if found and row:
            return await self.visitor.call(found[0], self.of(found[0], row), headers=headers)
        place = next(
            (leaf.value for leaf in leaves(answer.json) if re.search(r"(^|\.)(url|href|path)$", leaf.place)), ""
        )
        if not re.match(r"https?://|/", place):
            skip("nothing says where the bytes are given out")
        if place.startswith("http") and not place.startswith(self.case.target.root + "/"):
            skip("the bytes are given out elsewhere")
        target = place if place.startswith("http") else self.case.target.root + place
        return await self.visitor.send("GET", target, headers=headers)


async def uploads(case: Case) -> Uploads:
    route = case.route(Need.UPLOAD)
    if route.media_types and route.media_types[0] != "multipart/form-data":
        skip(f"files are taken as {route.media_types[0]}, and not from a form")
    signed_in = case.world.session is not None and route.operation.access is not Access.PUBLIC
    return Uploads(case, await case.signed_in() if signed_in else case.visitor())


def told(answer: Answer, names: tuple[str, ...]) -> Any:
    row = row_of(answer)
    row = row if isinstance(row, dict) else {}
    known = {key.lower().replace("_", ""): value for key, value in row.items()}
    return next((known[name] for name in names if name in known), None)


_SIZE = ("size", "filesize", "bytes", "bytesize", "length", "contentlength")
FILENAME = ("filename", "originalname", "originalfilename", "name")


async def same_bytes(case: Case) -> None:
    up = await uploads(case)
    sent = bytes(range(256)) * 8
    answer = await up.stored(File(TEXT + sent.replace(b"\x00", b""), "verify.txt"))
    down = await up.fetch(answer)
    expect(down.ok, f"what was just uploaded is answered with {down.status}")
    expect(down.content == TEXT + sent.replace(b"\x00", b""), "the bytes that come back are not those that were sent")


async def size_told(case: Case) -> None:
    answer = await (await uploads(case)).stored(File(TEXT))
    size = told(answer, _SIZE)
    if not isinstance(size, int):
        skip("no size is told")
    expect(size == len(TEXT), f"of {len(TEXT)} bytes the answer says that they are {size}")


async def letters(case: Case) -> None:
    answer = await (await uploads(case)).stored(File(TEXT, LETTERS))
    name = told(answer, FILENAME)
    if not isinstance(name, str):
        skip("no name is told")
    expect(
        _MOJIBAKE not in name and "\u00c3" not in name,
        f"the name {LETTERS} comes back as {name}: UTF-8 read as Latin-1",
    )
    expect("\ufffd" not in name, f"the name {LETTERS} comes back as {name}, with letters lost")


async def no_path(case: Case) -> None:
    answer = await (await uploads(case)).send(File(TEXT, "../../verify.txt"))
    expect(answer.status < 500, f"a name with a path in it is answered with {answer.status}")
    name = told(answer, FILENAME)
    if answer.ok and isinstance(name, str):
        expect("/" not in name and "\\" not in name, f"the path in a file's name is kept: {name}")


async def quoted_name(case: Case) -> None:
    answer = await (await uploads(case)).send(File(TEXT, "a%22b; c.txt"))
    expect(answer.status < 500, f'a name with " in it is answered with {answer.status}')
    name = told(answer, FILENAME)
    if answer.ok and isinstance(name, str):
        expect(name.endswith(".txt"), f'the name a"b; c.txt is cut off: {name}')


async def no_file(case: Case) -> None:
    answer = await (await uploads(case)).send()
    expect(400 <= answer.status < 500, f"a form without a file is answered with {answer.status}")


async def empty_file(case: Case) -> None:
    answer = await (await uploads(case)).send(File(b""))
    expect(answer.status < 500, f"an empty file is answered with {answer.status}")


async def not_a_form(case: Case) -> None:
    answer = await (await uploads(case)).send_raw(b'{"file": "verify"}', "application/json")
    expect(400 <= answer.status < 500, f"JSON in place of a form is answered with {answer.status}")


async def no_boundary(case: Case) -> None:
    answer = await (await uploads(case)).send_raw(b"verify", "multipart/form-data")
    expect(400 <= answer.status < 500, f"a form whose type names no boundary is answered with {answer.status}")


async def unfinished_form(case: Case) -> None:
    up = await uploads(case)
    whole = up.visitor.spelled(up.route, files=[File(TEXT)]).body
    answer = await up.send_raw(whole[: len(whole) // 2], f"multipart/form-data; boundary={BOUNDARY}")
    expect(answer.status < 500, f"a form that ends in the middle of a file is answered with {answer.status}")
    expect(not answer.ok, "a form that ends in the middle of a file is taken for a whole one")


async def given_up(case: Case) -> None:
    """Who closes the page in the middle of a file has uploaded none."""
    up = await uploads(case)
    listed = next((one.list for one in case.target.collections if one.create is up.route), None)
    if listed is None:
        skip("uploads are not listed")
    name = f"verify-{fresh_secret(4).hex()}.txt"
    call = up.visitor.spelled(up.route, files=[File(TEXT * 50, name)])
    request = up.visitor.request(call.method, call.target, {**call.headers, "Content-Length": str(len(call.body))})
    up.visitor.note(Exchange(request=request, trouble="half of a file was sent, and the connection closed"))
    line = await up.visitor.line()
    try:
        await line.begin(request)
        await line.more(call.body[: len(call.body) // 2])
        # It is to have begun with what is here.
        await asyncio.sleep(NOTICED)
    finally:
        await line.close()
    await up.stored(File(TEXT))
    # What is made of the end of a connection may take a moment.
    await asyncio.sleep(NOTICED)
    answer = await up.visitor.call(listed)
    if not answer.ok:
        unclear(f"{listed.operation.id} was answered with {answer.status}")
    left = next((row for row in rows_of(answer) if name in str(row)), None)
    if left is None:
        return
    case.leave(up.visitor, up.deletes, key_of(left))
    words = " ".join(leaf.value for leaf in leaves(left)).lower()
    expect(_FAILED.search(words), f"half of {name} was sent, and it is listed like any other file")


async def read_to_the_end(case: Case) -> None:
    """A browser shows an early answer only when all is sent, and none where the connection is closed before."""
    up = await uploads(case)
    call = up.visitor.spelled(up.route, files=[File(TEXT * 50)])
    headers = {**call.headers, "Content-Length": str(len(call.body))}
    request = up.visitor.request(call.method, call.target, headers)
    exchange = up.visitor.note(Exchange(request=request))
    line = await up.visitor.line()
    try:
        await line.begin(request)
        await line.more(call.body[: len(call.body) // 2])
        early = await line.hears(NOTICED)
        expect(
            early is None or early.status < 200, f"half of a file is sent, and {early and early.status} is the answer"
        )
        await line.more(call.body[len(call.body) // 2 :])
        await line.end()
        exchange.answer = await line.whole(await line.head())
    finally:
        await line.close()
    expect(exchange.answer.ok, f"a file that comes in two parts is answered with {exchange.answer.status}")
    up.leave(exchange.answer)


async def too_much(case: Case) -> None:
    up = await uploads(case)
    call = up.visitor.spelled(up.route, files=[File(b"")])
    headers = {**call.headers, "Content-Length": str(_HUGE), "Expect": "100-continue"}
    request = up.visitor.request(call.method, call.target, headers)
    exchange = up.visitor.note(Exchange(request=request))
    line = await up.visitor.line()
    try:
        await line.begin(request)
        exchange.answer = await line.hears(2)
    except WireError as error:
        exchange.trouble = str(error)
    finally:
        await line.close()
    expect(not exchange.trouble, f"a file of 100 GiB is announced, and no answer comes: {exchange.trouble}")
    if exchange.answer is None or exchange.answer.status < 200:
        skip("a file of 100 GiB is waited for, so that nobody can say what would become of it")
    expect(
        exchange.answer.status < 500, f"a file of 100 GiB is answered with {exchange.answer.status}, where 413 is right"
    )


async def may_tell_progress(case: Case) -> None:
    """A request with listeners on its upload is preflighted, however simple it is (XMLHttpRequest, "send")."""
    up = await uploads(case)
    call = up.visitor.spelled(up.route)
    asked = {
        "Access-Control-Request-Method": call.method,
        "Access-Control-Request-Headers": "content-type",
        "Cookie": None,
        "Authorization": None,
    }
    answer = await up.visitor.send("OPTIONS", call.target, headers=asked)
    expect(answer.ok, f"the preflight of an upload is answered with {answer.status}: no progress can be shown")
    allowed = answer.get("Access-Control-Allow-Origin")
    expect(
        allowed in {"*", case.target.origin},
        f"the preflight of an upload allows {allowed or 'no origin'}: a page that shows progress cannot upload",
    )


def check(name: str, asks: str, why: str, run: Callable[[Case], Awaitable[None]], **more: Any) -> Check:
    return Check(id=f"uploads.{name}", asks=asks, why=why, run=run, needs=(Need.UPLOAD,), read_only=False, **more)


_FORM = "RFC 7578"

CHECKS = (
    check("bytes", "Do the bytes come back as they were sent?", "the contract's operation", same_bytes),
    check("size", "Is the size told that the file has?", "the contract's schema", size_told),
    check("letters", "Are a name's letters kept?", f"{_FORM}, section 5.1: names are UTF-8", letters),
    check("path", "Is a path in a name not kept?", f"{_FORM}, section 4.2", no_path),
    check("quotes", "Is a name with a quotation mark kept?", 'HTML, "multipart form data"', quoted_name),
    check("no-file", "Is a form without a file refused?", "RFC 9110, section 15.5", no_file),
    check("empty", "Is an empty file no crash?", "RFC 9110, section 15.6", empty_file),
    check("not-a-form", "Is what is no form refused?", "RFC 9110, section 15.5.16", not_a_form),
    check("no-boundary", "Is a form without a boundary refused?", f"{_FORM}, section 4.1", no_boundary),
    check("unfinished", "Is half a form refused?", "RFC 2046, section 5.1.1", unfinished_form),
    check(
        "given-up",
        "Is a file that is given up half way no file, and the next one taken?",
        "RFC 9112, section 8: a message that ends early is incomplete",
        given_up,
        waits=NOTICED,
    ),
    check("reads", "Is all of a file read before the answer?", "RFC 9112, section 9.3", read_to_the_end, waits=NOTICED),
    check("too-much", "Is a file that is far too large refused?", "RFC 9110, section 15.5.14", too_much),
    check(
        "progress",
        "May a page show the progress of an upload?",
        'XMLHttpRequest, "upload listener flag"',
        may_tell_progress,
    ),
)
