"""Nothing secret is shown, and nothing else is hidden."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from devkit import masking
from devkit.masking import mask_address, mask_headers, mask_message, mask_strange, mask_text


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "s3cret"}',
        '{"confirmPassword":"s3cret"}',
        '{"refresh_token" : "s3cret"}',
        '{"apiKey": "s3cret", "a": 1}',
        '{"api_key": "s3cret"}',
        '{"password": "s3cret \\" still s3cret"}',
        '{"password": "s3cr',
        '{"password": 53234.5}',
        '{"a": {"accessToken": "s3cret"}}',
        '{"access": "s3cret", "refresh": "s3cret"}',
        "state=s3cret&csrf=s3cret",
        "grant_type=password&password=s3cret&x=1",
        '{"link": "http://localhost:3000/verify?token=s3cret"}',
        '{"value": "eyJhbGciOiJIUzI1NiJ9.eyJzM2NyZXQiOjF9.s3cret"}',
        '{"password_confirm": "s3cret", "passwordConfirmation": "s3cret", "password2": "s3cret"}',
        '{"code": "s3cretS3CRETs3cret", "state": "s3cretS3CRETs3cret"}',
        "user[password]=s3cret&user%5Btoken%5D=s3cret&tokens[api_key]=s3cret",
        "http://localhost:3000/callback#access_token=s3cret",
        "https://files.test/a.pdf?X-Amz-Expires=300&X-Amz-Signature=s3cret&sig=s3cret",
        "wss://live.test/socket?ticket=s3cret&session_id=s3cret&auth=s3cret",
        "curl -H 'X: Bearer s3cret-s3cret'",
        '{"key": "dk_s3cret_s3cret"}',
        '{"id": "s3cretABCDEFGHIJKLMNOPQRSTUVWXYZ"}',
    ],
)
def test_secrets_are_masked_in_any_text(text: str) -> None:
    masked = mask_text(text)
    assert "s3cr" not in masked
    assert "53234" not in masked
    assert "***" in masked


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "Change the password", "tokens": 5}',
        '{"token_type": "Bearer", "error": "token_expired"}',
        "plain text about a token",
        '{"code": "validation_error", "state": "running", "sessions": 2}',
        '{"sha256": "0f9cbe1e5c6e4f5b8a1f0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f"}',
        '{"id": "6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12", "topic": "upload:6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12"}',
        'Bearer realm="devkit", error="invalid_token"',
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_text(text) == text


def test_json_stays_json() -> None:
    masked = json.loads(mask_text('{"password": "a\\"b", "token": 5, "rest": [1, 2]}'))
    assert masked == {"password": "***", "token": "***", "rest": [1, 2]}


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/ws?token=abc&page=2&api_key=x#y", "/ws?token=***&page=2&api_key=***"),
        ("/api/tokens/5?page=2", "/api/tokens/5?page=2"),
        ("/api/auth/reset-password/Ab1?callbackURL=/x", "/api/auth/reset-password/***?callbackURL=/x"),
        ("/api/v2/auth/token/refresh/", "/api/v2/auth/token/refresh/"),
        ("/verify/s3cretABCDEFGHIJKLMNOPQRSTUVWXYZ/now", "/verify/***/now"),
        ("/api/tasks/6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12", "/api/tasks/6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12"),
    ],
)
def test_addresses_keep_everything_but_the_secret(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("b'Authorization: Bearer abc\\r\\n'", "b'Authorization: ***\\r\\n'"),
        ("GET / HTTP/1.1\r\nX-API-Key: abc\r\nAccept: a", "GET / HTTP/1.1\r\nX-API-Key: ***\r\nAccept: a"),
        ("{'refresh_token': 'abc', 'a': 1}", "{'refresh_token': ***, 'a': 1}"),
        (
            'Content-Disposition: form-data; name="password"\r\n\r\nabc\r\n--x',
            'Content-Disposition: form-data; name="password"\r\n\r\n***\r\n--x',
        ),
        ("The Authorization header is missing", "The Authorization header is missing"),
    ],
)
def test_messages_may_quote_fields_and_parts(text: str, shown: str) -> None:
    assert mask_message(text) == shown


def test_of_a_strange_text_everything_goes_that_could_be_a_credential() -> None:
    assert mask_strange("took 12 s at 127.0.0.1 for Mk001xS3cr3t") == "took 12 s at 127.0.0.1 for ***"
    assert mask_strange("id 6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12") == "id 6f1f5ab0-1f5b-4ab0-9d2a-0d4d2fe8ab12"


def test_headers_keep_names_schemes_and_attributes() -> None:
    headers = CIMultiDict(
        [
            ("Authorization", "Bearer abc"),
            ("authorization", "abc"),
            ("X-Api-Key", "k"),
            ("Set-Cookie", "auth-token=abc; HttpOnly; Path=/"),
            ("Set-Cookie", "auth-token=; Max-Age=0"),
            ("Cookie", "a=1; b=2"),
            ("Accept", "text/html"),
            ("X-CSRF-Token", "k"),
            ("X-Auth", "k"),
            ("Sec-WebSocket-Protocol", "v1.chat, bearer, abc"),
            ("Referer", "http://localhost:3000/reset?token=abc&page=2"),
        ]
    )
    assert mask_headers(headers) == [
        ("Authorization", "Bearer ***"),
        ("authorization", "***"),
        ("X-Api-Key", "***"),
        ("Set-Cookie", "auth-token=***; HttpOnly; Path=/"),
        ("Set-Cookie", "auth-token=; Max-Age=0"),
        ("Cookie", "a=***; b=***"),
        ("Accept", "text/html"),
        ("X-CSRF-Token", "***"),
        ("X-Auth", "***"),
        ("Sec-WebSocket-Protocol", "v1.chat, bearer, ***"),
        ("Referer", "http://localhost:3000/reset?token=***&page=2"),
    ]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.from_regex(re.compile(masking._NAME.pattern, re.IGNORECASE), fullmatch=True),
    space=st.sampled_from(["", " ", "\t", "\n  ", "\N{NO-BREAK SPACE}"]),
    before=st.sampled_from(["", '"at": "10:00", ', '"a" : {', "code: "]),
)
def test_a_secret_is_found_by_its_name_whatever_stands_before_and_behind_that(
    name: str, space: str, before: str
) -> None:
    # A one-time code is known by its name as it is written everywhere.
    name = name.lower() if name.lower() in {"code", "state"} else name
    assert "S3CRET" not in mask_text(f'{{{before}"{name}"{space}: "S3CRETS3CRETS3CRET"}}')
