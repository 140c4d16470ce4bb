"""What the plain words of a YAML file mean: the core schema of YAML 1.2.2 (section 10.3.2).

PyYAML follows YAML 1.1, where `12:30` is 750, `NO` is false, `010` is 8 and `1e3` is text: none of them is what its
writer meant. What is read by these rules is written by them too, and quoted where YAML 1.1 would see something else
than a text, so that other programs read a saved file as we do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
STR = f"{_TAG}str"

_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII
)


def _int(text: str) -> int:
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


def _float(text: str) -> float:
    # Python knows infinities and what is no number without the dot.
    return float(text.replace(".", "")) if text[-1].isalpha() else float(text)


def _word(text: str) -> Any:
    return _WORDS[text]


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...] = (
    ("null", re.compile("|".join(map(re.escape, (word for word, value in _WORDS.items() if value is None)))), _word),
    ("bool", re.compile("|".join(word for word, value in _WORDS.items() if value is not None)), _word),
    ("int", _INT, _int),
    ("float", _FLOAT, _float),
)
_READERS = {f"{_TAG}{name}": (pattern, read) for name, pattern, read in _KINDS}


def value_of(text: str, tag: str | None = None) -> Any:
    """What a plain word means; with a `tag`, what it means as that. Raises ValueError where it has no such meaning."""
    if tag is None:
        return next((read(text) for _, pattern, read in _KINDS if pattern.fullmatch(text)), text)
    if tag == STR:
        return text
    pattern, read = _READERS[tag]
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is no {tag.removeprefix(_TAG)}")
    return read(text)


def knows(tag: str) -> bool:
    """Whether a tag is one of the core schema's for words."""
    return tag == STR or tag in _READERS


def dump(value: Any, *, width: int) -> str:
    """Plain values as YAML that people like to read: short lists and maps in a line, long texts as blocks."""
    dumped: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width, default_flow_style=None
    )
    return dumped


_BREAKS = re.compile("[\r\x85\u2028\u2029]")


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 (the base) or the core schema would not read as a text."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    # The other line breaks of YAML 1.1 would be read as ends of lines; what is quoted is escaped.
    style = '"' if _BREAKS.search(value) else "|" if "\n" in value else None
    return dumper.represent_scalar(STR, value, style=style)


_Dumper.add_representer(str, _text)
for _name, _pattern, _ in _KINDS:
    # PyYAML matches from the start alone.
    _Dumper.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"(?:{_pattern.pattern})$", re.ASCII), None)
