"""Which needs an operation meets: told by what it is, and by what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from devkit.contract.entities import (
    AppConfig,
    ChatHealth,
    CurrentSession,
    Health,
    KeySet,
    Page,
    SignedIn,
    UploadContent,
    User,
)
from devkit.contract.entities_chat import CompletionStream
from devkit.contract.operations import NOTHING, Access, Media, Need, Operation
from devkit.contract.social_entities import Consent, SentBack

WORDS: Mapping[Need, str] = {
    Need.LIST: "answers with a page of rows",
    Need.ITEM: "is about one thing, by its id",
    Need.RESOURCE: "works on rows that somebody else may change meanwhile",
    Need.WRITE: "changes what is stored",
    Need.CREATE: "stores something new",
    Need.DELETE: "takes away what is stored",
    Need.ATOMIC: "changes what is stored and does nothing else, so that it can be left out, put off or done twice",
    Need.IDEMPOTENCY: "takes an Idempotency-Key",
    Need.SESSION: "is for those who are signed in",
    Need.CREDENTIALS: "looks who calls",
    Need.ACCOUNT: "is about signing in, staying so or signing out",
    Need.TOKENS: "hands out tokens",
    Need.LOGIN: "signs in with a password",
    Need.REFRESH: "exchanges a refresh token for new tokens",
    Need.USER: "tells who is signed in",
    Need.MAIL: "sends a mail",
    Need.VERIFY_LINK: "is where the link to verify an address leads",
    Need.RESET_LINK: "sets a password by the link of a mail",
    Need.KEYS: "shows the public keys of tokens",
    Need.CONSENT: "is a provider's page of a social login",
    Need.CALLBACK: "takes what comes back from a provider",
    Need.UPLOAD: "takes files",
    Need.DOWNLOAD: "answers with a file's bytes",
    Need.STREAM: "can answer with a stream of events",
    Need.EVENT: "causes events, which WebSockets tell",
    Need.VERSION: "tells the backend's version",
    Need.FLAGS: "tells the feature flags",
    Need.HEALTH: "tells whether the backend is well",
}

NEEDS: Mapping[str, Need] = {need.word: need for need in WORDS}
"""By the word that scenarios write."""

_ANSWERS: Mapping[type, Need] = {
    Page: Need.LIST,
    SignedIn: Need.TOKENS | Need.USER,
    CurrentSession: Need.USER,
    User: Need.USER,
    KeySet: Need.KEYS,
    Consent: Need.CONSENT,
    SentBack: Need.CONSENT,
    UploadContent: Need.DOWNLOAD,
    CompletionStream: Need.STREAM,
    AppConfig: Need.VERSION | Need.FLAGS,
    Health: Need.VERSION | Need.HEALTH,
    ChatHealth: Need.HEALTH,
}
"""What the kind of a result tells."""

_FIELDS: Mapping[str, Need] = {"id": Need.ITEM, "idempotency_key": Need.IDEMPOTENCY}
"""What a field of the input tells."""

_ACCOUNTS = frozenset({"accounts", "sessions", "session_tokens", "linked_accounts", "social"})
"""Services that look after accounts."""


def needs_of(operation: Operation) -> Need:
    """All that an operation meets."""
    found = operation.has
    for kind in get_args(operation.result) if get_origin(operation.result) is not Page else (Page,):
        found |= _answer(kind)
    found |= _answer(operation.result)
    for name in operation.input.model_fields:
        found |= _FIELDS.get(name, NOTHING)
    if "refresh_token" in operation.input.model_fields and Need.TOKENS in found:
        found |= Need.REFRESH
    if operation.access is Access.SIGNED_IN:
        found |= Need.SESSION
    if operation.access is not Access.PUBLIC:
        found |= Need.CREDENTIALS
    if operation.media is Media.MULTIPART:
        found |= Need.UPLOAD
    if operation.emits:
        found |= Need.EVENT
    if operation.service in _ACCOUNTS:
        found |= Need.ACCOUNT
    if found & (Need.CREATE | Need.DELETE):
        found |= Need.WRITE
    if Need.WRITE in found and not found & (Need.UPLOAD | Need.MAIL):
        found |= Need.ATOMIC
    return found


def meets(has: Need, needs: Iterable[Need]) -> bool:
    """Whether an operation that has all that meets one of several needs, each of which may be several at once; true
    where none is named.
    """
    return any(need in has for need in needs) or not [*needs]


def in_words(needs: Iterable[Need]) -> str:
    """What an operation does that meets one of them, as the end of a sentence."""
    return ", or ".join(" and ".join(WORDS[one] for one in need) for need in needs)


def _answer(kind: Any) -> Need:
    found = NOTHING
    for known, need in _ANSWERS.items():
        if isinstance(kind, type) and issubclass(kind, known):
            found |= need
    return found
