"""What a control operation is: a row of the table in `devkit.control.table`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from devkit.control.drillroom import DrillRoom
from devkit.control.hosting import Host, Shelf
from devkit.control.parameters import Json, Parameter
from devkit.control.verifyroom import VerifyRoom
from devkit.dialects.base import Dialect
from devkit.errors import GUESSED, did_you_mean
from devkit.records import dataclass
from devkit.sandbox import Sandbox

__all__ = ["Call", "Content", "ControlError", "ControlOperation", "Handler", "Json", "Parameter", "Stream"]

PASSED_BY = ("devkit_sandbox",)
"""Query parameters that are the server's, not the operation's."""


class ControlError(Exception):
    """A control call that cannot be done, as its caller reads it: `{error, message, details?}` with that status."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: on which sandbox, with which values, and what its handler may know of the server.

    `started` is when the server was put together, on `devkit.effects.stopwatch`; `host` has all sandboxes, `library`
    all scenarios, `drills` all drills, `verifying` the run of `devkit verify`. `gone` gives a future that is done when
    the caller has left (None where that cannot be known).
    """

    sandbox: Sandbox
    dialects: tuple[Dialect, ...]
    started: float
    host: Host
    library: Shelf
    drills: DrillRoom
    verifying: VerifyRoom
    gone: Callable[[], asyncio.Future[None] | None]
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """An answer that is no JSON. A page may bring styles of its own along, and nothing from elsewhere."""

    body: bytes
    content_type: str


Handler = Callable[[Call], Awaitable[Json | Content]]
Stream = Callable[[Call], AsyncGenerator[Json, None]]
"""What is sent over a WebSocket, one message after the other, until the caller leaves."""


@dataclass(frozen=True, kw_only=True)
class ControlOperation:
    """One row. `path` is a template such as `/_devkit/api/mail/{id}`; the handler returns what is sent as JSON, with
    `status` where it succeeds. A row has a `stream` instead where its address speaks WebSocket.

    One that `is_open` needs no token from another machine: it tells nothing of what is in a sandbox.

    What it `brings`, where that is no JSON, is a media type: the handler finds a file with it as `body`.

    Parameters that are not in the path stand in the query, or in the JSON body of what changes something.
    """

    id: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    handler: Handler | None = None
    stream: Stream | None = None
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    is_open: bool = False
    brings: str = ""

    @cached_property
    def in_path(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))

    def place_of(self, parameter: Parameter) -> Literal["path", "query", "body"]:
        if parameter.name in self.in_path:
            return "path"
        return "body" if self.takes_body else "query"

    @property
    def takes_body(self) -> bool:
        return self.method in {"POST", "PUT"} and not self.brings

    def read(
        self, path_values: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, Json] | None = None
    ) -> dict[str, Any]:
        """The values of all parameters. Raises ControlError 400 with every bad one."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        given: dict[str, Json] = {name: text for name, text in query.items() if name not in PASSED_BY}
        given = dict(body or {}) if self.takes_body else given
        for parameter in self.parameters:
            value = path_values.get(parameter.name, given.get(parameter.name))
            try:
                values[parameter.name] = parameter.read(value)
            except ValueError as error:
                problems[parameter.name] = str(error)
        known = [parameter.name for parameter in self.parameters if parameter.name not in self.in_path]
        # What changes something takes nothing from its address; a word there would be passed over in silence.
        unasked = [name for name in query if name not in PASSED_BY] if self.takes_body else []
        for name in (*given, *unasked):
            if name not in known:
                guess = did_you_mean(str(name), known) if len(problems) < GUESSED else ""
                problems[str(name)] = f"There is no such parameter here.{guess}"
            elif name in unasked:
                problems[name] = "Belongs into the JSON body"
        if problems:
            raise ControlError(400, "validation_error", "Some parameters are not usable", details=problems)
        return values
