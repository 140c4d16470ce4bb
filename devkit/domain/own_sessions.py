"""Sessions by their own tokens: who is signed in, tokens for other services, and signing out elsewhere."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from sqlite3 import Connection

from devkit.contract.auth_sessions import RevokeSessions, SessionToken
from devkit.contract.entities import CurrentSession, KeySet, Lifetimes, Session, SignedIn, Tokens
from devkit.domain.base import Caller, Resources
from devkit.domain.callers_session import FORGOTTEN_AFTER
from devkit.domain.sessions import SessionService
from devkit.effects import DAY, MINUTE, SECOND
from devkit.storage import sessions

PUBLIC_LIFETIME = 15 * MINUTE
_PROLONG_AFTER = DAY


class SessionTokenService:
    def __init__(self, resources: Resources, session_service: SessionService) -> None:
        self._on = resources
        self._sessions = session_service

    async def current(self, caller: Caller, data: object) -> CurrentSession | None:
        if caller.user is None or caller.user.session_id is None:
            return None
        user, session_id, now = caller.user.user, caller.user.session_id, self._on.clock.now()
        session = self._on.database.read(partial(sessions.details, session_id=session_id, current=session_id))
        tokens = None
        if _is_due(session, caller.lifetimes, now):
            expires_at = now + caller.lifetimes.access * SECOND
            await self._on.database.write(
                partial(sessions.prolong, session_id=session_id, expires_at=expires_at, now=now)
            )
            session = replace(session, expires_at=expires_at, updated_at=now)
            tokens = self._sessions.of_session(session_id, caller.lifetimes, expires_at)
        session = replace(session, token=self._sessions.signer.of_sessions.token(session_id))
        access = self._sessions.signer.issue_public(user, session_id, now, PUBLIC_LIFETIME // SECOND)
        return CurrentSession(user, session, access, tokens)

    async def issue(self, caller: Caller, data: object) -> SignedIn:
        session_id, now, lifetime = caller.session_id, self._on.clock.now(), caller.lifetimes.access
        signer = self._sessions.signer
        token = signer.issue_public(caller.principal.user, session_id, now, lifetime)
        expires_at = (signer.issued_at(now) + lifetime) * SECOND
        return SignedIn(caller.principal.user, Tokens(token, lifetime, expires_at, "", 0))

    async def keys(self, caller: Caller, data: object) -> KeySet:
        return KeySet(self._sessions.signer.keys.published)

    async def revoke(self, caller: Caller, data: SessionToken) -> None:
        tokens = self._sessions.signer.of_sessions
        session_id = tokens.session_of(tokens.bare(data.token))
        now, user_id = self._on.clock.now(), caller.user_id
        if session_id is None:
            return
        if await self._on.database.write(partial(sessions.revoke, user_id=user_id, session_id=session_id, now=now)):
            self._sessions.tell_revoked(user_id, [session_id])

    async def revoke_all(self, caller: Caller, data: RevokeSessions) -> None:
        now, user_id = self._on.clock.now(), caller.user_id
        kept = caller.principal.session_id if data.others else None

        def revoke(connection: Connection) -> list[str]:
            return sessions.revoke_all(connection, user_id, now, keep=kept)

        self._sessions.tell_revoked(user_id, await self._on.database.write(revoke))


def _is_due(session: Session, lifetimes: Lifetimes, now: int) -> bool:
    """Whether a session is to be prolonged: not one that was meant to be short, nor one that ends later anyway."""
    lifetime = session.expires_at - session.updated_at
    return FORGOTTEN_AFTER < lifetime <= lifetimes.access * SECOND and now - session.updated_at >= _PROLONG_AFTER
