"""What was learned, as an OpenAPI document: paths, parameters, bodies, answers, and how people sign in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import unquote

from devkit.blueprint.documents.looking import Look
from devkit.contract.operations import Need
from devkit.contract.shapes import is_json
from devkit.learning.collecting import Collection, at, collections_of
from devkit.learning.facts import FORM, MULTIPART
from devkit.learning.learning import Exchange, Learned, seen
from devkit.learning.operations import Learned as Operation
from devkit.learning.paths import shape_of
from devkit.schemas.base import REF, Json, Schema

_LOOK = Look({})
_PARAMETER = re.compile(r"\{[^{}]+\}")
_CHOICE = re.compile(r"[A-Za-z][\w-]{0,23}")
_FEW, _SEVERAL = 6, 10
"""So many words at the most are a choice, and so many rows it takes to tell."""
_MOST_EXAMPLES = 12
"""Of one status of one operation."""
_WRITTEN = 20_000
"""Bytes of an answer that is no JSON and stands in the document."""


class Document:
    """Makes the document. `examples` says of which operations the successes are shown, too."""

    def __init__(self, learned: Learned, examples: Mapping[str, bool] | None = None) -> None:
        self._learned, self._examples = learned, examples or {}
        self.collections = {one.path: one for one in collections_of(learned)}
        self._of = {id(operation): one for one in self.collections.values() for operation in one.operations}

    def value(self) -> dict[str, Json]:
        learned = self._learned
        paths: dict[str, Json] = {}
        for operation in learned.operations:
            path = operation.path.removeprefix(learned.base) or "/"
            paths.setdefault(path, {})[operation.method.lower()] = self._operation(operation)
        found: dict[str, Json] = {
            "openapi": "3.1.0",
            "info": {"title": learned.name, "version": "1", "summary": "What a recording tells"},
            "servers": [{"url": learned.base or "/"}],
            "paths": paths,
        }
        components: dict[str, Json] = {}
        schemas = {one.name: self._row(one) for one in self.collections.values() if one.rows.count}
        schemas |= {f"{one.name}Listed": self._listed(one) for one in self.collections.values() if self._is_less(one)}
        if schemas:
            components["schemas"] = schemas
        if schemes := self._schemes():
            components["securitySchemes"] = schemes
        return found | ({"components": components} if components else {})

    def _operation(self, operation: Operation) -> dict[str, Json]:
        exchanges = self._learned.of(operation)
        found: dict[str, Json] = {"operationId": operation.id}
        parameters = [*self._parameters(operation, exchanges)]
        if parameters:
            found["parameters"] = parameters
        body = self._body(operation, exchanges)
        if body:
            found["requestBody"] = body
        found["responses"] = dict(self._responses(operation, exchanges))
        if Need.CREDENTIALS in operation.needs and (schemes := self._schemes()):
            needed: list[Json] = [{name: []} for name in schemes]
            found["security"] = needed if Need.SESSION in operation.needs else [{}, *needed]
        return found

    def _schemes(self) -> dict[str, Json]:
        people = self._learned.people
        found: dict[str, Json] = {}
        if people.schemes:
            found["token"] = {"type": "http", "scheme": "bearer"}
        for name in people.cookies:
            found[f"cookie_{name}"] = {"type": "apiKey", "in": "cookie", "name": name}
        return found

    def _parameters(self, operation: Operation, exchanges: Sequence[Exchange]) -> Iterator[dict[str, Json]]:
        values: dict[str, list[str]] = {}
        for one in exchanges:
            if one.facts.succeeded or one.facts.status == 404:
                for name, value in one.values.items():
                    values.setdefault(name, []).append(unquote(value))
        for segment in operation.path.split("/"):
            if segment.startswith("{"):
                name = segment[1:-1]
                numbers = bool(values.get(name)) and all(value.isdigit() for value in values[name])
                schema: Schema = {"type": "integer" if numbers else "string"}
                yield {"name": name, "in": "path", "required": True, "schema": schema}
        for name, told in operation.query.items():
            yield {"name": name, "in": "query", "schema": {**told.schema(), **self._usual(operation, name)}}

    def _usual(self, operation: Operation, parameter: str) -> Schema:
        """How many rows a page has where nobody says."""
        pages = operation.pages
        size = self._page_size(operation) if pages is not None and pages.size == parameter else 0
        return {"default": size} if size else {}

    def _page_size(self, operation: Operation) -> int:
        """How many rows a page has where nobody says how many; 0 where that cannot be told: no page was full."""
        pages = operation.pages
        if pages is None or not pages.total:
            return 0
        found = set[int]()
        for one in self._learned.of(operation):
            rows, total = at(one.facts.answer, pages.items), at(one.facts.answer, pages.total)
            asked = {name for name, _ in one.facts.query}
            if isinstance(rows, list) and isinstance(total, int) and total > len(rows) and pages.size not in asked:
                found.add(len(rows))
        return max(found, default=0)

    def _body(self, operation: Operation, exchanges: Sequence[Exchange]) -> dict[str, Json]:
        good = [one.facts for one in exchanges if one.facts.succeeded and one.facts.request_type]
        media = dict.fromkeys(one.request_type for one in good)
        if not media:
            return {}
        content: dict[str, Json] = {}
        for name in media:
            values = seen(one.request for one in good if one.request_type == name and one.request is not None)
            schema = self._narrowed(operation, _without_null(values.schema()), exchanges)
            if operation.method == "PATCH":
                schema = _optional(schema)
            content[name] = {"schema": schema} if is_json(name) or name in {FORM, MULTIPART} else {}
        always = all(one.facts.request_type for one in exchanges if one.facts.succeeded)
        return {"content": content, "required": always and operation.method != "PATCH"}

    def _narrowed(self, operation: Operation, schema: Schema, exchanges: Sequence[Exchange]) -> Schema:
        """What may be sent, by what was refused: words that are no choice, and texts that are empty."""
        collection = self._of.get(id(operation))
        choices = collection.choices if collection else {}
        refused = [one.facts for one in exchanges if one.facts.status in {400, 422}]

        def narrowed(schema: Schema, accepted: Sequence[Json], sent: Sequence[tuple[Json, str]]) -> Schema:
            if "properties" not in schema:
                return schema
            properties = {}
            for name, value in schema["properties"].items():
                good = [one.get(name) for one in accepted if isinstance(one, dict)]
                bad = [(one.get(name), text) for one, text in sent if isinstance(one, dict)]
                inner = narrowed(value, good, bad)
                if inner.get("type") == "string" and "" not in good and any(v == "" and name in t for v, t in bad):
                    inner = {**inner, "minLength": 1}
                if name in choices and inner.get("type") == "string":
                    inner = {**inner, "enum": choices[name]}
                properties[name] = inner
            return {**schema, "properties": properties}

        good = [one.facts.request for one in exchanges if one.facts.succeeded]
        return narrowed(schema, good, [(one.request, str(one.answer)) for one in refused])

    def _responses(self, operation: Operation, exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Json]]:
        by_status: dict[int, list[Exchange]] = {}
        for one in exchanges:
            by_status.setdefault(one.facts.status, []).append(one)
        if not any(status < 400 for status in by_status):
            by_status.setdefault(200, [])
        for status, elsewhere in self._elsewhere(operation):
            by_status.setdefault(status, elsewhere)
        for status, those in sorted(by_status.items()):
            shown: dict[str, Json] = {"description": _phrase(status)}
            content = self._content(operation, status, those)
            if content:
                shown["content"] = content
            yield str(status), shown

    def _elsewhere(self, operation: Operation) -> Iterator[tuple[int, list[Exchange]]]:
        """How errors looked at the operations that are nearest, of those that this one can have as well."""
        possible = {401} if Need.SESSION in operation.needs else set[int]()
        possible |= {404} if "{" in operation.path else set()
        own = operation.path.split("/")
        for status in possible:
            found = [one for one in self._learned.exchanges if one.facts.status == status and one.facts.answer]
            if found:
                near = max(found, key=lambda one: _common(own, one.operation.path.split("/")))
                yield status, [near]

    def _content(self, operation: Operation, status: int, exchanges: Sequence[Exchange]) -> dict[str, Json]:
        content: dict[str, Json] = {}
        for name in dict.fromkeys(one.facts.answer_type for one in exchanges):
            answers = [one.facts.answer for one in exchanges if one.facts.answer_type == name]
            if not name or not is_json(name):
                if name:
                    content[name] = {"schema": {"type": "string"}}
                continue
            schema = seen(answers).schema()
            if 200 <= status < 300:
                schema = self._referring(operation, schema)
                if Need.ACCOUNT in operation.needs and answers:
                    schema = _with_first(schema, answers[0])
            content[name] = {"schema": schema}
            if status >= 400 or self._examples.get(operation.id):
                different: list[Json] = []
                told = [
                    _templated(one.facts.answer, one.values) if status >= 400 else one.facts.answer for one in exchanges
                ]
                for answer in told:
                    if answer not in different and len(different) < _MOST_EXAMPLES:
                        different.append(answer)
                content[name]["examples"] = {
                    f"recorded_{number}" if number > 1 else "recorded": {"value": answer}
                    for number, answer in enumerate(different, 1)
                }
        return content

    def _referring(self, operation: Operation, schema: Schema) -> Schema:
        """The schema of an answer, with the rows in it as what they are called."""
        collection = self._of.get(id(operation))
        if collection is None or not collection.rows.count:
            return schema
        named: Schema = {"$ref": f"{REF}{collection.name}"}
        if operation is collection.listing:
            row: Schema = {"$ref": f"{REF}{collection.name}Listed"} if self._is_less(collection) else named
            schema = self._neighbours(operation, schema)
            size = self._page_size(operation)
            return _put(
                schema, collection.items, {"type": "array", "items": row} | ({"maxItems": size} if size else {})
            )
        if _row_of(schema, collection.wrap) is None:
            return schema
        return _put(schema, collection.wrap, named)

    def _neighbours(self, operation: Operation, schema: Schema) -> Schema:
        """With an example of the address of the page before."""
        previous = operation.pages.previous if operation.pages else ""
        for one in self._learned.of(operation) if previous else ():
            address = at(one.facts.answer, previous)
            if isinstance(address, str) and ":" in address:
                return _put(schema, previous, {"type": ["string", "null"], "format": "uri", "examples": [address]})
        return schema

    def _row(self, collection: Collection) -> Schema:
        schema = collection.rows.schema()
        properties = {}
        for name, value in schema.get("properties", {}).items():
            # What was null so far may be anything one day.
            known: Schema = {} if value == {"type": "null"} else value
            if name in collection.choices:
                known = {**known, "enum": collection.choices[name]}
            if known.get("type") == "string" and name in collection.shown:
                known = {**known, **_id_schema(collection.shown[name])}
            has_default = name in collection.defaults
            properties[name] = {**known, "default": collection.defaults[name]} if has_default else known
        return {**schema, "properties": properties}

    def _is_less(self, collection: Collection) -> bool:
        """Whether lists show less of a row than what shows one."""
        return bool(collection.listed.count) and collection.rows.members.keys() > collection.listed.members.keys()

    def _listed(self, collection: Collection) -> Schema:
        whole = self._row(collection)
        shown = collection.listed
        required = [name for name, one in shown.members.items() if one.count == shown.kinds.get("object")]
        properties = {name: value for name, value in whole["properties"].items() if name in shown.members}
        # What lists do not show must not be in them: else nothing would tell them from the whole rows.
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many segments two paths begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _row_of(schema: Schema, wrap: str) -> Schema | None:
    found = schema.get("properties", {}).get(wrap) if wrap else schema
    return found if isinstance(found, Mapping) and "properties" in found else None


def _put(schema: Schema, path: str, value: Schema) -> Schema:
    if not path:
        return value
    step, _, rest = path.partition(".")
    properties = dict(schema.get("properties", {}))
    properties[step] = _put(properties.get(step, {}), rest, value)
    return {**schema, "properties": properties}


def _id_schema(value: str) -> Schema:
    """What an id tells of others."""
    shape = shape_of(value)
    if shape == "ulid":
        return {"pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"}
    return {"examples": [value]} if shape == "prefix" else {}


def _without_null(schema: Schema) -> Schema:
    """The schema of what was told: where that was null so far, it may be anything."""
    if schema == {"type": "null"}:
        return {}
    if "properties" not in schema:
        return schema
    return {**schema, "properties": {name: _without_null(value) for name, value in schema["properties"].items()}}


def _with_first(schema: Schema, value: Json) -> Schema:
    """The schema of an answer, in which what is nobody's to say is as it was the first time."""
    if isinstance(value, dict) and "properties" in schema:
        inner = {name: _with_first(one, value.get(name)) for name, one in schema["properties"].items()}
        return {**schema, "properties": inner}
    return schema if isinstance(value, dict | list) else {**schema, "examples": [value]}


def _templated(value: Json, said: Mapping[str, str]) -> Json:
    """An error, with what the path said in it as `{path.id}`."""
    if isinstance(value, dict):
        return {name: _templated(inner, said) for name, inner in value.items()}
    if isinstance(value, list):
        return [_templated(inner, said) for inner in value]
    if isinstance(value, str):
        for name, text in said.items():
            value = re.sub(rf"(?<![\w-]){re.escape(unquote(text))}(?![\w-])", f"{{path.{name}}}", value)
    return value


def _optional(schema: Schema) -> Schema:
    """The schema of a change: nothing in it must be given."""
    found = {name: value for name, value in schema.items() if name != "required"}
    if "properties" in found:
        found["properties"] = {name: _optional(value) for name, value in found["properties"].items()}
    return found


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
