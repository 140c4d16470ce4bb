"""`pytest -n 4`: one devkit for four workers, and a backend of its own for each test."""

import contextlib

import pytest
from shop import Tasks, Unavailable


@pytest.fixture
def tasks(devkit):
    with contextlib.closing(Tasks(devkit.path_url)) as tasks:
        yield tasks


@pytest.mark.parametrize("title", ["Buy milk", "Buy bread", "Buy tea"])
def test_a_task_is_added_once(devkit, tasks, title):
    tasks.add(title)
    assert tasks.total() == 58
    assert devkit.calls("tasks.create").count == 1


def test_maintenance_is_told_with_its_length(devkit, tasks):
    with devkit.scenario.use("maintenance"), pytest.raises(Unavailable, match="down for 5 s"):
        tasks.total()


def test_an_expired_session_goes_unnoticed(devkit, tasks):
    with devkit.drill("expired-token"):
        for _ in range(6):
            tasks.total()
