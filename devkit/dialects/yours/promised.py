"""How an answer that no resource gives is spelled: as its contract promises it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from devkit.contract.shapes import Outcome, Said, is_json
from devkit.dialects.replies import BytesBody, Reply, TextBody
from devkit.dialects.spelling import Json, Spelling, WireContext
from devkit.dialects.yours.describing import body_schema_of, media_type_of
from devkit.records import dataclass
from devkit.schemas.base import Components

_CHARSET = re.compile(r"\s*;\s*charset=[^;]*", re.IGNORECASE)
"""Texts are sent as UTF-8, whatever the contract says of them."""


# Compared by identity: what it is made of may have no hash.
@dataclass(frozen=True, kw_only=True, eq=False)
class Promised:
    """A `Said`, sent as it is; `outcome` describes the usual one."""

    status: int = 200
    outcome: Outcome | None = None
    components: Components

    def reply(self, result: Any, context: WireContext, spelling: Spelling) -> Reply:
        said: Said = result
        headers = dict(said.headers)
        if not said.media_type:
            return Reply(said.status, headers=headers, has_body=False)
        if isinstance(said.body, bytes):
            return Reply(said.status, BytesBody(said.body, said.media_type), headers)
        media_type = _CHARSET.sub("", said.media_type)
        if is_json(media_type):
            return Reply(said.status, said.body, headers, media_type=media_type)
        return Reply(said.status, TextBody(said.body, media_type), headers)

    def media_type(self) -> str:
        return media_type_of(self.outcome)

    def body_schema(self, spelling: Spelling, components: dict[str, Json]) -> Json | None:
        return body_schema_of(self.outcome, self.components, components)

    def headers(self) -> Mapping[str, str]:
        return {name: header.summary for name, header in self.outcome.headers.items()} if self.outcome else {}
