"""Session tokens: 32 letters and digits that name a session and cannot be guessed. Nothing of them is stored.

The first 22 say which session, the last 10 that this sandbox said so (HMAC-SHA256). Cookies carry a token with a
signature behind it, `token.signature`, percent-encoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import string
import uuid
from urllib.parse import quote, unquote

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_NAME, _PROOF = 22, 10
"""Digits of base 62 that hold 128 bits, and those that prove it: 59 bits, which only this server can check."""
_TOKEN = re.compile(rf"[0-9A-Za-z]{{{_NAME + _PROOF}}}")
_SIGNED = re.compile(rf"([0-9A-Za-z]{{{_NAME + _PROOF}}})\.([A-Za-z0-9+/]{{43}}=)")


class SessionTokens:
    """Makes and reads the session tokens of one sandbox."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, session_id: str) -> str:
        name = _written(uuid.UUID(session_id).int, _NAME)
        return name + self._proof(name)

    def session_of(self, token: str) -> str | None:
        """The id of the session that a token names; None where this sandbox made no such token."""
        if not _TOKEN.fullmatch(token):
            return None
        name, proof = token[:_NAME], token[_NAME:]
        number = _read(name)
        if number >= 1 << 128 or not hmac.compare_digest(proof, self._proof(name)):
            return None
        return str(uuid.UUID(int=number))

    def cookie(self, token: str) -> str:
        """The token as a cookie carries it."""
        return quote(f"{token}.{self._signature(token)}", safe="")

    def bare(self, given: str) -> str:
        """The token itself, of one that may be signed as in a cookie; what is neither comes back as it is."""
        signed = _SIGNED.fullmatch(unquote(given))
        if signed is None:
            return given
        return signed[1] if hmac.compare_digest(signed[2], self._signature(signed[1])) else given

    def defective(self, token: str, *, shortened: bool) -> str:
        """A token like that one which is not valid: one character too short, or made with another secret."""
        return token[:-1] if shortened else SessionTokens(hashlib.sha256(self._secret).digest()).remade(token)

    def remade(self, token: str) -> str:
        """A token of this secret for the same session."""
        return token[:_NAME] + self._proof(token[:_NAME])

    def _proof(self, name: str) -> str:
        return _written(int.from_bytes(self._mac("token", name)[:7]), _PROOF)

    def _signature(self, token: str) -> str:
        return base64.b64encode(self._mac("cookie", token)).decode()

    def _mac(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._secret, f"session {purpose} {text}".encode(), "sha256")


def _written(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _read(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 62 + _DIGITS.index(letter)
    return number
