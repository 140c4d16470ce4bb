"""Where dialects meet: one tree of addresses for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devkit.contract.errors import DomainError
from devkit.dialects.agreed import AGREED
from devkit.dialects.answers import Nothing
from devkit.dialects.base import Dialect, Row
from devkit.server.http.router import Router

SOMEBODY = "00bfd74d-cb5e-4086-a8c9-008af357b576"

SHARED = Row(operation="health.get", method="GET", path="/shared", answer=Nothing(), rooted=True)


def speaking(name: str, *rows: Row, **more: object) -> Dialect:
    return replace(AGREED, **({"name": name, "rows": rows, "areas": (), "prefixes": ("/api",)} | more))  # type: ignore[arg-type]


def row(operation: str, method: str, path: str, **more: object) -> Row:
    return Row(operation=operation, method=method, path=path, answer=Nothing(), **more)  # type: ignore[arg-type]


OWNED = speaking(
    "owned", row("tasks.list", "GET", "/{user_id}/tasks", owner="user_id"), SHARED, areas=("/api/{user_id}",)
)
SLASHED = speaking("slashed", row("auth.me", "GET", "/me/"), row("auth.login", "POST", "/login/"), slashes=True)


def test_a_static_segment_is_never_a_user() -> None:
    router = Router([AGREED, OWNED])
    assert router.match("GET", f"/api/{SOMEBODY}/tasks").route.dialect is OWNED
    assert router.match("GET", "/api/v1/tasks").route.dialect is AGREED
    with pytest.raises(DomainError, match="not_found"):
        router.match("GET", "/api/uploads/1/tasks")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/api/{SOMEBODY}/taks", "owned"),
        (f"/api/{SOMEBODY}", "owned"),
        ("/api/taks", "agreed"),
        ("/api/v1/taks", "agreed"),
        ("/elsewhere", "agreed"),
    ],
)
def test_an_unknown_address_is_answered_by_the_dialect_of_its_area(path: str, name: str) -> None:
    assert Router([AGREED, OWNED]).dialect_of(path).name == name


def test_without_the_agreed_dialect_the_first_one_answers() -> None:
    assert Router([SLASHED, OWNED]).dialect_of("/elsewhere") is SLASHED


def test_the_slash_that_a_get_left_out_is_found() -> None:
    router = Router([AGREED, SLASHED])
    assert router.slashed("/api/me") == "/api/me/"
    assert [router.slashed(path) for path in ("/api/login", "/api/me/", "/api/taks", "/api/tasks")] == [None] * 4


@pytest.mark.parametrize("reverse", [False, True])
def test_two_dialects_share_an_address_where_a_field_tells_them_apart(*, reverse: bool) -> None:
    usual = speaking("usual", row("auth.me", "POST", "/both"))
    rival = speaking("rival", row("auth.login", "POST", "/both", told_by="rivals"))
    match = Router([rival, usual] if reverse else [usual, rival]).match("POST", "/api/both")
    assert match.route.dialect is usual
    assert {field: route.dialect for field, route in match.rivals.items()} == {"rivals": rival}


def test_two_operations_at_one_address_are_a_mistake() -> None:
    one, other = speaking("one", row("auth.me", "GET", "/me")), speaking("other", row("auth.sessions", "GET", "/me"))
    with pytest.raises(ValueError, match="two routes for GET /api/me"):
        Router([one, other])


def test_one_operation_at_one_address_is_the_first_ones() -> None:
    one, other = (speaking(name, row("auth.me", "GET", "/me")) for name in ("one", "other"))
    assert Router([one, other]).match("GET", "/api/me").route.dialect is one


def test_a_row_that_dialects_share_is_served_once() -> None:
    router = Router([OWNED, speaking("other", SHARED)])
    assert router.match("GET", "/shared").route.dialect is OWNED


COMPARED = speaking(
    "compared",
    row("tasks.list", "GET", "/repos/{repo}/compare/{base}...{head}"),
    row("tasks.get", "GET", "/repos/{repo}/compare/{id}"),
    row("auth.me", "GET", "/users/me/keys"),
    row("tasks.create", "POST", "/users/{id}/settings"),
    turns_back=True,
)


def test_a_segment_may_hold_several_parameters_and_text_between_them() -> None:
    """GitHub's own document has such a path."""
    match = Router([COMPARED]).match("GET", "/api/repos/devkit/compare/main...a%2Fb")
    assert (match.route.operation.id, match.parameters) == (
        "tasks.list", {"repo": "devkit", "base": "main", "head": "a/b"},
    )  # fmt: skip
    assert Router([COMPARED]).match("GET", "/api/repos/devkit/compare/main").route.operation.id == "tasks.get"


def test_fixed_segments_that_lead_nowhere_may_be_parameters_where_a_dialect_says_so() -> None:
    """OpenAPI 3.1, "Path Templating Matching": what matches as a whole counts, fixed before templated."""
    router = Router([COMPARED])
    assert router.match("POST", "/api/users/me/settings").parameters == {"id": "me"}
    assert router.match("GET", "/api/users/me/keys").route.operation.id == "auth.me"
    with pytest.raises(DomainError, match="not_found"):
        Router([replace(COMPARED, turns_back=False)]).match("POST", "/api/users/me/settings")
