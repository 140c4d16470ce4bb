"""The server, its sandboxes, and what it stands in front of."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from devkit.control.answers.common import Proxy


class Sandbox(TypedDict):
    """How to get to a sandbox (by host, path, header, query, cookie or as a bearer token), what is in it, and when it
    goes.

    `rate` is how fast its clock goes, 0 when it stands; `created_at` and `expires_at` are the machine's time.
    """

    id: str
    url: str
    path_url: str
    header: dict[str, str]
    query: dict[str, str]
    cookie: dict[str, str]
    token: str
    seed: int
    time: str
    rate: float
    scenarios: list[str]
    sockets: int
    journal: int
    proxies: list[Proxy]
    created_at: str
    expires_at: str | None


class MadeSandbox(Sandbox):
    """The same of one that was just made; `warnings` are about what its scenarios cannot do here."""

    warnings: list[str]


class SandboxList(TypedDict):
    """`main` first, then in the order they were made."""

    data: list[Sandbox]
    total: int


class Replica(TypedDict):
    """Whether a server takes new sandboxes. `replica` is its name in a fleet, empty where it is alone; there may be
    `most` sandboxes besides main; `room` is the share of what they may take that is free, 1 for all of it.
    """

    status: Literal["ok", "draining"]
    replica: str
    sandboxes: int
    most: int
    sockets: int
    room: float


class Settings(TypedDict):
    """Settings that explain what a frontend sees."""

    host: str
    port: int
    https: bool
    origins: list[str]
    allowed_hosts: list[str]
    frontend_url: str
    auth_transport: str
    cookies_secure: bool | Literal["auto"]
    limits_json: int
    limits_upload: int


class Counts(TypedDict):
    """How much there is in the sandbox."""

    users: int
    tasks: int
    uploads: int
    mails: int
    sockets: int
    journal: int


class MemoryInShort(TypedDict):
    """Bytes."""

    size: int
    most: int


class Held(TypedDict):
    """What of one kind takes in memory, and may at the most, in bytes."""

    name: str
    size: int
    most: int


class Memory(TypedDict):
    """What the server remembers for all sandboxes, and may at the most, in bytes: in all, and of each kind."""

    size: int
    most: int
    kinds: list[Held]
    sandboxes: int


class Upstream(TypedDict):
    """The real backend; `trouble` is the end of a sentence about it, `since` when it was seen first."""

    url: str
    state: Literal["up", "down", "unknown"]
    trouble: str
    since: str | None


class SeedInShort(TypedDict):
    """The number that data is drawn from; `stale`: the seed's files were edited since."""

    number: int
    stale: bool


class Credentials(TypedDict):
    """Of the user to try things with."""

    email: str
    password: str


class TestUser(TypedDict):
    """A seeded user to sign in as, and what is special about them."""

    email: str
    password: str
    verified: bool
    role: str


class Status(TypedDict):
    """The server, and the sandbox that the call means.

    `rows` are those of a contract of somebody's own, `lacks` what such a contract does not have of ours.
    """

    version: str
    pid: int
    url: str
    sandbox: str
    time: str
    database: str
    uptime_seconds: float
    dialects: list[str]
    settings: Settings
    rows: dict[str, int]
    lacks: list[str]
    counts: Counts
    memory: MemoryInShort
    proxies: list[Proxy]
    upstream: Upstream | None
    seed: SeedInShort
    test_user: Credentials
    test_users: list[TestUser]
    api_key: str | None


class Seeding(TypedDict):
    """From where, whether its files were read anew, and how much of what there is."""

    folder: str
    edited: bool
    counts: dict[str, int]


class ResetDone(TypedDict):
    """What a reset came to."""

    message: str
    seconds: float
    seed: Seeding


class ClockShown(TypedDict):
    """What a sandbox's clock says. `rate` is how fast it goes, 0 when it stands; `offset` how many milliseconds it is
    ahead of the machine's; `apart` says what does not go by it, empty for nothing.
    """

    time: str
    frozen: bool
    rate: float
    offset: int
    apart: str


class Kept(TypedDict):
    """Who keeps what: `rules` by globs over names of operations, of which the last one that fits counts; `operations`
    by names.
    """

    upstream: Upstream | None
    usual: str
    rules: dict[str, str]
    operations: dict[str, str]


class Recording(TypedDict):
    """The recording that runs, or ran last; `upstream` says whether there is a real backend to record."""

    upstream: bool
    running: bool
    folder: str | None
    exchanges: int


class Route(TypedDict):
    """A route of a dialect; `kept` says in a few words what keeps it."""

    dialect: str
    method: str
    path: str
    operation: str
    access: Literal["public", "optional", "signed_in"]
    kept: str
    summary: str


class RouteList(TypedDict):
    """In the order of the dialects' tables."""

    data: list[Route]
    total: int


Document = dict[str, Any]
"""A document of a standard of its own."""
