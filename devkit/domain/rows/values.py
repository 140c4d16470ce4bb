"""What a row holds: what a client says of it, what the server gives, and what there is where nobody says anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from devkit.contract.errors import DomainError
from devkit.contract.resources import Column, Resource
from devkit.contract.shapes import Told
from devkit.domain.rows.patches import same
from devkit.effects import Instant, Randomness
from devkit.schemas.base import Json, Schema
from devkit.storage.rowcolumns import Columns
from devkit.storage.rows import NewId

Check = Callable[[Schema, Json], Mapping[str, str]]
"""What is wrong with a value, by field; empty where it fits the schema."""

Fill = Callable[[Schema, int, str], Json]
"""A value that fits a schema, the same for the same number and name. Raises ValueError where nothing does."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_MAX = 255
_REQUIRED = "Required"


class Values:
    """Makes rows of one resource. `check` judges what a change makes of a row; `fill` invents what the server gives
    and nothing says how.
    """

    def __init__(self, resource: Resource, columns: Columns, check: Check, fill: Fill | None):
        self._resource, self._check, self._fill = resource, check, fill
        self._columns, self._nullable, self._defaults = columns, columns.nullable, columns.defaults
        special = (resource.created_at, resource.updated_at, resource.deleted_at, resource.version, resource.ids.name)
        self._special = frozenset(filter(None, special))
        self._served = self._special | {name for name, column in resource.columns.items() if column.server}
        if resource.ids.kind == "given":
            self._served -= {resource.ids.name}

        names = [*([] if resource.ids.name in resource.columns else [resource.ids.name]), *resource.columns]
        made = {name: column for name, column in resource.columns.items() if column.server or column.made}
        self._plan = [(name, name not in self._served, made.get(name)) for name in names]
        """The names of all that a row holds, whether a client sets it, and the column where a value is made up."""
        self._moments = [name for name in (resource.created_at, resource.updated_at) if name]
        self._required = [
            name for name, column in resource.columns.items() if column.required and name not in self._special
        ]

    def new_id(self, given: Mapping[str, Json], chance: Randomness, now: Instant, place: str = "") -> NewId:
        """What the id is made of. Raises DomainError `validation_error` where the client has to give it."""
        ids = self._resource.ids
        if ids.kind == "uuid":
            return NewId(uuid=chance.uuid())
        if ids.kind == "ulid":
            return NewId(_ulid(now, chance.bytes(10)))
        if ids.kind == "prefix":
            drawn = int.from_bytes(chance.bytes(12))
            return NewId(ids.prefix + "".join(_LETTERS[drawn // 62**place % 62] for place in range(12)))
        if ids.kind == "integer":
            return NewId()
        value = given.get(ids.name)
        if value is None or value == "":
            raise DomainError("validation_error", fields={place + ids.name: _REQUIRED})
        text = str(value)
        if isinstance(value, (bool, float, list, dict)) or len(text) > _ID_MAX or not text.isprintable():
            problem = f"Must be a whole number, or a text of at most {_ID_MAX} characters that can be written"
            raise DomainError("validation_error", fields={place + ids.name: problem})
        return NewId(text)

    def created(
        self, given: Mapping[str, Json], above: Mapping[str, Json], row_id: str, now: Instant, chance: int
    ) -> dict[str, Json]:
        """All that a new row holds; `above` is what the path says of it. `chance` decides what is invented."""
        resource, found = self._resource, dict[str, Json]()
        known = {resource.ids.name: self._id(given, row_id), resource.version: 1, resource.deleted_at: None, **above}
        for name in self._moments:
            known[name] = self._columns.moment(name, now)
        for position, (name, is_settable, column) in enumerate(self._plan):
            if name in known:
                found[name] = known[name]
            elif is_settable and name in given:
                found[name] = given[name]
            elif name in self._defaults:
                found[name] = self._defaults[name]
            elif column is not None:
                found |= self._invented(column, chance + position)
            elif name in self._nullable:
                found[name] = None
        return found

    def _invented(self, column: Column, chance: int) -> dict[str, Json]:
        if self._fill is not None:
            try:
                return {column.name: self._fill(column.schema, chance, column.name)}
            except ValueError:
                # Nothing fits its schema.
                pass
        return {column.name: None} if column.name in self._nullable else {}

    def replaced(self, before: Mapping[str, Json], given: Mapping[str, Json]) -> dict[str, Json]:
        """A row that has what is given instead of all that a client can set; what was made stays where nothing is."""
        made = {name: before[name] for name, column in self._resource.columns.items() if column.made and name in before}
        kept = {name: value for name, value in before.items() if self._keeps(name)}
        return self._whole(self._settable(self._defaults) | made | self._settable(given) | kept)

    def changed(self, before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
        """A row that holds what a patch has made of it, but for what the server gives, and what is no column."""
        kept = {name: value for name, value in before.items() if self._keeps(name)}
        return self._whole(self._settable(after) | kept)

    def settled(self, values: Mapping[str, Json], version: int, now: Instant) -> dict[str, Json]:
        """A changed row, with the time and the number of its change."""
        return settled(self._resource, self._columns, values, version, now)

    def completed(self, values: Mapping[str, Json], version: int, now: Instant) -> dict[str, Json]:
        """A row of a former contract with what this one asks for and nobody gave."""
        resource, columns = self._resource, self._resource.columns
        stamps = {name: self._columns.moment(name, now) for name in (resource.created_at, resource.updated_at)}
        given = {**self._defaults, **stamps, resource.version: version, resource.deleted_at: None}
        return self._whole({name: value for name, value in given.items() if name in columns} | dict(values))

    def numbered(self, values: Mapping[str, Json], version: int) -> dict[str, Json]:
        """A row that is another version, though nobody changed it."""
        return {name: version if name == self._resource.version else value for name, value in values.items()}

    def misfits(self, before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, str]:
        """What is wrong with the columns that differ, by field."""
        problems = self.missing(after)
        for name, column in self._resource.columns.items():
            if name in self._special or name not in after or (name in before and same(before[name], after[name])):
                continue
            for path, problem in self._check(column.schema, after[name]).items():
                place = path if path != "body" else ""
                within = place if not place or place.startswith("[") else f".{place}"
                problems.setdefault(name + within, problem)
        return problems

    def missing(self, values: Mapping[str, Json]) -> dict[str, str]:
        """The columns that a row must have and this one has not."""
        return {name: _REQUIRED for name in self._required if name not in values}

    def _keeps(self, name: str) -> bool:
        """Whether what a client says of it does not count when a row is changed. No id ever changes."""
        return name in self._served or name == self._resource.ids.name or name not in self._resource.columns

    def _settable(self, given: Mapping[str, Json]) -> dict[str, Json]:
        return {name: value for name, value in given.items() if not self._keeps(name)}

    def _whole(self, found: Mapping[str, Json]) -> dict[str, Json]:
        """In the order of the columns; with null where that may be and nothing else is said."""
        columns = self._resource.columns
        whole = {name: found.get(name) for name in self._named(found)}
        return whole | {name: value for name, value in found.items() if name not in columns}

    def _named(self, found: Mapping[str, Json]) -> Iterable[str]:
        ids = self._resource.ids.name
        if ids in found and ids not in self._resource.columns:
            yield ids
        for name in self._resource.columns:
            if name in found or name in self._nullable:
                yield name

    def _id(self, given: Mapping[str, Json], row_id: str) -> Json:
        kind = self._resource.ids.kind
        if kind == "integer":
            return int(row_id)
        return given[self._resource.ids.name] if kind == "given" else row_id


def settled(
    resource: Resource, columns: Columns, values: Mapping[str, Json], version: int, now: Instant
) -> dict[str, Json]:
    """A changed row of that resource, with the time and the number of its change."""
    stamps: dict[str, Json] = {resource.updated_at: columns.moment(resource.updated_at, now), resource.version: version}
    return {name: stamps.get(name, value) for name, value in values.items()}


def bodies_of(told: Told) -> Iterable[tuple[Json, str]]:
    """What a body says: itself, or each item of a list, and what comes before the names of its fields."""
    if not isinstance(told.body, list):
        yield told.body, ""
        return
    for position, one in enumerate(told.body):
        yield one, f"[{position}]."


def object_of(body: Json, place: str = "") -> dict[str, Json]:
    """The members of a body. Raises DomainError `validation_error` where it is no object."""
    if body is None:
        return {}  # who must send one is asked for it before; who is a member of something may be all that is said
    if not isinstance(body, Mapping):
        where = place.rstrip(".") or "body"
        raise DomainError("validation_error", "The body must be a JSON object", fields={where: "Must be an object"})
    return dict(body)


def _ulid(now: Instant, chance: bytes) -> str:
    """26 letters of Crockford's alphabet: 48 bits of time, 80 of chance (the ULID specification)."""
    number = int.from_bytes((now % 2**48).to_bytes(6) + chance)
    return "".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26)))
