"""Who may talk to the server at all, and who may steer it.

Three dangers, three checks:

- A page of a hostile site makes its own name point to this machine (DNS rebinding): `host_allowed`, for every request.
- A page of any other origin sends us a request that its user never meant (CSRF): `write_refused`, for control calls.
- The server listens beyond loopback, and somebody else on the network calls: `token_needed`, for control calls.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path

from devkit.config import Settings
from devkit.effects import fresh_secret
from devkit.errors import StorageError

TOKEN_HEADER = "X-Devkit-Token"  # noqa: S105 - the header's name
TOKEN_FILE = "control-token"  # noqa: S105 - the file's name
HOST_REFUSED = (
    "This server does not answer to that host name. Use localhost, or allow the name: add it to `allowed_hosts` in "
    "devkit.yaml or in DEVKIT_ALLOWED_HOSTS."
)


def is_control(path: str) -> bool:
    """Whether an address is the control plane's."""
    return path == "/_devkit" or path.startswith("/_devkit/")


def host_allowed(host_header: str | None, settings: Settings) -> bool:
    """Whether a request with that `Host` is meant for us.

    A request without one is: browsers always send it, and only they can be lured. `allowed_hosts` may hold names,
    `*.example.com` for all names below one, or `*` for any.
    """
    if host_header is None:
        return True
    name = _name(host_header)
    if not name:
        return False
    if name == "localhost" or name.endswith(".localhost") or name == _name(_bracketed(settings.host)):
        return True
    address = _address(name)
    # An address of its own cannot be made to point elsewhere; where all of them are bound, any of them is meant.
    if address is not None and (address.is_loopback or _is_wildcard(settings.host)):
        return True
    return any(_matches(name, allowed.lower()) for allowed in settings.allowed_hosts)


def write_refused(method: str, headers: Mapping[str, str], own_origin: str) -> str | None:
    """Why a control call that changes something must not be obeyed; None where it may.

    Tools send neither `Origin` nor `Sec-Fetch-Site`; browsers send at least one, and pages cannot forge them.
    `own_origin` is the scheme and host that the request was sent to.
    """
    if method in {"GET", "HEAD"}:
        return None
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site.lower() not in {"same-origin", "none"}:
        return f"A page of another origin (Sec-Fetch-Site: {site[:40]}) may not steer devkit"
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != own_origin.lower():
        return f"A page of the origin {origin[:200]} may not steer devkit: only its own pages at {own_origin} may"
    return None


def beyond_loopback(settings: Settings) -> bool:
    """Whether other machines can reach the server."""
    return not _is_loopback(_unbracketed(settings.host))


def token_needed(peer: str | None, settings: Settings) -> bool:
    """Whether a control call from that address needs the project's token."""
    return beyond_loopback(settings) and not (peer is not None and _is_loopback(peer))


def token_fits(given: str | None, token: str | None) -> bool:
    return given is not None and token is not None and hmac.compare_digest(given.encode(), token.encode())


def project_token(state_dir: Path) -> str:
    """The project's control token, made once; its file can be read by its owner only. Raises StorageError."""
    path = state_dir / TOKEN_FILE
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(fresh_secret(24).hex() + "\n")
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"The control token {path} cannot be used: {getattr(error, 'strerror', None) or error}.",
            remedy="Make the state folder writable, or serve on 127.0.0.1, where no token is needed.",
        ) from None
    if len(token) < 32:
        raise StorageError(f"The control token {path} is damaged.", remedy="Delete it: a new one is made.")
    return token


def _matches(name: str, allowed: str) -> bool:
    return (
        allowed == "*"
        or name == _name(_bracketed(allowed))
        or (allowed.startswith("*.") and name.endswith(allowed[1:]))
    )


def _name(host_header: str) -> str:
    """Host name or address of a `Host` header: without port, brackets and final dot, in lower case."""
    host = host_header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def _bracketed(host: str) -> str:
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _unbracketed(host: str) -> str:
    return host.strip("[]")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        # A scope (`fe80::1%eth0`) says which interface, nothing about the address.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address is not None else host.lower() == "localhost"


def _is_wildcard(host: str) -> bool:
    address = _address(_unbracketed(host))
    return address is not None and address.is_unspecified
