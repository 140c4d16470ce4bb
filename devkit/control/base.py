"""What a control operation is: a row of the table in `devkit.control.table`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from devkit.dialects.base import Dialect
from devkit.errors import did_you_mean
from devkit.sandbox import Sandbox

Json = Any
"""What `json.loads` gives."""

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
class Parameter:
    """One thing a control operation is told, in the path or the query. `default` holds where it is left out."""

    name: str
    summary: str
    type: Literal["string", "integer"] = "string"
    minimum: int | None = None
    maximum: int | None = None
    default: str | int | None = None

    def read(self, text: str) -> str | int:
        """The value that a text stands for. Raises ValueError with a sentence."""
        if self.type == "string":
            return text
        if not re.fullmatch(r"-?[0-9]{1,15}", text):
            raise ValueError("Must be a whole number")
        number = int(text)
        if self.minimum is not None and number < self.minimum:
            raise ValueError(f"Must be at least {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise ValueError(f"Must be at most {self.maximum}")
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: on which sandbox, with which values, and what its handler may know of the server.

    `started` is when the server was put together, on `devkit.effects.stopwatch`.
    """

    sandbox: Sandbox
    dialects: tuple[Dialect, ...]
    started: float
    values: Mapping[str, Any] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True, kw_only=True)
class ControlOperation:
    """One row. `path` is a template such as `/_devkit/api/mail/{id}`; the handler returns what is sent as JSON."""

    id: str
    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    summary: str
    handler: Handler
    parameters: tuple[Parameter, ...] = ()

    @cached_property
    def in_path(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))

    def read(self, path_values: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
        """The values of all parameters. Raises ControlError 400 with every bad one."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for parameter in self.parameters:
            text = path_values.get(parameter.name, query.get(parameter.name))
            try:
                values[parameter.name] = parameter.read(text) if text else parameter.default
            except ValueError as error:
                problems[parameter.name] = str(error)
        known = [parameter.name for parameter in self.parameters if parameter.name not in self.in_path]
        for name in query:
            if name not in known and name not in PASSED_BY:
                problems[name] = f"There is no such parameter here.{did_you_mean(name, known)}"
        if problems:
            raise ControlError(400, "validation_error", "Some parameters are not usable", details=problems)
        return values
