"""Parameters, bodies and responses of a document become the shapes of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from devkit.blueprint.documents.following import Files, Node
from devkit.blueprint.documents.upgrading import Schemas
from devkit.contract.shapes import Body, Encoding, Outcome, Parameter, Place
from devkit.errors import FileError, did_you_mean
from devkit.schemas.base import Json, Schema

_PLACES: Mapping[str, Place] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""Media types whose members may be written in a way of their own."""
_MEANINGLESS = frozenset({"accept", "content-type", "authorization"})
"""Headers that a document says nothing about as parameters (3.1, "Parameter Object")."""


class Parts:
    def __init__(self, files: Files, schemas: Schemas) -> None:
        self._files = files
        self._schemas = schemas
        self.mistakes: list[FileError] = []
        self.warnings: list[str] = []

    def parameters(self, item: Node, operation: Node) -> list[Parameter]:
        """Those of a path and of its operation, whose own win."""
        found: dict[tuple[str, str], Parameter] = {}
        for written in (*item.at("parameters").items(), *operation.at("parameters").items()):
            node = self._follow(written)
            if node is None:
                continue
            made = self._parameter(node)
            if made is not None:
                found[made.place, made.name] = made
        return list(found.values())

    def _parameter(self, node: Node) -> Parameter | None:
        value = node.value
        if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
            self.mistakes.append(node.error("a parameter needs a `name` and a place (`in`)"))
            return None
        name, place = value["name"], value.get("in")
        if place == "querystring":
            self.warnings.append(node.warning("`in: querystring` is not read: what comes in the query is not checked"))
            return None
        if not isinstance(place, str) or place not in _PLACES:
            hint = did_you_mean(str(place), _PLACES)
            told = f"the parameter {name!r} is in {place!r}, which is none of {', '.join(_PLACES)}.{hint}"
            self.mistakes.append(node.error(told))
            return None
        if place == "header" and name.lower() in _MEANINGLESS:
            return None
        return self._valued(node, name, _PLACES[place])

    def _valued(self, node: Node, name: str, place: Place) -> Parameter:
        value = node.value
        schema, example = self._schemas.schema(node.at("schema")), _example(node)
        media_type, content = next(node.at("content").members(), ("", None))
        media = self._follow(content) if content else None
        if media is not None:
            schema, example = self._schemas.schema(media.at("schema")), _example(media)
        given = value.get("style")
        style = given if isinstance(given, str) else _STYLES[place]
        explode = value.get("explode")
        return Parameter(
            name=name,
            place=place,
            schema=schema,
            required=place == "path" or value.get("required") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in {"form", "cookie"},
            media_type=media_type,
            summary=_text(value.get("description")),
            deprecated=value.get("deprecated") is True,
            example=example,
        )

    def body(self, written: Node) -> Body | None:
        """A request's. There is none where nothing is said of it."""
        if written.value is None:
            return None
        node = self._follow(written)
        if node is None:
            return None
        made = self._content(node.at("content"))
        if made is None:
            return None
        return replace(made, required=node.at("required").value is True)

    def outcomes(self, operation: Node) -> tuple[Outcome, ...]:
        found = []
        for status, written in operation.at("responses").members():
            node = self._follow(written)
            if node is None:
                continue
            headers = {}
            for name, header in node.at("headers").members():
                told = self._follow(header)
                if told is not None and isinstance(told.value, Mapping) and name.lower() != "content-type":
                    headers[name] = self._valued(told, name, "header")
            found.append(
                Outcome(
                    status=status,
                    summary=_text(node.at("description").value),
                    body=self._content(node.at("content")),
                    headers=headers,
                )
            )
        return tuple(found)

    def _content(self, node: Node) -> Body | None:
        media: dict[str, Schema] = {}
        examples: dict[str, Mapping[str, Json]] = {}
        encoding: dict[str, Mapping[str, Encoding]] = {}
        for media_type, written in node.members():
            described = self._follow(written)
            if described is None:
                continue
            if described.at("itemSchema").value is not None and described.at("schema").value is None:
                # What comes one after the other is as an array of all (3.2, "Sequential Media Types").
                item = self._schemas.schema(described.at("itemSchema"))
                media[media_type] = {"type": "array", "items": item}
            else:
                media[media_type] = self._schemas.schema(described.at("schema"))
            shown = dict(self._examples(described))
            if shown:
                examples[media_type] = shown
            ways = dict(self._encodings(described))
            if ways and media_type.partition(";")[0].strip().lower() in _FORMS:
                encoding[media_type] = ways
        return Body(media=media, examples=examples, encoding=encoding) if media else None

    def _encodings(self, node: Node) -> Iterator[tuple[str, Encoding]]:
        """Where any of the three that a query has is said, the media type does not count (3.1, "Encoding Object")."""
        for name, written in node.at("encoding").members():
            told = written.value if isinstance(written.value, Mapping) else {}
            given, explode, media_type = told.get("style"), told.get("explode"), told.get("contentType")
            if {"style", "explode", "allowReserved"} & set(told):
                style = given if isinstance(given, str) else "form"
                yield name, Encoding(style=style, explode=explode if isinstance(explode, bool) else style == "form")
            elif isinstance(media_type, str):
                yield name, Encoding(content_type=media_type)

    def _examples(self, node: Node) -> Iterator[tuple[str, Json]]:
        if isinstance(node.value, Mapping) and "example" in node.value:
            yield "example", node.value["example"]
        for name, written in node.at("examples").members():
            told = self._follow(written)
            if told is None or not isinstance(told.value, Mapping):
                continue
            for key in ("dataValue", "value"):
                if key in told.value:
                    yield name, told.value[key]
                    break

    def _follow(self, node: Node) -> Node | None:
        try:
            return self._files.follow(node)
        except FileError as error:
            self.mistakes.append(error)
            return None


def _example(node: Node) -> Json:
    if isinstance(node.value, Mapping) and "example" in node.value:
        return node.value["example"]
    for _, told in node.at("examples").members():
        if isinstance(told.value, Mapping) and "value" in told.value:
            return told.value["value"]
    return None


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
