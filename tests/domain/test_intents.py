"""What the task bot understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devkit.contract.assistant import SAID_MAX
from devkit.domain.intents import (
    Add,
    Choose,
    Complete,
    Delete,
    Intent,
    Manners,
    Prioritise,
    Reference,
    Rename,
    Show,
    Unknown,
    understand,
)

MILK = Reference("buy milk")
IT = Reference(about=True)


def done(task: Reference) -> Complete:
    return Complete(task)


def undone(task: Reference) -> Complete:
    return Complete(task, completed=False)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("add buy milk", Add("buy milk")),
        ('Add "Buy Milk" to my list.', Add("Buy Milk")),
        ("please add a task to buy milk", Add("buy milk")),
        ("Can you create a new task called buy milk with high priority?", Add("buy milk", "high")),
        ("add urgent task buy milk", Add("buy milk", "high")),
        ("remind me to buy milk", Add("buy milk")),
        ("I need to buy milk", Add("buy milk")),
        ("don't forget to buy milk", Add("buy milk")),
        ("put milk on my shopping list", Add("milk")),
        ("todo: buy milk", Add("buy milk")),
        ("add", Add("")),
        ("what is open", Show(completed=False)),
        ("What do I have to do?", Show(completed=False)),
        ("what's left?", Show(completed=False)),
        ("which tasks are not done", Show(completed=False)),
        ("show completed", Show(completed=True)),
        ("what have I done so far?", Show(completed=True)),
        ("show me all my tasks", Show()),
        ("tasks", Show()),
        ("show high priority tasks", Show(priority="high")),
        ("find milk", Show(words="milk")),
        ("done buy milk", done(MILK)),
        ("Done: buy milk!", done(MILK)),
        ("mark buy milk as done", done(MILK)),
        ("buy milk is done", done(MILK)),
        ("I've finished buy milk", done(MILK)),
        ('check off "buy milk"', done(MILK)),
        ("complete the second one", done(Reference("the second one", 2))),
        ("done with task 2", done(Reference("2", 2))),
        ("done", done(IT)),
        ("mark buy milk as not done", undone(MILK)),
        ("reopen buy milk", undone(MILK)),
        ("rename buy milk to buy oat milk", Rename(((MILK, "buy oat milk"),))),
        ("change the title of buy milk to stay", Rename(((MILK, "stay"),))),
        ("set the priority of buy milk to low", Prioritise(MILK, "low")),
        ("make buy milk urgent", Prioritise(MILK, "high")),
        ("delete buy milk", Delete(MILK)),
        ("get rid of the buy milk task", Delete(MILK)),
        ("remove buy milk from my list", Delete(MILK)),
        ("delete the last one", Delete(Reference("the last one", -1))),
        ("delete it", Delete(IT)),
        ("the second one", Choose((2,))),
        ("#3", Choose((3,))),
        ("the 2nd", Choose((2,))),
        ("1 and 3", Choose((1, 3))),
        ("both of them", Choose(())),
        ("Hello there!", Manners("greeting")),
        ("what can you do?", Manners("help")),
        ("thanks a lot", Manners("thanks")),
        ("never mind", Manners("cancel")),
        ("what is the meaning of life?", Unknown("what is the meaning of life?")),
        ("the show must go on", Unknown("the show must go on")),
    ],
)
def test_it_is_understood(said: str, meant: Intent) -> None:
    assert understand(said) == meant


def test_of_two_ways_to_read_a_new_name_the_longest_old_one_comes_first() -> None:
    intent = understand("rename go to town to go home")
    assert isinstance(intent, Rename)
    assert [(task.text, title) for task, title in intent.readings] == [
        ("go to town", "go home"),
        ("go", "town to go home"),
    ]


@given(st.text(max_size=SAID_MAX))
def test_whatever_is_said_means_something(said: str) -> None:
    assert isinstance(understand(said), Intent)


@given(st.text(" ,.!?:'\"to asmrkdne12#\n", max_size=SAID_MAX))
def test_nonsense_of_the_grammar_s_own_letters_means_something(said: str) -> None:
    assert isinstance(understand(said), Intent)


WORDS = st.lists(st.sampled_from(["walk", "Éclair", "cat", "naïve", "7up", "report", "ÜBER"]), min_size=1, max_size=6)


@given(WORDS.map(" ".join))
def test_a_title_is_kept_as_it_was_written(title: str) -> None:
    assert understand(f"add {title}") == Add(title)
    assert understand(f'  Please   add "{title}"  to my list.') == Add(title)
    assert understand(f"DELETE {title}") == Delete(Reference(title))
    assert understand(f"mark {title} as done") == done(Reference(title))


@pytest.mark.parametrize(
    "said", [" ," * 1000, "to " * 600, "mark " + "a " * 900, "rename " + "to a " * 390, "and " * 500]
)
def test_long_messages_are_read_quickly_enough_not_to_hold_others_up(said: str) -> None:
    # Were the grammar to go back and forth over them, this would not end.
    assert isinstance(understand(said), Intent)
