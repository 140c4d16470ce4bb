"""`Set-Cookie` as upstream wrote it, and as a client of ours may keep it (RFC 6265bis)."""

from __future__ import annotations

import pytest

from devkit.upstream import cookies
from tests.upstream.mappings import mapping

BELOW = "http://api.shop.test:9000/v2"


@pytest.mark.parametrize(
    "line",
    [
        b"sid=1; Path=/; HttpOnly; Secure; SameSite=None; Partitioned",
        b"__Host-sid=1; Secure; Path=/",
        b"sid",
        b"sid=",
        b"=value",
        b'sid="a;b"; Path=/',
        b"sid=a=b==; expires=Thu, 01 Jan 2026 00:00:00 GMT;Max-Age=3;;  Priority=High ;Whatever",
        b"sid=1; Domain=; domain",
        b"sid=1; Path=relative; Path=",
        b"domain=shop.test; Secure",
        b"",
        b";;;",
        "sid=ä".encode(),
        b"sid=" + b"a" * 65_536 + b"; Path=/",
    ],
)
def test_what_needs_no_change_stays_byte_for_byte(line: bytes) -> None:
    assert cookies.down(line, mapping()) == (line, "")


@pytest.mark.parametrize(
    ("line", "made", "told"),
    [
        (
            b"sid=1;Domain=.Shop.test ; Path=/;  Secure",
            b"sid=1; Path=/;  Secure",
            "cookie sid: without Domain=.Shop.test",
        ),
        (
            b"a=1; domain=shop.test; DOMAIN = api.shop.test; x",
            b"a=1; x",
            "cookie a: without domain=shop.test, without DOMAIN = api.shop.test",
        ),
        (
            b"a=1; Domain=bank.test",
            b"a=1",
            "cookie a: without Domain=bank.test, for which browsers refuse it from api.shop.test itself",
        ),
        (b"nameless; Domain=shop.test", b"nameless", "cookie nameless: without Domain=shop.test"),
    ],
)
def test_a_cookie_is_for_the_host_that_was_called(line: bytes, made: bytes, told: str) -> None:
    assert cookies.down(line, mapping()) == (made, told)


@pytest.mark.parametrize(
    ("line", "made", "told"),
    [
        (
            b"a=1; Secure; SameSite=None; Partitioned; HttpOnly",
            b"a=1; HttpOnly",
            "cookie a: without Secure, without SameSite=None, without Partitioned",
        ),
        (b"a=1; secure=yes; samesite=lax", b"a=1; samesite=lax", "cookie a: without secure=yes"),
        (
            b"__Host-a=1; Secure; Path=/",
            b"devkit__Host-a=1; Path=/",
            "cookie __Host-a: called devkit__Host-a, without Secure",
        ),
        (
            b" __secure-a =1; Secure",
            b" devkit__secure-a =1",
            "cookie __secure-a: called devkit__secure-a, without Secure",
        ),
        (
            b"__Host-Http-a=1; Secure; HttpOnly",
            b"devkit__Host-Http-a=1; HttpOnly",
            "cookie __Host-Http-a: called devkit__Host-Http-a, without Secure",
        ),
        (b"secure=1; Path=/", b"secure=1; Path=/", ""),
        (b"a=Secure; SameSite=Strict", b"a=Secure; SameSite=Strict", ""),
    ],
)
def test_where_secure_does_not_come_back_a_cookie_loses_it_and_what_needs_it(
    line: bytes, made: bytes, told: str
) -> None:
    assert cookies.down(line, mapping(secure=False)) == (made, told)


@pytest.mark.parametrize(
    ("path", "plain", "below", "rooted", "both"),
    [
        (b"/", b"/", b"/", b"/~w1", b"/~w1"),
        (b"/v2", b"/v2", b"/", b"/~w1/v2", b"/~w1"),
        (b"/v2/", b"/v2/", b"/", b"/~w1/v2/", b"/~w1"),
        (b"/v2/tasks", b"/v2/tasks", b"/tasks", b"/~w1/v2/tasks", b"/~w1/tasks"),
        (b"/v22", b"/v22", b"/v22", b"/~w1/v22", b"/v22"),
        (b"tasks", b"tasks", b"tasks", b"tasks", b"tasks"),
    ],
)
def test_a_path_follows_the_mapping(path: bytes, plain: bytes, below: bytes, rooted: bytes, both: bytes) -> None:
    ways = (mapping(), mapping(BELOW), mapping(root="/~w1"), mapping(BELOW, root="/~w1"))
    made = [cookies.down(b"a=1; Path = %s;HttpOnly" % path, way)[0] for way in ways]
    assert made == [b"a=1; Path = %s;HttpOnly" % wanted for wanted in (plain, below, rooted, both)]


def test_a_path_that_no_request_of_ours_has_is_told() -> None:
    line, told = cookies.down(b"a=1; Path=/admin", mapping(BELOW))
    assert line == b"a=1; Path=/admin"
    assert told == f"cookie a: Path=/admin is not below {BELOW}: the client may never send it"


def test_a_name_that_demands_the_path_of_all_keeps_it() -> None:
    """RFC 6265bis, section 5.7: browsers refuse a `__Host-` cookie whose path is not `/`."""
    line = b"__Host-a=1; Secure; Path=/"
    assert cookies.down(line, mapping(root="/~w1")) == (line, "")
    assert cookies.down(line, mapping(root="/~w1", secure=False))[0] == b"devkit__Host-a=1; Path=/~w1"


def test_a_sentence_shows_no_value_and_no_endless_name() -> None:
    told = cookies.down(b"n" * 5_000 + b"=secret; Domain=shop.test", mapping())[1]
    assert "secret" not in told
    assert len(told) < 120


def test_a_name_that_was_lent_is_given_back() -> None:
    sent = b'devkit__Host-sid=1;  devkit__secure-b="x; y"; devkit__other=2; a=devkit__Host-z; devkit__Host-Http-c='
    assert cookies.up(sent, mapping()) == (
        b'__Host-sid=1;  __secure-b="x; y"; devkit__other=2; a=devkit__Host-z; __Host-Http-c='
    )
    assert cookies.up(b"a" * 65_536, mapping()) == b"a" * 65_536
