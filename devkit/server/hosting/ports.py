"""The sockets that the server listens on; why a port could not be had, and which one could."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from collections.abc import Iterator, Sequence

from devkit.errors import OperatorError, PortTaken, SettingError

BACKLOG = 1024
_TRIES = 100
_DRAWS = 20
"""Ports that are drawn until one is free at all addresses."""

_IPV4, _IPV6 = "127.0.0.1", "::1"
_ADDRESSES = {
    _IPV4: (_IPV4, _IPV6),
    "localhost": (_IPV4, _IPV6),
    _IPV6: (_IPV6, _IPV4),
    "0.0.0.0": ("0.0.0.0", _IPV6),
    "::": ("::", "0.0.0.0"),
}
"""What is listened on besides, so that `localhost` leads here whichever family a client resolves it to: Node and
browsers may take either (RFC 6761, section 6.3). The first one must be had; a machine may be without the other.
"""
_EVERYWHERE = ("0.0.0.0", "::")
_ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""How a system says that it has no IPv6, or that it is switched off."""


def reached_as(host: str) -> str:
    """The name by which a browser on this machine reaches who listens on `host`, as an address has it."""
    name = "localhost" if host in _ADDRESSES else host
    return f"[{name}]" if ":" in name else name


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address that `host` means, all on one port; 0 takes any that is free at each.

    Raises PortTaken and other OperatorErrors.
    """
    try:
        return _listen(host, port)
    except _Unbound as unbound:
        raise bind_error(host, port, unbound.error, unbound.address) from None


def is_free(host: str, port: int) -> bool:
    """Whether one could listen on the port now; False also where that is not permitted."""
    try:
        sockets = _listen(host, port)
    except _Unbound:
        return False
    close(sockets)
    return True


def close(sockets: Sequence[socket.socket]) -> None:
    for one in sockets:
        one.close()


class _Unbound(Exception):
    """An address could not be listened on."""

    def __init__(self, address: str, error: OSError | UnicodeError) -> None:
        super().__init__(address, error)
        self.address, self.error = address, error


def _listen(host: str, port: int) -> list[socket.socket]:
    for left in reversed(range(_DRAWS)):
        sockets: list[socket.socket] = []
        absent: list[_Unbound] = []
        try:
            for family, address in _places(host):
                try:
                    sockets.append(_bound(family, address, sockets[0].getsockname()[1] if sockets else port))
                except _Unbound as unbound:
                    is_absent = isinstance(unbound.error, OSError) and unbound.error.errno in _ABSENT
                    if not is_absent or (host in _ADDRESSES and not sockets):
                        raise
                    absent.append(unbound)
        except _Unbound as unbound:
            close(sockets)
            drawn = port == 0 and sockets and unbound.error.args[0] == errno.EADDRINUSE
            if not (drawn and left):
                raise
            continue
        if not sockets:
            raise absent[0]
        return sockets
    raise AssertionError("the last draw returns or raises")


def _places(host: str) -> Iterator[tuple[socket.AddressFamily, str]]:
    if host in _ADDRESSES:
        for address in _ADDRESSES[host]:
            yield socket.AF_INET6 if ":" in address else socket.AF_INET, address
        return
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _Unbound(host, error) from None
    yield from dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found)


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _Unbound(address, error) from None
    try:
        if sys.platform != "win32":
            # A connection that lingers in TIME_WAIT does not make a port taken.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        # Linux lets two sockets bind with SO_REUSEADDR as long as neither listens.
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise _Unbound(address, error) from None
    made.setblocking(False)
    return made


def bind_error(host: str, port: int, error: OSError | UnicodeError, address: str | None = None) -> OperatorError:
    """What a person should know when listening on `host` and `port` failed with `error`, at that address of it."""
    # A UnicodeError is how Python says that a name is too long for DNS.
    if isinstance(error, socket.gaierror | UnicodeError):
        return SettingError(
            f"The host {host!r} cannot be resolved.", remedy="Use --host 127.0.0.1 or --host localhost."
        )
    if error.errno == errno.EADDRINUSE:
        return port_taken(host, port, address)
    # Windows says "permission denied" as WSAEACCES (10013), also for ports that it has set aside.
    if isinstance(error, PermissionError) or error.errno == errno.EACCES:
        return SettingError(
            f"Listening on port {port} is not permitted.",
            remedy="Ports below 1024 often need administrator's rights: use a higher one, such as --port 8000.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingError(
            f"The address {host} does not belong to this machine.",
            remedy="Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for the whole network.",
        )
    return OperatorError(f"Cannot listen on {host}, port {port}: {error.strerror or error}.")


def port_taken(host: str, port: int, address: str | None = None) -> PortTaken:
    """The error for a port in use: by whom, as far as the system tells, and the next one that is free."""
    owner = owner_of(port, address)
    # Whoever asked for an address knows it; the other family's has to be told.
    at = (
        ""
        if address in {None, host} or (host == "localhost" and address == _IPV4)
        else f" at {_bracketed(str(address))}"
    )
    proposal = next_free(host, port)
    remedy = f"try --port {proposal}" if proposal else "try --port 0, which takes any free port"
    stop = "Stop that process, or " if owner else "Stop what uses it, or "
    return PortTaken(f"Port {port} is in use{at}{f' by {owner}' if owner else ''}.", remedy=f"{stop}{remedy}.")


def next_free(host: str, port: int) -> int | None:
    """The lowest port above `port` that one could listen on now, or None if none of the next hundred is free."""
    candidates = range(port + 1, min(port + 1 + _TRIES, 65536))
    return next((candidate for candidate in candidates if is_free(host, candidate)), None)


def owner_of(port: int, address: str | None = None) -> str | None:
    """`node (pid 4711: node server.js)`: who listens on the port, or None where the system does not tell.

    With an address, whoever has it: two processes may have a port, one for each family.
    """
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr or connection.laddr.port != port:
                continue
            if address is None or connection.laddr.ip in {address, *_EVERYWHERE}:
                return _process(connection.pid) if connection.pid else None
    return None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _process(pid: int) -> str:
    import psutil

    try:
        process = psutil.Process(pid)
        name = process.name()
    except psutil.Error:
        return f"pid {pid}"
    with contextlib.suppress(psutil.Error):
        command = " ".join(" ".join(process.cmdline()).split())
        if command:
            return f"{name} (pid {pid}: {command if len(command) <= 80 else command[:79] + '…'})"
    return f"{name} (pid {pid})"
