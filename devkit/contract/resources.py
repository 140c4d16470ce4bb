"""What a resource is: rows of one kind that are kept for a contract of somebody's own (YOUR-BACKEND.md).

All names here are those on the wire: such a contract is spoken in one way only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from devkit.contract.entities import tag_of
from devkit.records import dataclass
from devkit.schemas.base import Json, Schema
from devkit.schemas.walking import without

OnDelete = Literal["restrict", "cascade", "clear"]
"""What becomes of rows that refer to one that is deleted: it is not (409), they go with it, or the reference does."""

CALLER_WORDS = ("id", "number", "email", "username", "name", "image")
"""What of the caller may stand in `fills`, behind `user.`, besides fields of accounts of one's own."""

Verb = Literal["list", "create", "get", "replace", "update", "delete"]
VERBS: Sequence[Verb] = ("list", "create", "get", "replace", "update", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field that holds the id of a row of another resource, or several ids where its schema is an array."""

    resource: str
    on_delete: OnDelete = "restrict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of a resource's rows.

    `required` is what a create must give; a default is in the `schema`. What the `server` gives no client sets: it is
    ignored where one sends it back. What is `hidden` is stored and in no answer (`writeOnly`). What is `made` gets a
    value of its schema where nobody gives one, so that rows fit what they are answered as, and a replacement that says
    nothing of it leaves it as it is. `secret` are the paths of what is stored within it, and in no answer.
    """

    name: str
    schema: Schema
    required: bool = False
    unique: bool = False
    reference: Reference | None = None
    server: bool = False
    hidden: bool = False
    made: bool = False
    secret: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """How rows are called: `name` is the column. A `prefix` is followed by twelve letters and digits; `integer` counts
    from 1; `given` ids come from the client.
    """

    name: str = "id"
    kind: Literal["uuid", "ulid", "integer", "prefix", "given"] = "uuid"
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How a list comes in pages.

    `page` is the query's parameter that says which one: its number from 1 (or `first`), for `offset` how many rows come
    before, for `cursor` the `next` of the page before. `size` is the one for how many rows. `items`, `total`, `next`,
    `previous` and `more` are paths of members in the answer (`meta.total`); an empty `items` is an array without
    anything around it, and other empty ones are not told. `echo` are further members: which of `page`, `size` and
    `pages` is told where. `link` tells the neighbours in a Link header (RFC 8288), `total_header` the number of rows.
    With `addresses` what `next` and `previous` tell are the addresses of those pages; that of the first one does not
    say which it is where `bare`. Of a page that is not there they
    are null, or, without `nulls`, left out.
    """

    style: Literal["page", "offset", "cursor", "none"] = "page"
    items: str = "data"
    total: str = "total"
    next: str = ""
    previous: str = ""
    addresses: bool = False
    bare: bool = False
    nulls: bool = True
    more: str = ""
    echo: Mapping[str, str] = field(default_factory=dict)
    page: str = "page"
    size: str = "limit"
    first: int = 1
    usual: int = 20
    most: int = 100
    link: bool = True
    total_header: str = "X-Total-Count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list can be asked for. `filters` are columns, or members of what one holds (`author.name`), by the names
    of their parameters: equal, one of several (given more than once, or with commas), and with `[gte]`, `[gt]`,
    `[lte]`, `[lt]`, `[ne]` behind the name in a range. `sorts` are columns, with `-` before them for falling, in the
    parameter `sort`; `order` is the usual one, that in which rows were made, the newest first, where it is empty.
    `search` are the columns that the parameter `q` looks in, whatever the cases.
    """

    filters: Mapping[str, str] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()
    order: str = ""
    search: tuple[str, ...] = ()
    sort: str = "sort"
    q: str = "q"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Rows that are listed and made below a row of another resource: `parameter` of the path is the value of `column`,
    which refers to it.
    """

    parameter: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What users may do to rows for themselves, and take back: a favourite, a bookmark. `flag` is the column that tells
    each caller whether they did, `count` the one that counts all who did; empty for none.
    """

    name: str
    flag: str = ""
    count: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What is told when rows change, by what was done; empty for nothing. `topic` is where."""

    created: str = ""
    updated: str = ""
    deleted: str = ""
    topic: str = ""


# Compared by identity: columns may hold what has no hash.
@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """Rows of one kind. `owned` ones are seen by their owner alone, the user who made them; `tenant` is a column that
    another header or a path's parameter decides, by that name. `created_at` and `updated_at` are columns that the
    server sets; `deleted_at` is one that makes a deletion soft. `version` is a column that counts changes. Empty ones
    are not there.

    `fills` are what the server puts into a new row, whatever the client says: values by column, in which `{user.id}`,
    `{user.email}` and the like are the caller's (`CALLER_WORDS`, and `own` fields of accounts, with what they are where
    nobody said anything). `only_by` is one of these columns: where it says that a row is somebody else's, the caller
    sees it, and does not change it. `marks` are what callers may mark rows with; a filter may be one, which chooses by
    who did.

    `seed` is how many rows there are at the beginning, or these. `singular` is what one row is called.

    `apart` are the paths up to those parameters that call no row and keep these rows apart, the outermost first:
    `/repos/{}`, `/repos/{}/{}`. Their values are the place of a row. What there is at the beginning is seen at every
    place, until something is written there: from then on the place has rows of its own, which begin as those.
    """

    name: str
    singular: str
    columns: Mapping[str, Column]
    ids: Ids = field(default_factory=Ids)
    owned: bool = False
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str = ""
    version: str = ""
    listing: Listing = field(default_factory=Listing)
    pages: Pages = field(default_factory=Pages)
    events: Events = field(default_factory=Events)
    seed: int | Sequence[Mapping[str, Json]] = 0
    apart: tuple[str, ...] = ()
    fills: Mapping[str, Json] = field(default_factory=dict)
    only_by: str = ""
    own: Mapping[str, Json] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    summary: str = ""

    def shown(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """Of a row's values those that an answer may have."""
        found = {name: values[name] for name in self.visible if name in values}
        return self.told(found) if self.partly else found

    def told(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The values without what no answer may have within them."""
        return {
            name: without(value, self.partly[name]) if name in self.partly else value for name, value in values.items()
        }

    @cached_property
    def partly(self) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """By the names of columns that may be seen, but for a part, the paths of that."""
        return {name: column.secret for name, column in self.columns.items() if column.secret and not column.hidden}

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """What an answer may have of a row: the id, and all columns that are not hidden, in their order."""
        ids = () if self.ids.name in self.columns else (self.ids.name,)
        return (*ids, *(name for name, column in self.columns.items() if not column.hidden))


@dataclass(frozen=True, slots=True)
class Changed:
    """What an event tells of a row: what one is called, and what may be seen of this one."""

    singular: str
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a resource: `values` are all that it holds, in the order of its columns, hidden ones included."""

    id: str
    values: Mapping[str, Json]
    version: int = 1
    marked: str = ""

    @property
    def tag(self) -> str:
        """The entity tag of this version, without its quotation marks: another one for who has marked it."""
        return row_tag(self.id, self.version) + self.marked


def row_tag(row_id: str, version: int) -> str:
    """What the entity tag of a row is made of. Ids that clients give may hold what no tag may (RFC 9110, section
    8.8.3).
    """
    head = row_id[:8]
    return tag_of(head if head.isascii() and head.replace("_", "").isalnum() else quote(head, safe=""), version)
