"""The kinds of value a setting can have: how each is read from a flag, a variable or YAML, and shown again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devkit.errors import nearest
from devkit.fleet.placement import NAME_RULE, is_replica, of_hostname
from devkit.records import dataclass
from devkit.units import format_duration, format_size, parse_duration, parse_size

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}
_HOST = r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.?"
_HOST_PATTERN = re.compile(rf"(?:{_HOST}|[0-9a-f:.]*:[0-9a-f:.]*(?:%[a-z0-9]+)?)", re.IGNORECASE)
_ORIGIN = re.compile(rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>{_HOST}|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?")
_OTHER_ORIGIN = re.compile(r"(?!(?i:https?):)[a-zA-Z][a-zA-Z0-9+.-]*://[\w.~%:\[\]-]*", re.ASCII)
"""Of an app or an extension: `app://.`, `capacitor://localhost`, `file://`. Only who made it knows what its host is, so
it is compared as it is written (RFC 6454, section 4).
"""
_DEFAULT_PORTS = {"http": "80", "https": "443"}


_COLOR = re.compile(r"#?(?:(?P<short>[0-9a-f]{3})|(?P<long>[0-9a-f]{6}))")
_LONGEST_TITLE = 60

CHOICE = "WORD"
"""What stands for one of a few words."""

ALL = "*"
"""The name of a switch that is for every name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`parse` makes a value of what was given, or raises ValueError with a sentence; `wanted` says what it accepts."""

    wanted: str
    parse: Callable[[object], Any]
    metavar: str
    show: Callable[[Any], str] = str


def choice(*options: str) -> Kind:
    """One of a few words."""

    def parse(given: object) -> str:
        if given in options:
            return str(given)
        guess = nearest(str(given), options)
        raise ValueError(f"it is none of {', '.join(options)}" + (f" (perhaps {guess!r} was meant)" if guess else ""))

    return Kind(f"one of: {', '.join(options)}", parse, CHOICE)


def _boolean(given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("it is neither yes nor no")


def _automatic(given: object) -> bool | str:
    return "auto" if str(given).strip().lower() == "auto" else _boolean(given)


def _integer(given: object) -> int:
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,18}", str(given).strip()):
        raise ValueError("it is no whole number from 0 up")
    return int(str(given))


def _port(given: object) -> int:
    port = _integer(given)
    if port > 65535:
        raise ValueError("ports end at 65535")
    return port


def _text(given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError("it is no text" if given not in (None, "") else "it is empty")
    return given.strip()


def _path(given: object) -> Path:
    if isinstance(given, Path):
        return given
    text = _text(given)
    if "\0" in text:
        raise ValueError("a path has no NUL in it")
    # "~" alone or before a separator is the home folder; "~name" stays what it is.
    return Path(text).expanduser() if text == "~" or text.startswith(("~/", "~\\")) else Path(text)


def _host(given: object) -> str:
    text = _text(given)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _HOST_PATTERN.fullmatch(bare):
        return bare
    if "://" in text:
        raise ValueError("it has a scheme; name the host alone")
    if re.fullmatch(r".+:[0-9]+", text):
        raise ValueError("it has a port; name the host alone")
    raise ValueError("it is no host name or address")


def _host_pattern(given: object) -> str:
    text = _text(given).lower()
    return "*." + _host(text[2:]) if text.startswith("*.") else _host(text)


def _origin(given: object) -> str:
    text = _text(given)
    if text == "null" or _OTHER_ORIGIN.fullmatch(text):
        return text
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        raise ValueError(_origin_fault(text))
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if port and int(port) > 65535:
        raise ValueError(f"{text!r} has a port above 65535")
    # A browser never writes a scheme's own port into Origin.
    return f"{scheme}://{host}" + (f":{int(port)}" if port and port != _DEFAULT_PORTS.get(scheme) else "")


def _origin_fault(text: str) -> str:
    if text == "*":
        return "browsers do not accept * for calls with credentials; name each origin"
    if "://" not in text:
        return f"{text!r} has no scheme"
    if text.endswith("/") and _ORIGIN.fullmatch(text[:-1].lower()):
        return f"{text!r} ends in a slash, which an origin has not"
    if "/" in text.split("://", 1)[1]:
        return f"{text!r} has a path, which an origin has not"
    return f"{text!r} is no origin"


def _url(given: object) -> str:
    text = _text(given)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("it is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", text) or port == 0:
        raise ValueError("it is no http:// or https:// URL")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it has more than scheme, host, port and path")
    return text.rstrip("/")


def _replica(given: object) -> str:
    text = _text(given).lower()
    if text == "auto":
        import platform

        return of_hostname(platform.node())
    if not is_replica(text):
        raise ValueError(f"a replica's name is {NAME_RULE}")
    return text


def _word(given: object) -> str:
    text = _text(given)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError(f"{text!r} is no name")
    return text


def _listed(each: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    """A list in YAML or of repeated flags; separated by commas where only text can be given."""

    def parse(given: object) -> tuple[str, ...]:
        if isinstance(given, str):
            given = [part for part in given.split(",") if part.strip()]
        if not isinstance(given, list | tuple):
            raise ValueError("it is no list")  # noqa: TRY004 - one kind of error for callers
        return tuple(dict.fromkeys(each(item) for item in given))

    return parse


def _switches(given: object) -> tuple[tuple[str, str], ...]:
    """`on`, or names with their own: a mapping in YAML, `promptcraft=on,webplus=off` where only text can be given."""
    if isinstance(given, dict):
        pairs = [(_word(name), _switch(value)) for name, value in given.items()]
    elif isinstance(given, str) and "=" in given:
        parts = (part.partition("=") for part in given.split(",") if part.strip())
        pairs = [(_word(name), _switch(value)) for name, _, value in parts]
    else:
        pairs = [(ALL, _switch(given))]
    return tuple(dict(pairs).items())


def _switch(given: object) -> str:
    try:
        return "on" if _boolean(given) else "off"
    except ValueError:
        raise ValueError(f"{given!r} is neither on nor off") from None


def _show_switches(switches: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(word if name == ALL else f"{name}={word}" for name, word in switches)


_KEEPERS = ("real", "mock", "recording", "fallback")


def _keep(given: object) -> tuple[tuple[str, str], ...]:
    """Globs over operations, with who keeps them: a mapping in YAML, `tasks.*=mock` where only text can be given; one
    of the words alone is for all.
    """
    if isinstance(given, dict):
        pairs = [(_text(name), _text(by)) for name, by in given.items()]
    else:
        listed = given.split(",") if isinstance(given, str) else given
        if not isinstance(listed, list | tuple):
            raise ValueError("it is no list")  # noqa: TRY004 - one kind of error for callers
        parts = [_text(part).strip().partition("=") for part in listed if not isinstance(part, str) or part.strip()]
        pairs = [(name.strip(), by.strip()) if sign else ("*", name.strip()) for name, sign, by in parts]
    for _, by in pairs:
        if by not in _KEEPERS:
            raise ValueError(f"{by!r} keeps nothing: it is one of {', '.join(_KEEPERS)}")
    return tuple(pairs)


def _show_keep(pairs: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name}={by}" for name, by in pairs)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _automatically(value: bool | str) -> str:
    return value if isinstance(value, str) else _yes(value)


def _join(values: tuple[str, ...]) -> str:
    return ", ".join(values)


def _maybe(path: Path | None) -> str:
    return "" if path is None else str(path)


def _title(given: object) -> str:
    text = " ".join(_text(given).split())
    if len(text) > _LONGEST_TITLE:
        raise ValueError(f"it has {len(text)} characters, {_LONGEST_TITLE} at the most")
    if not text.isprintable():
        raise ValueError("it has characters that cannot be shown")
    return text


def _color(given: object) -> str:
    found = _COLOR.fullmatch(_text(given).lower()) if isinstance(given, str) else None
    if found is None:
        raise ValueError("it is no colour in hexadecimal")
    digits = found["short"] or found["long"]
    return "#" + ("".join(2 * digit for digit in digits) if found["short"] else digits)


BOOLEAN = Kind("true or false (or yes, no, on, off, 1, 0)", _boolean, "BOOL", _yes)
AUTOMATIC = Kind("auto, true or false", _automatic, "auto|true|false", _automatically)
COUNT = Kind("a whole number from 0 up", _integer, "N")
PORT = Kind("a number from 0 to 65535; 0 takes any free port", _port, "PORT")
PATH = Kind("a path", _path, "PATH", _maybe)
HOST = Kind("a host name or an address, such as 127.0.0.1", _host, "HOST")
HOSTS = Kind(
    "host names without scheme and port, such as mock.test or *.mock.test", _listed(_host_pattern), "HOST", _join
)
ORIGINS = Kind(
    "scheme, host and port alone, such as http://localhost:4200; or app://., file://, null",
    _listed(_origin),
    "ORIGIN",
    _join,
)
URL = Kind("an address such as http://localhost:3000", _url, "URL")
WORDS = Kind("a list of names", _listed(_word), "NAME", _join)
CONTRACTS = Kind("a list of files or names", _listed(lambda given: str(_path(given))), "FILE", _join)
SWITCHES = Kind("on or off, or a name with each, such as promptcraft=on", _switches, "on|off", _show_switches)
KEEP = Kind(
    "operations with who keeps them, such as tasks.*=mock (real, mock, recording, fallback)", _keep, "ID=BY", _show_keep
)
UPSTREAM = Kind("an address such as http://localhost:9000", _text, "URL")
REPLICA = Kind("a name such as r1, or auto for one made of the host name", _replica, "NAME")
TITLE = Kind(f"a text of 1 to {_LONGEST_TITLE} characters", _title, "TEXT")
COLOR = Kind('a colour such as "#0d6b5e", in quotes', _color, "COLOR")
SIZE = Kind("a size such as 10MiB", parse_size, "SIZE", format_size)
DURATION = Kind("a duration such as 30s", parse_duration, "DURATION", format_duration)
