"""Schemas of OpenAPI 3.0 and 3.1 become schemas of JSON Schema 2020-12 that refer to components alone.

What 3.0 has otherwise (its "Schema Object"): `nullable`, `exclusiveMinimum` and `exclusiveMaximum` as switches, one
`example`, and nothing beside a `$ref` counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from devkit.blueprint.documents.doubting import SUSPECT, sane
from devkit.blueprint.documents.following import Files, Node
from devkit.errors import FileError
from devkit.schemas.base import REF, Json, Schema

_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_ONE = frozenset(
    {
        "items",
        "additionalProperties",
        "not",
        "contains",
        "if",
        "then",
        "else",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    }
)
_DROPPED = frozenset(
    {
        "$defs",
        "definitions",
        "$id",
        "$anchor",
        "$dynamicAnchor",
        "$schema",
        "$comment",
        "$vocabulary",
        "xml",
        "externalDocs",
        "nullable",
        "example",
    }
)
_IN_BETWEEN = frozenset({"components", "schemas", "$defs", "definitions", "properties", "items", "schema", "content"})
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Schemas:
    """Makes schemas, and components of all that they refer to. What is wrong with one is gathered in `mistakes`."""

    def __init__(self, files: Files, *, old: bool) -> None:
        self._files = files
        self._old = old
        self._names: dict[Any, str] = {}
        self._taken: set[str] = set()
        self._waiting: deque[tuple[str, Node]] = deque()
        self.components: dict[str, Schema] = {}
        self.places: dict[str, Node] = {}
        self.suspects: list[tuple[Node, Schema]] = []
        self.mistakes: list[FileError] = []
        self.warnings: list[str] = []

    def schema(self, node: Node) -> Schema:
        """A schema, with all that it refers to among the components. Nothing at all is the one that takes anything."""
        if node.value is None:
            return {}
        made = self._convert(node)
        while self._waiting:
            name, target = self._waiting.popleft()
            self.components[name] = self._convert(target)
        return made

    def name_of(self, target: Node) -> str:
        """The component's, which becomes one with this."""
        known = self._names.get(target.identity)
        if known is not None:
            return known
        name = wanted = _wanted(target)
        number = 2
        while name in self._taken:
            name = f"{wanted}_{number}"
            number += 1
        self._taken.add(name)
        self._names[target.identity] = name
        self.places[name] = target
        self._waiting.append((name, target))
        return name

    def _convert(self, node: Node) -> Schema:
        value = node.value
        if isinstance(value, bool):
            return {} if value else {"not": {}}
        if not isinstance(value, Mapping):
            self.mistakes.append(node.error(f"must be a schema, which is an object, and not {_shown(value)}"))
            return {}
        if "$id" in value and isinstance(value["$id"], str) and node.base != node.pointer:
            node = Node(node.source, node.pointer, value, node.pointer)
        reference = value.get("$ref", value.get("$dynamicRef"))
        made: dict[str, Json] = {}
        if isinstance(reference, str):
            try:
                made["$ref"] = REF + self.name_of(self._target(node, reference))
            except FileError as error:
                self.mistakes.append(error)
            if self._old or len(value) == 1:
                return made
        for key, member in value.items():
            if key in _DROPPED or key in {"$ref", "$dynamicRef"} or key.startswith("x-"):
                continue
            made[key] = self._keyword(node, key, member)
        _examples(value, made)
        sane(node, made, self.warnings)
        if not SUSPECT.isdisjoint(made):
            self.suspects.append((node, made))
        if self._old or "nullable" in value:
            return _from_3_0(value, made)
        return made

    def _target(self, node: Node, reference: str) -> Node:
        key = "$ref" if "$ref" in node.value else "$dynamicRef"
        target = self._files.target(node, reference, key=key)
        if isinstance(target.value, Mapping) and "$ref" in target.value and (self._old or len(target.value) == 1):
            self._files.follow(target)  # it must come to something
        return target

    def _keyword(self, node: Node, key: str, member: Json) -> Json:
        if key in _BY_NAME and isinstance(member, Mapping):
            return self._by_name(node.at(key))
        if key in _LISTS and isinstance(member, list):
            return [self._convert(item) for item in node.at(key).items()]
        if key in _ONE and isinstance(member, (Mapping, bool)):
            return member if isinstance(member, bool) else self._convert(node.at(key))
        if key == "items" and isinstance(member, list):
            return [self._convert(item) for item in node.at(key).items()]
        if key == "discriminator" and isinstance(member, Mapping):
            return self._discriminator(node.at(key))
        return member

    def _by_name(self, written: Node) -> Json:
        try:
            # A text is no schema: what refers in this way means the properties that are written elsewhere.
            node = self._files.follow(written)
        except FileError as error:
            self.mistakes.append(error)
            return {}
        # Here a name that begins with `x-` is a name like any other.
        return {name: self._convert(node.at(name)) for name in node.value}

    def _discriminator(self, node: Node) -> Json:
        """Its mapping names schemas by references, or by their names alone (3.1, "Discriminator Object")."""
        mapping: dict[str, str] = {}
        for value, target in node.at("mapping").members():
            if isinstance(target.value, str):
                given = target.value
                bare = "/" not in given and "#" not in given and "." not in given
                try:
                    found = self._files.target(node.at("mapping"), REF + given if bare else given, key=value)
                except FileError as error:
                    self.mistakes.append(error)
                else:
                    mapping[value] = REF + self.name_of(found)
        made = {"propertyName": node.value.get("propertyName")}
        return made | {"mapping": mapping} if mapping else made


def _examples(value: Mapping[str, Json], made: dict[str, Json]) -> None:
    if "example" in value and not isinstance(made.get("examples"), list):
        made["examples"] = [value["example"]]
    examples = made.get("examples")
    if isinstance(examples, Mapping):  # written as those of a media type are
        made["examples"] = [e["value"] if isinstance(e, Mapping) and "value" in e else e for e in examples.values()]
    if isinstance(made.get("items"), list):  # a tuple, as drafts before 2020-12 wrote it
        made["prefixItems"] = made.pop("items")
        if "additionalItems" in made:
            made["items"] = made.pop("additionalItems")


def _from_3_0(value: Mapping[str, Json], made: dict[str, Json]) -> Schema:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if made.get(exclusive) is True and bound in made:
            made[exclusive] = made.pop(bound)
        elif isinstance(made.get(exclusive), bool):
            del made[exclusive]
    if value.get("nullable") is not True:
        return made
    kind = made.get("type")
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    if isinstance(kind, str):
        made["type"] = [kind, "null"]
        if not any(key in made for key in ("allOf", "anyOf", "oneOf", "$ref", "const")):
            return made
    # Without a type of its own the null must pass by what the parts say.
    told: dict[str, Json] = {
        key: made.pop(key)
        for key in ("title", "description", "default", "examples", "readOnly", "writeOnly")
        if key in made
    }
    if isinstance(kind, str):
        made["type"] = kind
    return {"anyOf": [made, {"type": "null"}], **told}


def _wanted(target: Node) -> str:
    """A component's own name; else the file's, or what leads to it."""
    steps = target.pointer
    parts = [str(step) for step in steps if step not in _IN_BETWEEN] or [target.source.path.name.partition(".")[0]]
    return _NAME.sub("_", "_".join(parts)).strip("_") or "Schema"


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
