"""A JSON value as XML, in the way that a schema's `xml` has it (OpenAPI 3.1, "XML Object")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import orjson

from devkit.schemas.base import REF, Json
from devkit.schemas.checking import Checker
from devkit.schemas.walking import parts

_UNNAMED = re.compile(r"[^\w.:-]", re.ASCII)
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 has no way to say (section 2.2)."""


def is_xml(media_type: str) -> bool:
    """Whether what is called so is XML (RFC 7303, sections 4.2 and 9)."""
    name = media_type.partition(";")[0].strip().lower()
    return name.endswith(("/xml", "+xml"))


def xml_text(value: Json, schema: Json, checker: Checker) -> str:
    """A document: its root is called as the schema says, or as the component that it refers to."""
    reference = schema.get("$ref", "") if isinstance(schema, Mapping) else ""
    name = str(reference).removeprefix(REF) or ("items" if isinstance(value, list) else "item")
    body = _element(name, value, schema, checker)
    if isinstance(value, list) and not _said(schema, checker).get("wrapped"):
        body = f"<{_name(name)}>{body}</{_name(name)}>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'


def _element(name: str, value: Json, schema: Json, checker: Checker) -> str:
    said = _said(schema, checker)
    called = _name(f"{said['prefix']}:{said.get('name', name)}" if said.get("prefix") else said.get("name", name))
    space = ""
    if said.get("namespace"):
        prefix = f":{said['prefix']}" if said.get("prefix") else ""
        space = f" xmlns{prefix}={quoteattr(str(said['namespace']))}"
    if isinstance(value, list):
        items = "".join(
            _element(name if not said.get("wrapped") else called, one, checker.item(schema, place), checker)
            for place, one in enumerate(value)
        )
        return f"<{called}{space}>{items}</{called}>" if said.get("wrapped") else items
    if isinstance(value, Mapping):
        members = [(member, one, checker.member(schema, member)) for member, one in value.items() if one is not None]
        attributes = [one for one in members if _said(one[2], checker).get("attribute")]
        written = "".join(
            f" {_name(_said(inner, checker).get('name', member))}={quoteattr(_text(one))}"
            for member, one, inner in attributes
        )
        children = "".join(_element(*one, checker) for one in members if one not in attributes)
        return f"<{called}{space}{written}>{children}</{called}>"
    return f"<{called}{space}>{escape(_text(value))}</{called}>"


def _said(schema: Json, checker: Checker) -> Mapping[str, Json]:
    """What the schema's `xml` says, or that of what it refers to."""
    for part in parts(schema, checker.components):
        if isinstance(part.get("xml"), Mapping):
            found: Mapping[str, Json] = part["xml"]
            return found
    return {}


def _name(text: str) -> str:
    name = _UNNAMED.sub("_", str(text))
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _text(value: Json) -> str:
    if value is None:
        return ""
    return _UNSENDABLE.sub("", value) if isinstance(value, str) else orjson.dumps(value).decode()
