"""The replicas of a fleet, as somebody names them to a command."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from devkit.errors import UsageError
from devkit.fleet.placement import NAME_RULE, is_replica
from devkit.records import dataclass

_PORTS = {"http": 80, "https": 443}
_WRITE = "Write each replica as r1=http://10.0.0.1:8000."


@dataclass(frozen=True, slots=True)
class Member:
    """A replica, and where the proxy reaches it."""

    name: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """`10.0.0.1:8000`, `[::1]:8000`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What a proxy's file is made of. `main` is who answers what names no sandbox; `listen` where the proxy does.
    `agents` is the port at which replicas tell HAProxy how much room they have, 0 where they do not.
    """

    members: tuple[Member, ...]
    main: Member
    listen: tuple[str, int]
    agents: int = 0


def members(given: Sequence[str]) -> tuple[Member, ...]:
    """`r1=http://10.0.0.1:8000` and so on. Raises UsageError where a proxy could not tell them apart."""
    found = [_member(text) for text in given]
    for number, one in enumerate(found):
        for other in found[:number]:
            if one.name == other.name:
                raise UsageError(
                    f"Two replicas are called {one.name}: {other.address} and {one.address}.",
                    remedy="Ids of their sandboxes would be the same, of two fleets behind one proxy too: give each "
                    "replica a name of its own.",
                )
            if one.address == other.address:
                raise UsageError(f"{other.name} and {one.name} are at the same address, {one.address}.")
    return tuple(found)


def address(text: str) -> tuple[str, int]:
    """Host and port of `0.0.0.0:8080`, `:8080`. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError(f"{text!r} is no address to listen at.", remedy="Write it as 0.0.0.0:8080 or :8080.")
    return host.strip("[]") or "0.0.0.0", int(port)


def _member(text: str) -> Member:
    name, sign, url = text.partition("=")
    if not sign:
        raise UsageError(f"{text!r} does not say which replica is where.", remedy=_WRITE)
    if not is_replica(name):
        raise UsageError(f"{name!r} is no name of a replica.", remedy=f"It is {NAME_RULE}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme == "https":
        raise UsageError(
            f"{text!r}: between the proxy and its replicas HTTP is spoken.",
            remedy="Let the proxy have the certificate, and start the replicas without --https.",
        )
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise UsageError(f"{url!r} is no address of a replica.", remedy=_WRITE)
    return Member(name, parts.hostname, port or _PORTS[parts.scheme])
