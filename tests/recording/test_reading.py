"""HAR files as they really come (FACTS.md, "HAR files, as they really come"): each fact there is a test here."""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import FileError
from devkit.recording.base import Recorded
from devkit.recording.reading import open_recording
from tests.recording.hars import entry, fields, har, write


def read(path: Path, *entries: Any, creator: str = "WebInspector") -> tuple[list[Recorded], list[str]]:
    recording = open_recording(write(path / "one.har", *entries, creator=creator))
    found = [*recording]
    return found, recording.warnings


def body_of(exchange: Recorded) -> bytes:
    assert exchange.answer_body is not None
    return exchange.answer_body.read()


def sent_by(exchange: Recorded) -> bytes:
    assert exchange.request_body is not None
    return exchange.request_body.read()


def test_exchanges_come_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    # Firefox writes offsets, not Z.
    late = entry(url="http://shop.test/b") | {"startedDateTime": "2026-01-20T12:00:02.000+02:00"}
    found, _ = read(tmp_path, entry(url="http://shop.test/c", second=3), late, entry(url="http://shop.test/a"))

    assert [one.target for one in found] == ["/a", "/b", "/c"]
    assert [one.at for one in found] == [1768903200.0, 1768903202.0, 1768903203.0]


def test_the_address_is_that_of_the_url_whatever_the_query_string_says(tmp_path: Path) -> None:
    # Chromium writes `queryString` encoded, Playwright and Firefox decoded.
    found, _ = read(tmp_path, entry(url="https://SHOP.test/a%20b?q=x%26y&q=2#top"))

    assert (found[0].origin, found[0].target) == ("https://shop.test", "/a%20b?q=x%26y&q=2")


@pytest.mark.parametrize("status", [0, -1])
def test_status_0_and_minus_1_are_failures(tmp_path: Path, status: int) -> None:
    # 0: Chromium, Firefox, mitmproxy; -1: Playwright.
    failed = entry(status=status, response={"_failureText": "net::ERR_CONNECTION_RESET"})
    found, warnings = read(tmp_path, failed)

    assert (found[0].status, found[0].failure, warnings) == (0, "reset", [])


def test_a_204_whose_body_nobody_read_is_no_failure(tmp_path: Path) -> None:
    found, warnings = read(tmp_path, entry("DELETE", status=204, response={"_error": "net::ERR_ABORTED"}))

    assert (found[0].status, found[0].failure, found[0].unknown, warnings) == (204, "", frozenset(), [])


def test_the_two_entries_of_a_service_worker_are_one_exchange(tmp_path: Path) -> None:
    page = entry(second=1, answer='{"id": 1}', said={"X-From": "worker"}, response={"_fetchedViaServiceWorker": True})
    network = entry(second=1.002, said={"X-From": "network"}, answer="")
    made = entry(url="http://shop.test/cached", answer="1", response={"_fetchedViaServiceWorker": True})
    found, warnings = read(tmp_path, network, page, made)

    assert [one.target for one in found] == ["/orders"]
    assert ("X-From", "network") in found[0].answer_fields
    assert body_of(found[0]) == b'{"id": 1}'
    assert len(warnings) == 1
    assert "entry 3 (GET http://shop.test/cached)" in warnings[0]
    assert "a service worker made the answer" in warnings[0]


def test_preflights_are_no_exchanges(tmp_path: Path) -> None:
    found, _ = read(tmp_path, entry(body="{}", method="POST"), entry("OPTIONS", second=-0.0, status=204))

    assert [one.method for one in found] == ["POST"]


def test_sizes_are_not_believed(tmp_path: Path) -> None:
    # Firefox counts header fields in `bodySize`; it and mitmproxy count compressed bytes.
    odd = entry(answer='{"a":1}', content={"size": 99_999, "compression": -5}, response={"bodySize": -7})
    found, warnings = read(tmp_path, odd)

    assert found[0].answer_body
    assert (found[0].answer_body.size, warnings) == (7, [])


def test_cookies_are_those_of_set_cookie_alone(tmp_path: Path) -> None:
    # Chromium's `cookies` say 1969 of session cookies; chrome-har joins several fields by a newline.
    joined = entry(
        said={"Set-Cookie": "a=1; Path=/\nb=2; HttpOnly"}, response={"cookies": [{"name": "c", "value": "3"}]}
    )
    found, warnings = read(tmp_path, joined, creator="chrome-har")

    assert [value for name, value in found[0].answer_fields if name == "Set-Cookie"] == ["a=1; Path=/", "b=2; HttpOnly"]
    assert len(warnings) == 1
    assert "chrome-har puts a redirect's cookies on the next answer" in warnings[0]


def test_polly_is_known_to_lose_cookies_and_redirects(tmp_path: Path) -> None:
    _, warnings = read(tmp_path, entry(), creator="Polly.JS")

    assert ["one Set-Cookie of several" in one for one in warnings] == [True]


def test_pollys_compressed_bodies_are_read(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"a": 1}')
    pieces = json.dumps([packed[:9].hex(), packed[9:].hex()])
    found, _ = read(tmp_path, entry(said={"Content-Encoding": "gzip"}, answer=pieces), creator="Polly.JS")

    assert body_of(found[0]) == b'{"a": 1}'


@pytest.mark.parametrize("scale", [1, 1000])
def test_frames_have_times_in_seconds_or_in_milliseconds(tmp_path: Path, scale: int) -> None:
    # Chromium and mitmproxy: seconds; Playwright: milliseconds. mitmproxy's socket has an `http:` URL.
    base = 1768903200.0
    messages = [
        {"type": "send", "time": (base + 0.103) * scale, "opcode": 1, "data": "hi"},
        {"type": "receive", "time": (base + 0.203) * scale, "opcode": 2, "data": "AQL/"},
        {"type": "receive", "time": (base + 0.303) * scale, "opcode": 9, "data": ""},
    ]
    found, _ = read(tmp_path, entry(status=101, _webSocketMessages=messages))

    assert [(round(one.after), one.direction, one.data) for one in found[0].frames] == [
        (100, "sent", "hi"),
        (200, "received", b"\x01\x02\xff"),
    ]


def test_a_socket_of_firefox_says_nothing_and_that_is_told(tmp_path: Path) -> None:
    upgrade = {"Upgrade": "websocket"}
    found, warnings = read(tmp_path, entry(url="ws://shop.test/ws", status=101, sent=upgrade, said=upgrade))

    assert (found[0].status, found[0].origin, found[0].frames) == (101, "http://shop.test", ())
    assert ["its messages were not recorded" in one for one in warnings] == [True]


def test_playwrights_attached_bodies_and_frames_are_read_beside_it_and_in_a_zip(tmp_path: Path) -> None:
    frames = json.dumps({"type": "send", "time": 1768903200103.5, "opcode": 1, "data": "hi"}) + "\n"
    entries = (
        entry("POST", body="", answer="", content={"text": None, "_file": "b.json"}),
        entry(url="ws://shop.test/ws", status=101, second=1, content={"_file": "f.jsonl"}),
    )
    entries[0]["request"]["postData"]["_file"] = "a.bin"
    files = {"a.bin": b"\xe9", "b.json": b"{}", "f.jsonl": frames.encode()}
    folder = tmp_path / "attached"
    folder.mkdir()
    write(folder / "x.har", *entries, creator="Playwright")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with zipfile.ZipFile(tmp_path / "attached.zip", "w") as archive:
        archive.writestr("har.har", json.dumps(har(*entries, creator="Playwright")))
        for name, data in files.items():
            archive.writestr(name, data)

    for path in (folder, folder / "x.har", tmp_path / "attached.zip"):
        posted, socket = open_recording(path)
        assert (sent_by(posted), body_of(posted)) == (b"\xe9", b"{}")
        assert [one.data for one in socket.frames] == ["hi"]


def test_a_har_cannot_name_files_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "in").mkdir()
    found, warnings = read(tmp_path / "in", entry(answer="", content={"text": None, "_file": "../secret.json"}))

    assert found[0].answer_body is None
    assert ["is in ../secret.json, and that is not there" in one for one in warnings] == [True]


@pytest.mark.parametrize(("length", "data"), [("1", b"\xe9"), ("2", b"\xc3\xa9")])
def test_the_content_length_says_which_bytes_a_text_was(tmp_path: Path, length: str, data: bytes) -> None:
    # Chromium writes E9 and C3 A9 as the same text.
    kind = "application/octet-stream"
    found, _ = read(tmp_path, entry("POST", body="é", kind=kind, sent={"Content-Length": length}))

    assert sent_by(found[0]) == data


def test_bytes_that_were_lost_are_told(tmp_path: Path) -> None:
    # Chromium: U+FFFD for file bytes in multipart.
    kind = "multipart/form-data; boundary=x"
    found, warnings = read(tmp_path, entry("POST", body="--x\r\n\ufffd", kind=kind, sent={"Content-Length": "6"}))

    assert (found[0].request_body, found[0].unknown) == (None, {"request"})
    assert ["that are no text were lost" in one for one in warnings] == [True]


def test_binary_answers_of_firefox_and_mitmproxy_are_a_character_for_each_byte(tmp_path: Path) -> None:
    found, _ = read(tmp_path, entry(answer="\x89PNG\xff", answer_kind="image/png"))

    assert body_of(found[0]) == b"\x89PNG\xff"


def test_a_text_is_utf_8_where_nothing_says_otherwise(tmp_path: Path) -> None:
    found, _ = read(tmp_path, entry(answer='{"a":"é"}'))

    assert body_of(found[0]) == '{"a":"é"}'.encode()


@pytest.mark.parametrize("sent", [{"Content-Length": "282"}, {"Content-Type": "multipart/form-data; boundary=x"}])
def test_a_body_that_playwright_did_not_write_down_is_unknown(tmp_path: Path, sent: dict[str, str]) -> None:
    found, warnings = read(tmp_path, entry("POST", sent=sent), creator="Playwright")

    assert (found[0].request_body, found[0].unknown) == (None, {"request"})
    assert ["it is matched by method and address alone" in one for one in warnings] == [True]


def test_an_empty_text_for_bytes_is_unknown_too(tmp_path: Path) -> None:
    # Playwright's `embed` mode, of application/octet-stream.
    found, _ = read(tmp_path, entry("POST", body="", sent={"Content-Length": "1"}))

    assert (found[0].request_body, found[0].unknown) == (None, {"request"})


def test_a_form_that_has_parameters_alone_is_put_together(tmp_path: Path) -> None:
    form = entry("POST", body="", kind="application/x-www-form-urlencoded")
    form["request"]["postData"] = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a", "value": "b c"}, {"name": "d", "value": "é"}],
    }
    found, _ = read(tmp_path, form)

    assert sent_by(found[0]) == b"a=b+c&d=%C3%A9"


def test_a_stream_has_the_times_of_its_messages_and_the_bytes_of_the_whole(tmp_path: Path) -> None:
    base = 1768903200.003
    stream = entry(
        answer=": hello\n\ndata: a\n\nid: 2\ndata: b\n\n",
        answer_kind="text/event-stream",
        _eventSourceMessages=[
            {"time": base + 0.1, "eventName": "message", "eventId": "", "data": "a"},
            {"time": base + 0.25, "eventName": "message", "eventId": "2", "data": "b"},
        ],
    )
    found, _ = read(tmp_path, stream)

    assert [(round(one.after), one.data) for one in found[0].events] == [
        (0, b": hello\n\n"),
        (100, b"data: a\n\n"),
        (250, b"id: 2\ndata: b\n\n"),
    ]


def test_a_stream_that_was_open_is_made_of_its_messages(tmp_path: Path) -> None:
    base = 1768903200.003
    messages = [{"time": base + 0.1, "eventName": "tick", "eventId": "7", "data": "a\nb"}]
    stream = entry(said={"Content-Type": "text/event-stream"}, _eventSourceMessages=messages)
    found, _ = read(tmp_path, stream)

    assert body_of(found[0]) == b"event: tick\nid: 7\ndata: a\ndata: b\n\n"


def test_a_sanitized_export_of_an_open_stream_has_no_data_and_that_is_told(tmp_path: Path) -> None:
    messages = [{"time": 1768903200.1, "eventName": "message", "eventId": ""}]
    found, warnings = read(tmp_path, entry(said={"Content-Type": "text/event-stream"}, _eventSourceMessages=messages))

    assert (found[0].answer_body, found[0].unknown) == (None, {"answer"})
    assert ["a sanitized export has no data of a stream" in one for one in warnings] == [True]


def test_what_http_2_has_for_the_request_line_is_no_field(tmp_path: Path) -> None:
    found, _ = read(tmp_path, entry(sent={":authority": "shop.test", "Accept": "*/*"}))

    assert found[0].request_fields == (("Accept", "*/*"),)


def test_what_never_went_to_a_backend_is_left_out_without_a_word(tmp_path: Path) -> None:
    found, warnings = read(tmp_path, entry(url="data:text/plain,hi"), entry(url="chrome-extension://abc/x.js"))

    assert (found, warnings) == ([], [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"status": 101}, "its status is 101, and it is no WebSocket"),
        ({"status": "200"}, "its status is '200'"),
        ({"url": "nonsense"}, "its URL is no address"),
        ({"startedDateTime": "yesterday"}, "its startedDateTime is 'yesterday'"),
        ({"content": {"text": "x", "encoding": "base64"}}, "its base64 is broken"),
    ],
)
def test_one_odd_entry_costs_one_warning_that_names_it(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    odd = entry(**{name: value for name, value in change.items() if name != "startedDateTime"})
    odd |= {name: value for name, value in change.items() if name == "startedDateTime"}
    found, warnings = read(tmp_path, entry(), odd, entry(url="http://shop.test/b", second=2))

    assert [one.target for one in found] == ["/orders", "/b"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{tmp_path}/one.har: entry 2 (GET ")
    assert warnings[0].endswith(f"is left out: {told}")


@pytest.mark.parametrize("odd", [None, 7, {}, {"request": {"method": "GET"}}])
def test_an_entry_that_is_none_is_a_warning(tmp_path: Path, odd: object) -> None:
    found, warnings = read(tmp_path, odd, entry())

    assert (len(found), len(warnings)) == (1, 1)


def test_many_warnings_of_one_kind_are_counted(tmp_path: Path) -> None:
    _, warnings = read(tmp_path, *(entry("POST", sent={"Content-Length": str(one)}) for one in range(1, 31)))

    assert (len(warnings), "the same of 10 more entries" in warnings[-1]) == (21, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("<html>", "is not HAR: it begins with something else than {"),
        ("[1]", "is not HAR: it begins with something else than {"),
        ('{"openapi": "3.1.0"}', "is not HAR: it has no `log`"),
        ('{"log": {"version": "1.2"}}', "is not HAR: `log` has no `entries`"),
        ('{"log": {"entries": {}}}', "is not HAR: `log.entries` is no list"),
        (
            '{"log": {"entries": [{"a": 1}, {"b": "c',
            "was cut: it ends within entry 2 of `log.entries`, after 39 bytes, and 1",
        ),
        ('{"log": {"entries": [\n{"a": 1} {"b": 2}]}}', "is not JSON: a comma or ] was expected at byte 31"),
    ],
)
def test_a_file_that_is_no_har_is_one_clear_error(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "x.har"
    path.write_text(text)

    with pytest.raises(FileError) as raised:
        open_recording(path)

    assert told in raised.value.message
    assert str(path) in raised.value.message


def test_a_zip_file_that_was_cut_or_has_no_har_is_one_clear_error(tmp_path: Path) -> None:
    cut, other = tmp_path / "cut.zip", tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hi")
    cut.write_bytes(other.read_bytes()[:-8])

    with pytest.raises(FileError, match="is no zip file, or one that was cut"):
        open_recording(cut)
    with pytest.raises(FileError, match="has no HAR file in it"):
        open_recording(other)
    with pytest.raises(FileError, match="there is no HAR file in it"):
        open_recording(tmp_path)


def test_large_files_are_not_held_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    one = entry(answer="x" * (6 * 1024 * 1024), answer_kind="text/plain")
    path = write(tmp_path / "large.har", *[one] * 24)
    tracemalloc.start()
    sizes = {exchange.answer_body.size for exchange in open_recording(path) if exchange.answer_body}
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sizes == {6 * 1024 * 1024}
    # Some copies of the entry that is read, and of no other: the file has 144 MiB.
    assert most < 48 * 1024 * 1024


def test_a_large_body_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    data = bytes(range(256)) * 40
    text = base64.b64encode(data).decode()
    found, _ = read(tmp_path, entry(answer=text, answer_kind="image/png", content={"encoding": "base64"}))

    assert (body_of(found[0]), body_of(found[0])) == (data, data)


def test_repeated_fields_stay_apart(tmp_path: Path) -> None:
    one = entry()
    one["response"]["headers"] = fields(("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Vary", "Origin, Accept"))
    found, _ = read(tmp_path, one)

    assert found[0].answer_fields == (("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Vary", "Origin, Accept"))
