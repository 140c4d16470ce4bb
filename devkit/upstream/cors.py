"""Our answer to browsers in the place of upstream's, where devkit answers them (`--cors answer`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Pairs = list[tuple[bytes, bytes]]

_ALLOWED = "Access-Control-Allow-Origin"
_EXPOSED = "Access-Control-Expose-Headers"


def with_ours(pairs: Pairs, theirs: Sequence[tuple[bytes, bytes]], ours: Mapping[str, str]) -> tuple[Pairs, str]:
    """An answer's fields with ours, and what to say of it; an empty text for nothing. `theirs` are its own
    `Access-Control-*` fields, which are not among `pairs`. `Vary` keeps what upstream said, and gains what is ours;
    names that upstream exposes stay exposed.
    """
    sent = list(pairs)
    for name, value in ours.items():
        if name == "Vary":
            _vary(sent, value)
        elif name == _EXPOSED:
            sent.append((name.encode(), _exposed(value, _of(theirs, _EXPOSED), pairs)))
        else:
            sent.append((name.encode(), value.encode("latin-1")))
    allowed = _of(theirs, _ALLOWED)
    if not allowed or allowed == [ours.get(_ALLOWED, "").encode("latin-1")]:
        return sent, ""
    return sent, f"CORS is answered here: upstream allows {b', '.join(allowed).decode('utf-8', 'replace')[:100]}"


def _of(pairs: Sequence[tuple[bytes, bytes]], name: str) -> list[bytes]:
    wanted = name.lower().encode()
    return [value for given, value in pairs if given.lower() == wanted]


def _vary(sent: Pairs, members: str) -> None:
    places = [place for place, (name, _) in enumerate(sent) if name.lower() == b"vary"]
    said = {part.strip().lower() for place in places for part in sent[place][1].split(b",")}
    missing = [member.strip() for member in members.split(",") if member.strip().lower().encode() not in said]
    if not missing or b"*" in said:
        return
    added = ", ".join(missing).encode()
    if not places:
        sent.append((b"Vary", added))
        return
    name, value = sent[places[0]]
    sent[places[0]] = (name, b", ".join(part for part in (value.strip(), added) if part))


def _exposed(ours: str, theirs: Sequence[bytes], pairs: Pairs) -> bytes:
    """A `*` means nothing where credentials are sent (Fetch, "CORS-exposed header-name list"), as we let them be: what
    it stands for is named.
    """
    if not theirs:
        return ours.encode()
    named = [name for value in (ours.encode(), *theirs) for part in value.split(b",") if (name := part.strip())]
    if b"*" in named:
        named += [name for name, _ in pairs if name.lower() != b"set-cookie"]
    once: dict[bytes, bytes] = {}
    for name in named:
        once.setdefault(name.lower(), name)
    return b", ".join(name for name in once.values() if name != b"*")
