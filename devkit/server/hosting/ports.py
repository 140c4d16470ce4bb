"""Why a port could not be had, and which one could."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

from devkit.errors import OperatorError, PortTaken, SettingError

_TRIES = 100


def reached_as(host: str) -> str:
    """The name by which a browser on this machine reaches who listens on `host`, as an address has it."""
    name = "localhost" if host in {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"} else host
    return f"[{name}]" if ":" in name else name


def bind_error(host: str, port: int, error: OSError | UnicodeError) -> OperatorError:
    """What a person should know when listening on `host` and `port` failed with `error`."""
    # A UnicodeError is how Python says that a name is too long for DNS.
    if isinstance(error, socket.gaierror | UnicodeError):
        return SettingError(
            f"The host {host!r} cannot be resolved.", remedy="Use --host 127.0.0.1 or --host localhost."
        )
    if error.errno == errno.EADDRINUSE:
        return port_taken(host, port)
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


def port_taken(host: str, port: int) -> PortTaken:
    """The error for a port in use: by whom, as far as the system tells, and the next one that is free."""
    owner = owner_of(port)
    proposal = next_free(host, port)
    remedy = f"try --port {proposal}" if proposal else "try --port 0, which takes any free port"
    stop = "Stop that process, or " if owner else "Stop what uses it, or "
    return PortTaken(f"Port {port} is in use{f' by {owner}' if owner else ''}.", remedy=f"{stop}{remedy}.")


def next_free(host: str, port: int) -> int | None:
    """The lowest port above `port` that one could listen on now, or None if none of the next hundred is free."""
    candidates = range(port + 1, min(port + 1 + _TRIES, 65536))
    return next((candidate for candidate in candidates if is_free(host, candidate)), None)


def is_free(host: str, port: int) -> bool:
    """Whether one could listen on the port now; False also where that is not permitted."""
    return bind_problem(host, port) is None


def bind_problem(host: str, port: int) -> OSError | None:
    """What listening on the port would raise; None where it would work."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as trial:
                if sys.platform != "win32":
                    # As the server does: a connection that lingers in TIME_WAIT does not make a port taken.
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                trial.bind(address)
                # Linux lets two sockets bind with SO_REUSEADDR as long as neither listens.
                trial.listen(1)
    except OSError as error:
        return error
    return None


def owner_of(port: int) -> str | None:
    """`node (pid 4711: node server.js)`: who listens on the port, or None where the system does not tell."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return _process(connection.pid) if connection.pid else None
    return None


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
