"""Signing in with an account at a provider: both sides of the authorization code flow (RFC 6749, section 4.1).

The provider's side is a consent page that hands out codes; ours takes them. Decisions:

- A provider's account opens the account that it was linked to. One that is linked to none is linked to the account
  with the same address, if both sides have verified that address: else whoever could write a victim's address into
  their profile there, or had registered it here before its owner came, would share the victim's account.
- A state belongs to one attempt and is over when a code or an error has come back with it. A code works once.
- A frontend may want a code although the browser came to us with the provider's: it gets one of our own, which hands
  over the session that was opened.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from sqlite3 import Connection
from urllib.parse import unquote, urlsplit, urlunsplit

from devkit.contract.entities import User
from devkit.contract.errors import DomainError, invalid
from devkit.contract.fields import NAME_MAX
from devkit.contract.providers import PROVIDERS
from devkit.contract.social import Authorize, Decide, SocialCallback, SocialFailed, SocialInitiate
from devkit.contract.social_entities import (
    Consent,
    Identity,
    Provider,
    Providers,
    SentBack,
    SignInFailure,
    SocialLinked,
    SocialSignIn,
    SocialStart,
)
from devkit.domain.accounts import AccountService
from devkit.domain.base import Caller, Resources
from devkit.domain.passwords import NO_PASSWORD
from devkit.domain.sessions import SessionService
from devkit.domain.tokens import fingerprint, opaque
from devkit.effects import MINUTE, Instant
from devkit.origins import origin_of
from devkit.storage import sessions, social, users
from devkit.storage.social import Attempt, Code

STATE_LIFETIME = 10 * MINUTE
CODE_LIFETIME = MINUTE
_MISSING, _NO_PROVIDER, _OF_ANOTHER = {"state": "missing"}, {"provider": "unknown"}, {"provider": "another"}
"""Why a state is no good, beside not being known."""
_REFUSAL = "Must be at an origin that may call (the setting `origins`), or at this server's own"


class SocialService:
    def __init__(self, resources: Resources, accounts: AccountService, sessions: SessionService) -> None:
        self._on = resources
        self._accounts = accounts
        self._sessions = sessions

    async def providers(self, caller: Caller, data: object) -> Providers:
        return Providers(tuple(PROVIDERS))

    # Our side

    async def failed(self, caller: Caller, data: SocialFailed) -> SignInFailure:
        return SignInFailure(data.error, data.error_description)

    async def initiate(self, caller: Caller, data: SocialInitiate) -> SocialStart:
        return await self._begin(data)

    async def link(self, caller: Caller, data: SocialInitiate) -> SocialStart:
        return await self._begin(data, caller.session_id)

    async def _begin(self, data: SocialInitiate, link_session: str | None = None) -> SocialStart:
        provider = _provider(data.provider)
        given = {name: getattr(data, name) for name in ("redirect_uri", "error_uri", "new_user_uri")}
        if data.own_paths:
            for name, address in given.items():
                self._on.origins.check_redirect(name, address, self._on.frontend_url, self._on.base_url())
        elif refused := [name for name, address in given.items() if address and not self._is_ours(address)]:
            raise DomainError("validation_error", fields=dict.fromkeys(refused, _REFUSAL))
        return_to = data.redirect_uri or self._on.frontend_url
        callback = return_to if data.response_type == "code" else data.callback.format(provider=provider.name)
        now = self._on.clock.now()
        state = self._draw()
        attempt = Attempt(
            provider=provider.name,
            callback=callback,
            return_to=return_to,
            error_to=data.error_uri or None,
            new_user_to=data.new_user_uri or None,
            expires_at=now + STATE_LIFETIME,
            link_session=link_session,
        )
        await self._on.database.write(
            lambda connection: social.begin(connection, fingerprint(state), attempt, now),
        )
        return SocialStart(provider, state, callback, data.stay, self._kept(state))

    async def callback(self, caller: Caller, data: SocialCallback) -> SocialSignIn | SocialLinked:
        home = data.error_page or self._on.frontend_url
        attempt = self._attempt(data.state) if data.state else None
        if attempt is None:
            raise DomainError("state_invalid", reasons={} if data.state else _MISSING, return_to=home)
        if data.bound:
            self._check_browser(attempt, data, home)
        elif attempt.link_session is not None:
            raise DomainError("state_invalid", "The state is not one to sign in with", return_to=home)
        try:
            return await self._complete(attempt, data, caller)
        except DomainError as error:
            error.return_to = attempt.error_to or data.error_page or attempt.return_to
            if data.bound:
                await self._use_up(data)
            raise

    def _check_browser(self, attempt: Attempt, data: SocialCallback, home: str) -> None:
        """Raises DomainError `state_invalid` where the attempt is over, or was begun in another browser than this."""
        if attempt.used_at is not None:
            raise DomainError("state_invalid", "The state was used before", return_to=home)
        kept = unquote(data.kept or "")
        if not hmac.compare_digest(kept.encode(), unquote(self._kept(data.state or "")).encode()):
            back = attempt.error_to or home
            raise DomainError("state_invalid", "The sign-in was begun in another browser, or anew", return_to=back)

    async def _complete(self, attempt: Attempt, data: SocialCallback, caller: Caller) -> SocialSignIn | SocialLinked:
        self._check_claims(attempt, data)
        code = await self._redeem(attempt, data)
        if code.session_id is not None:
            return await self._resume(attempt, code, code.session_id, caller)
        identity = replace(code.identity, email=None, verified=False) if data.without_email else code.identity
        if attempt.link_session is not None:
            await self._on.database.write(partial(self._link, attempt, identity))
            return SocialLinked(attempt.return_to)
        user, is_new = await self._admit(attempt.provider, identity)
        signed_in = await self._sessions.open(user, caller)
        return SocialSignIn(
            signed_in.user,
            signed_in.tokens,
            provider=attempt.provider,
            is_new_user=is_new,
            return_to=attempt.new_user_to if is_new and attempt.new_user_to else attempt.return_to,
            handover=await self._hand_over(data, code, signed_in.session_id, is_new) if data.hands_over else None,
        )

    def _check_claims(self, attempt: Attempt, data: SocialCallback) -> None:
        """Raises DomainError where the request says otherwise than the attempt that its state belongs to."""
        if data.code is None and data.error is None:
            raise invalid(code="Required")
        if data.provider is not None and data.provider not in PROVIDERS and data.error is None:
            raise DomainError("state_invalid", f"There is no provider {data.provider!r}", reasons=_NO_PROVIDER)
        if data.provider is not None and data.provider != attempt.provider and data.error is None:
            message = "The state was given out for another provider"
            raise DomainError("state_invalid", message, reasons=_OF_ANOTHER)
        if data.redirect_uri is not None and data.redirect_uri != attempt.return_to:
            raise invalid(redirect_uri="Must be the one that the sign-in began with")

    async def _redeem(self, attempt: Attempt, data: SocialCallback) -> Code:
        """Use up state and code; the code. Raises DomainError, and then they may be used up as well."""
        now, state = self._on.clock.now(), fingerprint(data.state or "")

        def use(connection: Connection) -> DomainError | Code:
            """An error is returned, not raised, where the attempt is over with it."""
            known = social.find_attempt(connection, state)
            code = social.find_code(connection, fingerprint(data.code)) if data.code else None
            if code is not None and code.used_at is not None:
                raise DomainError("code_invalid", "The code was used before")
            if code is None or code.session_id is None:
                # A code of ours comes when the state has done its work.
                _check_fresh(known, now)
            if data.error is not None:
                social.use_attempt(connection, state, now)
                return _provider_error(attempt.provider, data.error)
            if code is None or code.state_hash != state:
                raise DomainError("code_invalid")
            if code.expires_at <= now:
                raise DomainError("code_invalid", "The code has expired")
            social.use_attempt(connection, state, now)
            social.use_code(connection, fingerprint(data.code or ""), now)
            return code

        found = await self._on.database.write(use)
        if isinstance(found, DomainError):
            raise found
        return found

    async def _use_up(self, data: SocialCallback) -> None:
        now, state = self._on.clock.now(), fingerprint(data.state or "")
        await self._on.database.write(partial(social.use_attempt, state_hash=state, now=now))

    async def _hand_over(
        self, data: SocialCallback, code: Code, session_id: str | None, is_new: bool
    ) -> dict[str, str]:
        """A code of ours for the session that was just opened, and the state that it belongs to."""
        drawn, state = self._draw(), data.state or ""
        ours = replace(
            code, expires_at=self._on.clock.now() + CODE_LIFETIME, used_at=None, session_id=session_id, is_new=is_new
        )
        await self._on.database.write(lambda connection: social.insert_code(connection, fingerprint(drawn), ours))
        return {"code": drawn, "state": state}

    async def _resume(self, attempt: Attempt, code: Code, session_id: str, caller: Caller) -> SocialSignIn:
        """The tokens of the session that a code of ours hands over."""
        signed_in = await self._sessions.resume(session_id, caller)
        if signed_in is None:
            raise DomainError("code_invalid", "The session that the code is for has ended")
        return SocialSignIn(
            signed_in.user,
            signed_in.tokens,
            provider=attempt.provider,
            is_new_user=code.is_new,
            return_to=attempt.return_to,
        )

    def _link(self, attempt: Attempt, identity: Identity, connection: Connection) -> None:
        """Link an account to the user who asked for it, as Better Auth does where nothing is configured: raises
        DomainError `account_not_linkable`, `email_differs` or `account_taken`.
        """
        now = self._on.clock.now()
        found = sessions.find(connection, attempt.link_session or "")
        if found is None or found[1] is not None or found[2] <= now or not identity.verified:
            raise DomainError("account_not_linkable")
        user = found[0]
        if identity.email is None or users.key_of(identity.email) != users.key_of(user.email):
            raise DomainError("email_differs")
        owner = social.linked_user(connection, attempt.provider, identity.id)
        if owner is not None and owner.id != user.id:
            raise DomainError("account_taken")
        social.link(connection, attempt.provider, identity, user.id, now)

    async def _admit(self, provider: str, identity: Identity) -> tuple[User, bool]:
        """Whose account that opens, and whether it was made just now."""
        now = self._on.clock.now()

        def link(user: User) -> Callable[[Connection], None]:
            return lambda connection: social.link(connection, provider, identity, user.id, now)

        linked = self._on.database.read(partial(social.linked_user, provider=provider, account_id=identity.id))
        if linked is not None:
            await self._on.database.write(link(linked))
            return linked, False
        if identity.email is None:
            raise DomainError("email_missing", f"{PROVIDERS[provider].display_name} tells no email address")
        known = self._on.database.read(partial(users.find_by_email, email=identity.email))
        if known is not None:
            if not (identity.verified and known.email_verified):
                raise DomainError("account_not_linked")
            await self._on.database.write(link(known))
            return known, False
        user = self._new_user(identity, now)
        return await self._accounts.open(user, NO_PASSWORD, also=link(user)), True

    def _new_user(self, identity: Identity, now: Instant) -> User:
        first, _, last = identity.name.partition(" ")
        return User(
            id=self._on.randomness.uuid(),
            email=identity.email or "",
            first_name=first[:NAME_MAX],
            last_name=last.strip()[:NAME_MAX],
            email_verified=identity.verified,
            role="user",
            created_at=now,
        )

    # The provider's side

    async def authorize(self, caller: Caller, data: Authorize) -> Consent:
        provider = _provider(data.provider)
        attempt = self._open_attempt(provider, data.state)
        if data.redirect_uri is not None and not _leads_to(data.redirect_uri, attempt.callback):
            raise invalid(redirect_uri="Must be the one that the sign-in began with")
        browser = data.browser or self._draw()
        return Consent(
            provider=provider,
            state=data.state,
            csrf=self._csrf(data.state, browser),
            browser=browser,
            identities=self._on.database.read(partial(social.identities, provider=provider.name)),
            origins=self._origins(attempt),
            redirect_uri=attempt.callback,
        )

    async def decide(self, caller: Caller, data: Decide) -> SentBack:
        provider = _provider(data.provider)
        attempt = self._open_attempt(provider, data.state)
        if not (data.csrf and data.browser) or not hmac.compare_digest(
            data.csrf.encode(), self._csrf(data.state, data.browser).encode()
        ):
            raise DomainError("forbidden", "The form is not from this page, or cookies are blocked; open the page anew")
        if data.deny:
            description = "The user did not consent"
            return _sent_back(attempt, data.state, error="access_denied", error_description=description)
        code = Code(
            state_hash=fingerprint(data.state),
            identity=self._chosen(provider, data),
            expires_at=self._on.clock.now() + CODE_LIFETIME,
        )
        drawn = self._draw()
        await self._on.database.write(lambda connection: social.insert_code(connection, fingerprint(drawn), code))
        return _sent_back(attempt, data.state, code=drawn)

    def _chosen(self, provider: Provider, data: Decide) -> Identity:
        if data.identity is not None:
            known = self._on.database.read(partial(social.identities, provider=provider.name))
            chosen = next((identity for identity in known if identity.id == data.identity), None)
            if chosen is None:
                raise invalid(identity="There is no such identity")
            return chosen
        if not data.name:
            raise invalid(name="Required")
        # The same address is the same account, however often it is typed.
        typed = f"{provider.name} {users.key_of(data.email or data.name)}"
        return Identity(fingerprint(typed)[:20], data.name, data.email, data.verified)

    def _open_attempt(self, provider: Provider, state: str) -> Attempt:
        """The attempt of a state that a decision can still be made on. Raises DomainError `state_invalid`."""
        attempt = self._attempt(state)
        if attempt is None or attempt.provider != provider.name:
            raise DomainError("state_invalid")
        _check_fresh(attempt, self._on.clock.now())
        return attempt

    def _attempt(self, state: str) -> Attempt | None:
        return self._on.database.read(partial(social.find_attempt, state_hash=fingerprint(state)))

    def _csrf(self, state: str, browser: str) -> str:
        return opaque(self._on.secret, f"consent {fingerprint(state)} {fingerprint(browser)}")

    def _draw(self) -> str:
        return opaque(self._on.secret, self._on.randomness.uuid())

    def _is_ours(self, address: str) -> bool:
        """Whether a browser may be sent there: to an origin that may call, or back to ourselves."""
        return self._on.origins.leads_home(address, self._on.frontend_url, self._on.base_url(), self._on.reached_at)

    def _origins(self, attempt: Attempt) -> tuple[str, ...]:
        """Where the browser may go on to; paths are our own."""
        addresses = (attempt.return_to, attempt.error_to, attempt.new_user_to)
        absolute = (
            f"{self._on.reached_at}{address}" if address[:1] == "/" else address for address in addresses if address
        )
        return tuple(dict.fromkeys(origin for address in absolute if (origin := origin_of(address))))

    def _kept(self, state: str) -> str:
        """What the browser that begins keeps of a state."""
        return self._sessions.signer.of_sessions.cookie(state)


def _provider(name: str) -> Provider:
    if name not in PROVIDERS:
        raise DomainError("not_found", f"There is no provider {name!r}: {', '.join(PROVIDERS.names())}")
    return PROVIDERS[name]


def _check_fresh(attempt: Attempt | None, now: Instant) -> None:
    """Raises DomainError `state_invalid` for an attempt that is over."""
    if attempt is None:
        raise DomainError("state_invalid")
    if attempt.used_at is not None:
        raise DomainError("state_invalid", "The state was used before")
    if attempt.expires_at <= now:
        raise DomainError("state_invalid", "The state has expired: begin again")


def _provider_error(provider: str, code: str) -> DomainError:
    if code == "access_denied":
        return DomainError("access_denied")
    return DomainError("provider_error", f"{PROVIDERS[provider].display_name} answered: {code}")


def _leads_to(address: str, callback: str) -> bool:
    """Whether an absolute address is that of the callback, which may be a path of ours."""
    if not callback.startswith("/"):
        return address == callback
    return urlunsplit(("", "", *urlsplit(address)[2:])).partition("?")[0] == callback


def _sent_back(attempt: Attempt, state: str, **answer: str) -> SentBack:
    return SentBack(attempt.callback, {**answer, "state": state, "provider": attempt.provider})
