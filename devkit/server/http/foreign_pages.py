"""Lists of the real backend, read as pages for faults that work on those, and written back: only what was changed."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from devkit.blueprint.documents.looking import Look
from devkit.blueprint.documents.paging import list_of, pages_of
from devkit.contract.keeping import ByResource, ByUpstream
from devkit.contract.resources import Pages
from devkit.contract.shapes import Parameter
from devkit.faults.foreign import Foreign, ForeignPage, ForeignRow
from devkit.learning.values import schema_of

if TYPE_CHECKING:
    from devkit.contract.operations import Operation

_LOOK = Look({})
_TOTAL = "X-Total-Count"


def page_of(answer: Foreign, operation: Operation, target: str) -> ForeignPage | None:
    """The page that an answer is; None where it is none, or nobody can say where its rows are."""
    pages = how(answer.value, operation, target)
    if pages is None:
        return None
    rows = at(answer.value, pages.items)
    if not isinstance(rows, list):
        return None
    asked = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
    limit = _number(asked.get(pages.size)) or _number(at(answer.value, pages.echo.get("size", ""))) or len(rows)
    total = _number(at(answer.value, pages.total)) if pages.total else _number(answer.reply.field(_TOTAL))
    return ForeignPage(
        items=tuple(ForeignRow(row) for row in rows),
        total=len(rows) if total is None else total,
        page=_place(pages, asked, limit),
        limit=limit or pages.usual,
        answer=answer,
    )


def how(value: Any, operation: Operation, target: str) -> Pages | None:
    """How an operation's lists come in pages: as its contract says where that fits, else as the answer itself shows."""
    keeper = operation.keeper
    if isinstance(keeper, ByUpstream | ByResource) and keeper.pages and isinstance(at(value, keeper.pages.items), list):
        return keeper.pages
    path, _, query = target.partition("?")
    shape = list_of(_LOOK, schema_of(value), path.rstrip("/").rpartition("/")[2])
    if shape is None:
        return None
    names = dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))
    known = operation.shape.parameters if operation.shape else ()
    asked = [*known, *(Parameter(name=name, place="query", schema={"type": "string"}) for name in names)]
    return pages_of(_LOOK, shape, [one for one in asked if one.place == "query"])[0]


def written(page: ForeignPage, operation: Operation, target: str) -> Foreign:
    """The answer that tells of a page as it is now."""
    answer = page.answer
    assert answer is not None  # noqa: S101 - each was read of one
    before = page_of(answer, operation, target)
    pages = how(answer.value, operation, target)
    if before is None or pages is None or (before.items == page.items and before.total == page.total):
        return answer
    rows = [row.value for row in page.items]
    value = copy.deepcopy(answer.value)
    value = put(value, pages.items, rows) if pages.items else rows
    reply = copy.copy(answer.reply)
    reply.headers = dict(reply.headers)
    if before.total != page.total:
        if pages.total:
            value = put(value, pages.total, page.total)
        if reply.field(_TOTAL) is not None:
            reply.headers[_TOTAL] = str(page.total)
    return Foreign(reply, value, answer.status, answer.tokens)


def following(page: ForeignPage, operation: Operation, target: str) -> str | None:
    """The address of the page behind one that says so itself; None where it does not, or is the last."""
    value = page.answer.value if page.answer else None
    pages = how(value, operation, target)
    told = at(value, pages.next) if pages and pages.next else None
    if pages is None or not isinstance(told, str | int) or isinstance(told, bool) or told == "":
        return None
    if pages.addresses:
        found = urlsplit(str(told))
        return f"{found.path}?{found.query}" if found.path.startswith("/") else None
    return with_query(target, pages.page, str(told)) if pages.style == "cursor" else None


def elsewhere(pages: Pages, target: str, changes: Mapping[str, Any]) -> str | None:
    """The address of another page (`page`, from 1) of so many rows (`limit`); None where it cannot be told."""
    asked = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
    limit = _number(asked.get(pages.size)) or pages.usual
    if (size := changes.get("limit")) is not None:
        target = with_query(target, pages.size, str(size))
    if (number := changes.get("page")) is None:
        return target
    if pages.style == "page":
        return with_query(target, pages.page, str(number - 1 + pages.first))
    return with_query(target, pages.page, str((number - 1) * limit)) if pages.style == "offset" else None


def with_query(target: str, name: str, value: str) -> str:
    """The same address, where a parameter of its query has this value."""
    path, _, query = target.partition("?")
    pairs = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != name]
    return f"{path}?{'&'.join([*pairs, f'{name}={quote_plus(value)}'])}"


def at(value: Any, path: str) -> Any:
    """What stands at a path such as `meta.total`; the value itself for an empty one, None for what is not there."""
    for step in path.split(".") if path else ():
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def put(value: Any, path: str, new: Any) -> Any:
    """The value, with something else at a path that is there."""
    *above, last = path.split(".")
    place = at(value, ".".join(above))
    if isinstance(place, dict) and last in place:
        place[last] = new
    return value


def _place(pages: Pages, asked: Mapping[str, str], limit: int) -> int:
    """Which page it is, from 1."""
    given = asked.get(pages.page)
    if pages.style == "cursor":
        # Which one it is, a cursor does not tell; but for the first there is none.
        return 2 if given else 1
    number = _number(given)
    if number is None:
        return 1
    return max(1, number - pages.first + 1) if pages.style == "page" else number // max(1, limit) + 1


def _number(given: Any) -> int | None:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return int(given) if isinstance(given, str) and re.fullmatch(r"\d{1,15}", given) else None
