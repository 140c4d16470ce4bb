"""What is recorded while it passes: a HAR file that is whole at each moment, without secrets."""

from __future__ import annotations

import errno
import gzip
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import FileError
from devkit.recording import scribe, writer
from devkit.recording.base import Fields, Pairs, Recorded, Timing
from devkit.recording.reading import open_recording
from devkit.recording.writer import FolderRecorder, recorder_of

ORIGIN = "http://shop.test"
JSON = (("Content-Type", "application/json"),)


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[FolderRecorder]:
    made = recorder_of(tmp_path / "shop")
    yield made
    made.close()


def pairs(fields: Fields) -> Pairs:
    return tuple((name.encode(), value.encode()) for name, value in fields)


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
    draft = recorder.begin(method, ORIGIN, target, pairs(fields))
    if body:
        draft.sent(body)
    if status:
        draft.answered(status, "", pairs(said))
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
    draft.answered(200, "OK", pairs((("Content-Type", "text/event-stream"),)))
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
    draft = recorder.begin("GET", ORIGIN, "/ws", pairs((("Upgrade", "websocket"),)))
    draft.answered(101, "", pairs((("Upgrade", "websocket"),)))
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


def test_what_came_before_and_comes_again_is_written_without_a_secret_that_is_known_since(
    recorder: FolderRecorder,
) -> None:
    again = {"target": f"/orders/{SECRET}", "said": (*JSON, ("X-Order", SECRET)), "answer": f'["{SECRET}"]'.encode()}
    for _ in range(2):
        pass_by(recorder, **again)
    # It is the same exchange's own body that tells, before its head is looked at.
    pass_by(recorder, "POST", **{**again, "answer": json.dumps({"token": SECRET}).encode()})
    for _ in range(2):
        pass_by(recorder, **again)
    first, second, *after = text_of(recorder).splitlines()[1:-1]

    # Nobody could know it then.
    assert (first.count(SECRET), second.count(SECRET)) == (3, 3)
    assert [(line.count(SECRET), line.count("devkit-secret-1")) for line in after] == [(0, 3)] * 3


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
        for number in range(60):
            draft = recorder.begin("GET", "http://shop.test", f"/{number}", ())
            draft.answered(200, "OK", ())
            draft.received(b"x" * 3000)
            draft.end(Timing())
            while recorder.count <= number:
                pass
            if number == 40:
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

    assert (ended.returncode, ended.stdout) == (-9, "40\n"), ended.stderr
    assert [one.target for one in found] == [f"/{number}" for number in range(41)]


@pytest.mark.parametrize("cut", [1, 5, 40, 400])
def test_a_line_that_is_not_whole_costs_no_other(recorder: FolderRecorder, cut: int) -> None:
    for number in range(3):
        pass_by(recorder, target=f"/{number}")
    recorder.close()
    path = recorder.folder / "session.har"
    path.write_bytes(path.read_bytes()[:-cut])
    found = [one.target for one in open_recording(recorder.folder)]

    assert found in (["/0", "/1", "/2"], ["/0", "/1"])


def written(recorder: FolderRecorder, count: int) -> None:
    """Wait until so many exchanges are written, or lost."""
    while recorder.count + recorder.lost < count:
        pass


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.message.partition(": ")[2] for one in caplog.records if one.levelno == logging.WARNING]


@pytest.fixture
def process(recorder: FolderRecorder) -> subprocess.Popen[bytes]:
    """The one that writes, beside this one."""
    found = recorder._scribe._process
    assert found is not None
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_full_disk_is_told_once_and_loses_nothing(
    recorder: FolderRecorder, process: subprocess.Popen[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    pass_by(recorder, target="/before")
    written(recorder, 1)
    # A limit on the size of files ends a write in its middle, as a full disk does.
    size = (recorder.folder / "session.har").stat().st_size
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
    for number in range(5):
        pass_by(recorder, target=f"/{number}")
        written(recorder, 2 + number)
    # Whole while the disk is full, too.
    assert len(json.loads((recorder.folder / "session.har").read_bytes())["log"]["entries"]) == 1
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    pass_by(recorder, target="/after")
    found = read(recorder)

    assert [one.target for one in found] == ["/before", "/after"]
    assert warnings(caplog) == [
        "cannot be written: File too large. What was recorded is kept, and traffic goes on",
        "5 exchanges could not be recorded",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no other process")
def test_where_the_other_process_ends_recording_goes_on_and_nothing_is_lost_or_mixed_up(
    recorder: FolderRecorder, process: subprocess.Popen[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    pass_by(recorder, target="/before", fields=(("Authorization", f"Bearer {SECRET}"),))
    written(recorder, 1)
    os.kill(process.pid, signal.SIGKILL)
    pass_by(recorder, target="/after", fields=(("Authorization", "Bearer another-secret-1"),))
    found = read(recorder)

    assert [one.target for one in found] == ["/before", "/after"]
    assert [one.request_fields[0][1] for one in found] == ["Bearer devkit-secret-1", "Bearer devkit-secret-2"]
    assert warnings(caplog) == []


def test_where_there_can_be_no_other_process_all_is_written_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(scribe.beside.subprocess, "Popen", fails)
    recorder = recorder_of(tmp_path / "shop")
    pass_by(recorder)

    assert [one.target for one in read(recorder)] == ["/orders"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no other process")
def test_whoever_presses_control_c_ends_recording_in_order(tmp_path: Path) -> None:
    program = """
        import os, signal, sys, pathlib
        from devkit.recording.base import Timing
        from devkit.recording.writer import recorder_of
        recorder = recorder_of(pathlib.Path(sys.argv[1]))
        recorder.begin("GET", "http://shop.test", "/before", ()).end(Timing(), "refused")
        try:
            os.killpg(0, signal.SIGINT)
        except KeyboardInterrupt:
            recorder.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "shop")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    found = [*open_recording(tmp_path / "shop")]

    assert (ended.returncode, [one.target for one in found]) == (0, ["/before"]), ended.stderr


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
    half.answered(200, "OK", pairs(JSON))
    half.received(b'{"a":')
    stream = recorder.begin("GET", ORIGIN, "/stream", ())
    stream.answered(200, "OK", pairs((("Content-Type", "text/event-stream"),)))
    stream.received(b"data: 1\n\n")
    found = {one.target: one for one in read(recorder)}

    assert (set(found), asked.status) == ({"/half", "/stream"}, 0)
    assert found["/half"].unknown == {"answer"}
    assert recorder._taken == recorder._released
    assert [one.data for one in found["/stream"].events] == [b"data: 1\n\n"]


def test_bodies_without_end_take_no_memory_without_end(recorder: FolderRecorder) -> None:
    draft = recorder.begin("GET", ORIGIN, "/film", ())
    draft.answered(200, "OK", pairs((("Content-Type", "video/mp4"),)))
    piece = b"x" * (1024 * 1024)
    for _ in range(200):
        draft.received(piece)

    assert draft.received_pieces is None
    assert draft.size < 33 * len(piece)
    draft.end(Timing())
    assert read(recorder)[0].unknown == {"answer"}


def test_exchanges_that_nobody_writes_take_no_memory_without_end(
    recorder: FolderRecorder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "_WAITING", 100 * 1024)
    held = threading.Event()
    take = recorder._scribe.take
    monkeypatch.setattr(recorder._scribe, "take", lambda told: held.wait() and take(told))
    for _ in range(100):
        pass_by(recorder)
    waiting = recorder._taken - recorder._released
    held.set()
    found = read(recorder)

    assert waiting <= 100 * 1024
    assert (len(found), recorder.lost) == (len(found), 100 - len(found))
    assert recorder.lost > 0
    assert warnings(caplog)[-1] == f"{recorder.lost} exchanges could not be recorded"
    assert recorder._taken == recorder._released
