"""Cookies on the way between upstream and a browser that knows it under another address.

`Set-Cookie` is read as browsers read it (RFC 6265bis, section 5.6): what is before the first `;` is the pair, quotes
protect nothing, and of an attribute that stands there twice the last one counts. What is not changed stays as it was
written, space by space, attributes included that nobody knows.
"""

from __future__ import annotations

from devkit.authority import literal
from devkit.upstream.mapping import Mapping

_BORROWED = b"devkit"
"""What stands before a name that browsers would refuse on our leg: `devkit__Host-sid`."""
_OURS = b"devkit_sandbox="
_PREFIXES = (b"__host-", b"__secure-", b"__http-", b"__host-http-")
"""Beginnings of names that promise attributes, which browsers hold them to, in upper case and lower case alike (RFC
6265bis, section 5.7). All of them promise `Secure`.
"""
_SHOWN = 60


def down(line: bytes, mapping: Mapping) -> tuple[bytes, str]:
    """A `Set-Cookie` line as our client may keep it, and what was changed, as a sentence; an empty one for nothing.

    `Domain` is left out: the cookie is for the host that the client called. Where `Secure` does not come back on our
    leg, that is left out as well, with what browsers take with it alone; a name that promises it is lent another.
    """
    pair, *attributes = line.split(b";")
    name, sign, _ = pair.partition(b"=")
    name = name.strip()
    told: list[str] = []
    kept: list[bytes] = []
    if not mapping.secure and sign and name.lower().startswith(_PREFIXES):
        told.append(f"called {_text(_BORROWED + name)}")
        pair = pair.replace(name, _BORROWED + name, 1)
    for attribute in attributes:
        key, said = _attribute(attribute)
        if _is_left_out(key, said, mapping):
            told.append(f"without {_text(attribute)}{_foreign(key, said, mapping)}")
        elif key == b"path" and said.startswith(b"/") and not mapping.is_plain and not _is_for_all_hosts(name, mapping):
            path, where = _path(said, mapping)
            kept.append(attribute.replace(said, path, 1) if path != said else attribute)
            if where:
                told.append(f"{_text(attribute)} {where}")
        else:
            kept.append(attribute)
    if not told:
        return line, ""
    return b";".join([pair, *kept]), f"cookie {_text(name if sign else pair)}: {', '.join(told)}"


def up(field: bytes, mapping: Mapping) -> bytes | None:
    """A `Cookie` field, with names that were lent on the way down given back, and without what is told to devkit
    alone; None where nothing is left.
    """
    if _BORROWED not in field:
        return field
    kept = [_given_back(pair) for pair in field.split(b";") if not pair.lstrip().startswith(_OURS)]
    return b";".join(kept).lstrip() or None


def _given_back(pair: bytes) -> bytes:
    name = pair.lstrip()
    if name[len(_BORROWED) :].lower().startswith(_PREFIXES) and name.startswith(_BORROWED):
        return pair.replace(_BORROWED, b"", 1)
    return pair


def _attribute(written: bytes) -> tuple[bytes, bytes]:
    name, _, value = written.partition(b"=")
    return name.strip().lower(), value.strip()


def _is_left_out(key: bytes, said: bytes, mapping: Mapping) -> bool:
    if key == b"domain":
        # An empty one says nothing (RFC 6265bis, section 5.7).
        return bool(said)
    if mapping.secure:
        return False
    # Without Secure, Chromium and Firefox drop a cookie with SameSite=None or Partitioned; without either it is kept.
    return key in {b"secure", b"partitioned"} or (key == b"samesite" and said.lower() == b"none")


def _foreign(key: bytes, said: bytes, mapping: Mapping) -> str:
    """What to say of a domain that browsers would not let upstream speak for (RFC 6265bis, section 5.7)."""
    host, domain = mapping.upstream.host, said.decode("latin-1").lower().removeprefix(".")
    if key != b"domain" or host == domain or (host.endswith(f".{domain}") and literal(host) is None):
        return ""
    return f", for which browsers refuse it from {host} itself"


def _is_for_all_hosts(name: bytes, mapping: Mapping) -> bool:
    """Whether browsers demand `Path=/` of that name."""
    return mapping.secure and name.lower().startswith(b"__host-")


def _path(said: bytes, mapping: Mapping) -> tuple[bytes, str]:
    """Our path for one of upstream's, and what to say of it. All that a cookie is for lies below the path, so one above
    upstream's base is for everything of ours.
    """
    path, base = said.decode("latin-1"), mapping.upstream.base
    if path == base or (base + "/").startswith(path if path.endswith("/") else path + "/"):
        # `/~w1` and not `/~w1/`: paths are matched by whole segments (RFC 6265bis, section 5.1.4).
        ours = mapping.root or "/"
    else:
        found = mapping.path(path)
        if found is None:
            return said, f"is not below {mapping.upstream}: the client may never send it"
        ours = found
    made = ours.encode("latin-1")
    return (made, f"is {ours}") if made != said else (said, "")


def _text(data: bytes) -> str:
    text = data.strip().decode("utf-8", "replace")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
