"""How Better Auth spells what it answers with: users and sessions in camelCase, and its cookies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from devkit.contract.entities import (
    Account,
    CurrentSession,
    Done,
    KeySet,
    Page,
    PasswordChanged,
    ProfileChanged,
    Registered,
    Session,
    SignedIn,
    Tokens,
    User,
)
from devkit.contract.social_entities import AccountProfile
from devkit.dialects.answers import object_schema
from devkit.dialects.replies import Cookie, Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, camel
from devkit.records import dataclass

COOKIE = "better-auth.session_token"
SECURE_COOKIE = f"__Secure-{COOKIE}"
JWT_HEADER = "set-auth-jwt"

FORGET_COOKIE = "better-auth.dont_remember"
FORGET_COOKIES = frozenset({f"__Secure-{FORGET_COOKIE}", FORGET_COOKIE})
DATA_COOKIE = "better-auth.session_data"
"""What Better Auth clears as well when a session ends; we never set it."""

SPELLING = Spelling(
    camel,
    [
        View(User, ("id", "name", "email", "email_verified", "image", "created_at", "updated_at")),
        View(
            Session,
            ("id", "user_id", "token", "expires_at", "ip_address", "user_agent", "created_at", "updated_at"),
            # It takes addresses from the header of a proxy alone, and there is none.
            {"ip_address": Computed(lambda session, context: "", {"type": "string"})},
        ),
        View(
            Account,
            ("id", "provider_id", "account_id", "user_id", "scopes", "created_at", "updated_at"),
            {"provider_id": Computed(lambda account, context: account.provider, {"type": "string"})},
        ),
    ],
)
_TEXT = {"type": "string"}
_TRUE = {"const": True}


def session_cookies(tokens: Tokens, context: WireContext) -> list[Cookie]:
    """The session's cookie. One that is not to be remembered goes when the browser is closed, and a second cookie says
    so; that one is deleted where the browser still has it and the session is to be remembered.
    """
    session = _cookie(COOKIE, tokens.cookie, tokens.access_lifetime if tokens.remembered else None, context)
    if tokens.remembered:
        return [session, *([_cookie(FORGET_COOKIE, "", 0, context)] if context.cookies & FORGET_COOKIES else [])]
    return [session, _cookie(FORGET_COOKIE, tokens.mark, None, context)]


def cleared(context: WireContext) -> list[Cookie]:
    """What deletes the cookies of a session."""
    return [_cookie(name, "", 0, context) for name in (COOKIE, DATA_COOKIE, FORGET_COOKIE)]


def _cookie(name: str, value: str, max_age: int | None, context: WireContext) -> Cookie:
    secure = is_secure(context)
    return Cookie(name=f"__Secure-{name}" if secure else name, value=value, max_age=max_age, secure=secure)


def with_error(address: str, code: str) -> str:
    """The address with an error's code in its query."""
    parts = urlsplit(address)
    query = "&".join(filter(None, [parts.query, urlencode({"error": code})]))
    return urlunsplit(parts._replace(query=query))


def is_secure(context: WireContext) -> bool:
    return context.base_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 200

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True, slots=True)
class _SetsCookie(_Answer):
    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": f"`{COOKIE}`, HttpOnly"}


@dataclass(frozen=True, slots=True)
class SignedUp(_SetsCookie):
    """`{token, user}` and the cookie."""

    def reply(self, result: Registered, context: WireContext, spelling: Spelling) -> Reply:
        body: dict[str, Json] = {"token": None, "user": SPELLING.write(result.user, context)}
        reply = Reply(self.status, body)
        if result.tokens:
            body["token"] = result.tokens.access
            reply.cookies = session_cookies(result.tokens, context)
        return reply

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"token": {"type": ["string", "null"]}, "user": SPELLING.schema(User, components)})


@dataclass(frozen=True, slots=True)
class SignIn(_SetsCookie):
    """`{redirect, token, url?, user}` and the cookie: the client itself goes to `url` where `redirect` says so."""

    def reply(self, result: SignedIn, context: WireContext, spelling: Spelling) -> Reply:
        body: dict[str, Json] = {"redirect": bool(result.redirect), "token": result.tokens.access}
        headers = {}
        if result.redirect:
            body["url"] = headers["Location"] = result.redirect
        body["user"] = SPELLING.write(result.user, context)
        return Reply(self.status, body, headers, session_cookies(result.tokens, context))

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        user = SPELLING.schema(User, components)
        schema = object_schema({"redirect": {"type": "boolean"}, "token": _TEXT, "user": user})
        schema["properties"]["url"] = _TEXT
        return schema


@dataclass(frozen=True, slots=True)
class CurrentUser(_Answer):
    """`{session, user}` or `null`, with a token for other services in a header."""

    def reply(self, result: CurrentSession | None, context: WireContext, spelling: Spelling) -> Reply:
        headers = {"Cache-Control": "no-store"}
        if result is None:
            # What guards a page by the cookie's being there would otherwise let in, and send away, for ever.
            return Reply(self.status, None, headers, cleared(context) if context.stale else [])
        body = {"session": SPELLING.write(result.session, context), "user": SPELLING.write(result.user, context)}
        headers |= {JWT_HEADER: result.access, "Access-Control-Expose-Headers": JWT_HEADER}
        cookies = session_cookies(result.tokens, context) if result.tokens else []
        return Reply(self.status, body, headers, cookies)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        schemas = {"session": SPELLING.schema(Session, components), "user": SPELLING.schema(User, components)}
        return {"anyOf": [object_schema(schemas), {"type": "null"}]}

    def headers(self) -> Mapping[str, str]:
        return {JWT_HEADER: "A token for other services", "Set-Cookie": "Where the session was prolonged, or is over"}


@dataclass(frozen=True, slots=True)
class Status(_Answer):
    """`{status: true}`, or another word for it, and perhaps what the operation has to say, or `says`; `cookies` to
    clear.
    """

    word: str = "status"
    says: str | bool = False
    cookies: Callable[[WireContext], list[Cookie]] | None = None

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        body: dict[str, Json] = {self.word: True}
        if self.says:
            body["message"] = result.message if self.says is True else self.says
        return Reply(self.status, body, cookies=self.cookies(context) if self.cookies else [])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({self.word: _TRUE} | ({"message": _TEXT} if self.says else {}))

    def headers(self) -> Mapping[str, str]:
        return {"Set-Cookie": "The session's cookies, cleared"} if self.cookies else {}


@dataclass(frozen=True, slots=True)
class Updated(_SetsCookie):
    """`{status: true}`, and the session's cookie anew."""

    def reply(self, result: ProfileChanged, context: WireContext, spelling: Spelling) -> Reply:
        cookies = session_cookies(result.tokens, context) if result.tokens else []
        return Reply(self.status, {"status": True}, cookies=cookies)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"status": _TRUE})


@dataclass(frozen=True, slots=True)
class Verified(_Answer):
    """`{status: true, user: null}`, or on to where the link says."""

    def reply(self, result: Done, context: WireContext, spelling: Spelling) -> Reply:
        if dict(context.query).get("callbackURL") and result.redirect:
            return Reply(302, headers={"Location": result.redirect}, has_body=False)
        return Reply(self.status, {"status": True, "user": None})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"status": _TRUE, "user": {"type": "null"}})


@dataclass(frozen=True, slots=True)
class SentOn:
    """A browser is sent on to where the operation says."""

    status: int = 302

    def reply(self, result: Done, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, headers={"Location": result.redirect or "/"}, has_body=False)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> None:
        return None

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return {"Location": "The page that comes next"}


@dataclass(frozen=True, slots=True)
class Sessions(_Answer):
    """A list of all sessions."""

    def reply(self, result: Page[Session], context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, [SPELLING.write(session, context) for session in result.items])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "array", "items": SPELLING.schema(Session, components)}


@dataclass(frozen=True, slots=True)
class Accounts(_Answer):
    """A list of all accounts."""

    def reply(self, result: tuple[Account, ...], context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, [SPELLING.write(account, context) for account in result])

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return {"type": "array", "items": SPELLING.schema(Account, components)}


@dataclass(frozen=True, slots=True)
class AccountInfo(_Answer):
    """`{user, data, account}`: what the provider tells, as Better Auth understands it and as the provider says it."""

    def reply(self, result: AccountProfile, context: WireContext, spelling: Spelling) -> Reply:
        told = result.identity
        user = {"name": told.name, "email": told.email, "emailVerified": told.verified}
        if result.provider == "github":
            data: dict[str, Json] = {"id": told.id, "name": told.name, "email": told.email}
        else:
            data = {"sub": told.id, "name": told.name, "email": told.email, "email_verified": told.verified}
        account = {"id": result.id, "providerId": result.provider, "accountId": told.id}
        return Reply(self.status, {"user": user, "data": data, "account": account})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        maybe = {"type": ["string", "null"]}
        user = object_schema({"name": _TEXT, "email": maybe, "emailVerified": {"type": "boolean"}})
        account = object_schema({"id": _TEXT, "providerId": _TEXT, "accountId": _TEXT})
        return object_schema({"user": user, "data": {"type": "object"}, "account": account})


@dataclass(frozen=True, slots=True)
class Changed(_SetsCookie):
    """`{token, user}`: the token of a new session with its cookie, or null where the old one goes on."""

    def reply(self, result: PasswordChanged, context: WireContext, spelling: Spelling) -> Reply:
        return SignedUp().reply(Registered(result.user, result.tokens), context, spelling)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return SignedUp().body_schema(spelling, components)


@dataclass(frozen=True, slots=True)
class PublicToken(_Answer):
    """`{token}`."""

    def reply(self, result: SignedIn, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {"token": result.tokens.access})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        return object_schema({"token": _TEXT})


@dataclass(frozen=True, slots=True)
class Keys(_Answer):
    """`{keys: [...]}`."""

    def reply(self, result: KeySet, context: WireContext, spelling: Spelling) -> Reply:
        return Reply(self.status, {"keys": list(result.keys)})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        names = ("alg", "crv", "x", "kty", "kid")
        return object_schema({"keys": {"type": "array", "items": object_schema(dict.fromkeys(names, _TEXT))}})
