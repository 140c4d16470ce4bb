"""Reads that lag behind, deletions that do not last, and somebody else who changes things."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from devkit.contract.entities import Page
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.effects import Instant
from devkit.faults.base import Fault, Proceed
from devkit.faults.foreign import Foreign, ForeignRow, Refused
from devkit.faults.hit import Hit
from devkit.faults.parameters import Duration
from devkit.faults.rows import Rows
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class _Change:
    """What a row was before it was changed or deleted; or a row that was made."""

    at: Instant
    row: Any
    made: bool = False
    deleted: bool = False


class ReadStale(Fault):
    """Reads come from a replica that is `lag` behind: what was created is not there yet, what was changed looks as
    before, what was deleted is still there. It knows of the changes that it matched itself: match all that works on
    these rows (`needs: resource`, or `operation: tasks.*`).
    """

    kind = "read.stale"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE,)
    example: ClassVar = {"lag": "2s"}

    lag: Duration

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        if hit.subject.kept_by_real:
            return await _remembered(hit, proceed, self.lag)
        rows, needs = hit.rows, hit.needs
        seen = _Replica(hit, rows, hit.levers.clock.now() - self.lag)
        if Need.LIST in needs:
            return seen.page(await proceed(), hit.subject.input)
        if Need.WRITE not in needs:
            return await seen.one(proceed, rows.wanted(hit.subject.input))
        before = None if Need.CREATE in needs else rows.read(rows.wanted(hit.subject.input))
        result = await proceed()
        now = hit.levers.clock.now()
        if before is not None:
            seen.changes.append(_Change(now, before, deleted=Need.DELETE in needs))
        elif Need.CREATE in needs:
            made = result if isinstance(result, tuple) else (result,)
            seen.changes += [_Change(now, row, made=True) for row in made]
        return result


class _Replica:
    """What a read that looks no further than the `horizon` finds."""

    def __init__(self, hit: Hit, rows: Rows, horizon: Instant) -> None:
        self._rows, self._horizon = rows, horizon
        self.changes: list[_Change] = hit.memory.setdefault(rows.name, [])
        self.changes[:] = [change for change in self.changes if change.at > horizon]
        self._made = {change.row.id for change in self.changes if change.made}

    def page(self, page: Page[Any], given: Any) -> Page[Any]:
        """What was then among those that are listed comes, whatever it is by now; what would be on another page if it
        were there still is on the first one.
        """
        rows, before = self._rows, self._before()
        shown = [
            before.get(row.id, row)
            for row in page.items
            if not self._is_new(row) and (row.id not in before or rows.belongs(before[row.id], given))
        ]
        hidden = len(page.items) - len(shown)
        left = [row for row in before.values() if page.page == 1 and rows.from_start(given) and self._left(row, given)]
        return dataclasses.replace(page, items=(*left, *shown), total=page.total - hidden + len(left))

    def _left(self, before: Any, given: Any) -> bool:
        """Whether a row was among those that are listed, and is not any more."""
        now = self._rows.read(before.id)
        return self._rows.belongs(before, given) and (now is None or not self._rows.belongs(now, given))

    async def one(self, proceed: Proceed, row_id: str) -> Any:
        before = self._before()
        try:
            row = await proceed()
        except DomainError:
            if not any(change.deleted and change.row.id == row_id for change in self.changes) or row_id not in before:
                raise
            return before[row_id]
        if self._is_new(row):
            raise DomainError("not_found")
        return before.get(row.id, row)

    def _is_new(self, row: Any) -> bool:
        made_at = self._rows.made_at(row)
        return row.id in self._made or (made_at is not None and made_at > self._horizon)

    def _before(self) -> Mapping[str, Any]:
        """By their ids, rows that there were before the horizon and that were changed or deleted since, as they were
        then.
        """
        first: dict[str, Any] = {}
        for change in self.changes:
            if not change.made and not self._is_new(change.row):
                first.setdefault(change.row.id, change.row)
        return first


@dataclass(frozen=True, slots=True)
class _Read:
    """What the real backend said at a time; None for nothing, since what was asked for was not made yet."""

    at: Instant
    said: Any


_MOST_READS = 200
"""Addresses whose answers are remembered, and answers of each; the oldest are forgotten first."""


async def _remembered(hit: Hit, proceed: Proceed, lag: int) -> Any:
    """What a real backend, whose rows nobody else reads, said that long ago, or the first that it said since."""
    now, subject = hit.levers.clock.now(), hit.subject
    reads: dict[tuple[str, str | None], list[_Read]] = hit.memory.setdefault("reads", {})
    if subject.method not in {"GET", "HEAD"}:
        result = await proceed()
        if Need.CREATE in hit.needs and isinstance(result, Foreign) and (row := ForeignRow(result.value)).id:
            made = f"{subject.path.rstrip('/')}/{row.id}"
            _noted(reads, (made, subject.token), _Read(hit.levers.clock.now(), None))
        return result
    key = f"{subject.path}?{sorted(subject.query.items())}" if subject.query else subject.path, subject.token
    try:
        said = await proceed()
    except Refused as refused:
        said = refused
    known = _noted(reads, key, _Read(now, said))
    found = next((read for read in reversed(known) if read.at <= now - lag), known[0])
    if found.said is None and found.at <= now - lag:
        # It was made before that, and this is the first that anybody asks of it.
        found = known[1]
    if found.said is None:
        raise DomainError("not_found")
    if isinstance(found.said, Refused):
        raise found.said
    return found.said


def _noted(reads: dict[tuple[str, str | None], list[_Read]], key: tuple[str, str | None], read: _Read) -> list[_Read]:
    """Remember it as the last of those; all of them."""
    known = reads.pop(key, [])
    known.append(read)
    reads[key] = known[-_MOST_READS:]
    if len(reads) > _MOST_READS:
        del reads[next(iter(reads))]
    return reads[key]


class DeleteResurrect(Fault):
    """What was deleted is there again `after` a while, as when a replica wins over the deletion; an event tells of
    it.
    """

    kind = "delete.resurrect"
    of_mock = "rows of the real backend are not devkit's to change"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE | Need.DELETE,)
    example: ClassVar = {"after": "1s"}

    after: Duration

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        rows = hit.rows
        come_back = rows.way_back(rows.wanted(hit.subject.input))
        result = await proceed()
        if come_back is not None:
            hit.levers.later(self.after, come_back)
            hit.felt = True
        return result


class BackgroundMutate(Fault):
    """Somebody else works on what the test user sees: one row changes a value `every` so often (a task its priority),
    and events tell of it. A match says which rows, by the operations that write to them.
    """

    kind = "background.mutate"
    of_mock = "rows of the real backend are not devkit's to change"
    needs: ClassVar[tuple[Need, ...]] = (Need.RESOURCE | Need.WRITE,)
    example: ClassVar = {"every": "2s"}

    every: Duration

    async def on_activate(self, hit: Hit) -> None:
        hit.memory["on"] = True
        self._schedule(hit)

    async def on_deactivate(self, hit: Hit) -> None:
        hit.memory["on"] = False

    def _schedule(self, hit: Hit) -> None:
        hit.levers.later(max(50, self.every), lambda: self._mutate(hit))

    async def _mutate(self, hit: Hit) -> None:
        if not hit.memory.get("on"):
            return
        user_id = hit.levers.first_user()
        # The user, or a row, may be gone by now; the next time it may not.
        with contextlib.suppress(DomainError):
            kinds = {rows.name: rows for rows in (hit.levers.rows(name, user_id) for name in sorted(hit.operations))}
            found = [(rows, some) for rows in kinds.values() if (some := await rows.some())]
            if found:
                rows, some = found[hit.chance.integer(0, len(found) - 1)]
                await rows.change(some[hit.chance.integer(0, len(some) - 1)], hit.chance)
        self._schedule(hit)


KINDS: tuple[type[Fault], ...] = (ReadStale, DeleteResurrect, BackgroundMutate)
