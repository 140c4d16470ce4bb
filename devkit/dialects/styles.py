"""Parameters as OpenAPI writes them (3.1, "Parameter Object", "Style Values" and "Style Examples"; RFC 6570)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from devkit.contract.shapes import Parameter, Place
from devkit.dialects.pairs import coerced, nested, split
from devkit.dialects.queries import Query
from devkit.dialects.raw import RawRequest
from devkit.records import dataclass
from devkit.schemas.base import Json
from devkit.schemas.checking import Checker
from devkit.schemas.walking import default_of, names_of, types_of

_USUAL: Mapping[Place, str] = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_SEPARATORS: Mapping[str, str] = {"spaceDelimited": " ", "pipeDelimited": "|"}
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


class Unreadable(Exception):
    """A parameter that is written in another way than its style has it; the text is for the client."""


ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Written:
    """How a parameter is written. `explode` is that of the style where the contract names none (OpenAPI: true for
    `form` and `cookie`, false for the others).
    """

    parameter: Parameter
    style: str
    explode: bool
    types: frozenset[str]
    has_default: bool
    default: Json

    @classmethod
    def of(cls, parameter: Parameter, checker: Checker) -> Written:
        style = parameter.style or _USUAL[parameter.place]
        explode = parameter.explode or (not parameter.style and style == "form")
        types = types_of(parameter.schema, checker.components)
        return cls(parameter, style, explode, types, *default_of(parameter.schema, checker.components))

    def read(self, raw: RawRequest, checker: Checker) -> Json:
        """Its value, of the types of its schema as far as it can be read so; ABSENT where it was not given.

        Raises Unreadable.
        """
        if self.parameter.place == "query":
            return self.of_pairs(raw.query, checker)
        text = self._text(raw)
        return ABSENT if text is None else self._chosen(self._of_text(text), checker)

    def of_pairs(self, pairs: Query, checker: Checker) -> Json:
        """The same of names and texts that are none of a request's other parameters. Raises Unreadable."""
        return self._chosen(self._of_pairs(pairs, checker), checker)

    def _chosen(self, choices: Iterator[Any], checker: Checker) -> Json:
        schema = self.parameter.schema
        found = [coerced(choice, schema, checker) for choice in choices]
        if not found:
            return ABSENT
        if len(found) == 1:
            return found[0]
        # A list of one looks like what it lists: whatever fits was meant.
        return next((one for one in found if checker.fits(schema, one)), found[-1])

    def spelled(self, path: tuple[str | int, ...]) -> str:
        """How a client wrote what is there in the value."""
        name = self.parameter.name
        if self.style == "deepObject":
            return name + "".join(f"[{step}]" for step in path)
        if self.style == "form" and self.explode and path and isinstance(path[0], str):
            return path[0]
        text = name
        for step in path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
        return text

    def _text(self, raw: RawRequest) -> str | None:
        name = self.parameter.name
        source = {"path": raw.path, "header": raw.headers, "cookie": raw.cookies}[self.parameter.place]
        return source.get(name)

    def _of_pairs(self, query: Query, checker: Checker) -> Iterator[Any]:
        name, types = self.parameter.name, self.types
        if self.style == "deepObject":
            mine = [(key, value) for key, value in query if split(key)[0] == name and key != name]
            if mine:
                yield nested(mine)[0].get(name, {})
            return
        values = [value for key, value in query if key == name]
        if self.explode and "object" in types and not self.parameter.media_type:
            members = self._members(query, checker)
            if members:
                yield members
        if not values:
            return
        if self.explode and "array" in types and not self.parameter.media_type:
            if len(values) == 1 and types & _SCALARS:
                yield values[0]
            yield values
            return
        if len(values) > 1:
            raise Unreadable("Was given more than once")
        yield from self._of_text(values[0])

    def _members(self, query: Query, checker: Checker) -> dict[str, Any]:
        """The members of an object that are parameters by their own names."""
        named = names_of(self.parameter.schema, checker.components)
        found: dict[str, Any] = {}
        for key, value in query:
            if key in named or not named:
                found[key] = (
                    [*found[key], value]
                    if isinstance(found.get(key), list)
                    else ([found[key], value] if key in found else value)
                )
        return found

    def _of_text(self, text: str) -> Iterator[Any]:
        """What one text may stand for: itself, a list, an object."""
        if self.parameter.media_type:
            yield _decoded(text, self.parameter.media_type)
            return
        types, name = self.types, self.parameter.name
        if self.style in {"label", "matrix"}:
            prefix = "." if self.style == "label" else ";"
            if not text.startswith(prefix):
                example = f".{name}" if self.style == "label" else f";{name}=…"
                raise Unreadable(f"Must begin with {prefix!r}, as in {example}")
        if not types or types & _SCALARS:
            yield self._bare(text)
        if "array" in types:
            yield self._items(text)
        if "object" in types:
            yield self._object(text)

    def _bare(self, text: str) -> str:
        if self.style == "label":
            return text[1:]
        return text.removeprefix(f";{self.parameter.name}").removeprefix("=") if self.style == "matrix" else text

    def _items(self, text: str) -> list[str]:
        if self.style == "matrix" and self.explode:
            return [piece.partition("=")[2] for piece in text[1:].split(";")]
        bare = self._bare(text)
        separator = "." if self.style == "label" and self.explode else _SEPARATORS.get(self.style, ",")
        items = bare.split(separator) if bare else []
        # `a, b`: a header's list may have spaces (RFC 9110, section 5.6.1).
        return [item.strip(" \t") for item in items] if self.parameter.place == "header" else items

    def _object(self, text: str) -> dict[str, str]:
        if self.explode:
            rest = text[1:] if self.style in {"label", "matrix"} else text
            separator = {"label": ".", "matrix": ";"}.get(self.style, ",")
            pieces = [piece.partition("=") for piece in rest.split(separator) if piece]
            return {name.strip(): value for name, _, value in pieces}
        items = self._items(text)
        if len(items) % 2:
            raise Unreadable("Must be names and values in turn, such as R,100,G,200")
        return dict(zip(items[::2], items[1::2], strict=True))


def _decoded(text: str, media_type: str) -> Json:
    if "json" not in media_type:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("Must be JSON") from None
