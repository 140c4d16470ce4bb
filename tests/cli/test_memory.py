"""What a server holds of the machine's memory while it works."""

from __future__ import annotations

import pytest

from devkit.cli import serving


class Enough(Exception):
    """Ends what would go on for ever."""


def test_freed_memory_is_given_back_where_something_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """glibc keeps what is free in the midst of an arena (malloc_trim(3)); tests.reliability.soak measures how much."""
    took = iter((5.0, 5.1, 9.0))
    times = serving.os.times()
    monkeypatch.setattr(serving, "_TRIM_SECONDS", 0)
    monkeypatch.setattr(serving.os, "times", lambda: type(times)((next(took), 0.0, 0.0, 0.0, 0.0)))
    given_back: list[int] = []

    def malloc_trim(pad: int) -> int:
        given_back.append(pad)
        if len(given_back) == 2:
            raise Enough
        return 1

    with pytest.raises(Enough):
        serving._trim(malloc_trim)
    assert list(took) == [], "between the first and the third look nothing worth it was done"
