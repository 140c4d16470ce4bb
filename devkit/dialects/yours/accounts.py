"""How what our services give is spelled where a document has its own words for it: members of an answer by their paths,
and what of ours stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import field
from functools import cached_property
from typing import Any

from devkit.contract.auth import own_of
from devkit.contract.entities import Done, Registered, SignedIn, Tokens, User
from devkit.contract.keeping import OWN, ByService
from devkit.contract.shapes import Outcome
from devkit.dialects.base import Answer
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.dialects.yours.around import made_around, put
from devkit.dialects.yours.describing import body_schema_of
from devkit.effects import isoformat
from devkit.records import dataclass
from devkit.schemas.base import Components

_TOKENS: Mapping[str, Callable[[Tokens], Json]] = {
    "access_token": lambda tokens: tokens.access,
    "refresh_token": lambda tokens: tokens.refresh,
    "token_type": lambda tokens: "bearer",
    "expires_in": lambda tokens: tokens.access_lifetime,
    "expires_at": lambda tokens: isoformat(tokens.access_expires_at),
}


# Compared by identity: what it is made of may have no hash.
@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """An answer of a service of ours, as a document has it. `like` is what it would be otherwise: its cookies and its
    headers are sent as well.
    """

    status: int
    keeping: ByService
    outcome: Outcome
    components: Components
    like: Answer
    own: Mapping[str, Json] = field(default_factory=dict)
    """What fields of one's own are where nobody said anything."""

    @cached_property
    def _around(self) -> dict[str, Json]:
        return made_around(self.keeping.around, self.components)

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        reply = self.like.reply(result, context, spelling)
        if self.outcome.body is None:
            return Reply(self.status, headers=reply.headers, cookies=reply.cookies, has_body=False)
        body = deepcopy(self._around)
        for path, what in self.keeping.gives.items():
            value = _told(result, what, self.own)
            if value is None and what == "access_token" and isinstance(result, User):
                value = context.token or None  # who asks who they are goes on with the same
            if value is not None or path not in body:
                put(body, path, value)
        return Reply(self.status, body, reply.headers, cookies=reply.cookies)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return body_schema_of(self.outcome, self.components, components)

    def media_type(self) -> str:
        return "application/json"

    def headers(self) -> Mapping[str, str]:
        return self.like.headers()


def _told(result: Any, what: str, own: Mapping[str, Json]) -> Json:
    if what in _TOKENS:
        tokens = result.tokens if isinstance(result, SignedIn | Registered) else result
        return _TOKENS[what](tokens) if isinstance(tokens, Tokens) else None
    if what == "message":
        return result.message if isinstance(result, Done) else "OK"
    user = result if isinstance(result, User) else getattr(result, "user", None)
    if what.startswith(OWN):
        name = what.removeprefix(OWN)
        return own_of(user).get(name, own.get(name)) if isinstance(user, User) else None
    value = getattr(user, what.partition(".")[2], None)
    return isoformat(value) if what == "user.created_at" and value is not None else value
