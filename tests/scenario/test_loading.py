"""Scenario files: what is wrong is told where it is, with the nearest name."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from devkit import yamlfile
from devkit.dialects.shipped import BACKEND
from devkit.errors import FileError
from devkit.scenario.loading import LoadedScenario, load, understand
from devkit.scenario.schema import scenario_schema

GOOD = """\
name: sample
title: A sample
rules:
  - id: first
    match: {operation: tasks.list}
    fault: {type: http.abort, status: 503}
"""


def read(text: str) -> LoadedScenario:
    return understand(yamlfile.parse(Path("sample.yaml"), text), BACKEND)


def complaint(text: str) -> str:
    with pytest.raises(FileError) as caught:
        read(text)
    return f"{caught.value.message} {caught.value.remedy or ''}"


def test_a_word_stands_for_a_list_of_one() -> None:
    assert read(GOOD).scenario.rules[0].match.operation == ["tasks.list"]


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ("title:", "titel:", "sample.yaml:2:1", "Did you mean 'title'?"),
        ("match: {operation:", "match: {operatoin:", "sample.yaml:5:13", "Did you mean 'operation'?"),
        ("tasks.list", "tasks.lst", "sample.yaml:5:13", "Did you mean 'tasks.list'?"),
        ("http.abort", "http.abrot", "sample.yaml:6:13", "Did you mean 'http.abort'?"),
        ("status: 503", "staus: 503", "sample.yaml:6:31", "Did you mean 'status'?"),
        ("status: 503", "status: 99", "sample.yaml:6:31", "greater than or equal to 200"),
        ("status: 503", "status: '503'", "sample.yaml:6:31", "valid integer"),
        ("{operation: tasks.list}", "{event: task_creatd}", "sample.yaml:5:13", "Did you mean 'task_created'?"),
        ("{operation: tasks.list}", "{needs: lits}", "sample.yaml:5:13", "Did you mean 'list'?"),
        ("{operation: tasks.list}", "{needs: [list, sesion]}", "sample.yaml:5:27", "Did you mean 'session'?"),
        ("{operation: tasks.list}", "{dialect: agred}", "sample.yaml:5:13", "Did you mean 'agreed'?"),
        ("name: sample", "name: other", "sample.yaml:1:1", "Give both the same name"),
        ("type: http.abort, ", "", "sample.yaml:6:5", "no `type`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_name(old: str, new: str, place: str, hint: str) -> None:
    said = complaint(GOOD.replace(old, new))
    assert said.startswith(place), said
    assert hint in said


def test_a_real_backend_may_have_what_nobody_knows_so_far() -> None:
    backend = replace(BACKEND, is_open=True)
    text = GOOD.replace("{operation: tasks.list}", "{operation: orders.list}")
    text += "  - {id: second, match: {event: order.made}, fault: {type: ws.msg_drop}}\n"
    assert understand(yamlfile.parse(Path("sample.yaml"), text), backend).warnings == (
        "sample.yaml:5: there is no operation 'orders.list' so far; the real backend may have it",
        "sample.yaml:7: there is no event 'order.made' so far; the real backend may have it",
    )


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        ("{after: 5 seconds}", "is not a duration"),
        ("{after: -1s}", "is not a duration"),
        ("{for: 1e9}", "1e9 is neither text nor a whole number"),
        ("{after: 5}", "is not a duration"),
        ("{probability: 1.5}", "less than or equal to 1"),
        ("{times: 0}", "greater than or equal to 1"),
        ("{every: 0}", "greater than or equal to 1"),
        ("{skip: -1}", "greater than or equal to 0"),
        ("{state: dwon}", "no rule leads to the state 'dwon'"),
        ("{count_by: users}", "'sandbox', 'user' or 'path'"),
    ],
)
def test_when_is_read_strictly(when: str, hint: str) -> None:
    said = complaint(GOOD + f"    when: {when}\n")
    assert said.startswith("sample.yaml:7:")
    assert hint in said


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("- a\n- b\n", "must be a mapping"),
        ("name: sample\n\ttitle: x\n", "a tab where YAML wants spaces"),
        ("name: &a sample\ntitle: *a\n", "an alias"),
        ("a: &a [x,x]\nb: &b [*a,*a]\n", "an alias"),
        (GOOD + GOOD.partition("rules:\n")[2], "two rules have the id 'first'"),
        (GOOD.replace("id: first", "id: First!"), "should match pattern"),
    ],
)
def test_files_that_are_no_scenario_are_refused(text: str, hint: str) -> None:
    assert hint in complaint(text)


def test_ten_thousand_rules_are_read_in_a_few_seconds() -> None:
    rule = "  - {{id: r{}, match: {{operation: tasks.list}}, fault: {{type: http.abort, status: 503}}}}\n"
    text = "name: sample\ntitle: Many\nrules:\n" + "".join(rule.format(number) for number in range(10_000))
    began = time.perf_counter()
    assert len(read(text).scenario.rules) == 10_000
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("match", "hint"),
    [
        ("{event: task_created}", "http.abort does not act on events"),
        ("{operation: tasks.list, event: task_created}", "can never hold"),
    ],
)
def test_a_match_that_can_never_hold_is_a_warning(match: str, hint: str) -> None:
    (warning,) = read(GOOD.replace("{operation: tasks.list}", match)).warnings
    assert warning.startswith("sample.yaml:5: ")
    assert hint in warning


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("calls: {match: {operation: tasks.list}}", "expects nothing: add one of `count`"),
        ("calls: {status: 200, within: 5s}", "expects nothing: add one of `count`"),
        ("socket: {within: 5s}", "expects nothing: add one of `reconnects`"),
        ("calls: {count: 1, at_most: 2}", "`count` says it all"),
        ("calls: {min_growth: 0.5, count: 1}", "1"),
    ],
)
def test_an_expectation_that_could_never_fail_is_refused(wanted: str, sentence: str) -> None:
    assert sentence in complaint(GOOD + "expect:\n  - {id: a, title: A, " + wanted + "}\n")


def test_an_expectation_cannot_come_after_itself() -> None:
    entries = "".join(
        f"  - {{id: {name}, title: A, calls: {{after: {after}, count: 1}}}}\n" for name, after in ("ab", "bc", "ca")
    )
    assert "'a' would come after itself" in complaint(GOOD + "expect:\n" + entries)


def test_an_expectation_comes_after_something_that_is_there() -> None:
    text = GOOD + "expect:\n  - {id: a, title: A, calls: {after: b, count: 1}}\n"
    assert "no expectation or rule 'b'" in complaint(text)
    assert read(text.replace("after: b", "after: first")).scenario.expect[0].id == "a"


def test_every_shipped_scenario_is_valid_and_tells_a_story() -> None:
    from devkit.shipped import folder

    for path in sorted(folder("scenarios").glob("*.yaml")):
        loaded = load(path, BACKEND)
        assert loaded.warnings == (), path
        assert loaded.scenario.description, path
        assert loaded.scenario.expect, path


def test_the_schema_names_every_fault() -> None:
    from devkit.faults.registry import FAULTS

    options = scenario_schema()["$defs"]["Rule"]["properties"]["fault"]["oneOf"]
    assert [option["properties"]["type"]["const"] for option in options] == FAULTS.names()


def test_all_mistakes_of_a_scenario_are_told_in_the_order_of_its_lines() -> None:
    text = """\
name: other
titel: A sample
rules:
  - id: first
    match: {operation: [tasks.lst, tasks.get], evnt: x}
    fault: {type: http.abrot}
  - id: first
    when: {times: 0, for: 010}
    fault: {type: http.abort, status: 99, mesage: x}
    phase: later
expect:
  - {id: a, title: A, calls: {match: {operation: tasks.nothing}, count: 1}}
"""
    with pytest.raises(FileError) as caught:
        read(text)
    told = [(mistake.line, mistake.problem) for mistake in caught.value.mistakes]
    assert [line for line, _ in told] == [1, 2, 5, 5, 6, 7, 8, 8, 9, 9, 10, 12]
    assert "010 is not a duration" in told[7][1] or "'010'" in told[7][1]
    assert caught.value.line == 1


def test_what_only_the_whole_file_tells_is_told_together() -> None:
    text = GOOD + "    when: {state: dwon}\nexpect:\n  - {id: a, title: A, calls: {after: b, count: 1}}\n"
    with pytest.raises(FileError) as caught:
        read(text)
    assert [mistake.line for mistake in caught.value.mistakes] == [7, 9]
