"""Operations of a document that are devkit's own: signing in, who am I, and what goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devkit.blueprint.documents.loading import load
from devkit.contract.keeping import ByAnswer, ByService
from devkit.contract.operations import Access
from tests.blueprint.documents.writing import answer, document, takes, written

TEXT = {"type": "string"}
CREDENTIALS = {"type": "object", "required": ["email", "password"], "properties": {"email": TEXT, "password": TEXT}}
USER = {
    "type": "object",
    "required": ["id", "email", "plan", "password"],
    "properties": {"id": {"type": "integer"}, "email": TEXT, "plan": TEXT, "password": {**TEXT, "writeOnly": True}},
}


def _kept(folder: Path, paths: dict[str, Any], scheme: Any = None) -> dict[str, Any]:
    schemes = {"s": scheme or {"type": "http", "scheme": "bearer"}}
    paths |= {"/secret": {"get": {"security": [{"s": []}], "responses": answer({})}}}
    blueprint = load(written(folder, document(paths, components={"securitySchemes": schemes})))
    return {f"{operation.method} {operation.path}": operation for operation in blueprint.operations}


def _object(*names: str) -> Any:
    return {"type": "object", "properties": dict.fromkeys(names, TEXT)}


@pytest.mark.parametrize("path", ["/auth/login", "/sessions", "/sign-in", "/api/token", "/users/login.json"])
def test_a_login_that_hands_out_a_token_is_ours(tmp_path: Path, path: str) -> None:
    tokens = {"type": "object", "properties": {"data": _object("accessToken", "refresh_token", "token_type")}}
    login = _kept(tmp_path, {path: {"post": {"requestBody": takes(CREDENTIALS), "responses": answer(tokens)}}})

    assert login[f"POST {path}"].keeping == ByService(
        operation="auth.login",
        names={"email": "email", "password": "password"},
        gives={
            "data.accessToken": "access_token",
            "data.refresh_token": "refresh_token",
            "data.token_type": "token_type",
        },
    )
    assert login[f"POST {path}"].access is Access.PUBLIC


def test_a_login_by_form_is_found_where_the_security_scheme_says(tmp_path: Path) -> None:
    """FastAPI's OAuth2PasswordBearer: RFC 6749, section 4.3; OAS 3.1.1, "OAuth Flow Object"."""
    form = {"type": "object", "required": ["username", "password"], "properties": {"username": TEXT, "password": TEXT}}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}
    flow = {"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "/v1/give-me-one"}}}
    responses = answer(_object("access_token", "token_type"))
    kept = _kept(tmp_path, {"/v1/give-me-one": {"post": {"requestBody": body, "responses": responses}}}, flow)

    keeping = kept["POST /v1/give-me-one"].keeping
    assert (keeping.operation, keeping.names) == ("auth.login", {"email": "username", "password": "password"})


def test_who_am_i_shows_our_user_and_makes_what_we_do_not_know(tmp_path: Path) -> None:
    me = _kept(tmp_path, {"/users/me": {"get": {"responses": answer(USER)}}})["GET /users/me"]

    assert me.keeping == ByService(
        operation="auth.me",
        gives={"id": "user.number", "email": "user.email"},
        around={"type": "object", "properties": {"plan": TEXT}, "required": ["plan"]},
    )
    assert me.access is Access.SIGNED_IN


def test_register_refresh_and_logout_are_ours_where_they_fit(tmp_path: Path) -> None:
    new = {**CREDENTIALS, "properties": {**CREDENTIALS["properties"], "firstName": TEXT, "lastName": TEXT}}
    gone = {"204": {"description": "Signed out"}}
    kept = _kept(
        tmp_path,
        {
            "/signup": {"post": {"requestBody": takes(new), "responses": answer(USER, "201")}},
            "/token/refresh": {
                "post": {"requestBody": takes(_object("refresh")), "responses": answer(_object("access"))}
            },
            "/logout": {"post": {"responses": gone}},
        },
    )

    assert kept["POST /signup"].keeping.names == {
        "email": "email",
        "password": "password",
        "first_name": "firstName",
        "last_name": "lastName",
    }
    assert kept["POST /token/refresh"].keeping == ByService(
        operation="auth.refresh", names={"refresh_token": "refresh"}, gives={"access": "access_token"}
    )
    assert kept["POST /logout"].keeping == ByService(operation="auth.logout")


def test_a_cookie_is_place_enough_for_a_session(tmp_path: Path) -> None:
    cookie = {"type": "apiKey", "in": "cookie", "name": "sid"}
    paths = {"/login": {"post": {"requestBody": takes(CREDENTIALS), "responses": answer(_object("message"))}}}

    assert _kept(tmp_path, paths, cookie)["POST /login"].keeping.gives == {"message": "message"}


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        (CREDENTIALS, _object("message")),
        (_object("code"), _object("token")),
        (_object("name", "scopes"), _object("token")),
    ],
    ids=["no-place-for-a-token", "no-password", "an-api-key"],
)
def test_what_does_not_fit_is_none_of_ours(tmp_path: Path, body: Any, answered: Any) -> None:
    kept = _kept(tmp_path, {"/login": {"post": {"requestBody": takes(body), "responses": answer(answered)}}})

    assert isinstance(kept["POST /login"].keeping, ByAnswer)


def test_where_nobody_signs_in_nothing_is_bound(tmp_path: Path) -> None:
    paths = {"/login": {"post": {"requestBody": takes(CREDENTIALS), "responses": answer(_object("token"))}}}
    blueprint = load(written(tmp_path, document(paths)))

    assert blueprint.accounts is None
    assert isinstance(blueprint.operations[0].keeping, ByAnswer)
