"""CORS headers that are wrong. The browser is the judge: scripts see a call that failed, and only the console says why.
`TypeError: Failed to fetch` is how Chromium puts it; Firefox says `TypeError: NetworkError when attempting to fetch
resource.`, and judges alike.

Where a preflight would meet the same mistake, it does: then the browser does not even send the call.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from devkit.faults.base import Fault
from devkit.faults.headers import EXPOSE, HeaderName, drop_from
from devkit.faults.hit import Hit
from devkit.faults.matter import Preflight

ORIGIN = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"
METHODS = "Access-Control-Allow-Methods"
HEADERS = "Access-Control-Allow-Headers"

_ANOTHER = "https://app.example.com"

Names = Annotated[list[HeaderName], Field(min_length=1)]


class _Everywhere(Fault):
    """Spoils answers and preflights alike."""

    def on_headers(self, hit: Hit, headers: Any) -> None:
        self.spoil(hit, headers)

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        self.spoil(hit, preflight.headers)

    def spoil(self, hit: Hit, headers: Any) -> None:
        raise NotImplementedError


class Origin(_Everywhere):
    """`fetch` rejects with `TypeError: Failed to fetch`, because the answer does not allow the page's origin: the
    header is missing, names another origin, says `null` or two origins at once, or is a `*` (which fails only calls
    that bring credentials). A call with a preflight is not sent at all; the others are carried out, and their answer
    withheld. Origins that are not allowed anyway notice nothing.
    """

    kind = "cors.origin"
    for_browsers = True
    example: ClassVar = {"mode": "missing"}

    mode: Literal["missing", "mismatch", "null", "multiple", "wildcard"]

    def spoil(self, hit: Hit, headers: Any) -> None:
        allowed = headers.get(ORIGIN)
        if allowed is None:
            return
        match self.mode:
            case "missing":
                del headers[ORIGIN]
            case "mismatch":
                headers[ORIGIN] = _ANOTHER
            case "null":
                headers[ORIGIN] = "null"
            case "wildcard":
                headers[ORIGIN] = "*"
            case "multiple":
                # As when a proxy and the application behind it both add the header.
                headers.add(ORIGIN, _ANOTHER)


class CredentialsMissing(_Everywhere):
    """Calls with `credentials: "include"` reject with `TypeError: Failed to fetch`: `Access-Control-Allow-Credentials`
    is missing. Calls without credentials work.
    """

    kind = "cors.credentials_missing"
    for_browsers = True

    def spoil(self, hit: Hit, headers: Any) -> None:
        headers.pop(CREDENTIALS, None)


class MethodMissing(Fault):
    """Calls with these methods reject with `TypeError: Failed to fetch` and are not sent: the preflight does not allow
    the method. (GET, HEAD and POST need no permission of that kind.)
    """

    kind = "cors.method_missing"
    for_browsers = True
    example: ClassVar = {"methods": ["PATCH", "DELETE"]}

    methods: Annotated[list[Literal["PUT", "PATCH", "DELETE"]], Field(min_length=1)]

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        drop_from(preflight.headers, METHODS, self.methods)


class HeaderMissing(Fault):
    """Calls that send one of these headers reject with `TypeError: Failed to fetch` and are not sent: the preflight
    does not allow the header.
    """

    kind = "cors.header_missing"
    for_browsers = True
    example: ClassVar = {"headers": ["X-Client-Version"]}

    headers: Names

    async def on_preflight(self, hit: Hit, preflight: Preflight) -> None:
        drop_from(preflight.headers, HEADERS, self.headers)


class ExposeMissing(Fault):
    """The call works, but scripts cannot read these headers of the answer: `response.headers.get` gives null."""

    kind = "cors.expose_missing"
    for_browsers = True
    example: ClassVar = {"headers": ["X-Total-Count", "Link"]}

    headers: Names

    def on_headers(self, hit: Hit, headers: Any) -> None:
        drop_from(headers, EXPOSE, self.headers)


class MissingOnErrors(Fault):
    """What succeeds works as ever; every answer from 400 on has no CORS headers, so that scripts see `TypeError: Failed
    to fetch` in place of the status and its message.
    """

    kind = "cors.missing_on_errors"
    for_browsers = True

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if hit.status >= 400:
            for name in (ORIGIN, CREDENTIALS, EXPOSE):
                headers.pop(name, None)


class VaryMissing(Fault):
    """Answers do not say that they depend on `Origin`: a cache gives the answer made for one origin to another, whose
    call then fails with `TypeError: Failed to fetch`, now and then and only where it was cached.
    """

    kind = "cors.vary_missing"
    for_browsers = True

    def on_headers(self, hit: Hit, headers: Any) -> None:
        if "Origin" in headers.get("Vary", ""):
            drop_from(headers, "Vary", ["Origin"])
            # What a fault touched is kept by no cache unless it says itself that it may be; this one is about caches.
            headers.setdefault("Cache-Control", "private")


KINDS = (
    Origin,
    CredentialsMissing,
    MethodMissing,
    HeaderMissing,
    ExposeMissing,
    MissingOnErrors,
    VaryMissing,
)
