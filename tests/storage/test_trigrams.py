from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from devkit.storage.trigrams import required, signature

TEXTS = st.text("abcdefghijklmnopqrstuvwxyzABC \0ßẞſKﬁé日", max_size=40)


@given(TEXTS)
def test_what_is_stored_means_the_same_for_ever(text):
    # Databases hold signatures: whoever changes how they are made has to make all of them anew, in a migration.
    data, halves = text.casefold().encode(), [0, 0]
    for one, two, three in zip(data, data[1:], data[2:], strict=False):
        half, place = divmod((one ^ two * 29 ^ three * 83) % 128, 64)
        halves[half] |= 1 << 63 >> place if place else 0
    assert required(text) == tuple(halves)


@given(title=TEXTS, description=st.none() | TEXTS, data=st.data())
def test_whatever_a_text_holds_shows_in_its_signature(title, description, data):
    a, b = signature(title, description)
    text = data.draw(st.sampled_from([title, description or ""])).casefold()
    start = data.draw(st.integers(0, len(text)))
    want_a, want_b = required(text[start : data.draw(st.integers(start, len(text)))])
    assert a & want_a == want_a
    assert b & want_b == want_b


@given(title=TEXTS, description=TEXTS)
def test_a_signature_is_made_of_that_of_the_title_and_that_of_the_description(title, description):
    alone, other = signature(title, None), signature("", description)
    assert signature(title, description) == (alone[0] | other[0], alone[1] | other[1])


@given(TEXTS)
def test_sqlite_takes_it(text):
    connection = sqlite3.connect(":memory:")
    assert connection.execute("SELECT ?, ?", required(text)).fetchone() == required(text)
    connection.close()


def test_most_texts_that_hold_something_else_are_told_apart():
    titles = [f"{verb} {thing}" for verb in ("Buy", "Call about", "Fix", "Return") for thing in THINGS]
    let_through = 0
    for thing in THINGS:
        a, b = required(thing)
        found = (signature(title, "Ask before starting; half of it is done") for title in titles)
        let_through += sum(one & a == a and other & b == b for one, other in found) - 4
    assert let_through / (len(titles) * len(THINGS)) < 0.05


THINGS = (
    "the passport", "printer paper", "headphones", "a desk lamp", "hiking boots", "the stale cache", "train tickets",
    "coffee beans", "the memory leak", "a whiteboard",
)  # fmt: skip
