"""The AsyncAPI document: sound, complete, and what real sockets say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devkit.contract.shipped import CONTRACT
from devkit.dialects.agreed import AGREED
from devkit.dialects.asyncapi import document
from devkit.dialects.backend import sockets
from devkit.dialects.base import Dialect
from devkit.dialects.frames import EVENT_SOCKET, OPEN_EVENT_SOCKET
from devkit.dialects.shipped import DIALECTS
from devkit.dialects.sockets import SocketProtocol
from devkit.dialects.spelling import Spelling, snake
from devkit.server.sockets.messages import BadMessage, read_message
from tests.dialects.documents import every_reference_resolves
from tests.dialects.frames import Described

SPEAKERS = sockets(DIALECTS)

HEARD = [Described(document([AGREED]), "/ws").validator(f"client_{heard.name}") for heard in EVENT_SOCKET.hears]

each_socket = pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: path.strip("/").replace("/", "-"))


@pytest.mark.parametrize("dialects", [[*DIALECTS], *([dialect] for dialect in DIALECTS)], ids=len)
def test_every_socket_has_its_channel_and_every_reference_resolves(dialects: list[Dialect]) -> None:
    found = document(dialects)
    addresses = [channel["address"] for channel in found["channels"].values()]
    assert addresses == list(dict.fromkeys(dialect.socket_path for dialect in dialects if dialect.socket_path))
    every_reference_resolves(found)
    json.dumps(found)


@each_socket
def test_a_channel_has_all_messages_of_its_protocol_and_all_events(path: str) -> None:
    protocol = SPEAKERS[path].socket_protocol
    channel = document([SPEAKERS[path]])["channels"][protocol.name]
    own = {said.name for said in protocol.says} | {f"client_{heard.name}" for heard in protocol.hears}
    assert set(channel["messages"]) == own | (set(CONTRACT.events.names()) if protocol.events else set())


@each_socket
def test_every_payload_is_valid_json_schema_and_says_all_that_the_server_does(path: str) -> None:
    described = Described(document([SPEAKERS[path]]), path)
    for name, schema in described.payloads.items():
        jsonschema_rs.meta.validate({"$schema": "http://json-schema.org/draft-07/schema#", **schema})
        if not name.startswith("client_"):
            assert schema["additionalProperties"] is False
            assert set(schema["required"]) == set(schema["properties"])


@each_socket
def test_examples_of_client_messages_fit_and_are_understood(path: str) -> None:
    protocol = SPEAKERS[path].socket_protocol
    described = Described(document([SPEAKERS[path]]), path)
    for heard in protocol.hears:
        assert described.validator(f"client_{heard.name}").is_valid(dict(heard.example))


def _topics() -> st.SearchStrategy[Any]:
    return st.lists(st.one_of(st.text(max_size=5), st.integers()), max_size=3) | st.just(["tasks"] * 101) | st.none()


@settings(deadline=None, derandomize=True, database=None)
@given(
    message=st.fixed_dictionaries(
        {"type": st.sampled_from(["subscribe", "unsubscribe", "ping", "publish", None, 1])},
        optional={"topics": _topics(), "since": st.integers(-2, 2) | st.none() | st.booleans(), "more": st.none()},
    )
)
def test_the_server_takes_what_the_document_allows_and_nothing_else(message: dict[str, Any]) -> None:
    allowed = any(validator.is_valid(message) for validator in HEARD)
    try:
        read_message(json.dumps(message).encode())
    except BadMessage:
        assert not allowed
    else:
        assert allowed


def test_a_socket_can_be_entered_by_cookie_query_and_header() -> None:
    schemes = document([AGREED])["components"]["securitySchemes"]
    places = {(scheme["type"], scheme.get("in"), scheme.get("name")) for scheme in schemes.values()}
    assert places == {
        ("httpApiKey", "cookie", "auth-token"),
        ("httpApiKey", "query", "token"),
        ("httpApiKey", "query", "api_key"),
        ("httpApiKey", "header", "X-API-Key"),
        ("httpApiKey", "header", "Sec-WebSocket-Protocol"),
        ("http", None, None),
    }


@pytest.mark.parametrize(
    ("url", "host", "protocol"),
    [("http://localhost:8000", "localhost:8000", "ws"), ("https://w1.localhost:8443", "w1.localhost:8443", "wss")],
)
def test_the_server_is_the_one_that_was_named(url: str, host: str, protocol: str) -> None:
    server = document([AGREED], server_url=url)["servers"]["devkit"]
    assert (server["host"], server["protocol"]) == (host, protocol)


def _twin(**changes: Any) -> Dialect:
    return replace(AGREED, **({"name": "twin", "spelling": Spelling(snake, AGREED.spelling.views.values())} | changes))


def _fields_of_task(found: dict[str, Any]) -> Iterator[str]:
    yield from found["components"]["schemas"]["Task"]["properties"]


def test_of_dialects_that_share_a_socket_each_spells_its_events_and_the_first_one_goes_by_plain_names() -> None:
    twin = _twin()
    assert "due_date" in _fields_of_task(document([twin]))
    both = document([twin], served=[AGREED, twin])
    assert "dueDate" in _fields_of_task(both)
    assert "due_date" in both["components"]["schemas"]["twin.Task"]["properties"]
    assert len(both["components"]["messages"]["events.task_created"]["payload"]["anyOf"]) == 2
    assert "anyOf" not in both["components"]["messages"]["events.model_update"]["payload"]
    assert list(document([AGREED, twin])["channels"]) == ["events"]
    every_reference_resolves(both)


def test_of_two_sockets_of_one_name_the_later_goes_by_its_dialect_too() -> None:
    found = document([AGREED, _twin(socket_path="/other")])
    assert {name: one["address"] for name, one in found["channels"].items()} == {
        "events": "/ws",
        "twin.events": "/other",
    }
    every_reference_resolves(found)


def test_at_one_path_a_socket_that_knows_who_comes_is_before_one_of_nobody() -> None:
    assert sockets([_twin(socket_protocol=OPEN_EVENT_SOCKET), AGREED])["/ws"] is AGREED


def test_a_dialect_without_a_socket_has_no_channel() -> None:
    assert document([_twin(socket_path=None)])["channels"] == {}


def test_a_protocol_without_events_has_its_own_messages_only() -> None:
    quiet = SocketProtocol(name="quiet", title="Quiet", summary="Says little", says=EVENT_SOCKET.says[:1], hears=())
    found = document([_twin(socket_path="/quiet", socket_protocol=quiet)])
    assert set(found["channels"]["quiet"]["messages"]) == {"connection"}
    assert found["components"]["schemas"] == {}
