"""Accounts: registering, verifying an address, profiles and passwords."""

from __future__ import annotations

import asyncio
from functools import partial
from sqlite3 import Connection
from typing import Literal

from devkit.contract.auth import Address, ChangePassword, Register, Reset, UpdateProfile, Verify
from devkit.contract.entities import Done, Mail, Registered, User
from devkit.contract.errors import DomainError, invalid
from devkit.contract.events import Notification
from devkit.domain.base import Caller, Posted, Resources
from devkit.domain.mail import MailComposer
from devkit.domain.passwords import SALT_BYTES, hash_password, verify_password
from devkit.domain.sessions import SessionService
from devkit.domain.tokens import fingerprint, opaque
from devkit.effects import DAY, HOUR, Instant
from devkit.storage import links, mails, sessions, users

LinkEnd = Literal["expired", "used"]

VERIFICATION_LIFETIME = DAY
RESET_LIFETIME = HOUR


class AccountService:
    def __init__(self, resources: Resources, session_service: SessionService) -> None:
        self._on = resources
        self._sessions = session_service
        self._composer = MailComposer(resources)

    async def register(self, caller: Caller, data: Register) -> Registered:
        if self._on.database.read(partial(users.find_by_email, email=data.email)):
            raise DomainError("email_taken")
        hashed = await self._hash(data.password)
        first_name, last_name = data.names
        user = User(
            id=self._on.randomness.uuid(),
            email=data.email,
            first_name=first_name,
            last_name=last_name,
            email_verified=False,
            role="user",
            created_at=self._on.clock.now(),
            username=data.username or "",
        )
        token, mail, expires_at = self._verification_mail(user)
        posted = await self._on.post.accept(mail)

        def store(connection: Connection) -> User:
            stored = users.insert(connection, user, hashed)
            links.insert(connection, fingerprint(token), user.id, "verify", expires_at)
            mails.insert_all(connection, posted.copies)
            return stored

        stored = await self._on.database.write(store)
        self._sent(posted, user, mail)
        if not data.sign_in:
            return Registered(stored)
        return Registered(stored, (await self._sessions.open(stored, caller)).tokens)

    async def me(self, caller: Caller, data: object) -> User:
        return caller.principal.user

    async def update_profile(self, caller: Caller, data: UpdateProfile) -> User:
        def change(connection: Connection) -> User:
            user = _existing(connection, caller.user_id)
            given = data.model_fields_set
            first_name = data.first_name if "first_name" in given else user.first_name
            last_name = data.last_name if "last_name" in given else user.last_name
            users.set_names(connection, user.id, first_name, last_name)
            return _existing(connection, user.id)

        return await self._on.database.write(change)

    async def change_password(self, caller: Caller, data: ChangePassword) -> Done:
        user_id, kept = caller.user_id, caller.principal.session_id
        current = self._on.database.read(partial(users.password_hash, user_id=user_id))
        if not await asyncio.to_thread(verify_password, current, data.current_password):
            raise invalid(current_password="Is not the current password")  # noqa: S106 - a sentence
        hashed = await self._hash(data.password)
        now = self._on.clock.now()

        def change(connection: Connection) -> list[str]:
            users.set_password(connection, user_id, hashed)
            return sessions.revoke_all(connection, user_id, now, keep=kept)

        self._sessions.tell_revoked(user_id, await self._on.database.write(change))
        return Done("Password changed.")

    async def verify(self, caller: Caller, data: Verify) -> Done:
        now = self._on.clock.now()

        def verify(connection: Connection) -> None:
            user_id = _use_link(connection, data.token, "verify", now)
            users.set_verified(connection, user_id)
            links.use_all(connection, user_id, "verify", now)

        await self._on.database.write(verify)
        return Done("Email verified. You can sign in now.", redirect="/login")

    async def resend_verification(self, caller: Caller, data: Address) -> Done:
        user = self._on.database.read(partial(users.find_by_email, email=data.email))
        if user and not user.email_verified:
            token, mail, expires_at = self._verification_mail(user)
            await self._send_link(user, mail, token, "verify", expires_at)
        return Done("If the address is registered and not verified yet, a mail is on its way.")

    async def forgot(self, caller: Caller, data: Address) -> Done:
        user = self._on.database.read(partial(users.find_by_email, email=data.email))
        if user:
            token = self._draw_token()
            expires_at = self._on.clock.now() + RESET_LIFETIME
            mail = self._composer.password_reset(user, token, expires_at)
            await self._send_link(user, mail, token, "reset", expires_at)
        return Done("If the address is registered, a mail is on its way.")

    async def reset(self, caller: Caller, data: Reset) -> Done:
        # Looked at before the costly hash, and again where it counts: in the transaction.
        self._on.database.read(lambda connection: _check_link(connection, data.token, "reset", self._on.clock.now()))
        hashed = await self._hash(data.password)
        now = self._on.clock.now()

        def change(connection: Connection) -> tuple[str, list[str]]:
            user_id = _use_link(connection, data.token, "reset", now)
            users.set_password(connection, user_id, hashed)
            # Whoever opened this mail has shown that the address is theirs.
            users.set_verified(connection, user_id)
            links.use_all(connection, user_id, "reset", now)
            return user_id, sessions.revoke_all(connection, user_id, now)

        user_id, revoked = await self._on.database.write(change)
        self._sessions.tell_revoked(user_id, revoked)
        return Done("Password reset. You can sign in now.")

    async def end_link(self, token: str, end: LinkEnd) -> None:
        """The link that was mailed has expired, or was used."""
        now, link = self._on.clock.now(), fingerprint(token)
        change = links.expire if end == "expired" else links.use
        await self._on.database.write(lambda connection: change(connection, link, now))

    def _verification_mail(self, user: User) -> tuple[str, Mail, Instant]:
        token = self._draw_token()
        expires_at = self._on.clock.now() + VERIFICATION_LIFETIME
        return token, self._composer.verification(user, token, expires_at), expires_at

    async def _send_link(self, user: User, mail: Mail, token: str, purpose: str, expires_at: Instant) -> None:
        posted = await self._on.post.accept(mail)

        def store(connection: Connection) -> None:
            links.insert(connection, fingerprint(token), user.id, purpose, expires_at)
            mails.insert_all(connection, posted.copies)

        await self._on.database.write(store)
        self._sent(posted, user, mail)

    def _sent(self, posted: Posted, user: User, mail: Mail) -> None:
        self._on.post.sent(posted)
        notice = Notification("mail_sent", f"A mail was sent to {mail.to}: {mail.subject}")
        self._on.events.publish("notification", notice, user_id=user.id)

    def _draw_token(self) -> str:
        return opaque(self._on.secret, self._on.randomness.uuid())

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(hash_password, password, self._on.randomness.bytes(SALT_BYTES))


def _existing(connection: Connection, user_id: str) -> User:
    user = users.find(connection, user_id)
    if user is None:
        raise DomainError("token_invalid")
    return user


def _check_link(connection: Connection, token: str, purpose: str, now: Instant) -> str:
    """The user of a link that can be used now. Raises DomainError `link_invalid` or `link_expired`."""
    link = links.find(connection, fingerprint(token), purpose)
    if link is None or link.used_at is not None:
        raise DomainError("link_invalid")
    if link.expires_at <= now:
        raise DomainError("link_expired")
    return link.user_id


def _use_link(connection: Connection, token: str, purpose: str, now: Instant) -> str:
    user_id = _check_link(connection, token, purpose, now)
    links.use(connection, fingerprint(token), now)
    return user_id
