"""From what a request brought to an operation's input: which field comes from where, and under which name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from devkit.contract.errors import DomainError
from devkit.contract.operations import Given, Input, Media
from devkit.contract.validation import validate
from devkit.dialects.base import HEADER_FIELDS, QUERY_TOO, Route, named_fields
from devkit.dialects.queries import Query
from devkit.dialects.raw import RawRequest

OWN_PARAMETERS = "devkit_"
"""How parameters begin that say which sandbox and which scenario a request means."""


def read_input(route: Route, raw: RawRequest) -> Given:
    """The operation's input. Raises DomainError `validation_error`, its fields under the contract's names."""
    if route.shape is not None:
        return _told(route, raw)
    model = route.operation.input
    if not (route.fields or route.row.gives or route.row.requires):
        return _untold(model)
    pairs, told = route.row.query.read(raw.query, route) if route.row.query else (raw.query, {})
    query = _single(route, pairs)
    values: dict[str, Any] = dict(route.row.gives)
    source = _body(route, raw) if route.sends_body else query
    for name, wire_names in route.plain_fields.items():
        for wire_name in wire_names:
            if wire_name in source:
                values[name] = source[wire_name]
                break
    for name in route.special_fields:
        found = _find(route, name, raw, query)
        if found is not None:
            values[name] = _contract_value(route, name, found[0])
            if name in route.row.cookies and "by_cookie" in model.model_fields:
                values["by_cookie"] = found[1]
    values |= told
    wrong = _take_own(route, source, values) if route.row.own else {}
    missing = [name for name in route.row.requires if values.get(name) is None]
    try:
        return _validated(route, values, missing, wrong)
    except DomainError as error:
        for name in error.fields.keys() & named_fields(model):
            spelled = ", ".join(map(route.dialect.spelling.name_of, named_values(route, name)))
            error.fields[name] = f"Must be one of: {spelled}"
        raise


def _take_own(route: Route, source: Mapping[str, Any], values: dict[str, Any]) -> Mapping[str, str]:
    """Take in what is told of an account besides, in a contract of somebody's own; what is wrong with it, by field."""
    values["own"] = {name: source[name] for name in route.own_names if name in source}
    return route.dialect.contract.checker.check(route.row.own, values["own"])


def unheard(route: Route, raw: RawRequest) -> tuple[str, ...]:
    """What a request brought that nobody here knows: parameters of its query, then members of its body, as the client
    spells them. What steers devkit itself is no part of it.
    """
    names = (name for name, _ in _left(route, raw.query) if name not in route.query_names)
    query = [name for name in names if not name.startswith(OWN_PARAMETERS)]
    body = raw.body
    if route.shape is not None:
        # Where no members are named, any may come.
        body = raw.payload.value if raw.payload and route.body_names and isinstance(raw.payload.value, dict) else {}
    if body.keys() <= route.body_names:
        return tuple(dict.fromkeys(query))
    return tuple(dict.fromkeys([*query, *(name for name in body if name not in route.body_names)]))


def _left(route: Route, pairs: Query) -> Query:
    try:
        return route.row.query.read(pairs, route)[0] if route.row.query else pairs
    except DomainError:
        # What cannot be read is an error by itself.
        return ()


def reads_path_alone(route: Route) -> bool:
    """Whether a request that has no special header gives the operation nothing but what is in its path, as it is."""
    if route.shape is not None:
        return all(one.place in {"path", "header"} for one in route.shape.parameters)
    row, said = route.row, [name for name in route.fields if name not in HEADER_FIELDS]
    named = named_fields(route.operation.input)
    return not (row.gives or row.requires) and all(name in route.path_fields and name not in named for name in said)


def read_path(route: Route, parameters: Mapping[str, str]) -> Given:
    """What `read_input` gives for such a route. Raises DomainError `validation_error`."""
    if route.shape is not None:
        return _told(route, RawRequest(path=parameters))
    return validate(route.operation.input, parameters, strict=False)


def _told(route: Route, raw: RawRequest) -> Given:
    # Only a contract of somebody's own needs it.
    from devkit.dialects.told import read_told

    assert route.shape is not None  # noqa: S101 - whoever calls has looked
    return read_told(route.shape, raw, route.dialect.contract.checker, partial=route.method == "PATCH")


def _validated(
    route: Route, values: Mapping[str, Any], missing: Sequence[str], wrong: Mapping[str, str] = MappingProxyType({})
) -> Input:
    """The input, whose `missing` fields the row requires though the contract does not, and of which others are
    `wrong`.
    """
    try:
        given = validate(route.operation.input, values, strict=route.media is Media.JSON)
    except DomainError as found:
        error = found
    else:
        if not (missing or wrong):
            return given
        error = DomainError("validation_error")
    error.fields.update(wrong)
    for name in missing:
        error.fields.setdefault(name, "Required")
        error.reasons.setdefault(name, "missing")
    raise error


@cache
def _untold(model: type[Input]) -> Input:
    """The input of whoever has nothing to say. Defaults need no validator, which would take a while to make."""
    return model.model_construct()


def _find(route: Route, name: str, raw: RawRequest, query: Mapping[str, str]) -> tuple[Any, bool] | None:
    """A field's value, which may be None itself, and whether a cookie carried it."""
    if name in route.path_fields:
        return raw.path[name], False
    if name in HEADER_FIELDS:
        value = raw.headers.get(HEADER_FIELDS[name], query.get(route.name_of(name)) if name in QUERY_TOO else None)
        return (value, False) if value is not None else None
    source: Mapping[str, Any] = _body(route, raw) if route.sends_body else query
    cookie = next((raw.cookies[cookie] for cookie in route.cookies_of(name) if raw.cookies.get(cookie)), None)
    also = query if name in route.row.query_too else {}
    for wire_name in () if name in route.row.unsaid else route.names_of(name):
        if also.get(wire_name) and not source.get(wire_name):
            return also[wire_name], False
        # A client that leaves a token to its cookies may still write the field, as null or empty.
        unsaid = name in route.row.cookies and source.get(wire_name) in (None, "")
        if wire_name in source and not unsaid:
            return source[wire_name], False
    # An empty one is what is left of a cookie that somebody cleared without deleting it.
    return (cookie, True) if cookie else None


def _body(route: Route, raw: RawRequest) -> Mapping[str, Any]:
    """What the body tells: all of it, or the member that the row is told within."""
    inner = raw.body.get(route.row.within) if route.row.within else raw.body
    return inner if isinstance(inner, Mapping) else {}


def _single(route: Route, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The query as a mapping. Raises DomainError where one of the operation's parameters was given twice."""
    query: dict[str, str] = {}
    for wire_name, value in pairs:
        if wire_name in query:
            name = next((name for name in route.fields if wire_name in route.names_of(name)), None)
            if name:
                raise DomainError("validation_error", fields={name: "Was given more than once"})
        query[wire_name] = value
    return query


def _contract_value(route: Route, name: str, value: Any) -> Any:
    """A value as the contract spells it: only a field whose values are names themselves is spelled by the dialect."""
    if name not in named_fields(route.operation.input):
        return value
    # The contract's own spelling is as wrong as any other word, where the dialect spells it otherwise.
    return next((known for known in named_values(route, name) if route.dialect.spelling.name_of(known) == value), "")


def named_values(route: Route, name: str) -> tuple[str, ...]:
    """The values, in the contract's spelling, of a field whose values are names (such as sort orders)."""
    annotation: Any = route.operation.input.model_fields[name].annotation
    return tuple(annotation.__args__)
