"""What is recorded while it passes: a HAR file that is whole at each moment, without secrets."""

from __future__ import annotations

import errno
import gzip
import json
import logging
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import FileError
from devkit.recording import journal
from devkit.recording.base import Fields, Recorded, Timing
from devkit.recording.reading import open_recording
from devkit.recording.writer import FolderRecorder, recorder_of

ORIGIN = "http://shop.test"
JSON = (("Content-Type", "application/json"),)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[FolderRecorder]:
    made = recorder_of(tmp_path / "shop")
    yield made
    made.close()


def pass_by(
    recorder: FolderRecorder,
    method: str = "GET",
    target: str = "/orders",
    *,
    fields: Fields = (),
    body: bytes = b"",
    status: int = 200,
    said: Fields = JSON,
    answer: bytes = b'{"id": 1}',
    failure: str = "",
) -> None:
    draft = recorder.begin(method, ORIGIN, target, fields)
    if body:
        draft.sent(body)
    if status:
        draft.answered(status, "", said)
        draft.received(answer)
    draft.end(Timing(connect=1, wait=2, receive=3), failure)


def read(recorder: FolderRecorder) -> list[Recorded]:
    recorder.close()
    return [*open_recording(recorder.folder)]


def text_of(recorder: FolderRecorder) -> str:
    recorder.close()
    return (recorder.folder / "session.har").read_text()


def test_what_passed_is_read_as_it_was(recorder: FolderRecorder) -> None:
    sent = (("Content-Type", "application/json"), ("X-A", "1"), ("X-A", "2"))
    pass_by(recorder, "POST", "/orders?a=1&a=2", fields=sent, body=b'{"name": "\xc3\xa9"}', status=201)
    found = read(recorder)[0]

    assert (found.method, found.origin, found.target, found.status) == ("POST", ORIGIN, "/orders?a=1&a=2", 201)
    assert (found.request_fields, found.answer_fields) == (sent, JSON)
    assert found.request_body
    assert found.answer_body
    assert (found.request_body.read(), found.answer_body.read()) == (b'{"name": "\xc3\xa9"}', b'{"id": 1}')
    assert found.timing == Timing(connect=1, wait=2, receive=3)


def test_it_is_har_1_2(recorder: FolderRecorder) -> None:
    pass_by(recorder)
    log = json.loads(text_of(recorder))["log"]

    # What HAR 1.2 requires, and Chrome's and Firefox' importers look for.
    assert (log["version"], log["creator"]["name"]) == ("1.2", "devkit")
    entry = log["entries"][0]
    assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
    assert entry["request"].keys() >= {
        "method",
        "url",
        "httpVersion",
        "cookies",
        "headers",
        "queryString",
        "headersSize",
    }
    assert entry["response"].keys() >= {"status", "statusText", "cookies", "headers", "content", "redirectURL"}


def test_compressed_answers_are_kept_without_their_coding(recorder: FolderRecorder) -> None:
    pass_by(recorder, said=(*JSON, ("Content-Encoding", "gzip")), answer=gzip.compress(b'{"token": "abcdefgh"}'))

    assert '"text":"{\\"token\\": \\"devkit-secret-1\\"}"' in text_of(recorder)


def test_bodies_in_a_coding_that_nobody_can_undo_are_not_recorded(
    recorder: FolderRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        pass_by(recorder, said=(*JSON, ("Content-Encoding", "br")), answer=b"\x0b\x02\x80secret")
    found = read(recorder)

    assert [one.unknown for one in found] == [{"answer"}, {"answer"}]
    assert len(caplog.records) == 1
    assert "bodies in br are recorded without their bytes" in caplog.text


def test_large_bodies_have_files_of_their_own_and_equal_ones_the_same(recorder: FolderRecorder) -> None:
    large = json.dumps(["x" * 100] * 1000).encode()
    for _ in range(2):
        pass_by(recorder, answer=large)
    found = read(recorder)

    assert [one.answer_body.read() == large for one in found if one.answer_body] == [True, True]
    assert found[0].answer_body
    assert [one.name for one in (recorder.folder / "bodies").iterdir()] == [found[0].answer_body.digest]


def test_streams_have_the_time_of_each_event(recorder: FolderRecorder) -> None:
    draft = recorder.begin("GET", ORIGIN, "/events", ())
    draft.answered(200, "OK", (("Content-Type", "text/event-stream"),))
    draft.received(b"data: one\n\n")
    draft.received(b'data: {"access_token": "abcdefgh"}\n\n')
    draft.end(Timing())
    entry = json.loads(text_of(recorder))["log"]["entries"][0]
    found = read(recorder)[0]

    assert [one["data"] for one in entry["_eventSourceMessages"]] == ["one", '{"access_token": "devkit-secret-1"}']
    assert [one.data for one in found.events] == [
        b"data: one\n\n",
        b'data: {"access_token": "devkit-secret-1"}\n\n',
    ]
    assert 0 <= found.events[0].after <= found.events[1].after


def test_sockets_have_their_messages_and_their_close(recorder: FolderRecorder) -> None:
    draft = recorder.begin("GET", ORIGIN, "/ws", (("Upgrade", "websocket"),))
    draft.answered(101, "", (("Upgrade", "websocket"),))
    draft.framed("sent", "hi")
    draft.framed("received", b"\xff\x00")
    draft.framed("received", "bye", 4000)
    draft.end(Timing())
    entry = json.loads(text_of(recorder))["log"]["entries"][0]
    found = read(recorder)[0]

    assert entry["request"]["url"] == "ws://shop.test/ws"
    assert [one["type"] for one in entry["_webSocketMessages"]] == ["send", "receive", "receive"]
    assert [(one.direction, one.data, one.code) for one in found.frames] == [
        ("sent", "hi", None),
        ("received", b"\xff\x00", None),
        ("received", "bye", 4000),
    ]


def test_failures_are_recorded_with_what_came_before(recorder: FolderRecorder) -> None:
    pass_by(recorder, status=0, failure="refused")
    pass_by(recorder, failure="reset")
    found = read(recorder)

    assert [(one.status, one.failure) for one in found] == [(0, "refused"), (200, "reset")]


SECRET = "s3cretS3cretS3cret9"


@pytest.mark.parametrize(
    "told",
    [
        {"fields": (("Authorization", f"Bearer {SECRET}"),)},
        {"fields": (("Authorization", f"Basic {SECRET}"),)},
        {"fields": (("Cookie", f"theme=dark; sid={SECRET}"),)},
        {"fields": (("X-API-Key", SECRET),)},
        {"said": (("Set-Cookie", f"sid={SECRET}; Path=/; HttpOnly"), ("Set-Cookie", "theme=dark"))},
        {"target": f"/files?access_token={SECRET}&page=2"},
        {"target": f"/reset-password/token/{SECRET}"},
        {"body": json.dumps({"email": "a@b.test", "password": SECRET}).encode(), "fields": JSON},
        {
            "body": f"username=a&password={SECRET}".encode(),
            "fields": (("Content-Type", "application/x-www-form-urlencoded"),),
        },
        {
            "body": f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x--'.encode(),
            "fields": (("Content-Type", "multipart/form-data; boundary=x"),),
        },
        {"answer": json.dumps({"user": {"id": 1}, "refreshToken": SECRET}).encode()},
        {"said": (("Content-Type", "text/plain"),), "answer": f"eyJhbGciOiJub25lIn0.eyJz{SECRET}.c2ln".encode()},
    ],
)
def test_secrets_are_replaced_while_writing(recorder: FolderRecorder, told: dict[str, Any]) -> None:
    pass_by(recorder, "POST", **told)
    text = text_of(recorder)

    assert SECRET not in text
    assert "devkit-secret-1" in text
    for path in recorder.folder.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_equal_secrets_have_equal_placeholders_wherever_they_stand(recorder: FolderRecorder) -> None:
    pass_by(recorder, "POST", "/login", answer=json.dumps({"token": SECRET, "csrf": "other-secret-1"}).encode())
    pass_by(recorder, fields=(("Authorization", f"Bearer {SECRET}"),), said=(("Set-Cookie", f"sid={SECRET}"),))
    pass_by(recorder, target=f"/sessions/{SECRET}", answer=json.dumps({"id": SECRET}).encode())
    text = text_of(recorder)

    assert (text.count("devkit-secret-1"), text.count("devkit-secret-2")) == (5, 1)


def test_what_only_looks_like_a_secret_stays(recorder: FolderRecorder) -> None:
    plain = b'{"access": "public", "state": "open", "code": "INVALID_EMAIL_OR_PASSWORD", "token": "", "password": null}'
    pass_by(recorder, answer=plain, said=(*JSON, ("Set-Cookie", "theme=dark; Path=/")))
    found = read(recorder)[0]

    assert found.answer_body
    assert found.answer_body.read() == plain
    assert ("Set-Cookie", "theme=dark; Path=/") in found.answer_fields


def _at_one_moment(path: Path) -> bytes:
    """What is in a file between two writes: whoever reads in several steps may see the end of one and of the next."""
    while True:
        data = path.read_bytes()
        if data == path.read_bytes():
            return data


def test_the_file_is_whole_while_it_is_being_written(recorder: FolderRecorder) -> None:
    path = recorder.folder / "session.har"
    sizes = set()
    for _ in range(50):
        pass_by(recorder)
        sizes.add(len(json.loads(_at_one_moment(path))["log"]["entries"]))
    recorder.close()

    assert len(json.loads(path.read_bytes())["log"]["entries"]) == 50


def test_who_is_killed_loses_nothing_that_was_written(tmp_path: Path) -> None:
    program = """
        import os, sys, pathlib
        from devkit.recording.base import Timing
        from devkit.recording.writer import recorder_of
        recorder = recorder_of(pathlib.Path(sys.argv[1]))
        for number in range(200):
            draft = recorder.begin("GET", "http://shop.test", f"/{number}", ())
            draft.answered(200, "OK", ())
            draft.received(b"x" * 3000)
            draft.end(Timing())
            while recorder.count <= number:
                pass
            if number == 150:
                print(number, flush=True)
                os.kill(os.getpid(), 9)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "shop")],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [*open_recording(tmp_path / "shop")]

    assert (ended.returncode, ended.stdout) == (-9, "150\n"), ended.stderr
    assert [one.target for one in found] == [f"/{number}" for number in range(151)]


@pytest.mark.parametrize("cut", [1, 5, 40, 400])
def test_a_line_that_is_not_whole_costs_no_other(recorder: FolderRecorder, cut: int) -> None:
    for number in range(3):
        pass_by(recorder, target=f"/{number}")
    recorder.close()
    path = recorder.folder / "session.har"
    path.write_bytes(path.read_bytes()[:-cut])
    found = [one.target for one in open_recording(recorder.folder)]

    assert found in (["/0", "/1", "/2"], ["/0", "/1"])


def test_a_full_disk_is_told_once_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = recorder_of(tmp_path / "shop")
    pass_by(recorder, target="/before")
    written = journal.HarFile._write
    while recorder.count < 1:
        pass

    def full(self: journal.HarFile, data: bytes) -> None:
        if len(data) < 10:
            return written(self, data)
        written(self, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journal.HarFile, "_write", full)
        for number in range(5):
            pass_by(recorder, target=f"/{number}")
        while recorder.lost < 5:
            pass
    pass_by(recorder, target="/after")
    found = read(recorder)

    assert [one.target for one in found] == ["/before", "/after"]
    assert [one.message.partition(": ")[2] for one in caplog.records if one.levelno == logging.WARNING] == [
        "cannot be written: No space left on device. What was recorded is kept, and traffic goes on",
        "5 exchanges could not be recorded",
    ]


def test_a_folder_that_cannot_be_written_to_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="is a file: a recording is a folder"):
        recorder_of(tmp_path / "file")
    with pytest.raises(FileError, match="cannot be recorded into: Not a directory"):
        recorder_of(tmp_path / "file" / "shop")

    def read_only(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(FileError, match="shop: cannot be recorded into: Read-only file system"):
        recorder_of(tmp_path / "shop")


def test_two_do_not_record_into_one_folder(recorder: FolderRecorder) -> None:
    with pytest.raises(FileError, match="is being recorded into by another devkit"):
        recorder_of(recorder.folder)


def test_a_second_recording_keeps_the_first_and_touches_nothing_of_the_users(recorder: FolderRecorder) -> None:
    pass_by(recorder, target="/first")
    recorder.close()
    settings = recorder.folder / "replay.yaml"
    settings.write_text("on-miss: mock\n")
    second = recorder_of(recorder.folder)
    pass_by(second, target="/second")
    found = read(second)

    assert [one.target for one in found] == ["/second"]
    assert [one.target for one in open_recording(recorder.folder / "previous.har")] == ["/first"]
    assert settings.read_text() == "on-miss: mock\n"


def test_what_is_under_way_at_the_end_is_recorded_as_far_as_it_came(recorder: FolderRecorder) -> None:
    asked = recorder.begin("GET", ORIGIN, "/asked", ())
    half = recorder.begin("GET", ORIGIN, "/half", ())
    half.answered(200, "OK", JSON)
    half.received(b'{"a":')
    stream = recorder.begin("GET", ORIGIN, "/stream", ())
    stream.answered(200, "OK", (("Content-Type", "text/event-stream"),))
    stream.received(b"data: 1\n\n")
    found = {one.target: one for one in read(recorder)}

    assert (set(found), asked.status) == ({"/half", "/stream"}, 0)
    assert found["/half"].unknown == {"answer"}
    assert [one.data for one in found["/stream"].events] == [b"data: 1\n\n"]


def test_bodies_without_end_take_no_memory_without_end(recorder: FolderRecorder) -> None:
    draft = recorder.begin("GET", ORIGIN, "/film", ())
    draft.answered(200, "OK", (("Content-Type", "video/mp4"),))
    piece = b"x" * (1024 * 1024)
    for _ in range(200):
        draft.received(piece)

    assert len(draft.received_pieces) <= 32
    draft.end(Timing())
    assert read(recorder)[0].unknown == {"answer"}
