"""What a tool is: a row of the table in `devkit.mcp.table`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from devkit.mcp.home import Home
from devkit.mcp.seat import Seat
from devkit.records import dataclass

Json = Any


class Input(BaseModel):
    """The arguments of a tool; `devkit.mcp.schemas` makes their schema as short as it can be."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


Progress = Callable[[int, int, str], Awaitable[None]]
"""How far it is: done, of how many, and what was done last."""


class Measuring(Protocol):
    """Measures a backend: the contract is a file or a dialect's name, empty for the agreed one."""

    async def __call__(
        self, url: str, *, contract: str, suites: list[str], users: list[str], read_only: bool, progress: Progress
    ) -> Json:
        """The report, as `devkit verify --json` writes it. Raises OperatorError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What whoever starts the tools lends them: how a backend is measured, how a contract's file is judged (what is
    wrong with it, and what it comes to), and whether scenarios may be written into the project.
    """

    measure: Measuring
    judge: Callable[[str], Json]
    saves: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool. `seat` is the caller's, with a sandbox of its own."""

    seat: Seat
    home: Home
    means: Means
    progress: Progress

    async def read(self, path: str, query: dict[str, Any] | None = None) -> Json:
        """What is the same in every sandbox: no sandbox is made for it."""
        if self.seat.id:
            return await self.seat.get(path, query)
        client = await self.home.main()
        return await self.home.ask(client.get, path, query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`about` says in two sentences what it does, and when to use it. `answer` is the schema of its result's fields.

    `acts`: `reads` changes nothing, `steers` adds or switches, `changes` may take something away. `outward`: it reaches
    servers other than devkit's. `anywhere`: it can be answered without a sandbox.
    """

    name: str
    title: str
    about: str
    input: type[Input]
    answer: Mapping[str, Json]
    run: Callable[[Call, Any], Awaitable[Json]]
    acts: Literal["reads", "steers", "changes"]
    outward: bool = False
    anywhere: bool = False
