from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.cli.checks import findings
from devkit.config import Settings
from devkit.errors import OperatorError, PortTaken, SettingError
from devkit.server.hosting import ports
from tests.conftest import Client


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def test_a_taken_port_names_its_owner_and_a_free_one(taken: int) -> None:
    error = ports.port_taken("127.0.0.1", taken)
    assert isinstance(error, PortTaken)
    assert error.message.startswith(f"Port {taken} is in use")
    assert f"pid {os.getpid()}" in error.message
    assert "--port" in (error.remedy or "")


def test_a_taken_port_is_not_free(taken: int) -> None:
    assert not ports.is_free("127.0.0.1", taken)
    proposal = ports.next_free("127.0.0.1", taken)
    assert proposal is None or proposal > taken


def test_without_permission_to_look_the_owner_is_left_out(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def denied(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    assert ports.port_taken("127.0.0.1", taken).message == f"Port {taken} is in use."


def test_the_last_port_has_no_next() -> None:
    assert ports.next_free("127.0.0.1", 65535) is None


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")

BOTH = ["127.0.0.1", "::1"]


def listening(host: str, port: int = 0) -> tuple[int, set[str]]:
    """The port, and the addresses."""
    sockets = ports.listen(host, port)
    try:
        names = [one.getsockname() for one in sockets]
        assert len({name[1] for name in names}) == 1
        return names[0][1], {name[0] for name in names}
    finally:
        ports.close(sockets)


@needs_ipv6
@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", {"127.0.0.1", "::1"}),
        ("::1", {"127.0.0.1", "::1"}),
        ("localhost", {"127.0.0.1", "::1"}),
        ("0.0.0.0", {"0.0.0.0", "::1"}),
        ("::", {"0.0.0.0", "::"}),
    ],
)
def test_what_is_told_as_localhost_is_reached_by_both_families_at_one_port(host: str, addresses: set[str]) -> None:
    """RFC 6761, section 6.3: `localhost` resolves to either loopback address, as the client likes."""
    port, found = listening(host)
    assert found == addresses
    assert ports.reached_as(host) == "localhost"
    assert listening(host, port) == (port, addresses)


@pytest.mark.skipif(not Path("/proc/sys/net/ipv4").exists(), reason="only Linux has all of 127.0.0.0/8")
def test_any_other_address_is_listened_on_alone() -> None:
    assert listening("127.0.0.2")[1] == {"127.0.0.2"}


@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_whoever_listens_at_the_other_family_is_noticed_and_named(host: str) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as raised:
            ports.listen(host, port)
    assert raised.value.message.startswith(f"Port {port} is in use at [::1] by ")
    assert f"pid {os.getpid()}" in raised.value.message


@needs_ipv6
def test_of_two_who_have_a_port_the_one_in_the_way_is_named() -> None:
    """Vite listens at `[::1]` alone where that is what `localhost` resolves to; another may have 127.0.0.1."""
    code = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        with socket.socket(socket.AF_INET6) as own:
            own.bind(("::1", port))
            own.listen()
            assert f"pid {child.pid}:" in (ports.owner_of(port, "127.0.0.1") or "")
            assert f"pid {os.getpid()}" in (ports.owner_of(port, "::1") or "")
        child.communicate("")


@needs_ipv6
def test_a_drawn_port_that_is_taken_at_one_family_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        drawn, bound = [other.getsockname()[1]], ports._bound

        def draw(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
            return bound(family, address, port or (drawn.pop() if drawn else 0))

        monkeypatch.setattr(ports, "_bound", draw)
        port, addresses = listening("127.0.0.1")
        assert port != other.getsockname()[1]
    assert addresses == {"127.0.0.1", "::1"}
    assert drawn == []


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_machine_without_ipv6_listens_as_before(monkeypatch: pytest.MonkeyPatch, host: str, number: int) -> None:
    """Linux answers EADDRNOTAVAIL where it is switched off (`disable_ipv6`), EAFNOSUPPORT where it was never built."""
    bound = ports._bound

    def without(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise ports._Unbound(address, OSError(number, "no IPv6"))
        return bound(family, address, port)

    monkeypatch.setattr(ports, "_bound", without)
    assert listening(host)[1] == {"0.0.0.0" if host == "0.0.0.0" else "127.0.0.1"}
    with pytest.raises(OperatorError):
        ports.listen("::1", 0)


@needs_ipv6
@pytest.mark.parametrize("address", BOTH)
async def test_the_printed_port_answers_at_both_loopback_addresses(client: Client, address: str) -> None:
    reader, writer = await asyncio.open_connection(address, client.ready.port)
    host = f"[{address}]" if ":" in address else address
    writer.write(f"GET /api/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
    writer.close()


@needs_ipv6
def test_the_doctor_names_who_is_at_the_other_family() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        (found,) = [one for one in findings(Settings(port=port)) if one.name == "port"]
    assert (found.state, f"pid {os.getpid()}" in found.found) == ("fail", True)
    assert found.found.startswith(f"Port {port} is in use at [::1] by ")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "not permitted"),
        (OSError(errno.EADDRNOTAVAIL, "x"), "does not belong to this machine"),
        (socket.gaierror(-2, "Name or service not known"), "cannot be resolved"),
    ],
)
def test_other_reasons_are_sentences_with_a_remedy(error: OSError, told: str) -> None:
    found = ports.bind_error("somewhere", 80, error)
    assert isinstance(found, SettingError)
    assert told in found.message
    assert found.remedy


def test_what_nobody_thought_of_is_still_a_sentence() -> None:
    assert "Too many open files" in ports.bind_error("x", 1, OSError(errno.EMFILE, "Too many open files")).message
