"""Paths become templates: of a recording comes one path for each id, unless ids are merged by shape (FACTS, "OpenAPI
documents").
"""

from __future__ import annotations

import pytest

from devkit.learning.paths import Evidence, Paths, shape_of

ITEM = frozenset({"id", "title", "text"})


@pytest.mark.parametrize(
    ("segment", "shape"),
    [
        ("17", "integer"),
        ("6b1f2d52-6c0f-4c4e-9d0a-1f2e3d4c5b6a", "uuid"),
        ("01JDQZ4R3W8YV5K2N7C6B9XAEM", "ulid"),
        ("507f1f77bcf86cd799439011", "hex"),
        ("ord_9fK2a81bQ", "prefix"),
        ("V1StGXR8Z5jdHi6BmyT", "random"),
        ("2026-11-29", "date"),
        ("ada%40example.com", "email"),
        ("how-to-train-your-dragon", "slug"),
        ("user_settings", "slug"),
        ("v1", "slug"),
        ("EUR", "slug"),
        ("orders", "word"),
        ("a%20b", "odd"),
        ("{id}", "odd"),
    ],
)
def test_a_segment_has_the_shape_of_an_id_or_of_a_word(segment: str, shape: str) -> None:
    assert shape_of(segment) == shape


def test_ids_that_no_word_looks_like_are_parameters_at_once_and_named_after_what_they_are_of() -> None:
    paths = Paths()

    assert paths.see("/orders/17", Evidence()) == "/orders/{id}"
    assert paths.see("/users/17/orders/ord_9fK2a81b", Evidence()) == "/users/{user_id}/orders/{id}"
    assert paths.see("/users/18/orders", Evidence()) == "/users/{id}/orders"
    assert paths.see("/orders/18/ship", Evidence(method="POST")) == "/orders/{id}/ship"
    assert paths.find("/users/3/orders/4") == "/users/{user_id}/orders/{id}"


def test_a_trailing_slash_is_kept_as_django_has_it() -> None:
    paths = Paths()

    assert paths.see("/articles/", Evidence()) == "/articles/"
    assert paths.see("/articles/3/", Evidence()) == "/articles/{id}/"
    assert paths.find("/articles/4/") == "/articles/{id}/"
    assert paths.find("/articles/4") == ""


def test_a_word_is_an_id_where_the_answer_calls_a_thing_so() -> None:
    paths = Paths()

    assert paths.see("/profiles/jake", Evidence(answered={"jake": "username"})) == "/profiles/{username}"
    assert paths.see("/articles/a-b", Evidence(known={"/articles": {"a-b": "slug"}})) == "/articles/{slug}"
    comments = Evidence(known={"/articles": {"a-b": "slug"}})
    assert paths.see("/articles/a-b/comments/5", comments) == "/articles/{slug}/comments/{id}"


def test_a_word_beside_ids_stays_a_word_unless_it_answers_as_they_do() -> None:
    paths = Paths()
    paths.see("/articles/a-b", Evidence(known={"/articles": {"a-b": "slug"}}, signature=ITEM))

    feed = Evidence(signature=frozenset({"articles", "articles[]", "count"}))
    assert paths.see("/articles/feed", feed) == "/articles/feed"
    assert paths.see("/articles/x-y", Evidence(signature=ITEM)) == "/articles/{slug}"
    assert paths.find("/articles/feed") == "/articles/feed"


def test_slugs_are_ids_from_the_second_sibling_on_and_words_from_the_third() -> None:
    paths = Paths()
    evidence = Evidence(signature=ITEM)

    assert [paths.see(f"/posts/{name}", evidence) for name in ("one-two", "three-four")] == [
        "/posts/one-two",
        "/posts/{id}",
    ]
    assert [paths.see(f"/wiki/{name}", evidence) for name in ("cats", "dogs", "mice")] == [
        "/wiki/cats",
        "/wiki/dogs",
        "/wiki/{id}",
    ]
    assert paths.find("/posts/one-two") == "/posts/one-two"  # what was a template once stays one


def test_siblings_that_answer_with_lists_or_otherwise_stay_apart() -> None:
    paths = Paths()
    for name in ("orders", "customers", "products", "parcels"):
        listed = Evidence(signature=frozenset({"data", "data[]", "total"}))
        assert paths.see(f"/api/{name}", Evidence(signature=frozenset({f"{name}[]", name, "[]"}))) == f"/api/{name}"
        assert paths.see(f"/{name}", listed) == f"/{name}"


def test_of_what_failed_nothing_is_concluded() -> None:
    paths = Paths()

    assert paths.see("/admin/secrets", Evidence(sure=False)) == ""
    assert paths.see("/orders/17", Evidence(sure=False)) == ""
    paths.see("/orders", Evidence())
    assert paths.see("/orders/17", Evidence(sure=False)) == "/orders/{id}"


def test_files_of_a_folder_are_one_thing() -> None:
    paths = Paths()

    assert paths.see("/assets/app-3f.js", Evidence(file=True)) == "/assets/{file}"
    assert paths.see("/assets/app.css", Evidence(file=True)) == "/assets/{file}"
