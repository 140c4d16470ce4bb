"""What a request brings along to say who sends it, and the token that a sandbox has of its own."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import partial

from devkit.contract.entities import Principal
from devkit.contract.errors import DomainError
from devkit.domain.base import Resources
from devkit.domain.tokens import fingerprint
from devkit.records import dataclass
from devkit.storage import api_keys, users

TOKEN_BEGINS = "dk_sbx_"  # noqa: S105 - what each begins with
_KEY_BYTES = 16
_OWN = "sandbox-token"
_SANDBOX_TOKEN = re.compile(rf"{TOKEN_BEGINS}([a-z0-9-]{{1,80}})_[\w-]+", re.ASCII)


def sandbox_token(id: str, secret: bytes) -> str:  # noqa: A002 - what it is called everywhere
    """What stands for a sandbox and its test user at once, for clients that can be told an API key and nothing else:
    `dk_sbx_w1_…`. The same for the same id as long as `secret` is; the end of it cannot be guessed.
    """
    return f"{TOKEN_BEGINS}{id}_{hmac.digest(secret, b'sandbox token ' + id.encode(), 'sha256')[:_KEY_BYTES].hex()}"


def sandbox_named(token: str) -> str | None:
    """The id in a sandbox's token, genuine or not; None for anything else."""
    match = _SANDBOX_TOKEN.fullmatch(token)
    return match[1] if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request brought along; looked at in this order."""

    bearer: str | None = None
    api_key: str | None = None
    cookie: str | None = None


def credentials(*, bearer: str | None, api_key: str | None, cookie: str | None) -> Credentials:
    """The same for what may be empty: that was cleared by somebody who could not delete it, and is nothing. A sandbox's
    token is an API key, however it is sent.
    """
    if bearer and sandbox_named(bearer) is not None:
        bearer, api_key = None, bearer
    return Credentials(bearer=bearer or None, api_key=api_key or None, cookie=cookie or None)


class Keys:
    """Who sends an API key: one that was made for a user, or the sandbox's own `token`, which stands for its test
    user.
    """

    def __init__(self, resources: Resources) -> None:
        self._on = resources
        self.token = ""
        self._test_user: Callable[[], str] = str
        self._known: tuple[int, Principal] | None = None

    def honour(self, token: str, test_user: Callable[[], str]) -> None:
        """From now on that is the sandbox's own token; `test_user` gives the address of whom it stands for."""
        self.token, self._test_user = token, test_user

    def forget(self) -> None:
        """The sandbox was reset."""
        self._known = None

    def holder(self, key: str) -> Principal:
        """Who that is. Raises DomainError `token_invalid` or `token_revoked`."""
        if (named := sandbox_named(key)) is not None:
            return self._of_sandbox(key, named)
        found = self._on.database.read(partial(api_keys.find, key_hash=fingerprint(key)))
        if found is None:
            raise DomainError("token_invalid", "The API key is not valid")
        user, key_id, revoked_at = found
        if revoked_at is not None:
            raise DomainError("token_revoked", "The API key has been revoked")
        return Principal(user, None, key_id)

    def _of_sandbox(self, token: str, named: str) -> Principal:
        if token != self.token:
            own = sandbox_named(self.token)
            told = f"This is the token of the sandbox {named}, and the call is for {own}"
            raise DomainError("token_invalid", told if own != named else f"This is no token of the sandbox {own}")
        stamp = self._on.database.changes.general
        if self._known is None or self._known[0] != stamp:
            user = self._on.database.read(partial(users.find_by_email, email=self._test_user()))
            if user is None:
                raise DomainError("token_invalid", "The test user, whom the sandbox's token stands for, is gone")
            self._known = stamp, Principal(user, None, _OWN)
        return self._known[1]
