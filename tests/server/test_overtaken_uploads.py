"""Uploads that meet deletion, reset and restore: each id's file has one owner, and no row is without its bytes."""

from __future__ import annotations

import asyncio
import errno
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from devkit.server.http.files import FileResponse
from devkit.storage.folder import UploadFolder
from tests.conftest import Client, StartServer
from tests.contract.wire import is_error, listening, slow_upload, upload
from tests.faults.conftest import Break, breaks
from tests.wire import RawAnswer, exchange

__all__ = ["breaks"]

NAMED = "11111111-2222-4333-8444-555555555555"


def files_of(client: Client) -> set[str]:
    return {path.name for path in client.sandbox.uploads.folder.iterdir()}


async def agree(client: Client) -> None:
    """Every row of the user's has its bytes, and every file a row."""
    listed = (await client.send("GET", "/api/uploads?limit=100")).json["data"]
    for one in listed:
        content = await client.send("GET", one["url"])
        assert (content.status, len(content.body)) == (200, one["size"])
    assert {one["id"] for one in listed} <= files_of(client)
    rows = client.sandbox.database.read(lambda connection: connection.execute("SELECT id FROM uploads").fetchall())
    assert {row[0] for row in rows} == files_of(client)


def answer_of(raw: bytes) -> RawAnswer:
    head, _, body = raw.partition(b"\r\n\r\n")
    return RawAnswer(int(head.split()[1]), {}, body)


async def test_an_id_is_sent_and_deleted_over_and_over_and_rows_and_files_agree(signed_in: Client) -> None:
    async def send() -> None:
        for _ in range(15):
            answer = await upload(signed_in, b"x" * 100, headers={"X-Upload-Id": NAMED})
            assert answer.status in {201, 409}, answer.body

    async def delete() -> None:
        for _ in range(30):
            answer = await signed_in.send("DELETE", f"/api/uploads/{NAMED}")
            assert answer.status in {204, 404}, answer.body

    await asyncio.gather(send(), delete(), send(), delete())
    await agree(signed_in)


async def test_an_id_that_is_being_removed_cannot_be_sent(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: the removal then took the new upload's file, and left its row."""
    await upload(signed_in, headers={"X-Upload-Id": NAMED})
    loop, begun, goes_on = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    discard = UploadFolder.discard

    def slowly(folder: UploadFolder, upload_ids: Any) -> None:
        loop.call_soon_threadsafe(begun.set)
        asyncio.run_coroutine_threadsafe(goes_on.wait(), loop).result(10)
        discard(folder, upload_ids)

    monkeypatch.setattr(UploadFolder, "discard", slowly)
    removing = asyncio.create_task(signed_in.send("DELETE", f"/api/uploads/{NAMED}"))
    await begun.wait()
    assert is_error(await upload(signed_in, headers={"X-Upload-Id": NAMED}), 409, "conflict")
    goes_on.set()
    assert (await removing).status == 204
    assert (await upload(signed_in, headers={"X-Upload-Id": NAMED})).status == 201
    await agree(signed_in)


async def test_content_that_is_deleted_while_it_is_asked_for_leaves_no_traceback(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = (await upload(signed_in)).json["url"]
    monkeypatch.setattr(FileResponse, "prepare", _deleted_first(FileResponse.prepare))
    head = f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {signed_in.token}\r\n\r\n"
    with pytest.raises(asyncio.IncompleteReadError):
        await exchange(signed_in.ready.port, head.encode())
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


def _deleted_first(prepare: Any) -> Any:
    async def deleted(response: FileResponse, request: Any) -> Any:
        response._path.unlink()
        return await prepare(response, request)

    return deleted


async def test_a_reset_tells_whoever_is_sending(signed_in: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 1000, NAMED) as slow:
        await slow.send(500)
        await listener.until("upload_progress")
        await signed_in.sandbox.reset()
        answer = answer_of(await asyncio.wait_for(slow.reader.read(), 5))
        assert (answer.status, answer.json["error"]) == (409, "conflict")
        assert "was reset, or restored, while the upload arrived" in answer.json["message"]
        assert (await listener.until("upload_failed"))["error"] == "conflict"
    await signed_in.sign_in()
    await agree(signed_in)
    assert (await upload(signed_in, headers={"X-Upload-Id": NAMED})).status == 201
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_a_restore_tells_whoever_is_sending(signed_in: Client) -> None:
    await upload(signed_in)
    await signed_in.sandbox.save_snapshot("before")
    await upload(signed_in)
    async with slow_upload(signed_in, 1000, NAMED) as slow:
        await slow.send(500)
        while not signed_in.sandbox.arriving_uploads():
            await asyncio.sleep(0.01)
        await signed_in.sandbox.restore_snapshot("before")
        answer = answer_of(await asyncio.wait_for(slow.reader.read(), 5))
        assert (answer.status, answer.json["error"]) == (409, "conflict")
    await agree(signed_in)
    assert (await signed_in.send("GET", "/api/uploads")).json["total"] == 3


async def test_a_snapshot_has_no_row_of_what_is_deleted_while_it_is_saved(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upload(signed_in, headers={"X-Upload-Id": NAMED})
    copy_to = UploadFolder.copy_to

    def too_late(folder: UploadFolder, target: Path, upload_ids: Any) -> set[str]:
        folder.discard([NAMED])
        return copy_to(folder, target, upload_ids)

    monkeypatch.setattr(UploadFolder, "copy_to", too_late)
    await signed_in.sandbox.save_snapshot("meanwhile")
    await signed_in.sandbox.restore_snapshot("meanwhile")
    assert (await signed_in.send("GET", "/api/uploads")).json["total"] == 2
    await agree(signed_in)


async def test_a_snapshot_has_no_content_of_what_takes_an_id_while_it_is_saved(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found by kills at random moments: the row was that of the old upload, the file that of the new one.
    await upload(signed_in, b"old", headers={"X-Upload-Id": NAMED})
    copy_to, loop = UploadFolder.copy_to, asyncio.get_running_loop()

    async def take_its_id() -> None:
        assert (await signed_in.send("DELETE", f"/api/uploads/{NAMED}")).status == 204
        assert (await upload(signed_in, b"new", headers={"X-Upload-Id": NAMED})).status == 201

    def too_late(folder: UploadFolder, target: Path, upload_ids: Any) -> set[str]:
        asyncio.run_coroutine_threadsafe(take_its_id(), loop).result()
        return copy_to(folder, target, upload_ids)

    monkeypatch.setattr(UploadFolder, "copy_to", too_late)
    await signed_in.sandbox.save_snapshot("meanwhile")
    await signed_in.sandbox.restore_snapshot("meanwhile")
    assert (await signed_in.send("GET", f"/api/uploads/{NAMED}")).status == 404
    await agree(signed_in)


async def test_a_restore_of_a_snapshot_that_is_not_there_overtakes_nobody(signed_in: Client) -> None:
    async with slow_upload(signed_in, 1000, NAMED) as slow:
        await slow.send(500)
        while not signed_in.sandbox.arriving_uploads():
            await asyncio.sleep(0.01)
        assert await signed_in.sandbox.restore_snapshot("none") is None
        [arriving] = signed_in.sandbox.arriving_uploads()
        assert not arriving.overtaken.done()


async def test_uploads_and_resets_all_at_once_fail_with_a_sentence_or_not_at_all(
    signed_in: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async def send(size: int) -> None:
        for _ in range(10):
            answer = await upload(signed_in, b"x" * size)
            # 401: the session that sent it is gone, and so says the next call.
            assert answer.status in {201, 401, 409, 503}, answer.body
            assert answer.json.get("message") or answer.status == 201
            if answer.status == 401:
                await asyncio.sleep(0)

    async def reset() -> None:
        for _ in range(4):
            await asyncio.sleep(0.02)
            await signed_in.sandbox.reset()

    await asyncio.gather(send(10), send(3_000_000), send(300_000), reset())
    await signed_in.sandbox.reset()
    await signed_in.sign_in()
    await agree(signed_in)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_a_stalled_upload_does_not_hold_a_reset(signed_in: Client, breaks: Break) -> None:
    await breaks("upload.stall", at=0)
    sending = asyncio.create_task(upload(signed_in, b"x" * 1000))
    while not signed_in.sandbox.arriving_uploads():
        await asyncio.sleep(0.01)
    await asyncio.wait_for(signed_in.sandbox.reset(), 10)
    assert (await sending).status == 409
    await signed_in.sign_in()
    await agree(signed_in)


async def test_a_lost_write_leaves_no_file_and_a_lost_delete_no_row_without_one(
    signed_in: Client, breaks: Break
) -> None:
    kept = (await upload(signed_in)).json["id"]
    await breaks("write.lost", match={"operation": "uploads.*"})
    assert (await upload(signed_in)).status == 201
    assert (await signed_in.send("DELETE", f"/api/uploads/{kept}")).status == 204
    await signed_in.sandbox.engine.off_all()
    await agree(signed_in)
    assert (await signed_in.send("GET", f"/api/uploads/{kept}/content")).body == b"hello"


@pytest.mark.parametrize("memory", [True, False])
async def test_a_reset_on_a_full_disk_is_told_and_changes_nothing(
    start: StartServer, monkeypatch: pytest.MonkeyPatch, memory: bool
) -> None:
    copy, copied = shutil.copyfile, []

    def fills_up(source: Path, target: Path) -> None:
        copied.append(target)
        copy(source, target)
        if len(copied) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    async with start(memory=memory) as client:
        await client.sign_in()
        assert (await upload(client)).status == 201
        assert (await client.send("POST", "/api/tasks", json={"title": "Mine"})).status == 201
        files = files_of(client)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copyfile", fills_up)
            refused = await client.send("POST", "/_devkit/api/reset")
        assert (refused.status, refused.json["error"]) == (507, "insufficient_storage")
        assert files_of(client) == files
        assert (await client.send("GET", "/api/tasks?q=Mine")).json["total"] == 1
        await agree(client)
        # It goes on, and another reset does what this one could not.
        assert (await upload(client)).status == 201
        assert (await client.send("POST", "/_devkit/api/reset")).status in {200, 204}
        await client.sign_in()
        assert (await client.send("GET", "/api/uploads")).json["total"] == 2
        await agree(client)
