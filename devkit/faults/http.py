"""Answers that are errors, or not what was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlencode

from pydantic import Field, model_validator

from devkit.contract.entities import Page
from devkit.contract.errors import DomainError
from devkit.contract.fields import rejected
from devkit.contract.operations import Need
from devkit.dialects.replies import Reply
from devkit.effects import Instant
from devkit.faults.base import Fault, Proceed
from devkit.faults.headers import HeaderName, HeaderText, expose, http_date
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered
from devkit.faults.parameters import Duration, Status
from devkit.faults.reshaping import in_one_piece


class Abort(Fault):
    """The call fails with this status. The body is the dialect's error, unless `body` says otherwise; `retry_after`
    (seconds) is sent as `Retry-After`.
    """

    kind = "http.abort"
    terminal = True
    example: ClassVar = {"status": 503, "retry_after": 2}

    status: Status
    error: str | None = None
    message: str | None = None
    body: Any = None
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)
    retry_after: Annotated[int, Field(ge=0)] | None = None

    async def on_request(self, hit: Hit) -> None:
        reply = hit.error(self.status, self.error, self.message, retry_after=self.retry_after)
        if self.body is not None:
            reply.body = self.body
        reply.headers.update(self.headers)
        raise Answered(reply)


class WrongStatus(Fault):
    """The call does what it should and the body is right, but the status is another one."""

    kind = "http.wrong_status"
    example: ClassVar = {"to": 202}

    to: Status

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        reply.status = self.to
        return reply


class ErrorIn200(Fault):
    """The call fails, but says so only in its body: the status is 200, and `response.ok` is true."""

    kind = "http.error_in_200"
    breaks = True
    terminal = True

    async def on_request(self, hit: Hit) -> None:
        reply = hit.error(500)
        reply.status = 200
        raise Answered(reply)


class Conflict(Fault):
    """What is written is refused, because somebody else was faster: 409, or 412 as for a stale `If-Match`."""

    kind = "http.conflict"
    terminal = True
    needs: ClassVar[tuple[Need, ...]] = (Need.WRITE,)
    example: ClassVar = {"status": 409}

    status: Literal[409, 412] = 409

    async def on_request(self, hit: Hit) -> None:
        raise Answered(hit.error(self.status))


class Validation(Fault):
    """What was sent is refused as the dialect refuses bad input: the form has to show `fields` (a message for each,
    under the contract's names; the dialect spells them its way).
    """

    kind = "http.validation"
    terminal = True
    example: ClassVar = {"fields": {"title": "This title is taken"}}

    fields: Annotated[dict[str, str], Field(min_length=1)]

    async def on_request(self, hit: Hit) -> None:
        raise Answered(hit.spelled(DomainError("validation_error", fields=self.fields)))


class Redirect(Fault):
    """The call is redirected to `to`, or, with `loop`, to itself until the client gives up: in a browser `fetch` then
    rejects with `TypeError: Failed to fetch`. 307 and 308 repeat method and body, the others may turn into a GET.
    """

    kind = "http.redirect"
    terminal = True
    example: ClassVar = {"status": 302, "to": "/login"}

    status: Literal[301, 302, 303, 307, 308] = 307
    to: Annotated[HeaderText, Field(min_length=1)] | None = None
    loop: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Redirect:
        if (self.to is None) != self.loop:
            raise rejected("wants either `to` or `loop: true`")
        return self

    async def on_request(self, hit: Hit) -> None:
        raise Answered(Reply(self.status, headers={"Location": self.to or _address(hit)}, has_body=False))


def _address(hit: Hit) -> str:
    """Where the request came to, as a path with its query."""
    query = urlencode(list(hit.subject.query.items()))
    return quote(hit.subject.path) + (f"?{query}" if query else "")


class Deprecated(Fault):
    """Answers carry `Deprecation` and `Sunset` (RFC 9745, RFC 8594): the call works until `sunset` has passed since the
    first answer, on the sandbox's clock. Then it is 410.
    """

    kind = "http.deprecated"
    example: ClassVar = {"sunset": "30d"}

    sunset: Duration

    async def on_request(self, hit: Hit) -> None:
        if hit.levers.clock.now() >= _since(hit) + self.sunset:
            raise Answered(hit.error(410, "gone", "This call has been switched off"))

    def on_headers(self, hit: Hit, headers: Any) -> None:
        since = _since(hit)
        headers["Deprecation"] = f"@{since // 1000}"
        headers["Sunset"] = http_date(since + self.sunset)
        expose(headers, ["Deprecation", "Sunset"])


def _since(hit: Hit) -> Instant:
    """When the rule struck first."""
    since: Instant = hit.memory.setdefault("since", hit.levers.clock.now())
    return since


class Bad304(Fault):
    """The answer to a reading call is 304 `Not Modified`, whether or not the client named a version that it has: where
    it has none, `fetch` shows status 304 and no body, and `response.json()` rejects.
    """

    kind = "http.bad_304"
    breaks = True
    terminal = True

    async def on_request(self, hit: Hit) -> None:
        if hit.subject.method in {"GET", "HEAD"}:
            raise Answered(Reply(304, has_body=False))


class Partial(Fault):
    """The answer is 206 with the first part of its body and a `Content-Range`, though nobody asked for a range:
    `response.ok` is true, and the JSON breaks off.
    """

    kind = "http.partial"
    breaks = True
    example: ClassVar = {"fraction": 0.5}

    fraction: Annotated[float, Field(gt=0, lt=1)] = 0.5

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        if in_one_piece(hit, reply) and reply.status == 200:
            hit.notes["partial"] = True
            reply.status = 206
            # The range is one of the bytes as they are.
            reply.headers["Content-Encoding"] = "identity"
        return reply

    def on_body(self, hit: Hit, body: bytes) -> bytes:
        if "partial" not in hit.notes:
            return body
        count = max(1, int(len(body) * self.fraction))
        hit.notes["range"] = f"bytes 0-{count - 1}/{len(body)}"
        return body[:count]

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if "range" in hit.notes:
            headers["Content-Range"] = hit.notes["range"]
            headers.popall("Content-Encoding", None)


class Vanish(Fault):
    """A thing that a list has just shown is gone when it is opened, changed or deleted: 404, as if somebody else had
    deleted it; later lists do not show it any more. With `after_list: false` it is gone before any list showed it.
    """

    kind = "http.vanish"
    needs: ClassVar[tuple[Need, ...]] = (Need.LIST, Need.ITEM)
    example: ClassVar = {"after_list": True}

    after_list: bool = True

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        seen: dict[str, None] = hit.memory.setdefault("seen", {})
        gone: dict[str, None] = hit.memory.setdefault("gone", {})
        if Need.ITEM not in hit.needs:
            result = await proceed()
            return _shown(result, seen, gone) if isinstance(result, Page) else result
        wanted = hit.subject.path.rstrip("/").split("/")[2:]
        if self.after_list:
            wanted = [segment for segment in wanted if segment in seen]
        if not wanted:
            return await proceed()
        _remember(gone, wanted)
        raise DomainError("not_found")


_KNOWN_MAX = 10_000
"""Ids that are remembered; the oldest are forgotten first."""


def _remember(ids: dict[str, None], more: list[str]) -> None:
    ids.update(dict.fromkeys(more))
    while len(ids) > _KNOWN_MAX:
        del ids[next(iter(ids))]


def _shown(page: Page[Any], seen: dict[str, None], gone: dict[str, None]) -> Page[Any]:
    """The page without what is gone; what is left was seen."""
    items = tuple(item for item in page.items if item.id not in gone)
    _remember(seen, [item.id for item in items])
    return replace(page, items=items, total=page.total - (len(page.items) - len(items)))


KINDS = (Abort, WrongStatus, ErrorIn200, Conflict, Validation, Redirect, Deprecated, Bad304, Partial, Vanish)
