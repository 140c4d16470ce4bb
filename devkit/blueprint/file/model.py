"""The words of a `backend.yaml`, as typed data. Fields, answers and rows are looked at where they are read: what they
may be depends on the rest of the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from devkit.contract.errors import ERRORS
from devkit.contract.fields import rejected
from devkit.contract.resources import VERBS, Verb
from devkit.errors import did_you_mean

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_$@][A-Za-z0-9_$@.-]{0,63}$")]
Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$")]
Text = Annotated[str, Field(min_length=1)]
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
"""The name of a header or a cookie (RFC 9110, section 5.6.2)."""
ErrorLike = Literal["problem", "agreed", "webplus", "promptcraft", "taskapp"]
PageStyle = Literal["page", "offset", "cursor", "link", "none"]
Style = Literal["camelCase", "snake_case", "kebab-case", "PascalCase"]
AccessWord = Literal["public", "optional", "signed-in"]
Notation = Annotated[
    Any,
    Field(
        json_schema_extra={
            "anyOf": [
                {"type": "string", "description": "Such as `string!`, `email! unique`, `free | pro = free`."},
                {"type": "array", "description": "The values it may have."},
                {"type": "object", "description": "JSON Schema, and `required`, `unique`, `references`, `on_delete`."},
            ]
        }
    ),
]
"""What a field holds, in a few words or as JSON Schema."""


def _error(name: str) -> str:
    if name not in ERRORS:
        raise rejected(f"there is no error {name!r}.{did_you_mean(name, ERRORS.names())}")
    return name


ErrorName = Annotated[str, AfterValidator(_error)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _word(key: str, instead: Any) -> BeforeValidator:
    """One word may stand for a mapping with just that."""
    return BeforeValidator(
        lambda given: {key: given} if isinstance(given, str) else given, json_schema_input_type=str | instead
    )


def _switch(instead: Any) -> BeforeValidator:
    """`true` stands for a mapping in which all is as usual, `false` for nothing."""
    return BeforeValidator(
        lambda given: ({} if given else None) if isinstance(given, bool) else given,
        json_schema_input_type=bool | instead,
    )


def _each_verb(instead: Any, word: Any) -> BeforeValidator:
    """One word may hold for whatever is done."""
    return BeforeValidator(
        lambda given: dict.fromkeys(VERBS, given) if isinstance(given, str) else given,
        json_schema_input_type=word | instead,
    )


def _by_themselves(given: Any) -> Any:
    """A list of names stands for a mapping of each to itself."""
    names = isinstance(given, list) and all(isinstance(name, str) for name in given)
    return {name: name for name in given} if names else given


def _id(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    kind, _, prefix = given.partition(" ")
    return {"kind": kind, "prefix": prefix.strip()} if prefix else {"kind": kind}


def _deleted(given: Any) -> Any:
    return ("deleted_at" if given else "") if isinstance(given, bool) else given


class SessionWords(Strict):
    """Where a session travels."""

    cookie: Token | None = None
    bearer: bool | None = None
    header: Token | None = None


class Accounts(Strict):
    """People who sign in: devkit's own services, spoken like one of its dialects or at addresses of yours."""

    like: Literal["agreed", "webplus", "promptcraft", "taskapp"] = "agreed"
    session: SessionWords = SessionWords()
    lifetime: Annotated[int, Field(ge=1, description="Seconds that a session holds without a refresh.")] = 3600
    refresh_lifetime: Annotated[int, Field(ge=1, description="Seconds that it can be refreshed.")] = 30 * 86_400
    fields: Annotated[
        dict[FieldName, Notation], Field(description="What accounts have besides, such as `bio: text`.")
    ] = {}
    operations: Annotated[
        dict[Text, Any], Field(description="Operations of yours, and which of devkit's own each is.")
    ] = {}


class Errors(Strict):
    """How errors look."""

    like: ErrorLike | None = None
    template: Annotated[Any, Field(description="A body of your own, with {code}, {message}, {fields} … in it.")] = None
    statuses: dict[ErrorName, Annotated[int, Field(ge=400, le=599)]] = {}
    examples: Annotated[
        bool, Field(description="Whether the document's examples of errors are sent, where it has one that fits.")
    ] = False


class PageWords(Strict):
    """How lists come in pages. What is left out is as its style has it."""

    style: PageStyle = "page"
    items: str | None = None
    total: str | None = None
    next: str | None = None
    previous: str | None = None
    more: str | None = None
    addresses: bool = False
    bare: bool = False
    nulls: bool = True
    echo: dict[Literal["page", "size", "pages", "offset"], str] = {}
    page: Text | None = None
    size: Text | None = None
    first: Annotated[int, Field(ge=0, le=1)] = 1
    usual: Annotated[int, Field(ge=1)] = 20
    most: Annotated[int, Field(ge=1)] = 100
    link: bool | None = None
    total_header: str | None = None


class EventWords(Strict):
    """What is told when rows change. `{singular}`, `{resource}` and `{verb}` stand for what they say."""

    names: Text = "{singular}_{verb}"
    topic: Text = "{resource}"
    path: Annotated[Path | None, Field(description="Where the WebSocket is, behind the base; left out: `/ws`.")] = None
    sse: Annotated[
        Path | None, Field(description="Where the same is heard as server-sent events, behind the base.")
    ] = None
    envelope: Annotated[
        dict[str, Any] | None, Field(description="What is sent, with {id}, {event}, {topic}, {data} … in it.")
    ] = None


class ResourceEvents(Strict):
    """What is told when this resource's rows change: as usual where it is left out, nothing where it is empty."""

    created: str | None = None
    updated: str | None = None
    deleted: str | None = None
    topic: str | None = None


class IdWords(Strict):
    """How rows are called."""

    name: FieldName = "id"
    kind: Literal["uuid", "ulid", "integer", "prefix", "given"] = "uuid"
    prefix: str = ""


class ListWords(Strict):
    """What a list can be asked for. Left out: by enums, booleans and references, sorted by all that has an order,
    searched in texts.
    """

    filter: Annotated[
        dict[str, str] | None,
        BeforeValidator(_by_themselves, json_schema_input_type=list[str] | dict[str, str]),
        Field(description="Fields; or fields, or members of one (`author.name`), by the names of their parameters."),
    ] = None
    sort: list[str] | None = None
    search: list[str] | None = None
    query: Annotated[bool, Field(description="Whether it can be asked for by QUERY, too (RFC 10008).")] = False
    order: Annotated[Text | None, Field(description="The usual order, `-` before the field for falling.")] = None


class MarkWords(Strict):
    """What callers mark rows with: the field that tells each of them whether they did, and the one that counts."""

    flag: FieldName | None = None
    count: FieldName | None = None


class Timestamps(Strict):
    """What the fields with the time of making and of the last change are called; empty for none."""

    created: str = "created_at"
    updated: str = "updated_at"


class Tenant(Strict):
    """What keeps one customer's rows from another's: a header or a parameter before all paths decides the `field`."""

    header: Token | None = None
    path: Name | None = None
    field: FieldName = "tenant"
    known: Annotated[list[Text] | None, Field(min_length=1)] = None


class ResourceWords(Strict):
    """Rows of one kind."""

    summary: str = ""
    path: Path | None = None
    singular: Name | None = None
    id: Annotated[
        IdWords,
        BeforeValidator(_id, json_schema_input_type=str | IdWords),
        Field(description="uuid, ulid, integer, given, `prefix ord_`, or a mapping."),
    ] = IdWords()
    owner: Literal["user"] | None = None
    access: Annotated[dict[Verb, AccessWord], _each_verb(dict[Verb, AccessWord], AccessWord)] = {}
    requires: Annotated[dict[Verb, Text], _each_verb(dict[Verb, Text], str)] = {}
    tenant: bool = True
    fields: dict[FieldName, Notation] = {}
    only: Annotated[list[Verb], Field(min_length=1)] | None = None
    bulk: Annotated[bool, Field(description="Whether several may be created at once, as a list.")] = False
    fills: Annotated[
        dict[FieldName, Any],
        Field(description="What the server puts into a new row, such as {user.email} of the caller."),
    ] = {}
    only_by: Annotated[
        FieldName | None, Field(description="The field among these by which a row is its maker's to change.")
    ] = None
    marks: Annotated[
        dict[Name, MarkWords], Field(description="What callers may mark rows with for themselves, such as favourites.")
    ] = {}
    references: Annotated[
        dict[FieldName, str], Field(description="Of a document's resource: fields that hold ids of rows of another.")
    ] = {}
    unique: Annotated[
        list[FieldName], Field(description="Of a document's resource: fields of which no two rows have the same value.")
    ] = []
    below: Annotated[list[str], Field(description="Fields whose resource has these rows below it too.")] = []
    listing: Annotated[ListWords, Field(alias="list")] = ListWords()
    pages: Annotated[PageWords | None, _word("style", PageWords)] = None
    seed: Annotated[Any, Field(description="How many rows at the beginning, a file of them, or the rows.")] = None
    timestamps: Annotated[Timestamps | None, _switch(Timestamps)] = Timestamps()
    soft_delete: Annotated[
        str,
        BeforeValidator(_deleted, json_schema_input_type=bool | str),
        Field(description="Rows stay, with the time of their deletion in this field."),
    ] = ""
    version: FieldName | None = None
    events: Annotated[ResourceEvents | None, _switch(ResourceEvents)] = ResourceEvents()


class OperationWords(Strict):
    """An operation that is no plain resource: one method with its path, and who keeps it."""

    GET: Path | None = None
    POST: Path | None = None
    PUT: Path | None = None
    PATCH: Path | None = None
    DELETE: Path | None = None
    QUERY: Path | None = None
    summary: str = ""
    access: AccessWord | None = None
    requires: Text | None = None
    on: str | None = None
    set_: Annotated[dict[str, Any] | None, Field(alias="set")] = None
    mark: Annotated[Text | None, Field(description="A mark of `on` that the caller gives to the row.")] = None
    marked: Annotated[Text | None, Field(description="A mark of `on`: the list of what the caller has marked.")] = None
    unmark: Annotated[Text | None, Field(description="A mark of `on` that the caller takes back.")] = None
    when: dict[str, Any] = {}
    else_: Annotated[ErrorName, Field(alias="else")] = "conflict"
    answer: Any = None
    answers: dict[Text, Any] | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    media: Text | None = None
    function: Text | None = None
    service: Text | None = None
    names: dict[FieldName, FieldName] = {}
    body: dict[FieldName, Notation] | None = None
    query: dict[FieldName, Notation] = {}
    emits: list[str] = []


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "QUERY")


class BackendFile(Strict):
    """A backend of your own."""

    contract: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="What it is called.")]
    title: str = ""
    summary: str = ""
    openapi: Annotated[Text | None, Field(description="An OpenAPI document that this file adds to.")] = None
    base: Annotated[str, Field(pattern=r"^(/[^\s?#]*[^\s?#/])?$", description="What all paths begin with.")] = ""
    names: Annotated[Style | None, Field(description="How fields look on the wire; left out: as written.")] = None
    accounts: Annotated[Accounts | None, _switch(Accounts)] = None
    errors: Annotated[Errors, _word("like", Errors)] = Errors()
    pages: Annotated[PageWords, _word("style", PageWords)] = PageWords()
    events: Annotated[EventWords | None, _switch(EventWords)] = EventWords()
    tenant: Tenant | None = None
    resources: dict[Text, ResourceWords] = {}
    operations: dict[Text, Annotated[OperationWords, _word("service", OperationWords)]] = {}
