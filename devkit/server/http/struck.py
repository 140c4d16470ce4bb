"""A call of the real backend that faults strike: they act around it as they do around a service of ours.

What they are given are the backend's own answers (`devkit.faults.foreign`): a list as a page, anything else as a value.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from devkit.contract.entities import Lifetimes
from devkit.contract.operations import Need
from devkit.dialects.raw import RawRequest
from devkit.faults.cookies import SetCookie
from devkit.faults.foreign import Foreign, ForeignPage, Refused
from devkit.records import dataclass
from devkit.server.http.foreign_pages import elsewhere, following, how, page_of, with_query, written
from devkit.server.http.signed_in import SPENDS, refreshes
from devkit.upstream.client import Unreachable
from devkit.upstream.connection import BrokeOff

if TYPE_CHECKING:
    from devkit.contract.operations import Operation
    from devkit.dialects.replies import Reply
    from devkit.faults.hit import Subject
    from devkit.server.http.exchange import Exchange
    from devkit.server.http.signed_in import Sessions

log = logging.getLogger("devkit")

_KEY = "Idempotency-Key"
_MOST_PAGES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked otherwise than the client did: another `target` (empty: the same), `without` fields of these names
    in small letters. Of what is asked `late`, the client has its answer already.
    """

    target: str = ""
    without: frozenset[str] = frozenset()
    late: bool = False


Ask = Callable[[Asking], "Awaitable[Reply]"]
"""Ask the real backend. Raises Unreachable, BrokeOff and what faults raise."""


async def struck(exchange: Exchange, ask: Ask, sessions: Sessions) -> Reply:
    """The answer to a call that something strikes. Raises what faults raise, and what `ask` does."""
    return await _Call(exchange, ask, sessions).answered()


class _Call:
    def __init__(self, exchange: Exchange, ask: Ask, sessions: Sessions) -> None:
        subject = exchange.subject
        assert subject is not None  # noqa: S101 - what is struck has one
        self._exchange, self._ask, self._sessions = exchange, ask, sessions
        self._subject: Subject = subject
        self._target = exchange.request.rel_url.raw_path_qs
        self._over = False
        self._pages: dict[int, str] = {}
        self._known: ForeignPage | None = None
        """The page that was asked for."""
        speaks = exchange.speaks
        self._usual = Lifetimes(speaks.access_lifetime, speaks.refresh_lifetime, rotation="off")
        self._lives = exchange.strikes.on_lifetimes(self._usual)
        self._spends: tuple[str, ...] = ()

    @property
    def _operation(self) -> Operation | None:
        return self._exchange.route.operation if self._exchange.route else None

    async def answered(self) -> Reply:
        exchange, subject, strikes = self._exchange, self._subject, self._exchange.strikes
        withheld, sent = exchange.sandbox.levers.withheld, self._sessions.sent(exchange)
        withheld.met(sent)
        subject.kept_by_real = True
        subject.token = subject.token or next(iter(sent.access), None)
        refresh = (*sent.refresh, *(withheld.kin(subject.token).refresh if subject.token else ()))
        subject.refresh_token = next(iter(refresh), None)
        if self._lives.rotation == "on" and refreshes(exchange.route):
            self._spends = sent.refresh
            subject.shared[SPENDS] = self._spends, self._lives.grace * 1000
        await strikes.on_credentials()
        before = RawRequest(query=tuple(exchange.request.query.items()), headers=exchange.request.headers)
        raw = await strikes.on_raw(before)
        left = {name.lower() for name in raw.headers}
        usual = Asking(without=frozenset(name.lower() for name in before.headers if name.lower() not in left))
        subject.again = partial(self._again, usual)
        try:
            result = await strikes.around(partial(self._asked, usual), self._alike)
        except Refused as refused:
            result = refused.result
        finally:
            self._over = True
        reply = self._reply(result)
        self._limit_lives(reply)
        await strikes.on_request(after_commit=True)
        return reply

    async def _asked(self, asking: Asking) -> Any:
        """The backend's answer, as faults see it. Raises Refused for an error."""
        try:
            reply = await self._ask(replace(asking, late=self._over))
        except (Unreachable, BrokeOff) as failure:
            if not self._over:
                raise
            log.warning("what a fault had put off failed: the real backend gave no answer (%s)", failure)
            return None
        secrets = self._sessions.handed_out(self._exchange, reply)
        if reply.status < 400:
            self._sessions.recognise(self._exchange, reply)
        value = reply.body if isinstance(reply.body, dict | list) else None
        found = Foreign(reply, value, reply.status, secrets.access)
        if reply.status >= 400:
            raise Refused(found)
        operation, target = self._operation, asking.target or self._target
        if operation is None or Need.LIST not in self._exchange.sandbox.levers.needs(operation.id):
            return found
        return self._paged(page_of(found, operation, target), operation, target) or found

    def _paged(self, page: ForeignPage | None, operation: Operation, target: str) -> ForeignPage | None:
        """A page, with its number where only those before it tell."""
        if page is None:
            return None
        known, number, earlier = self._sessions.behind, page.page, target
        if (after := following(page, operation, target)) is not None:
            known[after] = target
            if len(known) > _MOST_PAGES:
                del known[next(iter(known))]
        if target in known:
            number = 1
            while (earlier := known.get(earlier, "")) and number < _MOST_PAGES:
                number += 1
            self._pages[number - 1] = known[target]
        if after is not None:
            self._pages[number + 1] = after
        page = replace(page, page=number)
        self._known = self._known or page
        return page

    async def _again(self, usual: Asking, **changes: Any) -> Any:
        target, without = self._target, usual.without
        if "idempotency_key" in changes:
            without |= {_KEY.lower()}
        if "state" in changes:
            target = with_query(target, "state", changes["state"])
        if {"page", "limit"} & changes.keys():
            return await self._other_page(changes)
        return await self._asked(Asking(target=target, without=without))

    async def _other_page(self, changes: Mapping[str, Any]) -> Any:
        """Another page than was asked for; an empty one where there is none, or nobody can say where it is."""
        number, operation, known = changes.get("page", 1), self._operation, self._known
        nothing = ForeignPage(items=(), total=0, page=number, limit=1, answer=known.answer if known else None)
        if operation is None or known is None or known.answer is None:
            return nothing
        pages = how(known.answer.value, operation, self._target)
        target = self._pages.get(number) if "page" in changes else None
        target = target or (elsewhere(pages, self._target, changes) if pages else None)
        if target is None:
            return nothing
        try:
            found = await self._asked(Asking(target=target))
        except Refused:
            # Behind the last page there is none: some backends say 404.
            return nothing
        return found if isinstance(found, ForeignPage) else nothing

    def _alike(self, one: Any, other: Any) -> bool:
        return bool(self._foreign(one) == self._foreign(other))

    def _foreign(self, result: Any) -> Any:
        operation = self._operation
        if isinstance(result, ForeignPage) and operation is not None:
            return written(result, operation, self._target)
        return result

    def _reply(self, result: Any) -> Reply:
        found = self._foreign(result)
        assert isinstance(found, Foreign)  # noqa: S101 - faults hand on what they are given
        reply = found.reply
        if found.value is not None and found.value != reply.body:
            reply = replace(reply, body=found.value, source=None)
            reply.drop("ETag")
        return reply

    def _limit_lives(self, reply: Reply) -> None:
        """Have the tokens of an answer end when faults say so, by the sandbox's clock."""
        exchange, sandbox = self._exchange, self._exchange.sandbox
        found = self._sessions.handed_out(exchange, reply)
        if reply.status >= 400:
            sandbox.levers.withheld.give_back(self._spends)
        if not (found.access or found.refresh):
            return
        sandbox.levers.withheld.succeeded(self._spends, found)
        usual, lives = self._usual, self._lives
        ages: dict[str, int] = {}
        for secrets, seconds, before in (
            (found.access, lives.access, usual.access),
            (found.refresh, lives.refresh, usual.refresh),
        ):
            if seconds != before:
                sandbox.levers.withheld.end(secrets, after=seconds * 1000)
                ages |= dict.fromkeys(secrets, seconds)
        if ages:
            reply.fields = [(name, _aged(name, line, ages)) for name, line in reply.fields or ()]


def _aged(name: str, line: str, ages: Mapping[str, int]) -> str:
    """A cookie that the browser keeps as long as it is worth something."""
    if name.lower() != "set-cookie":
        return line
    cookie = SetCookie.parse(line)
    seconds = ages.get(cookie.pair.partition("=")[2].strip('"'))
    if seconds is None:
        return line
    cookie.drop("Expires")
    cookie.put("Max-Age", str(seconds))
    return str(cookie)
