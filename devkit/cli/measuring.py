"""What the tools of `devkit mcp` are lent by the commands: a backend measured, a contract's file judged."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devkit.errors import UsageError

if TYPE_CHECKING:
    from devkit.mcp.base import Progress


async def measure(
    url: str, *, contract: str, suites: list[str], users: list[str], read_only: bool, progress: Progress
) -> Any:
    """What `devkit verify --json` tells of a backend. When it is cancelled, so are the questions."""
    from devkit.cli.verifying import account, target_of
    from devkit.verify.catalogue import chosen
    from devkit.verify.report import Result, as_data
    from devkit.verify.running import Plan, run

    checks = chosen(suites, [], [])
    backend = await asyncio.to_thread(_measured_by, contract)
    [spoken, *_] = backend.chosen(())
    target = target_of(url, spoken, origin=None, insecure=False, cafile=None, timeout="10s")
    plan = Plan(checks=checks, users=[account(one) for one in users], read_only=read_only)
    done = 0
    told: asyncio.Queue[Result] = asyncio.Queue()
    running = asyncio.ensure_future(run(target, plan, lambda result, _: told.put_nowait(result)))
    try:
        while not running.done():
            waiting = asyncio.ensure_future(told.get())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                done += 1
                await progress(done, len(checks), f"{waiting.result().check.id}: {waiting.result().verdict}")
            else:
                waiting.cancel()
        return as_data(await running)
    finally:
        # Whoever asked has had enough: what is under way is asked to its end by nobody.
        if not running.done():
            running.cancel()


def _measured_by(contract: str) -> Any:
    from devkit.cli.common import backend_told
    from devkit.dialects.shipped import DIALECTS

    name = contract or "agreed"
    if name not in DIALECTS:
        name = str(_of_project(name))
    return backend_told([name], alone=True)


def judged(file: str) -> dict[str, Any]:
    """What is wrong with a contract's file, and what it comes to."""
    from devkit.cli import contract_files

    path = _of_project(file)
    found, blueprint = contract_files.judged(path)
    told = {"file": file, "sound": not found["mistakes"], "mistakes": found["mistakes"], "warnings": found["warnings"]}
    if blueprint is not None:
        told["operations"] = [f"{one.id}: {one.method} {one.path}" for one in blueprint.operations]
        told["resources"] = list(blueprint.resources)
    return told


def _of_project(file: str) -> Path:
    """A file of this folder. Raises UsageError for any other: what is wrong in a file is told with its lines."""
    here, path = Path.cwd().resolve(), Path(file)
    if not path.resolve().is_relative_to(here):
        raise UsageError(f"{file[:200]!r} is outside of the project's folder.", remedy=f"Name a file below {here}.")
    if not path.is_file():
        raise UsageError(f"There is no file {file[:200]!r}.", remedy=f"Write its path as it is seen from {here}.")
    return path
