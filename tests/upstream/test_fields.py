"""Header fields on their way to upstream and back."""

from __future__ import annotations

import pytest

from devkit.origins import Origins
from devkit.server.http.cors import Cors
from devkit.upstream.fields import down, is_loop, up
from tests.upstream.mappings import mapping

Pairs = list[tuple[bytes, bytes]]
BELOW = "http://api.shop.test:9000/v2"


def pairs(*lines: str) -> Pairs:
    return [
        (name.encode("latin-1"), value.encode("latin-1")) for name, _, value in (line.partition(": ") for line in lines)
    ]


def lines(given: Pairs) -> list[str]:
    return [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in given]


def sent(*given: str, **changes: object) -> list[str]:
    """What upstream sees, without what is always said."""
    first, *others, last = lines(up(pairs("Host: localhost:8000", *given), mapping(**changes)))
    assert (first, last) == ("Host: api.shop.test:9000", "Via: 1.1 devkit-1")
    return others


def test_what_is_of_no_concern_passes_in_its_order_and_spelling() -> None:
    given = (
        "accept-ENCODING: gzip, br;q=0.5",
        "Cookie: a=1; b=2",
        "Expect: 100-continue",
        "Range: bytes=0-1",
        "Content-Length: 5",
        "X-Thing: 1",
        "x-thing: 2",
        "Cookie: c=3",
        "Trailer: Digest",
        "Authorization: Bearer t",
        "X-Forwarded-For: 10.0.0.1",
        "X-Latin: \xe9",
        "Sec-Fetch-Site: cross-site",
    )
    assert sent(*given) == list(given)


def test_what_is_of_one_connection_alone_goes_no_further() -> None:
    """RFC 9110, section 7.6.1, with what `Connection` names; RFC 9112, section 6.3, for the length."""
    assert sent(
        "Connection: keep-alive, X-Hop , close",
        "CONNECTION: x-other",
        "Keep-Alive: timeout=5",
        "X-Hop: 1",
        "x-HOP: 2",
        "X-Other: 3",
        "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic x",
        "TE: trailers",
        "Transfer-Encoding: chunked",
        "Content-Length: 7",
        "Upgrade: h2c",
        "HTTP2-Settings: x",
        "X-Kept: 1",
    ) == ["X-Kept: 1"]


def test_connection_cannot_take_what_a_message_needs() -> None:
    assert sent("Connection: host, content-length, via", "Content-Length: 5", "Via: 1.0 cache") == [
        "Content-Length: 5",
        "Via: 1.0 cache",
    ]


def test_trailers_that_are_asked_for_are_asked_for_on_the_next_hop() -> None:
    """RFC 9110, section 10.1.4."""
    assert sent("TE: gzip;q=0.5, trailers", "Connection: TE") == ["TE: trailers", "Connection: TE"]


def test_a_switch_to_another_protocol_is_asked_for_where_it_is_wanted() -> None:
    given = pairs("Host: x", "Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Protocol: chat")
    assert lines(up(given, mapping(), upgrade=True)) == [
        "Host: api.shop.test:9000",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Protocol: chat",
        "Via: 1.1 devkit-1",
    ]


@pytest.mark.parametrize("offered", ["websocket", "h2c, websocket"])
def test_a_protocol_that_the_answer_agrees_on_or_demands_stays_named(offered: str) -> None:
    """RFC 9110, sections 7.8 and 15.5.22 (426); HTTP/2 is not spoken on the way, and neither offered nor asked for."""
    given = pairs(f"Upgrade: {offered}", "Connection: upgrade, close")
    assert down(given, mapping()) == (pairs("Upgrade: websocket", "Connection: Upgrade"), [])
    assert lines(up(given, mapping(), upgrade=True))[1:3] == ["Upgrade: websocket", "Connection: Upgrade"]


@pytest.mark.parametrize(
    ("page", "site", "origin", "seen"),
    [
        ("http://localhost:5173", "same-site", "http://api.shop.test:9000", "same-origin"),
        ("http://w1.localhost:3000", "cross-site", "http://api.shop.test:9000", "same-origin"),
        ("http://localhost:8000", "same-origin", "http://api.shop.test:9000", "same-origin"),
        ("https://evil.test", "cross-site", "https://evil.test", "cross-site"),
        ("null", "cross-site", "null", "cross-site"),
    ],
)
def test_a_page_that_may_call_counts_as_upstreams_own(page: str, site: str, origin: str, seen: str) -> None:
    """Both fields, as backends compare them; any other page stays what it is, for upstream to refuse."""
    assert sent(f"Origin: {page}", f"Sec-Fetch-Site: {site}") == [f"Origin: {origin}", f"Sec-Fetch-Site: {seen}"]


def test_a_referer_is_mapped_with_its_path() -> None:
    assert sent("Referer: http://localhost:5173/cart?x", "Sec-Fetch-Site: same-site") == [
        "Referer: http://api.shop.test:9000/cart?x",
        "Sec-Fetch-Site: same-origin",
    ]


def test_where_cors_passes_through_upstream_judges_the_page_itself() -> None:
    assert sent("Origin: http://localhost:5173", "Sec-Fetch-Site: same-site", cors="passthrough") == [
        "Origin: http://localhost:5173",
        "Sec-Fetch-Site: same-site",
    ]
    assert sent("Origin: http://localhost:8000", cors="passthrough") == ["Origin: http://api.shop.test:9000"]


def test_nothing_is_told_of_devkit_or_of_the_address_that_was_called() -> None:
    assert sent(
        "X-Devkit-Sandbox: w1",
        "x-devkit-scenario: flaky",
        "X-Forwarded-Host: localhost:5173",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Port: 5173",
        "X-Original-Host: a",
        'Forwarded: for="[::1]:4711;,";host=localhost:5173;proto=http, FOR=10.0.0.1 ; by=_p',
        "X-Devkitchen: stays",
    ) == ['Forwarded: for="[::1]:4711;,", FOR=10.0.0.1;by=_p', "X-Devkitchen: stays"]
    assert sent("Forwarded: host=a;proto=http") == []


def test_a_request_that_was_here_before_is_known_by_via() -> None:
    """RFC 9110, section 7.6.3."""
    ours = mapping()
    once = up(pairs("Host: x", "Via: 1.0 fred, HTTP/1.1 proxy.test (Apache)"), ours)
    assert is_loop(once, ours)
    assert not is_loop(once, mapping(name="devkit-2"))
    assert not is_loop(pairs("Via: 1.1 devkit-10, 1.1 x devkit-1", "X-Via: 1.1 devkit-1"), ours)


def test_a_thousand_fields_and_64_kb_of_cookies_pass() -> None:
    many = [f"X-Field-{number}: {number}" for number in range(1_000)]
    cookie = "Cookie: " + "; ".join(f"c{number}={'x' * 60}" for number in range(1_000))
    assert sent(*many, cookie) == [*many, cookie]
    assert lines(down(pairs(*many, f"Set-Cookie: a={'x' * 65_536}"), mapping())[0]) == [
        *many,
        f"Set-Cookie: a={'x' * 65_536}",
    ]


def test_an_answer_passes_in_its_order_and_spelling() -> None:
    given = pairs("date: now", "Vary: Accept", "X-A: 1", 'ETag: W/"1"', "x-a: 2", "X-Devkit-Fault: a")
    assert down(given, mapping()) == (given, [])


def test_of_trailers_that_do_not_pass_nothing_is_announced_and_that_is_told() -> None:
    """RFC 9110, section 6.5.1: intermediaries may drop them."""
    assert down(pairs("A: 1", "Trailer: Digest"), mapping()) == (
        pairs("A: 1"),
        ["Trailer is left out: fields behind a body are not passed on (RFC 9110, section 6.5.1)"],
    )


def test_of_an_answer_too_only_what_is_end_to_end() -> None:
    given = pairs(
        "Connection: close, X-Hop", "X-Hop: 1", "Transfer-Encoding: chunked", "Content-Length: 3", "Keep-Alive: x",
        "X-Devkit-Kept-By: mock", "Upgrade: h2", "Content-Type: text/plain",
    )  # fmt: skip
    assert lines(down(given, mapping())[0]) == ["Content-Type: text/plain"]


@pytest.mark.parametrize(
    ("field", "made"),
    [
        ("Location: http://api.shop.test:9000/v2/a?code=secret", "Location: http://localhost:8000/~w1/a?code=secret"),
        ("Content-Location: /v2/a", "Content-Location: /~w1/a"),
        ("SourceMap: /v2/app.js.map", "SourceMap: /~w1/app.js.map"),
        ("Refresh: 5; url=/v2/a", "Refresh: 5; url=/~w1/a"),
        ("Refresh: 0;URL='http://api.shop.test:9000/v2/a' x", "Refresh: 0;URL='http://localhost:8000/~w1/a' x"),
        ('Refresh: 3 , "/v2/a', 'Refresh: 3 , "/~w1/a'),
        (
            'Link: </v2/a?b=1,2>; rel="next, </v2/x>"; title="a\\"<", <b>;rel=x , <http://api.shop.test:9000/v2/c>',
            'Link: </~w1/a?b=1,2>; rel="next, </v2/x>"; title="a\\"<", <b>;rel=x , <http://localhost:8000/~w1/c>',
        ),
        ("Content-Security-Policy: connect-src 'self' http://api.shop.test:9000; img-src http://api.shop.test:90001",
         "Content-Security-Policy: connect-src 'self' http://localhost:8000; img-src http://api.shop.test:90001"),
        ("Timing-Allow-Origin: http://api.shop.test:9000", "Timing-Allow-Origin: http://localhost:8000"),
    ],
)  # fmt: skip
def test_fields_that_name_addresses_are_mapped_and_told(field: str, made: str) -> None:
    answer, told = down(pairs(field), mapping(BELOW, root="/~w1"))
    assert lines(answer) == [made]
    assert len(told) == 1
    assert told[0].startswith(field.partition(":")[0])
    assert "secret" not in told[0]


@pytest.mark.parametrize(
    "field",
    [
        "Location: /elsewhere",
        "Refresh: 5",
        "Refresh: soon",
        "Link: <a>; rel=next",
        "Link: <unclosed",
        'Link: "',
        "Link: " + "<" * 60_000,
    ],
)
def test_fields_that_need_no_change_stay(field: str) -> None:
    assert down(pairs(field), mapping()) == (pairs(field), [])


def test_what_would_lead_the_browser_past_us_is_left_out() -> None:
    answer, told = down(pairs('Alt-Svc: h3=":443"', "Strict-Transport-Security: max-age=1"), mapping())
    assert answer == []
    assert told == [
        "Alt-Svc is left out: it would lead the browser past devkit",
        "Strict-Transport-Security is left out: the browser would ask for https of everything else at this host too",
    ]


def test_each_cookie_is_told_and_several_stay_apart() -> None:
    answer, told = down(
        pairs("Set-Cookie: a=1; Domain=shop.test", "set-cookie: b=2", "Set-Cookie: c=3; domain=shop.test"), mapping()
    )
    assert lines(answer) == ["Set-Cookie: a=1", "set-cookie: b=2", "Set-Cookie: c=3"]
    assert told == ["cookie a: without Domain=shop.test", "cookie c: without domain=shop.test"]


UPSTREAMS = (
    "Vary: Accept-Encoding",
    "Access-Control-Allow-Origin: https://shop.test",
    "access-control-allow-credentials: true",
    "X-Total: 3",
    "Access-Control-Expose-Headers: X-Total, etag",
)


def test_our_answer_to_browsers_takes_the_place_of_upstreams() -> None:
    ours = Cors().answer_headers("http://localhost:5173")
    answer, told = down(pairs(*UPSTREAMS), mapping(), ours)
    assert lines(answer) == [
        "Vary: Accept-Encoding, Origin",
        "X-Total: 3",
        "Access-Control-Allow-Origin: http://localhost:5173",
        "Access-Control-Allow-Credentials: true",
        f"Access-Control-Expose-Headers: {ours['Access-Control-Expose-Headers']}, X-Total",
    ]
    assert told == ["CORS is answered here: upstream allows https://shop.test"]


def test_everything_that_upstream_exposes_is_named_one_by_one() -> None:
    """Fetch, "CORS-exposed header-name list": `*` counts only without credentials."""
    given = pairs("X-A: 1", "Set-Cookie: a=1", "Access-Control-Expose-Headers: *", "X-B: 2")
    answer = dict(down(given, mapping(), {"Access-Control-Expose-Headers": "ETag"})[0])
    assert answer[b"Access-Control-Expose-Headers"] == b"ETag, X-A, X-B"


@pytest.mark.parametrize(
    ("said", "made"),
    [((), ["Vary: Origin"]), (("vary: a", "Vary: origin"), ["vary: a", "Vary: origin"]), (("Vary: *",), ["Vary: *"]),
     (("Vary:  ",), ["Vary: Origin"])],
)  # fmt: skip
def test_vary_gains_what_is_missing(said: tuple[str, ...], made: list[str]) -> None:
    assert lines(down(pairs(*said), mapping(), {"Vary": "Origin"})[0]) == made


def test_a_page_that_may_not_call_gets_nothing_of_upstreams_leave() -> None:
    ours = Cors().answer_headers("https://evil.test")
    assert [line for line in lines(down(pairs(*UPSTREAMS), mapping(), ours)[0]) if line.startswith("Access")] == []


def test_where_cors_passes_through_upstreams_answer_is_the_browsers() -> None:
    given = pairs(*UPSTREAMS)
    assert down(given, mapping(cors="passthrough", origins=Origins())) == (given, [])
    own = pairs("Access-Control-Allow-Origin: http://api.shop.test:9000")
    assert lines(down(own, mapping(cors="passthrough"))[0]) == ["Access-Control-Allow-Origin: http://localhost:8000"]
