"""API keys: made, listed, revoked. Who sends one is recognised where sessions are (`Keys`)."""

from __future__ import annotations

from functools import partial

from devkit.contract.api_keys import ApiKeyId, CreateApiKey, ListApiKeys
from devkit.contract.entities import ApiKey, NewApiKey, Page
from devkit.contract.errors import DomainError
from devkit.domain.base import Caller, Resources
from devkit.domain.paging import window
from devkit.domain.tokens import fingerprint, opaque
from devkit.storage import api_keys

_PREFIX = "dk_"
"""Lets whoever finds a key in a file or a log see what it is."""


class ApiKeyService:
    def __init__(self, resources: Resources) -> None:
        self._on = resources

    async def create(self, caller: Caller, data: CreateApiKey) -> NewApiKey:
        made = ApiKey(self._on.randomness.uuid(), data.name, self._on.clock.now())
        key = _PREFIX + opaque(self._on.secret, self._on.randomness.uuid())
        insert = partial(api_keys.insert, user_id=caller.user_id, key=made, key_hash=fingerprint(key))
        await self._on.database.write(insert)
        return NewApiKey(made.id, made.name, key, made.created_at)

    async def list(self, caller: Caller, data: ListApiKeys) -> Page[ApiKey]:
        offset, limit = window(data)
        rows, total = self._on.database.read(partial(api_keys.page, user_id=caller.user_id, limit=limit, offset=offset))
        return Page(rows, total, data.page, data.limit, offset)

    async def revoke(self, caller: Caller, data: ApiKeyId) -> None:
        revoke = partial(api_keys.revoke, user_id=caller.user_id, key_id=data.id, now=self._on.clock.now())
        if not await self._on.database.write(revoke):
            raise DomainError("not_found", "There is no such API key")
        self._on.events.end_session(data.id)
