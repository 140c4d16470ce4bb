"""httpx for a sandbox: signed in by itself, and only when it is used."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Callable, Generator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

__tracebackhide__ = True
"""What fails here is told at the line of the test."""

_OF_SESSIONS = re.compile(r"(?:auth|session|token|sid)[\w.-]*=", re.IGNORECASE)
SignIn = Callable[[], "str | None"]


def client(base: str, sign_in: SignIn) -> httpx.Client:
    """Its calls are signed in, but those that bring credentials of their own."""
    made: httpx.Client = _httpx().Client(base_url=base, auth=_auth(sign_in), trust_env=False, verify=_trusted())
    return made


def async_client(base: str, sign_in: SignIn) -> httpx.AsyncClient:
    """The same; it is bound to no event loop, since no connection outlives its call."""
    library = _httpx()
    limits = library.Limits(max_keepalive_connections=0)
    made: httpx.AsyncClient = library.AsyncClient(
        base_url=base, auth=_auth(sign_in), trust_env=False, verify=_trusted(), limits=limits
    )
    return made


@cache
def _trusted() -> ssl.SSLContext:
    """Made once: to read all that a machine trusts takes longer than a test."""
    return ssl.create_default_context()


def _auth(sign_in: SignIn) -> httpx.Auth:
    class Signed(_httpx().Auth):  # type: ignore[misc]
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            # Whoever signed in by a call of their own has a cookie of it.
            own = request.headers.keys() & {"authorization", "x-api-key"}
            if not own and not _OF_SESSIONS.search(request.headers.get("cookie", "")):
                token = sign_in()
                if token is not None:
                    request.headers["Authorization"] = f"Bearer {token}"
            yield request

    made: httpx.Auth = Signed()
    return made


def _httpx() -> Any:
    with contextlib.suppress(ImportError):
        import httpx

        return httpx
    pytest.fail(
        "devkit.client needs httpx, which is not installed: pip install 'devkit-mock[pytest]'. Without it use "
        "devkit.path_url with any client, and devkit.user().headers, or devkit.token.",
        pytrace=False,
    )
