"""Uploads that are broken, hostile, too large, or meet a full disk: each is told, and nothing is left behind."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import EMAIL, PASSWORD, Answer, Client, StartServer
from tests.process import Process, serving
from tests.wire import HOST, Wire, exchange

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
NAMED = "11111111-1111-4111-8111-111111111111"


def part(content: bytes = b"x", *, name: str = "file", filename: str | None = "x.txt", more: str = "") -> bytes:
    told = f'; filename="{filename}"' if filename is not None else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{told}\r\n{more}\r\n'.encode() + content + b"\r\n"


END = b"--b--\r\n"


async def upload(client: Client, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    return await client.send("POST", "/api/uploads", data=io.BytesIO(body), headers=FORM | (headers or {}))


def check(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.json["error"]) == (status, code), answer.body
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def files_of(client: Client) -> set[str]:
    return {path.name for path in client.sandbox.uploads.folder.iterdir()}


async def ids_of(client: Client) -> set[str]:
    listed = (await client.send("GET", "/api/uploads", params={"limit": 100})).json
    assert listed["total"] == len(listed["data"])
    return {upload["id"] for upload in listed["data"]}


@asynccontextmanager
async def leaves_nothing(client: Client) -> AsyncIterator[None]:
    """Neither a file nor a row is there afterwards that was not there before."""
    files, rows = files_of(client), await ids_of(client)
    yield
    for _ in range(100):
        if files_of(client) == files:
            break
        await asyncio.sleep(0.02)
    assert files_of(client) == files
    assert await ids_of(client) == rows


@asynccontextmanager
async def listening(client: Client) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket that hears of the user's uploads."""
    async with client.http.ws_connect("/ws", params={"token": client.token}) as socket:
        await socket.send_json({"type": "subscribe", "topics": ["uploads"]})
        while (await socket.receive_json(timeout=5))["type"] != "subscription":
            pass
        yield socket


async def failure(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    """The next `upload_failed`."""
    while True:
        frame: dict[str, Any] = await socket.receive_json(timeout=5)
        assert frame["type"] in {"upload_progress", "upload_failed"}
        if frame["type"] == "upload_failed":
            return frame


@pytest.mark.parametrize(
    "media_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 100,
        "multipart/form-data; border=b",
        "multipart/form-data; boundary=ü",
    ],
)
async def test_a_form_without_a_usable_boundary_is_a_bad_request(signed_in: Client, media_type: str) -> None:
    async with leaves_nothing(signed_in):
        check(await upload(signed_in, part() + END, {"Content-Type": media_type}), 400, "bad_request")


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/plain", "multipart/mixed; boundary=b", "", "multipart/"]
)
async def test_another_media_type_is_unsupported(signed_in: Client, media_type: str) -> None:
    async with leaves_nothing(signed_in):
        check(await upload(signed_in, part() + END, {"Content-Type": media_type}), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        END,
        part(name="note", filename=None) + END,
        # A file input that was left empty, as browsers send it (WHATWG HTML, "constructing the entry list").
        part(b"", filename="", more="Content-Type: application/octet-stream\r\n") + END,
        part(b"", name="avatar", filename="") + END,
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END,
        b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n" + END,
        b"--b\r\n\r\nno headers\r\n" + END,
    ],
)
async def test_a_form_without_a_file_misses_it(signed_in: Client, body: bytes) -> None:
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, body)
        check(answer, 400, "validation_error")
        assert answer.json["details"] == {"file": "Required"}


@pytest.mark.parametrize("field", ["files[]", "file[0]", "filepond", "FILE", "photo", "", "文件"])
async def test_a_file_in_another_field_is_told_which_field_it_should_have(signed_in: Client, field: str) -> None:
    """What Uppy (bundled), Dropzone (`uploadMultiple`), FilePond and others call it, unless they are told to."""
    async with leaves_nothing(signed_in):
        for body in (part(name=field, filename="cat.png") + END, part() + part(name=field, filename="cat.png") + END):
            answer = await upload(signed_in, body)
            check(answer, 400, "validation_error")
            wanted = f"The file 'cat.png' came in the field {field!r}: name the field 'file'"
            assert answer.json["details"] == {"file": wanted}


async def test_a_file_in_no_field_is_told_so(signed_in: Client) -> None:
    body = b'--b\r\nContent-Disposition: form-data; filename="cat.png"\r\n\r\nx\r\n' + END
    answer = await upload(signed_in, body)
    check(answer, 400, "validation_error")
    assert answer.json["details"] == {"file": "The file 'cat.png' came in no field: name the field 'file'"}


async def test_a_file_that_came_as_a_text_is_told_so(signed_in: Client) -> None:
    """What `form.append("file", "data:…")` or an object of React Native outside of it becomes."""
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, part(b"[object Object]", filename=None) + END)
        check(answer, 400, "validation_error")
        assert answer.json["details"] == {"file": "The field 'file' came as a text, without a filename: send a file"}


async def test_fields_beside_the_file_are_passed_over(signed_in: Client) -> None:
    """FilePond's metadata (in the file's own field), Dropzone's `dzuuid`, an input of the form that was left empty."""
    around = (
        part(b"{}", filename=None) + part(b"1", name="dzuuid", filename=None) + part(b"", name="avatar", filename="")
    )
    answer = await upload(signed_in, around + part() + around + END)
    assert (answer.status, answer.json["size"]) == (201, 1)


async def test_an_empty_file_with_a_name_is_a_file(signed_in: Client) -> None:
    answer = await upload(signed_in, part(b"", filename="empty.txt") + END)
    assert (answer.status, answer.json["filename"], answer.json["size"]) == (201, "empty.txt", 0)


@pytest.mark.parametrize("coding", ["7bit", "8bit", "binary", "BINARY"])
async def test_transfer_encodings_that_change_nothing_are_taken(signed_in: Client, coding: str) -> None:
    """Apache's HttpClient and others send `binary` with each part (RFC 7578, section 4.7; RFC 2045, section 6.2)."""
    answer = await upload(signed_in, part(b"eA==", more=f"Content-Transfer-Encoding: {coding}\r\n") + END)
    assert (answer.status, answer.json["size"]) == (201, 4)


@pytest.mark.parametrize("coding", ["base64", "quoted-printable", "x-nonsense"])
async def test_other_transfer_encodings_are_refused_by_name(signed_in: Client, coding: str) -> None:
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, part(b"eA==", more=f"Content-Transfer-Encoding: {coding}\r\n") + END)
        check(answer, 415, "unsupported_media_type")
        assert answer.json["message"].startswith(
            f"Part 1 of the form ('file') has the Content-Transfer-Encoding '{coding}'"
        )


async def test_header_fields_of_parts_that_forms_do_not_have_are_ignored(signed_in: Client) -> None:
    """RFC 7578, section 4.8."""
    more = "Content-Length: 1\r\nContent-Encoding: gzip\r\n"
    answer = await upload(signed_in, part(b"as it is", more=more) + END)
    assert (answer.status, answer.json["size"]) == (201, 8)
    assert (await signed_in.send("GET", answer.json["url"])).body == b"as it is"


async def test_a_form_with_a_content_encoding_is_refused(signed_in: Client) -> None:
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, part() + END, {"Content-Encoding": "gzip"})
        check(answer, 415, "unsupported_media_type")
        assert answer.json["message"] == "Send the body without a Content-Encoding"


async def test_a_form_that_breaks_off_says_in_which_part(signed_in: Client) -> None:
    answer = await upload(signed_in, part(b"{}", name="note", filename=None) + part(b"x" * 100)[:-50])
    check(answer, 400, "bad_request")
    assert answer.json["message"] == "Part 2 of the form ('file') is broken, or broke off"


async def test_a_form_in_no_bytes_needs_no_type_however_it_is_framed(signed_in: Client) -> None:
    head = b"POST /api/uploads HTTP/1.1\r\n" + HOST + b"Authorization: Bearer %s\r\n" % signed_in.token.encode()
    for framing in (b"", b"Content-Length: 0\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
        for typed in (b"", b"Content-Type: text/plain\r\n", b"Content-Type: multipart/form-data; boundary=b\r\n"):
            answer = await exchange(signed_in.ready.port, head + typed + (framing or b"\r\n"))
            assert (answer.status, answer.json["details"]) == (400, {"file": "Required"}), (framing, typed)


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"--c\r\n\r\nx\r\n--c--\r\n", b"\r\n", b"\x00" * 1000, b"-" * 100_000]
)
async def test_a_body_that_is_no_form_is_refused(signed_in: Client, body: bytes) -> None:
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, body)
        assert answer.status == 400, answer.body
        assert answer.json["error"] in {"bad_request", "validation_error"}


@pytest.mark.parametrize("charset", [b"x" * 100, b"\xff\xfe", b""])
async def test_a_charset_of_nonsense_crashes_nothing(signed_in: Client, charset: bytes) -> None:
    answer = await upload(signed_in, part(charset, name="_charset_", filename=None) + part() + END)
    assert answer.status in {201, 400}


async def test_a_part_that_is_no_file_may_not_stream_for_ever(start: StartServer) -> None:
    async with start(limits_upload=1000) as client:
        await client.sign_in()
        head = b"POST /api/uploads HTTP/1.1\r\n" + HOST + b"Authorization: Bearer %s\r\n" % client.token.encode()
        head += b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        opening = part(b"", name="note", filename=None).removesuffix(b"\r\n")
        async with Wire(client.ready.port) as wire:
            await wire.send(head + b"%x\r\n%s\r\n" % (len(opening), opening))
            for _ in range(100):
                await wire.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            answer = await wire.answer()
            assert (answer.status, answer.json["error"]) == (413, "payload_too_large")


async def test_two_files_are_two_uploads(signed_in: Client) -> None:
    answer = await upload(signed_in, part(b"one", filename="1") + part(b"two", filename="2") + END)
    assert answer.status == 201
    assert [(file["filename"], file["size"]) for file in answer.json["data"]] == [("1", 3), ("2", 3)]
    assert {file["id"] for file in answer.json["data"]} <= await ids_of(signed_in) & files_of(signed_in)


async def test_one_bad_file_of_two_leaves_neither(start: StartServer) -> None:
    async with start(limits_upload=100) as client:
        await client.sign_in()
        async with leaves_nothing(client):
            check(await upload(client, part(b"fits") + part(b"x" * 101) + END), 413, "payload_too_large")


async def test_too_many_files_are_refused(signed_in: Client) -> None:
    async with leaves_nothing(signed_in):
        answer = await upload(signed_in, part() * 21 + END)
        check(answer, 400, "validation_error")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../x", "x"),
        ("..\\\\..\\\\x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\\\temp\\\\x.txt", "x.txt"),
        ("..", "upload"),
        (".", "upload"),
        ("", "upload"),
        ("...", "upload"),
        ("/", "upload"),
        ("x/", "upload"),
        (" . x . ", " . x . "),
        (".env", ".env"),
        ("x" * 10_000, "x" * 255),
        ("x" * 300 + ".tar", "x" * 251 + ".tar"),
        ("x." + "y" * 300, "x." + "y" * 253),
        ("." + "y" * 300, "." + "y" * 254),
        ("🎉" * 100, "🎉" * 100),
        ("ملف.txt", "ملف.txt"),
        ("%2e%2e%2fx", "%2e%2e%2fx"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\u200f\u2067\x85.txt", "a.txt"),
        ("10\u202f000\u00a0km\u3000.txt", "10\u202f000\u00a0km\u3000.txt"),
        ("👩\u200d🚀 می\u200cخواهم.png", "👩\u200d🚀 می\u200cخواهم.png"),
        ("a;b, c=d.txt", "a;b, c=d.txt"),
        ("a%22b.txt", 'a"b.txt'),
        ("a%0d%0ab.txt", "ab.txt"),
        ("100%25.txt", "100%25.txt"),
        ("con", "con"),
        ("~root", "~root"),
        ("$(reboot)", "$(reboot)"),
    ],
)
async def test_a_filename_is_never_a_path(signed_in: Client, sent: str, kept: str) -> None:
    before = set(signed_in.sandbox.uploads.folder.parent.rglob("*"))
    answer = await upload(signed_in, part(b"content", filename=sent) + END)
    assert (answer.status, answer.json["filename"]) == (201, kept), answer.body
    made = set(signed_in.sandbox.uploads.folder.parent.rglob("*")) - before
    assert made == {signed_in.sandbox.uploads.folder / answer.json["id"]}
    content = await signed_in.send("GET", answer.json["url"])
    assert content.body == b"content"


@pytest.mark.parametrize(
    "disposition", [b'filename="a\x00b"', b'filename="a\xffb"', b"filename*=utf-8''%00..%2F%ff", b"filename*=x'y"]
)
async def test_a_filename_of_strange_bytes_is_cleaned_or_refused(signed_in: Client, disposition: bytes) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; ' + disposition + b"\r\n\r\nx\r\n" + END
    answer = await upload(signed_in, body)
    assert answer.status in {201, 400}, answer.body
    if answer.status == 201:
        assert answer.json["filename"].isprintable()
        assert "/" not in answer.json["filename"]


@pytest.mark.parametrize(
    "given", ["x", "../../x", NAMED[:-1], NAMED + "0", "g" + NAMED[1:], NAMED.replace("-", "_"), "x" * 5000]
)
async def test_an_upload_id_that_is_no_uuid_is_a_validation_error(signed_in: Client, given: str) -> None:
    async with leaves_nothing(signed_in):
        for options in ({"headers": FORM | {"X-Upload-Id": given}}, {"params": {"uploadId": given}, "headers": FORM}):
            answer = await signed_in.send("POST", "/api/uploads", data=part() + END, **options)
            check(answer, 400, "validation_error")
            assert answer.json["details"].keys() == {"uploadId"}


async def test_an_upload_id_that_is_taken_conflicts_and_spares_the_first(signed_in: Client) -> None:
    first = await upload(signed_in, part(b"first") + END, {"X-Upload-Id": NAMED})
    assert (first.status, first.json["id"]) == (201, NAMED)
    async with leaves_nothing(signed_in):
        for given in (NAMED, NAMED.upper()):
            check(await upload(signed_in, part(b"second") + END, {"X-Upload-Id": given}), 409, "conflict")
    assert (await signed_in.send("GET", first.json["url"])).body == b"first"
    await signed_in.sign_in("other@example.com")
    check(await upload(signed_in, part(b"third") + END, {"X-Upload-Id": NAMED}), 409, "conflict")


async def test_an_upload_id_that_is_arriving_conflicts_and_spares_the_first(signed_in: Client) -> None:
    head = f"POST /api/uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {signed_in.token}\r\n"
    body = part(b"x" * 10_000) + END
    head += (
        f"Content-Type: multipart/form-data; boundary=b\r\nX-Upload-Id: {NAMED}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    async with Wire(signed_in.ready.port) as wire:
        await wire.send(head.encode() + body[:5000])
        await asyncio.sleep(0.2)
        check(await upload(signed_in, part(b"second") + END, {"X-Upload-Id": NAMED}), 409, "conflict")
        await wire.send(body[5000:])
        answer = await wire.answer()
    assert (answer.status, answer.json["size"]) == (201, 10_000)


@pytest.mark.parametrize("cut", [5, 40, 90, 5_000, 50_000])
async def test_an_upload_cut_in_the_middle_leaves_nothing_and_is_told(signed_in: Client, cut: int) -> None:
    body = part(b"x" * 60_000) + END
    head = b"POST /api/uploads HTTP/1.1\r\n" + HOST + b"Authorization: Bearer %s\r\n" % signed_in.token.encode()
    head += b"Content-Type: multipart/form-data; boundary=b\r\nX-Upload-Id: %s\r\n" % NAMED.encode()
    async with leaves_nothing(signed_in), listening(signed_in) as socket:
        async with Wire(signed_in.ready.port) as wire:
            await wire.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:cut])
            await asyncio.sleep(0.1)
        told = await failure(socket)
        assert told["upload_id"] == NAMED
    again = await upload(signed_in, part(b"again") + END, {"X-Upload-Id": NAMED})
    assert again.status == 201


@pytest.mark.parametrize("ending", [b"", b"\r\n--b", b"\r\n--c--\r\n", b"\r\n--b--x"])
async def test_a_form_that_never_ends_is_a_bad_request(signed_in: Client, ending: bytes) -> None:
    body = part(b"x" * 1000).removesuffix(b"\r\n") + ending
    async with leaves_nothing(signed_in), listening(signed_in) as socket:
        answer = await upload(signed_in, body)
        if answer.status == 201:
            # The closing delimiter was there; what follows it is an epilogue, to be ignored (RFC 2046, section 5.1.1).
            assert ending.startswith(b"\r\n--b-")
            await signed_in.send("DELETE", f"/api/uploads/{answer.json['id']}")
            return
        check(answer, 400, "bad_request")
        assert (await failure(socket))["error"] == "bad_request"


async def test_a_file_above_the_limit_is_refused_by_the_length(start: StartServer) -> None:
    async with start(limits_upload=1000) as client, Wire(client.ready.port) as wire:
        await client.sign_in()
        head = b"POST /api/uploads HTTP/1.1\r\n" + HOST + b"Authorization: Bearer %s\r\n" % client.token.encode()
        # Told before any of the body was sent.
        await wire.send(head + b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999999999\r\n\r\n")
        answer = await wire.answer()
        assert (answer.status, answer.json["error"]) == (413, "payload_too_large")


async def test_a_file_above_the_limit_is_refused_while_it_streams(start: StartServer) -> None:
    async with start(limits_upload=100_000) as client:
        await client.sign_in()
        head = b"POST /api/uploads HTTP/1.1\r\n" + HOST + b"Authorization: Bearer %s\r\n" % client.token.encode()
        head += b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with leaves_nothing(client), listening(client) as socket:
            async with Wire(client.ready.port) as wire:
                opening = part(b"").removesuffix(b"\r\n")
                await wire.send(head + b"%x\r\n%s\r\n" % (len(opening), opening))
                for _ in range(40):
                    await wire.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                # The body never ends: the answer must not wait for it.
                answer = await wire.answer()
                assert (answer.status, answer.json["error"]) == (413, "payload_too_large")
            assert (await failure(socket))["error"] == "payload_too_large"


async def test_a_file_may_have_exactly_the_limit(start: StartServer) -> None:
    async with start(limits_upload=1000) as client:
        await client.sign_in()
        assert (await upload(client, part(b"x" * 1000) + END)).json["size"] == 1000
        async with leaves_nothing(client):
            check(await upload(client, part(b"x" * 1001) + END), 413, "payload_too_large")
        # The limit counts the file's bytes, not those of the form around it.
        around = part(b"y" * 3000, name="note", filename=None)
        assert (await upload(client, around + part(b"x" * 1000) + END)).status == 201


async def test_what_is_no_file_may_not_fill_the_memory(start: StartServer) -> None:
    async with start(limits_upload=1000) as client:
        await client.sign_in()
        async with leaves_nothing(client):
            answer = await upload(client, part(b"x" * 5_000_000, name="note", filename=None) + END)
            assert answer.status in {400, 413}


@pytest.mark.parametrize(
    "more",
    [
        "X-Long: " + "x" * 100_000 + "\r\n",
        "".join(f"X-{number}: x\r\n" for number in range(10_000)),
        "No colon here\r\n",
        "Content-Length: 99999\r\n",
        "Content-Length: abc\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: nonsense\r\n",
        "Content-Encoding: gzip\r\n",
        "Content-Type: multipart/mixed; boundary=c\r\n",
        "Content-Type: multipart/mixed\r\n",
        "Content-Type: " + "a/b; " * 5000 + "\r\n",
    ],
    ids=[
        "long",
        "many",
        "no colon",
        "length",
        "no length",
        "base64",
        "coding",
        "gzip",
        "nested",
        "nested badly",
        "type",
    ],
)
async def test_part_headers_of_any_kind_crash_nothing(signed_in: Client, more: str) -> None:
    files = files_of(signed_in)
    answer = await upload(signed_in, part(b"content", more=more) + END)
    assert answer.status in {201, 400, 413, 415}, answer.body
    if answer.status == 201:
        assert (await signed_in.send("GET", answer.json["url"])).status == 200
    else:
        assert files_of(signed_in) == files


async def test_a_form_within_a_form_is_a_bad_request(signed_in: Client) -> None:
    inner = b"--c\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nx\r\n--c--\r\n"
    for depth in (1, 50):
        body = b""
        for _ in range(depth):
            body += b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + inner
        async with leaves_nothing(signed_in):
            check(await upload(signed_in, body + END), 400, "bad_request")


async def test_an_upload_without_credentials_stores_nothing(client: Client) -> None:
    files = files_of(client)
    check(await upload(client, part(b"x" * 100_000) + END), 401, "unauthorized")
    assert files_of(client) == files


# A process of its own


async def _sign_in(http: aiohttp.ClientSession) -> None:
    async with http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}) as response:
        assert response.status == 200
        token = response.cookies["auth-token"].value
    http.headers.update({"Authorization": f"Bearer {token}"})


@asynccontextmanager
async def _session(process: Process) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(process.url) as http:
        await _sign_in(http)
        yield http


async def _post_file(http: aiohttp.ClientSession, size: int) -> tuple[int, Any]:
    async def body() -> AsyncIterator[bytes]:
        yield part(b"").removesuffix(b"\r\n")
        for _ in range(size // 65536):
            yield b"x" * 65536
        yield b"\r\n" + END

    async with http.post("/api/uploads", data=body(), headers=FORM) as response:
        return response.status, json.loads(await response.read())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of a file's size")
async def test_a_full_disk_is_told_and_everything_else_goes_on(tmp_path: Path) -> None:
    import resource
    import signal

    def limit() -> None:
        # What a process may write to one file; with the signal ignored, a write beyond fails with EFBIG.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4 * 2**20, 4 * 2**20))

    with serving(tmp_path, "--db", str(tmp_path / "d.db"), before=limit) as process:
        folder = tmp_path / "d.db.uploads"
        before = {path.name for path in folder.iterdir()}
        async with _session(process) as http:
            for _ in range(3):
                status, answer = await _post_file(http, 8 * 2**20)
                assert (status, answer["error"]) == (507, "insufficient_storage")
                assert {path.name for path in folder.iterdir()} == before
            status, answer = await _post_file(http, 2**20)
            assert (status, answer["size"]) == (201, 2**20)
            async with http.post("/api/tasks", json={"title": "Still here"}) as response:
                assert response.status == 201
        assert "Traceback" not in process.output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of a file's size")
async def test_a_database_that_cannot_grow_is_told_and_reading_goes_on(tmp_path: Path) -> None:
    import resource

    import psutil

    with serving(tmp_path, "--db", str(tmp_path / "d.db")) as process:
        async with _session(process) as http:
            limited = psutil.Process(process.pid)
            largest = max(os.path.getsize(tmp_path / name) for name in ("d.db", "d.db-wal"))  # noqa: PTH202
            limited.rlimit(resource.RLIMIT_FSIZE, (largest + 100_000, resource.RLIM_INFINITY))
            statuses = set()
            for _ in range(400):
                async with http.post("/api/tasks", json={"title": "x" * 200, "description": "y" * 1000}) as response:
                    statuses.add(response.status)
                    if response.status != 201:
                        answer = await response.json()
                        assert answer["error"] in {"insufficient_storage", "service_unavailable"}
                        break
            assert statuses & {503, 507}
            async with http.get("/api/tasks") as response:
                assert response.status == 200
            limited.rlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            async with http.post("/api/tasks", json={"title": "Room again"}) as response:
                assert response.status == 201
        assert "Traceback" not in process.output


@pytest.mark.slow
async def test_memory_stays_flat_while_a_large_upload_streams(tmp_path: Path) -> None:
    import psutil

    size = 256 * 2**20
    with serving(tmp_path, "--db", str(tmp_path / "d.db"), DEVKIT_LIMITS_UPLOAD="300MB") as process:
        async with _session(process) as http:
            watched = psutil.Process(process.pid)
            status, _ = await _post_file(http, 8 * 2**20)
            assert status == 201
            before = watched.memory_info().rss
            peak = before

            async def watch() -> None:
                nonlocal peak
                while True:
                    peak = max(peak, watched.memory_info().rss)
                    await asyncio.sleep(0.02)

            watching = asyncio.create_task(watch())
            status, answer = await _post_file(http, size)
            watching.cancel()
            assert (status, answer["size"]) == (201, size)
            assert answer["sha256"] == hashlib.sha256(b"x" * size).hexdigest()
            assert peak - before < 32 * 2**20
