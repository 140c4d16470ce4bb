"""Access tokens, which name a session and expire on the sandbox's clock, in their three forms: JWTs (RFC 7519) that the
sandbox signs for itself (HS256) or so that others can verify them (EdDSA), and the sessions' own (`session_tokens`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Literal

from devkit.contract.entities import User
from devkit.contract.errors import DomainError
from devkit.domain.session_tokens import SessionTokens
from devkit.domain.signing_keys import ALGORITHM as PUBLIC_ALGORITHM
from devkit.domain.signing_keys import SigningKeys
from devkit.effects import Instant, isoformat
from devkit.records import dataclass
from devkit.storage.kept import Kept

ISSUER = "devkit"
AUDIENCE = "devkit"
_ALGORITHM = "HS256"
_REMEMBERED = 12_000
"""Tokens that need not be verified again."""
_NEVER = 2**62

TokenEnd = Literal["expired", "revoked"]
TokenSide = Literal["issuing", "validating"]
TokenDefect = Literal["signature", "issuer", "audience", "algorithm", "not_before", "malformed"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `expires_at` and `not_before` are instants. `user_id` is None where it does not say whose it
    is; one that is `bound` ends with the time of its session, whatever it says itself.
    """

    user_id: str | None
    session_id: str
    token_id: str
    expires_at: Instant
    not_before: Instant
    bound: bool = False
    client: str = ""


class TokenSigner:
    """Issues and checks the tokens of one sandbox.

    A token that was verified once need not be verified again: its signature does not change. Whether it has expired or
    its session was revoked is asked every time, so the memory cannot outlive either.

    `skew` says by how many milliseconds the clock is ahead of those who issue and of those who validate. `base_url` is
    who signs, and for whom, in tokens that others verify.
    """

    def __init__(self, secret: bytes, base_url: Callable[[], str] = lambda: ISSUER) -> None:
        self._secret, self._base_url = secret, base_url
        self.of_sessions = SessionTokens(secret)
        self.keys = SigningKeys(secret)
        self.skew: dict[TokenSide, int] = {"issuing": 0, "validating": 0}
        self._verified: Kept[str, Claims] = Kept(_REMEMBERED)
        self._ended: dict[str, TokenEnd] = {}
        # Session → the tokens issued since its former ones were ended: those alone are good.
        self._renewed: dict[str, set[str]] = {}

    def issue(self, user_id: str, session_id: str, token_id: str, now: Instant, lifetime: int, client: str = "") -> str:
        """A token for `lifetime` seconds from `now`, for that client (RFC 9068, section 2.2)."""
        seconds = self.issued_at(now)
        self._renew(session_id, token_id)
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
        if client:
            claims["client_id"] = client
        return self.sign(claims)

    def issue_public(self, user: User, session_id: str, now: Instant, lifetime: int) -> str:
        """A token that says who the user is, for whoever has the public keys; for `lifetime` seconds from `now`."""
        seconds, address = self.issued_at(now), self._base_url()
        token = self.keys.sign(
            {
                "iat": seconds,
                "name": user.name,
                "email": user.email,
                "emailVerified": user.email_verified,
                "image": user.image,
                "createdAt": isoformat(user.created_at),
                "updatedAt": isoformat(user.updated_at),
                "id": user.id,
                "sub": user.id,
                "sid": session_id,
                "exp": seconds + lifetime,
                "iss": address,
                "aud": address,
            }
        )
        self._renew(session_id, token)
        return token

    def _renew(self, session_id: str, token_id: str) -> None:
        """A token that is issued now is good, whatever ended before; one without an id is its own."""
        if session_id in self._renewed:
            self._renewed[session_id].add(token_id)

    def issued_at(self, now: Instant) -> int:
        """The second that tokens issued at `now` name as the time of their issue."""
        return (now + self.skew["issuing"]) // 1000

    def sign(self, claims: dict[str, Any]) -> str:
        """Any claims, signed as this sandbox signs."""
        import jwt

        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def end(self, token: str, end: TokenEnd) -> None:
        """From now on this very token is expired or revoked, whatever it says itself."""
        self._ended[self.of_sessions.bare(token)] = end

    def end_session(self, session_id: str) -> None:
        """From now on every token that was issued for the session so far is expired; later ones are good.

        A session's own token is the session: none is issued after it.
        """
        self._renewed[session_id] = set()

    def forget(self) -> None:
        """Forget which tokens were ended: the sandbox was reset, and they are nobody's any more."""
        self._ended.clear()
        self._renewed.clear()
        self._verified.clear()
        self.keys.forget()

    def reissue(self, token: str, *, defect: TokenDefect) -> str:
        """A token like that one, with a defect."""
        import jwt

        if "." not in token:
            # The session says how long, and who or whom for is not said at all: then the proof is what is wrong.
            return self.of_sessions.defective(token, shortened=defect == "malformed")
        public = jwt.get_unverified_header(token)["alg"] == PUBLIC_ALGORITHM
        sign = self.keys.sign if public else self.sign
        claims = jwt.decode(token, options={"verify_signature": False})
        match defect:
            case "issuer":
                claims["iss"] = "somebody-else"
            case "audience":
                claims["aud"] = "another-service"
            case "not_before":
                claims["nbf"] = claims["iat"] + 3600
            case "signature":
                other = hashlib.sha256(self._secret).digest()
                # Under the id of the right key: whoever verifies finds that one, and that it did not sign this.
                return self.keys.forged(other, claims) if public else jwt.encode(claims, other, algorithm=_ALGORITHM)
            case "algorithm":
                return jwt.encode(claims, "", algorithm="none")
            case "malformed":
                return sign(claims).rpartition(".")[0]
        return sign(claims)

    def check(self, token: str, now: Instant) -> Claims:
        """The claims of a token that is valid at `now`. Raises DomainError `token_invalid` or `token_expired`."""
        if self._ended and (end := self._ended.get(self.of_sessions.bare(token))):
            raise DomainError("token_expired" if end == "expired" else "token_revoked")
        claims = self.claims(token)
        if self._renewed and claims.token_id not in self._renewed.get(claims.session_id, (claims.token_id,)):
            raise DomainError("token_expired")
        now += self.skew["validating"]
        if claims.expires_at <= now:
            raise DomainError("token_expired")
        if claims.not_before > now + 1000:
            raise DomainError("token_invalid", "The token is not valid yet")
        return claims

    def claims(self, token: str) -> Claims:
        """What a token says that was issued here, whenever that was. Raises DomainError `token_invalid`."""
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            self._verified.put(token, claims)
        return claims

    def check_bearer(self, token: str) -> None:
        """Raises DomainError `token_invalid` for what can only be a cookie's: a session's own token, signed or not."""
        if token.count(".") == 2:
            return
        if self.of_sessions.session_of(self.of_sessions.bare(token)) is not None:
            raise DomainError("token_invalid", "This is a session's own token: it is good in its cookie alone")
        raise DomainError("token_invalid")

    def _verify(self, token: str) -> Claims:
        if token.count(".") == 2:
            return self._verify_jwt(token)
        bare = self.of_sessions.bare(token)
        session_id = self.of_sessions.session_of(bare)
        if session_id is None or bare == token:
            # Unsigned it is no credential, as Better Auth has it (1.7.25).
            raise DomainError("token_invalid")
        return Claims(user_id=None, session_id=session_id, token_id="", expires_at=_NEVER, not_before=0, bound=True)

    def _verify_jwt(self, token: str) -> Claims:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            public = header.get("alg") == PUBLIC_ALGORITHM
            key = self.keys.public_key(header.get("kid")) if public else self._secret
            if key is None:
                raise DomainError("token_invalid")
            claims = jwt.decode(
                token,
                key,
                # What the token says of itself picks the key, never an algorithm for another one's key.
                algorithms=[PUBLIC_ALGORITHM if public else _ALGORITHM],
                audience=self._base_url() if public else AUDIENCE,
                issuer=self._base_url() if public else ISSUER,
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
                token_id=str(claims.get("jti", token)),
                expires_at=int(claims["exp"]) * 1000,
                not_before=int(claims.get("nbf", claims["iat"])) * 1000,
                bound=public,
                client=str(claims.get("client_id", "")),
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
