"""Answers that are errors, or not what was asked for."""

from __future__ import annotations

from typing import Any

from devkit.dialects.base import Reply
from devkit.faults.base import Answered, Fault, Status
from devkit.faults.hit import Hit


class Abort(Fault):
    """The call fails with this status. The body is the dialect's error, unless `body` says otherwise; `retry_after`
    (seconds) is sent as `Retry-After`.
    """

    kind = "http.abort"
    terminal = True
    example = {"status": 503, "retry_after": 2}

    status: Status
    error: str | None = None
    message: str | None = None
    body: Any = None
    headers: dict[str, str] = {}
    retry_after: int | None = None

    async def on_request(self, hit: Hit) -> None:
        reply = hit.error(self.status, self.error, self.message, retry_after=self.retry_after)
        if self.body is not None:
            reply.body = self.body
        reply.headers.update(self.headers)
        raise Answered(reply)


class WrongStatus(Fault):
    """The call does what it should and the body is right, but the status is another one."""

    kind = "http.wrong_status"
    example = {"to": 202}

    to: Status

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        reply.status = self.to
        return reply


KINDS = (Abort, WrongStatus)
