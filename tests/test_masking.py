"""Nothing secret is shown, and nothing else is hidden."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from devkit.masking import mask_headers, mask_query, mask_text


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
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask_text(text) == text


def test_json_stays_json() -> None:
    masked = json.loads(mask_text('{"password": "a\\"b", "token": 5, "rest": [1, 2]}'))
    assert masked == {"password": "***", "token": "***", "rest": [1, 2]}


def test_addresses_keep_everything_but_the_secret() -> None:
    assert mask_query("/ws?token=abc&page=2&api_key=x#y") == "/ws?token=***&page=2&api_key=***"
    assert mask_query("/api/tokens/5?page=2") == "/api/tokens/5?page=2"


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
    ]
