"""Accounts: registering, verifying an address, profiles and passwords."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from sqlite3 import Connection
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from devkit.contract.auth import (
    ChangePassword,
    Forgot,
    Register,
    ResendVerification,
    Reset,
    UpdateProfile,
    Verify,
    own_of,
    split_name,
)
from devkit.contract.auth_sessions import ChangeEmail, DeleteUser, OpenReset
from devkit.contract.entities import Done, Mail, PasswordChanged, ProfileChanged, Registered, User
from devkit.contract.errors import DomainError, invalid
from devkit.contract.events import Notification
from devkit.domain.base import Caller, Posted, Resources
from devkit.domain.callers_session import is_remembered, require_fresh, session_of
from devkit.domain.mail import MailComposer
from devkit.domain.passwords import NO_PASSWORD, SALT_BYTES, hash_password, verify_password
from devkit.domain.sessions import SessionService
from devkit.domain.tokens import fingerprint, opaque
from devkit.effects import DAY, HOUR, Instant
from devkit.storage import links, mails, sessions, uploads, users
from devkit.storage.committing import DISCARDING

LinkEnd = Literal["expired", "used"]

Leave = Callable[[Connection, Caller], Callable[[], None]]
"""Does, in the transaction in which an account goes, what follows for things that others keep; gives what tells of it
afterwards. Raises DomainError `conflict` where one of them keeps the account.
"""

Follow = Callable[[Connection, User, User], None]
"""Does, in the transaction in which an account changes, what follows for things that say who made them."""

VERIFICATION_LIFETIME = DAY
RESET_LIFETIME = HOUR


class AccountService:
    def __init__(self, resources: Resources, session_service: SessionService) -> None:
        self._on = resources
        self._sessions = session_service
        self._composer = MailComposer(resources)

    async def register(self, caller: Caller, data: Register) -> Registered:
        self._check_redirect("callback_url", data.callback_url)
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
            image=data.image,
            own=_written(data.own),
        )
        stored = await self.open(user, hashed, following=self._next(caller, data.callback_url))
        if not data.sign_in:
            return Registered(stored)
        return Registered(stored, (await self._sessions.open(stored, caller, remember=data.remember)).tokens)

    async def open(
        self,
        user: User,
        hashed: str,
        *,
        following: str | None = None,
        also: Callable[[Connection], None] | None = None,
    ) -> User:
        """Store a new account, and mail the link that verifies its address where it is not verified.

        The link leads to `following` in the end. `also` runs in the same transaction. Raises DomainError `email_taken`
        or `username_taken`.
        """
        if user.email_verified:
            return await self._on.database.write(lambda connection: _insert(connection, user, hashed, also))
        token, mail, expires_at = self._verification_mail(user, following)
        posted = await self._on.post.accept(mail)

        def store(connection: Connection) -> User:
            stored = _insert(connection, user, hashed, also)
            links.insert(connection, fingerprint(token), user.id, "verify", expires_at)
            mails.insert_all(connection, posted.copies)
            return stored

        stored = await self._on.database.write(store)
        self._sent(posted, user, mail)
        return stored

    async def me(self, caller: Caller, data: object) -> User:
        return caller.principal.user

    async def update_profile(
        self, caller: Caller, data: UpdateProfile, follow: Follow | None = None
    ) -> User | ProfileChanged:
        given, now = data.model_fields_set, self._on.clock.now()
        if "email" in given and (data.email or not data.some):
            raise DomainError("email_fixed")
        if data.some and not given & {"name", "image"} and not data.own:
            raise DomainError("nothing_to_change")

        def change(connection: Connection) -> User:
            user = _existing(connection, caller.user_id)
            first_name, last_name = split_name(data.name) if "name" in given else (user.first_name, user.last_name)
            first_name = data.first_name if "first_name" in given else first_name
            last_name = data.last_name if "last_name" in given else last_name
            image = data.image if "image" in given else user.image
            username = data.username if "username" in given else user.username
            own = _written({**own_of(user), **data.own}) if data.own else user.own
            users.set_profile(connection, user.id, username, first_name, last_name, image, own, now)
            changed = _existing(connection, user.id)
            if follow is not None:
                follow(connection, user, changed)
            return changed

        user = await self._on.database.write(change)
        return ProfileChanged(user, self._sessions.again(caller)) if data.renew else user

    async def change_password(self, caller: Caller, data: ChangePassword) -> PasswordChanged:
        user_id = caller.user_id
        renews = data.revoke_others and data.renew
        kept = None if renews else caller.principal.session_id
        remembered = is_remembered(session_of(caller, self._on))
        current = self._on.database.read(partial(users.password_hash, user_id=user_id))
        if current == NO_PASSWORD and data.renew:
            raise DomainError("no_password")
        if not await asyncio.to_thread(verify_password, current, data.current_password):
            raise invalid(current_password="Is not the current password")  # noqa: S106 - a sentence
        hashed = await self._hash(data.password)
        now = self._on.clock.now()

        def change(connection: Connection) -> list[str]:
            users.set_password(connection, user_id, hashed)
            return sessions.revoke_all(connection, user_id, now, keep=kept) if data.revoke_others else []

        self._sessions.tell_revoked(user_id, await self._on.database.write(change))
        tokens = None
        if renews:
            tokens = (await self._sessions.open(caller.principal.user, caller, remember=remembered)).tokens
        return PasswordChanged("Password changed.", caller.principal.user, tokens)

    async def verify(self, caller: Caller, data: Verify) -> Done:
        self._check_redirect("callback_url", data.callback_url)
        now = self._on.clock.now()

        def verify(connection: Connection) -> None:
            if change := links.find(connection, fingerprint(data.token), "change"):
                _use_link(connection, data.token, "change", now)
                users.set_email(connection, change.user_id, change.address or "", now)
                return
            used = links.find(connection, fingerprint(data.token), "verify")
            if data.repeatable and used and used.used_at is not None and _is_verified(connection, used.user_id):
                return
            user_id = _use_link(connection, data.token, "verify", now)
            users.set_verified(connection, user_id, now)
            links.use_all(connection, user_id, "verify", now)

        await self._on.database.write(verify)
        return Done("Email verified. You can sign in now.", redirect=data.callback_url or "/login")

    async def resend_verification(self, caller: Caller, data: ResendVerification) -> Done:
        self._check_redirect("callback_url", data.callback_url)
        if data.own_only and caller.user:
            if users.key_of(caller.user.user.email) != users.key_of(data.email):
                raise DomainError("not_own_address")
            if caller.user.user.email_verified:
                raise DomainError("already_verified")
        user = self._on.database.read(partial(users.find_by_email, email=data.email))
        if user and not user.email_verified:
            token, mail, expires_at = self._verification_mail(user, self._next(caller, data.callback_url))
            await self._send_link(user, mail, token, "verify", expires_at)
        return Done("If the address is registered and not verified yet, a mail is on its way.")

    async def change_email(self, caller: Caller, data: ChangeEmail) -> Done:
        self._check_redirect("callback_url", data.callback_url)
        user, key = caller.principal.user, users.key_of(data.email)
        if users.key_of(user.email) == key:
            raise DomainError("email_unchanged")
        if not self._on.database.read(partial(users.find_by_email, email=data.email)):
            token, expires_at = self._draw_token(), self._on.clock.now() + VERIFICATION_LIFETIME
            following = self._next(caller, data.callback_url)
            mail = self._composer.verification(replace(user, email=data.email), token, expires_at, following)
            await self._send_link(user, mail, token, "change", expires_at, data.email)
        return Done("A mail is on its way to the new address.")

    async def forgot(self, caller: Caller, data: Forgot) -> Done:
        self._check_redirect("redirect_to", data.redirect_to)
        user = self._on.database.read(partial(users.find_by_email, email=data.email))
        if user:
            token = self._draw_token()
            expires_at = self._on.clock.now() + RESET_LIFETIME
            following = (data.redirect_to or self._reset_page) if data.through_us else None
            mail = self._composer.password_reset(user, token, expires_at, following)
            await self._send_link(user, mail, token, "reset", expires_at)
        return Done("If the address is registered, a mail is on its way.")

    async def open_reset(self, caller: Caller, data: OpenReset) -> Done:
        self._check_redirect("callback_url", data.callback_url)
        now = self._on.clock.now()
        self._on.database.read(lambda connection: _check_link(connection, data.token, "reset", now))
        page = with_query(data.callback_url or self._reset_page, token=data.token)
        return Done("The link is valid: choose a new password.", redirect=page)

    async def delete(self, caller: Caller, data: DeleteUser) -> None:
        await self.delete_with(caller, data, None)

    async def delete_with(self, caller: Caller, data: DeleteUser, leave: Leave | None) -> None:
        """The same where others keep things that refer to what is the caller's."""
        self._check_redirect("callback_url", data.callback_url)
        user_id = caller.user_id
        if data.password is not None:
            current = self._on.database.read(partial(users.password_hash, user_id=user_id))
            if current == NO_PASSWORD:
                raise DomainError("no_password")
            if not await asyncio.to_thread(verify_password, current, data.password):
                raise invalid(password="Is not the current password")  # noqa: S106 - a sentence
        if data.token:
            # Nobody is sent one: who has shown the password, or has just signed in, need not open a mail.
            raise DomainError("link_invalid")
        if data.password is None:
            require_fresh(caller, self._on, "session_old")

        def delete(connection: Connection) -> tuple[list[str], list[str], Callable[[], None] | None]:
            tell = leave(connection, caller) if leave else None
            ended = sessions.revoke_all(connection, user_id, self._on.clock.now())
            files = uploads.ids_of(connection, user_id)
            users.delete(connection, user_id)
            return ended, files, tell

        ended, files, tell = await self._on.database.write(delete)
        if tell is not None:
            tell()
        for session_id in ended:
            self._on.events.end_session(session_id)
        if not DISCARDING.get():
            await asyncio.to_thread(self._on.uploads.discard, files)

    async def reset(self, caller: Caller, data: Reset) -> Done:
        # Looked at before the costly hash, and again where it counts: in the transaction.
        self._on.database.read(lambda connection: _check_link(connection, data.token, "reset", self._on.clock.now()))
        hashed = await self._hash(data.password)
        now = self._on.clock.now()

        def change(connection: Connection) -> tuple[str, list[str]]:
            user_id = _use_link(connection, data.token, "reset", now)
            users.set_password(connection, user_id, hashed)
            # Whoever opened this mail has shown that the address is theirs.
            users.set_verified(connection, user_id, now)
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

    def _verification_mail(self, user: User, following: str | None) -> tuple[str, Mail, Instant]:
        token = self._draw_token()
        expires_at = self._on.clock.now() + VERIFICATION_LIFETIME
        return token, self._composer.verification(user, token, expires_at, following), expires_at

    def _check_redirect(self, field: str, address: str | None) -> None:
        self._on.origins.check_redirect(field, address, self._on.frontend_url, self._on.base_url())

    def _next(self, caller: Caller, callback_url: str | None) -> str | None:
        """Where a link that was mailed leads in the end; None in dialects whose links lead nowhere further."""
        return (callback_url or f"{self._on.frontend_url}/") if caller.session_tokens else None

    @property
    def _reset_page(self) -> str:
        return f"{self._on.frontend_url}/reset-password"

    async def _send_link(
        self, user: User, mail: Mail, token: str, purpose: str, expires_at: Instant, address: str | None = None
    ) -> None:
        posted = await self._on.post.accept(mail)

        def store(connection: Connection) -> None:
            links.insert(connection, fingerprint(token), user.id, purpose, expires_at, address)
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


def _insert(connection: Connection, user: User, hashed: str, also: Callable[[Connection], None] | None) -> User:
    stored = users.insert(connection, user, hashed)
    if also is not None:
        also(connection)
    return stored


def _written(own: dict[str, Any] | None) -> str:
    return json.dumps(own, separators=(",", ":")) if own else ""


def _existing(connection: Connection, user_id: str) -> User:
    user = users.find(connection, user_id)
    if user is None:
        raise DomainError("token_invalid")
    return user


def _is_verified(connection: Connection, user_id: str) -> bool:
    return _existing(connection, user_id).email_verified


def with_query(address: str, **parameters: str) -> str:
    """The address with these parameters added to its query."""
    parts = urlsplit(address)
    query = "&".join(filter(None, [parts.query, urlencode(parameters)]))
    return urlunsplit(parts._replace(query=query))


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
