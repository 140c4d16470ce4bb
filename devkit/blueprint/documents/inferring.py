"""Finds the resources of a document: collections (`/orders`) with their items (`/orders/{id}`), and what keeps each
operation there. All others are answered from what the document says of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from devkit.blueprint.base import Planned
from devkit.blueprint.documents.answers import answer_of, best_of, body_of
from devkit.blueprint.documents.columns import Bodies, columns_of, id_member, ids_of, unseen_id
from devkit.blueprint.documents.listing import listing_of
from devkit.blueprint.documents.looking import Look, Object
from devkit.blueprint.documents.members import gathered, spread
from devkit.blueprint.documents.nesting import Parents, parents_of, reference_of
from devkit.blueprint.documents.paging import ListShape, list_of, pages_of, rest
from devkit.blueprint.documents.paths import Template, names_of, parameters_in, places_in, template_of
from devkit.blueprint.documents.wrapping import made_and_listed, wrapping
from devkit.blueprint.naming import singular
from devkit.contract.keeping import ByAnswer, ByResource, Members
from devkit.contract.resources import Column, Ids, Pages, Resource, Verb
from devkit.records import dataclass
from devkit.schemas.base import Components, Schema

_NOTHING: Schema = {}
_ROWS = 500
_MOST_SEED = 25
_LEAST_SEED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    """`pairs` are the collections that are listed and made, or have items, by their paths: why one is no resource, or
    nothing.
    """

    resources: Mapping[str, Resource]
    operations: tuple[Planned, ...]
    pairs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A collection's operations and its items', by method, and the words of the path in between. `alone` is what rows
    are called by where none can be asked for by itself: they are listed and made.
    """

    template: Template
    path: str
    collection: Mapping[str, Planned]
    item: Mapping[str, Planned]
    called: str
    alone: str = ""

    @property
    def one(self) -> Planned:
        """One of its operations, at an item where there are any."""
        return next(iter((self.item or self.collection).values()))

    @property
    def parameter(self) -> str:
        return self.alone or parameters_in(self.one.path)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """`origin` is the component that a row is; empty where it is none."""

    resource: Resource
    origin: str
    keepings: Mapping[str, ByResource]
    reason: str


def infer(operations: Sequence[Planned], components: Components) -> Inferred:
    """The resources of these operations, and the operations with what keeps each."""
    return _Inferring(operations, components).inferred()


class _Inferring:
    def __init__(self, operations: Sequence[Planned], components: Components) -> None:
        self._operations = operations
        self._look = Look(components)
        self._by_template: dict[Template, dict[str, Planned]] = {}
        for operation in operations:
            self._by_template.setdefault(template_of(operation.path), {})[operation.method] = operation
        self._whys: dict[str, str] = {}

    def inferred(self) -> Inferred:
        pairs = list(self._pairs())
        names = names_of(pair.template for pair in pairs)
        made: dict[Template, _Made] = {}
        # What is further out comes first: it may be what others are below.
        for pair in sorted(pairs, key=lambda pair: len(pair.template)):
            found = self._resource(pair, names[pair.template], made)
            if isinstance(found, str):
                for operation in (*pair.collection.values(), *pair.item.values()):
                    self._whys.setdefault(operation.id, found)
                continue
            for template, other in made.items():
                if other.resource.name == found.resource.name:  # the same rows, below something else
                    made[template] = replace(other, resource=found.resource)
            made[pair.template] = found
        resources = {each.resource.name: each.resource for each in made.values()}
        seed = max(_LEAST_SEED, min(_MOST_SEED, _ROWS // max(len(resources), 1)))
        keepings = {name: (keeping, each.reason) for each in made.values() for name, keeping in each.keepings.items()}
        return Inferred(
            resources={name: replace(resource, seed=seed) for name, resource in resources.items()},
            operations=tuple(self._planned(operation, keepings.get(operation.id)) for operation in self._operations),
            pairs={
                pair.path: ""
                if pair.template in made
                else self._whys[next(iter((pair.item or pair.collection).values())).id]
                for pair in pairs
            },
        )

    def _planned(self, operation: Planned, found: tuple[ByResource, str] | None) -> Planned:
        if found is not None:
            return replace(operation, keeping=found[0], reason=found[1])
        if not isinstance(operation.keeping, ByAnswer):
            return operation
        why = self._whys.get(operation.id) or _why(operation)
        best = best_of(operation)
        shown = "its example" if best and best.body and best.body.examples else "its schema"
        reason = f"answered from {shown}: {why}" if best and best.body else f"answered without a body: {why}"
        return replace(operation, keeping=ByAnswer(status=best.status if best else "", why=why), reason=reason)

    def _pairs(self) -> Iterator[_Pair]:
        for template, collection in self._by_template.items():
            if not template or template[-1] == "{}":
                continue
            item, called = self._by_template.get((*template, "{}"), {}), template[-1]
            if not ({"GET", "QUERY", "POST"} & set(collection)):
                continue
            alone = "" if item else self._alone(collection, called)
            if item or alone:
                path = next(iter(collection.values())).path
                yield _Pair(template=template, path=path, collection=collection, item=item, called=called, alone=alone)

    def _alone(self, collection: Mapping[str, Planned], called: str) -> str:
        """What rows are called by that are made by POST and listed by GET; empty where they are none."""
        listing, create = answer_of(collection.get("GET")), collection.get("POST")
        told = self._body(create, singular(called))
        return made_and_listed(self._look, listing, answer_of(create), told, called)

    def _resource(self, pair: _Pair, name: str, made: Mapping[Template, _Made]) -> _Made | str:
        """The resource of a pair; or, as the end of a sentence, why it is none."""
        look, one = self._look, singular(pair.called)
        known = {template: each.resource for template, each in made.items()}
        get, listed = pair.item.get("GET"), pair.collection.get("GET") or pair.collection.get("QUERY")
        shape, wraps, row_schema = self._shapes(pair, get, listed)
        if listed is not None and shape is None and answer_of(listed):
            return f"the answer of {listed.method} {pair.path} is no list of rows"
        row = self._row(row_schema, shape)
        if row is None or row_schema is None:
            return f"what is answered at {pair.path} is no object with members"
        row, members = spread(look, row)
        create, change = self._body(pair.collection.get("POST"), one), self._change(pair, one)
        if members is not None:
            create, change = gathered(look, create, members), gathered(look, change, members)
        bodies = Bodies(row=row, create=create, change=change)
        told = () if pair.alone else pair.one.shape.parameters
        parameter = next((each for each in told if each.name == pair.parameter), None)
        called = parameter.schema if parameter else {}
        member = id_member(look, row, pair.parameter, one, called)
        unseen = None if member else unseen_id(pair.parameter, called, row, makes=_makes(pair))
        if unseen is not None and (_makes(pair) or "POST" in pair.collection):
            member = unseen.name
            bodies = replace(bodies, row=replace(row, properties={**row.properties, member: called}))
        if not member:
            return f"no member of a row is the {{{pair.parameter}}} that its path calls it by"
        ids = unseen or ids_of(look, member, bodies)
        if members is not None and member not in members.beside:
            ids = Ids(name=member, kind="given")
        if ids is None:
            return f"no {member} can be made that fits its schema"
        columns, times = columns_of(look, bodies, ids)
        if unseen is not None:
            columns[member] = replace(columns[member], hidden=True)
        named = ids.kind == "given" or _makes(pair)
        parents = parents_of(look, pair.template, pair.path, columns, known, named=named)
        columns |= parents.columns
        pages, around = pages_of(look, shape, listed.shape.parameters) if shape and listed else (Pages(), _NOTHING)
        origin = look.origin(row_schema)
        resource = Resource(
            name=name,
            singular=singular(name),
            columns={name: reference_of(look, column, known, parents.apart) for name, column in columns.items()},
            ids=ids,
            created_at=times.get("created_at", ""),
            updated_at=times.get("updated_at", ""),
            listing=listing_of(look, listed.shape.parameters if listed else (), columns),
            pages=pages,
            apart=parents.apart,
            summary=_summary(pair, origin, ids, columns),
        )
        same = _same(pair, origin, ids, made)
        if same is not None:
            resource = replace(same, columns={**resource.columns, **same.columns, **parents.columns})
        keepings = dict(self._keepings(pair, resource, wraps, around, parents, known, members))
        what = origin or one
        below = f", below {parents.told}" if parents.told else ""
        each = " and ".join(f"{{{name}}}" for name in places_in(pair.path, resource.apart))
        below += f", apart for each {each}" if each else ""
        items = "listed and made" if pair.alone else f"with item {pair.path}/{{{pair.parameter}}}"
        reason = f"collection {pair.path} {items}: rows of {what}, called by {member}{below}"
        return _Made(resource=resource, origin=origin, keepings=keepings, reason=reason)

    def _shapes(
        self, pair: _Pair, get: Planned | None, listed: Planned | None
    ) -> tuple[ListShape | None, str, Schema | None]:
        """The list's shape, the member that a row stands below in the answer of one, and a row's schema."""
        look, one = self._look, singular(pair.called)
        answered = answer_of(get) or answer_of(pair.item.get("PATCH")) or answer_of(pair.item.get("PUT"))
        answered = answered or answer_of(pair.collection.get("POST"))
        origins = {look.origin(answered)} if answered else set()
        whole = look.object(answered) if answered else None
        origins |= {look.origin(value) for value in whole.properties.values()} if whole else set()
        listing = answer_of(listed)
        shape = list_of(look, listing, pair.called, origins - {""}) if listing is not None else None
        element = shape.element if shape else None
        if answered is None:
            return shape, "", element
        wraps = wrapping(look, answered, one, element)
        if wraps:
            members = look.object(answered)
            return shape, wraps, members.properties[wraps] if members else element
        # Of an answer that is no object nothing can be said; the list's rows may tell more.
        return shape, "", answered if look.object(answered) or element is None else element

    def _row(self, schema: Schema | None, shape: ListShape | None) -> Object | None:
        """What a row has: all of an item's members, and those that only lists show; None where it is no object."""
        if schema is None or (shape is not None and not self._look.kinds(shape.element) <= {"object"}):
            return None
        row = self._look.object(schema)
        listed = self._look.object(shape.element) if shape else None
        if row is None or listed is None or row is listed:
            return row or listed
        properties = dict(row.properties)
        for name, value in listed.properties.items():
            known = properties.get(name)
            if known is None:
                properties[name] = value
            elif known != value and name in listed.required and self._look.origin(known) != self._look.origin(value):
                properties[name] = {"allOf": [known, value]}
        return Object(properties, row.required | listed.required)

    def _body(self, operation: Planned | None, one: str) -> Object | None:
        schema = body_of(operation)
        if schema is None:
            return None
        inner = wrapping(self._look, schema, one, None)
        members = self._look.object(schema)
        return self._look.object(members.properties[inner]) if inner and members else members

    def _change(self, pair: _Pair, one: str) -> Object | None:
        for method in ("PATCH", "PUT", "POST"):
            found = self._body(pair.item.get(method), one)
            if found:
                return found
        return None

    def _is_partial(self, pair: _Pair) -> bool:
        """Whether a PUT need not be told what a new row must be."""
        one = singular(pair.called)
        made, put = self._body(pair.collection.get("POST"), one), self._body(pair.item.get("PUT"), one)
        return made is not None and put is not None and not made.required <= put.required

    def _keepings(
        self,
        pair: _Pair,
        resource: Resource,
        wraps: str,
        around: Schema,
        parents: Parents,
        known: Mapping[Template, Resource],
        members: Members | None,
    ) -> Iterator[tuple[str, ByResource]]:
        look, one = self._look, singular(pair.called)
        referred = {column.reference.resource for column in resource.columns.values() if column.reference}
        apart = [resource, *(each for each in known.values() if each.name in referred)]
        for operation, verb in _verbs(pair, partial=self._is_partial(pair)):
            schema = answer_of(operation)
            why = _no_row(look, operation, verb, schema, pair.called)
            if why:
                self._whys[operation.id] = why
                continue
            on_one = verb in {"get", "replace", "update", "delete"}
            mine, besides, shows = "", _NOTHING, True
            if verb == "list":
                besides = around
            elif schema is not None:
                mine = wrapping(look, schema, one, None, like=wraps)
                shows, shown = True, look.object(schema)
                if not mine and shown is not None:
                    shows = _shows(shown, resource, members)
                own = {*resource.columns, members.below} if members else set(resource.columns)
                besides = rest(look, schema, {mine} if mine else own) if shows else schema
            body = body_of(operation)
            yield (
                operation.id,
                ByResource(
                    resource=resource.name,
                    verb=verb,
                    item=parameters_in(operation.path)[-1] if on_one else "",
                    parent=parents.named(operation.path, item=on_one),
                    wraps=mine,
                    takes=wrapping(look, body, one, None) if body is not None else "",
                    members=members,
                    around=besides,
                    shows=shows,
                    makes=verb == "replace" and _makes(pair),
                    places={each.name: places_in(operation.path, each.apart) for each in apart if each.apart},
                ),
            )


def _shows(shown: Object, resource: Resource, members: Members | None) -> bool:
    """Whether an answer has a row of the resource: what it is called by, or, where no answer tells that, any of it."""
    if members is not None:
        return members.below in shown.properties
    columns, name = resource.columns, resource.ids.name
    if columns[name].hidden:
        return any(one in shown.properties for one in columns)
    return name in shown.properties


def _makes(pair: _Pair) -> bool:
    """Whether a PUT makes rows."""
    return "PUT" in pair.item and "POST" not in pair.collection


def _no_row(look: Look, operation: Planned, verb: Verb, schema: Schema | None, called: str) -> str:
    """Why an operation is none on a row, as the end of a sentence; empty where it is one."""
    if verb == "list":
        return ""
    if schema is not None and list_of(look, schema, called) is not None:
        return f"it answers with a list, so that {verb} of one row is not what it does"
    best = best_of(operation)
    if verb == "create" and best and best.status == "202" and (schema is None or look.object(schema) is None):
        return "it is accepted (202), and nothing says that a row comes of it"
    return ""


def _same(pair: _Pair, origin: str, ids: Ids, made: Mapping[Template, _Made]) -> Resource | None:
    """The rows that are also below something else: `/customers/{id}/orders` are `/orders`, of the same component."""
    for template, other in made.items():
        alike = origin and other.origin == origin and template[-1] == pair.called and other.resource.ids == ids
        if alike and "{}" not in template and len(template) < len(pair.template):
            return other.resource
    return None


def _verbs(pair: _Pair, *, partial: bool) -> Iterator[tuple[Planned, Verb]]:
    """What each operation of a pair does. Where there is no PATCH, a PUT that need not be told everything, or a POST at
    an item, changes it.
    """
    for method, operation in pair.collection.items():
        if method in {"GET", "QUERY"}:
            yield operation, "list"
        elif method == "POST":
            yield operation, "create"
    verbs: dict[str, Verb] = {"GET": "get", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
    if not {"PUT", "PATCH"} & set(pair.item):
        verbs["POST"] = "update"
    if partial and "PATCH" not in pair.item:
        verbs["PUT"] = "update"
    for method, operation in pair.item.items():
        if method in verbs:
            yield operation, verbs[method]


def _summary(pair: _Pair, origin: str, ids: Ids, columns: Mapping[str, Column]) -> str:
    made = [name for name, column in columns.items() if column.made and not column.required]
    told = f"Rows of {origin or pair.called}, called by {ids.name}"
    if not made:
        return told
    few = ", ".join(made[:6]) + (f" and {len(made) - 6} more" if len(made) > 6 else "")
    return f"{told}; made from the schema where nobody gives them: {few}"


def _why(operation: Planned) -> str:
    path = operation.path
    if operation.method not in {"GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"}:
        return f"{operation.method} is nothing that is done to rows"
    if path.rstrip("/").endswith("}"):
        return f"{path} has no collection beside it"
    return f"{path} has no items ({path.rstrip('/')}/{{id}})"
