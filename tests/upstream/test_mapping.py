"""Addresses of upstream's as ours, and the other way."""

from __future__ import annotations

import pytest

from devkit.upstream.mapping import is_secure
from tests.upstream.mappings import mapping

BELOW = "http://api.shop.test:9000/v2"


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (b"/tasks", b"/v2/tasks"),
        (b"/", b"/v2/"),
        (b"/a%2Fb//c?q=a+b&q=%20&empty&=x", b"/v2/a%2Fb//c?q=a+b&q=%20&empty&=x"),
        (b"/tasks?devkit_sandbox=w1", b"/v2/tasks"),
        (
            b"/tasks?a=1&devkit_sandbox=w1&b=2&devkit_scenario=flaky&devkit_sandboxes=3",
            b"/v2/tasks?a=1&b=2&devkit_sandboxes=3",
        ),
        (b"/tasks?", b"/v2/tasks?"),
        (b"/tasks?next=/a?devkit_sandbox=w1", b"/v2/tasks?next=/a?devkit_sandbox=w1"),
        (b"*", b"*"),
    ],
)
def test_a_target_goes_below_the_base_and_says_nothing_of_devkit(target: bytes, sent: bytes) -> None:
    assert mapping(BELOW).target(target) == sent
    assert mapping().target(target) == sent.removeprefix(b"/v2")


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("http://api.shop.test:9000/v2/login?next=/a#b", "http://localhost:8000/~w1/login?next=/a#b"),
        ("HTTP://API.shop.test:9000/v2/x", "http://localhost:8000/~w1/x"),
        ("//api.shop.test:9000/v2/x", "//localhost:8000/~w1/x"),
        ("/v2/login", "/~w1/login"),
        ("/v2", "/~w1/"),
        ("/v2?a", "/~w1/?a"),
        # Relative ones lead to the right place by themselves (RFC 3986, section 5.2).
        ("login", "login"),
        ("../tasks", "../tasks"),
        ("?page=2", "?page=2"),
        ("#top", "#top"),
        ("", ""),
        # What is beside the base has no address at ours.
        ("/login", "http://api.shop.test:9000/login"),
        ("/v2x", "http://api.shop.test:9000/v2x"),
        ("http://api.shop.test:9000/login", "http://api.shop.test:9000/login"),
        ("http://api.shop.test:9000", "http://api.shop.test:9000"),
        # Other origins are nobody's to change.
        ("https://api.shop.test:9000/v2/x", "https://api.shop.test:9000/v2/x"),
        ("http://api.shop.test/v2/x", "http://api.shop.test/v2/x"),
        ("http://api.shop.test:9000@evil.test/v2", "http://api.shop.test:9000@evil.test/v2"),
        ("https://idp.test/?redirect_uri=http%3A%2F%2Fapi.shop.test%3A9000%2Fv2", "https://idp.test/?redirect_uri=http%3A%2F%2Fapi.shop.test%3A9000%2Fv2"),
        ("mailto:ada@shop.test", "mailto:ada@shop.test"),
        ("/\\evil.test", "http://api.shop.test:9000/\\evil.test"),
    ],
)  # fmt: skip
def test_a_reference_leads_to_the_same_by_our_address(written: str, ours: str) -> None:
    assert mapping(BELOW, root="/~w1").reference(written) == ours


def test_without_base_and_root_a_path_stays_and_an_origin_is_ours() -> None:
    plain = mapping("https://api.shop.test")
    assert plain.reference("/login") == "/login"
    assert plain.reference("https://api.shop.test:443") == "http://localhost:8000"
    assert plain.reference("https://api.shop.test/") == "http://localhost:8000/"


@pytest.mark.parametrize(
    ("page", "sent"),
    [
        ("http://localhost:8000/~w1/tasks?a=1&devkit_sandbox=w1", "http://api.shop.test:9000/v2/tasks?a=1"),
        ("http://localhost:8000/~w1", "http://api.shop.test:9000/v2/"),
        ("http://localhost:8000", "http://api.shop.test:9000/v2/"),
        ("http://localhost:5173/cart?x", "http://api.shop.test:9000/cart?x"),
        ("http://w1.localhost:5173/", "http://api.shop.test:9000/"),
        ("https://evil.test/x", "https://evil.test/x"),
        ("about:blank", "about:blank"),
        ("", ""),
    ],
)
def test_a_referer_is_a_page_of_upstreams_where_it_is_ours_or_may_call(page: str, sent: str) -> None:
    assert mapping(BELOW, root="/~w1").referer(page) == sent


@pytest.mark.parametrize(
    ("origin", "browser", "secure"),
    [
        ("https://192.168.0.7:8000", False, True),
        ("http://localhost:8000", True, True),
        ("http://w1.localhost", True, True),
        ("http://127.0.0.2:8000", True, True),
        ("http://[::1]:8000", True, True),
        ("http://192.168.0.7:8000", True, False),
        ("http://devbox:8000", True, False),
        ("http://localhost.evil.test", True, False),
        # requests, httpx, tough-cookie: https alone.
        ("http://localhost:8000", False, False),
    ],
)
def test_where_secure_cookies_come_back(origin: str, browser: bool, secure: bool) -> None:
    assert is_secure(origin, browser=browser) is secure
