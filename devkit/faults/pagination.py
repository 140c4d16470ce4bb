"""Pages that overlap, miss rows or miscount."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from devkit.contract.entities import Page
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit

_DEFAULT_LIMIT = 20
Count = Annotated[int, Field(ge=1, le=100)]


class _PageFault(Fault):
    needs: ClassVar[tuple[Need, ...]] = (Need.LIST,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        # Nobody can say of every list of a real backend where its rows are.
        return await self.paged(hit, result) if isinstance(result, Page) else result

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        """The page that goes out instead."""
        return page


class Duplicate(_PageFault):
    """From the second page on, each page begins with the last `count` rows of the page before it, as when rows were
    added in front meanwhile; the total stays right.
    """

    kind = "page.duplicate"
    example: ClassVar = {"count": 2}

    count: Count

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        if page.page == 1:
            return page
        before: Page[Any] = await hit.again(page=page.page - 1)
        rows = (*before.items, *page.items)
        start = len(before.items) - min(self.count, len(before.items))
        return dataclasses.replace(page, items=rows[start : start + page.limit])


class Skip(_PageFault):
    """Between two pages `count` rows are missing, as when rows were removed in front meanwhile: page two begins so
    many rows later. The total stays as it was.
    """

    kind = "page.skip"
    example: ClassVar = {"count": 2}

    count: Count

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        missing = self.count * (page.page - 1)
        rows: tuple[Any, ...] = page.items
        number = page.page
        while missing >= len(rows) - page.limit and len(rows) < missing + page.limit:
            number += 1
            following: Page[Any] = await hit.again(page=number)
            if not following.items:
                break
            rows = (*rows, *following.items)
        return dataclasses.replace(page, items=rows[missing : missing + page.limit])


class UnstableOrder(_PageFault):
    """The rows of a page come in another order with each call, as where nothing breaks a tie in the sort order."""

    kind = "page.unstable_order"

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        keyed = [(hit.chance.fraction(), row) for row in page.items]
        return dataclasses.replace(page, items=tuple(row for _, row in sorted(keyed, key=lambda pair: pair[0])))


class TotalWrong(_PageFault):
    """The total (in the body, in X-Total-Count and in the Link to the last page) is off by `delta`."""

    kind = "page.total_wrong"
    example: ClassVar = {"delta": 5}

    delta: int

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        return dataclasses.replace(page, total=max(0, page.total + self.delta))


class Short(_PageFault):
    """A page holds at most `size` rows, though it is not the last one and `limit` says more; what was cut off comes on
    no other page.
    """

    kind = "page.short"
    example: ClassVar = {"size": 5}

    size: Annotated[int, Field(ge=0, le=100)]

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        return dataclasses.replace(page, items=page.items[: self.size])


class LimitIgnored(_PageFault):
    """Whatever `limit` asks for, pages have 20 rows, and say so."""

    kind = "page.limit_ignored"

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        found: Page[Any] = await hit.again(limit=_DEFAULT_LIMIT)
        return found


class CursorDrift(_PageFault):
    """A cursor counts rows where it should name one: who goes on with it after a row was made in front of it sees one
    twice, and after one was deleted there misses one. As long as nothing changes, all is well.
    """

    kind = "page.cursor_drift"

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        counts = hit.memory
        before = next((counts[said] for said in hit.subject.query.values() if said in counts), 0)
        found = page
        if before:
            found = await hit.again(cursor="", limit=before + page.limit)
            found = dataclasses.replace(found, items=found.items[before:], limit=page.limit)
        if found.next:
            if len(counts) > _CURSORS:
                counts.clear()
            counts[found.next] = before + len(found.items)
        return found


_CURSORS = 10_000
"""Cursors of which it is known how many rows came before them."""


class _Between(_PageFault):
    """Something changes in the store right after page `at` was read."""

    of_mock = "rows of the real backend are not devkit's to change"
    needs: ClassVar[tuple[Need, ...]] = (Need.LIST | Need.RESOURCE,)

    at: Annotated[int, Field(ge=1)] = 1

    async def paged(self, hit: Hit, page: Page[Any]) -> Page[Any]:
        if page.page == self.at and await self.change(hit, page):
            hit.felt = True
        return page

    async def change(self, hit: Hit, page: Page[Any]) -> bool:
        """Change the store; False where that cannot be."""
        return False


class Insert(_Between):
    """Right after page `at` was read, a row is really created: the rows behind it move, and the last row of that page
    comes again on the next.
    """

    kind = "page.insert"
    example: ClassVar = {"at": 1}

    async def change(self, hit: Hit, page: Page[Any]) -> bool:
        return await hit.rows.add_one(page.items, hit.number)


class Delete(_Between):
    """Right after page `at` was read, its first row is really deleted (the first that nothing else keeps): the rows
    behind it move, and the first row of the next page is never seen.
    """

    kind = "page.delete"
    example: ClassVar = {"at": 1}

    async def change(self, hit: Hit, page: Page[Any]) -> bool:
        rows = hit.rows
        for row in page.items:
            # Others may refer to it, and keep it.
            with contextlib.suppress(DomainError):
                await rows.delete(row.id)
                return True
        return False


class LinkHeader(Fault):
    """The `Link` header of a page (RFC 8288) leads astray: `missing`, so that who follows it sees one page and thinks
    that was all; `loop`, where `next` is the page itself, for ever; `endless`, where the last page has a `next` too.
    """

    kind = "page.link"
    needs: ClassVar[tuple[Need, ...]] = (Need.LIST,)
    bends: ClassVar[str | None] = "Link"
    example: ClassVar = {"defect": "loop"}

    defect: Literal["missing", "loop", "endless"]

    def on_headers(self, hit: Hit, headers: Any) -> None:
        targets = {relation: target for target, relation in _LINK.findall(headers.get("Link", ""))}
        if not targets:
            return
        asked = hit.subject.query.get("page", "1")
        page, other = int(asked) if asked.isdecimal() else 1, next(iter(targets.values()))
        match self.defect:
            case "missing":
                targets.clear()
            case "loop":
                targets["next"] = _with_page(targets.get("first", other), page)
            case "endless" if "next" not in targets:
                targets["next"] = _with_page(targets.get("last", other), page + 1)
        headers.pop("Link")
        if targets:
            headers["Link"] = ", ".join(f'<{target}>; rel="{relation}"' for relation, target in targets.items())


_LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')


def _with_page(target: str, page: int) -> str:
    return re.sub(r"(?<=[?&]page=)\d+", str(page), target)


KINDS: tuple[type[Fault], ...] = (
    Duplicate,
    Skip,
    UnstableOrder,
    TotalWrong,
    Short,
    LimitIgnored,
    CursorDrift,
    Insert,
    Delete,
    LinkHeader,
)
