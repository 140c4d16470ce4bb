"""Social login as dialects share it: the provider's own pages, and the ways of a browser between frontend, backend and
provider.
"""

from __future__ import annotations

from collections.abc import Mapping

from devkit.contract.errors import DomainError
from devkit.contract.social_entities import Consent, SentBack, SocialStart
from devkit.dialects.base import Row
from devkit.dialects.consent import consent_page, page_headers, refusal_page
from devkit.dialects.replies import Cookie, Reply
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.records import dataclass

BROWSER_COOKIE = "oauth-browser"
_BROWSER_LIFETIME = 3600
_PATH = "/oauth/{provider}/authorize"


def authorize_address(start: SocialStart, context: WireContext) -> str:
    """The address of the consent page for a sign-in that has begun: what a provider's documents call `auth_url`."""
    provider = start.provider
    return context.address(
        _PATH.format(provider=provider.name),
        {
            "client_id": "devkit",
            "response_type": "code",
            "redirect_uri": context.address(start.redirect_uri),
            "scope": " ".join(provider.scopes),
            "state": start.state,
        },
    )


def sent(status: int, address: str) -> Reply:
    """The browser goes on to another address."""
    return Reply(status, headers={"Location": address, "Cache-Control": "no-store"}, has_body=False)


def back_to_frontend(error: DomainError, context: WireContext) -> Reply | None:
    """A person is told of an error by the frontend that the sign-in began at (`Row.failure`)."""
    if error.return_to is None or not context.wants_page:
        return None
    return sent(302, context.address(error.return_to, {"error": error.code, "error_description": error.message}))


@dataclass(frozen=True, slots=True)
class Sends:
    """No body, but an address to go on to."""

    status: int = 302

    def reply(self, result: SentBack, context: WireContext, spelling: Spelling) -> Reply:
        return sent(self.status, context.address(result.redirect_uri, result.parameters))

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> None:
        return None

    def media_type(self) -> str:
        return "text/html"

    def headers(self) -> Mapping[str, str]:
        return {"Location": "Where the browser goes on"}


@dataclass(frozen=True, slots=True)
class _Asks:
    """The consent page."""

    status: int = 200

    def reply(self, result: Consent | SentBack, context: WireContext, spelling: Spelling) -> Reply:
        if isinstance(result, SentBack):
            # The provider did not even ask.
            return Sends().reply(result, context, spelling)
        cookie = Cookie(
            name=BROWSER_COOKIE, value=result.browser, path="/oauth", max_age=_BROWSER_LIFETIME, secure=context.secure
        )
        return Reply(self.status, consent_page(result, context), page_headers(result.origins), [cookie])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "string"}

    def media_type(self) -> str:
        return "text/html"

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{BROWSER_COOKIE}`, HttpOnly", "Content-Security-Policy": "What the page may do"}


def _refusal(error: DomainError, context: WireContext) -> Reply | None:
    if not context.wants_page:
        return None
    return Reply(error.kind.status, refusal_page(error, context), page_headers())


_COOKIES = {"browser": BROWSER_COOKIE}

CONSENT_ROWS = (
    Row(
        operation="social.authorize",
        method="GET",
        path=_PATH,
        rooted=True,
        answer=_Asks(),
        cookies=_COOKIES,
        unsaid=("browser",),
        failure=_refusal,
        pages=True,
        redirects=True,
    ),
    Row(
        operation="social.decide",
        method="POST",
        path=_PATH,
        rooted=True,
        answer=Sends(303),
        cookies=_COOKIES,
        unsaid=("browser",),
        failure=_refusal,
        pages=True,
    ),
)
"""The provider's pages, which belong to no dialect: those that offer social login share them."""
