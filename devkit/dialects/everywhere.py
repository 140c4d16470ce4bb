"""Addresses that every server has, whichever dialects it speaks. A row that dialects share is served once, as the first
one's.
"""

from __future__ import annotations

from devkit.contract.entities import Health, Upload
from devkit.dialects.answers import One, Say, object_schema
from devkit.dialects.base import Row
from devkit.dialects.replies import Reply
from devkit.dialects.spelling import Computed, Json, Spelling, View, WireContext, hints_of
from devkit.records import dataclass


@dataclass(frozen=True, slots=True)
class SimpleHealth(One):
    """Health without its components."""

    def reply(self, result: Health, context: WireContext, spelling: Spelling) -> Reply:
        body = spelling.write(result, context)
        return Reply(self.status, {name: body[name] for name in ("status", "version", "timestamp")})

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json:
        text = {"type": "string"}
        state = spelling.schema(hints_of(Health)["status"], components)
        return object_schema({"status": state, "version": text, "timestamp": text | {"format": "date-time"}})


UPLOAD_VIEW = View(
    Upload,
    ("id", "filename", "content_type", "size", "sha256", "url", "created_at"),
    {
        "url": Computed(
            lambda upload, context: context.address(f"/api/uploads/{upload.id}/content"),
            {"type": "string", "format": "uri"},
        )
    },
)
"""An upload in the events of a dialect that has none of its own: its content is where `agreed` has it."""

VERIFY_LINK = Row(
    operation="auth.verify", method="GET", path="/api/auth/verify", answer=Say(redirects=True), rooted=True
)
"""Where the links of mails lead. For dialects that have no such operation of their own; beside `agreed`, which has it,
it is `agreed`'s.
"""

HEALTH = Row(operation="health.get", method="GET", path="/health", answer=SimpleHealth(), rooted=True)
"""What clients and containers ask before anything else. It answers itself, and sends nobody on to `/health/`."""
