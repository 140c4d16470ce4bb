"""Writes that are lost or doubled, and answers that do not fit together."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.dialects.base import HEADER_FIELDS
from devkit.dialects.raw import RawRequest
from devkit.dialects.replies import Reply
from devkit.faults.base import Fault, Proceed
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered, Broken
from devkit.faults.parameters import Duration


class CountMismatch(Fault):
    """The header X-Total-Count and the body's `total` disagree by `delta`."""

    kind = "count.mismatch"
    needs: ClassVar[tuple[Need, ...]] = (Need.LIST,)
    bends: ClassVar[str | None] = "X-Total-Count"
    example: ClassVar = {"delta": 3}

    delta: int

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if headers.get("X-Total-Count", "").isdecimal():
            headers["X-Total-Count"] = str(max(0, int(headers["X-Total-Count"]) + self.delta))


class WriteLost(Fault):
    """The write is answered as if it had succeeded, and nothing is stored; no event tells of it either."""

    kind = "write.lost"
    of_mock = "the real backend stores what it is sent"
    needs: ClassVar[tuple[Need, ...]] = (Need.ATOMIC,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        hit.felt = True
        with hit.levers.discard_writes():
            return await proceed()


class AckLost(Fault):
    """The write is stored, and then the connection is reset before the answer: the client cannot know."""

    kind = "write.ack_lost"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.ATOMIC,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        await proceed()
        raise Broken(reset=True)


class WriteDuplicate(Fault):
    """What was created once is stored twice, under two ids; the answer tells of the first."""

    kind = "write.duplicate"
    needs: ClassVar[tuple[Need, ...]] = (Need.CREATE | Need.ATOMIC,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result = await proceed()
        await hit.again(**({"idempotency_key": None} if Need.IDEMPOTENCY in hit.needs else {}))
        hit.felt = True
        return result


class IdempotencyIgnored(Fault):
    """The Idempotency-Key is not looked at: a call that is repeated with it happens again."""

    kind = "idempotency.ignored"
    needs: ClassVar[tuple[Need, ...]] = (Need.IDEMPOTENCY,)

    async def on_raw(self, hit: Hit, raw: RawRequest) -> RawRequest:
        ignored = HEADER_FIELDS["idempotency_key"].lower()
        kept = {name: value for name, value in raw.headers.items() if name.lower() != ignored}
        if len(kept) == len(raw.headers):
            return raw
        return dataclasses.replace(raw, headers=kept)


class WriteConflict(Fault):
    """The write is refused with 409, as if somebody else had changed the same thing at the same time."""

    kind = "write.conflict"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.WRITE,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        raise DomainError("conflict", "Somebody else changed this at the same time")


class Readonly(Fault):
    """Writes are refused with 503 and a Retry-After, as while a database fails over; reads work. `for` ends it that
    long after the first refusal.
    """

    kind = "readonly"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.WRITE,)
    example: ClassVar = {"for": "30s"}

    for_: Annotated[Duration | None, Field(alias="for")] = None

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        now = hit.levers.clock.now()
        began = hit.memory.setdefault("began", now)
        left = None if self.for_ is None else began + self.for_ - now
        if left is not None and left <= 0:
            return await proceed()
        wait = 5 if left is None else max(1, -(-left // 1000))
        raise DomainError("service_unavailable", "The database is read-only right now", retry_after=wait)


class QuotaFull(Fault):
    """Whatever would need room is refused with 507; deleting works."""

    kind = "quota.full"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.CREATE,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        raise DomainError("insufficient_storage", "Your quota is used up")


class Etag(Fault):
    """The ETag is missing, or is another one with each answer: conditional requests never fit."""

    kind = "etag"
    bends: ClassVar[str | None] = "ETag"
    example: ClassVar = {"mode": "wrong"}

    mode: Literal["wrong", "missing"]

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if "ETag" not in headers:
            return
        if self.mode == "missing":
            del headers["ETag"]
        else:
            headers["ETag"] = f'"{hit.chance.bytes(8).hex()}"'


class AsyncPending(Fault):
    """The write is only accepted: 202 and `{status: "pending"}` at once, and it really happens `delay` later."""

    kind = "async.pending"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.ATOMIC,)
    example: ClassVar = {"delay": "1s"}

    delay: Duration = 2000

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        hit.levers.later(self.delay, proceed)
        raise Answered(Reply(202, {"status": "pending", "message": "Accepted; it will be done soon"}))


KINDS: tuple[type[Fault], ...] = (
    CountMismatch,
    WriteLost,
    AckLost,
    WriteDuplicate,
    IdempotencyIgnored,
    WriteConflict,
    Readonly,
    QuotaFull,
    Etag,
    AsyncPending,
)
