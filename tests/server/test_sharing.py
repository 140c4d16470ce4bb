"""How sandboxes share memory: never more than there is, and a further one asks few of the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from devkit.effects import Randomness
from devkit.server.hosting.sharing import Shares

MEMORY = 64 * 1024 * 1024


class One:
    """A sandbox as far as shares know it."""

    asked = 0

    def __init__(self, number: int, size: int) -> None:
        self.limits: dict[str, int] = {}
        self.size = size
        database = SimpleNamespace(size=size, limit=self._limit("data"))
        journal = SimpleNamespace(limit=self._limit("journal"))
        self.sandbox = SimpleNamespace(id=str(number), database=database, journal=journal)
        self.answers = SimpleNamespace(limit=self._limit("answers"))

    def _limit(self, name: str) -> Any:
        def limit(room: int) -> None:
            One.asked += 1
            self.limits[name] = room

        return limit


def test_they_never_have_more_than_there_is_and_what_is_free_is_not_left_lying() -> None:
    shares, there, chance = Shares(MEMORY), [], Randomness(1)
    for number in range(600):
        if there and chance.fraction() < (0.3 if number < 400 else 0.9):
            gone = there.pop(chance.integer(0, len(there) - 1))
            shares.went(gone, there)
        else:
            one = One(number, chance.integer(1_000, 20_000))
            there.append(one)
            shares.came(one, there)
        if not there:
            continue
        given = {name: sum(one.limits[name] for one in there) for name in ("data", "journal", "answers")}
        assert given["data"] <= shares.data
        assert given["journal"] <= shares.journals
        assert given["answers"] <= shares.answers
        assert all(one.limits["data"] >= one.size for one in there)
        assert given["journal"] > shares.journals * 0.6


def test_a_few_share_all_of_it_at_once() -> None:
    shares, there = Shares(MEMORY), []
    for number in range(4):
        there.append(One(number, 1_000))
        shares.came(there[-1], there)
        assert {one.limits["journal"] for one in there} == {shares.journals // len(there)}
    shares.went(there.pop(), there)
    assert {one.limits["journal"] for one in there} == {shares.journals // 3}


def test_a_further_one_asks_few_of_the_others() -> None:
    shares, there = Shares(MEMORY), []
    for number in range(1_000):
        there.append(One(number, 1_000))
        shares.came(there[-1], there)
    One.asked = 0
    for number in range(1_000, 1_100):
        there.append(One(number, 1_000))
        shares.came(there[-1], there)
    assert One.asked / 100 < 3 * 20
