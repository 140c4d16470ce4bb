from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devkit.storage.kept import Kept

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(1, 9)), max_size=80)


@given(steps=STEPS)
def test_nothing_is_kept_that_was_not_put_there_last_and_never_too_much(steps):
    kept, put = Kept[int, tuple[int, int]](20), dict[int, tuple[int, int]]()
    for number, (is_put, key, cost) in enumerate(steps):
        if is_put:
            is_new, put[key] = kept.get(key) is None, (number, cost)
            kept.put(key, put[key], cost)
            assert kept.get(key) == put[key] or not is_new
        else:
            assert kept.get(key) in (None, put.get(key))
        inside = [value for key in put if (value := kept.get(key)) is not None]
        assert len(inside) == len(kept)
        assert sum(cost for _, cost in inside) <= 20


def test_who_is_asked_for_stays_and_who_is_not_leaves_in_order():
    kept = Kept[str, int](3)
    for key in "abc":
        kept.put(key, 1)
    kept.get("a")
    kept.put("d", 1)
    assert [kept.get(key) for key in "abcd"] == [1, None, 1, 1]


def test_a_value_larger_than_all_room_is_not_kept():
    kept = Kept[str, int](3)
    kept.put("a", 1)
    kept.put("b", 2, cost=4)
    assert len(kept) == 0
    kept.put("c", 3)
    assert kept.get("c") == 3


def test_a_value_that_is_put_again_counts_once():
    kept = Kept[str, int](3)
    for number in range(10):
        kept.put("a", number)
    kept.put("b", 1, cost=2)
    assert (kept.get("a"), kept.get("b")) == (9, 1)


def test_where_only_what_comes_twice_is_worth_it_the_rest_takes_no_room():
    kept = Kept[int, str](20, twice=True)
    for key in range(5_000):
        kept.put(key, "once")
    assert (len(kept), kept.size) == (0, 0)
    for _ in range(2):
        kept.put(1, "again")
    assert kept.get(1) == "again"
