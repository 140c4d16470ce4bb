"""Uploads (CONTRACT.md, "`agreed`": `uploads.*`; "Where rows meet", upload progress)."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from tests.conftest import Client, StartServer
from tests.contract.wire import (
    NOBODYS_ID,
    UUID,
    bearer,
    form,
    is_error,
    listening,
    slow_upload,
    token_of,
    upload,
)

NAMED = "11111111-2222-4333-8444-555555555555"
ALPHABET = b"abcdefghijklmnopqrstuvwxyz"


def stored(client: Client) -> set[str]:
    """The names of the files in the sandbox's upload folder."""
    return {path.name for path in client.sandbox.uploads.folder.iterdir()}


# Sending


async def test_a_single_file_answers_itself(signed_in: Client) -> None:
    answer = await upload(signed_in, ALPHABET, "alphabet.txt")
    body = answer.json
    assert answer.status == 201
    assert list(body) == ["id", "filename", "contentType", "size", "sha256", "url", "createdAt"]
    assert UUID.fullmatch(body["id"])
    assert (body["filename"], body["contentType"], body["size"]) == ("alphabet.txt", "text/plain", 26)
    assert body["sha256"] == hashlib.sha256(ALPHABET).hexdigest()
    assert body["url"] == f"{signed_in.url}/api/uploads/{body['id']}/content"
    assert answer.headers["Location"] == f"/api/uploads/{body['id']}"
    assert (await signed_in.send("GET", body["url"])).body == ALPHABET
    assert (await signed_in.send("GET", answer.headers["Location"])).json == body


async def test_several_files_answer_a_list_in_their_order(signed_in: Client) -> None:
    answer = await signed_in.send("POST", "/api/uploads", data=form(("a.txt", b"a"), ("b.txt", b""), ("c.txt", b"ccc")))
    assert (answer.status, list(answer.json)) == (201, ["data"])
    assert [(one["filename"], one["size"]) for one in answer.json["data"]] == [("a.txt", 1), ("b.txt", 0), ("c.txt", 3)]
    assert (await signed_in.send("GET", "/api/uploads")).json["total"] == 5


async def test_an_upload_can_be_named_beforehand_by_header_or_query(signed_in: Client) -> None:
    assert (await upload(signed_in, headers={"X-Upload-Id": NAMED})).json["id"] == NAMED
    other = NAMED.replace("1", "2")
    assert (await upload(signed_in, params={"uploadId": other})).json["id"] == other


async def test_a_name_that_is_taken_is_a_conflict_also_when_it_is_somebody_elses(signed_in: Client) -> None:
    await upload(signed_in, headers={"X-Upload-Id": NAMED})
    assert is_error(await upload(signed_in, headers={"X-Upload-Id": NAMED}), 409, "conflict")
    other = bearer(await token_of(signed_in, "other@example.com"))
    assert is_error(await upload(signed_in, headers={"X-Upload-Id": NAMED.upper()} | other), 409, "conflict")
    assert (await signed_in.send("GET", f"/api/uploads/{NAMED}/content")).body == b"hello"


async def test_a_name_of_an_upload_that_is_still_arriving_is_taken(signed_in: Client) -> None:
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 10, NAMED) as slow:
        await listener.until("upload_progress")
        assert is_error(await upload(signed_in, headers={"X-Upload-Id": NAMED}), 409, "conflict")
        await slow.send(10)
        assert (await slow.finish()).startswith(b"HTTP/1.1 201")
    assert (await signed_in.send("GET", f"/api/uploads/{NAMED}")).json["size"] == 10


async def test_a_name_that_is_no_uuid_is_refused(signed_in: Client) -> None:
    for name in ("x", "../../etc/passwd", NAMED + "0"):
        answer = await upload(signed_in, headers={"X-Upload-Id": name})
        assert is_error(answer, 400, "validation_error", "uploadId")


async def test_a_form_without_a_file_is_refused(signed_in: Client) -> None:
    before = stored(signed_in)
    for data in (form(("a.txt", b"a"), field="other"),):
        assert is_error(await signed_in.send("POST", "/api/uploads", data=data), 400, "validation_error", "file")
    assert stored(signed_in) == before


async def test_what_is_no_form_is_an_unsupported_media_type(signed_in: Client) -> None:
    for options in ({"json": {}}, {"data": b"x", "headers": {"Content-Type": "text/plain"}}):
        assert is_error(await signed_in.send("POST", "/api/uploads", **options), 415, "unsupported_media_type")
    without_boundary = {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}
    assert is_error(await signed_in.send("POST", "/api/uploads", **without_boundary), 400, "bad_request")


async def test_the_limit_counts_the_bytes_of_each_file_and_not_the_form_around_them(start: StartServer) -> None:
    async with start(limits_upload=100) as client:
        await client.sign_in()
        before = stored(client)
        assert (await upload(client, b"x" * 100)).status == 201
        two = form(("a.txt", b"x" * 100), ("b.txt", b"x" * 100))
        assert (await client.send("POST", "/api/uploads", data=two)).status == 201
        after = stored(client)
        assert len(after - before) == 3
        assert is_error(await upload(client, b"x" * 101), 413, "payload_too_large")
        one_too_large = form(("a.txt", b"x"), ("b.txt", b"x" * 101))
        answer = await client.send("POST", "/api/uploads", data=one_too_large)
        assert is_error(answer, 413, "payload_too_large")
        assert stored(client) == after
        assert (await client.send("GET", "/api/uploads")).json["total"] == 5


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\photo.png", "photo.png"),
        ("..", "upload"),
        (".hidden", ".hidden"),
        ("новый файл 🎁.txt", "новый файл 🎁.txt"),
        ("x" * 300 + ".png", "x" * 251 + ".png"),
    ],
)
async def test_a_filename_is_a_label_and_never_a_path(signed_in: Client, sent: str, kept: str) -> None:
    answer = await upload(signed_in, name=sent)
    assert (answer.status, answer.json["filename"]) == (201, kept)
    assert answer.json["id"] in stored(signed_in)


async def test_what_a_form_says_of_a_type_is_kept_if_it_is_one(signed_in: Client) -> None:
    data = form(("a.bin", b"a"), content_type="image/svg+xml")
    answer = await signed_in.send("POST", "/api/uploads", data=data)
    assert answer.json["contentType"] == "image/svg+xml"
    content = await signed_in.send("GET", answer.json["url"])
    assert content.headers["Content-Type"] == "image/svg+xml"
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert content.headers["Content-Disposition"].startswith("attachment")


# Reading


async def test_uploads_are_listed_in_pages_newest_first(signed_in: Client) -> None:
    answer = await signed_in.send("GET", "/api/uploads?limit=1")
    assert list(answer.json) == ["data", "total", "page", "limit"]
    assert (answer.json["total"], answer.headers["X-Total-Count"]) == (2, "2")
    assert answer.json["data"][0]["filename"] == "expenses-2025.csv"
    assert 'rel="next"' in answer.headers["Link"]
    assert (await signed_in.send("GET", "/api/uploads?page=2&limit=1")).json["data"][0]["filename"] == "avatar.png"


async def test_the_seeded_uploads_have_their_bytes(signed_in: Client) -> None:
    for one in (await signed_in.send("GET", "/api/uploads")).json["data"]:
        content = (await signed_in.send("GET", one["url"])).body
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["size"], one["sha256"])


@pytest.mark.parametrize(
    ("wanted", "first", "stop"),
    [("bytes=0-4", 0, 5), ("bytes=20-", 20, 26), ("bytes=-3", 23, 26), ("bytes=25-999", 25, 26), ("bytes=-99", 0, 26)],
)
async def test_a_range_is_answered_with_its_part(signed_in: Client, wanted: str, first: int, stop: int) -> None:
    url = (await upload(signed_in, ALPHABET)).json["url"]
    answer = await signed_in.send("GET", url, headers={"Range": wanted})
    assert (answer.status, answer.body) == (206, ALPHABET[first:stop])
    assert answer.headers["Content-Range"] == f"bytes {first}-{stop - 1}/26"
    assert answer.headers["Content-Length"] == str(stop - first)


@pytest.mark.parametrize("wanted", ["bytes=26-", "bytes=99-100", "bytes=-0", "bytes=" + "9" * 5000 + "-"])
async def test_a_range_outside_the_content_is_a_416_in_json(signed_in: Client, wanted: str) -> None:
    url = (await upload(signed_in, ALPHABET)).json["url"]
    answer = await signed_in.send("GET", url, headers={"Range": wanted})
    assert is_error(answer, 416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == "bytes */26"


@pytest.mark.parametrize("wanted", ["bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=0-1,3-4", "bytes=٣-٤", "rubbish"])
async def test_a_range_that_is_not_understood_is_ignored(signed_in: Client, wanted: str) -> None:
    url = (await upload(signed_in, ALPHABET)).json["url"]
    answer = await signed_in.send("GET", url, headers={"Range": wanted})
    assert (answer.status, answer.body) == (200, ALPHABET)


async def test_if_range_asks_for_the_part_only_of_the_same_content(signed_in: Client) -> None:
    sent = await upload(signed_in, ALPHABET)
    url = sent.json["url"]
    tag = (await signed_in.send("HEAD", url)).headers["ETag"]
    part = await signed_in.send("GET", url, headers={"Range": "bytes=0-4", "If-Range": tag})
    assert part.status == 206
    whole = await signed_in.send("GET", url, headers={"Range": "bytes=0-4", "If-Range": '"other"'})
    assert whole.status == 200


async def test_head_tells_of_the_content_without_sending_it(signed_in: Client) -> None:
    url = (await upload(signed_in, ALPHABET)).json["url"]
    for headers in ({}, {"Range": "bytes=0-4"}):
        answer = await signed_in.send("HEAD", url, headers=headers)
        assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "26")
        assert answer.headers["Accept-Ranges"] == "bytes"


async def test_content_and_representation_answer_304_to_their_tags(signed_in: Client) -> None:
    sent = await upload(signed_in, ALPHABET)
    for path in (sent.json["url"], sent.headers["Location"]):
        tag = (await signed_in.send("GET", path)).headers["ETag"]
        answer = await signed_in.send("GET", path, headers={"If-None-Match": tag})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)


async def test_a_stale_if_match_is_a_412(signed_in: Client) -> None:
    path = (await upload(signed_in)).headers["Location"]
    stale = {"If-Match": '"other"'}
    for method, address in [("GET", path), ("GET", f"{path}/content"), ("DELETE", path)]:
        assert is_error(await signed_in.send(method, address, headers=stale), 412, "precondition_failed")
    assert (await signed_in.send("GET", path)).status == 200


async def test_an_upload_whose_version_is_named_by_if_none_match_is_not_deleted(signed_in: Client) -> None:
    """RFC 9110, sections 13.1.2 and 13.2.2."""
    sent = await upload(signed_in)
    path, tag = sent.headers["Location"], sent.headers["ETag"]
    for condition in ("*", tag, f'"other", W/{tag}'):
        answer = await signed_in.send("DELETE", path, headers={"If-None-Match": condition})
        assert is_error(answer, 412, "precondition_failed")
    assert (await signed_in.send("DELETE", path, headers={"If-None-Match": '"other"'})).status == 204


async def test_a_deleted_upload_is_gone_with_its_bytes(signed_in: Client) -> None:
    sent = await upload(signed_in)
    path = sent.headers["Location"]
    assert sent.json["id"] in stored(signed_in)
    assert (await signed_in.send("DELETE", path)).status == 204
    assert sent.json["id"] not in stored(signed_in)
    for method, address in [("GET", path), ("GET", f"{path}/content"), ("DELETE", path)]:
        assert is_error(await signed_in.send(method, address), 404, "not_found")


async def test_somebody_elses_upload_is_not_there(signed_in: Client) -> None:
    path = (await upload(signed_in)).headers["Location"]
    other = bearer(await token_of(signed_in, "other@example.com"))
    for method, address in [("GET", path), ("GET", f"{path}/content"), ("DELETE", path)]:
        assert is_error(await signed_in.send(method, address, headers=other), 404, "not_found")
    theirs = (await signed_in.send("GET", "/api/uploads", headers=other)).json
    assert path.rpartition("/")[2] not in {one["id"] for one in theirs["data"]}
    assert (await signed_in.send("GET", f"{path}/content")).body == b"hello"


async def test_all_of_uploads_needs_a_sign_in(client: Client) -> None:
    paths = [("POST", ""), ("GET", ""), ("GET", f"/{NOBODYS_ID}"), ("GET", f"/{NOBODYS_ID}/content"), ("DELETE", "/x")]
    for method, path in paths:
        assert is_error(await client.send(method, f"/api/uploads{path}"), 401, "unauthorized")


# Progress


async def test_progress_is_told_while_the_body_is_still_arriving(signed_in: Client) -> None:
    async with (
        listening(signed_in, "uploads") as listener,
        slow_upload(signed_in, 2000, NAMED) as slow,
    ):
        begun = await listener.until("upload_progress")
        assert (begun["upload_id"], begun["received"], begun["percent"]) == (NAMED, 0, 0)
        for share in (1, 2, 3):
            await slow.send(500)
            told = await listener.until("upload_progress")
            assert told["percent"] >= 20 * share
            assert told["total"] == slow.total
            assert 500 * share <= told["received"] < slow.total
            await asyncio.sleep(0.06)
        await slow.send(500)
        assert (await slow.finish()).startswith(b"HTTP/1.1 201")
        done = await listener.until("upload_complete")
        assert (done["upload"]["id"], done["upload"]["size"]) == (NAMED, 2000)
        told = [frame for frame in listener.heard if frame["type"] == "upload_progress"]
        assert (told[-1]["percent"], told[-1]["received"]) == (100, slow.total)
        assert all(frame["percent"] == frame["received"] * 100 // frame["total"] for frame in told)


async def test_progress_never_goes_back_and_comes_at_most_20_times_a_second(signed_in: Client) -> None:
    async with listening(signed_in, "uploads") as listener:
        begun = asyncio.get_running_loop().time()
        assert (await upload(signed_in, b"x" * 8_000_000)).status == 201
        took = asyncio.get_running_loop().time() - begun
        await listener.until("upload_complete")
    percents = [frame["percent"] for frame in listener.heard if frame["type"] == "upload_progress"]
    assert percents == sorted(set(percents))
    assert (percents[0], percents[-1]) == (0, 100)
    assert len(percents) <= 3 + took * 20


async def test_progress_is_told_also_while_the_sandboxs_clock_stands_still(signed_in: Client) -> None:
    signed_in.sandbox.clock.freeze()
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 1000, NAMED) as slow:
        await listener.until("upload_progress")
        await asyncio.sleep(0.06)
        await slow.send(500)
        assert 0 < (await listener.until("upload_progress"))["percent"] < 100
        await slow.send(500)
        await slow.finish()


async def test_the_topic_of_an_upload_can_be_heard_while_it_arrives_and_after(signed_in: Client) -> None:
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 10, NAMED) as slow:
        await listener.until("upload_progress")
        async with listening(signed_in, f"upload:{NAMED}") as other:
            await slow.send(10)
            await slow.finish()
            done = await other.until("upload_complete")
            assert done["topic"] == f"upload:{NAMED}"
    async with listening(signed_in, f"upload:{NAMED}"):
        pass


async def test_the_topic_of_an_upload_can_be_heard_before_its_first_byte(signed_in: Client) -> None:
    """CONTRACT.md, "Where rows meet": an `upload:<uuid>` that nobody has yet may be subscribed to."""
    async with listening(signed_in, f"upload:{NAMED}") as listener:
        assert (await upload(signed_in, headers={"X-Upload-Id": NAMED})).status == 201
        await listener.until("upload_complete")
    told = [(frame["type"], frame.get("percent")) for frame in listener.heard if "upload" in frame["type"]]
    assert told[0] == ("upload_progress", 0)
    assert told[-2:] == [("upload_progress", 100), ("upload_complete", None)]


async def test_whoever_waits_for_an_upload_that_another_sends_is_told_nothing_of_it(signed_in: Client) -> None:
    token = await token_of(signed_in, "other@example.com")
    async with listening(signed_in, f"upload:{NAMED}", token=token) as stranger:
        sent = await upload(signed_in, headers={"X-Upload-Id": NAMED})
        assert sent.status == 201
        assert await stranger.is_silent()
        # It is somebody's now.
        answer = await stranger.say(type="subscribe", topics=[f"upload:{NAMED}"])
        assert (answer["type"], answer["error"]) == ("error", "forbidden_topic")
        await signed_in.send("DELETE", f"/api/uploads/{NAMED}")
        again = await upload(signed_in, headers=bearer(token) | {"X-Upload-Id": NAMED})
        assert again.status == 201
        assert (await stranger.until("upload_complete"))["upload"]["id"] == NAMED


async def test_an_upload_that_another_is_sending_may_not_be_subscribed_to(signed_in: Client) -> None:
    token = await token_of(signed_in, "other@example.com")
    async with listening(signed_in, "uploads") as mine, slow_upload(signed_in, 10, NAMED) as slow:
        await mine.until("upload_progress")
        async with listening(signed_in, token=token) as stranger:
            answer = await stranger.say(type="subscribe", topics=[f"upload:{NAMED}"])
            assert (answer["type"], answer["error"]) == ("error", "forbidden_topic")
        slow.abort()


async def test_a_connection_may_wait_for_a_thousand_uploads_and_no_more(signed_in: Client) -> None:
    async with listening(signed_in, "uploads") as listener:
        topics = [f"upload:{NAMED[:-4]}{number:04}" for number in range(1000)]
        for start in range(0, 900, 100):
            assert (await listener.say(type="subscribe", topics=topics[start : start + 100]))["status"] == "subscribed"
        answer = await listener.say(type="subscribe", topics=topics[900:])
        assert (answer["type"], answer["message"]) == ("error", "A connection may hear 1000 topics at most")
        assert (await listener.say(type="unsubscribe", topics=["uploads"]))["status"] == "unsubscribed"
        assert (await listener.say(type="subscribe", topics=topics[900:]))["status"] == "subscribed"


@pytest.mark.parametrize("name", ["", "x", "1", NAMED[:-1], NAMED + "0", "*", "../" + NAMED])
async def test_a_topic_of_what_can_be_no_upload_is_forbidden(signed_in: Client, name: str) -> None:
    async with listening(signed_in) as listener:
        answer = await listener.say(type="subscribe", topics=[f"upload:{name}"])
        assert (answer["type"], answer["error"]) == ("error", "forbidden_topic")


async def test_an_aborted_upload_leaves_no_file_and_no_row_and_says_so(signed_in: Client) -> None:
    before = stored(signed_in)
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 1000, NAMED) as slow:
        await listener.until("upload_progress")
        await slow.send(500)
        await listener.until("upload_progress")
        assert stored(signed_in) > before
        slow.abort()
        failed = await listener.until("upload_failed")
    assert failed["upload_id"] == NAMED
    assert failed.keys() == {"id", "type", "topic", "timestamp", "upload_id", "error"}
    assert stored(signed_in) == before
    assert is_error(await signed_in.send("GET", f"/api/uploads/{NAMED}"), 404, "not_found")
    assert (await upload(signed_in, headers={"X-Upload-Id": NAMED})).status == 201


async def test_an_aborted_upload_is_no_fault_of_the_servers(
    signed_in: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(signed_in, "uploads") as listener, slow_upload(signed_in, 1000, NAMED) as slow:
        await slow.send(500)
        await listener.until("upload_progress")
        slow.abort()
        failed = await listener.until("upload_failed")
    await asyncio.sleep(0.05)
    assert failed["error"] == "bad_request"
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_a_refused_upload_says_why_on_the_socket_too(start: StartServer) -> None:
    async with start(limits_upload=100) as client:
        await client.sign_in()
        async with listening(client, "uploads") as listener:
            await upload(client, b"x" * 101)
            assert (await listener.until("upload_failed"))["error"] == "payload_too_large"


async def test_nobody_else_hears_of_an_upload(signed_in: Client) -> None:
    token = await token_of(signed_in, "other@example.com")
    async with listening(signed_in, "uploads", token=token) as stranger:
        sent = await upload(signed_in)
        assert await stranger.is_silent()
        answer = await stranger.say(type="subscribe", topics=[f"upload:{sent.json['id']}"])
        assert (answer["type"], answer["error"]) == ("error", "forbidden_topic")
