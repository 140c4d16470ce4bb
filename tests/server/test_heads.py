"""How a request's head is read: fields on several lines, and whom the request is sent to. Each test names its RFC."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.wire import RawAnswer, exchange

ORIGIN = b"Origin: http://localhost:3000\r\n"


async def ask(
    client: Client, *lines: bytes, target: bytes = b"/api/tasks?limit=1", method: bytes = b"GET"
) -> RawAnswer:
    """The answer to a request with these header lines, in this order and nothing but them."""
    head = b"%s %s HTTP/1.1\r\n" % (method, target) + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    return await exchange(client.ready.port, head)


def host(client: Client) -> bytes:
    return b"Host: localhost:%d" % client.ready.port


# Fields on several lines (RFC 9110, section 5.3)


async def test_cookies_on_several_lines_are_one_string_of_pairs(signed_in: Client) -> None:
    """RFC 9113, section 8.2.3, and RFC 6265bis, section 4.2.1: proxies that speak HTTP/2 split the field."""
    token = b"Cookie: auth-token=" + signed_in.token.encode()
    for lines in ((b"Cookie: theme=dark", token), (token, b"Cookie: theme=dark"), (b"Cookie:", b"cookie: a=b", token)):
        assert (await ask(signed_in, host(signed_in), *lines)).status == 200


async def test_header_names_that_a_page_asks_for_on_several_lines_are_all_allowed(client: Client) -> None:
    """Fetch, section 3.3: Access-Control-Request-Headers is a list."""
    answer = await ask(
        client,
        host(client),
        b"Origin: http://localhost:3000",
        b"Access-Control-Request-Method: PUT",
        b"Access-Control-Request-Headers: content-type",
        b"Access-Control-Request-Headers: x-client-version",
        method=b"OPTIONS",
    )
    assert (answer.status, answer.headers["access-control-allow-headers"]) == (204, "content-type, x-client-version")


async def test_entity_tags_on_several_lines_are_one_list(signed_in: Client) -> None:
    """RFC 9110, sections 13.1.1 and 13.1.2."""
    task = (await signed_in.send("POST", "/api/tasks", json={"title": "x"})).headers
    target, tag = task["Location"].encode(), task["ETag"].encode()
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    for first, second in ((b'"other"', tag), (tag, b'"other"')):
        lines = host(signed_in), bearer, b"If-None-Match: " + first, b"If-None-Match: " + second
        head = b"GET %s HTTP/1.1\r\n" % target + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
        assert (await exchange(signed_in.ready.port, head, has_body=False)).status == 304
    body = b'{"title": "y"}'
    kind = b"Content-Type: application/json\r\nContent-Length: %d" % len(body)
    lines = host(signed_in), bearer, b'If-Match: "other"', b"If-Match: " + tag, kind
    head = b"PATCH %s HTTP/1.1\r\n" % target + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    assert (await exchange(signed_in.ready.port, head + body)).status == 200


async def test_gzip_may_be_accepted_on_any_line(signed_in: Client) -> None:
    """RFC 9110, section 12.5.3."""
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    lines = host(signed_in), bearer, b"Accept-Encoding: br", b"Accept-Encoding: gzip"
    answer = await ask(signed_in, *lines, target=b"/api/tasks?limit=50")
    assert answer.headers["content-encoding"] == "gzip"


async def test_scenarios_on_several_lines_are_all_switched_on(signed_in: Client) -> None:
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    unknown = b"X-Devkit-Scenario: no-such-scenario"
    for lines in ((b"X-Devkit-Scenario: slow-network", unknown), (unknown, b"X-Devkit-Scenario: slow-network, ,")):
        answer = await ask(signed_in, host(signed_in), bearer, *lines)
        assert (answer.status, "no-such-scenario" in answer.json["message"]) == (400, True)


async def test_a_token_offered_as_a_subprotocol_may_stand_on_a_line_of_its_own(signed_in: Client) -> None:
    """RFC 6455, section 11.3.4: Sec-WebSocket-Protocol may stand on several lines."""
    lines = (
        host(signed_in),
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Protocol: bearer",
        b"Sec-WebSocket-Protocol: " + signed_in.token.encode(),
    )
    head = b"GET /ws/health/ HTTP/1.1\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"
    answer = await exchange(signed_in.ready.port, head, has_body=False)
    assert (answer.status, answer.headers["sec-websocket-protocol"]) == (101, "bearer")


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("Authorization", b"Bearer a", b"Bearer b"),
        ("X-API-Key", b"a", b"b"),
        ("Origin", b"http://localhost:3000", b"http://localhost:5173"),
        ("X-Devkit-Sandbox", b"main", b"w1"),
        ("Idempotency-Key", b"a", b"b"),
    ],
)
async def test_two_lines_that_differ_where_there_may_be_one_are_refused(
    client: Client, name: str, first: bytes, second: bytes
) -> None:
    """RFC 9110, section 5.3; for Host RFC 9112, section 3.2."""
    field = name.encode()
    lines = [b"%s: %s" % (field, value) for value in (first, second)]
    answer = await ask(client, *([] if name == "Host" else [host(client)]), *lines)
    assert (answer.status, answer.json["error"]) == (400, "bad_request")
    assert name in answer.json["message"]


async def test_the_same_line_twice_is_one_and_an_empty_one_none(signed_in: Client) -> None:
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    assert (await ask(signed_in, host(signed_in), bearer, bearer, b"Authorization:")).status == 200


# One authority (RFC 9112, section 3.2.2)


async def test_the_target_says_whom_a_request_is_sent_to_and_the_host_field_nothing(signed_in: Client) -> None:
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    for target, status in (
        (b"http://localhost:%d" % signed_in.ready.port, 200),
        (b"http://evil.example", 403),
        (b"http://w9.localhost", 404),
    ):
        for field in (b"localhost", b"evil.example", b"w9.localhost", b""):
            answer = await ask(signed_in, b"Host: " + field, bearer, target=target + b"/api/tasks?limit=1")
            assert answer.status == status, (target, field)


@pytest.mark.parametrize("written", [b"localhost:1234", b"[::1]:1234", b"LOCALHOST.:1234", b"127.0.0.1:1234"])
async def test_addresses_in_answers_keep_port_and_brackets_in_every_form(signed_in: Client, written: bytes) -> None:
    bearer = b"Authorization: Bearer " + signed_in.token.encode()
    shown = written.decode().lower().replace(".:", ":")
    for target in (b"/api/uploads?limit=1", b"http://" + written + b"/api/uploads?limit=1"):
        answer = await ask(signed_in, b"Host: " + written, bearer, target=target)
        assert answer.json["data"][0]["url"].startswith(f"http://{shown}/api/uploads/")


async def test_a_page_of_the_targets_own_origin_may_steer(client: Client) -> None:
    """Before, the port of an absolute target was lost, and with it the own origin."""
    port = b"%d" % client.ready.port
    for origin, status in ((b"http://localhost:" + port, 200), (b"http://localhost", 403)):
        lines = b"Host: x", b"Origin: " + origin, b"Content-Length: 0"
        target = b"http://localhost:" + port + b"/_devkit/api/clock/freeze"
        assert (await ask(client, *lines, target=target, method=b"POST")).status == status


@pytest.mark.parametrize(
    "field",
    [b"", b":8000", b"localhost:x", b"localhost:99999", b"::1", b"[::1", b"user@localhost", b"a b", b"local host",
     b"localhost/x", b"[zz]:1"],
)  # fmt: skip
async def test_a_host_field_that_is_malformed_is_refused(client: Client, field: bytes) -> None:
    """RFC 9112, section 3.2."""
    answer = await ask(client, b"Host: " + field, ORIGIN.strip())
    assert (answer.status, answer.json["error"]) == (400, "bad_request")
    assert "localhost:8000" in answer.json["message"]
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


@pytest.mark.parametrize(
    "target", [b"http://user:pw@localhost/api/health", b"http://:80/api/health", b"ftp://localhost/api/health"]
)
async def test_a_target_with_a_user_or_without_a_host_is_refused(client: Client, target: bytes) -> None:
    """RFC 9110, sections 4.2.1 and 4.2.4."""
    answer = await ask(client, host(client), target=target)
    assert (answer.status, answer.json["error"]) == (400, "bad_request")


async def test_a_request_of_http_1_0_need_not_say_whom_it_is_sent_to(client: Client) -> None:
    """RFC 9112, section 3.2; the address is then the one that the connection ends at."""
    answer = await exchange(client.ready.port, b"GET /api/health HTTP/1.0\r\n\r\n")
    assert answer.status == 200
