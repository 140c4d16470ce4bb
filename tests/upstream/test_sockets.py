"""WebSocket messages, read as they pass in any pieces (RFC 6455, section 5)."""

from __future__ import annotations

import itertools

import pytest

from devkit.upstream.sockets import ALL, Message, Messages, frame, told, unmasked, without_extensions

MASK = b"\x37\xfa\x21\x3d"


def seen(data: bytes, *, size: int = 1 << 30, kept: int = ALL, raw: bool = False) -> list[Message]:
    reading = Messages(kept)
    reading.is_raw_kept = raw
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    found = list(itertools.chain.from_iterable(map(reading.feed, pieces)))
    assert reading.is_between
    return found


def test_the_standards_own_examples_are_read() -> None:
    """Section 5.7."""
    masked = bytes.fromhex("818537fa213d7f9f4d5158")
    fragments = bytes.fromhex("010348656c 80026c6f")
    ping = bytes.fromhex("890548656c6c6f")
    assert [(found.kind, found.data) for found in seen(masked + fragments + ping)] == [
        ("text", b"Hello"),
        ("text", b"Hello"),
        ("ping", b"Hello"),
    ]
    assert frame("text", b"Hello", MASK) == masked


LENGTHS = [
    *((length, size) for length in (0, 1, 125, 126, 300) for size in (1, 2, 3, 7)),
    *((length, size) for length in (65_535, 65_536) for size in (64, 100_000)),
]


@pytest.mark.parametrize("mask", [b"", MASK])
@pytest.mark.parametrize(("length", "size"), LENGTHS)
def test_any_length_is_read_in_any_pieces(length: int, mask: bytes, size: int) -> None:
    data = bytes(number % 251 for number in range(length))
    if size < 64 and length > 1_000:
        pytest.skip("the same as with more bytes, and slow")
    sent = frame("binary", data, mask)
    found = seen(sent * 2, size=size, raw=True)
    assert [(one.kind, one.data, one.size, one.raw) for one in found] == [("binary", data, length, sent)] * 2


def test_control_frames_between_fragments_are_messages_of_their_own() -> None:
    """Section 5.4."""
    first, rest = b"\x01\x01a", b"\x80\x01b"
    pong, close = frame("pong", b"p"), frame("close", (4401).to_bytes(2, "big") + "größer".encode())
    found = seen(first + pong + rest + close, raw=True)
    assert [(one.kind, one.raw) for one in found] == [("pong", pong), ("text", first + rest), ("close", close)]
    assert (found[2].code, found[2].reason) == (4401, "größer")
    assert seen(frame("close", b""))[0].code == 1005


def test_it_is_known_where_a_message_ends_and_whether_one_has_begun() -> None:
    reading = Messages(ALL)
    assert reading.is_between
    one = frame("text", b"one")
    assert [found.end for found in reading.feed(one * 2 + b"\x01")] == [5, 10]
    assert not reading.is_between
    assert list(reading.feed(b"\x01x")) == []
    assert not reading.is_between
    assert [found.data for found in reading.feed(b"\x80\x00")] == [b"x"]
    assert reading.is_between


def test_of_a_large_message_only_the_beginning_need_be_kept() -> None:
    data = b"abcdefgh" * 10_000
    for size in (999, 1 << 20):
        (found,) = seen(frame("text", data, MASK), size=size, kept=10)
        assert (found.data, found.size, found.raw) == (data[:10], len(data), b"")


def test_what_is_no_frame_that_anybody_knows_is_passed_over() -> None:
    """Reserved opcodes, a continuation of nothing, a message within another."""
    odd = b"\x83\x01x" + b"\x8b\x01x" + b"\x80\x01x" + b"\x01\x01a"
    assert [found.data for found in seen(odd + frame("text", b"ok"))] == [b"ok"]


def test_a_mask_is_taken_off_wherever_it_begins() -> None:
    data = bytes(range(256))
    masked = unmasked(data, MASK)
    assert unmasked(masked, MASK) == data
    for start in range(9):
        assert unmasked(masked[start:], MASK, start) == data[start:]
    assert unmasked(data, b"") == data


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b'{"type": "task.created", "event": "other"}', "task.created"),
        (b' {"event": "pusher:ping", "data": {}}', "pusher:ping"),
        (b'{"type": 4, "event": "e"}', "e"),
        (b'{"kind": "x"}', None),
        (b'["type"]', None),
        (b'{"type": "cut', None),
        (b"plain", None),
        (b"", None),
    ],
)
def test_a_message_may_say_what_it_is(text: bytes, name: str | None) -> None:
    assert told(text)[0] == name


def test_no_extension_is_asked_for() -> None:
    """Section 9.1: a server agrees only on what the client offers."""
    given = [(b"sec-websocket-extensions", b"permessage-deflate"), (b"Sec-WebSocket-Key", b"x")]
    assert without_extensions(given) == given[1:]
