"""Who may talk to the server, and who may steer it."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from devkit.authority import authority
from devkit.config import Settings
from devkit.control import guard
from devkit.errors import StorageError

OWN = "http://localhost:8000"


def allowed(host: str, /, **settings: Any) -> bool:
    return guard.host_refused(authority(host), Settings(**settings)) is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LOCALHOST:8000", "localhost.:8000", "127.0.0.1:8000", "127.0.0.2", "[::1]:8000",
     "[::1]", "w1.localhost:8000", "W1.localhost.", "[::ffff:127.0.0.1]:80"],
)  # fmt: skip
def test_names_of_this_machine_are_allowed(host: str) -> None:
    assert allowed(host)


def test_a_request_that_names_no_host_is_allowed() -> None:
    assert guard.host_refused(None, Settings()) is None


@pytest.mark.parametrize(
    "host",
    ["10.0.2.2:8000", "192.168.1.5:8000", "172.16.0.1", "172.31.255.255", "169.254.1.2", "[fe80::1%25eth0]:8000",
     "[fd00::5]:8000", "0.0.0.0:8000", "[::ffff:10.0.2.2]"],
)  # fmt: skip
def test_an_address_in_numbers_of_this_machines_neighbourhood_is_allowed(host: str) -> None:
    """Nobody can make one point elsewhere; RFC 1918, RFC 3927, RFC 4193, and Android's emulator, whose 10.0.2.2 is the
    loopback of the machine that it runs on.
    """
    assert allowed(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "evillocalhost", "[::ffff:1.2.3.4]:80",
     "127.0.0.1.evil.example", "8.8.8.8", "172.32.0.1", "[2001:db8::1]:8000", "10.0.2.2.nip.io"],
)  # fmt: skip
def test_other_names_and_addresses_are_refused(host: str) -> None:
    assert not allowed(host)


def test_a_refusal_says_which_name_and_what_to_set() -> None:
    told = guard.host_refused(authority("Devbox.Example:8000"), Settings())
    assert told is not None
    for part in ("devbox.example", "`allowed_hosts`", "devkit.yaml", "DEVKIT_ALLOWED_HOSTS"):
        assert part in told


@pytest.mark.parametrize(
    ("host", "names", "expected"),
    [
        ("app.test:8000", ("app.test",), True),
        ("APP.test", ("App.Test",), True),
        ("a.app.test", ("app.test",), False),
        ("a.app.test", ("*.app.test",), True),
        ("app.test", ("*.app.test",), False),
        ("anything.at.all", ("*",), True),
        ("[2001:db8::7]:8000", ("2001:db8::7",), True),
        ("[2001:db8::7]:8000", ("[2001:db8:0::7]",), True),
    ],
)
def test_names_can_be_allowed_by_the_settings(host: str, names: tuple[str, ...], expected: bool) -> None:
    assert allowed(host, allowed_hosts=names) is expected


def test_the_bound_host_is_allowed_and_any_address_where_all_are_bound() -> None:
    assert allowed("devbox:8000", host="devbox")
    assert allowed("8.8.8.8:8000", host="8.8.8.8")
    assert not allowed("8.8.4.4:8000", host="8.8.8.8")
    for everything in ("0.0.0.0", "::"):
        assert allowed("8.8.8.8:8000", host=everything)
        assert not allowed("evil.example", host=everything)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": OWN.upper()},
        {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_tools_and_our_own_pages_may_write(headers: dict[str, str]) -> None:
    assert guard.write_refused("POST", headers, OWN) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://localhost:8000"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_origins_may_not_write(headers: dict[str, str]) -> None:
    assert guard.write_refused("DELETE", headers, OWN)
    assert guard.write_refused("GET", headers, OWN) is None


@pytest.mark.parametrize(
    ("host", "peer", "needed"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("localhost", "127.0.0.1", False),
        ("::1", "::1", False),
        ("0.0.0.0", "127.0.0.1", False),
        ("0.0.0.0", "::ffff:127.0.0.1", False),
        ("0.0.0.0", "192.168.1.9", True),
        ("::", "fe80::7%eth0", True),
        ("devbox", "192.168.1.9", True),
        ("0.0.0.0", None, True),
    ],
)
def test_only_other_machines_need_the_token(host: str, peer: str | None, needed: bool) -> None:
    assert guard.token_needed(peer, Settings(host=host)) is needed


def test_the_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    token = guard.project_token(folder)
    assert guard.project_token(folder) == token
    assert stat.S_IMODE((folder / guard.TOKEN_FILE).stat().st_mode) == 0o600
    assert guard.token_fits(token, token)
    assert not guard.token_fits("ü", token)
    assert not guard.token_fits(None, token)
    assert not guard.token_fits("", None)


def test_a_damaged_token_file_is_an_operators_error(tmp_path: Path) -> None:
    (tmp_path / guard.TOKEN_FILE).write_text("")
    with pytest.raises(StorageError, match="damaged"):
        guard.project_token(tmp_path)
