"""Passwords as Argon2id hashes (RFC 9106), with the parameters OWASP names as its minimum: 19 MiB, two passes.

Both functions take about 20 ms of a core: call them in a thread.
"""

from __future__ import annotations

from functools import cache

_MEMORY_KIB = 19_456
_PASSES = 2
SALT_BYTES = 16

NO_PASSWORD = "!"  # noqa: S105 - stands for none
"""Stands in the place of a hash where an account has no password: no password is that one's."""


def hash_password(password: str, salt: bytes) -> str:
    """The encoded hash; `salt` is 16 bytes, given so that a seed repeats."""
    from argon2.low_level import Type, hash_secret

    return hash_secret(
        password.encode(),
        salt,
        time_cost=_PASSES,
        memory_cost=_MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    ).decode()


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password is the hashed one. Takes as long where there is none."""
    from argon2.exceptions import Argon2Error
    from argon2.low_level import Type, verify_secret

    if hashed == NO_PASSWORD:
        verify_password(nobodys_hash(), password)
        return False
    try:
        return verify_secret(hashed.encode(), password.encode(), Type.ID)
    except Argon2Error:
        return False


@cache
def nobodys_hash() -> str:
    """A hash to verify against where there is no account, so that the answer takes as long as where there is one."""
    return hash_password("nobody's password", bytes(SALT_BYTES))
