"""The journal, events and connections."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from devkit.control.answers.common import Strike


class Leg(TypedDict):
    """A call's way to the real backend and back: what was changed, and what took how long, in ms."""

    changes: list[str]
    connect: float
    wait: float
    receive: float


class RequestEntry(TypedDict):
    """A request and its answer. `at` is the sandbox's time, `duration` in seconds of the machine's. `operation` is null
    where nothing matched; then `nearest` names operations that were perhaps meant. `repeats` is the entry that the
    client's own HTTP layer sent again by this. `kept_by` says who answered, where there is a real backend too.
    """

    type: Literal["request"]
    number: int
    at: str
    sandbox: str
    request_id: str
    method: str
    path: str
    dialect: str | None
    operation: str | None
    status: int
    duration: float
    user: str | None
    error: str | None
    note: str | None
    nearest: list[str]
    faults: list[Strike]
    repeats: int | None
    kept_by: str
    leg: Leg | None


class MailEntry(TypedDict):
    """A mail was sent. `delivered` says when each copy reaches the mailbox."""

    type: Literal["mail"]
    number: int
    at: str
    sandbox: str
    mail_id: str
    to: str
    kind: str
    subject: str
    delivered: list[str]
    faults: list[Strike]


class SocketEntry(TypedDict):
    """A WebSocket opened or closed, or a frame passed; `direction` says which."""

    type: Literal["socket"]
    number: int
    at: str
    sandbox: str
    connection_id: str
    direction: Literal["open", "in", "out", "close", "refused", "struck", "lost"]
    user: str | None
    frame: str | None
    code: int | None
    faults: list[Strike]
    repeats: int | None
    note: str | None


Entry = RequestEntry | MailEntry | SocketEntry


class EntryList(TypedDict):
    """Newest first; `newest` is the number to ask `after` next time."""

    data: list[Entry]
    newest: int


class Message(TypedDict):
    """A request or an answer as it passed, secrets masked; `body` is its beginning, `cut` where there was more."""

    headers: list[tuple[str, str]]
    body: str | None
    size: int | None
    cut: bool


class ShownRequestEntry(RequestEntry):
    """A request with what passed, as long as that is kept; `began_at` is the sandbox's time, `machine_at` the
    machine's at the end.
    """

    began_at: NotRequired[str]
    machine_at: NotRequired[str]
    request: NotRequired[Message]
    response: NotRequired[Message]


ShownEntry = ShownRequestEntry | MailEntry | SocketEntry


class Gap(TypedDict):
    """The reader was too slow, and so many entries were passed over."""

    type: Literal["gap"]
    missed: int


Followed = Entry | Gap


class EventKind(TypedDict):
    """An event, the topics it is told on, and a payload with what cannot be made up."""

    type: str
    summary: str
    topics: list[str]
    payload: dict[str, Any]


class EventList(TypedDict):
    """The events there are."""

    data: list[EventKind]
    total: int


class Pushed(TypedDict):
    """An event as it was told, and how many connections heard it."""

    id: int
    type: str
    topics: list[str]
    receivers: int


class Connection(TypedDict):
    """An open WebSocket; `queued` frames wait to be read. The `user` is null where nobody signs in."""

    id: str
    user: str | None
    session_id: str | None
    topics: list[str]
    queued: int
    opened_at: str


class ConnectionList(TypedDict):
    """The oldest first."""

    data: list[Connection]
    total: int


class Example(TypedDict):
    """An answer that was kept: what it is an example of, how it is called there, and the file where it stands."""

    operation: str
    example: str
    file: str
