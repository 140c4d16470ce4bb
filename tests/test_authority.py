"""Host and port as they are written in a `Host` field (RFC 9110, section 7.2; RFC 3986, section 3.2)."""

from __future__ import annotations

import pytest

from devkit.authority import Authority, authority


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("localhost:8000", "localhost", 8000),
        ("LocalHost.", "localhost", None),
        # RFC 3986, section 3.2.3: a port may be empty.
        ("localhost:", "localhost", None),
        ("w1.localhost:80", "w1.localhost", 80),
        ("my_service:8000", "my_service", 8000),
        ("127.0.0.1", "127.0.0.1", None),
        ("[::1]:8000", "::1", 8000),
        ("[0:0::1]", "::1", None),
        ("[fe80::1%25eth0]:1", "fe80::1", 1),
    ],
)
def test_an_authority_is_host_and_port(written: str, host: str, port: int | None) -> None:
    assert authority(written) == Authority(host, port)


@pytest.mark.parametrize(
    "written",
    ["", ":8000", ".", "::1", "[::1", "[zz]", "[127.0.0.1]", "a:99999", "a:-1", "a:b", "a b", "a/b", "user@localhost",
     "bücher.example", "a:80:80", "[::1]x", "a%zz", "a\n", "http://localhost"],
)  # fmt: skip
def test_what_is_no_authority_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whoever asks has words of their own
        authority(written)


def test_it_is_written_with_brackets_and_without_the_schemes_own_port() -> None:
    assert Authority("::1", 8000).on("http") == "[::1]:8000"
    assert Authority("localhost", 80).on("http") == "localhost"
    assert Authority("localhost", 80).on("https") == "localhost:80"
    assert Authority("localhost", 443).on("https") == "localhost"


def test_only_names_directly_below_localhost_are_sandboxes() -> None:
    names = ("w1.localhost", "localhost", "a.b.localhost", "w1.localhost.example", "127.0.0.1")
    assert [Authority(name).subdomain for name in names] == ["w1", None, None, None, None]
