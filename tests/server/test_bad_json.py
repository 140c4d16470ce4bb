"""JSON bodies that are not what they should be: each gets the contract's error, none gets a 500."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from devkit.contract.operations import Media
from devkit.contract.shipped import CONTRACT
from devkit.dialects.agreed import AGREED
from devkit.dialects.base import HEADER_FIELDS, Route
from tests.conftest import Answer, Client, StartServer
from tests.wire import HOST, Wire, exchange

JSON = {"Content-Type": "application/json"}
EMOJI, ARABIC, BIDI = "👩🏽‍🚀🎉", "مرحبا بالعالم", "\u202eabc\u202c\u200f"


async def post(client: Client, body: bytes | str, headers: dict[str, str] | None = None) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return await client.send("POST", "/api/tasks", data=io.BytesIO(raw), headers=JSON if headers is None else headers)


def check(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.json["error"]) == (status, code), answer.body
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert answer.json["message"]
    assert b"Traceback" not in answer.body
    assert b'File "' not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{'title': 'x'}",
        '{"title": "x",}',
        '{"title": }',
        "title=x",
        '{"title": "x"} trailing',
        '{"title": "x"}{"title": "y"}',
        '{"title": "a\nb"}',
        '{"title": "\\x41"}',
        '{"title": "\\ud8"}',
        "\ufeff" + '{"title": "x"}',
        " ",
        "<title>x</title>",
        '{"title": 01}',
        '{"title": +1}',
        '{"title": .5}',
    ],
)
async def test_malformed_json_is_told_where_it_breaks(signed_in: Client, body: str) -> None:
    check(await post(signed_in, body), 400, "invalid_json")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
async def test_nan_and_infinity_are_not_json(signed_in: Client, constant: str) -> None:
    answer = await post(signed_in, f'{{"title": "x", "priority": {constant}}}')
    check(answer, 400, "invalid_json")
    assert constant in answer.json["message"]


@pytest.mark.parametrize("body", ['{"title": "a", "title": "b"}', '{"title": "a", "more": {"x": 1, "x": 2}}'])
async def test_a_key_that_stands_twice_is_refused(signed_in: Client, body: str) -> None:
    answer = await post(signed_in, body)
    check(answer, 400, "invalid_json")
    assert "twice" in answer.json["message"]


async def test_a_long_or_broken_key_that_stands_twice_is_shown_short(signed_in: Client) -> None:
    key = "k" * 100_000
    answer = await post(signed_in, f'{{"{key}": 1, "{key}": 2}}')
    check(answer, 400, "invalid_json")
    assert len(answer.body) < 1000
    check(await post(signed_in, '{"\\ud800": 1, "\\ud800": 2}'), 400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b'[{"title": "x"}]', b"1e999"])
async def test_json_that_is_no_object_is_a_validation_error(signed_in: Client, body: bytes) -> None:
    answer = await post(signed_in, body)
    check(answer, 400, "validation_error")
    assert answer.json["details"] == answer.json["errors"]


@pytest.mark.parametrize("headers", [JSON, {}])
async def test_an_empty_body_misses_every_required_field(signed_in: Client, headers: dict[str, str]) -> None:
    answer = await signed_in.send("POST", "/api/auth/register", data=b"", headers=headers)
    check(answer, 400, "validation_error")
    assert answer.json["details"].keys() == {"email", "password", "confirmPassword"}


@pytest.mark.parametrize("body", ['{"a":' * 10_000 + "1" + "}" * 10_000, "[" * 10_000 + "]" * 10_000, "[" * 10_000])
async def test_ten_thousand_levels_are_nested_too_deeply(signed_in: Client, body: str) -> None:
    check(await post(signed_in, body), 400, "invalid_json")


async def test_deep_json_in_a_field_of_text_is_a_validation_error(signed_in: Client) -> None:
    answer = await post(signed_in, '{"title": ' + "[" * 400 + "]" * 400 + "}")
    check(answer, 400, "validation_error")
    assert answer.json["details"] == {"title": "Must be a text"}


async def test_a_body_above_the_limit_is_refused_by_its_length(start: StartServer) -> None:
    async with start(limits_json=1000) as client:
        await client.sign_in()
        check(await post(client, json.dumps({"title": "x" * 1000})), 413, "payload_too_large")
        exact = json.dumps({"title": "x", "more": ""})
        exact = json.dumps({"title": "x", "more": "y" * (1000 - len(exact))})
        assert (len(exact), (await post(client, exact)).status) == (1000, 201)


async def test_a_body_above_one_mebibyte_is_refused(signed_in: Client) -> None:
    check(await post(signed_in, json.dumps({"title": "x" * 1024 * 1024})), 413, "payload_too_large")


async def test_a_body_without_a_length_is_refused_while_it_streams(start: StartServer) -> None:
    async with start(limits_json=100_000) as client:
        await client.sign_in()
        head = b"POST /api/tasks HTTP/1.1\r\n%sAuthorization: Bearer %s\r\n" % (HOST, client.token.encode())
        head += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with Wire(client.ready.port) as wire:
            await wire.send(head)
            for _ in range(20):
                await wire.send(b"2710\r\n" + b" " * 10_000 + b"\r\n")
            # The body never ends: the answer must not wait for it.
            answer = await wire.answer()
        assert (answer.status, answer.json["error"]) == (413, "payload_too_large")


async def test_a_chunked_body_that_is_broken_is_a_bad_request(signed_in: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sAuthorization: Bearer %s\r\n" % (HOST, signed_in.token.encode())
    head += b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await exchange(signed_in.ready.port, head + b"5\r\n{}   \r\nzz\r\nnonsense\r\n")
    assert answer.status == 400
    assert answer.json["error"] in {"bad_request", "invalid_json"}


async def test_length_and_chunks_at_once_are_refused(signed_in: Client) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    smuggled = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
    answer = await exchange(signed_in.ready.port, head + smuggled)
    assert (answer.status, answer.json["error"]) == (400, "bad_request")


@pytest.mark.parametrize("length", [b"-1", b"+5", b"5_0", b"abc", b"5, 6", b"1e3", "٣".encode(), b"9" * 30])
async def test_a_nonsensical_length_is_refused(signed_in: Client, length: bytes) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: "
    answer = await exchange(signed_in.ready.port, head + length + b"\r\n\r\n{}")
    assert answer.status in {400, 413}
    assert answer.json["error"] in {"bad_request", "payload_too_large"}


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application",
        "application/",
        "/json",
        ";",
        "application/jsonp",
        "text/html; charset=application/json",
        "x" * 8000,
        # Neither is named by the OpenAPI document, and what they hold means something else.
        "image/foo+json",
        "application/ld+json",
        "text/json",
        "application/merge-patch+json",
        "application/json-patch+json",
    ],
)
async def test_another_media_type_is_unsupported(signed_in: Client, media_type: str) -> None:
    answer = await post(signed_in, '{"title": "x"}', {"Content-Type": media_type})
    check(answer, 415, "unsupported_media_type")


async def test_a_body_without_a_media_type_is_unsupported(signed_in: Client) -> None:
    head = b"POST /api/tasks HTTP/1.1\r\n%sAuthorization: Bearer %s\r\n" % (HOST, signed_in.token.encode())
    body = b'{"title": "x"}'
    answer = await exchange(signed_in.ready.port, head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;x=y"])
async def test_json_with_parameters_or_in_capitals_is_taken(signed_in: Client, media_type: str) -> None:
    assert (await post(signed_in, '{"title": "x"}', {"Content-Type": media_type})).status == 201


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity", "nonsense"])
async def test_a_body_with_a_content_encoding_is_unsupported(signed_in: Client, coding: str) -> None:
    import gzip

    packed = gzip.compress(b'{"title": "x"}')
    answer = await post(signed_in, packed, {**JSON, "Content-Encoding": coding})
    check(answer, 415, "unsupported_media_type")


BODY = '{"title": "é"}'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (codecs.BOM_UTF8 + BODY.encode(), "The body begins with a byte order mark"),
        (BODY.encode("utf-16"), "The body is UTF-16"),
        (BODY.encode("utf-16-le"), "The body is UTF-16"),
        (BODY.encode("utf-16-be"), "The body is UTF-16"),
        (codecs.BOM_UTF16_BE + BODY.encode("utf-16-be"), "The body is UTF-16"),
        (BODY.encode("utf-32"), "The body is UTF-32"),
        (BODY.encode("utf-32-le"), "The body is UTF-32"),
        (BODY.encode("utf-32-be"), "The body is UTF-32"),
        (BODY.encode("latin-1"), "The body is not UTF-8: byte 12 is 0xE9"),
    ],
)
async def test_json_in_another_encoding_is_told_which(signed_in: Client, body: bytes, told: str) -> None:
    answer = await post(signed_in, body)
    check(answer, 400, "invalid_json")
    wanted = f"{told}. Send JSON as UTF-8 without a byte order mark (RFC 8259, section 8.1)"
    assert answer.json["message"] == wanted


FRAMINGS = [b"", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n"]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("typed", [b"", b"Content-Type: text/plain\r\n", b"Content-Type: application/json\r\n"])
async def test_a_body_of_no_bytes_is_none_however_it_is_framed(client: Client, framing: bytes, typed: bytes) -> None:
    """A type is asked for only where there are bytes (RFC 9110, section 8.3)."""
    end = b"0\r\n\r\n" if b"chunked" in framing else b""
    for path, status in ((b"/api/auth/logout", 204), (b"/api/auth/login", 400)):
        head = b"POST %s HTTP/1.1\r\n%s%s%s\r\n" % (path, HOST, framing, typed)
        answer = await exchange(client.ready.port, head + end)
        assert answer.status == status
        if status == 400:
            assert (answer.json["error"], set(answer.json["details"])) == ("validation_error", {"email", "password"})


async def test_chunks_with_bytes_need_a_type(client: Client) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" % HOST
    answer = await exchange(client.ready.port, head)
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")


async def test_a_client_that_asks_first_is_refused_before_it_sends_chunks_of_another_type(client: Client) -> None:
    head = b"POST /api/auth/login HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n" % HOST
    async with Wire(client.ready.port) as wire:
        await wire.send(head)
        first = await wire.reader.readline()
    assert first.startswith(b"HTTP/1.1 415")


async def test_a_patch_may_come_as_a_merge_patch_and_as_no_json_patch(signed_in: Client, one_task: str) -> None:
    """A PATCH with JSON does what RFC 7396 says; RFC 6902 is not named by any document, and an object is none."""
    path = f"/api/tasks/{one_task}"
    await signed_in.send("PATCH", path, json={"description": "old", "dueDate": "2026-01-20T10:00:00Z"})
    merge = {"Content-Type": "application/merge-patch+json"}
    answer = await signed_in.send("PATCH", path, data=b'{"title": "new", "dueDate": null}', headers=merge)
    assert answer.status == 200
    assert (answer.json["title"], answer.json["description"], answer.json["dueDate"]) == ("new", "old", None)
    for body in (b'{"title": "x"}', b'[{"op": "replace", "path": "/title", "value": "x"}]'):
        refused = await signed_in.send(
            "PATCH", path, data=body, headers={"Content-Type": "application/json-patch+json"}
        )
        check(refused, 415, "unsupported_media_type")
        named = "application/json or application/merge-patch+json"
        assert refused.json["message"] == f"The body is application/json-patch+json: send it as {named}"


async def test_what_the_document_names_is_what_is_taken(signed_in: Client, one_task: str) -> None:
    document = (await signed_in.send("GET", "/_devkit/openapi.json?dialect=agreed")).json
    named = document["paths"]["/api/tasks/{id}"]["patch"]["requestBody"]["content"]
    assert list(named) == ["application/json", "application/merge-patch+json"]
    assert list(document["paths"]["/api/tasks"]["post"]["requestBody"]["content"]) == ["application/json"]


@pytest.mark.parametrize(
    "body", [b'{"title": "\xff"}', b'{"title": "\xed\xa0\x80"}', b"\xff\xfe{\x00}\x00", b"\xc0\x80"]
)
async def test_a_body_that_is_not_utf8_is_not_json(signed_in: Client, body: bytes) -> None:
    check(await post(signed_in, body), 400, "invalid_json")


@pytest.mark.parametrize("number", ["1" * 5_000, "-" + "9" * 100_000, "1" * 400, "1e400", "1e999999999", "-0"])
async def test_huge_numbers_crash_nothing(signed_in: Client, number: str) -> None:
    answer = await post(signed_in, f'{{"title": "x", "priority": {number}}}')
    assert answer.status == 400
    assert answer.json["error"] in {"validation_error", "invalid_json"}
    assert "set_int_max_str_digits" not in answer.json["message"]


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 201), (200, 201), (201, 400)])
@pytest.mark.parametrize("around", ["", "  ", "\n\t\u00a0\u2003"])
@pytest.mark.parametrize("letter", ["x", "🎉", "ي"])
async def test_titles_are_counted_in_code_points_after_trimming(
    signed_in: Client, length: int, status: int, around: str, letter: str
) -> None:
    answer = await signed_in.send("POST", "/api/tasks", json={"title": around + letter * length + around})
    assert answer.status == status, answer.body
    if status == 201:
        assert answer.json["title"] == letter * length
    else:
        assert answer.json["details"] == {"title": "Required" if length == 0 else "Must be at most 200 characters"}


async def test_other_limits_of_text_hold_after_trimming_too(signed_in: Client) -> None:
    for length, status in ((1000, 201), (1001, 400)):
        body = {"title": "x", "description": f" {'d' * length} "}
        assert (await signed_in.send("POST", "/api/tasks", json=body)).status == status
    for length, status in ((50, 200), (51, 400)):
        body = {"firstName": f" {'n' * length} "}
        assert (await signed_in.send("PATCH", "/api/auth/profile", json=body)).status == status


def _text_fields() -> Iterator[Any]:
    """Every field of text that any operation takes in a JSON body, by the dialect's own table."""
    for route in AGREED.routes():
        if route.operation.media is not Media.JSON or route.prefix != "/api":
            continue
        for name in route.fields:
            annotation = str(route.operation.input.model_fields[name].annotation)
            if name in HEADER_FIELDS or name in route.path_fields or "bool" in annotation:
                continue
            yield pytest.param(route, name, id=f"{route.operation.id}-{name}")


def _wire(route: Route, path_id: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and a valid body of a route."""
    example = {name: value for name, value in route.operation.example.items() if name not in route.path_fields}
    body = {route.name_of(name): value for name, value in example.items()}
    return route.method, route.path.replace("{id}", path_id), body


@pytest.fixture
async def one_task(signed_in: Client) -> str:
    found: str = (await signed_in.send("POST", "/api/tasks", json={"title": "One"})).json["id"]
    return found


def test_the_catalogue_has_fields_of_text() -> None:
    assert len(list(_text_fields())) >= 15
    assert any(operation.media is Media.JSON for operation in CONTRACT.operations)


@pytest.mark.parametrize(("route", "name"), list(_text_fields()))
async def test_strange_text_in_any_field_is_taken_or_refused_by_name(
    signed_in: Client, one_task: str, route: Route, name: str
) -> None:
    method, path, body = _wire(route, one_task)
    field = route.name_of(name)
    strange = [
        "a\x00b",
        "\x00",
        EMOJI,
        ARABIC,
        BIDI,
        "\ufeff\ufffe\uffff",
        "e\u0301" * 20,
        "\x7f\x1b[31m",
        "x" * 100_000,
    ]
    for text in strange:
        answer = await signed_in.send(method, path, json={**body, field: text})
        assert answer.status < 500, (text, answer.body)
        if answer.status == 400 and answer.json["error"] == "validation_error":
            assert field in answer.json["details"] or "confirmPassword" in answer.json["details"]
        if route.operation.id == "auth.change_password" and answer.status == 200:
            pytest.fail("the current password was not asked for")


@pytest.mark.parametrize(("route", "name"), list(_text_fields()))
@pytest.mark.parametrize("escaped", [r"\ud800", r"a\udfffb", r"\udc00\ud800"])
async def test_a_lone_surrogate_in_any_field_is_a_validation_error(
    signed_in: Client, one_task: str, route: Route, name: str, escaped: str
) -> None:
    method, path, body = _wire(route, one_task)
    field = route.name_of(name)
    raw = json.dumps({**body, field: "@@"}).replace('"@@"', f'"{escaped}"')
    answer = await signed_in.send(method, path, data=raw.encode(), headers=JSON)
    check(answer, 400, "validation_error")
    assert field in answer.json["details"]


async def test_a_surrogate_in_a_key_or_an_unknown_field_is_ignored(signed_in: Client) -> None:
    answer = await post(signed_in, r'{"title": "x", "\ud800": "\udfff", "unknown": "\ud800"}')
    assert answer.status == 201


@pytest.mark.parametrize(
    "text", [EMOJI, ARABIC, BIDI, r"\ud83c\udf89", "<script>alert(1)</script>", "'; DROP TABLE tasks; --"]
)
async def test_emoji_and_rtl_text_come_back_as_they_were_sent(signed_in: Client, text: str) -> None:
    body = {"title": text, "description": text}
    created = await signed_in.send("POST", "/api/tasks", json=body)
    found = await signed_in.send("GET", created.headers["Location"])
    assert (found.json["title"], found.json["description"]) == (text, text)
    listed = await signed_in.send("GET", "/api/tasks", params={"q": text})
    assert listed.json["total"] == 1


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, [["x"]], {"$gt": ""}])
async def test_fields_of_the_wrong_type_are_all_named_at_once(signed_in: Client, value: object) -> None:
    body = {"title": value, "priority": value, "dueDate": value if value is not None else 7, "description": value}
    answer = await signed_in.send("POST", "/api/tasks", json=body)
    check(answer, 400, "validation_error")
    assert answer.json["details"].keys() >= {"title", "priority", "dueDate"}
    assert ("description" in answer.json["details"]) is (value is not None)


@pytest.mark.parametrize("value", ["true", 1, 0, None, "yes", [], "1"])
async def test_json_booleans_are_booleans(signed_in: Client, one_task: str, value: object) -> None:
    answer = await signed_in.send("PATCH", f"/api/tasks/{one_task}/complete", json={"completed": value})
    check(answer, 400, "validation_error")


@pytest.mark.parametrize(
    "date",
    [
        "tomorrow", "2026-01-20", "2026-13-01T00:00:00Z", "2026-01-20T10:00:00", "10000-01-01T00:00:00Z", "",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-20T10:00:00+99:99", "\ud83c", "x" * 10_000,
        "2026-W01-1T00:00:00Z\x00", 0,
    ],
)  # fmt: skip
async def test_a_date_that_is_none_is_a_validation_error(signed_in: Client, date: object) -> None:
    answer = await post(signed_in, json.dumps({"title": "x", "dueDate": date}))
    check(answer, 400, "validation_error")
    assert answer.json["details"].keys() == {"dueDate"}


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"])
async def test_the_first_and_the_last_date_come_back(signed_in: Client, date: str) -> None:
    answer = await signed_in.send("POST", "/api/tasks", json={"title": "x", "dueDate": date})
    assert (answer.status, answer.json["dueDate"][:19]) == (201, date[:19])
