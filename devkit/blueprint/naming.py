"""How things are called: one of several, words in a style, what a schema is called after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_IRREGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "criteria": "criterion", "data": "data", "media": "media", "movies": "movie",
    "cookies": "cookie", "series": "series", "species": "species", "news": "news", "analyses": "analysis",
    "indices": "index", "vertices": "vertex", "lives": "life", "knives": "knife", "shelves": "shelf",
    "leaves": "leaf", "halves": "half", "caches": "cache", "aches": "ache", "axes": "axis", "buses": "bus",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"([^aeiou])ies$"), r"\1y"),
    (re.compile(r"(ss|sh|ch|x|zz|us)es$"), r"\1"),
    (re.compile(r"(ss|us|is)$"), r"\1"),
    (re.compile(r"([^s])s$"), r"\1"),
)


def singular(name: str) -> str:
    """What one of several is called, in English: `order` of `orders`, `deliveryAddress` of `deliveryAddresses`."""
    head, last = _last_word(name)
    lower = last.lower()
    if lower in _IRREGULAR:
        found = _IRREGULAR[lower]
        return head + (found.capitalize() if last[:1].isupper() else found)
    for pattern, replacement in _ENDINGS:
        if pattern.search(last):
            return head + pattern.sub(replacement, last)
    return name


def words(name: str) -> list[str]:
    """The words of a name in any style, in small letters."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]


def pascal(name: str) -> str:
    """How a schema is called: `DeliveryAddress` of `delivery_address`."""
    return "".join(word.capitalize() for word in words(name)) or name


def _camel(name: str) -> str:
    first, *others = words(name)
    return first + "".join(word.capitalize() for word in others)


STYLES: Mapping[str, Callable[[str], str]] = {
    "camelCase": _camel,
    "snake_case": lambda name: "_".join(words(name)),
    "kebab-case": lambda name: "-".join(words(name)),
    "PascalCase": pascal,
}
"""How fields may look on the wire."""


def spelled(name: str, style: str) -> str:
    """A field's name on the wire; as it is where there is no style. A name such as `_id` keeps what it begins with."""
    bare = name.lstrip("_$")
    if not style or not words(bare):
        return name
    return name[: len(name) - len(bare)] + STYLES[style](bare)


def _last_word(name: str) -> tuple[str, str]:
    found = re.search(r"[A-Z]?[a-z]+$", name)
    return (name[: found.start()], found[0]) if found else ("", name)
