"""Requests that are wrong outside their body: addresses, headers, tokens, and what is no HTTP at all."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import urllib.parse
from typing import Any

import jwt
import pytest

from devkit.effects import DAY
from tests.conftest import Answer, Client, StartServer
from tests.wire import HOST, RawAnswer, Wire, exchange

NO_TASK = "00000000-0000-4000-8000-00000000dead"


def check(answer: Answer | RawAnswer, status: int, code: str) -> None:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert (answer.status, answer.json["error"]) == (status, code), answer.body
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-request-id"] == answer.json["request_id"]
    assert b"Traceback" not in answer.body


async def raw(client: Client, target: bytes, headers: bytes = b"", method: bytes = b"GET") -> RawAnswer:
    """A signed-in request whose target and headers are bytes as they stand here."""
    head = b"%s %s HTTP/1.1\r\n%s" % (method, target, b"" if b"Host:" in headers else HOST)
    authorization = b"Authorization: Bearer %s\r\n" % client.token.encode() if client.token else b""
    return await exchange(client.ready.port, head + authorization + headers + b"\r\n", has_body=method != b"HEAD")


# Numbers in the query


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "abc", "1.5", "1e3", "0x10", "NaN", "9" * 400, "9" * 5000, "%00", "%D9%A1x", "1;2", "true", "--1"],
)
@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize("path", ["/api/tasks", "/api/uploads", "/api/auth/sessions"])
async def test_a_number_that_makes_no_sense_is_a_validation_error(
    signed_in: Client, path: str, name: str, number: str
) -> None:
    answer = await raw(signed_in, f"{path}?{name}={number}".encode())
    check(answer, 400, "validation_error")
    assert answer.json["details"].keys() == {name}


@pytest.mark.parametrize("page", [10**18, 2**63 - 1])
@pytest.mark.parametrize("path", ["/api/tasks", "/api/uploads", "/api/auth/sessions"])
async def test_a_page_far_beyond_the_end_is_empty(signed_in: Client, path: str, page: int) -> None:
    answer = await signed_in.send("GET", path, params={"page": page, "limit": 100})
    assert (answer.status, answer.json["data"], answer.json["page"]) == (200, [], page)


@pytest.mark.parametrize("page", [2**63, 2**64, 10**30])
async def test_a_page_that_no_database_could_count_is_a_validation_error(signed_in: Client, page: int) -> None:
    answer = await signed_in.send("GET", "/api/tasks", params={"page": page})
    check(answer, 400, "validation_error")


@pytest.mark.parametrize(
    "query", ["page=1&page=2", "limit=5&limit=5", "q=a&q=b", "sort=title&sort=", "page=1&%70age=2"]
)
async def test_a_parameter_given_twice_is_a_validation_error(signed_in: Client, query: str) -> None:
    answer = await raw(signed_in, f"/api/tasks?{query}".encode())
    check(answer, 400, "validation_error")
    assert len(answer.json["details"]) == 1


async def test_unknown_parameters_are_ignored_also_twice(signed_in: Client) -> None:
    assert (await raw(signed_in, b"/api/tasks?x=1&x=2&&=&=3&y&%00=%ff")).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "sort=nothing",
        "sort=created_at",
        "sort=-",
        "completed=maybe",
        "priority=urgent",
        "priority=HIGH",
        "q=%00",
        "sort=",
    ],
)
async def test_a_filter_or_order_that_is_none_is_a_validation_error(signed_in: Client, query: str) -> None:
    check(await raw(signed_in, f"/api/tasks?{query}".encode()), 400, "validation_error")


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "%25", "' OR 1=1 --", "🎉", "*", "[a-z]", "x" * 4000])
async def test_a_search_is_literal(signed_in: Client, text: str) -> None:
    await signed_in.send("POST", "/api/tasks", json={"title": f"a{text}b"[:200]})
    answer = await signed_in.send("GET", "/api/tasks", params={"q": text})
    assert answer.status == 200
    assert all(text in f"{task['title']} {task['description']}" for task in answer.json["data"])


@pytest.mark.parametrize("text", [b"%ff", b"%ed%a0%80", b"\xff\xfe", b"\xed\xa0\x80", b"%", b"%zz", b"%c0%ae"])
@pytest.mark.parametrize("name", [b"q", b"page", b"sort", b"token", b"devkit_sandbox"])
async def test_a_query_that_is_not_utf8_crashes_nothing(signed_in: Client, name: bytes, text: bytes) -> None:
    for path in (b"/api/tasks", b"/api/auth/verify"):
        answer = await raw(signed_in, path + b"?" + name + b"=" + text)
        assert answer.status in {200, 400, 404}, answer.body
        assert isinstance(answer.json, dict)


# Ids and paths


@pytest.mark.parametrize(
    "given",
    [
        b"1", b"-1", b"null", b"undefined", b"NaN", b"%00", b"a%00b", b"a%2Fb", b"%2e%2e", b"%ff", b"%ed%a0%80",
        b"\xff",
        b"\xed\xa0\x80", b"%", b"%2", b"%zz", b"'%20OR%201=1", b"{id}", b"%7Bid%7D", b"*", b"x" * 8000, b"%F0%9F%8E%89",
        NO_TASK.encode(), NO_TASK.encode() + b"%00", b"%0d%0aX:%20y", b"a;b=c", b"..;", b"~",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (b"GET", b"/api/tasks/@"),
        (b"DELETE", b"/api/tasks/@"),
        (b"GET", b"/api/uploads/@"),
        (b"GET", b"/api/uploads/@/content"),
        (b"DELETE", b"/api/uploads/@"),
        (b"DELETE", b"/api/auth/sessions/@"),
    ],
)
async def test_an_id_that_names_nothing_is_not_found(
    signed_in: Client, method: bytes, path: bytes, given: bytes
) -> None:
    # Bytes beyond ASCII must be percent-encoded (RFC 9112, section 3.2).
    expected = (404, "not_found") if given.isascii() else (400, "bad_request")
    check(await raw(signed_in, path.replace(b"@", given), method=method), *expected)


@pytest.mark.parametrize("given", ["1", "%00", "%ff", "x" * 8000])
async def test_a_change_to_an_id_that_names_nothing_is_not_found(signed_in: Client, given: str) -> None:
    for method, suffix, body in (
        ("PUT", "", {"title": "x"}),
        ("PATCH", "", {}),
        ("PATCH", "/complete", {"completed": True}),
    ):
        from yarl import URL

        url = URL(f"{signed_in.url}/api/tasks/{given}{suffix}", encoded=True)
        check(await signed_in.send(method, str(url) if given.isalnum() else url, json=body), 404, "not_found")


@pytest.mark.parametrize(
    "target",
    [
        b"/../../etc/passwd", b"/api/../../../etc/passwd", b"/api/uploads/../../../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd",
        b"/api/uploads/..%2f..%2f..%2fetc%2fpasswd/content", b"/api/uploads/..%5c..%5cx/content", b"/.git/config",
        b"/api/uploads/%2Fetc%2Fpasswd/content", b"//etc/passwd", b"/./.", b"//", b"///", b"//evil.example/api/tasks",
        b"/api//tasks", b"/api/tasks/", b"/api/tasks//", b"/API/TASKS", b"/api/v1/nothing", b"/api/v1", b"/api",
        b"/%",
        b"/%ff%fe", b"/\xff", b"/api\\tasks", b"/api/tasks%00", b"/api/t%61sks/x/y/z", b"/ws/../api/tasks/", b"/:80",
        b"/a:b",
        b"/@evil", b"/api/tasks/#x",
    ],
)  # fmt: skip
async def test_a_path_that_leads_nowhere_is_not_found(signed_in: Client, target: bytes) -> None:
    answer = await raw(signed_in, target)
    check(answer, *((404, "not_found") if target.isascii() else (400, "bad_request")))
    assert b"root:" not in answer.body


async def test_a_segment_in_percents_is_the_same_address(signed_in: Client) -> None:
    assert (await raw(signed_in, b"/api/t%61sks")).status == 200


async def test_the_absolute_form_is_understood(signed_in: Client) -> None:
    answer = await raw(signed_in, b"http://localhost/api/tasks?limit=1")
    assert (answer.status, len(answer.json["data"])) == (200, 1)


@pytest.mark.parametrize(
    "target",
    [b"http://", b"http:///api/tasks", b"http://[::1", b"http://localhost:99999/api/tasks", b"ftp://x/api/tasks"],
)
async def test_an_absolute_form_that_is_broken_is_answered_in_json(signed_in: Client, target: bytes) -> None:
    answer = await raw(signed_in, target)
    assert answer.status in {200, 400, 404}
    assert isinstance(answer.json, dict)


# Methods


@pytest.mark.parametrize("method", [b"TRACE", b"BREW", b"PROPFIND", b"get", b"X" * 200, b"PUT", b"QUERY"])
async def test_a_method_that_a_path_does_not_know_is_not_allowed(signed_in: Client, method: bytes) -> None:
    answer = await raw(signed_in, b"/api/tasks", method=method)
    if answer.status == 400:
        assert answer.json["error"] == "bad_request"
        return
    check(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_trace_does_not_echo_the_request(signed_in: Client) -> None:
    answer = await raw(signed_in, b"/api/tasks", b"X-Secret: tell-me\r\n", b"TRACE")
    assert b"tell-me" not in answer.body


@pytest.mark.parametrize("target", [b"localhost:80", b"/api/tasks", b"*"])
async def test_connect_opens_no_tunnel(signed_in: Client, target: bytes) -> None:
    answer = await raw(signed_in, target, method=b"CONNECT")
    assert answer.status in {400, 404, 405}
    assert answer.json["error"]


async def test_options_of_the_whole_server_is_answered(signed_in: Client) -> None:
    answer = await raw(signed_in, b"*", method=b"OPTIONS")
    assert answer.status in {204, 400, 404, 405}


async def test_head_has_the_headers_of_get_and_no_body(signed_in: Client) -> None:
    got = await raw(signed_in, b"/api/tasks?limit=1")
    async with Wire(signed_in.ready.port) as wire:
        authorization = b"Authorization: Bearer %s\r\n" % signed_in.token.encode()
        await wire.send(b"HEAD /api/tasks?limit=1 HTTP/1.1\r\n" + HOST + authorization + b"Connection: close\r\n\r\n")
        head = await wire.answer(has_body=False)
        assert (head.status, head.headers["content-length"]) == (200, got.headers["content-length"])
        assert await wire.reader.read() == b""


# Headers


HOSTILE = [
    b"\xff\xfe",
    b"\xed\xa0\x80",
    "🎉".encode(),
    b"\x80" * 500,
    b"a\tb",
    b"",
    b" ",
    b"'\"<>;,",
    b"=" * 1000,
    b"%00",
]
FIELDS = [
    b"User-Agent", b"Cookie", b"Idempotency-Key", b"X-Upload-Id", b"If-Match", b"If-None-Match", b"X-Request-ID",
    b"Origin",
    b"Referer", b"Accept", b"Accept-Encoding", b"Accept-Language", b"Range", b"If-Range", b"X-API-Key",
    b"X-Devkit-Sandbox",
    b"X-Forwarded-For", b"Access-Control-Request-Headers", b"Expect", b"Content-Encoding", b"X-Client-Version",
    b"X-\xff",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
async def test_no_header_crashes_an_operation(signed_in: Client, name: bytes, caplog: pytest.LogCaptureFixture) -> None:
    body = b'{"title": "x"}'
    entity = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nx\r\n--b--\r\n'
    multipart = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n" % len(form)
    uploaded = await signed_in.send("GET", "/api/uploads")
    content = urllib.parse.urlsplit(uploaded.json["data"][0]["url"]).path.encode()
    task = (await signed_in.send("GET", "/api/tasks")).json["data"][0]["id"].encode()
    credentials = b"Authorization: Bearer %s\r\n" % signed_in.token.encode()
    login = b'{"email": "test@example.com", "password": "TestPass123!"}'
    requests = [
        (b"GET /api/tasks", b"", b""),
        (b"POST /api/tasks", entity, body),
        (b"PATCH /api/tasks/" + task, entity, body),
        (b"POST /api/uploads", multipart, form),
        (b"GET " + content, b"", b""),
        (b"GET /api/nothing", b"", b""),
        (b"POST /api/auth/login", b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(login), login),
        (b"POST /api/auth/refresh", b"", b""),
        (b"OPTIONS /api/tasks", b"Access-Control-Request-Method: POST\r\n", b""),
        (b"OPTIONS /api/tasks", b"Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n", b""),
        (b"GET /ws", b"", b""),
    ]
    for value in HOSTILE:
        for line, headers, payload in requests:
            request = (
                line + b" HTTP/1.1\r\n" + HOST + credentials + headers + name + b": " + value + b"\r\n\r\n" + payload
            )
            answer = await exchange(signed_in.ready.port, request)
            assert answer.status < 500, (line, value, answer.body)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_user_agent_of_any_bytes_is_shown_in_the_sessions(client: Client) -> None:
    body = b'{"email": "test@example.com", "password": "TestPass123!"}'
    entity = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    agent = b"User-Agent: \xff<b>\xf0\x9f\x8e\x89" + b"x" * 5000 + b"\r\n\r\n"
    answer = await exchange(client.ready.port, b"POST /api/auth/login HTTP/1.1\r\n" + HOST + entity + agent + body)
    assert answer.status == 200
    await client.sign_in()
    sessions = (await client.send("GET", "/api/auth/sessions")).json["data"]
    assert max(len(session["userAgent"]) for session in sessions) == 400


@pytest.mark.parametrize("given", ["x" * 129, "a b", "ü", "<script>", "a;b", "a\tb", ""])
async def test_a_request_id_that_is_not_sane_is_replaced(client: Client, given: str) -> None:
    answer = await client.send("GET", "/api/health", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 36


@pytest.mark.parametrize("key", ["x" * 256, ""])
async def test_an_idempotency_key_of_no_sensible_length_is_a_validation_error(signed_in: Client, key: str) -> None:
    answer = await signed_in.send("POST", "/api/tasks", json={"title": "x"}, headers={"Idempotency-Key": key})
    check(answer, 400, "validation_error")


@pytest.mark.parametrize(
    "field",
    [
        "bytes=-", "bytes=", "bytes=a-b", "bytes=5-1", "bytes=1-2,4-5", "items=0-1", "bytes=--1", "bytes=0x0-1",
        "bytes 0-1",
        "bytes=0-1,", "x" * 8000, "bytes=0-0,-1", "bytes=1.5-2",
    ],
)  # fmt: skip
async def test_a_range_that_is_none_is_ignored(signed_in: Client, field: str) -> None:
    content = (await signed_in.send("GET", "/api/uploads")).json["data"][0]
    answer = await signed_in.send("GET", content["url"], headers={"Range": field})
    assert (answer.status, len(answer.body)) == (200, content["size"])


@pytest.mark.parametrize(
    "field", ["bytes=999999999-", "bytes=" + "9" * 30 + "-", "bytes=" + "9" * 5000 + "-", "bytes=-0"]
)
async def test_a_range_outside_the_content_is_not_satisfiable(signed_in: Client, field: str) -> None:
    content = (await signed_in.send("GET", "/api/uploads")).json["data"][0]
    answer = await signed_in.send("GET", content["url"], headers={"Range": field})
    check(answer, 416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == f"bytes */{content['size']}"


@pytest.mark.parametrize("field", ["bytes=0-" + "9" * 30, "bytes=0-" + "9" * 5000, "bytes=-" + "9" * 5000])
async def test_a_range_that_reaches_too_far_ends_with_the_content(signed_in: Client, field: str) -> None:
    content = (await signed_in.send("GET", "/api/uploads")).json["data"][0]
    answer = await signed_in.send("GET", content["url"], headers={"Range": field})
    assert (answer.status, len(answer.body)) == (206, content["size"])


@pytest.mark.parametrize("field", ['"', '"a', 'W/"', ",,,", '"a","b', "W/", "\t", '"a" ' * 2000, "*x", '""'])
async def test_an_entity_tag_that_is_none_matches_nothing(signed_in: Client, field: str) -> None:
    task = (await signed_in.send("POST", "/api/tasks", json={"title": "x"})).headers["Location"]
    assert (await signed_in.send("GET", task, headers={"If-None-Match": field})).status == 200
    changed = await signed_in.send("PATCH", task, json={"title": "y"}, headers={"If-Match": field})
    check(changed, 412, "precondition_failed")


# Tokens


def _sign(client: Client, key: bytes | None = None, algorithm: str | None = "HS256", **changes: Any) -> str:
    """The client's token with other claims (None: without that one), signed with the right key if none is given."""
    claims = jwt.decode(client.token, options={"verify_signature": False}) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    if key is None and algorithm == "HS256":
        return client.sandbox.sessions.signer.sign(claims)
    return jwt.encode(claims, key or b"", algorithm=algorithm)


async def _me(client: Client, token: str) -> tuple[Answer, Answer]:
    """Asked with the token as bearer, and as cookie."""
    await client.sign_out_locally()
    return (
        await client.send("GET", "/api/auth/me", headers={"Authorization": f"Bearer {token}"}),
        await client.send("GET", "/api/auth/me", headers={"Cookie": f"auth-token={token}"}),
    )


async def _refused(client: Client, token: str, code: str = "token_invalid") -> None:
    for answer in await _me(client, token):
        check(answer, 401, code)
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="devkit", error="invalid_token"')


async def test_a_token_that_was_signed_again_with_its_own_claims_is_valid(signed_in: Client) -> None:
    assert [answer.status for answer in await _me(signed_in, _sign(signed_in))] == [200, 200]


async def test_a_token_expires_on_the_sandboxs_clock(signed_in: Client) -> None:
    token = signed_in.token
    signed_in.sandbox.clock.advance(DAY - 5000)
    assert [answer.status for answer in await _me(signed_in, token)] == [200, 200]
    signed_in.sandbox.clock.advance(10_000)
    await _refused(signed_in, token, "token_expired")


async def test_a_token_from_the_future_is_not_valid_yet(signed_in: Client) -> None:
    signed_in.sandbox.clock.advance(-DAY)
    await _refused(signed_in, signed_in.token)


async def test_tampering_with_any_part_of_a_token_makes_it_invalid(signed_in: Client) -> None:
    head, claims, signature = signed_in.token.split(".")
    other = "A" if signature[0] != "A" else "B"
    admin = jwt.decode(signed_in.token, options={"verify_signature": False}) | {"sub": NO_TASK, "role": "admin"}
    forged = base64.urlsafe_b64encode(json.dumps(admin).encode()).rstrip(b"=").decode()
    for token in (
        f"{head}.{forged}.{signature}",
        f"{head}.{claims}.{other}{signature[1:]}",
        f"{head[:-2]}.{claims}.{signature}",
    ):
        await _refused(signed_in, token)


async def test_a_token_cut_anywhere_is_invalid(signed_in: Client) -> None:
    token = signed_in.token
    for length in (1, 10, len(token) // 3, len(token) // 2, len(token) - 10, len(token) - 1):
        await _refused(signed_in, token[:length])
    for broken in (
        token + "x",
        token + ".",
        f"{token}.{token}",
        ".",
        "..",
        "...",
        "a.b.c",
        "null",
        "e30.e30.",
        token * 3,
    ):
        await _refused(signed_in, broken)


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
async def test_a_token_without_a_signature_is_invalid(signed_in: Client, name: str) -> None:
    _, claims, signature = signed_in.token.split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": name, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    for token in (f"{head}.{claims}.", f"{head}.{claims}.{signature}", f"{head}.{claims}"):
        await _refused(signed_in, token)


@pytest.mark.parametrize("key", [b"x" * 32, b"secret" * 8, bytes(32)])
async def test_a_token_of_another_key_is_invalid(signed_in: Client, key: bytes) -> None:
    await _refused(signed_in, _sign(signed_in, key))


async def test_another_algorithm_is_not_accepted_with_whatever_key(signed_in: Client) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    secret = signed_in.sandbox.sessions.signer._secret
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    await _refused(signed_in, _sign(signed_in, own, "RS256"))  # type: ignore[arg-type]
    await _refused(signed_in, _sign(signed_in, secret * 2, "HS512"))
    # The head says RS256, but what signed it is the secret as an HMAC key.
    _, claims, signature = _sign(signed_in).split(".")
    head = base64.urlsafe_b64encode(b'{"alg": "RS256", "typ": "JWT"}').rstrip(b"=").decode()
    await _refused(signed_in, f"{head}.{claims}.{signature}")


@pytest.mark.parametrize("name", ["exp", "iat", "sub", "sid", "iss", "aud"])
async def test_a_token_that_misses_a_claim_is_invalid(signed_in: Client, name: str) -> None:
    await _refused(signed_in, _sign(signed_in, **{name: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": "soon"}, {"exp": [1]}, {"exp": 1e400}, {"exp": "9" * 5000}, {"nbf": {}}, {"sub": NO_TASK},
        {"sid": NO_TASK}, {"sid": ""}, {"sid": "\x00"}, {"sid": "\ud800"}, {"sub": ""}, {"iss": "else"},
        {"aud": "else"},
        {"aud": ["else"]}, {"nbf": 99_999_999_999}, {"sid": ["x"]}, {"exp": True},
    ],
)  # fmt: skip
async def test_a_token_with_a_claim_of_the_wrong_value_is_refused(signed_in: Client, changes: dict[str, Any]) -> None:
    token = _sign(signed_in, **changes)
    for answer in await _me(signed_in, token):
        assert answer.status == 401
        assert answer.json["error"] in {"token_invalid", "token_expired"}


async def test_a_revoked_session_says_so(signed_in: Client) -> None:
    token = signed_in.token
    await signed_in.send("POST", "/api/auth/logout")
    await _refused(signed_in, token, "token_revoked")


@pytest.mark.parametrize(
    "field", ["Bearer", "Bearer ", "bearer", "Basic dGVzdDp0ZXN0", "Bearer  ", "Token x", "x", ","]
)
async def test_an_authorization_without_a_token_is_refused(client: Client, field: str) -> None:
    answer = await client.send("GET", "/api/auth/me", headers={"Authorization": field})
    assert answer.status == 401
    assert answer.json["error"] in {"unauthorized", "token_invalid"}
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_unknown_api_key_is_refused(client: Client) -> None:
    for key in ("x", "dk_test_0000", "x" * 8000, "' OR 1=1 --"):
        check(await client.send("GET", "/api/auth/me", headers={"X-API-Key": key}), 401, "token_invalid")


async def test_of_two_cookies_of_one_name_the_first_counts(signed_in: Client) -> None:
    token = signed_in.token
    await signed_in.sign_out_locally()
    for cookie, status in (
        (f"auth-token={token}; auth-token=broken", 200),
        (f"auth-token=broken; auth-token={token}", 401),
        (f'auth-token="{token}"; other', 200),
        (f"; =x; ;;auth-token={token};", 200),
        (f"AUTH-TOKEN={token}", 401),
    ):
        assert (await signed_in.send("GET", "/api/auth/me", headers={"Cookie": cookie})).status == status


# Before there is a request


async def test_an_address_that_is_too_long_is_told_in_json(client: Client) -> None:
    for target in (b"/api/tasks?q=" + b"x" * 100_000, b"/" + b"x" * 20_000, b"http://localhost/" + b"x" * 20_000):
        async with Wire(client.ready.port) as wire:
            await wire.send(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            check(await wire.answer(), 414, "uri_too_long")
            # What is far too long is not read to its end.
            assert len(target) < 65_536 or await wire.closed()


@pytest.mark.parametrize(
    "fields",
    [
        b"X-Long: " + b"x" * 20_000 + b"\r\n",
        b"X-Long: " + b"x" * 200_000 + b"\r\n",
        b"X" * 20_000 + b": x\r\n",
        b"Cookie: /" + b"x" * 20_000 + b"\r\n",
        b"Referer: http" + b"x" * 20_000 + b"\r\n",
        b"".join(b"X-%d: x\r\n" % number for number in range(1000)),
        b"X: y\r\n" * 5000,
    ],
    ids=["long value", "very long value", "long name", "long cookie", "long address", "many", "many of one name"],
)
async def test_headers_that_are_too_large_are_told_in_json(client: Client, fields: bytes) -> None:
    async with Wire(client.ready.port) as wire:
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + fields + b"\r\n")
        check(await wire.answer(), 431, "headers_too_large")
        assert await wire.closed()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9.9\r\n\r\n",
        b"GET / HTTP/1.1 extra\r\n\r\n",
        b"\x00\x00\x00\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nNo colon here\r\n\r\n",
        b"GET / HTTP/1.1\r\nSpace : before\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: first\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\xff\xfe\xfd\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_told_in_json(client: Client, garbage: bytes) -> None:
    async with Wire(client.ready.port) as wire:
        await wire.send(garbage)
        answer = await wire.answer()
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        if garbage.startswith((b"PRI", b"GET / HTTP/1.1\r\nHost")) and answer.status != 400:
            assert answer.status in {403, 404, 405, 505}
        else:
            check(answer, 400, "bad_request")
            assert await wire.closed()
    assert (await client.send("GET", "/api/health")).status == 200


async def test_a_client_that_says_nothing_more_hurts_nobody(client: Client) -> None:
    for half in (b"", b"GET", b"GET / HTTP/1.1\r\nHost: loc", b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n"):
        async with Wire(client.ready.port) as wire:
            await wire.send(half)
    assert (await client.send("GET", "/api/health")).status == 200


async def test_headers_that_trickle_in_are_timed_out(start: StartServer) -> None:
    async with start(limits_header_timeout=300) as client, Wire(client.ready.port) as wire:
        await wire.send(b"GET /api/health HTTP/1.1\r\n")

        async def trickle() -> None:
            while True:
                await wire.send(b"X-Slow: y\r\n")
                await asyncio.sleep(0.05)

        slow = asyncio.create_task(trickle())
        try:
            answer = await wire.answer()
            check(answer, 408, "request_timeout")
            assert answer.headers["connection"] == "close"
            assert await wire.closed()
        finally:
            slow.cancel()


async def test_a_second_request_whose_headers_trickle_in_is_timed_out_too(start: StartServer) -> None:
    async with start(limits_header_timeout=300) as client, Wire(client.ready.port) as wire:
        await wire.send(b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert (await wire.answer()).status == 200
        await asyncio.sleep(0.5)
        # Being idle between requests is fine; half a request is not.
        await wire.send(b"GET /api/health HTTP/1.1\r\n")
        check(await wire.answer(), 408, "request_timeout")
        assert await wire.closed()


async def test_a_slow_body_is_not_mistaken_for_slow_headers(start: StartServer) -> None:
    async with start(limits_header_timeout=200) as client, Wire(client.ready.port) as wire:
        body = b'{"email": "test@example.com", "password": "TestPass123!"}'
        head = b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        await wire.send(head + b"Content-Length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 8):
            await wire.send(body[at : at + 8])
            await asyncio.sleep(0.06)
        assert (await wire.answer()).status == 200


# Injection


async def test_line_breaks_of_a_client_start_no_header(signed_in: Client) -> None:
    evil = "%0d%0aX-Evil:%20yes%0d%0a%0d%0abody"
    targets = [f"/api/tasks?q={evil}", f"/api/tasks/{evil}", f"/{evil}", f"/api/auth/verify?token={evil}"]
    for target in targets:
        answer = await raw(signed_in, target.encode())
        assert "x-evil" not in answer.headers
        assert isinstance(answer.json, dict)
    listed = await raw(signed_in, f"/api/tasks?q={evil}".encode())
    assert "%0D%0A" in listed.headers["link"].upper()


async def test_the_name_of_an_upload_starts_no_header(signed_in: Client) -> None:
    name = 'a%0d%0aX-Evil: yes"; filename="b\u2028\u202ec\td'
    disposition = (
        f"form-data; name=\"file\"; filename*=utf-8''{urllib.parse.quote(name.replace('%0d%0a', chr(13) + chr(10)))}"
    )
    body = f"--b\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--b--\r\n".encode()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    created = await signed_in.send("POST", "/api/uploads", data=body, headers=headers)
    assert created.status == 201
    assert created.json["filename"].isprintable()
    content = await signed_in.send("GET", created.json["url"])
    assert "X-Evil" not in content.headers
    assert content.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "text/html; charset=utf-7", "x/y\x00z", "nonsense", "a" * 5000]
)
async def test_an_upload_never_runs_as_a_page_of_ours(signed_in: Client, kind: str) -> None:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: {kind}\r\n\r\n'
    body = head.encode() + b"<script>alert(1)</script>\r\n--b--\r\n"
    created = await signed_in.send(
        "POST", "/api/uploads", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    if created.status == 400:
        return
    content = await signed_in.send("GET", created.json["url"])
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    assert content.headers["Content-Disposition"].startswith("attachment")


async def test_an_origin_that_is_not_listed_is_not_echoed(signed_in: Client) -> None:
    for origin in (
        b"http://localhost:3000.evil.example",
        b"null",
        b"http://localhost:3000/",
        b"*",
        b"HTTP://LOCALHOST:3000",
    ):
        answer = await raw(signed_in, b"/api/tasks", b"Origin: " + origin + b"\r\n")
        assert "access-control-allow-origin" not in answer.headers


# What should never happen


async def test_an_unexpected_exception_leaves_no_stack_trace(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret of the server")

    monkeypatch.setitem(signed_in.sandbox.keepers._kept, "tasks.list", broken)
    headers = {"X-Request-ID": "find-me", "Origin": "http://localhost:3000"}
    answer = await signed_in.send("GET", "/api/tasks", headers=headers)
    check(answer, 500, "internal_error")
    assert answer.json["request_id"] == "find-me"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert b"secret" not in answer.body
    record = next(record for record in caplog.records if "find-me" in record.getMessage())
    assert record.exc_info is not None
    assert record.exc_info[0] is RuntimeError
    assert (await signed_in.send("GET", "/api/health")).status == 200


async def test_a_result_that_cannot_be_written_leaves_no_stack_trace(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def odd(*_: object) -> object:
        return object()

    monkeypatch.setitem(signed_in.sandbox.keepers._kept, "auth.me", odd)
    answer = await signed_in.send("GET", "/api/auth/me")
    check(answer, 500, "internal_error")
    assert b"object" not in answer.body
    assert [record for record in caplog.records if record.exc_info]
