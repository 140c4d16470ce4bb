"""The authority of an address: its host and port (RFC 3986, section 3.2), read in one way for whoever asks."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from devkit.records import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"http": 80, "https": 443}
_WRITTEN = re.compile(
    r"(?:\[(?P<literal>[0-9a-f:.]+(?:%(?:25)?[\w.~-]+)?)\]|(?P<name>(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})+))"
    r"(?::(?P<port>\d{0,5}))?",
    re.ASCII | re.IGNORECASE,
)
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
"""RFC 1918 and RFC 4193. What the library calls private holds test networks and more."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Host and port. `host` is in lower case, without brackets and final dot; `port` is None where none is written."""

    host: str
    port: int | None = None

    @property
    def address(self) -> Address | None:
        """The host, where it is a literal address and no name."""
        return literal(self.host)

    @property
    def subdomain(self) -> str | None:
        """`w1` of `w1.localhost`; None for any other host."""
        return self.below("localhost")

    def below(self, domain: str) -> str | None:
        """`w1` of `w1.DOMAIN`; None for any other host."""
        label, _, rest = self.host.partition(".")
        return label if rest == domain else None

    def on(self, scheme: str) -> str:
        """As it is written in an origin or an address of that scheme: `localhost:8000`, `[::1]`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in {None, _PORTS.get(scheme)} else f"{host}:{self.port}"


@lru_cache(512)
def authority(text: str) -> Authority:
    """What a `Host` field, or an address between `//` and the next slash, says. Raises ValueError for anything else:
    no host, a user before it, brackets that do not close, a port that is none.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError("no host and port")
    port = int(written["port"]) if written["port"] else None
    if port is not None and port > 65_535:
        raise ValueError("no port")
    if written["literal"] is not None:
        # A scope (`fe80::1%25eth0`) says which interface of the sender, nothing that the receiver could know.
        return Authority(str(ipaddress.IPv6Address(written["literal"].partition("%")[0])), port)
    host = written["name"].lower().removesuffix(".")
    if not host:
        raise ValueError("no host")
    return Authority(host, port)


def literal(host: str) -> Address | None:
    """The address that a host is, with or without brackets and scope; None for a name."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_near(address: Address) -> bool:
    """Whether an address means this machine or its neighbours (loopback, link-local, private), wherever it is asked."""
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or any(address in network for network in _PRIVATE)
    )
