"""Names of files in header fields: read as browsers write them in forms, written as RFC 6266 asks for answers."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from devkit.records import dataclass

_TYPE = re.compile(r"[ \t]*([\w!#$%&'*+.^`|~-]+)[ \t]*", re.ASCII)
_PARAMETER = re.compile(
    r""";[ \t]*(?:
        (?P<name>[\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*
        # A browser escapes no backslash: one before the closing quote is of the name, one before another was meant to
        # escape that.
        (?: "(?P<quoted>(?:[^"\\]|\\"(?![ \t]*(?:;|$))|\\)*)"[ \t]* | (?P<plain>[^;"]*) )
    )?(?=;|$)""",
    re.ASCII | re.VERBOSE,
)
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}
"""All that a browser escapes in a name (WHATWG HTML, "multipart/form-data"); another `%` means itself."""
_ESCAPED = re.compile("|".join(_ESCAPES), re.IGNORECASE)
_CHARSETS = ("utf-8", "iso-8859-1")
"""Those of RFC 8187, section 3.2.1, and of the RFC 5987 before it."""
_UNSAFE = re.compile(r'[^ !#$&-\[\]-~]|[";]')
"""What a quoted name may not hold so that everybody reads the same (RFC 6266, appendix D)."""
_ATTRIBUTE = "!#$&+-.^_`|~"
"""What stands unescaped in an extended value, beside letters and digits (RFC 8187, section 3.2.1)."""


@dataclass(frozen=True, slots=True)
class FormField:
    """What a part of a form says of itself; `filename` is None where it is no file."""

    name: str | None
    filename: str | None


def read_form_field(header: str | None) -> FormField:
    """The `Content-Disposition` of a part (RFC 7578, section 4.2; WHATWG Fetch, "multipart/form-data parser").

    A header's bytes that are no ASCII are UTF-8, as surrogates where they are not even that. Raises ValueError where
    it is broken, or says one thing twice: which part is a file must not be a guess.
    """
    if header is None:
        return FormField(None, None)
    start = _TYPE.match(header)
    if start is None:
        raise ValueError("no disposition type")
    found: dict[str, str] = {}
    position = start.end()
    while position < len(header):
        one = _PARAMETER.match(header, position)
        if one is None:
            raise ValueError("a broken parameter")
        position = one.end()
        name = (one["name"] or "").lower()
        if name in found:
            raise ValueError("a parameter twice")
        if name:
            found[name] = _unquoted(one["quoted"]) if one["quoted"] is not None else one["plain"].strip(" \t")
    if start[1].lower() != "form-data":
        return FormField(None, None)
    filename = _extended(found["filename*"]) if "filename*" in found else None
    return FormField(_text(found.get("name")), _text(found.get("filename")) if filename is None else filename)


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0].upper()], text.replace('\\"', '"'))


def _text(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _extended(value: str) -> str | None:
    """A value as RFC 8187 writes it: forms should have none, but clients that are no browsers send them."""
    charset, _, rest = value.partition("'")
    _, quotes, encoded = rest.partition("'")
    if not quotes or charset.lower() not in _CHARSETS:
        return None
    return unquote_to_bytes(encoded.encode("utf-8", "surrogateescape")).decode(charset, "replace")


def write_disposition(kind: str, filename: str) -> str:
    """`Content-Disposition` of an answer (RFC 6266): the name in quotes, with an underscore for what not everybody
    reads the same; where that is not the name itself, it stands as it is behind (RFC 8187).
    """
    plain = _UNSAFE.sub("_", filename)
    told = f'{kind}; filename="{plain}"'
    return told if plain == filename else f"{told}; filename*=UTF-8''{quote(filename, safe=_ATTRIBUTE)}"
