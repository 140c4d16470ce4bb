"""Signing in, staying so and being allowed to, when it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from devkit.contract.entities import Lifetimes, SignedIn
from devkit.contract.errors import DomainError
from devkit.contract.operations import Need
from devkit.dialects.replies import Reply
from devkit.faults.base import Fault, Proceed
from devkit.faults.foreign import Foreign
from devkit.faults.hit import Hit
from devkit.faults.matter import Answered
from devkit.faults.parameters import Duration, ErrorStatus, Seconds


class RefreshFail(Fault):
    """Refreshing fails with this status; the refresh token is not used up. 401 says `token_invalid`."""

    kind = "refresh.fail"
    terminal = True
    needs = (Need.REFRESH,)
    example = {"status": 500}

    status: ErrorStatus = 401

    async def on_request(self, hit: Hit) -> None:
        if self.status == 401:
            raise Answered(hit.error(401, "token_invalid", "The refresh token is not valid"))
        raise Answered(hit.error(self.status))


class RefreshSlow(Fault):
    """Refreshing works, but takes this much longer: calls that fail meanwhile should wait for it, not refresh too."""

    kind = "refresh.slow"
    needs = (Need.REFRESH,)
    example = {"delay": "300ms"}

    delay: Duration

    async def on_request(self, hit: Hit) -> None:
        await hit.sleep(self.delay)


class RefreshReuseDetected(Fault):
    """A used refresh token has no grace: of two refreshes at once with the same token the second gets 401
    `token_revoked` and signs the user out, the tokens that the first one got included.
    """

    kind = "refresh.reuse_detected"
    needs = (Need.REFRESH,)

    def on_lifetimes(self, hit: Hit, lifetimes: Lifetimes) -> Lifetimes:
        return replace(lifetimes, grace=0, rotation="on")


class RefreshRotated(Fault):
    """Refreshing uses the refresh token up, in every dialect: presented once more after `grace`, it signs the user out
    with 401 `token_revoked`. An app that keeps its first refresh token, as `promptcraft`'s document does, is signed out
    by its second refresh.
    """

    kind = "refresh.rotated"
    needs = (Need.REFRESH,)
    example = {"grace": "2s"}

    grace: Seconds = 10

    def on_lifetimes(self, hit: Hit, lifetimes: Lifetimes) -> Lifetimes:
        return replace(lifetimes, grace=self.grace, rotation="on")


class RefreshNoCookie(Fault):
    """Refreshing answers 200 but sets no cookie: a browser goes on with the old tokens, and when it refreshes with the
    old one once more after the grace, the session ends.
    """

    kind = "refresh.no_cookie"
    needs = (Need.REFRESH,)
    bends = "Set-Cookie"

    async def on_reply(self, hit: Hit, reply: Reply) -> Reply:
        reply.cookies.clear()
        reply.drop("Set-Cookie")
        return reply


class RefreshLoop(Fault):
    """Refreshing answers 200, but the new access token is refused as well: 401 `token_expired`, whatever its `exp`
    says. An app that refreshes after every 401 goes round in circles.
    """

    kind = "refresh.loop"
    needs = (Need.REFRESH,)

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        result: SignedIn | Foreign = await proceed()
        tokens = result.tokens if isinstance(result, Foreign) else (result.tokens.access,)
        for token in tokens:
            hit.levers.end_access_token(token, "expired")
            hit.felt = True
        return result


class Evicted(Fault):
    """The session that makes the call is ended from elsewhere: 401 `token_revoked` with the `reason` as its message,
    now and for every later call; a refresh fails too. The session's WebSockets close with 4401, and the user's other
    sessions are told by a `notification`.
    """

    kind = "session.evicted"
    needs = (Need.CREDENTIALS,)
    example = {"reason": "You signed in on another device"}

    reason: str | None = None

    async def on_credentials(self, hit: Hit) -> None:
        if hit.subject.session_id:
            await hit.levers.revoke_session(hit.subject.session_id, self.reason)
            hit.felt = True
        elif hit.subject.kept_by_real and hit.subject.token:
            hit.levers.end_access_token(hit.subject.token, "revoked")
            if hit.subject.refresh_token:
                hit.levers.withhold(hit.subject.refresh_token)
            hit.felt = True


class LoginFail(Fault):
    """Signing in fails although the password is right: `credentials` is 401 `invalid_credentials`, `unverified` is 403
    `email_not_verified`, `locked` is 423 `account_locked` with `Retry-After`, `captcha` is 403 `captcha_required`.
    """

    kind = "login.fail"
    terminal = True
    needs = (Need.LOGIN,)
    example = {"reason": "locked"}

    reason: Literal["credentials", "locked", "unverified", "captcha"] = "credentials"

    async def around(self, hit: Hit, proceed: Proceed) -> Any:
        match self.reason:
            case "credentials":
                raise DomainError("invalid_credentials")
            case "unverified":
                raise DomainError("email_not_verified")
            case "locked":
                message = "Too many attempts: the account is locked for 15 minutes"
                raise DomainError.injected(423, "account_locked", message, retry_after=900)
            case "captcha":
                raise DomainError.injected(403, "captcha_required", "Solve the captcha to sign in")


KINDS = (
    RefreshFail,
    RefreshSlow,
    RefreshReuseDetected,
    RefreshRotated,
    RefreshNoCookie,
    RefreshLoop,
    Evicted,
    LoginFail,
)
