"""Tokens that end early, live otherwise than agreed, or are not worth anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import model_validator

from devkit.contract.entities import KeySet, Lifetimes, SignedIn
from devkit.contract.fields import rejected
from devkit.contract.operations import Need
from devkit.dialects.replies import Reply
from devkit.faults.base import Fault, Proceed
from devkit.faults.foreign import Foreign
from devkit.faults.hit import Hit
from devkit.faults.levers import TokenDefect, TokenEnd
from devkit.faults.parameters import Seconds

if TYPE_CHECKING:
    from devkit.dialects.spelling import WireContext

_ACCESS, _REFRESH = {"access", "both"}, {"refresh", "both"}


class Expired(Fault):
    """The token that the call brings along has expired: 401 `token_expired`, now and for every later call with it.
    `token` says which: the access token (a refresh gets a new one), the session's refresh tokens (the access token goes
    on until its own end), or both. A new token is struck too if the rule fires again: `when: {times: 1}` ends just one.
    """

    kind = "token.expired"
    needs = (Need.CREDENTIALS, Need.REFRESH)
    example = {"token": "access"}

    token: Literal["access", "refresh", "both"] = "access"  # noqa: S105 - says which, is none

    async def on_credentials(self, hit: Hit) -> None:
        if self.token in _ACCESS and hit.subject.token:
            hit.levers.end_access_token(hit.subject.token, "expired")
            hit.felt = True
        if self.token in _REFRESH:
            await _end_refresh_tokens(hit, hit.subject.session_id, "expired")

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        if self.token in _REFRESH:
            await _end_refresh_tokens(hit, _refreshed_session(hit), "expired")
        return await proceed()


class Revoked(Fault):
    """All tokens of the caller's session are revoked: 401 `token_revoked`, now and for every later call. A refresh says
    the same, open WebSockets close with 4401; only signing in helps.
    """

    kind = "token.revoked"
    needs = (Need.CREDENTIALS, Need.REFRESH)

    async def on_credentials(self, hit: Hit) -> None:
        if hit.subject.token:
            hit.levers.end_access_token(hit.subject.token, "revoked")
            hit.felt = True
        await _end_refresh_tokens(hit, hit.subject.session_id, "revoked")

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        await _end_refresh_tokens(hit, _refreshed_session(hit), "revoked")
        return await proceed()


class Lifetime(Fault):
    """The tokens that are handed out live so long: the token's `exp`, the cookie's `Max-Age` and the server agree on
    it. A browser drops a cookie when its time is over, and then sends none: 401 `unauthorized`; an app that keeps the
    token itself gets 401 `token_expired`. Whole seconds; what is left out lives as long as ever.
    """

    kind = "token.lifetime"
    needs = (Need.TOKENS,)
    example = {"access": "30s", "refresh": "10m"}

    access: Seconds | None = None
    refresh: Seconds | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.access is None and self.refresh is None:
            raise rejected("needs `access`, `refresh` or both")
        return self

    def on_lifetimes(self, hit: Hit, lifetimes: Lifetimes) -> Lifetimes:
        return replace(lifetimes, access=self.access or lifetimes.access, refresh=self.refresh or lifetimes.refresh)


class Invalid(Fault):
    """Signing in and refreshing succeed, but the access token handed out is defective, and every call with it gets 401
    `token_invalid`: another key signed it (`signature`), it names another `issuer` or `audience`, its `algorithm` is
    `none`, it is not valid before an hour from now (`not_before`), or it has no signature at all (`malformed`).
    """

    kind = "token.invalid"
    needs = (Need.TOKENS,)
    example = {"defect": "signature"}

    defect: TokenDefect

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result: Any = await proceed()
        if isinstance(result, Foreign):
            return result.spoilt(self.defect)
        # A social login that only links an account hands out none.
        if not isinstance(result, SignedIn):
            return result
        return replace(result, tokens=hit.levers.spoil(result.tokens, self.defect))


class InBody(Fault):
    """The tokens come in the answer's body and no cookie is set: an app that counts on cookies stays signed out, and
    its next call gets 401 `unauthorized`.
    """

    kind = "token.in_body"
    of_mock = "a real backend that takes cookies takes no token in their place (`cookie.not_set` takes them away)"
    needs = (Need.TOKENS,)

    def on_context(self, hit: Hit, context: WireContext) -> WireContext:
        return replace(context, transport="bearer")

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        # Some dialects set a cookie whatever the transport.
        reply.cookies.clear()
        return reply


class KeysRotated(Fault):
    """The backend signs with a new key from now on. `published: both` is a proper change: the key set shows the new and
    the old key, and who has kept the set from before finds no key for new tokens until it asks again. `old` shows the
    new key to nobody yet: no new token can be verified. `new` has taken the old key away: tokens from before cannot be.
    The change stays when it is switched off; the key set is then whole.
    """

    kind = "jwks.rotate"
    of_mock = "the keys of the real backend are its own"
    needs = (Need.KEYS,)
    example = {"published": "both"}

    published: Literal["both", "old", "new"] = "both"

    async def on_activate(self, hit: Hit) -> None:
        hit.levers.rotate_keys()

    async def around(self, hit: Hit, proceed: Proceed) -> KeySet:
        result: KeySet = await proceed()
        # The newest key stands first.
        shown = {"both": result.keys, "old": result.keys[1:], "new": result.keys[:1]}[self.published]
        return replace(result, keys=shown)


def _refreshed_session(hit: Hit) -> str | None:
    token = getattr(hit.subject.input, "refresh_token", None)
    return hit.levers.session_of(token) if token else None


async def _end_refresh_tokens(hit: Hit, session_id: str | None, end: TokenEnd) -> None:
    if hit.subject.kept_by_real and hit.subject.refresh_token:
        hit.levers.withhold(hit.subject.refresh_token)
        hit.felt = True
    elif session_id:
        await hit.levers.end_refresh_tokens(session_id, end)
        hit.felt = True


KINDS = (Expired, Revoked, Lifetime, Invalid, InBody, KeysRotated)
