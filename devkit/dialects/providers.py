"""Lists as the data providers of admin frameworks ask for them: a bare array from row to row, its length in headers.

They take a base address and nothing else, so these rows have one of their own, `/api/rest`. What goes over the wire is
what the packages send and read: `_start`, `_end`, `_sort`, `_order` and `X-Total-Count` (`ra-data-json-server` 5.15,
`@refinedev/simple-rest` 6.0, `@refinedev/rest` 2.1), or `range`, `sort` and `filter` as JSON and `Content-Range`
(`ra-data-simple-rest` 5.15).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from devkit.contract.entities import Page, Session, Task, Upload
from devkit.contract.errors import invalid
from devkit.contract.paging import ROWS_MAX
from devkit.dialects.answers import One, object_schema
from devkit.dialects.base import Row
from devkit.dialects.queries import Fields, Query
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.records import dataclass

BELOW = "/rest"
"""Where the rows are, relative to the dialect's prefix."""

_TEXT: Json = {"type": "string"}
_ORDER: Mapping[str, str] = {"asc": "", "desc": "-"}
_IDS = re.compile(r"ids(\[\d{0,4}\])?", re.ASCII)
"""What `@refinedev/rest` calls them: `ids[0]`, `ids[1]`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows themselves, and how many there are of them in all: `X-Total-Count`, and `Content-Range` in the unit
    `unit` (RFC 9110, section 14.4), which these clients read with 200 as well.
    """

    entity: type
    unit: str
    status: int = 200

    def reply(self, result: Page[Any], context: WireContext, spelling: Spelling) -> Reply:
        last = result.offset + len(result.items) - 1
        span = f"{result.offset}-{last}" if result.items else "*"
        headers = {"X-Total-Count": str(result.total), "Content-Range": f"{self.unit} {span}/{result.total}"}
        return Reply(self.status, [spelling.write(item, context) for item in result.items], headers)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "array", "items": spelling.schema(self.entity, components)}

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {
            "X-Total-Count": "How many there are in all",
            "Content-Range": f"Which rows these are, and how many there are in all: `{self.unit} 0-9/57`",
        }


@dataclass(frozen=True, slots=True)
class Deleted:
    """`{id}`, for providers that read the answer of each of many deletions."""

    status: int = 200

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {"id": context.path.rpartition("/")[2]})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"id": _TEXT})

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


class ListQuery:
    """Reads what the providers write: rows, order and filters, as parameters or as JSON."""

    parameters: Mapping[str, Json] = {
        "_order": {"enum": ["asc", "desc", "ASC", "DESC"]},
        "range": _TEXT | {"description": "First and last row, both included: `[0, 9]`"},
        "sort": _TEXT | {"description": 'Field and order: `["title", "ASC"]`'},
        "filter": _TEXT | {"description": 'Fields and values: `{"completed": true}`'},
    }

    def read(self, pairs: Query, row: Fields) -> tuple[Query, dict[str, Any]]:
        left: list[tuple[str, str]] = []
        order: list[tuple[str, str]] = []
        rows: tuple[int, int] | None = None
        ids: list[str] | None = None
        for name, text in self._unpacked(pairs):
            if name == "range":
                rows = _range(text)
            elif name in {"_sort", "_order", "sort"}:
                order += _sort(text) if name == "sort" else [(name, text)]
            elif "ids" in row.fields and (name == row.name_of("ids") or _IDS.fullmatch(name)):
                ids = [*(ids or ()), text]
            else:
                left.append((name, text))
        given: dict[str, Any] = {} if ids is None else {"ids": tuple(ids)}
        if rows is not None:
            given |= {"start": rows[0], "end": rows[1] + 1}
        elif not {"_start", "_end"} & {name for name, _ in left}:
            given |= {"start": 0, "end": ROWS_MAX}
        return (*left, *_ordered(order)), given

    @staticmethod
    def _unpacked(pairs: Query) -> Query:
        """The pairs, with those that `filter` holds in its place."""
        found: list[tuple[str, str]] = []
        for name, text in pairs:
            found += _filters(text) if name == "filter" else [(name, text)]
        return tuple(found)


def _ordered(order: list[tuple[str, str]]) -> Query:
    """One parameter for field and order; of several of each (`_sort=a,b`), the first ones count, and the others are
    left as what nobody knows.
    """
    fields, orders = ([part for name, text in order if name == wanted for part in text.split(",")] for wanted in _BOTH)
    if not fields or not fields[0]:
        return ()
    mark = _ORDER.get(orders[0].lower() if orders else "asc")
    if mark is None:
        raise invalid(sort="The order must be asc or desc")
    sort = fields[0].removeprefix("-") if mark and fields[0].startswith("-") else mark + fields[0]
    rest = tuple((f"_sort={field}", "") for field in fields[1:])
    return (("_sort", sort), *rest)


_BOTH = ("_sort", "_order")


def _range(text: str) -> tuple[int, int]:
    found = _read(text)
    if not isinstance(found, list) or len(found) != 2 or not all(type(row) is int and row >= 0 for row in found):
        raise invalid(range="Must be the first and the last row, such as [0, 9]")
    return found[0], found[1]


def _sort(text: str) -> Query:
    found = _read(text)
    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(part, str) for part in found):
        raise invalid(sort='Must be a field and its order, such as ["title", "ASC"]')
    return (("_sort", found[0]), ("_order", found[1]))


def _filters(text: str) -> Query:
    found = _read(text or "{}")
    if not isinstance(found, dict):
        raise invalid(filter='Must be an object, such as {"completed": true}')
    return tuple(
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, values in found.items()
        for value in (values if isinstance(values, list) else [values])
        # As everywhere, an empty filter is none.
        if value is not None
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_WINDOW = ("start", "end")
_NAMES: Mapping[str, str] = {"start": "_start", "end": "_end"}
_PAGES = ("page", "limit")
_QUERY = ListQuery()


def _list(operation: str, name: str, entity: type, *more: str, names: Mapping[str, str] | None = None) -> Row:
    return Row(
        operation=operation,
        method="GET",
        path=f"{BELOW}/{name}",
        answer=Rows(entity, name),
        names={**_NAMES, **(names or {})},
        hides=_PAGES,
        takes=(*_WINDOW, *more),
        query=_QUERY,
    )


_TASK = One(entity=Task)
_TASKS, _ONE_TASK = f"{BELOW}/tasks", f"{BELOW}/tasks/{{id}}"

PROVIDER_ROWS = (
    _list("tasks.list", "tasks", Task, "ids", names={"ids": "id", "sort": "_sort"}),
    Row(operation="tasks.create", method="POST", path=_TASKS, answer=One(201, Task, location=_ONE_TASK)),
    Row(operation="tasks.get", method="GET", path=_ONE_TASK, answer=_TASK),
    Row(operation="tasks.replace", method="PUT", path=_ONE_TASK, answer=_TASK),
    Row(operation="tasks.update", method="PATCH", path=_ONE_TASK, answer=_TASK),
    Row(operation="tasks.delete", method="DELETE", path=_ONE_TASK, answer=Deleted()),
    _list("uploads.list", "uploads", Upload),
    Row(operation="uploads.get", method="GET", path=f"{BELOW}/uploads/{{id}}", answer=One(entity=Upload)),
    Row(operation="uploads.delete", method="DELETE", path=f"{BELOW}/uploads/{{id}}", answer=Deleted()),
    _list("auth.sessions", "sessions", Session),
    Row(operation="auth.revoke_session", method="DELETE", path=f"{BELOW}/sessions/{{id}}", answer=Deleted()),
)
