"""Who may talk to the server at all, and who may steer it.

Three dangers, three checks:

- A page of a hostile site makes its own name point to this machine (DNS rebinding): `host_refused`, for every request.
- A page of any other origin sends us a request that its user never meant (CSRF): `write_refused`, for control calls.
- The server listens beyond loopback, and somebody else on the network calls: `token_needed`, for control calls.
"""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from devkit import statefolder
from devkit.authority import Authority, authority, is_near, literal
from devkit.config import Settings
from devkit.control.runtime import TOKEN_LENGTH, given_token
from devkit.effects import fresh_secret
from devkit.errors import StorageError

TOKEN_HEADER = "X-Devkit-Token"  # noqa: S105 - the header's name
TOKEN_FILE = "control-token"  # noqa: S105 - the file's name


def is_control(path: str) -> bool:
    """Whether an address is the control plane's."""
    return path == "/_devkit" or path.startswith("/_devkit/")


def host_refused(authority: Authority | None, settings: Settings) -> str | None:
    """Why a request that is sent to that host is not meant for us, and what to do about it; None where it is.

    One that says no host is: browsers always say it, and only they can be lured. So is one to a literal address: nobody
    can make it point elsewhere. Of those this machine's own and its neighbours' are taken anywhere, since an emulator
    (Android's 10.0.2.2), a container or a tunnel leads from one of them to loopback; any other where all are bound.
    `allowed_hosts` may hold names, `*.example.com` for all names below one, or `*` for any.
    """
    if authority is None or _is_ours(authority.host, settings.host) or _is_public(authority.host, settings):
        return None
    address = authority.address
    if address is not None and (is_near(address) or _is_wildcard(settings.host)):
        return None
    if any(_matches(authority.host, allowed.lower()) for allowed in settings.allowed_hosts):
        return None
    name = authority.host[:255]
    return (
        f"This server does not answer to the host {name}. Use localhost or an address in numbers; or allow {name}: add "
        f"it to `allowed_hosts` in devkit.yaml, or to DEVKIT_ALLOWED_HOSTS."
    )


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
    return not _is_loopback(settings.host)


def token_needed(peer: str | None, settings: Settings) -> bool:
    """Whether a control call from that address needs the project's token."""
    return beyond_loopback(settings) and not (peer is not None and _is_loopback(peer))


def token_fits(given: str | None, token: str | None) -> bool:
    return given is not None and token is not None and hmac.compare_digest(given.encode(), token.encode())


def control_token(settings: Settings) -> str | None:
    """What calls from other machines must bring; None where there are none. Raises StorageError, SettingError."""
    if not beyond_loopback(settings):
        return None
    return given_token(os.environ) or project_token(settings.state_dir)


def project_token(state_dir: Path) -> str:
    """The project's control token, made once; its file can be read by its owner only. Raises StorageError."""
    path = state_dir / TOKEN_FILE
    try:
        statefolder.made(state_dir)
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
    if len(token) < TOKEN_LENGTH:
        raise StorageError(f"The control token {path} is damaged.", remedy="Delete it: a new one is made.")
    return token


def _is_ours(host: str, bound: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or _same(host, bound)


def _is_public(host: str, settings: Settings) -> bool:
    """Whether that is where clients reach the server by a proxy."""
    domain = settings.sandbox_domain
    if domain and (host == domain or host.endswith(f".{domain}")):
        return True
    return bool(settings.public_url) and urlsplit(settings.public_url).hostname == host


def _matches(host: str, allowed: str) -> bool:
    return allowed == "*" or _same(host, allowed) or (allowed.startswith("*.") and host.endswith(allowed[1:]))


def _same(host: str, given: str) -> bool:
    """Whether the host is the one that a person wrote: a name, an address with or without brackets, perhaps a port."""
    try:
        # An IPv6 address without its brackets would be read as a host and a port.
        wanted = authority(f"[{given}]" if given.count(":") > 1 and not given.startswith("[") else given)
    except ValueError:
        return False
    return host == wanted.host


def _is_loopback(host: str) -> bool:
    address = literal(host)
    return address.is_loopback if address is not None else host.lower() == "localhost"


def _is_wildcard(host: str) -> bool:
    address = literal(host)
    return address is not None and address.is_unspecified
