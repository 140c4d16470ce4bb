"""Answers to requests that reach no operation: whoever refuses one, before or beside the pipeline, has it written here.

They say what every answer says: an error in the shape of the dialect that the address belongs to, CORS, the request id,
the sandbox's time; and the journal of the sandbox that was meant tells of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from devkit.contract.errors import DomainError
from devkit.control import guard
from devkit.control.elsewhere import OWNER_HEADER, Misdirected
from devkit.dialects.base import Dialect, ErrorContext
from devkit.dialects.replies import Reply
from devkit.effects import http_date
from devkit.journal import RequestEntry
from devkit.masking import mask_address
from devkit.sandbox import Sandbox
from devkit.server.hosting.selection import unrooted
from devkit.server.http.cors import Cors, is_preflight
from devkit.server.http.exchange import error_reply, request_id_of
from devkit.server.http.request import Request
from devkit.server.http.responses import respond
from devkit.server.http.unreadable import UNKNOWN

if TYPE_CHECKING:
    from devkit.server.hosting.sandboxes import Sandboxes
    from devkit.server.http.router import Router


class Refusals:
    """The one writer of refusals."""

    def __init__(self, router: Router, cors: Cors, sandboxes: Sandboxes) -> None:
        self.router, self._cors, self._sandboxes = router, cors, sandboxes

    def answer(
        self, request: Request, error: DomainError, speaks: Dialect | None = None, sandbox: Sandbox | None = None
    ) -> web.StreamResponse:
        """The answer, which the journal has then; `speaks` is the dialect that was reached, `sandbox` the one that was
        meant, where that is known better than by the request.

        A preflight is answered as one: only so does JavaScript see, of the call itself, the status and the sentence.
        """
        request = unrooted(request)
        path = request.rel_url.raw_path
        sandbox = sandbox or self._meant(request)
        context = ErrorContext(request_id_of(request.headers, sandbox), sandbox.clock.now())
        if guard.is_control(path):
            # Other sites' pages must not read what the control plane says, not even its errors.
            response = respond(request, error_reply(error, self.router.dialect_of(path), context))
            return _with(response, context, error)
        asks = is_preflight(request.method, request.headers)
        if asks:
            response = respond(request, Reply(204, has_body=False))
            response.headers.update(self._cors.preflight_headers(request.headers))
        else:
            response = respond(request, error_reply(error, speaks or self.router.dialect_of(path), context))
            response.headers.update(self._cors.answer_headers(request.headers.get(hdrs.ORIGIN)))
        sandbox.journal.add(
            RequestEntry(
                number=sandbox.journal.next_number(),
                at=context.at,
                sandbox=sandbox.id,
                request_id=context.request_id,
                method=request.method,
                path=UNKNOWN if request.method == UNKNOWN else mask_address(request.path_qs),
                dialect=None,
                operation=None,
                status=response.status,
                duration=0.0,
                error=None if asks else error.code,
                note=error.message,
            )
        )
        return _with(response, context, error)

    def _meant(self, request: Request) -> Sandbox:
        try:
            return self._sandboxes.of(request).sandbox
        except DomainError:
            return self._sandboxes.main.sandbox


def _with(response: web.StreamResponse, context: ErrorContext, error: DomainError) -> web.StreamResponse:
    response.headers[hdrs.DATE] = http_date(context.at)
    response.headers["X-Request-ID"] = context.request_id
    if isinstance(error, Misdirected):
        response.headers[OWNER_HEADER] = error.owner
    return response
