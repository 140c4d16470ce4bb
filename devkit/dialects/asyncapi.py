"""AsyncAPI 3.0 for the WebSockets, from the protocols of the dialects and the contract's events: nothing is described
here that they do not say already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from devkit import __version__
from devkit.contract.base import EventKind
from devkit.dialects.backend import sockets
from devkit.dialects.base import Dialect
from devkit.dialects.frames import event_schema
from devkit.dialects.sockets import Credential, Heard, heard_schema, said_schema
from devkit.dialects.spelling import Json

SERVER_URL = "http://localhost:8000"

_SCHEMAS = "#/components/schemas/"

_RULES = """\
The WebSockets of devkit's mock backend, as the frontend sees them. The document speaks for the server: what it sends
arrives at the frontend, what it receives the frontend has sent.

Every message is JSON in a text frame. Times are ISO 8601 in UTC with milliseconds. Who may not come in is told so on
the open socket before it is closed, because a browser shows nothing of a handshake that was refused.
"""


def document(
    dialects: Sequence[Dialect], *, served: Sequence[Dialect] = (), server_url: str = SERVER_URL
) -> dict[str, Any]:
    """The AsyncAPI document of those dialects' sockets, as JSON values; a new one at every call.

    `served` are the dialects beside which they are served (themselves, where none are given): each of them may spell
    a socket's events, in which a
    client's token says (`devkit.server.sockets.handshake`). `server_url` is scheme and host of the server.
    """
    url = urlsplit(server_url)
    wanted = {dialect.socket_path for dialect in dialects}
    speakers = {path: dialect for path, dialect in sockets(served or dialects).items() if path in wanted}
    builder = _Builder(speakers, served or dialects)
    found: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"WebSockets: {' · '.join(dialect.title for dialect in dialects)}",
            "version": __version__,
            "description": _RULES,
        },
        "defaultContentType": "application/json",
        "servers": {
            "devkit": {
                "host": url.netloc,
                "protocol": "wss" if url.scheme in {"https", "wss"} else "ws",
                "description": "The mock backend",
            }
        },
    }
    return found | builder.parts()


class _Builder:
    """Collects channels, operations and components. What two sockets would call the same gets the socket's name, and
    where these are the same, the later one its dialect's.
    """

    def __init__(self, speakers: Mapping[str, Dialect], spellers: Sequence[Dialect]) -> None:
        self._spellers = spellers
        self._channels: dict[str, Json] = {}
        self._operations: dict[str, Json] = {}
        self._messages: dict[str, Json] = {}
        self._schemas: dict[str, Json] = {}
        self._schemes: dict[str, Json] = {}
        for path, dialect in speakers.items():
            self._add(path, dialect)

    def parts(self) -> dict[str, Json]:
        components = {"schemas": self._schemas, "messages": self._messages, "securitySchemes": self._schemes}
        return {
            "channels": self._channels,
            "operations": self._operations,
            "components": {name: dict(sorted(part.items())) for name, part in components.items()},
        }

    def _add(self, path: str, dialect: Dialect) -> None:
        protocol = dialect.socket_protocol
        channel = protocol.name if protocol.name not in self._channels else f"{dialect.name}.{protocol.name}"
        sent = {
            said.name: self._message(said.name, said.summary, said_schema(said.frame, protocol))
            for said in protocol.says
        }
        if protocol.events:
            sent |= {event.name: self._event(event, dialect) for event in dialect.contract.events}
        heard = {f"client_{said.name}": self._heard(said) for said in protocol.hears}
        for name, message in (sent | heard).items():
            self._messages[f"{channel}.{name}"] = message
        self._channels[channel] = {
            "address": path,
            "title": protocol.title,
            "summary": protocol.summary,
            "description": _closes(protocol.closes),
            "servers": [{"$ref": "#/servers/devkit"}],
            "messages": {name: {"$ref": f"#/components/messages/{channel}.{name}"} for name in sent | heard},
            "bindings": {"ws": _handshake(protocol.credentials)},
            "x-devkit-dialect": dialect.name,
            "x-devkit-close-codes": {str(code): reason for code, reason in protocol.closes.items()},
        }
        security = [*self._security(dialect)]
        self._operations[f"{channel}.tell"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": "What the server says by itself",
            "security": security,
            "messages": [_on(channel, name) for name in sent],
        }
        for said in protocol.hears:
            replies = [*said.replies, *([protocol.error] if protocol.error else [])]
            self._operations[f"{channel}.{said.name}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": said.summary,
                "security": security,
                "messages": [_on(channel, f"client_{said.name}")],
                "reply": {
                    "channel": {"$ref": f"#/channels/{channel}"},
                    "messages": [_on(channel, name) for name in replies],
                },
            }

    def _message(self, name: str, summary: str, payload: Json) -> dict[str, Json]:
        return {"name": name, "title": name, "summary": summary, "payload": payload}

    def _heard(self, said: Heard) -> Json:
        message = self._message(said.name, said.summary, heard_schema(said.frame))
        return message | {"examples": [{"payload": dict(said.example)}]}

    def _event(self, event: EventKind, dialect: Dialect) -> Json:
        spelled: list[Json] = []
        for speller in (dialect, *(other for other in self._spellers if other is not dialect)):
            schema = self._spelled(event, speller)
            if schema not in spelled:
                spelled.append(schema)
        causes = [operation.id for operation in dialect.contract.operations if event.name in operation.emits]
        payload = spelled[0] if len(spelled) == 1 else {"anyOf": spelled}
        message = self._message(event.name, event.summary, payload)
        return message | {"x-devkit-topics": [*event.topics], "x-devkit-caused-by": causes}

    def _spelled(self, event: EventKind, dialect: Dialect) -> Json:
        """The frame as that dialect spells it. Entities that it spells as none before it go by its name too."""
        entities: dict[str, Json] = {}
        payload = event_schema(event, dialect.spelling, entities, dialect.contract.components)
        # Those that refer to one that goes by another name are others themselves.
        names = {name: name for name in entities}
        changed = True
        while changed:
            changed = False
            for name, schema in entities.items():
                if names[name] == name and self._schemas.get(name, schema) != _renamed(schema, names):
                    names[name], changed = f"{dialect.name}.{name}", True
        for name, schema in entities.items():
            self._schemas.setdefault(names[name], _renamed(schema, names))
        return _renamed(payload, names)

    def _security(self, dialect: Dialect) -> Iterator[Json]:
        for cookie in dialect.access_cookies:
            yield self._scheme(cookie, {"type": "httpApiKey", "in": "cookie", "name": cookie})
        for credential in dialect.socket_protocol.credentials:
            described: dict[str, Json] = {"description": credential.summary}
            if credential.name == "Authorization":
                described |= {"type": "http", "scheme": "bearer"}
            else:
                described |= {"type": "httpApiKey", "in": credential.where, "name": credential.name}
            yield self._scheme(credential.name, described)

    def _scheme(self, name: str, scheme: Json) -> Json:
        self._schemes[name] = scheme
        return {"$ref": f"#/components/securitySchemes/{name}"}


def _renamed(schema: Json, names: Mapping[str, str]) -> Json:
    """The schema with its references to entities by these names."""
    if isinstance(schema, dict):
        return {
            key: f"{_SCHEMAS}{names[value.removeprefix(_SCHEMAS)]}" if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def _on(channel: str, message: str) -> Json:
    return {"$ref": f"#/channels/{channel}/messages/{message}"}


def _closes(codes: Mapping[int, str]) -> str:
    return "The server closes with:\n\n" + "\n".join(f"- {code}: {reason}" for code, reason in codes.items())


def _handshake(credentials: Sequence[Credential]) -> Json:
    """The WebSocket binding: what the handshake may bring along."""
    binding: dict[str, Json] = {"method": "GET", "bindingVersion": "0.1.0"}
    for where, key in (("query", "query"), ("header", "headers")):
        properties = {
            credential.name: {"type": "string", "description": credential.summary}
            for credential in credentials
            if credential.where == where
        }
        if properties:
            binding[key] = {"type": "object", "properties": properties}
    return binding
