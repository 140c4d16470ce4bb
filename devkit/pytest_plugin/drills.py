"""A drill in a test: a scenario is played, and what the block did about it is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import pytest

from devkit.pytest_plugin.records import Call

__tracebackhide__ = True
"""What fails here is told at the line of the test."""

_SIGNS = {"passed": "✓", "failed": "✕", "inconclusive": "?"}


class Drill:
    """A drill: the head of a `with`. `report` is what the control API says of it, while it is under way and after."""

    def __init__(self, call: Call, quietly: Callable[[str, str], None], wish: dict[str, Any], address: str) -> None:
        """`quietly` makes a call whose failure nobody needs to know of; `address` is where the frontend is to call."""
        self._call, self._quietly, self._wish, self._address = call, quietly, wish, address
        self.report: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<drill {self._wish['scenario']}: {self.verdict if self.report else 'not begun'}>"

    def __enter__(self) -> Self:
        self.report = self._call("POST", "/drills", self._wish)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.judge()
        finally:
            self.forget()

    @property
    def id(self) -> str:
        return str(self.report["id"])

    @property
    def verdict(self) -> str:
        """`passed`, `failed` or `inconclusive`; while it is under way, what it would be if it ended now."""
        return str(self.report["verdict"])

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"

    @property
    def verdicts(self) -> dict[str, str]:
        """That of each expectation, by its id."""
        return {judged["id"]: judged["verdict"] for judged in self.report["expectations"]}

    def judge(self) -> None:
        """End it; the test fails where it did not pass."""
        self.report = self._call("POST", f"/drills/{self.id}/finish")
        if not self.passed:
            pytest.fail(self.text())

    def forget(self) -> None:
        """Let the scenario be off, whatever happened."""
        self._quietly("DELETE", f"/drills/{self.id}")

    def text(self) -> str:
        """Each verdict with its reason, and the entries of the journal that show it."""
        report, entries = self.report, {entry["number"]: entry for entry in self.report["entries"]}
        lines = [f"The drill of {report['scenario']['name']} ({report['scenario']['title']}): {self.verdict}"]
        for judged in report["expectations"]:
            lines += [f"  {_SIGNS[judged['verdict']]} {judged['title']}", f"      {judged['reason']}"]
            if judged["verdict"] != "passed":
                lines += [
                    f"        #{number}  +{entries[number]['from_ms'] / 1000:.3f} s  {entries[number]['text']}"
                    for number in judged["evidence"]
                    if number in entries
                ]
        if not report["seen"]:
            lines.append(f"  Nothing was called in the sandbox: its address is {self._address}.")
        return "\n".join(lines)
