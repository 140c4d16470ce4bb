"""What a learned operation has, and what faults therefore can do to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from devkit.blueprint.documents.vocabulary import plain
from devkit.blueprint.naming import words
from devkit.contract.operations import NOTHING, Need
from devkit.contract.shapes import is_json
from devkit.learning.facts import MULTIPART, Facts, value_of
from devkit.schemas.base import Json

TOKENS = frozenset(["token", "accesstoken", "jwt", "idtoken", "authtoken", "sessiontoken", "bearer", "access", "key"])
"""What a member with a token is called, `plain`."""
REFRESH_TOKENS = frozenset({"refreshtoken", "refresh"})
PASSWORDS = frozenset({"password", "passwd", "pass", "pwd", "passphrase"})
_STREAMS = frozenset({"text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq"})
_TEXTS = frozenset({"text/html", "text/css", "text/javascript", "application/javascript", "text/plain"})
_UPLOADS = frozenset({MULTIPART, "application/octet-stream", "application/offset+octet-stream"})
_FILES = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip", "application/octet-stream")
_REGISTER = (("register",), ("registration",), ("signup",), ("sign", "up"), ("create", "account"), ("join",))
_LOGIN = (("login",), ("signin",), ("sign", "in"), ("authenticate",), ("log", "in"))
_LOGOUT = (("logout",), ("signout",), ("sign", "out"), ("log", "out"))
_REFRESH = (("refresh",), ("refresh", "token"))
_ME = (
    ("me",),
    ("whoami",),
    ("get", "session"),
    ("current", "user"),
    ("user",),
    ("session",),
    ("profile",),
    ("userinfo",),
)
_HEALTH = (("health",), ("healthz",), ("healthcheck",), ("livez",), ("readyz",), ("ping",), ("status",))
_VERSION = (("version",),)
_FLAGS = (("flags",), ("features",), ("feature", "flags"), ("config",))


@lru_cache(maxsize=8192)
def ends_so(path: str, phrases: tuple[tuple[str, ...], ...], *, segments: int = 1) -> bool:
    """Whether one of a path's last `segments`, parameters left out, ends with one of these words."""
    last = [segment for segment in path.split("/") if segment and not segment.startswith("{")][-segments:]
    said = [tuple(words(segment)) for segment in last]
    return any(each[-len(phrase) :] == phrase for each in said for phrase in phrases)


def registers(path: str) -> bool:
    return ends_so(path, _REGISTER, segments=2)


def signs_in(path: str) -> bool:
    return ends_so(path, _LOGIN, segments=2)


def signs_out(path: str) -> bool:
    return ends_so(path, _LOGOUT)


def refreshes(path: str) -> bool:
    return ends_so(path, _REFRESH)


def tells_who(path: str) -> bool:
    return ends_so(path, _ME)


def members_in(value: Json, depth: int = 2) -> Mapping[str, Json]:
    """The members of an object, and of those in it, by their `plain` names; what is further out comes first."""
    found: dict[str, Json] = {}
    if isinstance(value, Mapping):
        for name, inner in value.items():
            found.setdefault(plain(name), inner)
        for inner in value.values():
            if depth and isinstance(inner, Mapping):
                for name, deeper in members_in(inner, depth - 1).items():
                    found.setdefault(name, deeper)
    return found


def hands_out(facts: Facts) -> bool:
    """Whether an answer has a token, or a cookie that is none for a moment, for who told a password or a token."""
    if not facts.succeeded or facts.method not in {"POST", "PUT", "GET"}:
        return False
    told = members_in(facts.request).keys()
    if not (PASSWORDS & told or REFRESH_TOKENS & told or refreshes(facts.path)):
        return False
    answered = members_in(facts.answer)
    has_token = any(isinstance(answered.get(name), str) and answered[name] for name in TOKENS)
    return has_token or any(name.lower() == "set-cookie" for name, _ in facts.answer_fields)


def needs_told(facts: Facts, path: str, *, listed: bool, crud: str) -> Need:
    """What one exchange shows that its operation has. `path` is the template, `crud` what is done to rows: `create`,
    `get` and so on; empty where that cannot be told.
    """
    found = Need.LIST if listed else NOTHING
    if path.rstrip("/").endswith("}") or crud in {"get", "replace", "update", "delete"}:
        found |= Need.ITEM
    found |= _written(facts, crud) | _bytes(facts)
    found |= _accounts(facts, path)
    for need, phrases in ((Need.HEALTH, _HEALTH), (Need.VERSION, _VERSION), (Need.FLAGS, _FLAGS)):
        if facts.method == "GET" and facts.succeeded and ends_so(path, phrases):
            found |= need
    if isinstance(facts.answer, Mapping) and isinstance(facts.answer.get("keys"), list) and path.endswith("jwks.json"):
        found |= Need.KEYS
    return found


def _written(facts: Facts, crud: str) -> Need:
    found = NOTHING
    if facts.method in {"POST", "PUT", "PATCH", "DELETE"}:
        found |= Need.WRITE
    if crud == "create":
        found |= Need.CREATE
    if facts.method == "DELETE":
        found |= Need.DELETE
    if facts.value("idempotency-key"):
        found |= Need.IDEMPOTENCY
    return found


def _bytes(facts: Facts) -> Need:
    sent, came = facts.request_type, facts.answer_type
    found = NOTHING
    if sent in _UPLOADS or (facts.method in {"POST", "PUT", "PATCH"} and sent.startswith(_FILES)):
        found |= Need.UPLOAD
    if not facts.succeeded or facts.status >= 300:
        return found
    if came in _STREAMS:
        found |= Need.STREAM
    attached = value_of(facts.answer_fields, "content-disposition").lower().startswith("attachment")
    if facts.method == "GET" and not is_json(came) and came not in _TEXTS | _STREAMS:
        found |= Need.DOWNLOAD if attached or came.startswith(_FILES) else NOTHING
    return found | (Need.DOWNLOAD if attached else NOTHING)


def _accounts(facts: Facts, path: str) -> Need:
    told, found = members_in(facts.request), NOTHING
    with_password = bool(PASSWORDS & told.keys())
    if hands_out(facts):
        found |= Need.TOKENS | Need.ACCOUNT | Need.USER
        if with_password and not registers(path) and (signs_in(path) or facts.status != 201):
            found |= Need.LOGIN
        if not with_password:
            found |= Need.REFRESH
    if facts.method == "POST" and (signs_out(path) or registers(path) or (signs_in(path) and with_password)):
        found |= Need.ACCOUNT
    told_who = facts.method == "GET" and facts.succeeded and tells_who(path) and isinstance(facts.answer, Mapping)
    if told_who and {"email", "username", "user", "login"} & members_in(facts.answer).keys():
        found |= Need.USER | Need.ACCOUNT
    return found
