"""The folders of sandboxes that live in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from devkit.storage.folder import Scratch


def test_threads_that_ask_at_once_get_one_folder() -> None:
    scratch = Scratch()
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: scratch.path, range(8)))) == 1
    scratch.remove()


def test_a_folder_that_was_removed_is_not_made_anew() -> None:
    scratch = Scratch()
    path = scratch.path
    scratch.remove()
    assert not path.exists()
    with pytest.raises(OSError, match="removed"):
        scratch.path  # noqa: B018 - asking is what makes it
