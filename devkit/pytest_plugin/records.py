"""What happened in a sandbox, and was mailed: looked at, counted and waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest

from devkit.effects import stopwatch
from devkit.pytest_plugin.lines import DevkitError, line, listed

__tracebackhide__ = True
"""What fails here is told at the line of the test."""

Entry = dict[str, Any]
Call = Callable[..., Any]
"""Method, path and body of an operation of the control API; gives its answer."""
_MOST = 10_000
_TIMED_OUT = "Nothing that fits happened in that time"


def span(by: timedelta | float | str) -> str:
    """A duration as the control API takes it; a number is one of seconds."""
    if isinstance(by, str):
        return by
    seconds = by.total_seconds() if isinstance(by, timedelta) else float(by)
    return f"{round(seconds * 1000)}ms"


class MailLever:
    """The sandbox's mailbox."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def list(self, to: str | None = None, *, subject: str | None = None, kind: str | None = None) -> Sequence[Entry]:
        """Newest first. `subject` is a part of it, in any case."""
        query = f"?{urlencode({'to': to})}" if to else ""
        mails = self._call("GET", f"/mail{query}")["data"]
        wanted = (subject or "").lower()
        return [mail for mail in mails if wanted in mail["subject"].lower() and kind in {None, mail["kind"]}]

    def latest(self, to: str | None = None, *, subject: str | None = None, kind: str | None = None) -> Entry:
        """The newest one; the test fails where there is none."""
        found = self.list(to, subject=subject, kind=kind)
        if not found:
            pytest.fail(self._none(to, subject, kind, "There is no mail"))
        return found[0]

    def wait(
        self, to: str | None = None, *, subject: str | None = None, kind: str | None = None, timeout: float = 10
    ) -> Entry:
        """The newest one, as soon as there is any; the test fails where none comes within `timeout` seconds."""
        look = partial(self.list, to, subject=subject, kind=kind)
        found = waited(self._call, {"type": "mail"}, look, timeout)
        if not found:
            pytest.fail(self._none(to, subject, kind, f"Within {timeout:g} s there came no mail"))
        return found[0]

    async def async_wait(self, *given: Any, **more: Any) -> Entry:
        """The same without holding up the event loop."""
        found: Entry = await beside(partial(self.wait, *given, **more))
        return found

    def clear(self) -> None:
        self._call("DELETE", "/mail")

    def _none(self, to: str | None, subject: str | None, kind: str | None, told: str) -> str:
        wanted = [
            f"to {to}" if to else "",
            f"about {subject!r}" if subject else "",
            f"of kind {kind!r}" if kind else "",
        ]
        there = [f"    {mail['kind']} to {mail['to']}: {mail['subject']}" for mail in self.list()]
        said = "\n".join(["; there are:", *there]) if there else "; there is none at all."
        return " ".join([told, *filter(None, wanted)]) + said


class JournalLever:
    """What happened in the sandbox: requests, mails, sockets. Filters are those of the control API: `type`,
    `operation`, `status`, `fault`, `user`, `path`, `after`, `before`.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def list(self, **filters: Any) -> Sequence[Entry]:
        """Oldest first."""
        query = urlencode({"limit": _MOST, **{name: value for name, value in filters.items() if value is not None}})
        found: Sequence[Entry] = self._call("GET", f"/journal?{query}")["data"][::-1]
        return found

    def wait(self, *, count: int = 1, timeout: float = 10, **filters: Any) -> Sequence[Entry]:
        """Those that fit, as soon as there are `count` of them; the test fails where that takes longer than `timeout`
        seconds.
        """

        def look() -> Sequence[Entry]:
            found = self.list(**filters)
            return found if len(found) >= count else ()

        found = waited(self._call, {}, look, timeout)
        if not found:
            there = self.list(**filters)
            wanted = ", ".join(f"{name}={value!r}" for name, value in filters.items()) or "anything"
            told = f"Within {timeout:g} s the journal got {len(there)} of {count} entries with {wanted}."
            pytest.fail(f"{told} All of it:\n{listed(self.list())}")
        return found

    async def async_wait(self, **given: Any) -> Sequence[Entry]:
        """The same without holding up the event loop."""
        found: Sequence[Entry] = await beside(partial(self.wait, **given))
        return found

    def show(self, number: int) -> Entry:
        """One entry, with headers and bodies, secrets masked."""
        found: Entry = self._call("GET", f"/journal/{number}")
        return found

    def clear(self) -> None:
        self._call("DELETE", "/journal")

    def text(self) -> str:
        """A line for each entry."""
        return listed(self.list())


class Calls:
    """Calls of an operation, oldest first."""

    def __init__(self, operation: str, entries: Sequence[Entry]) -> None:
        self.operation, self._entries = operation, entries

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __repr__(self) -> str:
        return f"<{len(self)} of {self.operation}>"

    @property
    def count(self) -> Count:
        return Count.of(self)

    @property
    def statuses(self) -> list[int]:
        return [int(entry["status"]) for entry in self._entries]


class Count(int):
    """How many calls there were, and which: an assertion about it that fails shows them."""

    calls: Calls

    @classmethod
    def of(cls, calls: Calls) -> Count:
        made = cls(len(calls))
        made.calls = calls
        return made

    def told(self) -> list[str]:
        of = self.calls
        return [
            f"{of.operation} was called {int(self)} times{':' if self else ''}",
            *(f"  {line(entry)}" for entry in of),
        ]


def waited(
    call: Call, filters: Mapping[str, Any], look: Callable[[], Sequence[Entry]], timeout: float
) -> Sequence[Entry]:
    """What `look` finds, as soon as that is anything; else nothing after `timeout` seconds. The server tells when there
    is something new to look at.
    """
    ends = stopwatch() + timeout
    while True:
        newest = int(call("GET", "/journal?limit=1")["newest"])
        if found := look():
            return found
        left = ends - stopwatch()
        if left <= 0:
            return ()
        # Below what the call itself may take (`Client`).
        wish = {**filters, "after": newest, "timeout": span(min(left, 20.0))}
        try:
            call("POST", "/journal/wait", wish)
        except DevkitError as error:
            if _TIMED_OUT not in str(error):
                raise


async def beside(wait: Callable[[], Any]) -> Any:
    """In a thread, under asyncio and trio alike."""
    try:
        from anyio.to_thread import run_sync
    except ImportError:
        import asyncio

        return await asyncio.to_thread(wait)
    return await run_sync(wait)
