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
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    made = Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return made.derive_phc_encoded(password.encode())


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password is the hashed one. Takes as long where there is none."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if hashed == NO_PASSWORD:
        verify_password(nobodys_hash(), password)
        return False
    try:
        Argon2id.verify_phc_encoded(password.encode(), hashed)
    except InvalidKey:
        return False
    return True


@cache
def nobodys_hash() -> str:
    """A hash to verify against where there is no account, so that the answer takes as long as where there is one."""
    return hash_password("nobody's password", bytes(SALT_BYTES))
