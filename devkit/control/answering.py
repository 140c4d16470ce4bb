"""How the control plane answers. It is imported when the first call comes (`devkit.control.plane`): a start need not
wait for a hundred operations that steer it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from devkit.config import Settings
from devkit.contract.errors import DomainError
from devkit.control import guard, pages
from devkit.control.base import Call, Content, ControlError, ControlOperation, Json
from devkit.control.drillroom import DrillRoom
from devkit.control.elsewhere import OWNER_HEADER, Misdirected
from devkit.control.hosting import Gone, Host, Shelf
from devkit.control.reading import brought_file, read_body, send_all
from devkit.control.table import OPERATIONS
from devkit.control.verifyroom import VerifyRoom
from devkit.dialects.base import Dialect
from devkit.errors import FileError, OperatorError, StorageError, UsageError, did_you_mean
from devkit.sandbox import Sandbox

log = logging.getLogger("devkit")

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer. There is deliberately nothing of CORS among them: another site's page must not read us."""

_OPERATOR_ERRORS: Mapping[type[OperatorError], tuple[int, str]] = {
    UsageError: (404, "not_found"),
    FileError: (409, "broken_file"),
    StorageError: (507, "insufficient_storage"),
}
"""What the library and the storage say to the person at the terminal, as a status and a code."""

_STYLED = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
_API = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}


class Answering:
    """Answers what is sent to `/_devkit` and below."""

    def __init__(
        self,
        settings: Settings,
        *,
        dialects: tuple[Dialect, ...],
        host: Host,
        library: Shelf,
        drills: DrillRoom,
        started: float,
        token: str | None,
    ) -> None:
        """`started` is when the server was put together, on `stopwatch`; see `ControlPlane` for the others."""
        self._settings = settings
        self._host, self._library, self._drills = host, library, drills
        self.dialects = dialects
        self.verifying = VerifyRoom(settings)
        self._started, self._token = started, token

    async def handle(self, request: web.BaseRequest, sandbox: Sandbox, gone: Gone) -> web.StreamResponse:
        """Answer a call that means this sandbox."""
        try:
            response = await self._answer(request, sandbox, gone)
        except ControlError as error:
            response = _failure(error)
        except DomainError as error:
            headers = {OWNER_HEADER: error.owner} if isinstance(error, Misdirected) else {}
            if error.retry_after is not None:
                headers["Retry-After"] = str(error.retry_after)
            failed = ControlError(error.kind.status, error.code, error.message, details=error.fields, headers=headers)
            response = _failure(failed)
        except OperatorError as error:
            told = f"{error.message} {error.remedy}" if error.remedy else error.message
            response = _failure(ControlError(*_OPERATOR_ERRORS.get(type(error), (409, "conflict")), told))
        except ConnectionError:
            # Whoever called has left, and this reaches nobody.
            response = web.Response()
        except Exception:
            log.exception("control call failed: %s %s", request.method, request.rel_url.raw_path)
            response = _failure(ControlError(500, "internal_error", "devkit failed at this; its log says why"))
        response.headers.update(_SECURITY)
        return response

    async def _answer(self, request: web.BaseRequest, sandbox: Sandbox, gone: Gone) -> web.StreamResponse:
        path, reads = request.rel_url.raw_path, request.method in {"GET", "HEAD"}
        self._check_origin(request, request.method)
        if path in pages.REDIRECTS and reads:
            query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
            return web.Response(status=308, headers={"Location": pages.REDIRECTS[path] + query})
        if file := pages.files().get(path):
            if not reads:
                raise _wrong_method(["GET"])
            # Pages hold nothing but themselves, so that a browser elsewhere can ask for the token on one of them.
            body = await asyncio.to_thread(file.path.read_bytes)
            return web.Response(body=body, content_type=file.content_type, charset="utf-8", headers=file.headers())
        operation, values = _find("GET" if request.method == "HEAD" else request.method, path)
        if not operation.is_open:
            self._check_token(request)
        if operation.brings:
            told = operation.read(values, dict(request.query))
            async with brought_file(request, operation.brings) as brought:
                return await self._do(request, sandbox, gone, operation, told | {"body": brought})
        given = await read_body(request) if operation.takes_body else None
        return await self._do(request, sandbox, gone, operation, operation.read(values, dict(request.query), given))

    async def _do(
        self,
        request: web.BaseRequest,
        sandbox: Sandbox,
        gone: Gone,
        operation: ControlOperation,
        values: Mapping[str, Any],
    ) -> web.StreamResponse:
        call = Call(
            sandbox=sandbox,
            dialects=self.dialects,
            started=self._started,
            host=self._host,
            library=self._library,
            drills=self._drills,
            verifying=self.verifying,
            gone=gone,
            values=values,
        )
        if operation.stream is not None:
            # No CORS keeps a page of another origin from reading a WebSocket: it is refused as if it changed something.
            self._check_origin(request, "POST")
            return await send_all(request, operation.stream(call))
        assert operation.handler is not None  # noqa: S101 - a row has one or the other
        answer = await operation.handler(call)
        if isinstance(answer, Content):
            return web.Response(
                body=answer.body, content_type=answer.content_type, charset="utf-8", headers=_API | _STYLED
            )
        return _json(answer, operation.status)

    def _check_origin(self, request: web.BaseRequest, method: str) -> None:
        # A proxy in between may have the certificate: then pages are at https, whatever is spoken here.
        scheme = "https" if self._settings.public_url.startswith("https:") else request.scheme
        refusal = guard.write_refused(method, request.headers, f"{scheme}://{request.host}")
        if refusal is not None:
            raise ControlError(403, "cross_site", refusal)

    def _check_token(self, request: web.BaseRequest) -> None:
        if not guard.token_needed(request.remote, self._settings):
            return
        given = request.headers.get(guard.TOKEN_HEADER)
        if not guard.token_fits(given, self._token):
            told = f"From another machine, control calls need the header {guard.TOKEN_HEADER}"
            if given is not None:
                told += ", and the token that came is another than this server's"
            raise ControlError(
                401,
                "control_token_required",
                f"{told}. It stands in the file {guard.TOKEN_FILE} of the state folder, on the machine that serves, or "
                f"was given in DEVKIT_TOKEN; commands send what is in DEVKIT_TOKEN.",
                headers={"WWW-Authenticate": guard.TOKEN_HEADER},
            )


def _find(method: str, path: str) -> tuple[ControlOperation, dict[str, str]]:
    """The operation, and the values in its path. Raises ControlError 404 or 405."""
    at_path = [(operation, match) for operation in OPERATIONS if (match := operation.pattern.fullmatch(path))]
    for operation, match in at_path:
        if operation.method == method:
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
    if at_path:
        raise _wrong_method([operation.method for operation, _ in at_path])
    known = [operation.path for operation in OPERATIONS] + list(pages.files())
    raise ControlError(
        404,
        "not_found",
        f"There is nothing at {path[:200]}.{did_you_mean(path, known)} GET /_devkit/api lists what there is.",
    )


def _wrong_method(methods: list[str]) -> ControlError:
    allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
    return ControlError(405, "method_not_allowed", f"This address takes {allowed}", headers={"Allow": allowed})


def _json(value: Json, status: int = 200) -> web.Response:
    try:
        body = orjson.dumps(value)
    except TypeError:
        # Whole numbers beyond 64 bits, and halves of surrogate pairs: a draft of a scenario may hold either.
        body = json.dumps(value).encode()
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8", headers=_API)


def _failure(error: ControlError) -> web.Response:
    body: dict[str, Json] = {"error": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    response = _json(body, error.status)
    response.headers.update(error.headers)
    return response
