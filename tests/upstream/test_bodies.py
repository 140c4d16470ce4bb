"""Bodies in which upstream's own origin becomes ours, however they come."""

from __future__ import annotations

import gzip
import zlib

import pytest

from devkit.upstream.bodies import Rewriting, Undecodable, accepted, rewritten
from devkit.upstream.fields import up
from devkit.upstream.mapping import Mapping
from tests.upstream.mappings import mapping

PLAIN = mapping("http://api.shop.test:9000")
BELOW = mapping("http://api.shop.test:9000/v2", root="/~w1")
STANDARD = mapping("https://shop.test", origin="https://localhost:8000")


def through(way: Mapping, data: bytes, coding: bytes = b"identity", size: int = 1 << 30) -> bytes:
    body = Rewriting(way, coding)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join([made for piece in pieces for made in body.feed(piece)]) + body.end()


@pytest.mark.parametrize(
    ("way", "text", "made"),
    [
        (PLAIN, b'{"next":"http://api.shop.test:9000/a?b"}', b'{"next":"http://localhost:8000/a?b"}'),
        (PLAIN, b"HTTP://Api.Shop.test:9000", b"http://localhost:8000"),
        (PLAIN, b"ws://api.shop.test:9000/live", b"ws://localhost:8000/live"),
        # As PHP writes JSON, and as JSON is put into HTML.
        (PLAIN, rb'"http:\/\/api.shop.test:9000\/a"', rb'"http:\/\/localhost:8000\/a"'),
        (PLAIN, rb'"http:\u002F\u002fapi.shop.test:9000"', rb'"http:\u002F\u002Flocalhost:8000"'),
        (
            PLAIN,
            b"See http://api.shop.test:9000. http://api.shop.test:9000",
            b"See http://localhost:8000. http://localhost:8000",
        ),
        (STANDARD, b"https://shop.test, wss://shop.test/", b"https://localhost:8000, wss://localhost:8000/"),
        (
            BELOW,
            b"http://api.shop.test:9000/v2/a http://api.shop.test:9000/v2",
            b"http://localhost:8000/~w1/a http://localhost:8000/~w1",
        ),
        (BELOW, rb"http:\/\/api.shop.test:9000\/v2\/a", rb"http:\/\/localhost:8000\/~w1\/a"),
    ],
)
def test_upstreams_origin_is_ours_wherever_the_pieces_end(way: Mapping, text: bytes, made: bytes) -> None:
    for size in range(1, len(text) + 1):
        assert through(way, text, size=size) == made, size


@pytest.mark.parametrize(
    ("way", "text"),
    [
        (PLAIN, b"http://api.shop.test:90001 http://api.shop.test https://api.shop.test:9000 //api.shop.test:9000"),
        (
            STANDARD,
            b"https://shop.test.evil.test https://shop.test:8443 https://shop.tests https://shop.test@evil.test",
        ),
        (STANDARD, b"http://shop.test https%3A%2F%2Fshop.test https://shop-test ws://shop.test"),
        (BELOW, b"http://api.shop.test:9000/v22 http://api.shop.test:9000/ http://api.shop.test:9000/v2.json /v2/a"),
        (BELOW, b"http://api.shop.test:9000/V2/a http://api.shop.test:9000/v2%20"),
        (PLAIN, b"h ht http http: http:/ http:// w ws ws:\\ http:\\/\\ http:\\u002 \\u002f"),
        (PLAIN, "\N{GRINNING FACE} hä".encode() * 3),
        (PLAIN, b""),
    ],
)
def test_what_only_looks_like_it_stays(way: Mapping, text: bytes) -> None:
    for size in range(1, len(text) + 1):
        assert through(way, text, size=size) == text, size


def test_what_cannot_be_the_beginning_of_an_origin_leaves_at_once() -> None:
    """An event of a stream is not held back for the next."""
    body = Rewriting(PLAIN)
    assert b"".join(body.feed(b"data: http://api.shop.test:9000/a\n\n")) == b"data: http://localhost:8000/a\n\n"
    assert b"".join(body.feed(b"data: with")) == b"data: wit"
    assert b"".join(body.feed(b"out\n\n")) == b"hout\n\n"
    assert body.end() == b""


TEXT = b'{"next": "http://api.shop.test:9000/a"}' * 20_000
MADE = b'{"next": "http://localhost:8000/a"}' * 20_000


def raw_deflate(data: bytes) -> bytes:
    deflating = zlib.compressobj(wbits=-15)
    return deflating.compress(data) + deflating.flush()


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        pytest.param(b"gzip", gzip.compress(TEXT), id="gzip"),
        pytest.param(b"x-gzip", gzip.compress(TEXT[:5_000]) + gzip.compress(TEXT[5_000:]), id="two members"),
        pytest.param(b"gzip", gzip.compress(TEXT) + b"\0\0", id="padded"),
        pytest.param(b"deflate", zlib.compress(TEXT), id="deflate"),
        pytest.param(b"deflate", raw_deflate(TEXT), id="deflate without header"),
    ],
)
def test_codings_are_undone(coding: bytes, data: bytes) -> None:
    assert through(PLAIN, data, coding) == MADE
    assert through(PLAIN, data, coding, size=1) == MADE


def test_a_bomb_comes_in_pieces() -> None:
    body = Rewriting(PLAIN, b"gzip")
    sizes = [len(piece) for piece in body.feed(gzip.compress(b"a" * 4_000_000))]
    assert sum(sizes) == 4_000_000
    assert max(sizes) <= 300_000


def test_a_body_that_ends_within_its_coding_ends_where_it_ended() -> None:
    """As for most clients (FACTS, "Clients": half a gzip body is an error almost nowhere)."""
    data = gzip.compress(b"a" * 1_000 + b"http://api.shop.test:9000", 0)
    assert through(PLAIN, data[:-9], b"gzip") == b"a" * 1_000 + b"http://api.shop.test:9000"[:-1]


@pytest.mark.parametrize(
    ("coding", "data"),
    [(b"gzip", b"not gzip"), (b"gzip", gzip.compress(TEXT)[:-8] + b"x" * 8), (b"deflate", b"\xff\xff\xff")],
)
def test_what_is_not_what_it_says_has_no_right_end(coding: bytes, data: bytes) -> None:
    with pytest.raises(Undecodable, match="the body cannot be decoded"):
        through(PLAIN, data, coding)


def fields(*lines: str) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, _, value in (line.partition(": ") for line in lines)]


@pytest.mark.parametrize(
    "kind",
    ["text/html; charset=utf-8", "application/json", "application/problem+json", "TEXT/EVENT-STREAM", "image/svg+xml",
     "application/javascript", "application/x-ndjson"],
)  # fmt: skip
def test_text_is_rewritten_and_loses_what_was_said_of_its_bytes(kind: str) -> None:
    given = fields("Date: now", f"Content-Type: {kind}", "content-length: 9", "Content-Encoding: gzip", 'ETag: "a"',
                   "Repr-Digest: x", "Accept-Ranges: bytes", "Vary: a")  # fmt: skip
    body, left, told = rewritten(given, PLAIN, status=200)
    assert body is not None
    assert [name for name, _ in left] == [b"Date", b"Content-Type", b"ETag", b"Vary"]
    assert told == ""


@pytest.mark.parametrize(
    ("lines", "status", "told"),
    [
        (("Content-Type: image/png",), 200, ""),
        ((), 200, ""),
        (("Content-Type: text/html",), 304, ""),
        (
            ("Content-Type: text/html", "Content-Encoding: br"),
            200,
            "it is encoded as br, which cannot be undone here",
        ),
        (
            ("Content-Type: text/html", "Content-Encoding: gzip, br"),
            200,
            "it is encoded as gzip, br, which cannot be undone here",
        ),
        (
            ("Content-Type: text/csv", "Content-Range: bytes 0-1/5"),
            206,
            "it is a part of one",
        ),
        (
            ('Content-Type: text/csv; x=1 ;Charset="UTF-16LE"',),
            200,
            "its characters are not written in bytes of ASCII",
        ),
    ],
)
def test_what_is_not_rewritten_stays_as_it_is_and_says_why(lines: tuple[str, ...], status: int, told: str) -> None:
    given = fields(*lines, "Content-Length: 5")
    sentence = f"the body is not rewritten: {told}" if told else ""
    assert rewritten(given, PLAIN, status=status) == (None, given, sentence)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        (b"gzip, deflate, br, zstd", b"gzip, deflate"),
        (b"br;q=1.0, GZIP;q=0.5 , *;q=0", b"GZIP;q=0.5"),
        (b"br", b"identity"),
        (b"", b"identity"),
    ],
)
def test_upstream_is_asked_for_codings_that_can_be_undone(field: bytes, asked: bytes) -> None:
    assert accepted(field) == asked
    for rewrite, wanted in ((True, asked), (False, field)):
        sent = dict(up([(b"Accept-Encoding", field)], mapping(rewrite=rewrite)))
        assert sent[b"Accept-Encoding"] == wanted
