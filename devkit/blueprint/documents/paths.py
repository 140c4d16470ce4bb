"""Paths, and what the rows of a collection are called by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

Template = tuple[str, ...]
"""A path's segments, with `{}` for each parameter."""

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_ODD = re.compile(r"[^A-Za-z0-9]+")


def template_of(path: str) -> Template:
    """`/orders/{id}.json` and `/orders/{id}/` are as `/orders/{}`."""
    bare = path.strip("/")
    for ending in (".json", ".{format}"):
        bare = bare.removesuffix(ending)
    return tuple(_PARAMETER.sub("{}", segment) for segment in bare.split("/") if segment)


def parameters_in(path: str) -> list[str]:
    return _PARAMETER.findall(path.removesuffix(".{format}"))


def places_in(path: str, apart: Sequence[str]) -> tuple[str, ...]:
    """The parameters of a path that say the place of rows that are kept `apart` (`Resource.apart`); none where it does
    not say all of it.
    """
    found: dict[str, list[str]] = {}
    for name, place in zip(parameters_in(path), parameter_places(template := template_of(path)), strict=False):
        found.setdefault(up_to(template, place), []).append(name)
    return tuple(name for each in apart for name in found.get(each, ())) if found.keys() >= {*apart} else ()


def parameter_places(template: Template) -> list[int]:
    """The numbers of the segments that parameters are in, once for each: one may have several (`{base}...{head}`)."""
    return [place for place, segment in enumerate(template) for _ in range(segment.count("{}"))]


def up_to(template: Template, place: int) -> str:
    """The path up to a segment, that one included."""
    return "/" + "/".join(template[: place + 1])


def names_of(templates: Iterable[Template]) -> dict[Template, str]:
    """A name for each: the last word of the path, with those before it as far as it takes to tell them apart."""
    words = {template: [segment for segment in template if "{" not in segment] for template in templates}
    found = {template: _joined(literal[-1:]) for template, literal in words.items()}
    for depth in range(2, 12):
        taken: dict[str, list[Template]] = {}
        for template, name in found.items():
            taken.setdefault(name, []).append(template)
        for same in taken.values():
            if len(same) > 1:
                found |= {template: _joined(words[template][-depth:]) for template in same}
    used: set[str] = set()
    for template, name in found.items():
        number, unique = 2, name
        while unique in used:
            unique, number = f"{name}_{number}", number + 1
        used.add(unique)
        found[template] = unique
    return found


def _joined(segments: Sequence[str]) -> str:
    return "_".join(_ODD.sub("_", segment).strip("_") for segment in segments) or "rows"
