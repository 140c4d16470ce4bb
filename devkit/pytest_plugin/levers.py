"""What a sandbox is told and asked in a test: its clock, scenarios and events.

The names are the control API's, whose words take the same values: a duration is `2h`, a moment `2026-01-20T10:00:00Z`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from devkit.pytest_plugin.marks import instant
from devkit.pytest_plugin.records import Call, Entry, span

__tracebackhide__ = True
"""What fails here is told at the line of the test."""


class Seed:
    """What the sandbox began with."""

    def __init__(self, status: Mapping[str, Any], number: int) -> None:
        """`status` is the sandbox's when it was made, `number` the one that its data was drawn from."""
        self._status, self.number = status, number

    @property
    def users(self) -> list[dict[str, Any]]:
        """Who can sign in: `email`, `password`, `role`, `verified`; the test user first."""
        return list(self._status["test_users"])

    @property
    def api_key(self) -> str | None:
        """The seeded API key of the test user, the same in all sandboxes; `devkit.token` is this sandbox's alone."""
        key: str | None = self._status["api_key"]
        return key


class ClockLever:
    """The sandbox's clock: by it tokens expire, mails are dated and limits end."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.show()["time"])

    def show(self) -> dict[str, Any]:
        return {**self._call("GET", "/clock")}

    def advance(self, by: timedelta | float | str) -> None:
        """Forward, or back: `2h`, `-5m`, a timedelta, or seconds."""
        self._call("POST", "/clock/advance", {"by": span(by)})

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stop it, where it is or there."""
        self._call("POST", "/clock/freeze", {} if at is None else {"at": instant(at, "clock.freeze")})

    def set(self, at: datetime | str) -> None:
        self._call("POST", "/clock/set", {"at": instant(at, "clock.set")})

    def run(self, rate: float = 1.0) -> None:
        """Let it go, so many times as fast as the machine's."""
        self._call("POST", "/clock/run", {"rate": rate})

    def reset(self) -> None:
        """Back to where it began."""
        self._call("POST", "/clock/reset")


class ScenarioLever:
    """Failures on purpose, in this sandbox alone."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def use(self, which: str | Mapping[str, Any], *, ttl: str | None = None, force: bool = False) -> On:
        """Switch a scenario on: by name, or one that has no file, with the keys of a file. In a `with` it is off again
        behind the block.
        """
        more = {"force": force} | ({"ttl": ttl} if ttl else {})
        if isinstance(which, str):
            self._call("POST", f"/scenarios/{quote(which, safe='')}/use", more)
            return On(self, which)
        tried = self._call("POST", "/scenarios/try", {"scenario": dict(which), **more})
        return On(self, str(tried.get("name") or which["name"]))

    def off(self, name: str | None = None) -> None:
        """That one, or all."""
        self._call("POST", "/scenarios/off" if name is None else f"/scenarios/{quote(name, safe='')}/off")

    def active(self) -> Any:
        """Those that are on, and how often each rule matched and struck."""
        return self._call("GET", "/active")


class On:
    """A scenario that is on."""

    def __init__(self, lever: ScenarioLever, name: str) -> None:
        self._lever, self.name = lever, name

    def __enter__(self) -> On:
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    def off(self) -> None:
        self._lever.off(self.name)


class Events:
    """What is told to WebSockets, and who listens."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def list(self) -> Sequence[Entry]:
        """The events there are, their topics, and what a payload must hold."""
        return list(self._call("GET", "/events")["data"])

    def send(
        self,
        topic: str,
        payload: Mapping[str, Any] | None = None,
        *,
        type: str | None = None,  # noqa: A002
        user: str | None = None,
    ) -> Any:
        """Tell an event to the WebSockets that subscribed to its topic."""
        body = {"topic": topic, "payload": dict(payload or {}), "type": type, "user": user}
        return self._call("POST", "/events", {name: value for name, value in body.items() if value is not None})

    @property
    def sockets(self) -> Sequence[Entry]:
        """Open WebSockets, and the topics that each subscribed to."""
        return list(self._call("GET", "/connections")["data"])

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close all of them, with that code."""
        for socket in self.sockets:
            self._call("POST", f"/connections/{socket['id']}/close", {"code": code, "reason": reason})
