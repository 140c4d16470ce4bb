"""The express lane: what is plain is answered as soon as its bytes arrive, without an exchange and its many questions.

It is a shortcut and never another way to decide: whatever is special about a request (a scenario that is on, an error,
a condition, a cookie to set, a dialect that shows other fields than those stored) sends it to the pipeline, as if the
lane were not there. What it answers, it answers as the pipeline would, and the journal tells of it alike.

Reads are answered at once, and their answers kept until the data they were made from changes. Writes are answered when
they are committed. Credentials are looked at each time, on the sandbox's clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import HttpVersion11

from devkit.contract.entities import Ready
from devkit.contract.errors import DomainError
from devkit.dialects.base import ErrorContext
from devkit.dialects.raw import Payload, RawRequest
from devkit.dialects.reading import read_input
from devkit.dialects.spelling import WireContext
from devkit.domain.base import Caller
from devkit.effects import stopwatch
from devkit.sandbox import MAIN
from devkit.server.express.answers import Asked, Fields, sent, written
from devkit.server.express.heads import Head, Heads, split
from devkit.server.express.kept_answers import KeptAnswer
from devkit.server.express.targets import Targets
from devkit.server.hosting.watch import Seen
from devkit.server.http.addresses import sandbox_untold
from devkit.server.http.body import parse_json
from devkit.server.http.exchange import error_reply, unexpected
from devkit.server.http.lanes import Answer

if TYPE_CHECKING:
    from aiohttp.http_parser import RawRequestMessage

    from devkit.config import Settings
    from devkit.contract.entities import Principal
    from devkit.contract.operations import Given
    from devkit.dialects.replies import Reply
    from devkit.sandbox import Sandbox
    from devkit.server.express.playing import Playing
    from devkit.server.express.targets import Target
    from devkit.server.hosting.opening import Hosted
    from devkit.server.hosting.sandboxes import Sandboxes
    from devkit.server.hosting.watch import Watch
    from devkit.server.http.cors import Cors
    from devkit.server.http.router import Router

log = logging.getLogger("devkit")


class Express:
    """Answers what is plain."""

    def __init__(self, settings: Settings, router: Router, cors: Cors, sandboxes: Sandboxes, watch: Watch) -> None:
        self._sandboxes, self._watch = sandboxes, watch
        self._heads = Heads(settings, cors, "https" if settings.https else "http")
        self._targets = Targets(router)
        self.playing: Playing | None = None
        """Where there are recordings."""

    def adopt(self, router: Router) -> None:
        """From now on those routes are served."""
        self._targets = Targets(router)

    def answer(self, message: RawRequestMessage, body: bytes | None) -> Answer | None:
        """The whole answer to a request with that body (None: it has none), or what will give it; None where the
        pipeline must look at the request.
        """
        started = stopwatch()
        if message.version != HttpVersion11 or message.should_close or message.upgrade:
            return None
        try:
            head = self._heads.read(message.raw_headers, message.headers)
            if head is None or head.has_body is not (body is not None):
                return None
            if self.playing is not None:
                self.playing.learn(message.method, message.path, message.url)
                played = self._played(head, message.method, message.path, body, started)
                if played is not None:
                    return played
            target = self._targets.find(message.method, message.path, message.url)
            return self._answer(head, target, message.method, message.path, body, started)
        except DomainError:
            return None
        except Exception:
            log.debug("the express lane leaves %s to the pipeline", message.path, exc_info=True)
            return None

    def learn(self, message: RawRequestMessage, data: bytes) -> None:
        """`data` is that request, all of it and nothing else, and was answered here: the next one whose fields are
        the same, byte for byte, need not be parsed.
        """
        self._heads.see(message, data)

    def answer_again(self, data: bytes) -> Answer | None:
        """The same as `answer`, for bytes that may be a whole request of which all is known; None where they are not,
        or the request must be looked at otherwise.
        """
        started = stopwatch()
        line, fields, body = split(data)
        head = self._heads.learned(fields)
        if head is None or line is None or len(body) != head.length:
            return None
        method, address = line
        try:
            if self.playing is not None:
                played = self._played(head, method, address, body if head.has_body else None, started)
                if played is not None:
                    return played
            target = self._targets.known(method, address)
            return self._answer(head, target, method, address, body if head.has_body else None, started)
        except DomainError:
            return None
        except Exception:
            log.debug("the express lane leaves %s to the pipeline", address, exc_info=True)
            return None

    def _played(self, head: Head, method: str, address: str, body: bytes | None, started: float) -> bytes | None:
        hosted = self._sandboxes.find(head.sandbox or MAIN)
        if self.playing is None or hosted is None or hosted.sandbox.closed:
            return None
        return self.playing.answer(hosted.sandbox, head, method, address, body, started)

    def _answer(
        self, head: Head, target: Target | None, method: str, address: str, body: bytes | None, started: float
    ) -> Answer | None:
        hosted = self._sandboxes.find(head.sandbox or MAIN)
        if target is None or hosted is None or hosted.sandbox.closed:
            return None
        if not hosted.sandbox.engine.spares(target.lane.route.row.operation):
            return None
        return _take(hosted, target, head, method, address, body, started, self._watch)


def _take(
    hosted: Hosted,
    target: Target,
    head: Head,
    method: str,
    address: str,
    body: bytes | None,
    started: float,
    watch: Watch,
) -> Answer | None:
    sandbox, route = hosted.sandbox, target.lane.route
    began, kept, given, is_new = sandbox.clock.now(), None, None, False
    principal = sandbox.sessions.authenticate(head.credentials(route.dialect))
    if body is None:
        kept, is_new = _kept(hosted, target, head, principal, address)
    elif len(body) <= sandbox.settings.limits_json:
        told = parse_json(body) if body else {}
        if not told.keys() <= route.body_names:
            return None
        if route.shape is None:
            given = read_input(route, RawRequest(path=target.parameters, query=target.query, body=told))
        else:
            payload = Payload("application/json", told)
            given = read_input(route, RawRequest(path=target.parameters, query=target.query, payload=payload))
    if kept is None and given is None:
        return None
    # From here on it is the lane's.
    asked = Asked(
        sandbox,
        route,
        head,
        method,
        target.shown,
        principal.user.email,
        sandbox.request_ids.uuid(),
        began,
        started,
        body,
        watch,
    )
    if kept is not None:
        status = route.answer.status
        answer = sent(asked, began, status, kept.start, kept.body)
        if is_new and watch.wants(route, status):
            _show(asked, status, answer)
        return answer
    caller = _caller(target, head, principal)
    if target.lane.respell is not None:
        return partial(_soon, asked, target, caller, given)
    return _later(asked, target, caller, given)


def _kept(
    hosted: Hosted, target: Target, head: Head, principal: Principal, address: str
) -> tuple[KeptAnswer | None, bool]:
    """The answer to a read, made anew if what it was made from has changed; and whether it was."""
    stamp = hosted.sandbox.database.changes.stamp(target.lane.scope(principal))
    key = address, head.base, head.gzip, principal.user_id
    kept = hosted.answers.get(key)
    if kept is not None and kept.stamp == stamp:
        return kept, False
    kept = _made(hosted, target, head, principal, stamp)
    if kept is not None:
        hosted.answers.put(key, kept, kept.cost + len(address))
    return kept, True


def _made(hosted: Hosted, target: Target, head: Head, principal: Principal, stamp: int) -> KeptAnswer | None:
    lane = target.lane
    if not lane.reads or lane.respell is None:
        return None
    if target.input is None:
        target.input = read_input(lane.route, RawRequest(path=target.parameters, query=target.query))
    caller = _caller(target, head, principal)
    result = hosted.sandbox.keepers.at_once(lane.route.operation)(caller, target.input)
    if result is None:
        return None
    answer: Any = lane.route.answer
    untold = sandbox_untold(hosted.sandbox, head.by_host)
    if isinstance(result, Ready):
        reply = answer.ready(result, lane.route.prefix, lane.respell, untold)
    else:
        reply = answer.ready(result, target.path, target.query, lane.respell, untold)
    return KeptAnswer(stamp, *written(reply, head))


def _soon(asked: Asked, target: Target, caller: Caller, given: Given | None, send: Callable[[bytes], None]) -> None:
    """Answer a write in the turn of the loop in which it is committed."""
    sandbox, route, respell = asked.sandbox, asked.route, target.lane.respell
    answer: Any = route.answer

    def then(result: Any, failure: Exception | None) -> None:
        if failure is None:
            try:
                reply = answer.ready(result, route.prefix, respell, sandbox_untold(sandbox, asked.head.by_host))
            except Exception as error:  # noqa: BLE001 - the client is told, and so is the log
                failure = error
        send(_told(asked, reply) if failure is None else _failed(asked, failure))

    try:
        sandbox.keepers.then(route.operation)(caller, given, then)
    except Exception as failure:  # noqa: BLE001 - the client is told, and so is the log
        then(None, failure)


async def _later(asked: Asked, target: Target, caller: Caller, given: Given | None) -> bytes:
    """The answer to a write, once it is committed."""
    sandbox, route = asked.sandbox, asked.route
    try:
        result = await sandbox.keepers[route.operation.id](caller, given)
        reply = route.answer.reply(result, _context(sandbox, asked.head, target), route.dialect.spelling)
    except Exception as failure:  # noqa: BLE001 - the client is told, and so is the log
        return _failed(asked, failure)
    return _told(asked, reply)


def _told(asked: Asked, reply: Reply, error: str | None = None) -> bytes:
    answer = sent(asked, asked.sandbox.clock.now(), reply.status, *written(reply, asked.head), error)
    if asked.watch.wants(asked.route, reply.status):
        _show(asked, reply.status, answer, error)
    return answer


def _show(asked: Asked, status: int, answer: bytes, error: str | None = None) -> None:
    """Let the watch see an answer that was just noted in the journal."""
    fields, _, body = answer.partition(b"\r\n\r\n")
    journal = asked.sandbox.journal
    seen = Seen(
        speaks=asked.route,
        method=asked.method,
        status=status,
        fields=Fields(fields + b"\r\n"),
        body=body,
        code=error,
        journal=journal,
        number=journal.newest,
    )
    asked.watch.take(seen)


def _failed(asked: Asked, failure: Exception) -> bytes:
    told = failure
    if not isinstance(told, DomainError):
        told = unexpected(failure, asked.sandbox, asked.request_id, asked.what)
    context = ErrorContext(asked.request_id, asked.sandbox.clock.now(), asked.path)
    return _told(asked, error_reply(told, asked.route, context), told.code)


def _caller(target: Target, head: Head, principal: Principal) -> Caller:
    """Most often the same as for the request before that had the same head."""
    lane, caller = target.lane, head.caller
    if caller is None or caller.user is not principal or caller.lifetimes is not lane.lifetimes:
        session_tokens = lane.route.dialect.session_tokens
        caller = Caller(
            user=principal, user_agent=head.user_agent, lifetimes=lane.lifetimes, session_tokens=session_tokens
        )
        head.caller = caller
    return caller


def _context(sandbox: Sandbox, head: Head, target: Target) -> WireContext:
    settings = sandbox.settings
    return WireContext(
        base_url=head.base,
        prefix=target.lane.route.prefix,
        path=target.path,
        query=target.query,
        transport=settings.auth_transport,
        sandbox=sandbox_untold(sandbox, head.by_host),
    )
