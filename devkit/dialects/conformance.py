"""Whether an answer is what the contract says: judged by the same description that the OpenAPI document has of it.

Only what was put wrong is told, never a value that a client may mean to be secret.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from devkit.dialects.base import Dialect, Route
from devkit.dialects.openapi.document import responses
from devkit.dialects.openapi.parts import Parts
from devkit.dialects.spelling import Json
from devkit.masking import mask_strange
from devkit.records import dataclass

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

Validator = Any
"""One of jsonschema-rs: `is_valid` and `iter_errors`."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCHEMAS = "#/components/schemas/"
_SHOWN = 40
"""Characters of a name or a value that are shown."""
_MANY = 8
"""Alternatives that are listed."""

_TYPES: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Departure:
    """Something in an answer that is not as the contract has it. `place` is where in the contract: the same for each
    answer that departs there. `what` is the sentence's part that says what was found, where, and what would be right.
    """

    place: str
    what: str


class Promise:
    """What one route answers, as its dialect promises it; or in whose words an address is answered that has no route.

    Validators are made when they are first needed, and shared by whatever has the same schema.
    """

    def __init__(self, speaks: Route | Dialect, validators: dict[bytes, Validator], *, is_routed: bool = True) -> None:
        """`validators` are those that other promises have made."""
        self._validators = validators
        self._mine: dict[tuple[str, str], Validator] = {}
        parts = Parts()
        if isinstance(speaks, Route) and is_routed:
            self._responses = responses(speaks, parts)
        else:
            parts.begin(speaks.dialect if isinstance(speaks, Route) else speaks, "")
            self._responses = {"default": parts.error_response(speaks, 404, [])}
        components = parts.components()
        self._schemas: dict[str, Json] = components["schemas"]
        self._parts = {
            f"#/components/{kind}/{name}": part for kind in components for name, part in components[kind].items()
        }

    def departures(
        self,
        status: int,
        fields: Mapping[str, str],
        body: bytes | None,
        *,
        code: str | None = None,
        bodiless: bool = False,
    ) -> Iterator[Departure]:
        """What is not as promised. Names of `fields` are in lower case, `body` is without its content coding; `code` is
        that of the error, where it is one; `bodiless` is an answer to HEAD.
        """
        number = str(status) if str(status) in self._responses else "default"
        response = self._resolved(self._responses.get(number))
        if response is None:
            known = _listed(list(self._responses))
            yield Departure("status", f"the status is {status} where the contract has {known}")
            return
        codes = response.get("x-devkit-codes")
        if code is not None and codes and code not in codes:
            yield Departure(f"{status} {code}", f"the error is {code} where the contract has {_listed(codes)}")
        for name, header in response.get("headers", {}).items():
            yield from self._header(number, name, self._resolved(header), fields.get(name.lower()))
        if not bodiless:
            yield from self._body(number, response.get("content", {}), fields.get("content-type", ""), body)

    def _header(self, number: str, name: str, header: Json, value: str | None) -> Iterator[Departure]:
        if value is None:
            if header.get("required"):
                yield Departure(f"{number} {name}", f"the header {name} is missing")
            return
        schema = header["schema"]
        whole = schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,15}", value)
        validator = self._validator(number, name, schema)
        if not validator.is_valid(int(value) if whole else value):
            wanted = _TYPES.get(schema.get("type"), "something else")
            pattern = f" like {schema['pattern']}" if "pattern" in schema else ""
            least = f" from {schema['minimum']} up" if "minimum" in schema else ""
            yield Departure(
                f"{number} {name}",
                f"the header {name} is {_value(value)} where the contract has {wanted}{pattern}{least}",
            )

    def _body(
        self, number: str, content: Mapping[str, Json], content_type: str, body: bytes | None
    ) -> Iterator[Departure]:
        if not content:
            if body:
                yield Departure(f"{number} body", "there is a body where the contract has none")
            return
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type not in content:
            found = f"is {_name(media_type)}" if media_type else "is missing"
            yield Departure(f"{number} type", f"the Content-Type {found} where the contract has {_listed([*content])}")
            return
        schema = content[media_type].get("schema")
        if schema is None:
            return
        try:
            is_json = media_type == "application/json" or media_type.endswith("+json")
            value = orjson.loads(body or b"") if is_json else (body or b"").decode()
        except ValueError:
            yield Departure(f"{number} body", f"the body is no {media_type}" if body else "there is no body")
            return
        for error in self._validator(number, media_type, schema).iter_errors(value):
            nearest = _nearest(error)
            place = "/".join(map(str, (*error.schema_path, *nearest.schema_path)))
            yield Departure(f"{number} {place}{_member(nearest)}", _told(nearest))

    def _validator(self, number: str, name: str, schema: Json) -> Validator:
        found = self._mine.get((number, name))
        if found is None:
            needed: dict[str, Json] = {}
            self._gather(schema, needed)
            whole = {"$schema": _DRAFT, **schema, "components": {"schemas": needed}}
            key = hashlib.blake2b(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
            found = self._validators.get(key)
            if found is None:
                found = self._validators[key] = jsonschema_rs.validator_for(whole, validate_formats=True)
            self._mine[number, name] = found
        return found

    def _gather(self, schema: Json, into: dict[str, Json]) -> None:
        """The components that a schema leads to: those alone are made into validators."""
        if isinstance(schema, list):
            for part in schema:
                self._gather(part, into)
        elif isinstance(schema, dict):
            for key, part in schema.items():
                name = part.removeprefix(_SCHEMAS) if key == "$ref" and isinstance(part, str) else None
                if name is None:
                    self._gather(part, into)
                elif name not in into:
                    into[name] = self._schemas[name]
                    self._gather(into[name], into)

    def _resolved(self, part: Json) -> Json:
        return self._parts[part["$ref"]] if part and "$ref" in part else part


def _nearest(error: ValidationError) -> ValidationError:
    """Of alternatives that all fail, the one that was most likely meant: that whose mistake lies deepest."""
    branches = [branch[0] for branch in getattr(error.kind, "context", ()) if branch]
    deepest = max(branches, key=lambda one: len(one.instance_path), default=None)
    if deepest is None or len(deepest.instance_path) <= len(error.instance_path):
        return error
    return _nearest(deepest)


def _member(error: ValidationError) -> str:
    """What tells apart mistakes that one rule of a schema finds in one object."""
    told = error.kind.as_dict()
    return f" {told['property']}" if "property" in told else "".join(f" {name}" for name in told.get("unexpected", ()))


def _told(error: ValidationError) -> str:
    told, rule, path = error.kind.as_dict(), error.kind.name, error.instance_path
    if rule == "required":
        return f"{_pointer([*path, told['property']])} is missing"
    if "unexpected" in told:
        names = [_pointer([*path, name]) for name in told["unexpected"]]
        verb = "are" if len(names) > 1 else "is"
        return f"{_listed(names, 'and')} {verb} there, and the contract knows of no such field"
    found = _word(error.instance) if rule in {"enum", "const"} else _value(error.instance)
    return f"{_pointer(path)} is {found} where the contract has {_wanted(rule, told)}"


def _wanted(rule: str, told: Mapping[str, Any]) -> str:
    """What a rule of a schema asks for, from what a mistake says of it."""
    types = told.get("types") or [name for branch in told.get("context", ()) for one in branch for name in _types(one)]
    if types:
        return _kinds(types)
    if "options" in told:
        return _listed(told["options"])
    if "expected_value" in told:
        return repr(told["expected_value"])
    bound = next((told[name] for name in ("limit", "pattern", "format", "multiple_of") if name in told), None)
    return rule if bound is None else f"{rule} {bound}"


def _types(error: ValidationError) -> list[str]:
    return list(error.kind.as_dict().get("types", ())) if error.kind.name == "type" else []


def _pointer(path: list[Any]) -> str:
    """A JSON pointer (RFC 6901) to it."""
    if not path:
        return "the body"
    return "".join(f"/{_name(str(step)).replace('~', '~0').replace('/', '~1')}" for step in path)


def _value(value: Any) -> str:
    """What a value is. Texts may be secrets: only that it is one is told."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"a text of {len(value)} characters" if value else "an empty text"
    return _TYPES["array" if isinstance(value, list) else "object"]


def _word(value: Any) -> str:
    """The same, where the contract has but a few words: one that looks like them is shown."""
    if isinstance(value, str) and re.fullmatch(r"[\w .-]+", value):
        return repr(_name(value))
    return _value(value)


def _name(text: str) -> str:
    text = mask_strange(text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _kinds(types: list[str]) -> str:
    return _listed([_TYPES[name] for name in sorted(set(types), key=lambda name: (name == "null", name))])


def _listed(words: list[Any], last: str = "or") -> str:
    shown = [str(word) for word in words[:_MANY]] + (["others"] if len(words) > _MANY else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}"
