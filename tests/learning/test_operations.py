"""Operations are learned as exchanges pass: they get names that stay, and have what faults need."""

from __future__ import annotations

import pytest

from devkit.blueprint.base import Planned
from devkit.contract.keeping import ByUpstream, kept_by
from devkit.contract.operations import Need
from devkit.dialects.shipped import BACKEND
from devkit.dialects.yours.backend import backend_of
from devkit.learning.operations import Learner
from tests.learning.passing import facts

ROW = {"id": 17, "title": "Milk", "done": False}


def planned(learner: Learner) -> dict[str, Planned]:
    return {one.id: one for one in learner.blueprint().operations}


def test_what_is_done_to_rows_is_called_so() -> None:
    learner = Learner()
    for told in (
        facts("GET", "/api/orders", [ROW]),
        facts("POST", "/api/orders", ROW, status=201, sent={"title": "Milk"}),
        facts("GET", "/api/orders/17", ROW),
        facts("PUT", "/api/orders/17", ROW, sent=ROW),
        facts("PATCH", "/api/orders/17", ROW, sent={"done": True}),
        facts("DELETE", "/api/orders/17", status=204),
        facts("POST", "/api/orders/17/ship", ROW),
        facts("GET", "/api/users/3/orders", [ROW]),
        facts("GET", "/api/stats", {"orders": 3}),
    ):
        assert learner.see(told)

    assert [(one.id, one.method, one.path) for one in learner.blueprint().operations] == [
        ("orders.list", "GET", "/api/orders"),
        ("orders.create", "POST", "/api/orders"),
        ("orders.get", "GET", "/api/orders/{id}"),
        ("orders.replace", "PUT", "/api/orders/{id}"),
        ("orders.update", "PATCH", "/api/orders/{id}"),
        ("orders.delete", "DELETE", "/api/orders/{id}"),
        ("POST /api/orders/{id}/ship", "POST", "/api/orders/{id}/ship"),
        ("users.orders.list", "GET", "/api/users/{id}/orders"),
        ("GET /api/stats", "GET", "/api/stats"),
    ]


def test_an_operation_is_learned_once_and_asks_for_no_bodies_when_nothing_new_comes() -> None:
    learner = Learner()
    told = facts("GET", "/orders/17", ROW)

    assert [learner.see(told) for _ in range(7)] == [True, *[False] * 6]
    assert not learner.wants("GET", "/orders/18")
    assert learner.wants("GET", "/orders/18?expand=all")
    assert learner.wants("DELETE", "/orders/18")


def test_names_stay_whatever_comes_later() -> None:
    learner = Learner()
    learner.see(facts("GET", "/posts/one-two", ROW))
    before = planned(learner)
    learner.see(facts("GET", "/posts/three-four", ROW))

    assert set(before) == {"GET /posts/one-two"}
    assert set(planned(learner)) == {"GET /posts/one-two", "posts.get"}


@pytest.mark.parametrize(
    ("told", "has"),
    [
        (facts("GET", "/orders", [ROW]), Need.LIST),
        (facts("GET", "/orders/17", ROW), Need.ITEM),
        (facts("POST", "/orders", ROW, status=201, sent={}), Need.WRITE | Need.CREATE),
        (facts("POST", "/orders", ROW, status=201, sent={}, idempotency_key="k"), Need.CREATE | Need.IDEMPOTENCY),
        (facts("PATCH", "/orders/17", ROW, sent={}), Need.WRITE | Need.ITEM),
        (facts("DELETE", "/orders/17", status=204), Need.DELETE | Need.ITEM),
        (facts("POST", "/photos", status=204, content_type="multipart/form-data; boundary=x"), Need.UPLOAD),
        (facts("PATCH", "/files/17", status=204, content_type="application/offset+octet-stream"), Need.UPLOAD),
        (facts("GET", "/bills/17", answer_content_type="application/pdf"), Need.DOWNLOAD),
        (facts("GET", "/export", [], answer_content_disposition="attachment; filename=a.json"), Need.DOWNLOAD),
        (facts("POST", "/chat", answer_content_type="text/event-stream"), Need.STREAM),
        (facts("GET", "/health", {"status": "ok"}), Need.HEALTH),
        (facts("GET", "/orders/17", ROW, authorization="Bearer x"), Need.SESSION | Need.CREDENTIALS),
        (
            facts("POST", "/login", {"token": "t"}, sent={"email": "a@b.c", "password": "p"}),
            Need.LOGIN | Need.TOKENS | Need.ACCOUNT,
        ),
        (
            facts("POST", "/sign-in/email", {"user": {}}, sent={"password": "p"}, answer_set_cookie="sid=1; Path=/"),
            Need.LOGIN | Need.TOKENS | Need.ACCOUNT,
        ),
        (facts("POST", "/users", {"user": {"token": "t"}}, status=201, sent={"user": {"password": "p"}}), Need.TOKENS),
        (facts("POST", "/auth/refresh", {"access": "t"}, sent={"refresh": "r"}), Need.REFRESH | Need.TOKENS),
        (facts("POST", "/auth/logout", status=204), Need.ACCOUNT),
        (facts("GET", "/me", {"id": 1, "email": "a@b.c"}), Need.USER),
    ],
)  # fmt: skip
def test_what_an_operation_has_is_what_faults_reach_it_by(told: object, has: Need) -> None:
    learner = Learner()
    learner.see(told)  # type: ignore[arg-type]
    backend = backend_of(learner.blueprint(), BACKEND)

    needs = backend.contract.needs[learner.blueprint().operations[0].id]

    assert has in needs


def test_registering_is_no_login_and_a_token_in_an_answer_alone_is_none() -> None:
    learner = Learner()
    learner.see(facts("POST", "/users", {"user": {"token": "t"}}, status=201, sent={"user": {"password": "p"}}))
    learner.see(facts("GET", "/pages", {"items": [], "token": "next"}))

    found = [*learner]

    assert Need.LOGIN not in found[0].needs
    assert Need.TOKENS not in found[1].needs


def test_who_signed_in_by_a_cookie_calls_with_a_session() -> None:
    learner = Learner()
    learner.see(facts("POST", "/login", {"id": 1}, sent={"password": "p"}, answer_set_cookie="sid=1; Path=/"))
    learner.see(facts("GET", "/orders", [ROW], cookie="theme=dark; sid=1"))
    learner.see(facts("GET", "/news", [ROW], cookie="theme=dark"))
    learner.see(facts("GET", "/tips", [ROW], cookie="sid=1"))
    learner.see(facts("GET", "/tips", [ROW]))

    needs = {one.path: one.needs for one in learner}

    assert Need.SESSION in needs["/orders"]
    assert not needs["/news"] & (Need.SESSION | Need.CREDENTIALS)
    assert needs["/tips"] & (Need.SESSION | Need.CREDENTIALS) == Need.CREDENTIALS


def test_how_a_list_comes_in_pages_is_learned_of_several_answers() -> None:
    learner = Learner()
    more = {"count": 40, "next": "http://x/a?page=2", "previous": None, "results": [ROW]}
    learner.see(facts("GET", "/articles/", {**more, "next": None}))
    learner.see(facts("GET", "/articles/?page=1&page_size=20", more))

    keeping = learner.blueprint().operations[0].keeping

    assert isinstance(keeping, ByUpstream)
    assert kept_by(keeping) == "the real backend"
    pages = keeping.pages
    assert pages is not None
    assert (pages.style, pages.items, pages.total, pages.page, pages.size) == (
        "page", "results", "count", "page", "page_size",
    )  # fmt: skip


def test_what_is_not_there_or_fails_gives_no_operation() -> None:
    learner = Learner()
    for status in (0, 101, 404, 405, 500, 502):
        assert not learner.see(facts("GET", "/orders/17", {"detail": "no"}, status=status))
    assert not learner.see(facts("OPTIONS", "/orders", status=204))
    assert not learner.see(facts("GET", "/wp-admin/setup", {"detail": "no"}, status=401))

    assert not planned(learner)


def test_nothing_of_ours_is_served_beside_what_was_learned() -> None:
    backend = backend_of(Learner().blueprint(), BACKEND)

    assert [*backend.contract.operations] == []
