"""Who calls the real backend, as far as what passes tells. Of what they are known by only digests are kept."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from devkit.effects import fresh_secret

MOST = 10_000
"""Secrets whose users are remembered; the oldest are forgotten first."""

NAMES = ("email", "emailaddress", "mail", "username", "login", "userid", "identifier", "user")
"""Members that say who somebody is, in small letters and without `_` and `-`; the first that is there counts."""
_CLAIMS = ("email", "preferred_username", "upn", "unique_name", "username", "sub")
"""Claims of a token that do (OpenID Connect Core, section 5.1; `upn` is Microsoft's); a `sub` where it is an email."""
_MOST_READ = 16 * 1024


class People:
    """The users of one sandbox's calls."""

    def __init__(self) -> None:
        self._key = fresh_secret()
        self._known: dict[bytes, str] = {}

    def met(self, secrets: Iterable[str], user: str) -> None:
        """Whoever sends one of these is that one."""
        for secret in secrets:
            digest = self._digest(secret)
            self._known.pop(digest, None)
            self._known[digest] = user
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def who(self, secrets: Iterable[str]) -> str | None:
        """Whose these are; what a token says of itself counts where nothing else is known (nobody looks at its
        signature here: it is the backend that lets in).
        """
        sent = [secret for secret in secrets if secret]
        if self._known:
            for secret in sent:
                if (user := self._known.get(self._digest(secret))) is not None:
                    return user
        return next((user for secret in sent if (user := _claimed(secret)) is not None), None)

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode("utf-8", "surrogateescape"), digest_size=16, key=self._key).digest()


def named_in(value: Any, depth: int = 3) -> str | None:
    """Who a JSON value says it is about: an email before any other name, near before far."""
    places, found = [value], None
    for _ in range(depth):
        deeper: list[Any] = []
        for place in places:
            if not isinstance(place, dict):
                continue
            told = {name.replace("_", "").replace("-", "").lower(): inner for name, inner in place.items()}
            for name in NAMES:
                user = told.get(name)
                if isinstance(user, str) and user and len(user) < 320:
                    if "@" in user:
                        return user
                    found = found or user
            deeper += place.values()
        places = deeper
    return found


def _claimed(token: str) -> str | None:
    parts = token.split(".")
    if len(parts) != 3 or not token.startswith("eyJ") or len(token) > _MOST_READ:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    if not isinstance(claims, dict):
        return None
    told = [(name, user) for name in _CLAIMS if isinstance(user := claims.get(name), str) and user]
    return next((user for name, user in told if name != "sub" or "@" in user), None)
