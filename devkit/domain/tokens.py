"""Access tokens: signed JWTs (RFC 7519, HS256) that name a session and expire on the sandbox's clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Literal

from devkit.contract.errors import DomainError
from devkit.effects import Instant

ISSUER = "devkit"
AUDIENCE = "devkit"
_ALGORITHM = "HS256"
_REMEMBERED = 4096

TokenEnd = Literal["expired", "revoked"]
TokenSide = Literal["issuing", "validating"]
TokenDefect = Literal["signature", "issuer", "audience", "algorithm", "not_before", "malformed"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `expires_at` and `not_before` are instants."""

    user_id: str
    session_id: str
    token_id: str
    expires_at: Instant
    not_before: Instant


class TokenSigner:
    """Issues and checks the tokens of one sandbox.

    A token that was verified once need not be verified again: its signature does not change. Whether it has expired or
    its session was revoked is asked every time, so the memory cannot outlive either.

    `skew` says by how many milliseconds the clock is ahead of those who issue and of those who validate.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.skew: dict[TokenSide, int] = {"issuing": 0, "validating": 0}
        self._verified: dict[str, Claims] = {}
        self._ended: dict[str, TokenEnd] = {}
        # Session → the tokens issued since its former ones were ended: those alone are good.
        self._renewed: dict[str, set[str]] = {}

    def issue(self, user_id: str, session_id: str, token_id: str, now: Instant, lifetime: int) -> str:
        """A token for `lifetime` seconds from `now`."""
        seconds = self.issued_at(now)
        if session_id in self._renewed:
            self._renewed[session_id].add(token_id)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": session_id,
            "jti": token_id,
            "iat": seconds,
            "nbf": seconds,
            "exp": seconds + lifetime,
        }
        return self.sign(claims)

    def issued_at(self, now: Instant) -> int:
        """The second that tokens issued at `now` name as the time of their issue."""
        return (now + self.skew["issuing"]) // 1000

    def sign(self, claims: dict[str, Any]) -> str:
        """Any claims, signed as this sandbox signs."""
        import jwt

        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def end(self, token: str, end: TokenEnd) -> None:
        """From now on this very token is expired or revoked, whatever it says itself."""
        self._ended[token] = end

    def end_session(self, session_id: str) -> None:
        """From now on every token that was issued for the session so far is expired; later ones are good."""
        self._renewed[session_id] = set()

    def forget(self) -> None:
        """Forget which tokens were ended: the sandbox was reset, and they are nobody's any more."""
        self._ended.clear()
        self._renewed.clear()
        self._verified.clear()

    def reissue(self, token: str, *, lifetime: int | None = None, defect: TokenDefect | None = None) -> str:
        """A token like that one, with another lifetime (seconds from when it was issued) or with a defect."""
        import jwt

        claims = jwt.decode(token, options={"verify_signature": False})
        if lifetime is not None:
            claims["exp"] = claims["iat"] + lifetime
        match defect:
            case "issuer":
                claims["iss"] = "somebody-else"
            case "audience":
                claims["aud"] = "another-service"
            case "not_before":
                claims["nbf"] = claims["iat"] + 3600
            case "signature":
                return jwt.encode(claims, hashlib.sha256(self._secret).digest(), algorithm=_ALGORITHM)
            case "algorithm":
                return jwt.encode(claims, "", algorithm="none")
            case "malformed":
                return self.sign(claims).rpartition(".")[0]
        return self.sign(claims)

    def check(self, token: str, now: Instant) -> Claims:
        """The claims of a token that is valid at `now`. Raises DomainError `token_invalid` or `token_expired`."""
        if self._ended and (end := self._ended.get(token)):
            raise DomainError("token_expired" if end == "expired" else "token_revoked")
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = claims
        if self._renewed and claims.token_id not in self._renewed.get(claims.session_id, (claims.token_id,)):
            raise DomainError("token_expired")
        now += self.skew["validating"]
        if claims.expires_at <= now:
            raise DomainError("token_expired")
        if claims.not_before > now + 1000:
            raise DomainError("token_invalid", "The token is not valid yet")
        return claims

    def _verify(self, token: str) -> Claims:
        import jwt

        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # Times are judged by the sandbox's clock, not by the machine's, which is the only one PyJWT knows.
                options={
                    "require": ["exp", "iat", "sub", "sid", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            # JSON can hold half of a surrogate pair, which no database can look up.
            str(claims["sid"]).encode()
            return Claims(
                user_id=str(claims["sub"]),
                session_id=str(claims["sid"]),
                token_id=str(claims.get("jti", "")),
                expires_at=int(claims["exp"]) * 1000,
                not_before=int(claims.get("nbf", claims["iat"])) * 1000,
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
            raise DomainError("token_invalid") from None


def opaque(secret: bytes, draw: str) -> str:
    """A token that says nothing: unpredictable without the sandbox's secret, yet the same for the same draw."""
    return _text(hmac.new(secret, draw.encode(), hashlib.sha256).digest())


def fingerprint(token: str) -> str:
    """What of an opaque token or key is stored: SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
