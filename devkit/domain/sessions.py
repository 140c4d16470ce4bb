"""Signing in and staying so: access tokens, refresh tokens that rotate, sessions that can be revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from sqlite3 import Connection
from typing import Literal

from devkit.contract.auth import ListSessions, Login, Refresh, SessionId
from devkit.contract.entities import Lifetimes, Page, Principal, Session, SignedIn, Tokens, User
from devkit.contract.errors import DomainError
from devkit.contract.events import Notification
from devkit.domain.base import Caller, Resources
from devkit.domain.callers_session import FORGOTTEN_AFTER, is_remembered, require_fresh, session_of
from devkit.domain.credentials import Credentials, Keys
from devkit.domain.paging import window
from devkit.domain.passwords import nobodys_hash, verify_password
from devkit.domain.tokens import TokenDefect, TokenEnd, TokenSigner, fingerprint, opaque
from devkit.effects import SECOND, Instant
from devkit.records import dataclass
from devkit.storage import sessions, users
from devkit.storage.kept import Kept

_USER_AGENT_MAX = 400
_KNOWN_MAX = 12_000
"""Tokens whose bearers are remembered until users or sessions are written to."""
_OVER = 60 * SECOND
"""How long ago the time of a token was over that is minted as expired."""


@dataclass(frozen=True, slots=True)
class Minted:
    """An access token that nobody signed in for."""

    token: str
    user: User
    session_id: str
    expires_at: Instant


class SessionService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources
        self.signer = TokenSigner(resources.secret, resources.base_url)
        self.keys = Keys(resources)
        # Why a session was revoked from elsewhere, where somebody gave a reason.
        self._reasons: dict[str, str] = {}
        self._known: Kept[str, tuple[int, Principal, Instant | None]] = Kept(_KNOWN_MAX)

    def forget(self) -> None:
        """The sandbox was reset: what was known of its tokens and sessions is nobody's any more."""
        self.signer.forget()
        self.keys.forget()
        self._reasons.clear()
        self._known.clear()

    def authenticate(self, credentials: Credentials) -> Principal:
        """Who that is. Raises DomainError `unauthorized`, `token_invalid`, `token_expired` or `token_revoked`."""
        if credentials.bearer is not None:
            self.signer.check_bearer(credentials.bearer)
            return self._by_token(credentials.bearer)
        if credentials.api_key is not None:
            return self.keys.holder(credentials.api_key)
        if credentials.cookie is not None:
            return self._by_token(credentials.cookie)
        raise DomainError("unauthorized")

    def late_session(self, credentials: Credentials) -> str | None:
        """The session of an access token that was sent, were it good still; None where none was."""
        token = credentials.bearer if credentials.bearer is not None else credentials.cookie
        return None if token is None else self.signer.claims(token).session_id

    def client_of(self, credentials: Credentials) -> str | None:
        """The dialect whose frontend an access token was issued for, empty where it does not say; None for a token of
        Better Auth's kind. Raises DomainError where none is good.
        """
        self.authenticate(credentials)
        token = credentials.bearer if credentials.bearer is not None else credentials.cookie
        claims = self.signer.claims(token or "")
        return None if claims.bound else claims.client

    def expires_at(self, credentials: Credentials) -> Instant | None:
        """When what was sent is good no more, unless it is prolonged or revoked before; None for an API key. Raises
        DomainError as `authenticate` does.
        """
        self.authenticate(credentials)
        token = credentials.bearer if credentials.bearer is not None else credentials.cookie
        if token is None or (credentials.bearer is None and credentials.api_key is not None):
            return None
        claims = self.signer.check(token, self._on.clock.now())
        ends = claims.expires_at
        if claims.bound:
            found = self._on.database.read(partial(sessions.find, session_id=claims.session_id))
            ends = min(ends, found[2]) if found else 0
        return ends - self.signer.skew["validating"]

    def _by_token(self, token: str) -> Principal:
        now = self._on.clock.now()
        claims = self.signer.check(token, now)
        stamp = self._on.database.changes.general
        known = self._known.get(token)
        validated = now + self.signer.skew["validating"]
        if known is not None and known[0] == stamp and (known[2] is None or known[2] > validated):
            return known[1]
        found = self._on.database.read(partial(sessions.find, session_id=claims.session_id))
        if found is None or claims.user_id not in {None, found[0].id}:
            raise DomainError("token_invalid")
        user, revoked_at, ends_at = found
        if revoked_at is not None:
            raise DomainError("token_revoked", self._reasons.get(claims.session_id))
        ends = ends_at if claims.bound else None
        if ends is not None and ends <= validated:
            raise DomainError("token_expired")
        principal = Principal(user, claims.session_id)
        self._known.put(token, (stamp, principal, ends))
        return principal

    async def login(self, caller: Caller, data: Login) -> SignedIn:
        self._on.origins.check_redirect("callback_url", data.callback_url, self._on.frontend_url, self._on.base_url())

        def known(connection: Connection) -> tuple[User, str] | None:
            user = users.find_by_email(connection, data.email)
            if user is None and data.by_username:
                user = users.find_by_username(connection, data.email)
            return (user, users.password_hash(connection, user.id)) if user else None

        found = self._on.database.read(known)
        right = await asyncio.to_thread(_is_password, found[1] if found else None, data.password)
        if found is None or not right:
            raise DomainError("invalid_credentials")
        user, hashed = found
        if not user.email_verified and not data.unverified:
            raise DomainError("email_not_verified")
        signed_in = await self.open(user, caller, hashed, remember=data.remember)
        return replace(signed_in, redirect=data.callback_url)

    async def open(self, user: User, caller: Caller, hashed: str | None = None, *, remember: bool = True) -> SignedIn:
        """A new session for a user whose identity was established; by a password, if `hashed` is its hash. One that
        need not be remembered ends after a day.

        Raises DomainError `invalid_credentials` where the password was changed while it was being checked.
        """
        now = self._on.clock.now()
        session_id = self._on.randomness.uuid()
        lifetimes = caller.lifetimes
        if not remember:
            lifetimes = replace(lifetimes, access=min(lifetimes.access, FORGOTTEN_AFTER // SECOND))
        refresh, expires_at = self._draw_refresh(now, lifetimes)
        if caller.session_tokens:
            expires_at = now + lifetimes.access * SECOND

        def store(connection: Connection) -> None:
            if hashed is not None and users.password_hash(connection, user.id) != hashed:
                raise DomainError("invalid_credentials")
            sessions.insert(connection, session_id, user.id, caller.user_agent[:_USER_AGENT_MAX], now, expires_at)
            sessions.insert_refresh(connection, fingerprint(refresh), session_id, expires_at)

        await self._on.database.write(store)
        if caller.session_tokens:
            tokens = self.of_session(session_id, lifetimes, expires_at, remembered=remember)
            return SignedIn(user, tokens, session_id=session_id)
        return self._signed_in(user, session_id, refresh, now, replace(caller, lifetimes=lifetimes))

    async def resume(self, session_id: str, caller: Caller) -> SignedIn | None:
        """Further tokens of a session that is still open; None where it is not."""
        now = self._on.clock.now()
        refresh, expires_at = self._draw_refresh(now, caller.lifetimes)

        def resume(connection: Connection) -> User | None:
            found = sessions.find(connection, session_id)
            if found is None or found[1] is not None or found[2] <= now:
                return None
            sessions.insert_refresh(connection, fingerprint(refresh), session_id, expires_at)
            return found[0]

        user = await self._on.database.write(resume)
        return self._signed_in(user, session_id, refresh, now, caller) if user else None

    async def refresh(self, caller: Caller, data: Refresh) -> SignedIn:
        if not data.refresh_token:
            raise DomainError("unauthorized", "No refresh token was sent")
        now = self._on.clock.now()
        grace = caller.lifetimes.grace * SECOND
        rotation = caller.lifetimes.rotation
        rotates = rotation == "on" or (rotation == "by_cookie" and data.by_cookie)
        old = fingerprint(data.refresh_token)
        new, expires_at = self._draw_refresh(now, caller.lifetimes)
        reused: list[sessions.RefreshToken] = []

        def rotate(connection: Connection) -> tuple[str, User | None, str]:
            """(error, user, session): an error is returned, not raised, for its revocation must be committed."""
            reused.clear()
            token = sessions.find_refresh(connection, old)
            if token is None:
                return "token_invalid", None, ""
            if token.revoked_at is not None:
                return "token_revoked", None, token.session_id
            if token.used_at is not None and (grace == 0 or now - token.used_at > grace):
                sessions.revoke(connection, token.user_id, token.session_id, now)
                reused.append(token)
                return "token_revoked", None, token.session_id
            if token.expires_at <= now:
                return "token_expired", None, token.session_id
            if rotates:
                sessions.use_refresh(connection, old, now)
            sessions.insert_refresh(connection, fingerprint(new), token.session_id, expires_at)
            sessions.prolong(connection, token.session_id, expires_at, now)
            return "", users.find(connection, token.user_id), token.session_id

        error, user, session_id = await self._on.database.write(rotate)
        for token in reused:
            self.tell_revoked(token.user_id, [token.session_id])
        if user is None:
            raise DomainError(error)
        return self._signed_in(user, session_id, new, now, caller)

    async def logout(self, caller: Caller, data: Refresh) -> None:
        now = self._on.clock.now()
        token_hash = fingerprint(data.refresh_token) if data.refresh_token else None

        def revoke(connection: Connection) -> list[str]:
            ended = []
            if caller.user and caller.user.session_id:
                sessions.revoke(connection, caller.user.user_id, caller.user.session_id, now)
                ended.append(caller.user.session_id)
            late = sessions.find(connection, caller.late_session) if caller.late_session else None
            if late and caller.late_session and sessions.revoke(connection, late[0].id, caller.late_session, now):
                ended.append(caller.late_session)
            token = sessions.find_refresh(connection, token_hash) if token_hash else None
            if token and sessions.revoke(connection, token.user_id, token.session_id, now):
                ended.append(token.session_id)
            return ended

        for session_id in await self._on.database.write(revoke):
            self._on.events.end_session(session_id)

    async def list(self, caller: Caller, data: ListSessions) -> Page[Session]:
        if data.fresh:
            require_fresh(caller, self._on)
        current, (offset, limit) = caller.principal.session_id, window(data)
        rows, total = self._on.database.read(
            partial(
                sessions.open_of,
                user_id=caller.user_id,
                now=self._on.clock.now(),
                current=current,
                limit=limit,
                offset=offset,
            )
        )
        shown = tuple(replace(row, token=self.signer.of_sessions.token(row.id)) for row in rows)
        return Page(shown, total, data.page, data.limit, offset)

    async def revoke(self, caller: Caller, data: SessionId) -> None:
        now = self._on.clock.now()
        user_id = caller.user_id
        if not await self._on.database.write(partial(_revoke_one, user_id, data.id, now)):
            raise DomainError("not_found", "There is no such session")
        self.tell_revoked(user_id, [data.id])

    def tell_revoked(self, user_id: str, session_ids: Iterable[str], reason: str | None = None) -> None:
        """Close what is open for sessions that were just revoked, and tell the user's other ones."""
        told = tuple(session_ids)
        for session_id in told:
            self._on.events.end_session(session_id)
        if told:
            notice = Notification("session_revoked", reason or "A session of yours was signed out")
            self._on.events.publish("notification", notice, user_id=user_id)

    async def end_session(self, session_id: str, reason: str | None = None) -> bool:
        """Revoke a session from elsewhere: its tokens die, its sockets close; False where none of that id is open.

        `reason` is a sentence for the user.
        """
        user_id = await self._revoke(session_id)
        if user_id is None:
            return False
        if reason:
            self._reasons[session_id] = reason
        self.tell_revoked(user_id, [session_id], reason)
        return True

    async def end_refresh_tokens(self, session_id: str, end: TokenEnd) -> None:
        """The session's refresh tokens are expired; or, revoked, its whole family ends."""
        if end == "revoked":
            if await self._revoke(session_id) is not None:
                self._on.events.end_session(session_id)
            return
        now = self._on.clock.now()
        await self._on.database.write(lambda connection: sessions.expire_refresh(connection, session_id, now))

    async def expire(self, session_id: str, side: Literal["access", "refresh", "both"]) -> bool:
        """Let the tokens of an open session run out now; False where there is none of that id."""
        found = self._on.database.read(partial(sessions.find, session_id=session_id))
        if found is None or found[1] is not None:
            return False
        if side != "refresh":
            self.signer.end_session(session_id)
            self._on.events.end_session(session_id, "expired")
        if side != "access":
            await self.end_refresh_tokens(session_id, "expired")
        return True

    def session_of(self, refresh_token: str) -> str | None:
        """The session that a refresh token belongs to, whatever state it is in."""
        found = self._on.database.read(partial(sessions.find_refresh, token_hash=fingerprint(refresh_token)))
        return found.session_id if found else None

    async def _revoke(self, session_id: str) -> str | None:
        """The user whose session that was; None where it is not there, or was revoked before."""
        now = self._on.clock.now()

        def end(connection: Connection) -> str | None:
            found = sessions.find(connection, session_id)
            if found is None or not sessions.revoke(connection, found[0].id, session_id, now):
                return None
            return found[0].id

        return await self._on.database.write(end)

    async def mint(self, email: str, *, lifetime: int, expired: bool, defect: TokenDefect | None) -> Minted | None:
        """An access token for `lifetime` seconds, in a session of its own; None where there is no such user.

        One that is `expired` was issued so long ago that its time ended a minute ago.
        """
        user = self._on.database.read(lambda connection: users.find_by_email(connection, email))
        if user is None:
            return None
        now = self._on.clock.now()
        session_id = self._on.randomness.uuid()
        ends = max(now + lifetime * SECOND, now + Lifetimes().refresh * SECOND)
        await self._on.database.write(
            lambda connection: sessions.insert(connection, session_id, user.id, "devkit token", now, ends)
        )
        issued = now - (lifetime * SECOND + _OVER) if expired else now
        token = self.signer.issue(user.id, session_id, self._on.randomness.uuid(), issued, lifetime)
        if defect is not None:
            token = self.signer.reissue(token, defect=defect)
        return Minted(token, user, session_id, (issued // SECOND + lifetime) * SECOND)

    def _draw_refresh(self, now: Instant, lifetimes: Lifetimes) -> tuple[str, Instant]:
        return opaque(self._on.secret, self._on.randomness.uuid()), now + lifetimes.refresh * SECOND

    def of_session(
        self, session_id: str, lifetimes: Lifetimes, expires_at: Instant, *, remembered: bool = True
    ) -> Tokens:
        """The session's own token, as it is handed out."""
        token = self.signer.of_sessions.token(session_id)
        cookie = self.signer.of_sessions.cookie
        mark = "" if remembered else cookie("true")
        return Tokens(token, lifetimes.access, expires_at, "", 0, cookie(token), remembered, mark)

    def again(self, caller: Caller) -> Tokens | None:
        """The caller's session token once more; None where the caller has no session, or its dialect no such tokens."""
        session = session_of(caller, self._on) if caller.session_tokens else None
        if session is None:
            return None
        return self.of_session(session.id, caller.lifetimes, session.expires_at, remembered=is_remembered(session))

    def _signed_in(self, user: User, session_id: str, refresh: str, now: Instant, caller: Caller) -> SignedIn:
        lifetimes, token_id = caller.lifetimes, self._on.randomness.uuid()
        access = self.signer.issue(user.id, session_id, token_id, now, lifetimes.access, caller.client)
        expires_at = (self.signer.issued_at(now) + lifetimes.access) * SECOND
        tokens = Tokens(access, lifetimes.access, expires_at, refresh, lifetimes.refresh)
        return SignedIn(user, tokens, session_id=session_id)


def _is_password(hashed: str | None, password: str) -> bool:
    """Takes as long for an account that does not exist (None) as for one that does."""
    return verify_password(hashed or nobodys_hash(), password)


def _revoke_one(user_id: str, session_id: str, now: Instant, connection: Connection) -> bool:
    return sessions.revoke(connection, user_id, session_id, now)
