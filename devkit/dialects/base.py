"""What a dialect is: a table of rows (operation, method, path, answer) and the few ways in which it spells errors,
tokens and names. A new dialect is one module that fills these in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cache, cached_property
from typing import Any, Literal, Protocol

from devkit.contract.base import Contract
from devkit.contract.entities import Rotation
from devkit.contract.errors import ERRORS, DomainError
from devkit.contract.fields import is_of_dialect
from devkit.contract.operations import Access, Input, Media, Operation
from devkit.contract.shapes import Shape
from devkit.dialects.frames import EVENT_SOCKET
from devkit.dialects.queries import QueryReader
from devkit.dialects.replies import Reply
from devkit.dialects.sockets import SocketProtocol
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.effects import Instant
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What an error's body may tell beside the error itself; `path` is the one that was asked for."""

    request_id: str
    at: Instant
    path: str = ""


NameOf = Callable[[str], str]
"""How a field of the contract is called on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorStyle:
    """How errors are spelled. `body` makes the JSON of one, `schema` describes it (JSON Schema), and `statuses` says
    where the HTTP status of an error, by its name, is another than the contract's. `media_type` is what the JSON is
    called, and `media_of` what it is at a status, where that differs.
    """

    body: Callable[[DomainError, ErrorContext, NameOf], Json]
    schema: Json
    statuses: Mapping[str, int] = field(default_factory=dict)
    media_type: str = "application/json"
    media_of: Callable[[int], str] | None = None

    def media_type_of(self, status: int) -> str:
        """What the JSON of an error of that status is called."""
        return self.media_of(status) if self.media_of else self.media_type

    def status_of(self, error: DomainError) -> int:
        """The status that an error is answered with."""
        return error.status or self.statuses.get(error.kind.name, error.kind.status)


class Answer(Protocol):
    """How a row spells the result of its operation; `headers` and `body_schema` describe it for OpenAPI."""

    @property
    def status(self) -> int: ...

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply: ...

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        """JSON Schema of the body, or None where there is none."""

    def media_type(self) -> str: ...

    def headers(self) -> Mapping[str, str]:
        """Names of the headers it sets, with what they hold."""


MEDIA_TYPES: Mapping[Media, str] = {
    Media.JSON: "application/json",
    Media.FORM: "application/x-www-form-urlencoded",
    Media.MULTIPART: "multipart/form-data",
}
MERGE_PATCH = "application/merge-patch+json"
"""What a PATCH with JSON does: fields that are there change, the others stay, null empties one (RFC 7396)."""

HEADER_FIELDS: Mapping[str, str] = {
    "if_match": "If-Match",
    "if_none_match": "If-None-Match",
    "idempotency_key": "Idempotency-Key",
    "upload_id": "X-Upload-Id",
}
"""Input fields that every dialect takes from a header."""

QUERY_TOO = frozenset({"upload_id"})
"""Those of HEADER_FIELDS that the query may hold instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation as the dialect spells it.

    `path` is relative to the dialect's prefixes, or absolute where it is `rooted`. Fields named in the path come from
    there; those of HEADER_FIELDS from headers; those in `cookies` from that cookie (of several, the first that is
    there) unless the body has them; the rest from the query (GET, DELETE) or the body. Those of `query_too` may come in
    the query where the body lacks them.

    `names` spells single fields otherwise than the dialect's style would; of several names, errors and documents use
    the first. `hides` are fields that this dialect does not know, `gives` the values of fields that no client sets
    (`OfDialect`), and `takes` are those of them that clients may set here after all. `requires` are fields that must be
    given here although the contract has a default for them.

    `errors` is how this row spells errors, where not as the dialect does; `fails` names errors that only this way of
    calling the operation can meet, and `failure` may answer one in another way than as JSON (None: not this one).
    `spares` are errors of the operation that cannot happen here.
    `redirects` says that 302 may come in place of the answer, and `pages` that errors may come as a page.

    `media` is what a body here is, where not as the operation has it. `passes` are fields, as clients spell them, that
    mean nothing here and are no mistake. `query` reads the query, where it says things in a way of its own.

    Those of `cookies` that are `unsaid` come from nowhere else. `owner` is a field of the path that is no input but
    says whose things these are: another's id is refused with 403. With `forms`, the body may be a form's as well as
    JSON; what is no text in JSON cannot come in one. `same_site` refuses requests of foreign origins, which other rows
    leave to CORS: those with cookies, or all where it is `always`. `lifetime` is how many seconds the tokens live that
    are handed out here, where not as long as the dialect's. Of two dialects' rows at one address, the one with
    `told_by` is meant where the body has that field; `within` is the member of the body that everything is in. `own` is
    JSON Schema of an object with what a contract of somebody's own keeps of an account, where that may be told here.
    """

    operation: str
    method: str
    path: str
    answer: Answer
    rooted: bool = False
    cookies: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    hides: tuple[str, ...] = ()
    gives: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    failure: Callable[[DomainError, WireContext], Reply | None] | None = None
    redirects: bool = False
    pages: bool = False
    same_site: Literal["", "with_cookies", "always"] = ""
    forms: bool = False
    lifetime: int | None = None
    owner: str | None = None
    unsaid: tuple[str, ...] = ()
    query_too: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    errors: ErrorStyle | None = None
    told_by: str | None = None
    within: str = ""
    own: Json | None = None
    media: Media | None = None
    passes: tuple[str, ...] = ()
    query: QueryReader | None = None


@dataclass(frozen=True)
class Route:
    """A row at one of the dialect's prefixes: what the server serves and the documents list."""

    dialect: Dialect
    row: Row
    prefix: str

    @property
    def method(self) -> str:
        return self.row.method

    @property
    def path(self) -> str:
        """A template such as `/api/tasks/{id}`."""
        return self.row.path if self.row.rooted else self.prefix + self.row.path

    @cached_property
    def operation(self) -> Operation:
        return self.dialect.contract.operations[self.row.operation]

    @cached_property
    def possible_errors(self) -> tuple[str, ...]:
        """Names of the operation's own errors that can happen here."""
        return tuple(name for name in self.operation.errors if name not in self.row.spares)

    @cached_property
    def error_names(self) -> Mapping[int, str]:
        """By status, the name of the one error of the operation that can only be meant by it here."""
        found: dict[int, list[str]] = {}
        names = [name for name in (*self.possible_errors, *self.row.fails) if ERRORS[name].about is None]
        for name in dict.fromkeys(names):
            found.setdefault(self.errors.status_of(DomainError(name)), []).append(name)
        if self.operation.access is not Access.PUBLIC:
            # Who is not signed in is told so with the same status.
            found.pop(401, None)
        return {status: names[0] for status, names in found.items() if len(names) == 1}

    @property
    def shape(self) -> Shape | None:
        """What a call here may be told, where the contract says it in JSON Schema."""
        return self.operation.shape

    @property
    def answer(self) -> Answer:
        return self.row.answer

    @property
    def errors(self) -> ErrorStyle:
        return self.row.errors or self.dialect.errors

    @cached_property
    def path_fields(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{([^{}/]+)}", self.row.path))

    @cached_property
    def sends_body(self) -> bool:
        return self.row.method not in {"GET", "HEAD", "DELETE"}

    @property
    def media(self) -> Media:
        """What the body of a request here is."""
        return self.row.media or self.operation.media if self.sends_body else Media.NONE

    @cached_property
    def media_types(self) -> tuple[str, ...]:
        """What a body here may be sent as, the usual one first: documents name these, and nothing else is taken."""
        if self.shape is not None:
            return tuple(self.shape.body.media) if self.shape.body and self.sends_body else ()
        if self.media is Media.NONE:
            return ()
        usual = MEDIA_TYPES[self.media]
        if self.row.forms:
            return (usual, MEDIA_TYPES[Media.FORM])
        return (usual, MERGE_PATCH) if self.media is Media.JSON and self.method == "PATCH" else (usual,)

    def name_of(self, field_name: str) -> str:
        """How this row spells a field of the operation's input."""
        return self.names_of(field_name)[0]

    def names_of(self, field_name: str) -> tuple[str, ...]:
        """All names that it may have."""
        found = self._names.get(field_name)
        if found is None:
            names = self.row.names.get(field_name) or (
                field_name if self.shape else self.dialect.spelling.name_of(field_name)
            )
            found = self._names[field_name] = names if isinstance(names, tuple) else (names,)
        return found

    def cookies_of(self, field_name: str) -> tuple[str, ...]:
        """The cookies that a field may come from; the first one that is there counts."""
        names = self.row.cookies.get(field_name, ())
        return names if isinstance(names, tuple) else (names,)

    @cached_property
    def _names(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The input's fields that a client can set here."""
        return tuple(
            name
            for name, info in self.operation.input.model_fields.items()
            if (name in self.row.takes or not is_of_dialect(info)) and name not in self.row.hides
        )

    @cached_property
    def plain_fields(self) -> dict[str, tuple[str, ...]]:
        """Those that are in the body or the query alone, and mean what the client wrote there, with their names."""
        return {name: self.names_of(name) for name in self.fields if name not in self.special_fields}

    @cached_property
    def body_names(self) -> frozenset[str]:
        """The members that a body here may have."""
        if self.shape is not None:
            return self._members
        return self._told_names if self.sends_body else frozenset()

    @cached_property
    def query_names(self) -> frozenset[str]:
        """The parameters that a query here may have."""
        if self.shape is not None:
            return frozenset(one.name for one in self.shape.parameters if one.place == "query")
        in_header = frozenset(self.name_of(name) for name in QUERY_TOO if name in self.fields)
        in_header |= self.row.query.parameters.keys() if self.row.query else set()
        return in_header if self.sends_body else in_header | self._told_names

    @cached_property
    def _members(self) -> frozenset[str]:
        """The members of a body that a schema describes."""
        # Only a contract of somebody's own needs it.
        from devkit.schemas.walking import names_of

        schemas = self.shape.body.media.values() if self.shape and self.shape.body else ()
        return frozenset().union(*(names_of(schema, self.dialect.contract.components) for schema in schemas))

    @cached_property
    def _told_names(self) -> frozenset[str]:
        outside = {*self.path_fields, *self.row.unsaid, *HEADER_FIELDS}
        told = (name for name in self.fields if name not in outside)
        return frozenset((*self.row.passes, *self.own_names)).union(*(self.names_of(name) for name in told))

    @property
    def own_names(self) -> tuple[str, ...]:
        """What may be told of an account besides, in a contract of somebody's own."""
        return tuple(self.row.own["properties"]) if self.row.own else ()

    @cached_property
    def special_fields(self) -> tuple[str, ...]:
        """All others."""
        row = self.row
        special = {*self.path_fields, *HEADER_FIELDS, *row.cookies, *row.unsaid, *row.query_too}
        special |= named_fields(self.operation.input)
        return tuple(name for name in self.fields if name in special)


@cache
def named_fields(model: type[Input]) -> frozenset[str]:
    """The fields of an input whose values are names themselves."""
    extras = ((name, info.json_schema_extra) for name, info in model.model_fields.items())
    return frozenset(name for name, extra in extras if isinstance(extra, dict) and extra.get("x-devkit-names"))


# Compared by identity: it is what things are kept by, and two of one name may differ in a setting.
@dataclass(frozen=True, kw_only=True, eq=False)
class Dialect:
    """One way to speak a contract.

    `title` and `summary` introduce it in the reference; `about` is what its document says of all operations, where that
    is not what holds for ours. `areas` are the addresses below which an unknown one is
    answered in this dialect's shape: paths, where `{user_id}` stands for any UUID; the prefixes where none are given.
    Lifetimes of tokens are in seconds; `refresh_rotation` says which refresh tokens a refresh uses up. `access_cookies`
    are the cookies that a request may carry its access token in, the first one that is there counts; `token_header` is
    a header that may have that or an API key, besides Authorization and X-API-Key. With `session_tokens`, the access
    tokens handed out are the sessions' own, and live as long as those. With `slashes`,
    addresses end with a slash, and GET without it is redirected. `socket_protocol` is what is said on the WebSocket at
    `socket_path`, where there is one; `open_topics` may be heard there where nobody signs in. `bearer_from` says, in
    words, where a page finds the token to send as bearer.
    Where no dialect is meant, the `usual` one is. With `turns_back`, an address whose fixed segments lead nowhere may
    mean parameters in their places (OpenAPI 3.1, "Path Templating Matching").
    """

    name: str
    contract: Contract
    title: str
    summary: str
    about: str | None = None
    prefixes: tuple[str, ...]
    rows: tuple[Row, ...]
    spelling: Spelling
    errors: ErrorStyle
    access_lifetime: int
    refresh_lifetime: int
    bearer_from: str = "the token of a sign-in's answer"
    refresh_rotation: Rotation = "on"
    access_cookies: tuple[str, ...] = ()
    token_header: str = ""
    areas: tuple[str, ...] = ()
    slashes: bool = False
    session_tokens: bool = False
    usual: bool = False
    turns_back: bool = False
    socket_path: str | None = None
    socket_protocol: SocketProtocol = EVENT_SOCKET
    open_topics: tuple[str, ...] = ()

    def name_of(self, field_name: str) -> str:
        """How the dialect spells a field, where a row does not spell it otherwise."""
        return self.spelling.name_of(field_name)

    def routes(self) -> Iterator[Route]:
        for row in self.rows:
            for prefix in self.prefixes[:1] if row.rooted else self.prefixes:
                yield Route(self, row, prefix)
