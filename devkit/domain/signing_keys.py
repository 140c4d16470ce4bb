"""The keys that a sandbox signs with so that others can verify: Ed25519 (RFC 8032), published as in RFC 7517."""

from __future__ import annotations

import base64
import hmac
from functools import cached_property
from typing import Any

ALGORITHM = "EdDSA"


class SigningKey:
    """A private key and what the world may know of it."""

    def __init__(self, secret: bytes, generation: int) -> None:
        seed = hmac.digest(secret, f"ed25519 {generation}".encode(), "sha256")
        self._seed = seed
        self.id = hmac.digest(seed, b"key id", "sha256").hex()[:32]

    @cached_property
    def private(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @cached_property
    def public(self) -> Any:
        return self.private.public_key()

    @cached_property
    def published(self) -> dict[str, str]:
        """The public key as a JWK (RFC 8037)."""
        x = base64.urlsafe_b64encode(self.public.public_bytes_raw()).rstrip(b"=").decode()
        return {"alg": ALGORITHM, "crv": "Ed25519", "x": x, "kty": "OKP", "kid": self.id}


class SigningKeys:
    """The keys of one sandbox, derived from its secret: the same after a restart. The newest one signs."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._keys = [SigningKey(secret, 0)]

    def rotate(self) -> None:
        """Sign with a new key from now on; what the old ones signed stays valid."""
        self._keys.append(SigningKey(self._secret, len(self._keys)))

    def forget(self) -> None:
        """Back to the first key."""
        del self._keys[1:]

    @property
    def published(self) -> tuple[dict[str, str], ...]:
        """The key set, the newest key first."""
        return tuple(key.published for key in reversed(self._keys))

    def sign(self, claims: dict[str, Any]) -> str:
        import jwt

        key = self._keys[-1]
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.id})

    def forged(self, secret: bytes, claims: dict[str, Any]) -> str:
        """The claims signed by somebody else, who says that it was the newest key."""
        import jwt

        return jwt.encode(
            claims, SigningKey(secret, 0).private, algorithm=ALGORITHM, headers={"kid": self._keys[-1].id}
        )

    def public_key(self, key_id: object) -> Any:
        """The public key of that id; None where there is none."""
        return next((key.public for key in self._keys if key.id == key_id), None)
