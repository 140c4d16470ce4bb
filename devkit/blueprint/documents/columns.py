"""The columns of a resource, by what is answered and what can be given."""

from __future__ import annotations

import re

from devkit.blueprint.documents import vocabulary
from devkit.blueprint.documents.looking import Look, Object
from devkit.blueprint.documents.vocabulary import plain
from devkit.blueprint.naming import words
from devkit.contract.resources import Column, Ids
from devkit.records import dataclass
from devkit.schemas.base import Schema

_DEEPEST = 6
"""Levels of a value that are compared: schemas may go in circles."""
_CALLED = frozenset({"string", "integer", "number"})
_SCALARS = _CALLED | {"boolean"}
_MADE_IDS = frozenset({"id", "uuid", "guid", "pk"})
_NAMES = frozenset({"name", "email", "login", "username", "handle"})
"""What an `{id}` never is."""
_PREFIX = re.compile(r"\^?\(?([a-z]{2,8}_)")
_EXAMPLE = re.compile(r"([a-z]{2,8}_)[A-Za-z0-9]{6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """The members of what is answered, and of what a create and a change may be told; None where there is none."""

    row: Object
    create: Object | None
    change: Object | None


def id_member(look: Look, row: Object, parameter: str, singular: str, schema: Schema) -> str:
    """Which member of a row the path's parameter is; empty where it is none. `schema` is the parameter's."""
    wanted = look.kinds(schema)
    named = _named_so(row, parameter, singular)
    last = words(parameter)[-1:]
    others = [name for name in vocabulary.IDS if name not in _NAMES or _MADE_IDS.isdisjoint(last)]
    for name in dict.fromkeys((*named, *others)):
        kinds = look.kinds(row.properties[name]) if name in row.properties else frozenset()
        # Many documents have a text in the path for what is a number in the row: there the name must tell.
        if kinds and kinds <= _CALLED and (not wanted or kinds & wanted or name in named):
            return name
    return ""


def _named_so(row: Object, parameter: str, singular: str) -> list[str]:
    """Members that a parameter names: `order_id` of an order is its `id`, `pull_number` of a pull request its `number`,
    `custom_property_name` its `property_name`.
    """
    by_plain: dict[str, str] = {}
    for name in row.properties:
        by_plain.setdefault(plain(name), name)
    parts, whole = words(parameter), plain(parameter)
    own = set(words(singular))
    rest = "".join(part for part in parts if part not in own)
    last = parts[-1] if parts else ""
    ends = {"".join(parts[begin:]) for begin in range(1, len(parts))} - {"id", "uuid", "name", "key"}
    ends |= {name for name, member in by_plain.items() if len(words(member)) > 1 and whole.endswith(name)}
    endings = sorted(ends, key=len, reverse=True)
    wanted = (whole, *endings, rest, last, f"{plain(singular)}id", f"{plain(singular)}uuid")
    found = [parameter, *(by_plain[name] for name in wanted if name in by_plain)]
    return [name for name in dict.fromkeys(found) if name in row.properties]


def ids_of(look: Look, name: str, bodies: Bodies) -> Ids | None:
    """How rows are called; None where no id that can be made fits."""
    schema = look.bare(bodies.row.properties[name])
    kinds = look.kinds(schema)
    given = bodies.create is not None and name in bodies.create.required
    if given and not schema.get("readOnly"):
        return Ids(name=name, kind="given")
    if kinds & {"integer", "number"}:
        return Ids(name=name, kind="integer")
    if schema.get("format") == "uuid":
        return Ids(name=name)
    if bodies.create is None and plain(name) not in _MADE_IDS:
        return Ids(
            name=name, kind="given"
        )  # nobody makes any, or whoever puts one at its address says how it is called
    return None if isinstance(schema.get("enum"), list) else _text_ids(name, schema)


def unseen_id(parameter: str, schema: Schema, row: Object, *, makes: bool) -> Ids | None:
    """How rows are called that no answer calls by anything: as their path does, by a column that is in no answer. A
    `Location` tells it, or, where a PUT `makes` them, whoever does. None where a member has the parameter's name and
    means something else.
    """
    if parameter in row.properties:
        return None
    if makes:
        return Ids(name=parameter, kind="given")
    return Ids(name=parameter, kind="integer" if schema.get("type") == "integer" else "uuid")


def _text_ids(name: str, schema: Schema) -> Ids | None:
    pattern, most = str(schema.get("pattern") or ""), schema.get("maxLength")
    if pattern:
        prefix = _PREFIX.match(pattern)
        samples = {"uuid": "6b1f2d52-6c0f-4c4e-9d0a-1f2e3d4c5b6a", "ulid": "01JDQZ4R3W8YV5K2N7C6B9XAEM"}
        for kind, sample in samples.items():
            if _matches(pattern, sample):
                return Ids(name=name, kind="uuid" if kind == "uuid" else "ulid")
        called = prefix[1] if prefix else ""
        return Ids(name=name, kind="prefix", prefix=called) if _matches(pattern, f"{called}a1B2c3D4e5F6") else None
    for example in schema.get("examples", ()) or ():
        found = _EXAMPLE.fullmatch(example) if isinstance(example, str) else None
        if found:
            return Ids(name=name, kind="prefix", prefix=found[1])
    if isinstance(most, int) and most < 36:
        return Ids(name=name, kind="prefix") if most >= 12 else None
    return Ids(name=name)


def _matches(pattern: str, sample: str) -> bool:
    try:
        return re.search(pattern, sample) is not None
    except re.error:
        return False


def columns_of(look: Look, bodies: Bodies, ids: Ids) -> tuple[dict[str, Column], dict[str, str]]:
    """A column for each member, and which of them the server's times are in: `created_at` and `updated_at`."""
    row, create, change = bodies.row, bodies.create, bodies.change
    given: dict[str, Schema] = {}
    for body in (change, create):
        given |= body.properties if body else {}
    times = _times(look, row, create)
    columns: dict[str, Column] = {}
    for name, schema in row.properties.items():
        if look.is_marked(schema, "writeOnly"):
            continue
        is_id = name == ids.name
        settable = name in given and _agree(look, schema, given[name]) and not look.is_marked(schema, "readOnly")
        if is_id:
            columns[name] = Column(
                name=name, schema=schema, required=ids.kind == "given", unique=True, server=ids.kind != "given"
            )
            continue
        server = (not settable and bool(given)) or name in times.values()
        required = settable and create is not None and name in create.required
        missing_fits = look.takes_null(schema) and name not in row.required
        made = not required and name not in times.values() and (server or name in row.required) and not missing_fits
        # A replacement that cannot say it leaves it as it is.
        stays = required and not server and change is not None and name not in change.properties
        columns[name] = Column(
            name=name,
            schema=schema,
            required=required and not server,
            server=server,
            made=made or stays,
            secret=look.secret(schema),
        )
    for name, schema in given.items():
        if name not in columns:
            required = create is not None and name in create.required
            columns[name] = Column(name=name, schema=schema, required=required, hidden=True)
    return columns, times


def _times(look: Look, row: Object, create: Object | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, schema in row.properties.items():
        bare = look.bare(schema)
        if bare.get("format") != "date-time" or "string" not in look.kinds(bare) or bare.get("pattern"):
            continue
        if create is not None and name in create.properties and not bare.get("readOnly"):
            continue
        if plain(name) in vocabulary.CREATED:
            found.setdefault("created_at", name)
        elif plain(name) in vocabulary.UPDATED:
            found.setdefault("updated_at", name)
    return found


def _agree(look: Look, answered: Schema, given: Schema, depth: int = 0) -> bool:
    """Whether what is given can be answered as it is: labels may be given by their names, and be objects afterwards."""
    one, other = look.kinds(answered), look.kinds(given)
    if not one or not other or depth > _DEEPEST:
        return True
    both = one & other
    if "number" in one and "integer" in other:
        both |= {"integer"}
    if other <= _SCALARS or not other <= both:
        return bool(both) and other <= _SCALARS  # a title that may be a number as well is a title
    if both == {"array"}:
        first, second = look.items(answered), look.items(given)
        return first is None or second is None or _agree(look, first, second, depth + 1)
    if both == {"object"}:
        first_members, second_members = look.object(answered), look.object(given)
        if first_members is None or second_members is None:
            return True
        # What a client need not give, or cannot, is missing in what is answered.
        members = second_members.properties
        told = {name for name in second_members.required if not look.is_marked(members.get(name, {}), "readOnly")}
        return first_members.required <= told and all(
            _agree(look, value, members[name], depth + 1)
            for name, value in first_members.properties.items()
            if name in members
        )
    return True


def same_value(look: Look, schema: Schema, other: Schema) -> bool:
    """Whether a value of the one may be one of the other, as far as types tell."""
    one, two = look.kinds(schema), look.kinds(other)
    return not one or not two or bool(one & two) or one | two == {"integer", "number"}
