from __future__ import annotations

from typing import Any

from tests.verify.proofs.base import Proof

LIST = {"operation": "tasks.list"}


def _crash() -> Proof:
    return Proof("http.wrong_status", "answered with 500", match=LIST, parameters={"to": 500})


def _page(fault: str, says: str, match: dict[str, Any] = LIST, **parameters: Any) -> Proof:
    return Proof(fault, says, match=match, parameters=parameters)


PROOFS = {
    "paging.none-twice": _page("page.duplicate", "on two pages", count=2),
    "paging.none-missed": _page("page.skip", "misses", count=2),
    "paging.ends": _page("page.link", "comes another", defect="loop"),
    "paging.total": _page("page.total_wrong", "the pages have", delta=5),
    "paging.total-stays": Proof(
        "page.total_wrong", "differs from page to page", match=LIST, when={"every": 2}, parameters={"delta": 5}
    ),
    "paging.total-header": _page("count.mismatch", "X-Total-Count says", delta=3),
    "paging.order": _page("page.unstable_order", "another order"),
    "paging.ids": _page("array.duplicate_ids", "share an id"),
    "paging.rows-come": _page("page.skip", "it misses others", count=2),
    "paging.rows-go": _page("page.duplicate", "twice", count=2),
    "paging.limit": _page("page.limit_ignored", "come 20 rows"),
    "paging.full": Proof("page.short", "is short", match=LIST, when={"skip": 2, "times": 1}, parameters={"size": 1}),
    "paging.limit-bounds": _crash(),
    "paging.limit-text": _crash(),
    "paging.page-bounds": _crash(),
    "paging.page-text": _crash(),
    "paging.beyond": _crash(),
    "paging.empty": _page("field.null", "not an empty list", {**LIST, "query": {"page": "99999"}}, path="data"),
    "paging.link-next": _page("page.link", "rows that were there before", defect="loop"),
    "paging.link-last": _page("page.link", "a Link to a next one", defect="endless"),
    "paging.link-host": _page(
        "http.header", "which is not", name="Link", value='<http://internal.invalid/tasks?page=2>; rel="next"'
    ),
    "paging.readable": _page("cors.expose_missing", "cannot read", headers=["X-Total-Count", "Link"]),
    "paging.new-listed": _page("write.lost", "is in no page", {"operation": "tasks.create"}),
}
