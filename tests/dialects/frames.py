"""Frames of a socket against the AsyncAPI document."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import jsonschema_rs

from tests.dialects.documents import resolve


class Described:
    """One socket as a document describes it."""

    def __init__(self, document: dict[str, Any], path: str) -> None:
        self._document = document
        [self.channel] = [channel for channel in document["channels"].values() if channel["address"] == path]

    @cached_property
    def payloads(self) -> dict[str, Any]:
        """The JSON Schema of each message, by its name in the channel."""
        return {
            name: resolve(self._document, message["$ref"])["payload"]
            for name, message in self.channel["messages"].items()
        }

    def validator(self, name: str) -> Any:
        # The components go in beside the schema, so that its references resolve.
        schema = {"$schema": "http://json-schema.org/draft-07/schema#", "components": self._document["components"]}
        return jsonschema_rs.validator_for(schema | self.payloads[name], validate_formats=True)

    def names_of(self, frame: Any) -> list[str]:
        """The server's messages that a frame can be."""
        sent = [name for name in self.payloads if not name.startswith("client_")]
        return [name for name in sent if self.validator(name).is_valid(frame)]
