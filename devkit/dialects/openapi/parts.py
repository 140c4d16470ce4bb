"""The parts of the OpenAPI document: fields, bodies, errors, components (see `devkit.dialects.openapi.document`)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from devkit.contract.errors import DomainError
from devkit.contract.fields import OWN_LIMIT
from devkit.contract.operations import CONDITIONS, Access, Conditional, Input, Media
from devkit.dialects.base import HEADER_FIELDS, Dialect, ErrorContext, Route
from devkit.dialects.spelling import Json
from devkit.schemas.base import Components, Schema, gathered

_REF = "#/components/schemas/"
_ALWAYS = ("bad_request", "uri_too_long", "headers_too_large", "internal_error", "service_unavailable")
_CREDENTIALS = ("unauthorized", "token_invalid", "token_expired", "token_revoked")
_EXAMPLE = ErrorContext(request_id="b1946ac9-2f5d-4c1e-8f0a-3d6c5a7e9b10", at=1_768_903_200_000)
_BODIES = ("request_timeout", "payload_too_large", "unsupported_media_type", "insufficient_storage")


def serves_bytes(route: Route) -> bool:
    """Whether the answer is a file's bytes, with ranges honoured."""
    schema = route.answer.body_schema(route.dialect.spelling, {})
    return isinstance(schema, dict) and schema.get("format") == "binary"


def is_tagged_read(route: Route) -> bool:
    return route.method == "GET" and "ETag" in route.answer.headers()


def possible_errors(route: Route) -> list[str]:
    """Names of all errors a route can answer with: the operation's own, and those that hold everywhere."""
    operation = route.operation
    found = [*route.possible_errors, *route.row.fails, *_ALWAYS]
    if operation.access is Access.SIGNED_IN:
        found += _CREDENTIALS
    if route.row.same_site:
        found += ("origin_missing", "origin_refused")
        found += ("login_by_navigation",) if route.row.same_site == "always" else ()
    if fallible_fields(route) or (route.shape and route.shape.parameters):
        found.append("validation_error")
    if route.media is not Media.NONE:
        found += _BODIES
    if route.media is Media.JSON:
        found += ["invalid_json", "validation_error"]
    if route.path_fields:
        found.append("not_found")
    if route.row.owner:
        found.append("forbidden")
    if takes_precondition(route):
        found.append("precondition_failed")
    return list(dict.fromkeys(found))


def error_of(route: Route, name: str) -> DomainError:
    """The error as an example: a validation error has a field to complain of."""
    first = next(iter(fallible_fields(route)), None)
    if name == "validation_error" and first:
        return DomainError(name, fields={first: "Required"})
    return DomainError(name)


def fallible_fields(route: Route) -> list[str]:
    """The input's fields that a client can get wrong, in order."""
    return [name for name in route.fields if name not in {*route.path_fields, *CONDITIONS}]


def takes_precondition(route: Route) -> bool:
    if route.method == "GET":
        return False
    named = route.shape and any(one.name.lower() == "if-match" for one in route.shape.parameters)
    return bool(named) or issubclass(route.operation.input, Conditional)


@cache
def _input_schema(model: type[Input]) -> dict[str, Json]:
    return model.model_json_schema(ref_template=_REF + "{model}")


class FieldSchemas:
    """The input of one route, field by field."""

    def __init__(self, route: Route, parts: Parts) -> None:
        self._route, self._parts = route, parts
        schema = copy.deepcopy(_input_schema(route.operation.input))
        self._required = {*schema.get("required", ()), *route.row.requires}
        self._fields: dict[str, Json] = {
            name: self._spelled(name, field)
            for name, field in schema.get("properties", {}).items()
            if name in route.fields and name not in route.row.unsaid
        }
        for name, definition in schema.get("$defs", {}).items():
            parts.add(name, _without_titles(definition))

    def is_required(self, name: str) -> bool:
        return name in self._required

    def outside_body(self) -> Iterator[str]:
        """Fields that come in a header or the query."""
        for name in self._fields:
            if name in self._route.path_fields or (name in CONDITIONS and not takes_precondition(self._route)):
                continue
            if name in HEADER_FIELDS or not self._route.sends_body:
                yield name

    def parameter(self, name: str) -> Json:
        """The schema of a parameter: text that is there or not, but never null."""
        schema = self._fields.get(name, {"type": "string"})
        options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
        if len(options) == 1:
            schema = {key: value for key, value in schema.items() if key != "anyOf"} | options[0]
        return schema

    def request_body(self) -> Json | None:
        route = self._route
        if route.media is Media.MULTIPART:
            return _multipart()
        if route.media is Media.NONE:
            return None
        outside = {*route.path_fields, *HEADER_FIELDS}
        inside = [name for name in self._fields if name not in outside]
        schema: dict[str, Json] = {
            "type": "object",
            # Of two fields that are one on the wire, the first one says more.
            "properties": {route.name_of(name): self._fields[name] for name in reversed(inside)},
        }
        schema["properties"] = dict(reversed(schema["properties"].items()))
        own = route.row.own or {}
        schema["properties"] |= own.get("properties", {})
        needed = self._required - set(route.row.query_too)
        required = list(dict.fromkeys(route.name_of(name) for name in inside if name in needed))
        required += own.get("required", ())
        if required:
            schema["required"] = required
        name = "".join(part.capitalize() for part in route.operation.id.replace(".", "_").split("_")) + "Request"
        content: dict[str, Json] = {"schema": self._parts.add(name, schema)}
        if example := spelled_example(route, inside):
            content["example"] = example
        return {"required": bool(required), "content": dict.fromkeys(route.media_types, content)}

    def _spelled(self, name: str, field: Json) -> Json:
        field = _without_titles(field)
        for text in (field, *field.get("anyOf", ())):
            if text.pop(OWN_LIMIT, False) and (limit := self._route.row.gives.get("password_max")):
                text["maxLength"] = limit
        if field.pop("x-devkit-names", False):
            spell = self._route.dialect.spelling.name_of
            field["enum"] = [spell(value) for value in field.get("enum", ())]
            if "default" in field:
                field["default"] = spell(field["default"])
        if name in self._route.row.requires:
            # The contract has a default for it; here it must be given.
            options = [option for option in field.pop("anyOf", ()) if option != {"type": "null"}]
            field |= options[0] if len(options) == 1 else {"anyOf": options} if options else {}
        # What a change leaves out stays as it is, whatever the model's default says.
        if field.get("default", "") is None or self._route.method == "PATCH":
            field.pop("default", None)
        return field


def _multipart() -> Json:
    # A list of one or more is sent as so many parts of the same name.
    files = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
    schema = {"type": "object", "properties": {"file": files}, "required": ["file"]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _without_titles(schema: Json) -> Json:
    """A copy without pydantic's titles, which only repeat the names."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str) and ("type" in schema or "anyOf" in schema))
    }


def spelled_example(route: Route, names: Iterable[str]) -> dict[str, Json]:
    """The operation's example as this route spells it, for those of the fields that it has."""
    found = {}
    for name in names:
        if name not in route.operation.example:
            continue
        value = route.operation.example[name]
        extra = route.operation.input.model_fields[name].json_schema_extra
        if isinstance(extra, dict) and extra.get("x-devkit-names") and isinstance(value, str):
            value = route.dialect.spelling.name_of(value)
        found[route.name_of(name)] = value
    return found


def _keep(kept: dict[str, Json], name: str, value: Json) -> str:
    """Keep a component under that name, or under a numbered one where another value has it; returns the name."""
    unique, count = name, 1
    while kept.get(unique, value) != value:
        count += 1
        unique = f"{name}-{count}"
    kept[unique] = value
    return unique


class Parts:
    """The document's components. Each dialect's begin with its label, so that two dialects' users do not collide."""

    def __init__(self) -> None:
        self._schemas: dict[str, Json] = {}
        self._responses: dict[str, Json] = {}
        self._schemes: dict[str, Json] = {}
        self._label = ""

    def begin(self, dialect: Dialect, label: str) -> None:
        """From here on everything is that dialect's."""
        self._label = label
        self._schemes["bearer"] = {"type": "http", "scheme": "bearer", "description": "An access token"}
        self._schemes["api-key"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        if dialect.token_header:
            self._schemes["token-header"] = {"type": "apiKey", "in": "header", "name": dialect.token_header}
        for cookie in dialect.access_cookies:
            self._schemes[cookie] = {"type": "apiKey", "in": "cookie", "name": cookie}

    def add(self, name: str, schema: Json) -> Json:
        """Keep a schema under that name, or a numbered one where another has it; returns the reference to it."""
        return {"$ref": _REF + _keep(self._schemas, self._label + name, self._labelled(schema))}

    def components(self) -> Json:
        return {
            "schemas": dict(sorted(self._schemas.items())),
            "responses": dict(sorted(self._responses.items())),
            "securitySchemes": self._schemes,
            "headers": {
                "RequestId": {
                    "description": "The request's id, also in the journal and in error bodies",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
                },
                "Challenge": {
                    "description": "RFC 6750: the scheme, and why the token was refused",
                    "required": True,
                    "schema": {"type": "string"},
                },
            },
        }

    def resolve(self, part: Json) -> Json:
        """A response or header that may be a reference, as itself."""
        if "$ref" not in part:
            return part
        kind, _, name = part["$ref"].removeprefix("#/components/").partition("/")
        return self.components()[kind][name]

    def security(self, route: Route) -> list[Json]:
        """The alternatives; an empty one says that none is needed."""
        access = route.operation.access
        if access is Access.PUBLIC:
            return []
        names = [*route.dialect.access_cookies, "bearer", "api-key"]
        names += ["token-header"] if route.dialect.token_header else []
        schemes: list[Json] = [{name: []} for name in names]
        return schemes if access is Access.SIGNED_IN else [*schemes, {}]

    def body_schema(self, route: Route) -> Json | None:
        entities: dict[str, Json] = {}
        schema = route.answer.body_schema(route.dialect.spelling, entities)
        for name, entity in entities.items():
            self._schemas[self._label + name] = self._labelled(entity)
        return self._labelled(schema)

    def described(self, schema: Schema, known: Components) -> Json:
        """A schema of a contract of somebody's own; what it refers to is kept, from the `known` ones."""
        found: dict[str, Json] = {}
        gathered(schema, known, found)
        for name, component in found.items():
            self._schemas[self._label + name] = self._labelled(component)
        return self._labelled(dict(schema))

    def headers(self, route: Route) -> dict[str, Json]:
        found: dict[str, Json] = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
        for name, description in route.answer.headers().items():
            found[name] = {
                "description": description,
                "schema": {"type": "integer", "minimum": 0} if name == "X-Total-Count" else {"type": "string"},
            }
            if route.method == "GET" and name in {"ETag", "X-Total-Count", "Link"}:
                found[name]["required"] = True
        return found

    def error_response(self, route: Route | Dialect, status: int, errors: Sequence[DomainError]) -> Json:
        """One answer for all errors of a status: its description lists their codes, its examples are their bodies."""
        headers: dict[str, Json] = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
        if status == 401:
            headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
        if status == 416:
            headers["Content-Range"] = {"required": True, "schema": {"type": "string"}}
        pages = {"text/html": {"schema": {"type": "string"}}} if isinstance(route, Route) and route.row.pages else {}
        response = {
            "description": "\n".join(f"- `{error.code}`: {error.message}" for error in errors),
            "headers": headers,
            "content": {
                route.errors.media_type_of(status): {
                    "schema": self.add("Error", route.errors.schema),
                    "examples": {
                        error.kind.name: {"value": route.errors.body(error, _EXAMPLE, route.name_of)}
                        for error in errors
                    },
                },
                **pages,
            },
            "x-devkit-codes": list(dict.fromkeys(error.code for error in errors)),
        }
        return {"$ref": "#/components/responses/" + _keep(self._responses, f"{self._label}Error{status}", response)}

    def _labelled(self, schema: Any) -> Any:
        if not self._label:
            return schema
        if isinstance(schema, list):
            return [self._labelled(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        return {
            key: f"{_REF}{self._label}{value.removeprefix(_REF)}"
            if key == "$ref" and isinstance(value, str) and not value.startswith(_REF + self._label)
            else self._labelled(value)
            for key, value in schema.items()
        }
