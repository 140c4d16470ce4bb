"""How a dialect writes the contract's entities: which fields, under which names, and how instants look."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

from pydantic import TypeAdapter

from devkit.contract.entities import STORED, Timestamp
from devkit.effects import isoformat
from devkit.records import dataclass

SANDBOX_QUERY = "devkit_sandbox"
"""The parameter by which an address names its sandbox."""

Query = tuple[tuple[str, str], ...]

Json = Any
"""What `json.loads` gives."""


@cache
def camel(name: str) -> str:
    """`due_date` as `dueDate`; a leading `-` (in sort orders) stays."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    return name


def naming(sandbox: str | None, query: Query) -> Query:
    """That query, and the sandbox in it, where there is one that it does not name yet."""
    if sandbox is None or any(name == SANDBOX_QUERY for name, _ in query):
        return query
    return (*query, (SANDBOX_QUERY, sandbox))


@dataclass(frozen=True, slots=True, kw_only=True)
class WireContext:
    """What an answer may need to know of the request it answers.

    `base_url` is the address that the client reached us at: scheme, host, and the `root` that all paths begin with
    there, mostly nothing. `prefix` is the dialect's prefix that was used, `query` the query string's pairs. `transport`
    and `secure` are the settings `auth.transport` and `cookies.secure`; `wants_page` says that a browser navigates
    there, and wants HTML rather than JSON; `stale` that a token came which is no good (any more). `cookies` are the
    names of those that came, where the dialect's sessions travel in one; `token` is what came in Authorization.
    `sandbox` is the sandbox's id where the address must tell it, because the host does not; `owner` the id of the user
    whose things these are, where the path names one or an event is theirs.
    """

    base_url: str
    prefix: str
    root: str = ""
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    transport: Literal["cookie", "bearer", "both"] = "cookie"
    secure: bool = True
    wants_page: bool = False
    stale: bool = False
    token: str = ""
    sandbox: str | None = None
    owner: str = ""
    cookies: frozenset[str] = frozenset()

    def address(self, target: str, parameters: Mapping[str, str] | None = None) -> str:
        """An absolute address: `target` as it is, or as a path of ours, with these parameters added to its query."""
        own = target.startswith("/")
        query = dict(parameters or {})
        if own and self.sandbox:
            query[SANDBOX_QUERY] = self.sandbox
        mark = "&" if "?" in target else "?"
        return f"{self.base_url if own else ''}{target}" + (mark + urlencode(query) if query else "")


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that is not the entity's own: `value` makes it, `schema` describes it (JSON Schema)."""

    value: Callable[[Any, WireContext], Json]
    schema: Json


@dataclass(frozen=True, slots=True)
class View:
    """The fields of an entity that a dialect shows, in order, by their names in the contract."""

    entity: type
    fields: tuple[str, ...]
    computed: Mapping[str, Computed] = dataclasses.field(default_factory=dict)


Writer = Callable[[Any, WireContext], Json]
Respelling = Callable[[str], str]
"""From JSON as it is stored to JSON as a dialect spells it."""
_Field = tuple[str, Callable[[Any], Any], Writer | None]
"""Name on the wire, how to read it from the entity, how to write what was read (None: as it is)."""


class Spelling:
    """Writes entities as JSON values, and describes them as JSON Schema; both come from the same views.

    `envelope` is a template of events that tell of rows (`devkit.dialects.envelopes`); None where they look as ours do.
    """

    envelope: Json = None

    def __init__(self, name_of: Callable[[str], str], views: Iterable[View]) -> None:
        self.name_of = name_of
        self.views = {view.entity: view for view in views}
        self._writers: dict[type, list[_Field]] = {}
        self._respellings: dict[type, Respelling | None] = {}

    def write(self, entity: Any, context: WireContext) -> dict[str, Json]:
        """The entity as a JSON object."""
        kind = type(entity)
        writers = self._writers.get(kind)
        if writers is None:
            writers = self._writers[kind] = self._compile(kind)
        return {
            name: read(entity) if convert is None else convert(read(entity), context) for name, read, convert in writers
        }

    def respelling(self, entity: type) -> Respelling | None:
        """How entities that are ready to send become this dialect's; None where they must be written anew, because the
        dialect shows other fields, in another order, or computes some.
        """
        if entity not in self._respellings:
            self._respellings[entity] = self._respelled(entity)
        return self._respellings[entity]

    def _respelled(self, entity: type) -> Respelling | None:
        view, stored = self._view(entity), STORED.get(entity, {})
        if view.computed or view.fields != tuple(stored):
            return None
        # Nothing else looks like a key: in a JSON string, a quotation mark has a backslash before it.
        named = ((name, self.name_of(field)) for field, name in stored.items())
        pairs = [(f'"{before}":', f'"{after}":') for before, after in named if before != after]

        def respell(text: str) -> str:
            for before, after in pairs:
                text = text.replace(before, after)
            return text

        return respell

    def _compile(self, entity: type) -> list[_Field]:
        view = self._view(entity)
        compiled: list[_Field] = []
        for field in view.fields:
            if field in view.computed:
                compiled.append((self.name_of(field), _itself, view.computed[field].value))
            else:
                compiled.append((self.name_of(field), attrgetter(field), self._converter(hints_of(entity)[field])))
        return compiled

    def _view(self, entity: type) -> View:
        return self.views.get(entity) or View(entity, tuple(field.name for field in dataclasses.fields(entity)))

    def _converter(self, hint: Any) -> Writer | None:
        """How a value of that type is written; None where it is written as it is."""
        if hint == Timestamp:
            return lambda value, _: isoformat(value)
        if dataclasses.is_dataclass(hint):
            return self.write
        if get_origin(hint) is tuple:
            each = self._converter(get_args(hint)[0])
            return each and (lambda values, context: [each(value, context) for value in values])
        inner = [self._converter(option) for option in get_args(hint) if option is not type(None)]
        if get_origin(hint) in {Union, types.UnionType} and inner[0] is not None:
            some = inner[0]
            return lambda value, context: None if value is None else some(value, context)
        return None

    def schema(self, hint: Any, components: dict[str, Json]) -> Json:
        """JSON Schema of a type as this dialect writes it; entities go to `components` and are referred to."""
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            if hint.__name__ not in components:
                components[hint.__name__] = {}
                components[hint.__name__] = self._object_schema(hint, components)
            return {"$ref": f"#/components/schemas/{hint.__name__}"}
        if get_origin(hint) in {Union, types.UnionType}:
            return {"anyOf": [self.schema(option, components) for option in get_args(hint)]}
        if get_origin(hint) is tuple:
            return {"type": "array", "items": self.schema(get_args(hint)[0], components)}
        return TypeAdapter(hint).json_schema()

    def _object_schema(self, entity: type, components: dict[str, Json]) -> Json:
        view = self._view(entity)
        properties = {
            self.name_of(field): view.computed[field].schema
            if field in view.computed
            else self.schema(hints_of(entity)[field], components)
            for field in view.fields
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }


@cache
def hints_of(entity: type) -> dict[str, Any]:
    """The types of an entity's fields and properties."""
    hints = get_type_hints(entity, include_extras=True)
    for name, member in vars(entity).items():
        if isinstance(member, property) and member.fget is not None:
            hints[name] = get_type_hints(member.fget, include_extras=True)["return"]
    return hints


def _itself(entity: Any) -> Any:
    return entity
