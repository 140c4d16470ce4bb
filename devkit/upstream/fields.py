"""Header fields on their way to upstream and back, in their order and as they are written.

What holds for one connection alone goes no further (RFC 9110, section 7.6.1); what names an address is mapped
(`mapping.py`, `cookies.py`, `references.py`); everything else passes as it is, `Accept-Encoding`, `Expect` and `Range`
too.

Upstream is asked as if the client had called it: it sees its own host, and pages of ours as its own. So nothing is told
of the address that the client used: of what other proxies said before us (`X-Forwarded-Host` and its kin, `Forwarded`)
only the client's own address goes on (`X-Forwarded-For`, `for=`). A framework that believed more would find that host,
origin and scheme do not fit. `Via` is what tells of us (RFC 9110, section 7.6.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devkit.upstream import bodies, cookies, cors
from devkit.upstream.mapping import Mapping
from devkit.upstream.references import MAPPED, parts

Pairs = Sequence[tuple[bytes, bytes]]
"""Header fields: one pair for each line."""

_ONE_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
        b"proxy-authenticate",
        b"proxy-authentication-info",
        b"proxy-authorization",
    }
)
_NEVER_NAMED = frozenset({b"host", b"content-length", b"via"})
"""What a message is not the same without: a `Connection` that names one of them is mistaken."""
_LEFT_OUT = {
    b"alt-svc": "it would lead the browser past devkit",
    b"trailer": "fields behind a body are not passed on (RFC 9110, section 6.5.1)",
    b"strict-transport-security": "the browser would ask for https of everything else at this host too",
}
_HTTP_2 = frozenset({b"h2c", b"h2"})
_SHOWN = 100


def up(pairs: Pairs, mapping: Mapping, *, upgrade: bool = False) -> list[tuple[bytes, bytes]]:
    """A request's fields as upstream is to see them. `Transfer-Encoding` is not among them: how a body is framed is for
    whoever sends it to say, and where the client said that, a `Content-Length` beside it is void (RFC 9112, section
    6.3). With `upgrade`, the switch to another protocol is asked for.
    """
    dropped, options = _dropped(pairs)
    ours = False
    sent: list[tuple[bytes, bytes]] = [(b"Host", mapping.upstream.field)]
    for pair in pairs:
        name = pair[0].lower()
        if name in dropped:
            sent += _of_this_hop(name, pair, options, upgrade=upgrade)
        elif (change := _UP.get(name)) is not None:
            value = change(pair[1], mapping)
            if value is not None:
                ours = ours or (value != pair[1] and name in {b"origin", b"referer"})
                sent.append((pair[0], value))
        elif not name.startswith(b"x-devkit-") and (not name.startswith(b"x-forwarded-") or name == b"x-forwarded-for"):
            sent.append(pair)
    if ours:
        # It comes from a page of upstream's own: what says otherwise would be refused where the two are compared (Go's
        # CrossOriginProtection does so).
        sent = [(name, b"same-origin") if name.lower() == b"sec-fetch-site" else (name, value) for name, value in sent]
    sent.append((b"Via", f"1.1 {mapping.name}".encode()))
    return sent


def is_loop(pairs: Pairs, mapping: Mapping) -> bool:
    """Whether a request has been here before (RFC 9110, section 7.6.3)."""
    name = mapping.name.encode()
    return any(
        element.split()[1:2] == [name]
        for field, value in pairs
        if field.lower() == b"via"
        for element in value.split(b",")
    )


def down(
    pairs: Pairs, mapping: Mapping, ours: dict[str, str] | None = None
) -> tuple[list[tuple[bytes, bytes]], list[str]]:
    """An answer's fields as the client is to see them, and what was changed, in short sentences. `Transfer-Encoding` is
    not among them, as above.

    `ours` are the fields by which we answer the browser where `cors` is `answer` (`Vary` among them): they take the
    place of upstream's `Access-Control-*`.
    """
    dropped, options = _dropped(pairs)
    answered = mapping.cors == "answer"
    told: list[str] = []
    sent: list[tuple[bytes, bytes]] = []
    theirs: list[tuple[bytes, bytes]] = []
    for pair in pairs:
        name = pair[0].lower()
        if name in dropped:
            sent += _of_this_hop(name, pair, options, upgrade=True)
        elif answered and name.startswith(b"access-control-"):
            theirs.append(pair)
        elif name == b"set-cookie":
            line, change = cookies.down(pair[1], mapping)
            sent.append((pair[0], line))
            told += [change] if change else []
        elif (follow := MAPPED.get(name)) is not None:
            value = follow(pair[1].decode("latin-1"), mapping).encode("latin-1")
            sent.append((pair[0], value))
            told += [f"{_text(pair[0])}: {_text(pair[1])} is {_text(value)}"] if value != pair[1] else []
        elif name in _LEFT_OUT:
            told.append(f"{_text(pair[0])} is left out: {_LEFT_OUT[name]}")
        elif name != b"x-devkit-kept-by":
            sent.append(pair)
    if answered:
        sent, change = cors.with_ours(sent, theirs, ours or {})
        told += [change] if change else []
    return sent, told


def _dropped(pairs: Pairs) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """What goes no further, and what `Connection` names of it."""
    options: set[bytes] = set()
    void: set[bytes] = set()
    for name, value in pairs:
        if len(name) == 10 and name.lower() == b"connection":
            options |= _listed(value)
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            void = {b"content-length"}
    named = (options - _NEVER_NAMED) | void
    return (_ONE_HOP | named if named else _ONE_HOP), frozenset(options)


def _listed(value: bytes) -> set[bytes]:
    return {member.partition(b";")[0].strip().lower() for member in value.split(b",")} - {b""}


def _of_this_hop(
    name: bytes, pair: tuple[bytes, bytes], options: frozenset[bytes], *, upgrade: bool
) -> tuple[tuple[bytes, bytes], ...]:
    """What is said anew on the next hop: HTTP/2 is not spoken there, whatever else is asked for or offered may be (RFC
    9110, section 7.8; an answer 426 has to name it).
    """
    if name == b"te" and b"te" in options and b"trailers" in _listed(pair[1]):
        return (pair[0], b"trailers"), (b"Connection", b"TE")
    if name == b"upgrade" and upgrade:
        members = [member.strip() for member in pair[1].split(b",")]
        if asked := b", ".join(member for member in members if member.lower() not in _HTTP_2):
            return (pair[0], asked), (b"Connection", b"Upgrade")
    return ()


def _origin(value: bytes, mapping: Mapping) -> bytes:
    return mapping.upstream.origin.encode() if mapping.page(value.decode("latin-1")) else value


def _referer(value: bytes, mapping: Mapping) -> bytes:
    return mapping.referer(value.decode("latin-1")).encode("latin-1")


def _codings(value: bytes, mapping: Mapping) -> bytes:
    return bodies.accepted(value) if mapping.rewrite or mapping.recorded else value


def _forwarded(value: bytes, _: Mapping) -> bytes | None:
    """Of each element (RFC 7239, section 4) what tells of the client, and of who passed it on."""
    elements = []
    for element in parts(value.decode("latin-1"), ","):
        pairs = [part.strip() for part in parts(element, ";")]
        if kept := [pair for pair in pairs if pair.partition("=")[0].strip().lower() in {"for", "by"}]:
            elements.append(";".join(kept))
    return ", ".join(elements).encode("latin-1") or None


def _none(_: bytes, __: Mapping) -> None:
    return None


_UP: dict[bytes, Callable[[bytes, Mapping], bytes | None]] = {
    b"host": _none,
    b"origin": _origin,
    b"referer": _referer,
    b"cookie": cookies.up,
    b"accept-encoding": _codings,
    b"forwarded": _forwarded,
    b"x-original-host": _none,
}


def _text(data: bytes) -> str:
    """As a sentence shows it: without queries, where secrets stand."""
    text = data.partition(b"?")[0].decode("utf-8", "replace")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
