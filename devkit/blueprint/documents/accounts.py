"""Operations of a document that are devkit's own under another name: signing in, who am I, and what goes with them.

They are bound where our sessions fit what the document says: what a login must be told is what ours is told, and its
answer, or a cookie, has a place for the token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from devkit.blueprint.base import Planned, SessionPlan
from devkit.blueprint.documents.answers import answer_of, best_of, body_of
from devkit.blueprint.documents.looking import Look, Object
from devkit.blueprint.documents.paging import rest
from devkit.blueprint.documents.vocabulary import plain
from devkit.blueprint.naming import words
from devkit.contract.keeping import OWN, ByService
from devkit.contract.operations import Access
from devkit.records import dataclass
from devkit.schemas.base import Components, Schema

_PASSWORD = frozenset({"password", "passwd", "pass", "pwd"})
_EMAIL = frozenset(
    {"email", "username", "login", "useremail", "emailaddress", "identifier", "usernameoremail", "userid"}
)
_NAMES = {
    "first_name": frozenset({"firstname", "givenname"}),
    "last_name": frozenset({"lastname", "familyname", "surname"}),
    "name": frozenset({"name", "fullname", "displayname"}),
    "confirm_password": frozenset({"passwordconfirm", "confirmpassword", "passwordconfirmation", "repeatpassword"}),
}
_REFRESH = frozenset({"refreshtoken", "refresh"})

_TOLD: Mapping[str, frozenset[str]] = {
    "access_token": frozenset({"accesstoken", "token", "access", "jwt", "authtoken", "sessiontoken", "apitoken"}),
    "refresh_token": _REFRESH,
    "token_type": frozenset({"tokentype", "type"}),
    "expires_in": frozenset({"expiresin", "expiresinseconds", "accesstokenexpiresin"}),
    "expires_at": frozenset({"expiresat", "expires", "expiry", "accesstokenexpiresat", "expirationdate"}),
    "message": frozenset({"message", "detail", "msg"}),
}
_USER: Mapping[str, frozenset[str]] = {
    "user.id": frozenset({"id", "uuid", "userid", "useruuid"}),
    "user.email": frozenset({"email", "useremail", "emailaddress"}),
    "user.username": frozenset({"username", "login", "handle"}),
    "user.email_verified": frozenset({"emailverified", "isemailverified", "isverified", "verified"}),
    "user.created_at": frozenset({"createdat", "created", "datejoined", "joinedat", "registeredat"}),
    **{f"user.{name}": spellings for name, spellings in _NAMES.items() if name != "confirm_password"},
}
_KINDS = {"user.email_verified": "boolean", "expires_in": "integer"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """`said` are words of a path or an operationId that tell it, each several words at once."""

    service: str
    methods: frozenset[str]
    said: frozenset[str]


_KINDS_OF = (
    _Kind("auth.refresh", frozenset({"POST"}), frozenset({"refresh", "refreshtoken", "tokenrefresh"})),
    _Kind("auth.logout", frozenset({"POST", "DELETE", "GET"}), frozenset({"logout", "signout", "logoff"})),
    _Kind("auth.register", frozenset({"POST"}), frozenset({"register", "signup", "registration", "registrations"})),
    _Kind(
        "auth.login",
        frozenset({"POST"}),
        frozenset({"login", "signin", "token", "tokens", "session", "sessions", "authenticate", "accesstoken"}),
    ),
    _Kind("auth.me", frozenset({"GET"}), frozenset({"me", "whoami", "currentuser", "userinfo", "profile", "self"})),
)


def bound(
    operations: Sequence[Planned], components: Components, plan: SessionPlan | None, token_addresses: Sequence[str]
) -> Iterator[Planned]:
    """The operations, with those of ours that are among them bound. `token_addresses` are where the document's security
    schemes say that tokens are handed out. Each of ours is bound once, to the first that fits.
    """
    look, taken = Look(components), set[str]()
    ends = [urlsplit(address).path.strip("/") for address in token_addresses]
    for operation in operations:
        kind = _kind(operation, ends) if plan is not None else None
        found = _fitting(look, operation, kind.service, plan) if kind and plan and kind.service not in taken else None
        if found is None:
            yield operation
            continue
        taken.add(found.operation)
        access = Access.PUBLIC if found.operation != "auth.me" else Access.SIGNED_IN
        reason = f"it is devkit's own {found.operation}: what it is told and answers fits"
        yield replace(operation, keeping=found, access=access, reason=reason)


def _kind(operation: Planned, token_addresses: Sequence[str]) -> _Kind | None:
    literal = [segment for segment in operation.path.strip("/").split("/") if segment]
    if not literal or any("{" in segment for segment in literal):
        return None
    if operation.method == "POST" and any(end and operation.path.strip("/").endswith(end) for end in token_addresses):
        return _KINDS_OF[3]
    last = literal[-1].removesuffix(".json")
    said = {plain(last), "".join(words(last)), *words(last)[:1]}
    for kind in _KINDS_OF:
        if operation.method in kind.methods and said & kind.said:
            return kind
    return None


def fitting(operation: Planned, components: Components, service: str, plan: SessionPlan) -> ByService | None:
    """How one of ours keeps an operation, where what that is told and answers fits; None where it does not."""
    return _fitting(Look(components), operation, service, plan)


def _fitting(look: Look, operation: Planned, service: str, plan: SessionPlan) -> ByService | None:
    body, answer = body_of(operation), answer_of(operation)
    told = look.object(body) if body is not None else None
    takes, told = _within(look, told)
    names = _names(told, service, plan)
    if names is None:
        return None
    if answer is None:
        # Nothing is said of the answer: a login must hand out the token all the same.
        fits = service in {"auth.logout", "auth.register"} or (service == "auth.login" and bool(plan.cookie))
        return ByService(operation=service, names=names, takes=takes) if fits and _is_empty(operation) else None
    gives = dict(_gives(look, answer, "", 0, plan))
    known = set(gives.values())
    if service in {"auth.login", "auth.refresh"} and "access_token" not in known and not plan.cookie:
        return None
    if service in {"auth.me", "auth.update_profile"} and not known & {"user.email", "user.username"}:
        return None
    return ByService(operation=service, names=names, takes=takes, gives=gives, around=rest(look, answer, gives))


def _within(look: Look, told: Object | None) -> tuple[str, Object | None]:
    """The one member that all of a body is in, and what it has; no name where it is told as it is."""
    if told is None or len(told.properties) != 1:
        return "", told
    [(name, value)] = told.properties.items()
    inner = look.object(value)
    return ("", told) if inner is None else (name, inner)


def _names(told: Object | None, service: str, plan: SessionPlan) -> dict[str, str] | None:
    """How the fields of ours are called in a body; None where what must be told is not ours to understand."""
    if service in {"auth.me", "auth.logout"}:
        return {}
    if service == "auth.refresh":
        found = _called(told, _REFRESH)
        return {"refresh_token": found} if found else None if told and told.required else {}
    if service == "auth.update_profile":
        known = {**_NAMES, "username": frozenset({"username"})}
        names = {field: called for field, words in known.items() if (called := _called(told, words))}
        names = {field: called for field, called in names.items() if called not in plan.fields}
        own = told.properties.keys() & plan.fields.keys() if told else ()
        return {name: called for name, called in names.items() if name != "confirm_password"} if names or own else None
    password, email = _called(told, _PASSWORD), _called(told, _EMAIL)
    if told is None or not password or not email:
        return None
    names = {"email": _called(told, frozenset({"email"})) or email, "password": password}
    if service == "auth.register":
        names |= {field: called for field, spellings in _NAMES.items() if (called := _called(told, spellings))}
        username = _called(told, frozenset({"username"}))
        if username and username not in names.values():
            names["username"] = username
        if plain(names["email"]) not in {"email", "useremail", "emailaddress"}:
            return None
    return names


def _called(told: Object | None, spellings: frozenset[str]) -> str:
    return next((name for name in told.properties if plain(name) in spellings), "") if told else ""


def _gives(look: Look, schema: Schema, before: str, depth: int, plan: SessionPlan) -> Iterator[tuple[str, str]]:
    """Paths of an answer's members, with what of ours stands there."""
    members = look.object(schema)
    if members is None or depth > 2:
        return
    is_user = any(plain(name) in _USER["user.email"] for name in members.properties)
    known = {**_TOLD, **(_USER if is_user else {})}
    for name, value in members.properties.items():
        path, called, kinds = f"{before}{name}", plain(name), look.kinds(value)
        if kinds <= {"object"} and look.object(value):
            yield from _gives(look, value, f"{path}.", depth + 1, plan)
            continue
        if is_user and name in plan.fields:
            yield path, f"{OWN}{name}"
            continue
        for what, spellings in known.items():
            if called not in spellings:
                continue
            wanted = _KINDS.get(what, "string")
            if what == "user.id" and "integer" in kinds:
                yield path, "user.number"
            elif not kinds or wanted in kinds:
                yield path, what
            break


def _is_empty(operation: Planned) -> bool:
    """Whether a good request is answered without a body."""
    best = best_of(operation)
    return best is None or best.body is None
