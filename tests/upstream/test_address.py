"""What `--upstream` may be, and what is said of anything else."""

from __future__ import annotations

import pytest

from devkit.upstream.address import upstream


@pytest.mark.parametrize(
    ("written", "origin", "base", "host", "port", "field"),
    [
        ("http://localhost:9000", "http://localhost:9000", "", "localhost", 9000, b"localhost:9000"),
        ("HTTP://LocalHost:9000/", "http://localhost:9000", "", "localhost", 9000, b"localhost:9000"),
        (" https://api.shop.test/v2/ ", "https://api.shop.test", "/v2", "api.shop.test", 443, b"api.shop.test"),
        # The scheme's own port is written in neither (RFC 6454, section 6.2; RFC 9110, section 7.2).
        ("http://127.0.0.1:80/api", "http://127.0.0.1", "/api", "127.0.0.1", 80, b"127.0.0.1"),
        ("https://[::1]:8443/a%20b/", "https://[::1]:8443", "/a%20b", "::1", 8443, b"[::1]:8443"),
        ("http://bücher.test:9000", "http://xn--bcher-kva.test:9000", "", "xn--bcher-kva.test", 9000,
         b"xn--bcher-kva.test:9000"),
        ("http://my_service", "http://my_service", "", "my_service", 80, b"my_service"),
    ],
)  # fmt: skip
def test_an_address_is_a_scheme_a_host_a_port_and_a_base(
    written: str, origin: str, base: str, host: str, port: int, field: bytes
) -> None:
    found = upstream(written)
    assert (found.origin, found.base, found.host, found.port, found.field) == (origin, base, host, port, field)
    assert upstream(str(found)) == found


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "it is empty"),
        ("localhost:9000", "it has no scheme: write http://localhost:9000, or https://"),
        ("9000", "it has no scheme: write http://localhost:9000, or https://"),
        ("//localhost:9000", "it has no scheme: write http://localhost:9000, or https://"),
        ("ws://localhost:9000/live", "it is an address of sockets alone: write http://localhost:9000/live"),
        ("wss://shop.test", "write https://shop.test"),
        ("ftp://shop.test", "ftp:// is not spoken here: it begins with http:// or https://"),
        ("http://", "it names no host"),
        ("http:///api", "it names no host"),
        ("http://:9000", "it names no host"),
        ("http://localhost:99999", "'99999' is no port: those are from 1 to 65535"),
        ("http://localhost:0", "'0' is no port"),
        ("http://localhost:nine", "'nine' is no port"),
        ("http://::1:9000", "an IPv6 address stands in brackets: [::1:9000]"),
        ("http://[::1", "'[::1' is no host and port"),
        ("http://[fe80::1%25eth0]:9000", "its address has a scope"),
        ("http://0.0.0.0:9000/api", "write http://localhost:9000/api"),
        ("http://[::]:9000", ":: is what a server listens on, and no address of it: write http://localhost:9000"),
        ("http://ada:secret@shop.test", "it has a user before its host"),
        ("http://shop.test/api?key=1", "it has a query (?key=1)"),
        ("http://shop.test/#top", "it has a fragment (#top)"),
        ("http://shop.test/a b", "it has a space or a backslash in it"),
        ("http:\\\\shop.test", "it has no scheme"),
        ("http://shop.test/ü", "percent-encoded in an address, such as %C3%BC for ü"),
        ("http://shop.test/a%2", "its path '/a%2' has characters that stand percent-encoded"),
        ("http://shop.test/a/../b", "its path '/a/../b' has . or .. in it"),
        ("http://shop.test/a/%2e%2E", "has . or .. in it"),
        ("http://-/\u0000", "percent-encoded"),
        ("http://" + "a" * 300 + "ü" * 300, "is no host and port"),
    ],
)
def test_each_mistake_is_a_sentence(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        upstream(written)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_it_says_of_a_user_shows_no_password() -> None:
    with pytest.raises(ValueError, match="user before its host") as caught:
        upstream("http://ada:hunter2@shop.test")
    assert "hunter2" not in str(caught.value)
