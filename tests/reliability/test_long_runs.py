"""The long runs that are no tests (`kill_rounds`, `fuzz`), a little of each: they can be made, and can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability import fuzz, kill_rounds
from tests.reliability.fuzzing.inputs import made
from tests.reliability.fuzzing.reading import Answer, Unreadable, answers, wrong_with, wrong_with_frames
from tests.reliability.ledger import Ledger
from tests.reliability.telling import Progress

TASK = ("task", "a")


@pytest.mark.slow
async def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    with Progress("kill rounds", 2) as progress:
        figures = await kill_rounds.play(tmp_path / "play", 2, 7, progress, tmp_path / "kept")
    assert (figures.wrong, figures.rounds) == (0, 2)
    assert figures.acknowledged
    assert "nothing was lost" in kill_rounds.shown(figures, 1.0)


@pytest.mark.slow
async def test_a_few_inputs_are_answered_as_they_should_be() -> None:
    with Progress("fuzzing", 30) as progress:
        figures = await fuzz.play(7, 1, 30, progress)
    assert (figures.wrong, figures.inputs) == (0, 30)
    assert "nothing is wrong" in fuzz.shown(figures, 1.0)


def test_an_input_follows_from_its_number_alone() -> None:
    assert made(21, 4711) == made(21, 4711)
    assert made(21, 4711) != made(21, 4712)
    assert made(21, 4711) != made(22, 4711)


def test_the_ledger_tells_what_is_lost_and_what_is_left_over() -> None:
    ledger = Ledger({})
    for key, value in ((TASK, 1), (TASK, 2), (("task", "b"), 1), (("task", "b"), None)):
        ledger.begin(key, value)
        ledger.done(key)
    ledger.killed()

    differences = ledger.look({TASK: 1, ("task", "b"): 1}, ())

    assert {(found.kind, found.key) for found in differences} == {("lost", TASK), ("left", ("task", "b"))}


@pytest.mark.parametrize(("found", "wrong"), [({}, 0), ({TASK: 1}, 0), ({TASK: 2}, 0), ({TASK: 3}, 1)])
def test_what_was_cut_off_may_have_happened_or_not(found: dict[tuple[str, str], int], wrong: int) -> None:
    ledger = Ledger({})
    ledger.begin(TASK, 1)
    ledger.done(TASK)
    ledger.begin(TASK, 2)
    ledger.begin_reset()
    ledger.killed()

    assert len(ledger.look(found, ())) == wrong


def test_a_reset_undoes_all_or_nothing() -> None:
    ledger = Ledger({})
    for name in ("a", "b", "c"):
        ledger.begin(("task", name), 1)
        ledger.done(("task", name))
    ledger.begin_reset()
    ledger.killed()

    assert [str(found) for found in ledger.look({TASK: 1}, ())] == ["task a is 1, and must be None"]


def test_a_restore_brings_back_what_was_saved_and_nothing_else() -> None:
    ledger = Ledger({})
    ledger.begin_save("one")
    ledger.changed()
    ledger.begin(TASK, 1)
    ledger.done(TASK)
    ledger.begin_restore("one")
    ledger.changed()
    ledger.killed()

    assert [found.kind for found in ledger.look({TASK: 1}, ["one"])] == ["left"]
    assert [found.key for found in ledger.look({TASK: 1}, [])] == [("snapshot", "one")]


def test_answers_are_read_strictly() -> None:
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n"
    found, rest = answers(good, ["GET", "GET"], ended=False)
    assert ([answer.status for answer in found], rest) == ([200, 204], b"")
    for bad in (b"HTTP/1.1 200 OK\r\nA\nB: c\r\n\r\n", b"200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n"):
        with pytest.raises(Unreadable):
            answers(bad, ["GET"], ended=True)


def test_what_no_server_should_send_is_told() -> None:
    assert wrong_with(Answer(500, (), b""))
    assert wrong_with(Answer(200, (("Content-Type", "application/json"),), b"{"))
    assert wrong_with_frames(b"\x81\x82abcdef")
    assert wrong_with_frames(b"\x88\x00\x81\x00")
    assert wrong_with_frames(b"\x81\x02{}\x88\x00") is None
