"""What the long runs say at the terminal: how far they are, what is wrong at once, and the figures at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from devkit.cli.style import Style

_SHARES = 20
"""Lines that a whole run writes where there is no terminal to move in."""


class Progress:
    """A bar on a terminal, else a line now and then."""

    def __init__(self, name: str, count: int) -> None:
        self._name, self._count, self._written = name, count, 0
        self._console = Console(highlight=False, soft_wrap=True)
        self._begun = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Bar(*columns, TextColumn("{task.fields[told]}"), console=self._console, transient=True)
        self._task = self._bar.add_task(name, total=count, told="")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def at(self, number: int, told: str) -> None:
        """So many are done."""
        if self._console.is_terminal:
            self._bar.update(self._task, completed=number, told=told)
            return
        share = number * _SHARES // self._count
        if share > self._written:
            self._written = share
            minutes = (time.monotonic() - self._begun) / 60
            self.line(f"{self._name}: {number:,} of {self._count:,}, {minutes:.1f} minutes: {told}")

    def line(self, text: str) -> None:
        """Something to be read, above the bar."""
        self._console.print(text, markup=False)


def verdict(sentence: str, *, good: bool, figures: Mapping[str, str]) -> str:
    """The last lines: each figure beside its name, and what it comes to."""
    style = Style.of(sys.stdout)
    width = max(map(len, figures))
    lines = [f"  {style.dim(name.ljust(width))}  {figure}" for name, figure in figures.items()]
    mark = style.green("✓") if good else style.red("✗")
    return "\n".join(["", *lines, "", f"{mark} {style.bold(sentence)}", "", ""])
