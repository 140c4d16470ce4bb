"""The ways in which a user signs in: a password, and accounts elsewhere that were linked."""

from __future__ import annotations

import hashlib
import uuid
from functools import partial
from sqlite3 import Connection

from devkit.contract.auth_sessions import AccountId
from devkit.contract.entities import Account, User
from devkit.contract.errors import DomainError
from devkit.contract.providers import PROVIDERS
from devkit.contract.social_entities import AccountProfile
from devkit.domain.base import Caller, Resources
from devkit.domain.callers_session import require_fresh
from devkit.domain.passwords import NO_PASSWORD
from devkit.storage import social, users

_PASSWORD = "credential"  # noqa: S105 - the word for it
"""What stands for the provider where it is a password."""


class LinkedAccountService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def list(self, caller: Caller, data: object) -> tuple[Account, ...]:
        return self._on.database.read(partial(_accounts, caller.principal.user))

    async def info(self, caller: Caller, data: AccountId) -> AccountProfile:
        user = caller.principal.user
        account = _chosen(self._on.database.read(partial(_accounts, user)), data.account_id)
        if account.provider == _PASSWORD:
            raise DomainError("account_without_provider")
        linked = self._on.database.read(lambda connection: social.links_of(connection, user))
        [told] = [
            each for each in linked if (each.provider, each.identity.id) == (account.provider, account.account_id)
        ]
        return AccountProfile(account.id, account.provider, told.identity)

    async def unlink(self, caller: Caller, data: AccountId) -> None:
        require_fresh(caller, self._on)
        user = caller.principal.user

        def unlink(connection: Connection) -> None:
            accounts = _accounts(user, connection)
            if len(accounts) == 1:
                raise DomainError("last_account")
            account = _chosen(accounts, data.account_id)
            if account.provider == _PASSWORD:
                users.set_password(connection, user.id, NO_PASSWORD)
            else:
                social.unlink(connection, account.provider, account.account_id)

        await self._on.database.write(unlink)


def _accounts(user: User, connection: Connection) -> tuple[Account, ...]:
    linked = tuple(
        Account(
            _account_id(each.provider, each.identity.id),
            user.id,
            each.provider,
            each.identity.id,
            each.created_at,
            each.created_at,
            PROVIDERS[each.provider].scopes if each.provider in PROVIDERS else (),
        )
        for each in social.links_of(connection, user)
    )
    if users.password_hash(connection, user.id) == NO_PASSWORD:
        return linked
    return (
        Account(_account_id(_PASSWORD, user.id), user.id, _PASSWORD, user.id, user.created_at, user.updated_at),
        *linked,
    )


def _chosen(accounts: tuple[Account, ...], account_id: str) -> Account:
    """Raises DomainError `account_unknown`."""
    chosen = next((account for account in accounts if account.id == account_id), None)
    if chosen is None:
        raise DomainError("account_unknown")
    return chosen


def _account_id(provider: str, account: str) -> str:
    """The same at every look, though nothing is stored for it."""
    digest = hashlib.sha256(f"{provider} {account}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
